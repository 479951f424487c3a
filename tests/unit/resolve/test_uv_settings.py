"""Which of uv's settings apply."""

from __future__ import annotations

import os

import pytest
from packaging.utils import canonicalize_name

from hatch_lambda.errors import ConfigError
from hatch_lambda.resolve.overrides import RequirementChange
from hatch_lambda.resolve.uv_settings import UvIndex, UvSettings, read_indexes, read_uv_settings
from tests.support.samples import target


@pytest.fixture
def read(tmp_path):
    """Return the settings in lines of ``[tool.uv]``."""

    def settings(text: str, uv_toml: str = "") -> UvSettings:
        (tmp_path / "pyproject.toml").write_text(f"[tool.uv]\n{text}")
        (tmp_path / "uv.toml").write_text(uv_toml)
        return read_uv_settings(tmp_path, tmp_path)

    return settings


def refused(read, *texts: str) -> list[str]:
    """Return the lines on settings that can't be used."""
    with pytest.raises(ConfigError) as caught:
        read(*texts)
    return str(caught.value).splitlines()


def test_without_a_table_nothing_is_set(tmp_path):
    assert read_uv_settings(tmp_path, tmp_path).others == {}
    assert read_uv_settings(tmp_path, tmp_path).changes([], target()) == []


def test_requirements_that_change_are_those_of_all_and_of_one_package(read):
    settings = read(
        'override-dependencies = ["Lib==2", { package = { name = "App", version = "1.0" }, dependencies = ["new"] }]\n'
        'exclude-dependencies = ["Bad_One", { package = { name = "app" }, dependencies = ["Odd.One"] }]\n'
        'constraint-dependencies = ["base<3"]\nbuild-constraint-dependencies = ["setuptools<81"]\n'
        '[[tool.uv.dependency-metadata]]\nname = "old"\nrequires-dist = ["base"]\n'
        '[[tool.uv.dependency-metadata]]\nname = "none"\nversion = "2"\n'
    )

    assert settings.overrides.changes == (
        RequirementChange(package="app", version="1.0", overrides=("new",)),
        RequirementChange(overrides=("Lib==2",)),
        RequirementChange(package="app", excluded=("odd-one",)),
        RequirementChange(excluded=("bad-one",)),
        RequirementChange(package="old", metadata=("base",)),
        RequirementChange(package="none", version="2", metadata=()),
    )
    assert (settings.constraints, settings.build_constraints) == (("base<3",), ("setuptools<81",))
    names = [canonicalize_name(name) for name in ("lib", "old")]
    assert settings.changes(names, target()) == [
        "override Lib==2",
        "exclude odd-one",
        "exclude bad-one",
        "metadata of old",
    ]


def test_a_setting_with_its_default_is_not_one(read):
    settings = read(
        'resolution = "highest"\nprerelease = "if-necessary"\nno-build = false\npip = {}\nexclude-newer = false\n'
    )

    assert settings.others == {}


def test_the_table_pip_and_the_file_of_uv_override_the_table(read, tmp_path):
    settings = read(
        'resolution = "lowest"\nprerelease = "allow"\nfind-links = ["wheels"]\n'
        '[tool.uv.pip]\nresolution = "lowest-direct"\nno-deps = true\n',
        'prerelease = "disallow"\n',
    )

    assert settings.others == {
        "resolution": "lowest-direct",
        "prerelease": "disallow",
        "find-links": ((tmp_path / "wheels").as_uri(),),
    }
    assert settings.where("resolution") == "tool.uv.pip.resolution"
    assert settings.where("prerelease") == "tool.uv.prerelease"


