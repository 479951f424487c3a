"""Which native code in a zip the runtime can't load, and files that aren't checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.plan import ArchivePlan, Entry, FileContent, Origin, TextContent
from hatch_lambda.checks.native import check_native
from hatch_lambda.errors import PlanError
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.runtime.runtimes import Runtime, System
from hatch_lambda.runtime.target import Target
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.make_elf import AARCH64, I386, JAVA, MACH_O, UNIVERSAL, WINDOWS, make_elf
from tests.support.make_wheel import make_wheel, renamed
from tests.support.samples import candidate, config, entry, plan, verified

if TYPE_CHECKING:
    from pathlib import Path

REMEDY = 'exclude it with exclude-files = ["/shop/fast.so"], or build it on Amazon Linux for python3.13 on x86_64'
OTHER = "require another release of lib0, and report it to the maintainers [wrong-platform]"
OLDER = "require an older release of lib0"
NEWER = f"{OLDER}, or use a newer runtime"
ADD = "add it to lib/ in the zip with force-include, or require a package that includes it"
ADD_THEM = ADD.replace("it", "them", 1).replace("includes it", "includes them")
LINUX = "cp313-cp313-manylinux_2_17_x86_64"
SUFFIX = ".cpython-313-x86_64-linux-gnu.so"


def of_project(path: str, content: bytes, **options) -> list[tuple[str, str]]:
    """Return severity and text of what the check says of a file of the project."""
    made = replace(entry(path), content=TextContent(content))
    return reported(plan(made), **options)


def reported(made: ArchivePlan, **options) -> list[tuple[str, str]]:
    """Return severity and text of each diagnostic."""
    return [(diagnostic.severity, str(diagnostic)) for diagnostic in check_native(candidate(made, config(**options)))]


def of_wheels(directory, *wheels: dict[str, bytes], tag: str = LINUX, **options) -> list[tuple[str, str]]:
    """Return the diagnostics of a zip of wheels ``lib0``, ``lib1`` …, each given by its files."""
    made = [make_wheel(directory, f"lib{number}", tag=tag, files=files) for number, files in enumerate(wheels)]
    return reported_for(made, **options)


def reported_for(made: list[Path], **options) -> list[tuple[str, str]]:
    """Return the diagnostics of a zip of these wheels."""
    return reported(
        plan(*(found for file in made for found in wheel_entries(verified(file), scripts_for=None))), **options
    )


# The project's own files


FOREIGN = {
    "another machine": ("shop/fast.so", make_elf(AARCH64), "native code for aarch64"),
    "an unknown machine": ("shop/fast.so", make_elf(9999), "native code for machine 9999"),
    "another byte order": ("shop/fast.so", make_elf(22, order=">"), "native code for s390x"),
    "32 bit": ("shop/fast.so", make_elf(I386, bits=32), "32-bit native code for i386"),
    "32 bit on the same machine": ("shop/fast.so", make_elf(bits=32), "32-bit native code for x86_64"),
    "a program": ("bin/tool", make_elf(AARCH64, interpreter=True), "native code for aarch64"),
    "another CPython": (
        "shop/fast.cpython-312-x86_64-linux-gnu.so",
        make_elf(),
        "an extension module for Python 3.12",
    ),
    "a free-threaded CPython": (
        "shop/fast.cpython-313t-x86_64-linux-gnu.so",
        make_elf(),
        "an extension module for Python 3.13t",
    ),
    "Mach-O": ("shop/fast.cpython-313-darwin.so", MACH_O, "native code for macOS"),
    "Mach-O, big-endian": ("shop/fast.so", b"\xfe\xed\xfa\xce" + bytes(28), "native code for macOS"),
    "a program for macOS": ("bin/tool", MACH_O, "native code for macOS"),
    "universal Mach-O": ("shop/fast.dylib", UNIVERSAL, "native code for macOS"),
    "an extension module for Windows": ("shop/fast.cp313-win_amd64.pyd", WINDOWS, "native code for Windows"),
    "a library for Windows": ("shop/fast.bin", WINDOWS, "native code for Windows"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_native_code_of_the_project_for_something_else_is_an_error(kind):
    path, content, problem = FOREIGN[kind]

    assert of_project(path, content) == [
        (
            "error",
            (
                f"{path}: {problem}, which python3.13 on x86_64 can't load; {REMEDY.replace('shop/fast.so', path)} "
                "[wrong-platform]"
            ),
        )
    ]


HARMLESS = {
    "the target's machine": ("shop/fast.so", make_elf()),
    "the target's CPython": (f"shop/fast{SUFFIX}", make_elf()),
    "the stable ABI": ("shop/fast.abi3.so", make_elf()),
    "a directory called like another CPython": ("shop.cpython-312-x/fast.so", make_elf()),
    "a text": ("shop/fast.so", b"ELF is not in it"),
    "an empty file": ("shop/fast.so", b""),
    "the first bytes only": ("shop/magic.bin", b"\x7fELF"),
    "no byte order": ("shop/magic.bin", b"\x7fELF" + bytes(40)),
    "a Java class": ("shop/Main.class", JAVA),
    "a text that begins with MZ": ("shop/mz.txt", b"MZ is a state of mind"),
    "a text that is called like a library": ("shop/fast.dll", b"no library"),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_other_files_of_the_project_are_fine(kind):
    path, content = HARMLESS[kind]

    assert of_project(path, content) == []


def test_files_on_disk_are_checked_as_well(tmp_path):
    file = tmp_path / "fast.so"
    file.write_bytes(make_elf(AARCH64))

    assert reported(plan(entry("shop/fast.so", file)), architecture="arm64") == []
    assert reported(plan(entry("shop/fast.so", file))) == [
        (
            "error",
            (
                f"shop/fast.so: native code for aarch64, which python3.13 on x86_64 can't load; {REMEDY} "
                "[wrong-platform]"
            ),
        )
    ]


def test_a_library_that_is_too_large_to_be_read_is_an_error(tmp_path):
    with (tmp_path / "fast.so").open("wb") as file:
        file.write(make_elf())
        file.truncate((1 << 30) + 1)
    library = replace(entry("shop/fast.so"), content=FileContent(tmp_path / "fast.so", (1 << 30) + 1))

    assert reported(plan(library)) == [
        (
            "error",
            "shop/fast.so: damaged native code, because it is larger than 1024 MiB; replace the file [damaged-library]",
        )
    ]


def test_what_a_library_of_the_project_needs_must_be_there():
    assert of_project("shop/fast.so", make_elf(needed=["libpq.so.5"])) == [
        (
            "error",
            (
                f"shop/fast.so: needs libpq.so.5, which isn't in the zip or in Amazon Linux 2023; {ADD} "
                "[missing-library]"
            ),
        )
    ]


def test_a_library_of_the_project_that_was_built_on_a_newer_system_is_an_error():
    fast = make_elf(versions={"libc.so.6": ["GLIBC_2.38"]})

    assert of_project("shop/fast.so", fast, runtime="python3.13") == [
        (
            "error",
            (
                f"shop/fast.so: needs GLIBC_2.38 of libc.so.6, but Amazon Linux 2023 has GLIBC_2.34; {REMEDY} "
                "[glibc-too-old]"
            ),
        )
    ]


def test_a_damaged_library_of_the_project_is_an_error():
    assert of_project("shop/fast.so", make_elf(loaded=9)) == [
        ("error", "shop/fast.so: damaged native code, because it is cut short; replace the file [damaged-library]")
    ]


# Machine, system and Python of wheels


def test_a_wheel_for_another_machine_than_its_tag_says_is_an_error(tmp_path):
    files = {f"lib/{name}.so": make_elf(AARCH64, module=name) for name in ("a", "b", "c")}

    assert of_wheels(tmp_path, files) == [
        (
            "error",
            (
                "lib/a.so (lib0 1.0, and 2 more files): native code for aarch64, which python3.13 on x86_64 "
                f"can't load; {OTHER}"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        (f"a{SUFFIX}", MACH_O, "native code for macOS"),
        ("a.abi3.so", WINDOWS, "native code for Windows"),
        ("a.cp313-win_amd64.pyd", WINDOWS, "native code for Windows"),
        ("a.dylib", UNIVERSAL, "native code for macOS"),
        (f"a{SUFFIX}", make_elf(I386, bits=32), "32-bit native code for i386"),
        ("a.cpython-312-x86_64-linux-gnu.so", make_elf(), "an extension module for Python 3.12"),
        ("libfast.so", make_elf(AARCH64), "native code for aarch64"),
    ],
)
def test_a_wheel_with_nothing_that_the_target_loads_is_an_error(tmp_path, name, content, what):
    assert of_wheels(tmp_path, {f"lib/{name}": content}) == [
        ("error", f"lib/{name} (lib0 1.0): {what}, which python3.13 on x86_64 can't load; {OTHER}")
    ]


def test_a_module_for_another_python_next_to_others_is_a_warning(tmp_path):
    files = {f"lib/a{SUFFIX}": make_elf(), "lib/b.cpython-312-x86_64-linux-gnu.so": make_elf()}

    assert of_wheels(tmp_path, files) == [
        (
            "warning",
            (
                "lib/b.cpython-312-x86_64-linux-gnu.so (lib0 1.0): an extension module for Python 3.12, which "
                f"python3.13 on x86_64 can't load; {OTHER}"
            ),
        )
    ]


def test_a_module_that_is_there_for_this_python_too_is_fine(tmp_path):
    files = {f"lib/a{SUFFIX}": make_elf(), "lib/a.cpython-312-x86_64-linux-gnu.so": make_elf(), "lib/b.abi3.so": JAVA}

    assert of_wheels(tmp_path, files) == []


def test_native_modules_of_a_wheel_for_any_platform_are_a_warning(tmp_path):
    assert of_wheels(tmp_path, {"lib/a.so": make_elf(AARCH64, module="a")}, tag="py3-none-any") == [
        (
            "warning",
            f"lib/a.so (lib0 1.0): native code for aarch64, which python3.13 on x86_64 can't load; {OTHER}",
        )
    ]


DATA = {
    "lib/launcher.exe": WINDOWS,
    "lib/helper.dylib": UNIVERSAL,
    "lib/attach_x86.so": make_elf(I386, bits=32, needed=["libnowhere.so.1"]),
    "lib/attach_arm64.so": make_elf(AARCH64),
    "lib/Main.class": JAVA,
    "lib/cut.so": make_elf(loaded=10),
    "lib/tool": make_elf(AARCH64, interpreter=True),
}


BUILD = "build it on Amazon Linux for python3.13 on x86_64"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            make_elf(AARCH64, module="fast"),
            f"native code for aarch64, which python3.13 on x86_64 can't load; remove it, or {BUILD} [wrong-platform]",
        ),
        (
            make_elf(module="fast", versions={"libc.so.6": ["GLIBC_2.38"]}),
            f"needs GLIBC_2.38 of libc.so.6, but Amazon Linux 2023 has GLIBC_2.34; {BUILD} [glibc-too-old]",
        ),
    ],
)
def test_a_file_that_belongs_to_no_package_has_a_fix_of_its_own(content, problem):
    nobody = Origin("", "", None)

    found = reported(plan(Entry("fast.so", nobody, TextContent(content))))

    assert found == [("error", f"fast.so: {problem}")]


@pytest.mark.parametrize("tag", ["py3-none-any", LINUX])
def test_native_code_that_nothing_imports_is_data(tmp_path, tag):
    assert of_wheels(tmp_path, {**DATA, f"lib/a{SUFFIX}": make_elf()}, tag=tag) == []


def test_a_pure_wheel_can_contain_helpers_for_all_systems(tmp_path):
    old = make_elf(versions={"libc.so.6": ["GLIBC_2.17"]})

    assert of_wheels(tmp_path, {**DATA, "lib/attach_amd64.so": old}, tag="py3-none-any") == []


def test_a_helper_of_a_pure_wheel_that_the_runtime_cannot_load_is_a_warning(tmp_path):
    files = {
        **DATA,
        "lib/attach_new.so": make_elf(versions={"libc.so.6": ["GLIBC_2.38"]}),
        "lib/attach_sql.so": make_elf(needed=["libodbc.so.2"]),
        "lib/driver/node": make_elf(interpreter=True, versions={"libc.so.6": ["GLIBC_2.38"]}),
    }

    assert of_wheels(tmp_path, files, tag="py3-none-any") == [
        (
            "warning",
            (
                "lib/attach_new.so (lib0 1.0, and 1 more file): needs GLIBC_2.38 of libc.so.6, but Amazon Linux "
                f"2023 has GLIBC_2.34; {OLDER} [glibc-too-old]"
            ),
        ),
        (
            "warning",
            (
                "lib/attach_sql.so (lib0 1.0): needs libodbc.so.2, which isn't in the zip or in Amazon Linux "
                f"2023; {ADD} [missing-library]"
            ),
        ),
    ]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("lib/libfast.so", make_elf(AARCH64), "native code for aarch64"),
        ("lib/linux/manager", make_elf(AARCH64, interpreter=True), "native code for aarch64"),
        ("lib/libfast.so", make_elf(I386, bits=32), "32-bit native code for i386"),
        ("lib/libfast.dylib", UNIVERSAL, "native code for macOS"),
        ("lib/fast.cp313-win_amd64.pyd", WINDOWS, "native code for Windows"),
    ],
)
def test_a_pure_wheel_with_native_code_for_other_machines_only_is_a_warning(tmp_path, name, content, what):
    assert of_wheels(tmp_path, {"lib/__init__.py": b"", name: content}, tag="py3-none-any") == [
        ("warning", f"{name} (lib0 1.0): {what}, which python3.13 on x86_64 can't load; {OTHER}")
    ]


def test_launchers_and_assemblies_for_windows_in_a_pure_wheel_are_data(tmp_path):
    files = {"pip/launcher.exe": WINDOWS, "net/runtime.dll": WINDOWS}

    assert of_wheels(tmp_path, files, tag="py3-none-any") == []


def test_a_wheel_for_the_target_with_a_program_for_another_machine_only_is_a_warning(tmp_path):
    assert of_wheels(tmp_path, {"lib/tool": make_elf(AARCH64, interpreter=True)}) == [
        (
            "warning",
            f"lib/tool (lib0 1.0): native code for aarch64, which python3.13 on x86_64 can't load; {OTHER}",
        )
    ]


def test_a_program_for_the_target_is_enough_for_a_wheel(tmp_path):
    files = {"lib/driver/node": make_elf(interpreter=True), "lib/driver/tool.exe": WINDOWS, "lib/x.dylib": UNIVERSAL}

    assert of_wheels(tmp_path, files) == []


def test_a_damaged_module_of_a_wheel_is_an_error(tmp_path):
    assert of_wheels(tmp_path, {"lib/a.abi3.so": make_elf(loaded=1)}) == [
        (
            "error",
            (
                "lib/a.abi3.so (lib0 1.0): damaged native code, because it is cut short; require another release "
                "of lib0, and report it to the maintainers [damaged-library]"
            ),
        )
    ]


# Versions of symbols


@pytest.mark.parametrize(
    ("runtime", "library", "symbols", "has"),
    [
        ("python3.11", "libc.so.6", "GLIBC_2.27", "Amazon Linux 2 has GLIBC_2.26"),
        ("python3.13", "libm.so.6", "GLIBC_2.35", "Amazon Linux 2023 has GLIBC_2.34"),
        ("python3.11", "libstdc++.so.6", "GLIBCXX_3.4.25", "Amazon Linux 2 has GLIBCXX_3.4.24"),
        ("python3.13", "libstdc++.so.6", "GLIBCXX_3.4.30", "Amazon Linux 2023 has GLIBCXX_3.4.29"),
        ("python3.13", "libstdc++.so.6", "CXXABI_1.3.14", "Amazon Linux 2023 has CXXABI_1.3.13"),
        ("python3.11", "libgcc_s.so.1", "GCC_8.0", "Amazon Linux 2 has GCC_7.0.0"),
        ("python3.13", "libgcc_s.so.1", "GCC_12.0.0", "Amazon Linux 2023 has GCC_11.0"),
    ],
)
def test_symbols_that_are_newer_than_the_runtimes_are_an_error(tmp_path, runtime, library, symbols, has):
    module = make_elf(needed=[library], versions={library: ["GLIBC_2.2.5", symbols]})

    assert of_wheels(tmp_path, {"lib/a.abi3.so": module}, runtime=runtime) == [
        (
            "error",
            f"lib/a.abi3.so (lib0 1.0): needs {symbols} of {library}, but {has}; "
            + (NEWER if runtime == "python3.11" else OLDER)
            + " [glibc-too-old]",
        )
    ]


def test_a_newer_runtime_is_not_proposed_if_none_has_the_symbols(tmp_path):
    module = make_elf(versions={"libc.so.6": ["GLIBC_2.36"]})

    assert of_wheels(tmp_path, {"lib/a.abi3.so": module}, runtime="python3.11") == [
        (
            "error",
            (
                "lib/a.abi3.so (lib0 1.0): needs GLIBC_2.36 of libc.so.6, but Amazon Linux 2 has GLIBC_2.26; "
                "require an older release of lib0 [glibc-too-old]"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("runtime", "glibc", "glibcxx"), [("python3.11", "2.26", "3.4.24"), ("python3.13", "2.34", "3.4.29")]
)
def test_the_runtimes_own_symbols_are_fine(tmp_path, runtime, glibc, glibcxx):
    versions = {"libc.so.6": [f"GLIBC_{glibc}"], "libstdc++.so.6": [f"GLIBCXX_{glibcxx}"]}

    assert of_wheels(tmp_path, {"lib/a.abi3.so": make_elf(versions=versions)}, runtime=runtime) == []


def test_symbols_of_a_library_in_the_zip_are_not_checked(tmp_path):
    module = make_elf(needed=["libstdc++.so.6"], versions={"libstdc++.so.6": ["GLIBCXX_3.4.33"]})
    files = {"lib/a.abi3.so": module, "lib0.libs/libstdc++.so.6": make_elf(soname="libstdc++.so.6")}

    assert of_wheels(tmp_path, files) == []


def test_a_library_that_a_module_needs_must_not_be_too_new_either(tmp_path):
    new = make_elf(soname="libx-1a.so", versions={"libc.so.6": ["GLIBC_2.38"]})
    files = {"lib/a.abi3.so": make_elf(needed=["libx-1a.so"]), "lib0.libs/libx-1a.so": new}

    assert of_wheels(tmp_path, files) == [
        (
            "error",
            (
                "lib0.libs/libx-1a.so (lib0 1.0): needs GLIBC_2.38 of libc.so.6, but Amazon Linux 2023 has "
                f"GLIBC_2.34; {OLDER} [glibc-too-old]"
            ),
        )
    ]


def test_a_program_that_is_too_new_is_a_warning(tmp_path):
    new = make_elf(interpreter=True, versions={"libc.so.6": ["GLIBC_2.38"]})

    assert of_wheels(tmp_path, {"lib/a.abi3.so": make_elf(), "lib/driver/node": new}) == [
        (
            "warning",
            (
                "lib/driver/node (lib0 1.0): needs GLIBC_2.38 of libc.so.6, but Amazon Linux 2023 has "
                f"GLIBC_2.34; {OLDER} [glibc-too-old]"
            ),
        )
    ]


# Libraries that are needed


def test_a_package_with_a_known_substitute_is_reported_with_it(tmp_path):
    wheel = make_wheel(tmp_path, "opencv-python", tag=LINUX, files={"cv2/cv2.abi3.so": make_elf(needed=["libGL.so.1"])})

    found = reported(plan(*wheel_entries(verified(wheel), scripts_for=None)))

    assert found == [
        (
            "error",
            (
                "cv2/cv2.abi3.so (opencv-python 1.0): needs libGL.so.1, which isn't in the zip or in Amazon "
                "Linux 2023; require opencv-python-headless instead, or add it to lib/ in the zip with "
                "force-include [missing-library]"
            ),
        )
    ]


def test_a_missing_library_that_the_whole_wheel_needs_is_an_error(tmp_path):
    needed = ["libGL.so.1", "libX11.so.6", "libICE.so.6", "libSM.so.6", "libXext.so.6", "libc.so.6"]

    assert of_wheels(tmp_path, {"cv2/cv2.abi3.so": make_elf(needed=needed)}) == [
        (
            "error",
            (
                "cv2/cv2.abi3.so (lib0 1.0): needs libGL.so.1, libICE.so.6, libSM.so.6, libX11.so.6 and 1 more, "
                f"which aren't in the zip or in Amazon Linux 2023; {ADD_THEM} [missing-library]"
            ),
        )
    ]


def test_a_library_that_one_module_of_several_needs_is_a_warning(tmp_path):
    files = {"lib/a.abi3.so": make_elf(), "lib/omp.abi3.so": make_elf(needed=["libtbb.so.12"])}

    assert of_wheels(tmp_path, files) == [
        (
            "warning",
            (
                "lib/omp.abi3.so (lib0 1.0): needs libtbb.so.12, which isn't in the zip or in Amazon Linux 2023; "
                f"{ADD} [missing-library]"
            ),
        )
    ]


def test_a_library_that_the_runtime_might_have_is_a_warning(tmp_path):
    assert of_wheels(tmp_path, {"lib/lib_boost.so": make_elf(needed=["libgomp.so.1"])}) == [
        (
            "warning",
            (
                "lib/lib_boost.so (lib0 1.0): needs libgomp.so.1, which isn't in the zip and might not be in "
                f"Amazon Linux 2023; {ADD} [missing-library]"
            ),
        )
    ]


def test_a_library_that_a_library_of_the_wheel_needs_is_missed_by_the_module(tmp_path):
    gdal = make_elf(soname="libgdal-1a.so", needed=["libexpat.so.1", "libz.so.1", "libgdal-1a.so"])
    files = {"lib/a.abi3.so": make_elf(needed=["libgdal-1a.so"]), "lib0.libs/libgdal-1a.so": gdal}

    assert of_wheels(tmp_path, files) == [
        (
            "error",
            (
                "lib/a.abi3.so (lib0 1.0): needs libexpat.so.1, which isn't in the zip or in Amazon Linux 2023; "
                f"{ADD} [missing-library]"
            ),
        )
    ]


def test_a_library_anywhere_in_the_zip_counts_by_file_name_or_soname(tmp_path):
    cuda = {"cuda/lib/libcublas.so.12": make_elf(), "cuda/lib/blob": make_elf(soname="libcudnn.so.9")}

    found = of_wheels(tmp_path, {"lib/a.abi3.so": make_elf(needed=["libcublas.so.12", "libcudnn.so.9"])}, cuda)

    assert found == []


def test_a_library_for_another_machine_does_not_count(tmp_path):
    files = {"lib/a.abi3.so": make_elf(needed=["libx.so"]), "lib/libx.so": make_elf(AARCH64)}

    assert of_wheels(tmp_path, files) == [
        (
            "error",
            (
                f"lib/a.abi3.so (lib0 1.0): needs libx.so, which isn't in the zip or in Amazon Linux 2023; {ADD} "
                "[missing-library]"
            ),
        )
    ]


def test_of_a_runtime_that_the_user_describes_only_glibc_is_known():
    system = System("the system of python3.16", (2, 40))
    options = replace(config(), target=Target(Runtime("python3.16", (3, 16), 0, system, "custom"), "x86_64"))
    native = make_elf(needed=["libq.so"], versions={"libstdc++.so.6": ["GLIBCXX_3.4.99"], "libc.so.6": ["GLIBC_2.41"]})
    made = plan(replace(entry("shop/fast.so"), content=TextContent(native)))

    found = [(diagnostic.severity, str(diagnostic)) for diagnostic in check_native(candidate(made, options))]

    assert found == [
        (
            "error",
            "shop/fast.so: needs GLIBC_2.41 of libc.so.6, but the system of python3.16 has GLIBC_2.40; "
            + REMEDY.replace("3.13", "3.16")
            + " [glibc-too-old]",
        ),
        (
            "warning",
            (
                "shop/fast.so: needs libq.so, which isn't in the zip and might not be in the system of "
                f"python3.16; {ADD} [missing-library]"
            ),
        ),
    ]


# The option, the memory, other people's zips


def test_the_option_turns_errors_into_warnings():
    assert of_project("shop/fast.so", MACH_O, native_check="warn") == [
        (
            "warning",
            f"shop/fast.so: native code for macOS, which python3.13 on x86_64 can't load; {REMEDY} [wrong-platform]",
        )
    ]


def test_a_wheel_is_read_once_and_cached(tmp_path):
    files = {"lib/a.abi3.so": make_elf(needed=["libq.so"]), "lib/b.py": b""}
    wheel = verified(make_wheel(tmp_path, "lib", tag=LINUX, files=files))
    made = replace(candidate(plan(*wheel_entries(wheel, scripts_for=None))), results=ResultCache(tmp_path / "memory"))
    first = list(check_native(made))
    wheel.path.write_bytes(b"no zip any more")

    again = list(check_native(replace(made, results=ResultCache(tmp_path / "memory"))))

    assert again == first
    assert [str(diagnostic) for diagnostic in first] == [
        (
            f"lib/a.abi3.so (lib 1.0): needs libq.so, which isn't in the zip or in Amazon Linux 2023; {ADD} "
            "[missing-library]"
        )
    ]


def test_a_wheel_without_native_code_is_cached_as_well(tmp_path):
    wheel = verified(make_wheel(tmp_path, "lib"))
    made = replace(candidate(plan(*wheel_entries(wheel, scripts_for=None))), results=ResultCache(tmp_path / "memory"))
    assert list(check_native(made)) == []
    wheel.path.write_bytes(b"no zip any more")

    assert list(check_native(replace(made, results=ResultCache(tmp_path / "memory")))) == []


def test_a_zip_that_might_change_is_read_each_time_and_reported_if_unreadable(tmp_path):
    wheel = replace(verified(make_wheel(tmp_path, "lib", tag=LINUX, files={"lib/a.abi3.so": MACH_O})), sha256="")
    made = replace(candidate(plan(*wheel_entries(wheel, scripts_for=None))), results=ResultCache(tmp_path / "memory"))
    assert len(list(check_native(made))) == 1
    wheel.path.write_bytes(b"no zip any more")

    with pytest.raises(PlanError) as caught:
        list(check_native(made))

    assert str(caught.value) == (
        f"error: {wheel.path.name}: can't be read as a zip, because File is not a zip file; build or download the "
        "wheel again [bad-wheel]"
    )


# Tags that disagree


def test_a_wheel_for_a_platform_by_its_file_name_is_not_pure(tmp_path):
    library = {"lib/driver/libplay.so": make_elf(needed=["libnowhere.so.7"])}
    wheel = renamed(make_wheel(tmp_path, "play", files=library), "py3-none-manylinux2014_x86_64")

    assert reported_for([wheel]) == [
        (
            "error",
            (
                "lib/driver/libplay.so (play 1.0): needs libnowhere.so.7, which isn't in the zip or in Amazon "
                f"Linux 2023; {ADD} [missing-library]"
            ),
        )
    ]


def test_a_wheel_that_is_pure_by_its_file_name_must_not_need_native_code(tmp_path):
    library = {"lib/driver/libplay.so": make_elf(needed=["libnowhere.so.7"])}
    wheel = renamed(make_wheel(tmp_path, "play", files=library, tag="py3-none-manylinux2014_x86_64"), "py3-none-any")

    assert [severity for severity, _ in reported_for([wheel])] == ["warning"]


def test_a_wheel_whose_wheel_file_is_excluded_counts_as_one_for_a_platform(tmp_path):
    library = {"lib/libplay.so": make_elf(needed=["libnowhere.so.7"])}
    wheel = verified(make_wheel(tmp_path, "play", files=library, tag="py3-none-any"))
    entries = [found for found in wheel_entries(wheel, scripts_for=None) if not found.path.endswith("/WHEEL")]

    assert [severity for severity, _ in reported(plan(*entries))] == ["error"]
