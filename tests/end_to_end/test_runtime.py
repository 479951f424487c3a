"""The zip under Lambda's own runtime interface client."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ProjectDirectory
from tests.support import zips
from tests.support.runtime_client import add_runtime_client, invoke

EXAMPLE = Path(__file__).parents[2] / "example_project"
RUNTIME = "python" + ".".join(map(str, sys.version_info[:2]))
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


@pytest.fixture
def example(tmp_path: Path, environ: dict[str, str]) -> ProjectDirectory:
    """A copy of the example project, built with wheels from the index that this machine uses."""
    real = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    real |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("dist", "__pycache__"))
    return ProjectDirectory(tmp_path / "example", real)


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="archives are for Linux")


def test_a_handler_boots_out_of_a_read_only_directory_and_answers_an_event(index, project):
    add_runtime_client(index)
    index.add("greeting", files={"greeting.py": "def greet(name):\n    return f'hello {name}'\n"})
    project.configure('handler = "shop.api.handler"', dependencies=["greeting"])
    project.write(
        "shop/api.py", "import greeting\n\n\ndef handler(event, context):\n    return greeting.greet(event)\n"
    )
    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)

    invoked = invoke(built.archive, "world", project.environ)

    assert (invoked.code, invoked.answers) == (0, ["hello world"])


def test_a_handler_that_lambda_cannot_import_is_reported_at_build_time_too(index, project):
    add_runtime_client(index)
    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)
    project.configure('handler = "shop.nowhere.handler"')

    invoked = invoke(built.archive, None, project.environ, "--handler=shop.nowhere.handler")
    refused = project.build()

    (error,) = invoked.answers
    assert (invoked.code, error["errorType"]) == (1, "Runtime.ImportModuleError")
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
def test_a_handler_that_lambda_cannot_call_is_reported_at_build_time_too(index, project, text, kind):
    add_runtime_client(index)
    project.write("shop/api.py", text)
    built = project.build(HATCH_LAMBDA_RUNTIME=RUNTIME)
    project.configure('handler = "shop.api.handler"')

    invoked = invoke(built.archive, None, project.environ, "--handler=shop.api.handler")
    refused = project.build()

    assert [error["errorType"] for error in invoked.answers] == [kind]
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


def test_functions_boot_with_their_layers_where_lambda_has_them(index, project):
    add_runtime_client(index)
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
        function: _places(built.archives, function, layers, project.environ)
        for function, layers in {"api": ["base", "own"], "worker": ["base"], "elsewhere": ["base"]}.items()
    }

    assert found == {
        "api": {
            "shop": "/opt/python",
            "lib_of_shop": "/opt/python",
            "web_of_shop": "/opt/python",
            "queue_of_shop": "/var/task",
        },
        "worker": {
            "shop": "/var/task",
            "lib_of_shop": "/opt/python",
            "web_of_shop": "/var/task",
            "queue_of_shop": None,
        },
        "elsewhere": {"shop": "/var/task", "lib_of_shop": "/opt/python", "web_of_shop": None, "queue_of_shop": None},
    }


def _places(
    archives: tuple[Path, ...], function: str, layers: list[str], environ: dict[str, str]
) -> dict[str, str | None]:
    """Boot a function with its layers, and return from which directory it imports each module of the project."""

    def archive(stem: str) -> Path:
        suffix = f"-{stem}-{RUNTIME}-{ARCHITECTURES[platform.machine()]}.zip"
        return next(path for path in archives if path.name.endswith(suffix))

    modules = ["shop", "lib_of_shop", "web_of_shop", "queue_of_shop"]
    zips_of_layers = [archive(f"lambda_layer-{layer}") for layer in layers]
    (response,) = invoke(archive(f"lambda-{function}"), modules, environ, layers=zips_of_layers).answers
    return {name: origin and str(Path(origin).parent.parent) for name, origin in response.items()}


@pytest.mark.network
def test_the_example_answers_with_compiled_dependencies(example):
    architecture = ARCHITECTURES[platform.machine()]
    built = example.build(HATCH_LAMBDA_RUNTIME=RUNTIME, HATCH_LAMBDA_ARCHITECTURE=architecture)

    event = {"body": '{"item": "tea", "price": "2.50", "quantity": 3}'}
    (answer,) = invoke(built.archive, event, example.environ).answers

    assert answer["body"] == '{"item":"tea","total":"7.50"}'


@pytest.mark.network
@pytest.mark.parametrize(("architecture", "machine"), [("arm64", 183), ("x86_64", 62)])
def test_the_example_contains_code_for_its_architecture_only(example, architecture, machine):

    built = example.build(HATCH_LAMBDA_ARCHITECTURE=architecture)

    with zipfile.ZipFile(built.archive) as archive:
        headers = [archive.read(name)[:20] for name in archive.namelist()]
    machines = {int.from_bytes(header[18:20], "little") for header in headers if header.startswith(b"\x7fELF")}
    assert machines == {machine}  # e_machine of the ELF header: EM_AARCH64 is 183, EM_X86_64 is 62
    assert zips.lambda_json(built.archive)["architecture"] == architecture
