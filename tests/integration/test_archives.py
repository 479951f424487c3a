"""Several zips of one project: layers, functions, architectures and runtimes."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from packaging.pylock import Pylock

from tests.support import zips
from tests.support.existing_zips import installed, zip_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Built, ProjectDirectory
    from tests.support.index_server import IndexServer

T = "tool.hatch.build.targets.lambda"
REMEDY = (
    "and Lambda would import only one of them; pin the same version for both, or build both together [layer-conflict]"
)

SHOP = """\
architecture = "x86_64"

[tool.hatch.build.targets.lambda.layers.base]
architecture = ["x86_64", "arm64"]
features = ["data"]

[tool.hatch.build.targets.lambda.layers.web]
features = ["web"]
layers = ["base"]

[tool.hatch.build.targets.lambda.functions.api]
handler = "shop.api.handler"
features = ["web", "data"]
layers = ["web"]

[tool.hatch.build.targets.lambda.functions.report]
handler = "shop.api.handler"
features = ["data"]
layers = ["base"]

[tool.hatch.build.targets.lambda.functions.worker]
architecture = "arm64"
handler = "shop.api.handler"
features = ["data", "queues"]
layers = ["base"]
"""
FEATURES = """\
[project.optional-dependencies]
data = ["fast"]
queues = ["queues"]
web = ["web"]
"""


def make_shop(index: IndexServer, project: ProjectDirectory) -> None:
    """Configure a project with two layers and three functions over two architectures."""
    index.described = True
    for machine in ("x86_64", "aarch64"):
        index.add("fast", tag=f"cp313-cp313-manylinux_2_28_{machine}")
    index.add("lib", requires=["base"])
    index.add("base")
    index.add("queues")
    index.add("web", requires=["base"])
    project.configure(SHOP, dependencies=["lib"], project=FEATURES)


def by_name(built: Built) -> dict[str, Path]:
    """Return the zips by the part of their names between the version and the target."""
    assert built.code == 0, built.output
    stems = (re.fullmatch(r"shop-[\d.]+-(lambda.*)-python.*-(.*)\.zip", path.name) for path in built.archives)
    return {f"{stem[1]} {stem[2]}": path for stem, path in zip(stems, built.archives, strict=True) if stem}


def described(path: Path) -> dict[str, Any]:
    """Return a zip's description, from any directory in it."""
    (member,) = [name for name in zips.names(path) if re.search(r"/lambda\.json$|^hatch-lambda/", name)]
    found: dict[str, Any] = json.loads(zips.read(path, member))
    return found


def held(path: Path) -> list[str]:
    """Return name and version of each distribution in a zip."""
    return [f"{found['name']} {found['version']}" for found in described(path)["distributions"]]


def imported(path: Path) -> set[str]:
    """Return the paths that Python finds in a zip, each relative to its directory on ``sys.path``."""
    names = zips.names(path)
    root = "python/" if "lambda_layer" in path.name else ""
    return {name.removeprefix(root) for name in names if name.startswith(root) and not name.startswith("hatch-lambda/")}


def without_sizes(built: Built) -> str:
    """Return what a build wrote, without sizes."""
    size = r"[\d.]+ (?:MiB|KiB|bytes)"
    return re.sub(rf" \({size}\)|\n  {size} zipped.*|, {size} zipped.*|, {size} unzipped", "", built.output)


REPORT = """\
dist/shop-0.1.0-lambda_layer-base-python3.13-x86_64.zip
  layer base for python3.13 on x86_64
  3 packages
  largest: fast 1.0, lib 1.0, base 1.0
dist/shop-0.1.0-lambda_layer-base-python3.13-arm64.zip
  layer base for python3.13 on arm64
  3 packages
  largest: fast 1.0, lib 1.0, base 1.0
dist/shop-0.1.0-lambda_layer-web-python3.13-x86_64.zip
  layer web for python3.13 on x86_64
  1 package
  largest: web 1.0
  from layer base: base 1.0, lib 1.0
  valid on python3.9 to python3.15; x86_64, arm64
dist/shop-0.1.0-lambda-api-python3.13-x86_64.zip
  function api for python3.13 on x86_64, handler shop.api.handler
  from layer base: base 1.0, fast 1.0, lib 1.0
  from layer web: web 1.0
dist/shop-0.1.0-lambda-report-python3.13-x86_64.zip
  function report for python3.13 on x86_64, handler shop.api.handler
  from layer base: base 1.0, fast 1.0, lib 1.0
dist/shop-0.1.0-lambda-worker-python3.13-arm64.zip
  function worker for python3.13 on arm64, handler shop.api.handler
  1 package
  largest: shop 0.1.0, queues 1.0
  from layer base: base 1.0, fast 1.0, lib 1.0
"""


