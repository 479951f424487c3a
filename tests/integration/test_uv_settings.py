"""Settings of uv, with each way to resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import zips
from tests.support.index_server import IndexServer
from tests.support.make_local_project import make_local_project

if TYPE_CHECKING:
    from pathlib import Path

CHANGES = """\
[tool.uv]
override-dependencies = ["lib==2.0; python_version >= '3.13'"]
exclude-dependencies = ["needless"]
constraint-dependencies = ["base<2"]
[[tool.uv.dependency-metadata]]
name = "wrong"
requires-dist = ["extra-lib"]
"""


@pytest.fixture(autouse=True)
def uv_index(index, environ, tmp_path):
    """Uv knows the same index as pip, and has a separate cache."""
    environ.update(UV_CACHE_DIR=str(tmp_path / "uv-cache"), UV_DEFAULT_INDEX=index.url)


def in_workspace(directory: Path, table: str) -> None:
    """Make a project a member of a workspace whose root has a table."""
    (directory.parent / "pyproject.toml").write_text(f'[tool.uv.workspace]\nmembers = ["*"]\n{table}')


@pytest.mark.api("pip", "uv")
@pytest.mark.parametrize("resolver", ["pip", "uv"])
@pytest.mark.parametrize("place", ["project", "workspace"])
def test_changed_requirements_count_in_the_project_and_in_its_workspace(index, project, place, resolver):
    index.add("app", requires=["lib<2", "needless>=1; extra == 'x'", "wrong"], extras=["x"])
    for version in ("1.0", "2.0", "3.0"):
        index.add("lib", version, requires=["base"])
        index.add("base", version)
    index.add("wrong", requires=["nowhere"])
    index.add("extra-lib")
    project.configure(
        f'resolver = "{resolver}"', dependencies=["app[x]", "lib>2.5"], project=CHANGES if place == "project" else ""
    )
    if place == "workspace":
        in_workspace(project.root, CHANGES)

    built = project.build()
    locked = project.build(target="lambda:lock")
    again = project.build(HATCH_LAMBDA_OFFLINE="1")

    expected = ["app 1.0", "base 1.0", "extra-lib 1.0", "lib 2.0", "wrong 1.0"]
    assert (built.code, locked.code, again.code) == (0, 0, 0), built.output + locked.output + again.output
    assert zips.distributions(built.archive) == expected
    line = "  [tool.uv]: override lib==2.0; python_version >= '3.13', exclude needless, …\n"
    assert line in built.output
    assert line in again.output


@pytest.mark.parametrize("resolver", ["pip", "uv"])
def test_an_override_can_be_a_local_dependency(index, project, tmp_path, resolver):
    index.add("app", requires=["lib>2"])
    make_local_project(tmp_path / "lib", "lib", "1.5")
    table = f'[tool.uv]\noverride-dependencies = ["lib @ {(tmp_path / "lib").as_uri()}"]\n'
    project.configure(f'resolver = "{resolver}"', dependencies=["app", "lib>3"], project=table)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["app 1.0", "lib 1.5"]


def test_build_requirements_satisfy_the_build_constraints(index, project, tmp_path):
    for version in ("1.0", "2.0"):
        index.add("helper", version, files={"helper.py": f"VERSION = {version!r}\n"})
    make_local_project(tmp_path / "lib", "lib")
    for path, old, new in (
        ("pyproject.toml", "requires = []", 'requires = ["helper"]'),
        ("backend.py", "import base64", "import helper; assert helper.VERSION == '1.0'; import base64"),
    ):
        file = tmp_path / "lib" / path
        file.write_text(file.read_text().replace(old, new))
    table = '[tool.uv]\nbuild-constraint-dependencies = ["helper<2"]\n[tool.uv.sources]\nlib = { path = "../lib" }\n'
    project.configure(dependencies=["lib"], project=table)

    built = project.build()

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]


@pytest.mark.parametrize("resolver", ["pip", "uv"])
def test_a_lock_that_a_new_constraint_rules_out_is_out_of_date(index, project, resolver):
    for version in ("1.0", "2.0"):
        index.add("lib", version, requires=["base"])
        index.add("base", version)
    options = f'resolver = "{resolver}"'
    project.configure(options, dependencies=["lib"])
    project.build(target="lambda:lock")
    project.configure(options, dependencies=["lib"], project='[tool.uv]\nconstraint-dependencies = ["base<2"]\n')

    built = project.build()
    locked = project.build(target="lambda:lock")

    assert built.output == (
        "error: pylock.lambda.toml: out of date, because it pins base 2.0 and tool.uv.constraint-dependencies requires "
        "base<2; run 'hatch build -t lambda:lock' [lock-out-of-date]\n"
    )
    assert locked.output == "pylock.lambda.toml\n  python3.13 on x86_64, 2 packages\n  base: 2.0 -> 1.0\n"


def test_a_uv_setting_without_a_counterpart_in_pip_is_an_error(index, project):
    index.add("lib")
    settings = '[tool.uv]\nresolution = "lowest"\n[[tool.uv.index]]\nname = "corp"\nurl = "https://127.0.0.1:1/"\n'
    project.configure('resolver = "pip"', dependencies=["lib"], project=settings)

    built = project.build()

    assert built.output.splitlines() == [
        f'error: tool.uv.{problem}; set resolver = "uv", or remove the setting [unsupported-setting]'
        for problem in (
            "resolution: pip has no counterpart for 'lowest'",
            "index: pip can't prefer one index over another",
        )
    ]
    assert index.requests == []


def test_uv_settings_that_the_build_does_not_follow_are_reported_together(index, project, tmp_path):
    index.add("lib")
    make_local_project(tmp_path / "core", "core")
    settings = '[tool.uv]\nno-build = true\nno-binary-package = ["lib"]\n'
    source = '[tool.uv.sources]\ncore = { path = "../core" }\n'
    project.configure('resolver = "pip"', dependencies=["core", "lib"], project=settings + source)

    built = project.build()

    assert built.output.splitlines() == [
        (
            "error: tool.uv.no-build: can't be followed, because the build builds core from source; remove the "
            "setting, or require a release with a wheel [unsupported-setting]"
        ),
        (
            "error: tool.uv.no-binary-package: can't be followed, because the zip needs a wheel of lib; remove the "
            "setting [unsupported-setting]"
        ),
    ]


@pytest.mark.parametrize("resolver", ["pip", "uv"])
def test_the_default_index_of_uv_and_its_password_count(project, tmp_path, resolver):
    with IndexServer(tmp_path / "private", credentials=("user", "s3cret")) as private:
        private.add("lib")
        index = f'[[tool.uv.index]]\nname = "corp"\nurl = "{private.url}"\ndefault = true\n'
        project.configure(f'resolver = "{resolver}"', dependencies=["lib"], project=index)
        del project.environ["UV_DEFAULT_INDEX"]

        built = project.build(UV_INDEX_CORP_USERNAME="user", UV_INDEX_CORP_PASSWORD="s3cret")

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["lib 1.0"]
    assert "s3cret" not in built.output
    assert not [line for line in private.command_lines if "s3cret" in line]


SOURCE = """
[tool.uv]
override-dependencies = ["base<2"]
[tool.uv.sources]
lib = { index = "corp-index" }
[[tool.uv.index]]
name = "corp-index"
url = "URL"
explicit = true
"""


def test_uv_looks_up_a_name_on_the_index_that_is_its_source_only(index, project, tmp_path):
    for version in ("1.0", "2.0"):
        index.add("base", version)
    index.add("lib", "99.0")
    index.add("app", requires=["lib", "base>=2"])
    password = {"UV_INDEX_CORP_INDEX_USERNAME": "user", "UV_INDEX_CORP_INDEX_PASSWORD": "s3cret"}
    with IndexServer(tmp_path / "private", credentials=("user", "s3cret")) as private:
        private.add("lib")
        table = SOURCE.replace("URL", private.url)
        project.configure('resolver = "uv"', dependencies=["lib", "app"], project=table)

        built = project.build(**password)
        locked = project.build(target="lambda:lock", **password)
        again = project.build(HATCH_LAMBDA_OFFLINE="1")

    lock = (project.root / "pylock.lambda.toml").read_text()
    assert (built.code, locked.code, again.code) == (0, 0, 0), built.output + locked.output + again.output
    assert zips.distributions(built.archive) == ["app 1.0", "base 1.0", "lib 1.0"]
    assert f'name = "lib"\nversion = "1.0"\nindex = "{private.url}"\n' in lock
    assert "s3cret" not in f"{lock}{built.output}{locked.output}"


def test_the_index_of_a_local_dependency_has_its_own_password(index, project, tmp_path):
    index.add("lib", "99.0")
    password = {"UV_INDEX_CORP_INDEX_USERNAME": "user", "UV_INDEX_CORP_INDEX_PASSWORD": "s3cret"}
    with IndexServer(tmp_path / "private", credentials=("user", "s3cret")) as private:
        private.add("lib")
        tables = SOURCE.partition("\n[tool.uv.sources]")[2].replace("URL", private.url)
        make_local_project(tmp_path / "core", "core", requires=["lib"], tables=f"[tool.uv.sources]{tables}")
        source = '[tool.uv.sources]\ncore = { path = "../core" }\n'
        project.configure('resolver = "uv"', dependencies=["core"], project=source)

        built = project.build(**password)

    assert built.code == 0, built.output
    assert zips.distributions(built.archive) == ["core 1.0", "lib 1.0"]


def test_a_lock_from_another_index_than_the_source_is_out_of_date(index, project):
    index.add("lib")
    project.configure('resolver = "uv"', dependencies=["lib"])
    project.build(target="lambda:lock")
    project.configure('resolver = "uv"', dependencies=["lib"], project=SOURCE.replace("URL", "https://host/simple"))

    built = project.build()

    assert built.output == (
        "error: pylock.lambda.toml: out of date, because it doesn't have lib from the index 'corp-index'; "
        "run 'hatch build -t lambda:lock' [lock-out-of-date]\n"
    )


def test_an_index_that_no_table_defines_is_not_replaced_by_another(index, project):
    index.add("lib")
    project.configure('resolver = "uv"', dependencies=["lib"], project="[tool.uv.sources]\nlib = { index = 'corp' }\n")

    built = project.build()

    assert built.output == (
        f"error: tool.uv.sources.lib in {project.root / 'pyproject.toml'}: the index 'corp' isn't defined; add it to "
        "[[tool.uv.index]] with name = 'corp' and its url [dependency-source]\n"
    )
    assert index.requests == []


CONFLICTS = """
[project.optional-dependencies]
old = ["lib<2"]
new = ["lib>=2"]
[tool.uv]
conflicts = [[{ extra = "old" }, { extra = "new" }]]
"""


def test_zips_with_extras_that_exclude_each_other_are_resolved_separately(index, project):
    for version in ("1.0", "2.0"):
        index.add("lib", version)
    functions = "".join(f'functions.{name} = {{ features = ["{name}"] }}\n' for name in ("old", "new"))
    project.configure(functions, project=CONFLICTS)

    built = project.build()
    locked = project.build(target="lambda:lock")

    assert built.code == 0, built.output
    assert {path.name.split("-")[3]: zips.distributions(path) for path in built.archives} == {
        "old": ["lib 1.0"],
        "new": ["lib 2.0"],
    }
    assert locked.output == (
        "error: tool.hatch.build.targets.lambda.functions.old.features: extra 'new' and extra 'old' exclude each other "
        "in tool.uv.conflicts and can't be in one lock file; run 'uv lock' instead, or set lock in the table of one of "
        "the zips [conflict]\n"
    )


def test_a_zip_cannot_have_extras_that_exclude_each_other(project):
    project.configure('features = ["old", "new"]', project=CONFLICTS)

    built = project.build()

    assert built.output == (
        "error: tool.hatch.build.targets.lambda.features: extra 'new' and extra 'old' exclude each other in "
        "tool.uv.conflicts; remove one of them [conflict]\n"
    )
