"""Why there is no wheel, or only an older one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.config.targets import admitted_runtimes
from hatch_lambda.resolve.base import Pin
from hatch_lambda.resolve.pip.advice import Alternatives
from hatch_lambda.resolve.pip.explain import explain_download, explain_failure, explain_older, explain_sdists
from hatch_lambda.resolve.pip.fallbacks import explain_fallbacks
from tests.support.log_lines import (
    INDEX,
    answered,
    log,
    looked,
    missing,
    other_python,
    sdist,
    taken,
    unfetched,
    unfit,
    unknown,
    yanked,
)
from tests.support.samples import dependency, target

if TYPE_CHECKING:
    from hatch_lambda.runtime.target import Target

AL2_ARM = target("python3.11", "arm64")
CONFLICT = "Will try a different candidate, due to conflict:"
FINDLINKS = "build a wheel on Amazon Linux and add its directory to find-links"
FROM_SOURCE = 'set build-from-source = ["lib"] if it is pure Python'


def failure(*lines: str, selected: Target | None = None, roots: tuple[str, ...] = ("lib",), **known: Any) -> list[str]:
    """Return the problems of a failure with these lines in pip's log; ``known`` are other fields of Alternatives."""
    alternatives = Alternatives(target=selected or target(), log=log(*lines), **known)
    return list(map(str, explain_failure(alternatives, [dependency(root) for root in roots])))


def older(
    *lines: str, pin: str = "1.0", wanted: tuple[str, ...] = ("lib",), selected: Target | None = None
) -> list[str]:
    """Return what is reported of a pin of that version with these lines in pip's log."""
    pins = [Pin(canonicalize_name("lib"), Version(pin), "https://host/x.whl", None)]
    return list(
        explain_older(
            pins, [dependency(text) for text in wanted], log(*lines), selected or target(), log(*lines).conflicts
        )
    )


def only_sdists(*lines: str, pin: str = "1.0", wanted: tuple[str, ...] = ("lib",)) -> list[str]:
    """Return the warnings on a pin of that version with these lines in pip's log."""
    pins = [Pin(canonicalize_name("lib"), Version(pin), "https://host/x.whl", None)]
    return list(map(str, explain_sdists(pins, [dependency(text) for text in wanted], log(*lines))))


# Nothing was found


def test_a_log_without_facts_explains_nothing():
    assert failure("ERROR: something else") == []


def test_a_name_that_no_index_knows_is_reported_with_the_indexes():
    lines = failure(looked(INDEX, "http://other/"), missing("Lib>=1"))

    assert lines == [
        (
            f"project.dependencies: no package 'lib' in {INDEX}, http://other/; check the spelling, or "
            "set PIP_INDEX_URL to an index that has it [unknown-package]"
        )
    ]


def test_a_name_that_was_looked_up_on_no_index_is_reported_so():
    assert failure(missing("lib", parent="other")) == [
        (
            "other: no package 'lib' in any index; use another version of other, or set PIP_INDEX_URL to "
            "an index that has it [unknown-package]"
        )
    ]


def test_a_requirement_that_no_release_satisfies_is_reported_with_the_newest():
    lines = failure(
        taken("lib-1.0-py3-none-any.whl"), unfit("lib-2.0-cp27-cp27m-win32.whl"), missing("lib>=3,<4", "1.0")
    )

    assert lines == [
        (
            "project.dependencies: no release of lib satisfies lib>=3,<4 (the newest is 2.0); loosen the "
            "requirement [no-release]"
        )
    ]


def test_a_release_that_pip_does_not_use_for_an_unknown_reason_is_reported():
    other = "Discarding http://host/other-1.0-py3-none-any.whl#sha256=ab (from http://host/): Requested other has"
    mismatch = f"{other} inconsistent version: expected '1.0', but metadata has '2.0'"

    assert failure(mismatch, taken("lib-1.0-py3-none-any.whl"), missing("lib", "1.0")) == [
        (
            "project.dependencies: pip uses no release of lib that satisfies lib (the newest is 1.0); run "
            "'hatch -v build -t lambda' to see why [no-release]"
        )
    ]


def test_the_requirers_of_a_requirement_are_reported():
    lines = failure(taken("base-1.0-py3-none-any.whl"), missing("base>=3", "1.0", parent="lib"))

    assert lines == [
        ("lib: no release of base satisfies base>=3 (the newest is 1.0); use another version of lib [no-release]")
    ]