def test_layers_and_functions_over_two_architectures_are_built_by_one_command(index, project):
    make_shop(index, project)

    built = project.build()

    archives = by_name(built)
    assert {name: held(path) for name, path in archives.items()} == {
        "lambda_layer-base x86_64": ["base 1.0", "fast 1.0", "lib 1.0"],
        "lambda_layer-base arm64": ["base 1.0", "fast 1.0", "lib 1.0"],
        "lambda_layer-web x86_64": ["web 1.0"],
        "lambda-api x86_64": [],
        "lambda-report x86_64": [],
        "lambda-worker arm64": ["queues 1.0"],
    }
    assert without_sizes(built) == REPORT
    base = {arch: imported(archives[f"lambda_layer-base {arch}"]) for arch in ("x86_64", "arm64")}
    beneath = base["x86_64"] | imported(archives["lambda_layer-web x86_64"])
    assert imported(archives["lambda-api x86_64"]) & beneath == set()
    assert imported(archives["lambda-report x86_64"]) & base["x86_64"] == set()
    assert imported(archives["lambda-worker arm64"]) & base["arm64"] == set()
    simple = Counter(path for path in index.requests if path.startswith("/simple/"))
    both = {f"/simple/{name}/": 2 for name in ("base", "fast", "lib")}  # once a target
    assert simple == {**both, "/simple/web/": 1, "/simple/queues/": 1}
    assert sorted(index.downloads()) == sorted(path.name for path in index.directory.glob("*.whl"))


def test_all_zips_are_the_same_bytes_again(index, project):
    make_shop(index, project)
    project.build()
    before = zips.directory(project.root / "dist")

    project.build("--clean", PYTHONHASHSEED="1")

    assert zips.directory(project.root / "dist") == before


PLAIN = """\
[tool.hatch.build.targets.lambda.layers.base]
[tool.hatch.build.targets.lambda.functions.api]
architecture = ["x86_64", "arm64"]
[tool.hatch.build.targets.lambda.functions.worker]
"""


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("api", ["lambda-api arm64", "lambda-api x86_64"]),
        ("api-arm64", ["lambda-api arm64"]),
        ("base", ["lambda_layer-base x86_64"]),
        ("layer", ["lambda_layer-base x86_64"]),
        ("function", ["lambda-api arm64", "lambda-api x86_64", "lambda-worker x86_64"]),
    ],
)
def test_a_build_name_builds_its_zips(project, version, expected):
    project.configure(PLAIN)

    assert list(by_name(project.build(target=f"lambda:{version}"))) == expected


def test_an_unknown_build_name_is_reported_with_the_known_ones(project):
    project.configure(PLAIN)

    built = project.build(target="lambda:apii")

    assert (built.code, built.output) == (
        1,
        (
            "error: -t lambda:apii: unknown build name; did you mean 'api'? choose from api, api-arm64, api-x86_64, "
            "base, function, layer, lock, worker [unknown-build-name]\n"
        ),
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("", ["lambda arm64", "lambda x86_64"]),
        (":arm64", ["lambda arm64"]),
        (":layer", ["lambda_layer arm64", "lambda_layer x86_64"]),
        (":layer-arm64", ["lambda_layer arm64"]),
    ],
)
def test_without_tables_there_is_a_zip_for_each_architecture(project, version, expected):
    project.configure('architecture = ["x86_64", "arm64"]')

    assert list(by_name(project.build(target=f"lambda{version}"))) == expected


def test_variables_choose_from_the_matrix(project):
    project.configure('architecture = ["x86_64", "arm64"]')

    built = project.build(HATCH_LAMBDA_ARCHITECTURE="arm64", HATCH_LAMBDA_RUNTIME="python3.14")

    assert built.archive.name == "shop-0.1.0-lambda-python3.14-arm64.zip"


def test_versions_in_the_table_choose_what_is_built(project):
    project.configure('versions = ["worker"]\n' + PLAIN)

    assert list(by_name(project.build())) == ["lambda-worker x86_64"]


