"""The Python of this machine that runs a function."""

from __future__ import annotations

import pytest

from hatch_lambda.errors import InterpreterError
from hatch_lambda.invoke.host_python import describe_python
from hatch_lambda.resolve.cache import ResultCache


def test_a_python_that_is_gone_is_reported(tmp_path):
    path = str(tmp_path / "python")

    with pytest.raises(InterpreterError) as caught:
        describe_python(path, (), {}, ResultCache(tmp_path / "results"))

    assert str(caught.value) == (
        f"error: {path}: this Python doesn't work ([Errno 2] No such file or directory: {path!r}); reinstall it, or "
        "set HATCH_LAMBDA_PYTHON to the path of another one [no-interpreter]"
    )