def test_the_address_of_a_requirement_is_that_of_the_root_that_has_it():
    roots = [dependency("lib"), dependency("My.Lib", by="dependency-groups.x")]

    lines = explain_failure(Alternatives(target=target(), log=log(missing("my-lib"))), roots)

    assert list(map(str, lines)) == [
        (
            "dependency-groups.x: no package 'my-lib' in any index; check the spelling, or set "
            "PIP_INDEX_URL to an index that has it [unknown-package]"
        )
    ]


@pytest.mark.parametrize(
    ("lines", "selected", "expected"),
    [
        pytest.param(
            [unfit("lib-2.0-cp311-cp311-manylinux_2_28_aarch64.whl")],
            AL2_ARM,
            (
                "lib 2.0: no wheel for python3.11 on arm64, because it needs glibc 2.28 or newer, the "
                "runtime's glibc is 2.26; "
            )
            + FINDLINKS,
            id="glibc",
        ),
        pytest.param(
            [
                unfit(f"lib-2.0-cp3{minor}-cp3{minor}-manylinux_2_{level}_aarch64.whl")
                for minor in (11, 12, 13)
                for level in (28, 34)
            ],
            AL2_ARM,
            (
                "lib 2.0: no wheel for python3.11 on arm64, because it needs glibc 2.28 or newer, the "
                "runtime's glibc is 2.26; use runtime python3.13"
            ),
            id="glibc, newer runtimes",
        ),
        pytest.param(
            [unfit("lib-2.0-cp38-abi3-manylinux_2_28_aarch64.whl")],
            AL2_ARM,
            (
                "lib 2.0: no wheel for python3.11 on arm64, because it needs glibc 2.28 or newer, the "
                "runtime's glibc is 2.26; use runtime python3.12 or newer"
            ),
            id="glibc, all newer runtimes",
        ),
        pytest.param(
            [unfit("lib-2.0-cp311-cp311-manylinux_2_17_x86_64.whl")],
            AL2_ARM,
            (
                "lib 2.0: no wheel for python3.11 on arm64, because its wheels are for manylinux x86_64; use "
                "architecture x86_64"
            ),
            id="other architecture",
        ),
        pytest.param(
            [unfit("lib-2.0-cp313-cp313-manylinux2014_aarch64.whl")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for manylinux aarch64; "
                "use architecture arm64"
            ),
            id="other architecture, legacy tag",
        ),
        pytest.param(
            [
                unfit("lib-2.0-cp312-cp312-manylinux_2_17_x86_64.whl"),
                unfit("lib-2.0-cp39-cp39-manylinux_2_17_x86_64.whl"),
            ],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for cp39, cp312, the "
                "runtime is cp313; use runtime python3.12"
            ),
            id="other Pythons",
        ),
        pytest.param(
            [unfit("lib-2.0-py2-none-any.whl")],
            target(),
            ("lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for py2-none, the runtime is cp313; ")
            + FINDLINKS,
            id="Python 2",
        ),
        pytest.param(
            [unfit("lib-2.0-py2-none-any.whl"), sdist("lib-2.0.tar.gz")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for py2-none, the "
                'runtime is cp313, and it has an sdist; set build-from-source = ["lib"]'
            ),
            id="Python 2, and an sdist",
        ),
        pytest.param(
            [unfit("lib-2.0-cp39-none-any.whl"), unfit("lib-2.0-py2-none-any.whl"), sdist("lib-2.0.zip")],
            AL2_ARM,
            (
                "lib 2.0: no wheel for python3.11 on arm64, because its wheels are for py2-none, cp39-none, "
                'the runtime is cp311, and it has an sdist; set build-from-source = ["lib"]'
            ),
            id="pure wheels for other Pythons, and an sdist",
        ),
        pytest.param(
            [unfit("lib-2.0-py2-none-any.whl"), unfit("lib-2.0-cp27-cp27m-win32.whl"), sdist("lib-2.0.tar.gz")],
            target(),
            ("lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for py2-none, the runtime is cp313; ")
            + FROM_SOURCE,
            id="Python 2, pure and native, and an sdist",
        ),
        pytest.param(
            [unfit("lib-2.0-py2-none-any.whl"), sdist("lib-2.0.tar.gz", "<3")],
            target(),
            ("lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for py2-none, the runtime is cp313; ")
            + FINDLINKS,
            id="Python 2, and an sdist for Python 2",
        ),
        pytest.param(
            [unfit("lib-2.0-cp313-cp313-musllinux_1_2_x86_64.whl")],
            target(),
            "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for musllinux x86_64; " + FINDLINKS,
            id="musl",
        ),
        pytest.param(
            [
                unfit("lib-2.0-cp313-cp313-win_amd64.whl"),
                unfit("lib-2.0-cp313-cp313-macosx_11_0_arm64.whl"),
                sdist("lib-2.0.tar.gz"),
            ],
            target(),
            "lib 2.0: no Linux wheel, only an sdist with native code; " + FINDLINKS,
            id="not Linux, but an sdist",
        ),
        pytest.param(
            [sdist("lib-2.0.tar.gz"), unfit("lib-1.0-cp36-cp36m-win32.whl")],
            target(),
            "lib 2.0: no Linux wheel, only an sdist with native code; " + FINDLINKS,
            id="sdist, and an older release with native code",
        ),
        pytest.param(
            [unfit("lib-2.0-cp313-cp313-win_amd64.whl"), unfit("lib-2.0-cp313-cp313-macosx_11_0_arm64.whl")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for macosx arm64, "
                "win_amd64; add the marker sys_platform != 'linux' to the requirement"
            ),
            id="not Linux",
        ),
        pytest.param(
            [unfit("lib-2.0-py3-none-win_amd64.whl"), unfit("lib-2.0-py3-none-win32.whl")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for win32, win_amd64; "
                "add the marker sys_platform == 'win32' to the requirement"
            ),
            id="Windows only",
        ),
        pytest.param(
            [unfit("lib-2.0-cp313-cp313-macosx_11_0_arm64.whl"), sdist("lib-2.0.tar.gz")],
            target(),
            (
                f"lib 2.0: no Linux wheel, only an sdist with native code; {FINDLINKS}, or add the marker "
                "sys_platform == 'darwin' if it is for macOS only"
            ),
            id="macOS only, and an sdist",
        ),
        pytest.param(
            [unfit("lib-2.0-cp313-cp313-macosx_11_0_arm64.whl")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for macosx arm64; add "
                "the marker sys_platform == 'darwin' to the requirement"
            ),
            id="macOS only",
        ),
        pytest.param(
            [unfit("lib-2.0-cp313-cp313-win_amd64.whl"), unfit("lib-1.0-cp312-cp312-manylinux_2_17_x86_64.whl")],
            target(),
            "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for win_amd64; " + FINDLINKS,
            id="an older release is for Linux",
        ),
        pytest.param(
            [sdist("lib-2.0.tar.gz")],
            target(),
            "lib 2.0: no wheel for python3.13 on x86_64, because it has only an sdist (lib-2.0.tar.gz); " + FROM_SOURCE,
            id="sdist",
        ),
        pytest.param(
            [other_python("lib-2.0-py3-none-any.whl", ">=3.14"), other_python("lib-2.0.tar.gz", ">=3.14")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because it requires Python >=3.14, the runtime "
                "has 3.13.11; use runtime python3.14 or newer"
            ),
            id="Requires-Python",
        ),
        pytest.param(
            [other_python("lib-2.0-py3-none-any.whl", "<3.13,>=3.12")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because it requires Python <3.13,>=3.12, the "
                "runtime has 3.13.11; use runtime python3.12"
            ),
            id="Requires-Python of one runtime",
        ),
        pytest.param(
            [other_python("lib-2.0-py3-none-any.whl", "<3"), other_python("lib-2.0-1-py3-none-any.whl", "nonsense")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because it requires Python <3, nonsense, the "
                "runtime has 3.13.11; require another version or another package"
            ),
            id="Requires-Python of none",
        ),
        pytest.param(
            [sdist("lib-2.0.tar.gz", ">=3.14")],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because it requires Python >=3.14, the runtime "
                'has 3.13.11; use runtime python3.14 or newer and set build-from-source = ["lib"] if it is '
                "pure Python"
            ),
            id="Requires-Python of an sdist",
        ),
        pytest.param(
            [unfit(f"lib-2.0-cp3{minor}-cp3{minor}-manylinux_2_17_x86_64.whl") for minor in (11, 12, 15)],
            target(),
            (
                "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for cp311, cp312, cp315, "
                "the runtime is cp313; use runtime python3.12"
            ),
            id="newer runtimes, but not all",
        ),
    ],
)
def test_what_a_release_has_instead_of_a_wheel_and_what_helps_is_reported(lines, selected, expected):
    assert failure(*lines, missing("lib"), selected=selected) == [f"{expected} [no-wheel]"]