# Layers


def test_a_layer_contains_dependencies_where_lambda_looks_and_its_description_says_where_it_is_valid(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])

    built = project.build(target="lambda:layer")

    assert zips.names(built.archive) == [
        "hatch-lambda/shop-layer.json",
        "python/lib-1.0.dist-info/METADATA",
        "python/lib-1.0.dist-info/RECORD",
        "python/lib-1.0.dist-info/WHEEL",
        "python/lib/__init__.py",
    ]
    assert [row[0] for row in zips.record(built.archive, "python/lib-1.0.dist-info")] == [
        "lib-1.0.dist-info/METADATA",
        "lib-1.0.dist-info/WHEEL",
        "lib/__init__.py",
        "lib-1.0.dist-info/RECORD",
    ]
    assert described(built.archive) == {
        "schema": 1,
        "kind": "layer",
        "archive": None,
        "name": "shop",
        "version": "0.1.0",
        "runtime": "python3.13",
        "architecture": "x86_64",
        "compatible-runtimes": [f"python3.{minor}" for minor in range(9, 16)],
        "compatible-architectures": ["x86_64", "arm64"],
        "layers": [],
        "distributions": described(built.archive)["distributions"],
    }
    assert built.output.splitlines()[-1] == "  valid on python3.9 to python3.15; x86_64, arm64"


OWN = """\
handler = "shop.api.handler"
[tool.hatch.build.targets.lambda.layers.own]
project = true
{layer}
[tool.hatch.build.targets.lambda.functions.api]
layers = ["own"]
{function}
"""


def test_what_a_layer_has_of_the_project_stays_out_of_the_function(index, project):
    index.add("lib")
    project.configure(OWN.format(layer="", function=""), dependencies=["lib"])

    archives = by_name(project.build())

    assert zips.files(archives["lambda_layer-own x86_64"]) == [
        *[f"python/lib-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")],
        "python/lib/__init__.py",
        *[f"python/shop-0.1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "lambda.json")],
        "python/shop/__init__.py",
        "python/shop/api.py",
    ]
    assert zips.names(archives["lambda-api x86_64"]) == ["hatch-lambda/shop-api.json"]


def test_a_function_can_have_more_of_the_project_than_its_layer(project):
    project.write("jobs.py", "def run(event, context): ...\n")
    project.configure(
        OWN.format(layer='only-include = ["shop"]', function='only-include = ["shop", "jobs.py"]\nhandler = "jobs.run"')
    )

    archives = by_name(project.build())

    assert zips.names(archives["lambda-api x86_64"]) == ["hatch-lambda/shop-api.json", "jobs.py"]


def test_a_layer_can_have_more_of_the_project_than_the_layer_that_it_needs(project):
    project.write("jobs.py", "def run(event, context): ...\n")
    more = '[tool.hatch.build.targets.lambda.layers.more]\nproject = true\nlayers = ["own"]\nonly-include = ["jobs.py"]'
    project.configure(
        OWN.format(layer=f'only-include = ["shop"]\n{more}', function='handler = "jobs.run"').replace(
            'layers = ["own"]\nhandler', 'layers = ["more"]\nhandler'
        )
    )

    built = project.build()

    assert zips.names(by_name(built)["lambda_layer-more x86_64"]) == ["hatch-lambda/shop-more.json", "python/jobs.py"]
    assert "warning" not in built.output


def test_a_handler_that_a_layer_hides_from_python_is_rejected(project):
    project.configure(OWN.format(layer='only-include = ["shop/__init__.py"]', function=""))

    built = project.build(target="lambda:api")

    assert (built.code, built.output) == (
        1,
        (
            "error: handler 'shop.api.handler': Python doesn't find shop/api.py (shop 0.1.0) in the function, "
            "because it imports shop (shop 0.1.0) from a layer; put the whole package into one zip "
            "[split-package]\n"
        ),
    )


def test_what_a_zip_excludes_is_neither_in_it_nor_missed_in_its_layers(index, project):
    index.add("sdk", requires=["core"])
    index.add("core")
    index.add("lib", requires=["core"])
    project.configure(
        """\
[tool.hatch.build.targets.lambda.layers.base]
exclude-packages = ["sdk"]
[tool.hatch.build.targets.lambda.functions.api]
layers = ["base"]
[tool.hatch.build.targets.lambda.functions.worker]
exclude-packages = ["sdk", "core"]
layers = ["base"]
""",
        dependencies=["sdk", "lib"],
    )

    built = project.build()

    assert {name: held(path) for name, path in by_name(built).items()} == {
        "lambda_layer-base x86_64": ["core 1.0", "lib 1.0"],
        "lambda-api x86_64": ["sdk 1.0"],
        "lambda-worker x86_64": [],
    }


