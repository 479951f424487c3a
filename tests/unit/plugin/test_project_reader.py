"""Errors of Hatch and of build hooks."""

from __future__ import annotations

import pytest

from hatch_lambda.plugin.project_reader import hook_errors


def test_an_error_that_no_hook_raises_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="a defect"), hook_errors(["custom"]):
        raise RuntimeError("a defect")
