"""Who requires a package of a zip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.read import read_zip
from hatch_lambda.errors import ZipError
from hatch_lambda.inspect.inspection import inspect
from hatch_lambda.inspect.why import why_lines
from tests.support.existing_zips import zip_of

if TYPE_CHECKING:
    from pathlib import Path


def why(directory: Path, name: str, packages: dict[str, list[str]], *, extras: str = "") -> list[str]:
    """Return why a package is in a zip with these packages and their requirements; ``shop`` is the project."""
    files = {"shop-1.0.dist-info/lambda.json": "{}"}
    for package, requirements in packages.items():
        lines = "".join(f"Requires-Dist: {requirement}\n" for requirement in requirements)
        own = "".join(f"Provides-Extra: {extra}\n" for extra in extras.split()) if package == "shop" else ""
        files[f"{package}-1.0.dist-info/METADATA"] = (
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n{own}{lines}"
        )
    inspection = inspect(read_zip(zip_of(directory, files)), runtime="python3.13", architecture="arm64")
    return list(why_lines(inspection, name))


def test_all_requirers_up_to_the_project_are_printed(tmp_path):
    packages = {
        "shop": ["pandas>=2", "numpy; extra == 'fast'", "scipy; extra == 'other' and python_version < '3'"],
        "pandas": ["NumPy>=1.26; python_version >= '3.12'", "six; extra == 'old'"],
        "numpy": [],
        "scipy": ["numpy<3"],
    }

    assert why(tmp_path, "Numpy", packages, extras="fast other") == [
        "numpy 1.0",
        "  required by shop 1.0, as numpy",
        '  required by pandas 1.0, as NumPy>=1.26; python_version >= "3.12"',
        "    required by shop 1.0, as pandas>=2",
        "  required by scipy 1.0, as numpy<3",
    ]


def test_packages_that_require_each_other_are_printed_once(tmp_path):
    packages = {"shop": ["a"], "a": ["b"], "b": ["a"]}

    assert why(tmp_path, "a", packages) == [
        "a 1.0",
        "  required by shop 1.0, as a",
        "  required by b 1.0, as a",
        "    required by a 1.0, as b",
    ]


def test_requirements_that_cannot_be_evaluated_require_nothing(tmp_path):
    packages = {"shop": ["=3"], "a": ["shop; x == 'y'", "b ; python_version ~= 'x'"], "b": []}

    assert why(tmp_path, "b", packages) == [
        "b 1.0",
        "  required by nothing in the zip; perhaps by a dependency group of the project, or by a layer",
    ]


def test_the_project_is_the_root(tmp_path):
    assert why(tmp_path, "shop", {"shop": []}) == ["shop 1.0", "  the project itself"]


@pytest.mark.parametrize(
    ("name", "fix"), [("panda", "did you mean 'pandas'?"), ("x", "choose from numpy, pandas, shop")]
)
def test_an_unknown_package_is_an_error(tmp_path, name, fix):
    with pytest.raises(ZipError) as caught:
        why(tmp_path, name, {"shop": [], "pandas": [], "numpy": []})

    assert str(caught.value) == f"error: --why: no package {name!r} in the zip; {fix} [command-line]"


def test_a_zip_without_packages_has_none_to_choose(tmp_path):
    inspection = inspect(read_zip(zip_of(tmp_path, {"app.py": ""})))

    with pytest.raises(ZipError) as caught:
        list(why_lines(inspection, "pandas"))

    assert str(caught.value) == "error: --why: no package 'pandas' in the zip; pass another zip [command-line]"
