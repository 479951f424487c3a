"""Why a function can't have a separate file system."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from hatch_lambda.invoke.host_python import HostPython
from hatch_lambda.invoke.sandbox import _reason_against

PYTHON = HostPython(
    prefix="/usr/local", program="/usr/local/bin/python3", machine="x86_64", linux=True, glibc=True, libraries=()
)


@pytest.mark.skipif(sys.platform != "linux", reason="user namespaces are those of Linux")
@pytest.mark.parametrize(
    ("python", "reason"),
    [
        (PYTHON, None),
        (replace(PYTHON, linux=False), "this machine doesn't run Linux"),
        (replace(PYTHON, glibc=False), "this machine's C library isn't glibc"),
        (replace(PYTHON, program="/opt/bin/python3"), "/opt/bin/python3 isn't in /usr/local"),
    ],
)
def test_a_python_that_cannot_be_shown_at_another_path_has_a_reason(python, reason):
    assert _reason_against(python) == reason
