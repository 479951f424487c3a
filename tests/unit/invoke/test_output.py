"""The output of a function."""

from __future__ import annotations

import os

from hatch_lambda.invoke.output import OutputReader


def test_output_that_an_escaped_process_keeps_open_is_not_waited_for():
    end, start = os.pipe()
    shown: list[str] = []
    with os.fdopen(end, "rb", buffering=0) as pipe:
        reader = OutputReader(pipe, shown.append)

        reader.close(0)
        was_closed = pipe.closed
        os.write(start, b"late")
        os.close(start)
        reader.close(60)

        assert (was_closed, pipe.closed) == (False, True)
    assert shown == ["late"]