def test_an_older_release_with_a_wheel_helps():
    lines = failure(
        taken("lib-1.0-py3-none-any.whl"),
        taken("lib-1.9-py3-none-any.whl"),
        taken("lib-1.10-py3-none-any.whl"),
        sdist("lib-2.0.tar.gz"),
        missing("lib>=2", "1.0", "1.9", "1.10"),
    )

    assert lines == [
        (
            "lib 2.0: no wheel for python3.13 on x86_64, because it has only an sdist (lib-2.0.tar.gz); "
            f"{FROM_SOURCE}, or allow lib 1.10, the newest with such a wheel [no-wheel]"
        )
    ]


def test_two_things_that_help_are_reported():
    lines = failure(
        unfit("lib-2.0-cp311-cp311-manylinux_2_17_x86_64.whl"),
        unfit("lib-2.0-cp312-cp312-manylinux_2_17_aarch64.whl"),
        missing("lib>=2", "1.0"),
        selected=AL2_ARM,
    )

    assert lines == [
        (
            "lib 2.0: no wheel for python3.11 on arm64, because its wheels are for cp312, the runtime is "
            "cp311; use runtime python3.12, or use architecture x86_64 [no-wheel]"
        )
    ]


def test_the_newest_release_is_used_and_a_final_one_before_a_prerelease():
    lines = failure(
        sdist("lib-1.0.tar.gz"), sdist("lib-2.0.tar.gz"), sdist("lib-3.0rc1.tar.gz"), missing("lib"), selected=target()
    )

    assert lines[0].startswith(
        "lib 2.0: no wheel for python3.13 on x86_64, because it has only an sdist (lib-2.0.tar.gz)"
    )


