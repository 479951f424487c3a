"""The finished archive under Lambda's own runtime interface client."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder
from tests.support import zips
from tests.support.runtime_api import invoke

EXAMPLE = Path(__file__).parents[2] / "example_project"
RUNTIME = "python" + ".".join(map(str, sys.version_info[:2]))
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


@pytest.fixture
def example(tmp_path: Path, environ: dict[str, str]) -> ProjectFolder:
    """A copy of the example project, built with wheels from the index that this machine uses."""
    real = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    real |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("dist", "__pycache__"))
    return ProjectFolder(tmp_path / "example", real)


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="archives are for Linux")


def test_a_handler_boots_out_of_a_read_only_folder_and_answers_an_event(index, project, tmp_path):
    index.add("greeting", files={"greeting.py": "def greet(name):\n    return f'hello {name}'\n"})
    project.configure('handler = "shop.api.handler"', dependencies=["greeting"])
    project.write(
        "shop/api.py", "import greeting\n\n\ndef handler(event, context):\n    return greeting.greet(event)\n"
    )
    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)
    task_root = _unpack(built.archive, tmp_path / "task")
    before = sorted(task_root.rglob("*"))

    answer = invoke(task_root, "shop.api.handler", "world", project.environ)

    assert answer == {"invocation/request-1/response": "hello world"}
    assert sorted(task_root.rglob("*")) == before


def test_a_handler_that_lambda_cannot_import_is_told_at_build_time_too(project, tmp_path):
    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)
    task_root = _unpack(built.archive, tmp_path / "task")
    project.configure('handler = "shop.nowhere.handler"')

    answer = invoke(task_root, "shop.nowhere.handler", None, project.environ)
    refused = project.build()

    (error,) = answer.values()
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert refused.code == 1
    assert refused.output == (
        "error: handler 'shop.nowhere.handler': no module 'shop.nowhere' in the zip, whose top level has 'shop'; "
        "correct the name, or include the module's file [handler-not-found]\n"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("async def handler(event, context): ...\n", "Runtime.MarshalError"),
        ("def handler(event, context):\n    yield 1\n", "Runtime.MarshalError"),
        ("def handler(event): ...\n", "TypeError"),
        ("def handler(event, *, context): ...\n", "TypeError"),
    ],
)
def test_a_handler_that_lambda_cannot_call_is_told_at_build_time_too(project, tmp_path, text, kind):
    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)
    task_root = _unpack(built.archive, tmp_path / "task")
    (task_root / "shop/api.py").write_text(text)
    project.write("shop/api.py", text)
    project.configure('handler = "shop.api.handler"')

    answer = invoke(task_root, "shop.api.handler", None, project.environ)
    refused = project.build()

    assert [error["errorType"] for error in answer.values()] == [kind]
    assert refused.code == 1
    assert refused.output.startswith("error: shop/api.py:1: handler 'shop.api.handler' ")


SHOP = """\
architecture = "{architecture}"

[tool.hatch.build.targets.lambda.layers.base]
architecture = ["x86_64", "arm64"]

[tool.hatch.build.targets.lambda.layers.own]
project = true
features = ["web"]
layers = ["base"]

[tool.hatch.build.targets.lambda.functions.api]
handler = "shop.api.handler"
features = ["web", "queue"]
layers = ["own"]

[tool.hatch.build.targets.lambda.functions.worker]
handler = "shop.api.handler"
features = ["web"]
layers = ["base"]

[tool.hatch.build.targets.lambda.functions.elsewhere]
architecture = ["x86_64", "arm64"]
handler = "shop.api.handler"
layers = ["base"]
"""
FEATURES = """\
[project.optional-dependencies]
queue = ["queue"]
web = ["web"]
"""
PLACES = """\
import importlib.util


def handler(event, context):
    found = {name: importlib.util.find_spec(name) for name in event}
    return {name: spec and spec.origin for name, spec in found.items()}
"""


def test_functions_boot_with_their_layers_where_lambda_has_them(index, project, tmp_path):
    for name in ("lib", "queue", "web"):
        index.add(f"{name}-of-shop")
    features = FEATURES.replace('["queue"]', '["queue-of-shop"]').replace('["web"]', '["web-of-shop"]')
    project.configure(
        SHOP.format(architecture=ARCHITECTURES[platform.machine()]), dependencies=["lib-of-shop"], project=features
    )
    project.write("shop/api.py", PLACES)
    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)
    assert built.code == 0, built.output

    found = {
        function: _places(built.archives, function, layers, tmp_path / function, project.environ)
        for function, layers in {"api": ["base", "own"], "worker": ["base"], "elsewhere": ["base"]}.items()
    }

    assert found == {
        "api": {
            "shop": "opt/python",
            "lib_of_shop": "opt/python",
            "web_of_shop": "opt/python",
            "queue_of_shop": "task",
        },
        "worker": {"shop": "task", "lib_of_shop": "opt/python", "web_of_shop": "task", "queue_of_shop": None},
        "elsewhere": {"shop": "task", "lib_of_shop": "opt/python", "web_of_shop": None, "queue_of_shop": None},
    }


def _places(
    archives: tuple[Path, ...], function: str, layers: list[str], directory: Path, environ: dict[str, str]
) -> dict[str, str | None]:
    """Boot a function with its layers, and return from which folder it imports each module of the project."""

    def archive(stem: str) -> Path:
        suffix = f"-{stem}-{RUNTIME}-{ARCHITECTURES[platform.machine()]}.zip"
        return next(path for path in archives if path.name.endswith(suffix))

    for layer in layers:
        _unpack(archive(f"lambda_layer-{layer}"), directory / "opt")
    task_root = _unpack(archive(f"lambda-{function}"), directory / "task")
    modules = ["shop", "lib_of_shop", "web_of_shop", "queue_of_shop"]
    answer = invoke(task_root, "shop.api.handler", modules, environ, layers=directory / "opt")
    response = answer["invocation/request-1/response"]
    return {
        name: origin and Path(origin).relative_to(directory).parent.parent.as_posix()
        for name, origin in response.items()
    }


@pytest.mark.network
def test_the_example_answers_with_compiled_dependencies(example, tmp_path):
    architecture = ARCHITECTURES[platform.machine()]
    built = example.build(HATCH_LAMBDA_RUNTIME=RUNTIME, HATCH_LAMBDA_ARCHITECTURE=architecture)
    task_root = _unpack(built.archive, tmp_path / "task")

    event = {"body": '{"item": "tea", "price": "2.50", "quantity": 3}'}
    answer = invoke(task_root, "orders.api.handler", event, example.environ)

    assert answer["invocation/request-1/response"]["body"] == '{"item":"tea","total":"7.50"}'


@pytest.mark.network
@pytest.mark.parametrize(("architecture", "machine"), [("arm64", 183), ("x86_64", 62)])
def test_the_example_holds_code_for_its_architecture_only(example, architecture, machine):

    built = example.build(HATCH_LAMBDA_ARCHITECTURE=architecture)

    with zipfile.ZipFile(built.archive) as archive:
        headers = [archive.read(name)[:20] for name in archive.namelist()]
    machines = {int.from_bytes(header[18:20], "little") for header in headers if header.startswith(b"\x7fELF")}
    assert machines == {machine}  # e_machine of the ELF header: EM_AARCH64 is 183, EM_X86_64 is 62
    assert zips.lambda_json(built.archive)["architecture"] == architecture


def _unpack(archive: Path, directory: Path) -> Path:
    for path in directory.rglob("*") if directory.exists() else ():
        path.chmod(0o755)  # another layer goes over it
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(directory)
    for path in [*directory.rglob("*"), directory]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return directory
