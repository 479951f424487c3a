"""What modules refer to: imports at any depth, and names in strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.read import read_zip
from hatch_lambda.errors import WheelError
from hatch_lambda.resolve.cache import ResultCache
from hatch_lambda.wheels.references import module_references, references
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.make_wheel import make_wheel
from tests.support.samples import entry, verified

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_lambda.archive.plan import Entry


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import lib.tests.a", ["lib.tests.a"]),
        ("def f():\n    from lib.tests import a, b", ["lib.tests.a", "lib.tests.b"]),
        ("from . import (\n    tests,\n    other,\n)", ["lib.inner.tests"]),
        ("from ..tests.a import b", ["lib.tests.a.b"]),
        ("from .... import tests", ["tests"]),
        ("load('lib.tests.a')", ["lib.tests.a"]),
        ("load('.tests', __package__)", ["lib.inner.tests"]),
        ("load('tests')\nrun('lib.tests: no name')\n'''See tests.'''", []),
        ("import lib.testing, lib.a\nattest = contest = 1", []),
        ("lazy.attach_stub(__name__, __file__)", ["lib/inner/a.pyi"]),
        ("print 'python 2'\nfrom .tests import x", ["lib.inner.tests", ".tests"]),
    ],
)
def test_references_are_what_a_module_imports_or_names(source, expected):
    assert sorted(references("lib/inner/a.py", source.encode())) == sorted(expected)


def make(directory: Path, files: dict[str, str | bytes]) -> list[Entry]:
    """Return the entries of a wheel with these files."""
    return list(wheel_entries(verified(make_wheel(directory, "lib", files=files)), scripts_for=None))


def test_modules_of_wheels_and_of_the_project_are_read(tmp_path):
    files = {"lib/a.py": "import lib.tests", "lib/b.py": "", "lib-1.0.data/purelib/lib/c.py": "from . import tests"}
    entries = [
        *make(tmp_path, dict(files)),
        entry("shop/a.py", "import shop.tests"),
        entry("shop/a.txt", "import tests.a"),
    ]

    assert module_references(entries, ResultCache(tmp_path / "results")) == {
        "lib/a.py": {"lib.tests"},
        "lib/c.py": {"lib.tests"},
        "shop/a.py": {"shop.tests"},
    }


def test_a_path_of_two_owners_has_the_references_of_both(tmp_path):
    entries = [entry("lib/a.py", "import lib.tests"), entry("lib/a.py", "import lib.docs")]

    assert module_references(entries, ResultCache(tmp_path)) == {"lib/a.py": {"lib.tests", "lib.docs"}}


def test_a_wheel_is_read_once(tmp_path):
    (first, *_) = entries = make(tmp_path, {"lib/a.py": "import lib.tests"})
    results = ResultCache(tmp_path / "results")
    found = module_references(entries, results)

    first.content.wheel.unlink()  # type: ignore[union-attr]  # of a wheel

    assert module_references(entries, ResultCache(tmp_path / "results")) == found == {"lib/a.py": {"lib.tests"}}


def test_modules_of_an_existing_zip_are_read_each_time(tmp_path):
    path = make_wheel(tmp_path, "lib", files={"lib/a.py": "import lib.tests"})
    entries = read_zip(path).plan.entries

    assert module_references(entries, ResultCache(tmp_path / "results")) == {"lib/a.py": {"lib.tests"}}
    assert not (tmp_path / "results").exists()


def test_a_wheel_that_is_gone_during_the_build_is_an_error(tmp_path):
    (first, *_) = entries = make(tmp_path, {"lib/a.py": "import lib.tests"})
    path = first.content.wheel  # type: ignore[union-attr]  # of a wheel
    path.unlink()

    with pytest.raises(WheelError) as caught:
        module_references(entries, ResultCache(tmp_path / "results"))

    assert str(caught.value) == f"error: {path}: changed during the build; rebuild to download it again [bad-wheel]"
