"""The SBOM in a zip and next to it: what it lists, and that it is valid and reproducible."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from hatch_lambda.cli import main
from tests.support.git import commit_all
from tests.support.make_local_project import make_local_project
from tests.support.zips import contents, read

SBOM = "shop-0.1.0.dist-info/sboms/hatch-lambda.cdx.json"


def valid(text: str) -> dict[str, Any]:
    """Return the document after it was checked against the schema of CycloneDX 1.6."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document: dict[str, Any] = json.loads(text)
    return document


def graph(document: dict[str, Any]) -> dict[str, list[str]]:
    """Return what each component depends on."""
    return {row["ref"]: row.get("dependsOn", []) for row in document["dependencies"]}


@pytest.mark.api("cyclonedx-python-lib")
def test_the_sbom_in_the_zip_lists_each_package_with_hash_and_dependencies(index, project, tmp_path):
    index.add("base", "1.1")
    index.add("fast", "2.0")
    wheel = index.add(
        "lib",
        "1.0",
        requires=["base", 'fast; extra == "speed"', 'winlib; sys_platform == "win32"', "excluded"],
        extras=["speed"],
    )
    index.add("excluded")
    project.configure('sbom = true\nexclude-packages = ["excluded"]', dependencies=["lib[speed]"])

    built = project.build()
    document = valid(read(built.archive, SBOM))

    assert built.code == 0, built.output
    sha256 = json.loads(read(built.archive, "shop-0.1.0.dist-info/lambda.json"))["distributions"][2]["sha256"]
    assert document["components"][2] == {
        "bom-ref": "lib==1.0",
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        "name": "lib",
        "purl": "pkg:pypi/lib@1.0",
        "type": "library",
        "version": "1.0",
    }
    assert document["metadata"] == {
        "component": {
            "bom-ref": "shop==0.1.0",
            "name": "shop",
            "properties": [
                {"name": "hatch-lambda:architecture", "value": "x86_64"},
                {"name": "hatch-lambda:kind", "value": "function"},
                {"name": "hatch-lambda:runtime", "value": "python3.13"},
            ],
            "purl": "pkg:pypi/shop@0.1.0",
            "type": "application",
            "version": "0.1.0",
        }
    }
    assert graph(document) == {
        "base==1.1": [],
        "fast==2.0": [],
        "lib==1.0": ["base==1.1", "fast==2.0"],
        "shop==0.1.0": ["lib==1.0"],
    }
    assert f"{SBOM},sha256=" in read(built.archive, "shop-0.1.0.dist-info/RECORD")
    assert wheel.name == "lib-1.0-py3-none-any.whl"


def test_the_sbom_is_the_same_in_each_build_and_in_info(index, project, tmp_path, capsys):
    index.add("lib", "1.0")
    project.configure("sbom = true", dependencies=["lib"])
    built = project.build()
    first = built.archive.read_bytes()

    again = project.build(HATCH_LAMBDA_CACHE_DIR=str(tmp_path / "other cache"))
    code = main(["info", str(built.archive), "--sbom", str(tmp_path / "shop.cdx.json")])

    assert (again.archive.read_bytes(), code) == (first, 0)
    assert (tmp_path / "shop.cdx.json").read_text("utf-8") == read(built.archive, SBOM)
    assert capsys.readouterr().out == f"{tmp_path}/shop.cdx.json\n"


def test_a_requirement_of_a_dependency_group_and_a_git_dependency_are_listed(index, project, tmp_path):
    index.add("jobs", "1.0")
    commit = commit_all(make_local_project(tmp_path / "tools", "tools"))
    url = f"git+file://{tmp_path}/tools"
    project.configure(
        'sbom = true\ndependency-groups = ["worker"]',
        dependencies=[f"tools @ {url}"],
        project='[tool.hatch.metadata]\nallow-direct-references = true\n[dependency-groups]\nworker = ["jobs"]',
    )

    built = project.build()

    assert built.code == 0, built.output
    document = valid(read(built.archive, SBOM))
    assert graph(document)["shop==0.1.0"] == ["jobs==1.0", "tools==1.0"]
    (tools,) = [one for one in document["components"] if one["name"] == "tools"]
    assert tools["properties"] == [{"name": "hatch-lambda:built-from", "value": f"{url}@{commit}"}]
    assert tools["purl"].startswith("pkg:pypi/tools@1.0?vcs_url=git%2B")
    assert "hashes" not in tools


