"""Which tool resolves, and why."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from hatch_lambda.errors import ConfigError
from hatch_lambda.resolve.base import Host
from hatch_lambda.resolve.strategy import choose_resolver
from hatch_lambda.resolve.uv_settings import UvIndex, UvSettings
from tests.support.samples import config

ENVIRON = {"HATCH_UV": "/hatch/uv", "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}


@pytest.mark.parametrize("resolver", ["auto", "uv"])
def test_uv_gets_the_indexes_of_pip_in_variables(tmp_path, resolver):
    host = Host({**ENVIRON, "PIP_INDEX_URL": "https://u:p@a/"}, tmp_path)

    choice = choose_resolver(config(resolver=resolver), host, UvSettings())

    assert str(choice) == "uv, with pip's index settings"
    assert choice.host.environ["UV_DEFAULT_INDEX"] == "https://u:p@a/"
    assert choice.options == ("--index-strategy=unsafe-best-match",)
    assert choice.same_releases


def test_pip_gets_the_indexes_of_uv_to_explain_what_uv_finds(tmp_path):
    uv = UvSettings(indexes=(UvIndex("one", "https://one/"),), others={"find-links": ("/wheels",)})
    variables = {"UV_INDEX": "two=https://two/", "UV_INDEX_TWO_PASSWORD": "p", "UV_FIND_LINKS": "a,b"}
    host = Host({**ENVIRON, **variables, "UV_DEFAULT_INDEX": "https://default/"}, tmp_path)

    choice = choose_resolver(config(resolver="auto"), host, uv)

    assert (str(choice), choice.options, choice.same_releases) == ("uv, with uv's index settings", (), False)
    found = {name: text for name, text in choice.host.environ.items() if name.startswith("PIP_")}
    assert found == {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "https://default/",
        "PIP_EXTRA_INDEX_URL": "https://:p@two/ https://one/",
        "PIP_FIND_LINKS": "a b /wheels",
    }


def test_pip_resolves_without_uv(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uv", None)
    host = Host({**ENVIRON, "HATCH_UV": "", "PATH": str(tmp_path)}, tmp_path)

    choice = choose_resolver(config(resolver="auto"), host, UvSettings())

    assert str(choice) == "pip, because uv isn't installed"
    with pytest.raises(ConfigError) as caught:
        choose_resolver(replace(config(resolver="uv"), table="tool.hatch-lambda"), host, UvSettings())
    assert str(caught.value) == (
        'error: tool.hatch-lambda.resolver: uv isn\'t installed; use "hatch-lambda[uv]" in build-system.requires, or '
        'set resolver = "pip" [resolver-missing]'
    )


def test_a_setting_of_uv_that_pip_cannot_follow_is_an_error_if_pip_must_resolve(tmp_path):
    uv = UvSettings(others={"resolution": "lowest"})

    with pytest.raises(ConfigError, match="pip has no counterpart for 'lowest'"):
        choose_resolver(config(resolver="pip"), Host(ENVIRON, tmp_path), uv)

    choice = choose_resolver(config(resolver="auto"), Host(ENVIRON, tmp_path), uv)
    assert (choice.tool, choice.same_releases) == ("uv", False)