# Versions that differ


SKEWED = """\
[tool.hatch.build.targets.lambda.layers.base]
constraints = ["old.txt"]
[tool.hatch.build.targets.lambda.functions.api]
layers = ["base"]
"""


def test_other_versions_in_layer_and_function_are_rejected(index, project):
    for version in ("1.0", "2.0"):
        index.add("lib", version)
        index.add("base", version)
    project.write("old.txt", "lib<2\nbase<2\n")
    project.configure(SKEWED, dependencies=["lib", "base"])

    built = project.build(target="lambda:api")

    assert (built.code, built.output) == (
        1,
        (
            f"error: base: 2.0 in api, but 1.0 in layer base, {REMEDY}\nerror: lib: 2.0 in api, but 1.0 in layer "
            f"base, {REMEDY}\n"
        ),
    )
    assert built.archives == ()


def test_other_versions_in_a_layers_zip_and_in_the_function_are_rejected(index, project):
    index.add("lib", "2.0")
    zip_of(project.root, installed("lib", "1.0", root="python/lib/python3.13/site-packages/"), "theirs.zip")
    project.configure('layers = ["theirs.zip"]', dependencies=["lib"])

    built = project.build()

    assert (built.code, built.output) == (1, f"error: lib: 2.0 in function, but 1.0 in layer theirs.zip, {REMEDY}\n")


# Layers by path


def test_packages_in_a_layer_zip_of_another_tool_are_excluded(index, project):
    for name in ("lib", "base", "other"):
        index.add(name, requires=["base"] if name == "lib" else [])
    theirs = {
        **installed("lib", root="python/lib/python3.13/site-packages/", record=None),
        **installed("base", root="python/"),
    }
    zip_of(project.root / "layers", theirs, "theirs.zip")
    project.configure('layers = ["layers/theirs.zip"]', dependencies=["lib", "other"])

    built = project.build()

    assert held(built.archive) == ["other 1.0"]
    assert without_sizes(built).splitlines()[-1] == "  from layer theirs.zip: base 1.0, lib 1.0"


def test_packages_and_the_project_in_a_layer_zip_of_ours_are_excluded(index, project):
    index.add("lib")
    index.add("other")
    project.configure(OWN.format(layer="", function=""), dependencies=["lib"])
    by_name(project.build(target="lambda:own"))["lambda_layer-own x86_64"].rename(project.root / "own.zip")
    project.configure('layers = ["own.zip"]\nhandler = "shop.api.handler"', dependencies=["lib", "other"])

    built = project.build()

    assert built.code == 0, built.output
    assert held(built.archive) == ["other 1.0"]
    assert zips.files(built.archive) == ["hatch-lambda/shop-function.json", "other/__init__.py"]


def test_all_layer_zips_for_other_targets_are_reported_before_anything_is_built(index, project):
    native = installed("fast", root="python/", tag="cp313-cp313-manylinux_2_28_aarch64")
    zip_of(project.root, native, "arm.zip")
    zip_of(project.root, installed("lib", root="python/lib/python3.12/site-packages/"), "older.zip")
    project.configure(
        """\
[tool.hatch.build.targets.lambda.layers.base]
layers = ["older.zip"]
[tool.hatch.build.targets.lambda.functions.api]
layers = ["base", "arm.zip"]
"""
    )

    built = project.build()

    fix = "set the path of another layer, or build it for this runtime and architecture [layer-mismatch]"
    assert built.output.splitlines() == [
        (
            f"error: {T}.layers.base.layers #1: 'older.zip' isn't a layer for python3.13 on x86_64, because it "
            f"has its modules in python/lib/python3.12/site-packages, which python3.13 doesn't search; {fix}"
        ),
        (
            f"error: {T}.functions.api.layers #2: 'arm.zip' isn't a layer for python3.13 on x86_64, because it "
            f"includes fast 1.0, made for manylinux_2_28_aarch64, the runtime is Linux with glibc on x86_64; {fix}"
        ),
    ]
    assert (built.code, built.archives) == (1, ())