def test_indexes_have_absolute_urls(read, tmp_path):
    text = '[[tool.uv.index]]\nurl = "simple"\ndefault = true\n[[tool.uv.index]]\nname = "corp"\nurl = "https://corp"\n'

    settings = read(text + 'explicit = true\nformat = "flat"\n')

    assert settings.indexes == (
        UvIndex("", (tmp_path / "simple").as_uri(), default=True),
        UvIndex("corp", "https://corp", explicit=True, more={"format": "flat"}),
    )
    assert read_indexes(tmp_path)["corp"] == settings.indexes[1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("override-dependencies = 3", "override-dependencies: expected an array, found 3; write it in brackets"),
        (
            "override-dependencies = [3]",
            "override-dependencies #1: expected a string or a table, found 3; write a name in quotes, or a table",
        ),
        (
            'override-dependencies = ["lib=2"]',
            "override-dependencies #1: 'lib=2' isn't a requirement; write it as NAME>=VERSION or NAME @ URL",
        ),
        (
            'exclude-dependencies = ["lib>2"]',
            "exclude-dependencies #1: 'lib>2' isn't the name of a package; write a name only",
        ),
        (
            'override-dependencies = [{ package = { name = "app", version = "x" }, dependencies = [] }]',
            "override-dependencies #1.package.version: 'x' isn't a version; write it like \"1.2.3\"",
        ),
        (
            'exclude-dependencies = [{ package = { version = "1" }, dependencies = [] }]',
            "exclude-dependencies #1.package.name: not set; name the package",
        ),
        (
            "exclude-dependencies = [{ package = 3, dependencies = [] }]",
            "exclude-dependencies #1.package: expected a table, found 3; write package = { … }",
        ),
        (
            "constraint-dependencies = 'lib<2'",
            "constraint-dependencies: expected an array of strings, found 'lib<2'; write [\"lib<2\"]",
        ),
        (
            "dependency-metadata = [3]",
            "dependency-metadata #1: expected a table, found 3; write each as [[tool.uv.dependency-metadata]]",
        ),
        (
            "conflicts = [3]",
            'conflicts #1: expected an array of tables, found 3; write [{ extra = "a" }, …]',
        ),
        ("index = [3]", "index #1: expected a table, found 3; write each as [[tool.uv.index]]"),
        ("[[tool.uv.index]]\nname = 'corp'", "index #1.url: not set; set it to the URL of the index"),
        ("pip = 3", "pip: expected a table, found 3; write pip = { … }"),
        (
            "resolution = 'newest'",
            "resolution: unknown value 'newest'; did you mean 'lowest'? choose highest, lowest, or lowest-direct",
        ),
        (
            "exclude-newer-package = 3",
            "exclude-newer-package: expected a table, found 3; write exclude-newer-package = { … }",
        ),
        ("exclude-newer = 3", 'exclude-newer: expected a string, found 3; write "3"'),
        ("no-build = 'yes'", "no-build: expected true or false, found 'yes'; write no-build = true"),
        (
            "overide-dependencies = ['lib']",
            "overide-dependencies: unknown setting of uv; did you mean 'override-dependencies'?",
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_one_line(read, text, line):
    found = refused(read, text)

    assert [one.rpartition(" [")[0] for one in found] == [f"error: tool.uv.{line}"]


@pytest.mark.parametrize(
    ("extras", "groups", "both"),
    [
        (["a", "B"], [], ["extra 'a'", "extra 'b'"]),
        (["a"], ["b"], []),
        (["a"], ["dev"], ["extra 'a'", "group 'dev'"]),
        (["x", "y"], [], []),
    ],
)
def test_extras_and_groups_can_exclude_each_other(read, extras, groups, both):
    settings = read(
        "conflicts = [[{ extra = 'a' }, { extra = 'b' }], [{ extra = 'a', package = 'Shop' }, { group = 'dev' }],"
        "[{ extra = 'x', package = 'other' }, { extra = 'y', package = 'other' }, { package = 'shop' }]]"
    )

    assert settings.conflict("shop", extras, groups) == both


def test_an_override_that_excludes_a_package_on_the_target_is_shown(read):
    settings = read("override-dependencies = [\"lib; sys_platform == 'win32'\", \"base; sys_platform == 'linux'\"]\n")

    assert settings.changes([], target()) == ["override lib; sys_platform == 'win32'"]


def test_an_override_with_a_password_is_shown_without(read):
    settings = read('override-dependencies = ["lib @ https://user:s3cret@host/lib-1-py3-none-any.whl"]\n')

    assert settings.changes([canonicalize_name("lib")], target()) == [
        "override lib @ https://****@host/lib-1-py3-none-any.whl"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("no-build = true", "no-build: can't be followed, because the build builds core, old from source"),
        (
            "no-build-package = ['Old', 'x']",
            "no-build-package: can't be followed, because the build builds old from source",
        ),
        (
            "extra-build-dependencies = { core = ['x'] }",
            "extra-build-dependencies: can't be followed, because the build builds core from source",
        ),
        ("no-binary-package = ['lib']", "no-binary-package: can't be followed, because the zip needs a wheel of lib"),
        (
            "no-sources = true",
            "no-sources: can't be followed, because a name with a source is never looked up on an index (core)",
        ),
        ("no-sources-package = ['lib']", None),
        ("no-build-package = ['lib']", None),
        ("no-binary-package = ['old']", None),
    ],
)
def test_what_was_resolved_against_a_setting_is_an_error(read, text, problem):
    built, wheels, sources = (
        [canonicalize_name(name) for name in names] for names in (["old", "core"], ["lib"], ["core"])
    )

    found = read(text).problems(built=built, wheels=wheels, sources=sources)

    assert [str(one).partition("; ")[0] for one in found] == ([f"tool.uv.{problem}"] if problem else [])


def test_a_key_of_a_later_uv_is_left_to_uv(read):
    assert read("something-else = 3").others == {}


def test_what_uv_lock_would_not_read_is_misplaced(read):
    (line,) = refused(read, "", 'override-dependencies = ["lib==2"]')

    assert line == (
        "error: uv.toml: override-dependencies: 'uv lock' doesn't read it there; move it to [tool.uv] in "
        "pyproject.toml [misplaced-option]"
    )


def test_a_member_of_a_workspace_has_the_settings_of_the_root(tmp_path):
    member = tmp_path / "packages/app"
    member.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\nconstraint-dependencies = ["lib<2"]\nresolution = "lowest"\n')
    (member / "pyproject.toml").write_text("[tool.uv]\npackage = true\n[tool.uv.sources]\nlib = { index = 'corp' }\n")

    settings = read_uv_settings(member, tmp_path)

    assert settings.constraints == ("lib<2",)
    assert settings.where("resolution") == "../../pyproject.toml: tool.uv.resolution"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege")
def test_a_project_at_a_symbolic_link_is_not_a_member_of_itself(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text('[tool.uv]\nresolution = "lowest"\n')
    (tmp_path / "link").symlink_to(project)

    assert read_uv_settings(tmp_path / "link", project).where("resolution") == "tool.uv.resolution"


def test_a_setting_that_uv_ignores_in_a_member_is_misplaced(tmp_path):
    member = tmp_path / "app"
    member.mkdir()
    (member / "pyproject.toml").write_text('[tool.uv]\noverride-dependencies = ["lib<2"]\n')

    with pytest.raises(ConfigError) as caught:
        read_uv_settings(member, tmp_path)

    assert str(caught.value) == (
        "error: tool.uv.override-dependencies: uv reads it only from the root of the workspace; move it to [tool.uv] "
        "in ../pyproject.toml [misplaced-option]"
    )


def test_an_invalid_table_is_one_line(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool]\nuv = 3\n")

    with pytest.raises(ConfigError) as caught:
        read_uv_settings(tmp_path, tmp_path)

    assert str(caught.value) == "error: tool.uv: expected a table, found 3; write it as [tool.uv] [option-type]"
