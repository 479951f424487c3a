"""What layers contain, what functions exclude for that reason, and which zips can be layers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hatch_lambda.archive.plan import Origin
from hatch_lambda.archive.read import read_zip
from hatch_lambda.config.options import LambdaConfig
from hatch_lambda.errors import ConfigError, PlanError, ZipError
from hatch_lambda.layers import (
    Layer,
    LayerZips,
    check_versions,
    compatible_targets,
    layer_problem,
    project_files,
    wheels_not_in_layers,
)
from hatch_lambda.runtime.runtimes import RUNTIMES
from tests.support.existing_zips import installed, our_zip, zip_of
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, config, dependency, entry, origin, plan, target, verified

if TYPE_CHECKING:
    from pathlib import Path

T = "tool.hatch.build.targets.lambda"
REMEDY = (
    "and Lambda would import only one of them; pin the same version for both, or build both together [layer-conflict]"
)
LIB, BASE = origin("lib"), origin("base")
SITE_PACKAGES = "python/lib/python3.13/site-packages/"


def layer(name: str, *entries: Any) -> Layer:
    """Return a layer of these entries, for Python 3.13."""
    return Layer(name, plan(*entries), "3.13")


def layer_with(name: str, *owners: Origin) -> Layer:
    """Return a layer in which each of these distributions has a module."""
    return layer(name, *(entry(f"python/{owner.name}.py", "", owner) for owner in owners))


# What a layer contains


def test_modules_are_what_python_imports_from_both_directories():
    found = layer(
        "base",
        entry("python/a.py", "1", LIB),
        entry(f"{SITE_PACKAGES}b.py", "2", LIB),
        entry("bin/tool", "3", LIB),
        entry("python/lib/python3.12/site-packages/c.py", "4", LIB),
    )

    assert sorted(found.modules) == ["a.py", "b.py"]


def test_site_packages_come_before_their_parent_directory():
    first, second = entry(f"{SITE_PACKAGES}a.py", "1", LIB), entry("python/a.py", "2", LIB)

    assert layer("base", first, second).modules["a.py"] is first


def test_versions_are_those_of_distributions():
    nobody = Origin("", "", "")
    found = layer("base", entry("python/a.py", "", origin("Some.Lib", "2.0")), entry("python/b.py", "", nobody))

    assert found.versions == {"some-lib": "2.0"}


def test_a_wheel_in_a_layer_is_excluded(tmp_path):
    wheels = [verified(make_wheel(tmp_path, name)) for name in ("base", "lib", "other")]
    layers = [layer_with("one", LIB), layer_with("two", BASE)]

    assert [wheel.name for wheel in wheels_not_in_layers(wheels, layers)] == ["other"]


# Versions


def test_the_same_version_on_both_sides_passes():
    check_versions([LIB, BASE], [layer_with("one", LIB), layer_with("two", LIB)], "api")


def test_versions_that_are_written_differently_are_the_same():
    check_versions([origin("lib", "1.0")], [layer_with("one", origin("lib", "1.0.0"))], "api")


def test_other_versions_in_a_layer_are_rejected_and_all_are_named():
    layers = [layer_with("one", origin("lib", "2.0")), layer_with("two", origin("base", "3.0"), origin("more"))]

    with pytest.raises(PlanError) as caught:
        check_versions([LIB, BASE], layers, "api")

    assert str(caught.value).splitlines() == [
        f"error: lib: 1.0 in api, but 2.0 in layer one, {REMEDY}",
        f"error: base: 1.0 in api, but 3.0 in layer two, {REMEDY}",
    ]


def test_two_versions_in_two_layers_are_rejected():
    with pytest.raises(PlanError) as caught:
        check_versions([], [layer_with("one", LIB), layer_with("two", origin("Lib", "1.1"))], "api")

    assert str(caught.value) == f"error: lib: 1.0 in layer one, but 1.1 in layer two, {REMEDY}"


def test_the_project_in_a_layer_is_of_the_same_version_too():
    older = Origin("shop", "0.0.9", "shop-0.0.9.dist-info", project=True)

    with pytest.raises(PlanError) as caught:
        check_versions([SHOP], [layer_with("own.zip", older)], "api")

    assert str(caught.value) == f"error: shop: 0.1.0 in api, but 0.0.9 in layer own.zip, {REMEDY}"


# The project's files


def test_files_of_the_project_that_a_layer_has_alike_stay_out():
    same, changed, other = entry("shop/a.py", "1"), entry("shop/b.py", "2"), entry("shop/c.py", "3")
    beneath = layer("own", entry("python/shop/a.py", "1"), entry("python/shop/b.py", "other"))

    assert list(project_files([same, changed, other], [beneath])) == [changed, other]


def test_a_project_file_that_a_layers_distribution_also_has_is_the_projects():
    own = entry("shop/__init__.py", "")

    assert list(project_files([own], [layer("base", entry("python/shop/__init__.py", "", LIB))])) == [own]


def test_where_layers_differ_the_last_counts():
    own = entry("shop/a.py", "1")
    layers = [layer("one", entry("python/shop/a.py", "1")), layer("two", entry("python/shop/a.py", "2"))]

    assert list(project_files([own], layers)) == [own]
    assert list(project_files([own], layers[::-1])) == []


# Where a layer is valid


def valid(wheels: list[Path], requirements: list[str], **options: Any) -> tuple[list[str], list[str]]:
    """Return the runtimes and architectures that a layer of these wheels is valid on."""
    selected = config(kind="layer", **{"project": False, **options})
    found = compatible_targets(
        [dependency(text) for text in requirements], [verified(path) for path in wheels], selected
    )
    runtimes, architectures = (
        [*dict.fromkeys(names)] for names in zip(*((t.runtime.name, t.architecture) for t in found), strict=True)
    )
    return runtimes, architectures


ALL = [runtime.name for runtime in RUNTIMES]


def test_a_layer_of_pure_wheels_is_valid_everywhere(tmp_path):
    wheels = [make_wheel(tmp_path, "lib", requires=["base"]), make_wheel(tmp_path, "base")]

    assert valid(wheels, ["lib"]) == (ALL, ["x86_64", "arm64"])


def test_a_layer_with_native_code_is_valid_on_its_own_target(tmp_path):
    wheels = [make_wheel(tmp_path, "lib"), make_wheel(tmp_path, "fast", tag="cp313-cp313-manylinux_2_28_aarch64")]

    assert valid(wheels, ["lib", "fast"], architecture="arm64") == (["python3.13"], ["arm64"])


def test_what_another_python_would_need_as_well_makes_a_layer_invalid_there(tmp_path):
    wheels = [make_wheel(tmp_path, "lib", requires=["base; python_version < '3.12'"])]

    assert valid(wheels, ["lib"]) == (["python3.12", "python3.13", "python3.14", "python3.15"], ["x86_64", "arm64"])


def test_what_another_architecture_would_need_as_well_makes_a_layer_invalid_there(tmp_path):
    wheels = [make_wheel(tmp_path, "lib", requires=["base; platform_machine == 'aarch64'"])]

    assert valid(wheels, ["lib"]) == (ALL, ["x86_64"])


def test_packages_that_another_python_does_not_need_are_harmless(tmp_path):
    wheels = [make_wheel(tmp_path, name) for name in ("lib", "base")]

    assert valid(wheels, ["lib", "base; python_version >= '3.13'"])[0] == ALL


def test_a_requirement_of_the_project_for_another_python_counts(tmp_path):
    wheels = [make_wheel(tmp_path, "lib")]

    assert valid(wheels, ["lib", "base; python_version >= '3.14'"])[0] == ALL[:5]


def test_requires_python_and_tags_of_one_python_count(tmp_path):
    wheels = [make_wheel(tmp_path, "lib", requires_python=">=3.12"), make_wheel(tmp_path, "base", tag="py313-none-any")]

    assert valid(wheels, ["lib", "base"])[0] == ["python3.13", "python3.14", "python3.15"]


def test_excluded_packages_are_not_missing(tmp_path):
    wheels = [make_wheel(tmp_path, "lib", requires=["base"])]

    assert valid(wheels, ["lib"], exclude_packages=("base",)) == (ALL, ["x86_64", "arm64"])


def test_with_the_projects_files_a_layer_is_valid_on_its_own_target(tmp_path):
    assert valid([make_wheel(tmp_path, "lib")], ["lib"], project=True) == (["python3.13"], ["x86_64"])


# Zips that others made


def problem(path: Path, runtime: str = "python3.13", architecture: Any = "x86_64") -> str | None:
    """Say why a zip is no layer for a target."""
    return layer_problem(read_zip(path), target(runtime, architecture))


@pytest.mark.parametrize("root", ["python/", SITE_PACKAGES])
def test_a_zip_with_modules_where_python_looks_is_a_layer(tmp_path, root):
    assert problem(zip_of(tmp_path, installed("lib", root=root))) is None


def test_a_zip_without_modules_is_a_layer(tmp_path):
    assert problem(zip_of(tmp_path, {"bin/tool": "", "extensions/agent": ""})) is None


def test_a_zip_with_modules_of_another_python_is_not_a_layer(tmp_path):
    path = zip_of(tmp_path, installed("lib", root=SITE_PACKAGES))

    assert problem(path, "python3.12") == (
        "has its modules in python/lib/python3.13/site-packages, which python3.12 doesn't search"
    )


def test_a_zip_with_modules_for_several_pythons_is_a_layer_for_each(tmp_path):
    older = installed("lib", root=SITE_PACKAGES.replace("13", "12"))
    path = zip_of(tmp_path, {**installed("lib", root=SITE_PACKAGES), **older})

    assert (problem(path, "python3.12"), problem(path, "python3.13")) == (None, None)


def test_a_zip_with_native_code_for_another_target_is_not_a_layer(tmp_path):
    files = installed("fast", root="python/", tag="cp313-cp313-manylinux_2_28_aarch64")

    assert problem(zip_of(tmp_path, files)) == (
        "includes fast 1.0, made for manylinux_2_28_aarch64, the runtime is Linux with glibc on x86_64"
    )


def test_native_code_that_was_built_on_the_architecture_is_accepted(tmp_path):
    files = installed("fast", root="python/", tag="cp313-cp313-linux_x86_64")

    assert problem(zip_of(tmp_path, files)) is None


def test_an_invalid_tag_is_ignored(tmp_path):
    assert problem(zip_of(tmp_path, installed("fast", root="python/", tag="x"))) is None


def test_a_function_zip_of_ours_is_not_a_layer(tmp_path):
    assert problem(our_zip(tmp_path)) == "is the zip of a function"


OURS = {"schema": 1, "kind": "layer", "runtime": "python3.13", "architecture": "arm64"}


def described(directory: Path, **values: Any) -> Path:
    """Write a layer that says of itself what ours do."""
    return zip_of(directory, {"hatch-lambda/shop-base.json": json.dumps({**OURS, **values}), "python/lib.py": ""})


def test_a_layer_of_ours_is_for_the_targets_in_its_description(tmp_path):
    path = described(tmp_path)

    assert problem(path, architecture="arm64") is None
    assert problem(path) == "is for python3.13 on arm64"


def test_a_layer_of_ours_that_is_valid_on_several_targets_is_for_each(tmp_path):
    names = {"compatible-runtimes": ["python3.12", "python3.13"], "compatible-architectures": ["arm64", "x86_64"]}
    path = described(tmp_path, **names)

    assert (problem(path), problem(path, "python3.12")) == (None, None)
    assert problem(path, "python3.11") == "is for python3.12, python3.13 on arm64 and x86_64"


@pytest.mark.parametrize("value", [5, [5], {"python3.13": True}, None])
def test_a_layer_with_a_nonsense_description_fits_no_target(tmp_path, value):
    path = described(tmp_path, **{"compatible-runtimes": value, "runtime": value})

    assert problem(path) == "is for no runtime on arm64"


def test_a_layer_zip_is_checked_for_every_zip_that_names_it_and_reported_with_its_address(tmp_path):
    described(tmp_path)
    made_for = [config(layers=("base", "other.zip")), config(layers=("other.zip",), architecture="arm64")]

    with pytest.raises(ConfigError) as caught:
        LayerZips(tmp_path).check(made_for)

    assert str(caught.value) == (
        f"error: {T}.layers #2: 'other.zip' isn't a layer for python3.13 on x86_64, because it is for "
        "python3.13 on arm64; set the path of another layer, or build it for this runtime and architecture "
        "[layer-mismatch]"
    )


@pytest.mark.parametrize("path", ["base.zip", "dist/base.zip", "dist/base"])
def test_a_missing_zip_is_reported(tmp_path, path):
    (tmp_path / "dist/base").mkdir(parents=True)

    with pytest.raises(ConfigError) as caught:
        LayerZips(tmp_path).check([config(layers=(path,))])

    assert str(caught.value) == (
        f"error: {T}.layers #1: no file {path!r} in the project; build or download it first, or correct the path "
        "[path-not-found]"
    )


def test_a_zip_is_read_once(tmp_path):
    zips = LayerZips(tmp_path)
    path = zip_of(tmp_path, installed("lib", root="python/"))
    before = zips.read(path.name)
    path.unlink()

    assert zips.read(path.name) is before


def test_an_invalid_zip_is_rejected(tmp_path):
    (tmp_path / "base.zip").write_text("x")

    with pytest.raises(ZipError) as caught:
        LayerZips(tmp_path).check([LambdaConfig(target=target(), layers=("base.zip",))])

    assert str(caught.value) == (
        f"error: {tmp_path / 'base.zip'}: can't be read as a zip (File is not a zip file); rebuild it, or "
        "download it again [bad-zip]"
    )