def test_a_zip_is_only_read_if_it_is_needed(project):
    path = "dist/shop-0.1.0-lambda_layer-base-python3.13-x86_64.zip"
    functions = f'[tool.hatch.build.targets.lambda.functions.api]\nlayers = ["{path}"]\n'
    project.configure("[tool.hatch.build.targets.lambda.layers.base]\nproject = true\n" + functions)

    too_early = project.build(target="lambda:api")
    layer = project.build(target="lambda:base")
    function = project.build(target="lambda:api")
    cleaned = project.build("--clean-only")

    assert (too_early.code, too_early.output) == (
        1,
        (
            f"error: {T}.functions.api.layers #1: no file '{path}' in the project; build or download it first, or "
            "correct the path [path-not-found]\n"
        ),
    )
    assert (layer.code, function.code, cleaned.code, cleaned.archives) == (0, 0, 0, ())


def test_a_damaged_layer_zip_is_reported_before_anything_is_built(project):
    project.write("base.zip", "x")
    project.configure('layers = ["base.zip"]')

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {project.root}/base.zip: can't be read as a zip (File is not a zip file); rebuild it, or "
            "download it again [bad-zip]\n"
        ),
    )


# File names


def test_zips_with_the_same_path_are_rejected(project):
    project.configure('filename = "{name}.zip"\n' + PLAIN)

    built = project.build(target="lambda:base")

    assert built.output.splitlines() == [
        f"error: pyproject.toml [{T}] has 3 problems:",
        *(
            f"  filename: base and {name} would both be written to 'shop.zip'; "
            "add {archive}, {runtime}, or {architecture} to the name [name-conflict]"
            for name in ("api-x86_64", "api-arm64", "worker")
        ),
    ]
    assert (built.code, built.archives) == (1, ())


def test_a_file_name_that_includes_the_build_name_distinguishes_them(project):
    project.configure('filename = "{name}-{archive}-{architecture}.zip"\n' + PLAIN)

    built = project.build()

    assert [path.name for path in built.archives] == [
        "shop-api-arm64.zip",
        "shop-api-x86_64.zip",
        "shop-base-x86_64.zip",
        "shop-worker-x86_64.zip",
    ]


# Cleaning


def test_clean_removes_the_zips_of_the_version_in_any_version_of_the_project_and_no_others(project):
    project.configure(PLAIN)
    kept = [path.name for path in project.build().archives if "-api-" not in path.name]
    project.configure(PLAIN, version="0.2.0")
    project.build(target="lambda:api")
    others = ["shop-0.1.0-lambda-api-v2-python3.13-arm64.zip", "shop-0.1.0-lambda-python3.13-arm64.zip", "shop-api.zip"]
    for name in others:
        project.write(f"dist/{name}")

    cleaned = project.build("--clean-only", target="lambda:api")

    assert (cleaned.code, cleaned.output) == (0, "")
    assert [path.name for path in cleaned.archives] == sorted([*kept, *others])


def test_clean_of_one_architecture_leaves_the_others(project):
    project.configure(PLAIN)
    before = [path.name for path in project.build().archives]

    cleaned = project.build("--clean-only", target="lambda:api-arm64")

    removed = {*before} - {path.name for path in cleaned.archives}
    assert removed == {"shop-0.1.0-lambda-api-python3.13-arm64.zip"}


def test_clean_leaves_a_zip_that_only_its_file_name_distinguishes(project):
    project.configure(
        """\
filename = "{name}-{architecture}.zip"
[tool.hatch.build.targets.lambda.functions.api]
[tool.hatch.build.targets.lambda.functions.worker]
architecture = "arm64"
"""
    )
    project.build()

    cleaned = project.build("--clean-only", target="lambda:api")

    assert [path.name for path in cleaned.archives] == ["shop-arm64.zip"]


def test_clean_of_the_lock_removes_nothing(project):
    before = project.build().archives

    cleaned = project.build("--clean-only", target="lambda:lock")

    assert cleaned.archives == before


# Locks