def test_a_zip_without_the_project_has_its_sbom_next_to_its_description(index, project):
    index.add("lib", "1.0")
    project.configure("[tool.hatch.build.targets.lambda.layers.base]\nsbom = true", dependencies=["lib"])

    built = project.build(target="lambda:base")

    assert built.code == 0, built.output
    document = valid(read(built.archive, "hatch-lambda/sboms/shop-base.cdx.json"))
    assert graph(document) == {"lib==1.0": [], "shop==0.1.0": ["lib==1.0"]}


def test_the_sbom_of_a_wheel_stays(index, project):
    index.add("lib", "1.0", files={"lib.py": "", "lib-1.0.dist-info/sboms/lib.cdx.json": "{}"})
    project.configure("sbom = true", dependencies=["lib"])

    built = project.build()

    assert read(built.archive, "lib-1.0.dist-info/sboms/lib.cdx.json") == "{}"


@pytest.mark.parametrize(
    ("fields", "licenses"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: other\n", [{"expression": "MIT OR Apache-2.0"}]),
        ("License: mit\n", [{"license": {"id": "MIT"}}]),
        ("License: Our own\n", [{"license": {"name": "Our own"}}]),
        (
            f"License: {'text ' * 30}\nClassifier: License :: OSI Approved :: BSD License\nClassifier: Topic :: A\n",
            [{"license": {"name": "BSD License"}}],
        ),
        ("Requires-Dist: lib ! 1\nRequires-Dist: lib; python_version ~= 'x'\n", None),
    ],
)
def test_licenses_of_a_zip_from_another_tool_come_from_its_metadata(tmp_path, fields, licenses):
    path = tmp_path / "function.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", "")
        archive.writestr("lib-1.0.dist-info/METADATA", f"Metadata-Version: 2.4\nName: lib\nVersion: 1.0\n{fields}\n")

    assert main(["info", str(path), "--sbom", str(tmp_path / "out")]) == 0

    document = valid((tmp_path / "out").read_text("utf-8"))
    assert document["components"][0].get("licenses") == licenses
    assert document["metadata"]["component"] == {
        "bom-ref": "function",
        "name": "function",
        "purl": "pkg:pypi/function",
        "type": "application",
    }
    assert graph(document) == {"function": ["lib==1.0"], "lib==1.0": []}


def test_without_the_library_one_line_names_the_extra_before_anything_is_resolved(project, tmp_path):
    (tmp_path / "without" / "cyclonedx").mkdir(parents=True)
    (tmp_path / "without" / "cyclonedx" / "__init__.py").write_text("raise ImportError\n")
    project.configure("sbom = true", dependencies=["nowhere"])

    built = project.build(PYTHONPATH=str(tmp_path / "without"))

    assert (built.code, built.archives) == (1, ())
    assert built.output.splitlines()[-1] == (
        "error: cyclonedx-python-lib: not installed, but an SBOM needs it; require hatch-lambda[sbom] where "
        "hatch-lambda is required [sbom-extra-missing]"
    )


def test_a_zip_is_not_overwritten_by_its_sbom(project, capsys):
    archive = project.build().archive
    before = contents(archive)

    code = main(["info", str(archive), "--sbom", str(archive)])

    assert (code, contents(archive)) == (2, before)
    assert capsys.readouterr().err == (
        f"error: --sbom: {str(archive)!r} is a zip, which isn't overwritten; pass --sbom {archive.stem}.cdx.json "
        "[command-line]\n"
    )