def test_an_unreadable_requirement_excludes_nothing():
    lines = failure(sdist("lib-1.0.tar.gz"), missing("lib (odd"))

    assert lines == [
        (
            "lib 1.0: no wheel for python3.13 on x86_64, because it has only an sdist (lib-1.0.tar.gz); "
            f"{FROM_SOURCE} [no-wheel]"
        )
    ]


def test_a_requirement_without_a_name_is_shown_as_it_is():
    assert failure(missing("@odd")) == [
        (
            "project.dependencies: no package '@odd' in any index; check the spelling, or set "
            "PIP_INDEX_URL to an index that has it [unknown-package]"
        )
    ]


# Advice that the index shows to be wrong is not given


WINDOWS = "{name}-2.0-cp313-cp313-win_amd64.whl"


@pytest.mark.parametrize(
    ("name", "known", "fix"),
    [
        (
            "psycopg2",
            {"psycopg2": "psycopg2-binary"},
            "require psycopg2-binary instead, or build a wheel on Amazon Linux",
        ),
        ("psycopg2", {}, FINDLINKS),
        ("mysqlclient", {"psycopg2": "psycopg2-binary"}, FINDLINKS),
    ],
)
def test_a_package_for_windows_that_has_an_sdist_is_made_for_linux(name, known, fix):
    lines = [unfit(WINDOWS.format(name=name)), sdist(f"{name}-2.0.tar.gz"), missing(name)]

    assert failure(*lines, roots=(name,), substitutes=known) == [
        f"{name} 2.0: no Linux wheel, only an sdist with native code; {fix} [no-wheel]"
    ]


def test_a_package_that_is_known_to_have_native_code_is_not_called_pure():
    lines = [sdist("pycrypto-2.6.tar.gz"), missing("pycrypto")]

    assert failure(*lines, substitutes={"pycrypto": "pycryptodome"}) == [
        (
            "pycrypto 2.6: no Linux wheel, only an sdist with native code; require pycryptodome instead, "
            "or build a wheel on Amazon Linux [no-wheel]"
        )
    ]


def test_a_substitute_does_not_help_where_a_dependency_requires_the_package():
    lines = [unfit("psycopg2-2.0-cp313-cp313-win_amd64.whl"), sdist("psycopg2-2.0.tar.gz")]

    assert failure(*lines, missing("psycopg2", parent="lib"), substitutes={"psycopg2": "psycopg2-binary"}) == [
        (f"psycopg2 2.0 (required by lib): no Linux wheel, only an sdist with native code; {FINDLINKS} [no-wheel]")
    ]


def test_a_marker_does_not_help_where_a_dependency_requires_the_package():
    lines = [unfit("lib-2.0-cp313-cp313-win_amd64.whl"), missing("lib", parent="app")]

    assert failure(*lines) == [
        (
            "lib 2.0 (required by app): no wheel for python3.13 on x86_64, because its wheels are for win_amd64; "
            "use another version of app [no-wheel]"
        )
    ]


def test_an_older_release_does_not_help_where_a_dependency_excludes_it():
    lines = [taken("lib-1.0-py3-none-any.whl"), sdist("lib-2.0.tar.gz"), missing("lib>=2", "1.0", parent="app")]

    assert failure(*lines) == [
        (
            "lib 2.0 (required by app): no wheel for python3.13 on x86_64, because it has only an sdist "
            f"(lib-2.0.tar.gz); {FROM_SOURCE} [no-wheel]"
        )
    ]