def test_one_lock_is_for_all_targets(index, project):
    make_shop(index, project)
    index.add("lib", "2.0", requires=["base"], requires_python=">=3.13")
    project.configure(
        SHOP + '[tool.hatch.build.targets.lambda.functions.old]\nruntime = "python3.12"\n',
        dependencies=["lib"],
        project=FEATURES,
    )

    locked = project.build(target="lambda:lock")

    text = (project.root / "pylock.lambda.toml").read_text("utf-8")
    assert locked.output == (
        "pylock.lambda.toml\n"
        "  python3.13 on x86_64, 4 packages\n"
        "  base: new -> 1.0\n  fast: new -> 1.0\n  lib: new -> 2.0\n  web: new -> 1.0\n"
        "  python3.13 on arm64, 4 packages\n"
        "  base: new -> 1.0\n  fast: new -> 1.0\n  lib: new -> 2.0\n  queues: new -> 1.0\n"
        "  python3.12 on x86_64, 2 packages\n"
        "  base: new -> 1.0\n  lib: new -> 1.0\n"
    )
    lock = Pylock.from_dict(tomllib.loads(text))
    x86, arm, old = (
        f'python_version == "3.{minor}" and platform_machine == "{machine}" and sys_platform == "linux" and '
        'implementation_name == "cpython"'
        for minor, machine in ((13, "x86_64"), (13, "aarch64"), (12, "x86_64"))
    )
    assert [str(marker) for marker in lock.environments or ()] == [x86, arm, old]
    assert {f"{package.name} {package.version}": str(package.marker or "") for package in lock.packages} == {
        "base 1.0": "",
        "fast 1.0": f'(({x86}) or ({arm})) and "data" in extras',
        "lib 1.0": old,
        "lib 2.0": f"({x86}) or ({arm})",
        "queues 1.0": f'({arm}) and "queues" in extras',
        "web 1.0": f'({x86}) and "web" in extras',
    }
    assert lock.extras == ["data", "queues", "web"]
    assert project.build(target="lambda:lock").code == 0
    assert (project.root / "pylock.lambda.toml").read_text("utf-8") == text
    index.requests.clear()
    offline = project.build(HATCH_LAMBDA_OFFLINE="1")
    assert {name: held(path) for name, path in by_name(offline).items() if "layer" not in name} == {
        "lambda-api x86_64": [],
        "lambda-report x86_64": [],
        "lambda-worker arm64": ["queues 1.0"],
        "lambda-old x86_64": ["base 1.0", "lib 1.0"],
    }
    assert index.requests == []


def test_an_upgrade_of_a_lock_for_several_targets_is_reported_by_target(index, project):
    index.add("lib")
    project.configure('architecture = ["x86_64", "arm64"]', dependencies=["lib"])
    project.build(target="lambda:lock")
    index.add("lib", "2.0")

    locked = project.build(target="lambda:lock", HATCH_LAMBDA_UPGRADE="1")

    assert locked.output == (
        "pylock.lambda.toml\n"
        "  python3.13 on x86_64, 1 package\n  lib: 1.0 -> 2.0\n"
        "  python3.13 on arm64, 1 package\n  lib: 1.0 -> 2.0\n"
    )


def test_zips_with_separate_constraints_agree_by_their_lock(index, project):
    index.add("lib", "1.0")
    index.add("lib", "2.0")
    project.write("old.txt", "lib<2\n")
    project.configure(SKEWED, dependencies=["lib"])
    project.build(target="lambda:lock")

    built = project.build()

    assert {name: held(path) for name, path in by_name(built).items()} == {
        "lambda_layer-base x86_64": ["lib 1.0"],
        "lambda-api x86_64": [],
    }


def test_an_out_of_date_lock_is_reported_once_for_all_zips(index, project):
    index.add("lib")
    project.configure(PLAIN, dependencies=["lib"])
    project.build(target="lambda:lock")
    project.configure(PLAIN, dependencies=["lib", "new"])

    built = project.build()

    assert built.output == (
        "error: pylock.lambda.toml: out of date, because it doesn't contain new and project.dependencies requires new; "
        "run 'hatch build -t lambda:lock' [lock-out-of-date]\n"
    )


def test_one_lock_cannot_hold_two_patch_levels_of_a_runtime(project):
    project.configure(f'[{T}.functions.api]\npython-patch = "3.13.4"\n[{T}.functions.worker]\n')

    built = project.build(target="lambda:lock")

    assert built.code == 1
    assert built.output == (
        f"error: {T}.python-patch: '3.13.11' differs from '3.13.4' of another zip, and one lock file can't have both; "
        "use the same value, or set lock for one of them [lock-conflict]\n"
    )
    assert not (project.root / "pylock.lambda.toml").exists()


