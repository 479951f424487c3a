"""Zips with ``slim`` and ``aws-services``: what is in them, their RECORDs, and that other commands accept them."""

from __future__ import annotations

from hatch_lambda.cli import main
from tests.support import zips
from tests.support.make_elf import make_elf, with_sections

TAG = "cp313-cp313-manylinux_2_17_x86_64"
MODULE = "lib/_fast.cpython-313-x86_64-linux-gnu.so"
LIBRARY = make_elf(module="_fast")
WHOLE = with_sections(LIBRARY, [(".symtab", 0, bytes(range(256)) * 512)])
FILES = {
    "lib/__init__.py": "from lib.inner import needed\n",
    "lib/inner/__init__.py": "",
    "lib/inner/needed.py": "from lib.inner.tests import helper\n",
    "lib/inner/tests/helper.py": "",
    "lib/tests/test_a.py": "x" * 5000,
    "lib/py.typed": "",
    "lib/a.pyi": "",
    MODULE: WHOLE,
}
KEPT = [MODULE, "lib/__init__.py", "lib/inner/__init__.py", "lib/inner/needed.py", "lib/inner/tests/helper.py"]
SLIM = 'slim = ["tests", "type-stubs", "headers", "docs", "symbols"]'


def test_a_zip_and_a_layer_have_exact_records_of_what_slim_leaves(index, project, capsys):
    index.add("lib", tag=TAG, files=FILES)
    project.configure(f'{SLIM}\nhandler = "shop.api.handler"', dependencies=["lib"])

    first, again = project.build("-t", "lambda:function"), project.build("-t", "lambda:layer")

    assert "  slim: symbols 0.1 MiB, tests 4.9 KiB\n" in first.output
    layer, function = sorted(again.archives, key=lambda path: "layer" not in path.name)
    for archive, prefix in ((function, ""), (layer, "python/")):
        contents = zips.contents(archive)
        assert [f"{prefix}{path}" for path in sorted([*KEPT, "lib/py.typed"])] == sorted(
            path for path in contents if path.startswith(f"{prefix}lib/")
        )
        cut = contents[prefix + MODULE]
        assert cut[0x40:] == LIBRARY[0x40:]
        rows = {row[0]: row[2] for row in zips.record(archive, f"{prefix}lib-1.0.dist-info")}
        assert (rows[MODULE], "lib/a.pyi" in rows) == (str(len(LIBRARY)), False)
        assert main(["verify", str(archive)]) == 0
    assert capsys.readouterr().err == ""


def test_slim_zips_have_the_same_bytes_with_another_cache(index, project, tmp_path):
    index.add("lib", tag=TAG, files=FILES)
    project.configure(SLIM, dependencies=["lib"])

    found = {
        zips.sha256(project.build(HATCH_LAMBDA_CACHE_DIR=str(tmp_path / cache)).archive.read_bytes())
        for cache in ("one", "two")
    }

    assert len(found) == 1


def test_services_that_the_project_uses_must_be_listed(index, project):
    models = {f"botocore/data/{name}/2020-01-01/service-2.json.gz": "x" * 2000 for name in ("s3", "sqs", "sts")}
    index.add("botocore", files={"botocore/__init__.py": "", "botocore/data/endpoints.json": "{}", **models})
    project.configure('aws-services = ["s3"]', dependencies=["botocore"])
    right = project.build()
    project.write("shop/queue.py", "import boto3\nQUEUE = boto3.client('sqs')\n")

    wrong = project.build()

    assert [path.split("/")[2] for path in zips.files(right.archive) if "/data/" in path] == [
        "endpoints.json",
        "s3",
        "sts",
    ]
    assert "  slim: aws-services 2.0 KiB\n" in right.output
    assert (wrong.code, wrong.output) == (
        1,
        (
            'error: shop/queue.py:2: client("sqs") fails, because aws-services excludes the data of the service; set '
            'aws-services = ["s3", "sqs"] [missing-service]\n'
        ),
    )