def test_libraries_that_a_wheel_is_known_to_expect_are_reported_with_the_runtime_that_loads_it():
    lines = [unfit("fiona-1.10-cp313-cp313-manylinux_2_17_x86_64.whl"), sdist("fiona-1.10.tar.gz"), missing("fiona")]

    assert failure(*lines, selected=target("python3.14")) == [
        (
            "fiona 1.10: no wheel for python3.14 on x86_64, because its wheels are for cp313, the "
            "runtime is cp314; use runtime python3.13 and add libexpat.so.1 to lib/ in the zip [no-wheel]"
        )
    ]


def test_libraries_that_a_wheel_is_known_to_expect_are_reported_with_the_architecture_that_loads_it():
    lines = [unfit("ibm_db-3.3-cp313-cp313-manylinux_2_34_x86_64.whl"), sdist("ibm_db-3.3.tar.gz"), missing("ibm-db")]

    assert failure(*lines, selected=target("python3.13", "arm64")) == [
        (
            "ibm-db 3.3: no wheel for python3.13 on arm64, because its wheels are for manylinux x86_64; "
            "use architecture x86_64 and add libcrypt.so.1 and libpam.so.0 to lib/ in the zip [no-wheel]"
        )
    ]


def test_a_runtime_that_loads_no_wheel_of_another_package_does_not_help():
    lines = [
        taken("base-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"),
        unfit("base-1.0-cp314-cp314-manylinux_2_17_x86_64.whl"),
        taken("pure-1.0-py3-none-any.whl"),
        unfit("alone-1.0-cp310-cp310-win_amd64.whl"),
        unfit("lib-2.0-cp312-cp312-manylinux_2_17_x86_64.whl"),
        unfit("lib-2.0-cp314-cp314-manylinux_2_17_x86_64.whl"),
        missing("lib"),
    ]

    assert failure(*lines, roots=("base", "pure", "lib")) == [
        (
            "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for cp312, cp314, the "
            "runtime is cp313; use runtime python3.14 [no-wheel]"
        )
    ]


def test_an_architecture_that_loads_no_wheel_of_another_package_does_not_help():
    lines = [
        taken("base-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"),
        unfit("lib-2.0-cp313-cp313-manylinux_2_17_aarch64.whl"),
        missing("lib"),
    ]

    assert failure(*lines, roots=("base", "lib")) == [
        (
            "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for manylinux aarch64; "
            f"{FINDLINKS} [no-wheel]"
        )
    ]


@pytest.mark.parametrize(
    ("tag", "admitted", "fix"),
    [
        ("cp312", ">=3.13", FINDLINKS),
        ("cp312", ">=3.12", "use runtime python3.12"),
        ("cp310", ">=3.9", FINDLINKS),
        ("cp315", ">=3.9", "use runtime python3.15 (a preview)"),
    ],
)
def test_a_runtime_is_suggested_if_the_project_and_aws_allow_it(tag, admitted, fix):
    line = unfit(f"lib-2.0-{tag}-{tag}-manylinux_2_17_x86_64.whl")

    expected = failure(line, missing("lib"), runtimes=admitted_runtimes(SpecifierSet(admitted)))

    assert expected == [
        (
            f"lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for {tag}, the runtime "
            f"is cp313; {fix} [no-wheel]"
        )
    ]


def test_a_deprecated_runtime_can_change_its_architecture():
    line = unfit("lib-2.0-cp310-cp310-manylinux_2_17_x86_64.whl")

    assert failure(line, missing("lib"), selected=target("python3.10", "arm64")) == [
        (
            "lib 2.0: no wheel for python3.10 on arm64, because its wheels are for manylinux x86_64; use "
            "architecture x86_64 [no-wheel]"
        )
    ]


def test_a_release_for_other_pythons_is_not_proposed_to_be_built():
    line = other_python("lib-2.0-cp313-cp313-manylinux_2_17_x86_64.whl", "<3.13")

    assert failure(line, unfit("lib-2.0-cp312-cp312-win32.whl"), missing("lib")) == [
        (
            "lib 2.0: no wheel for python3.13 on x86_64, because it requires Python <3.13, the runtime "
            f"has 3.13.11; {FINDLINKS} [no-wheel]"
        )
    ]


# Nothing could be fetched