def test_separate_locks_of_zips_are_written_too(index, project):
    index.add("lib")
    project.configure(
        f'[{T}.functions.api]\n[{T}.functions.worker]\nlock = "pylock.worker.toml"\n', dependencies=["lib"]
    )

    built = project.build(target="lambda:lock")

    assert built.code == 0, built.output
    assert sorted(path.name for path in project.root.glob("pylock*")) == ["pylock.lambda.toml", "pylock.worker.toml"]
    assert project.build(HATCH_LAMBDA_OFFLINE="1").code == 0


def test_a_zips_separate_lock_of_another_tool_is_left_alone(project):
    foreign = 'lock-version = "1.0"\ncreated-by = "other"\npackages = []\n'
    project.write("pylock.worker.toml", foreign)
    project.configure(f'[{T}.functions.api]\n[{T}.functions.worker]\nlock = "pylock.worker.toml"\n')

    built = project.build(target="lambda:lock")

    assert built.code == 0, built.output
    assert (project.root / "pylock.worker.toml").read_text("utf-8") == foreign


def test_conflicting_requirements_of_two_zips_are_reported_with_how_to_resolve_them_separately(index, project):
    for version in ("1.0", "2.0"):
        index.add("lib", version)
    extras = '[project.optional-dependencies]\na = ["lib<2"]\nb = ["lib>=2"]\n'
    tables = f'[{T}.functions.a]\nfeatures = ["a"]\n[{T}.functions.b]\nfeatures = ["b"]\n'
    project.configure(tables, project=extras)

    built = project.build()

    assert built.code == 1
    assert built.output.splitlines()[1] == (
        "error: a, b: resolved together, so that their versions agree; to resolve one separately, set constraints or "
        "lock in its table [conflict]"
    )


def test_different_requirements_of_two_zips_get_no_advice_without_a_conflict(index, project):
    index.add("lib")
    extras = '[project.optional-dependencies]\na = ["nowhere"]\nb = ["lib"]\n'
    tables = f'[{T}.functions.a]\nfeatures = ["a"]\n[{T}.functions.b]\nfeatures = ["b"]\n'
    project.configure(tables, project=extras)

    built = project.build()

    assert built.code == 1
    assert "[unknown-package]" in built.output
    assert "resolved together" not in built.output


def test_lambda_json_names_all_layers_in_their_order(index, project):
    index.add("lib")
    tables = f'[{T}.layers.base]\n[{T}.layers.top]\nlayers = ["base"]\n[{T}.functions.api]\nlayers = ["top"]\n'
    project.configure(tables, dependencies=["lib"])

    built = project.build()

    assert described(by_name(built)["lambda-api x86_64"])["layers"] == ["base", "top"]


SPLIT = f"""\
[{T}.layers.core]
project = true
only-include = ["shop/core"]
[{T}.functions.api]
layers = ["core"]
handler = "shop.api.handler"
"""


def test_a_package_of_the_project_that_is_split_by_a_layer_is_rejected(project):
    project.write("shop/core/__init__.py")
    project.write("shop/core/m.py", "answer = 42\n")
    project.write(
        "shop/api.py", "import shop.core.m\n\n\ndef handler(event, context):\n    return shop.core.m.answer\n"
    )
    project.configure(SPLIT)

    built = project.build(target="lambda:api")

    assert built.code == 1
    assert built.output == (
        "error: shop/: Python doesn't find shop/core/__init__.py (shop 0.1.0) in a layer, because it imports "
        "shop (shop 0.1.0) from the function; put the whole package into one zip [split-package]\n"
    )


HOOK = """\
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        if version == "api":
            Path(self.root, "made.py").write_text("made = True\\n")
            build_data["force_include"]["made.py"] = "shop/made.py"
"""


def test_files_that_a_hook_adds_to_a_function_are_not_the_layers(project):
    project.write("hatch_build.py", HOOK)
    tables = f'[{T}.hooks.custom]\n[{T}.layers.own]\nproject = true\n[{T}.functions.api]\nlayers = ["own"]\n'
    project.configure(tables)
    project.write("shop/__init__.py", "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n")

    built = project.build()

    assert built.code == 0, built.output
    assert "shop/made.py" in imported(by_name(built)["lambda-api x86_64"])
