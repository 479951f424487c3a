"""The builder through hatchling, as Hatch runs it."""

from __future__ import annotations

from tests.support import zips


def test_an_archive_holds_the_project_and_its_dependencies_at_its_root(index, project):
    index.add("lib", requires=["base"])
    index.add("base")
    project.configure('handler = "shop.api.handler"', dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert zips.names(built.archive) == [
        "base-1.0.dist-info/METADATA",
        "base-1.0.dist-info/RECORD",
        "base-1.0.dist-info/WHEEL",
        "base/__init__.py",
        "lib-1.0.dist-info/METADATA",
        "lib-1.0.dist-info/RECORD",
        "lib-1.0.dist-info/WHEEL",
        "lib/__init__.py",
        "shop-0.1.0.dist-info/METADATA",
        "shop-0.1.0.dist-info/RECORD",
        "shop-0.1.0.dist-info/lambda.json",
        "shop/__init__.py",
        "shop/api.py",
    ]
    assert built.archive.name == "shop-0.1.0-lambda-python3.13-x86_64.zip"