def test_an_index_that_cannot_be_reached_is_reported():
    lines = failure(unfetched(f"{INDEX}lib/", "connection error: refused"), missing("lib"))

    assert lines == [
        (
            f"{INDEX}lib/: can't be downloaded (connection error: refused); check the URL and the "
            "network, then rebuild [fetch-failed]"
        )
    ]


def test_an_index_that_rejects_the_credentials_is_reported():
    assert failure(answered("/simple/lib/", 401), missing("lib")) == [
        (
            "http://127.0.0.1:8080/simple/lib/: the index denies access (HTTP 401); put the user name "
            "and password into the index URL, netrc, or a keyring [index-access]"
        )
    ]


def test_an_index_that_asks_for_a_user_name_is_reported():
    lines = failure(looked(INDEX, "http://b/"), "No input was expected ($PIP_NO_INPUT set); question: User for host: ")

    assert lines == [
        (
            f"{INDEX} or http://b/: the index requires a user name and password, and pip found none that "
            "it accepts; put the user name and password into the index URL, netrc, or a keyring "
            "[index-access]"
        )
    ]


def test_a_page_that_failed_does_not_hide_what_another_index_had():
    lines = failure(
        unfetched("http://b/simple/lib/", "503 Server Error"),
        taken("lib-1.0-py3-none-any.whl"),
        missing("lib>1", "1.0"),
    )

    assert lines == [
        (
            "project.dependencies: no release of lib satisfies lib>1 (the newest is 1.0); loosen the "
            "requirement [no-release]"
        )
    ]


# Conflicts


def test_conflicting_requirements_are_reported():
    lines = failure(
        "The conflict is caused by:",
        "    The user requested lib<2",
        "    other 1.0 depends on lib>=2",
        "",
        roots=("lib<2", "other"),
    )

    assert lines == [
        (
            "project.dependencies: no versions satisfy all requirements (the project requires lib<2, "
            "other 1.0 requires lib>=2); loosen one of them [conflict]"
        )
    ]


def test_releases_with_the_same_requirement_are_reported_together():
    versions = [f"0.9.{number}" for number in range(13)]
    lines = failure(
        sdist("parser-1.0.tar.gz"),
        unfit("parser-0.1-cp27-none-any.whl"),
        "The conflict is caused by:",
        *(f"    stac {version} depends on parser>=1" for version in versions),
        "    stac 0.8 depends on parser",
        "    The user requested parser",
        "",
        roots=("stac", "parser"),
    )

    assert lines == [
        (
            "parser 1.0: no wheel for python3.13 on x86_64, because it has only an sdist "
            "(parser-1.0.tar.gz), and stac 0.9.0 to 0.9.12 require parser>=1, stac 0.8 requires parser, the "
            'project requires parser; set build-from-source = ["parser"] if it is pure Python [no-wheel]'
        )
    ]


def test_requirements_of_many_releases_are_reported_with_an_example():
    lines = failure(
        "The conflict is caused by:",
        *(f"    stac 0.{number} depends on parser<{number + 1}, !=0.5 and >={number}" for number in range(60)),
        "    The user requested parser==99",
        "    nonsense",
        "    stac x.y depends on parser",
        "",
        roots=("stac", "parser"),
    )

    assert lines == [
        (
            "project.dependencies: no versions satisfy all requirements (stac 0.0 to 0.59 require "
            "parser, for example parser<1,!=0.5,>=0, the project requires parser==99); loosen one of "
            "them [conflict]"
        )
    ]


def test_requirements_of_many_distributions_are_cut():
    lines = failure(
        "The conflict is caused by:",
        *(
            f"    app{number} 1.0 depends on parser=={number}; python_version < '4' and extra == 'x'"
            for number in range(9)
        ),
        "",
        roots=("stac", "parser"),
    )

    expected = ", ".join(
        f"app{number} 1.0 requires parser=={number}; python_version < '4' and extra == 'x'" for number in range(8)
    )
    assert lines == [
        (
            f"project.dependencies: no versions satisfy all requirements ({expected}, … (9 in total)); "
            "loosen one of them [conflict]"
        )
    ]


def test_a_conflict_that_cannot_be_read_is_not_explained():
    assert failure("The conflict is caused by:", "    nonsense", "") == []


def test_an_older_release_does_not_help_in_a_conflict_if_a_dependency_excludes_it():
    lines = [
        taken("lib-1.0-py3-none-any.whl"),
        unfit("lib-2.0-cp313-cp313-musllinux_1_2_x86_64.whl"),
        "The conflict is caused by:",
        "    The user requested lib",
    ]

    assert failure(*lines, "    app 1.0 depends on lib>=2", "", roots=("lib", "app")) == [
        (
            "lib 2.0: no wheel for python3.13 on x86_64, because its wheels are for musllinux x86_64, and the "
            f"project requires lib, app 1.0 requires lib>=2; {FINDLINKS} [no-wheel]"
        )
    ]


# An older release


def test_the_newest_release_needs_no_note():
    assert older(taken("lib-1.0-py3-none-any.whl"), taken("lib-0.9-py3-none-any.whl")) == []


def test_a_newer_release_without_a_fitting_wheel_is_reported():
    lines = [
        taken("lib-1.0-py3-none-any.whl"),
        unfit("lib-1.1-cp311-cp311-win_amd64.whl"),
        unfit("lib-1.2-cp311-cp311-manylinux_2_28_aarch64.whl"),
        unfit("lib-1.2-cp312-cp312-win_amd64.whl"),
        sdist("lib-1.2.tar.gz"),
    ]

    assert older(*lines, selected=AL2_ARM) == [
        (
            "lib 1.0 instead of 1.2, because 1.2 has no wheel for python3.11 on arm64 (it needs glibc "
            "2.28 or newer, the runtime's glibc is 2.26)"
        )
    ]


def test_a_newer_release_that_has_only_an_sdist_is_a_warning_and_no_note():
    lines = [taken("lib-1.0-py3-none-any.whl"), sdist("lib-2.0.tar.gz")]

    assert only_sdists(*lines) == [
        (
            "lib 1.0: used instead of 2.0, which has only an sdist (lib-2.0.tar.gz); set "
            'build-from-source = ["lib"] if it is pure Python [sdist-only]'
        )
    ]
    assert older(*lines) == []


def test_a_newer_release_that_has_only_an_sdist_with_native_code_is_not_proposed_to_be_built():
    lines = [taken("lib-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"), sdist("lib-2.0.tar.gz")]

    assert only_sdists(*lines) == [
        (
            "lib 1.0: used instead of 2.0, which has only an sdist with native code (lib-2.0.tar.gz); "
            "build a wheel on Amazon Linux and add its directory to find-links [sdist-only]"
        )
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [sdist("lib-2.0.tar.gz"), unfit("lib-2.0-cp313-cp313-win_amd64.whl")],
        [sdist("lib-2.0rc1.tar.gz")],
        [sdist("lib-0.9.tar.gz")],
        [sdist("lib-2.0.tar.gz"), unfit("lib-2.1-cp313-cp313-win_amd64.whl")],
        [sdist("other-2.0.tar.gz")],
    ],
)
def test_a_newer_release_with_wheels_or_that_is_not_expected_is_no_warning(lines):
    assert only_sdists(taken("lib-1.0-py3-none-any.whl"), *lines) == []


@pytest.mark.parametrize(
    "lines",
    [
        [other_python("lib-2.0-py3-none-any.whl", ">=3.14")],
        [yanked("lib-2.0-py3-none-any.whl")],
        [other_python("lib-2.0-py3-none-any.whl", ">=3.14"), sdist("lib-2.0.tar.gz")],
        [unknown("lib-2.0-py3-none-any.whl")],
        [sdist("lib-2.0rc1.tar.gz")],
        [sdist("other-2.0.tar.gz")],
    ],
)
def test_a_newer_release_that_is_not_expected_needs_no_note(lines):
    assert older(taken("lib-1.0-py3-none-any.whl"), *lines) == []


def test_a_newer_prerelease_is_expected_where_a_prerelease_was_taken():
    assert only_sdists(taken("lib-1.0rc1-py3-none-any.whl"), sdist("lib-1.0rc2.tar.gz"), pin="1.0rc1") == [
        (
            "lib 1.0rc1: used instead of 1.0rc2, which has only an sdist (lib-1.0rc2.tar.gz); set "
            'build-from-source = ["lib"] if it is pure Python [sdist-only]'
        )
    ]


@pytest.mark.parametrize("wanted", [("lib<2",), ("lib", "Lib<2"), ("lib>=1", "lib!=2.0", "lib<3")])
def test_a_newer_release_that_the_requirements_exclude_needs_no_note(wanted):
    assert older(sdist("lib-2.0.tar.gz"), wanted=wanted) == []


def test_a_pin_that_nothing_requires_needs_no_note():
    assert older(sdist("lib-2.0.tar.gz"), wanted=("other",)) == []


def test_a_conflict_that_kept_the_newer_release_out_is_reported():
    lines = [
        taken("lib-1.0-py3-none-any.whl"),
        taken("lib-2.0-py3-none-any.whl"),
        CONFLICT,
        "    x 1.0 depends on y",
        "Collecting",
        CONFLICT,
        "    Lib 2.0 depends on base>=2",
        "    other 1.0 depends on base<2",
    ]

    assert older(*lines) == [
        "lib 1.0 instead of 2.0, because Lib 2.0 requires base>=2, other 1.0 requires base<2",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("other 1.0 depends on lib<2", "other 1.0 requires lib<2"),
        ("other 1.0 depends on lib<2, !=1.5 and >=1", "other 1.0 requires lib<2,!=1.5,>=1"),
        ("The user requested Lib<2", "the project requires Lib<2"),
        ("The user requested (constraint) lib<2", "a constraint requires lib<2"),
        ('other[y] 1.0 depends on lib[x]<2; extra == "y"', 'other[y] 1.0 requires lib[x]<2; extra == "y"'),
    ],
)
def test_the_requirement_of_an_older_release_is_reported(line, expected):
    lines = [
        taken("lib-2.0-py3-none-any.whl"),
        CONFLICT,
        f"    {line}",
        "    z 1.0 depends on y",
        "    z 1.0 depends on lib",
    ]

    assert older(*lines) == [f"lib 1.0 instead of 2.0, because {expected}"]


@pytest.mark.parametrize(
    "line", ["other 1.0 depends on libs<2", "single", "lib2 2.0 depends on x", "x depends on my-lib"]
)
def test_a_conflict_of_other_packages_is_not_a_reason(line):
    assert older(taken("lib-2.0-py3-none-any.whl"), CONFLICT, f"    {line}") == []


# A wheel for any platform


def fallback(*others: str, selected: Target | None = None, taken: str = "lib-1.0-py3-none-any.whl") -> list[str]:
    """Return what is reported of a wheel whose release has these others."""
    name = canonicalize_name("lib")
    pins = [Pin(name, Version("1.0"), f"https://host/{taken}", None)]
    return list(map(str, explain_fallbacks(pins, {name: others}, selected or target()).values()))


@pytest.mark.parametrize(
    ("others", "selected", "found", "fix"),
    [
        (
            ["lib-1.0-py3-none-manylinux_2_28_x86_64.whl", "lib-1.0.tar.gz"],
            target("python3.11"),
            "it needs glibc 2.28 or newer, the runtime's glibc is 2.26",
            "use runtime python3.12 or newer",
        ),
        (
            ["lib-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "lib-1.0-cp311-cp311-win_amd64.whl"],
            target(),
            "its wheels are for cp311, the runtime is cp313",
            "use runtime python3.11",
        ),
        (
            ["lib-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"],
            target("python3.13", "arm64"),
            "its wheels are for manylinux x86_64",
            "use architecture x86_64",
        ),
        (
            ["lib-1.0-cp38-cp38-linux_x86_64.whl"],
            target(),
            "its wheels are for linux_x86_64",
            "require a version with such a wheel",
        ),
    ],
)
def test_a_wheel_for_any_platform_in_place_of_one_for_linux_is_reported(others, selected, found, fix):
    assert fallback(*others, selected=selected) == [
        (
            f"lib 1.0: might lack a library, because none of its Linux wheels fits {selected} ({found}); "
            f"test it, or {fix} [any-wheel]"
        )
    ]


@pytest.mark.parametrize(
    "others",
    [
        [],
        ["lib-1.0.tar.gz"],
        ["lib-1.0-cp313-cp313-win_amd64.whl", "lib-1.0-cp313-cp313-macosx_11_0_arm64.whl"],
        ["lib-1.0-cp313-cp313-musllinux_1_2_x86_64.whl"],
        ["lib-1.0-pp311-pypy311_pp73-manylinux_2_28_x86_64.whl"],
        ["lib-1.0-py2-none-any.whl"],
        ["no wheel.whl"],
    ],
)
def test_a_wheel_for_any_platform_is_fine_where_the_release_has_none_for_linux(others):
    assert fallback(*others) == []


def test_a_wheel_for_a_platform_passes_with_any_other_files():
    others = ["lib-1.0-cp314-cp314-manylinux_2_38_x86_64.whl"]

    assert fallback(*others, taken="lib-1.0-cp313-cp313-manylinux_2_17_x86_64.whl") == []
    assert fallback(*others, taken="lib-1.0.tar.gz") == []


def test_a_download_that_needs_a_password_has_an_address_even_without_urls_in_the_log():
    (problem,) = explain_download(log("ERROR: No input was expected ($PIP_NO_INPUT set); question: User for host:"))

    assert str(problem) == (
        "pip: the index requires a user name and password, and pip found none that it accepts; put the user name and "
        "password into the index URL, netrc, or a keyring [index-access]"
    )
