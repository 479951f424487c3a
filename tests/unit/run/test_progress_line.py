"""The progress line on a terminal."""

from __future__ import annotations

import io
from threading import Event

import pytest

from hatch_lambda.progress import Status
from hatch_lambda.run.progress_line import ProgressLine, progress_line


class Terminal:
    """A progress line with a clock and a width that a test sets, and what it has written."""

    def __init__(self, step: str = "fetch") -> None:
        self.seconds = 0.0
        self.columns = 80
        self.stream = io.StringIO()
        self.line = ProgressLine(step, self.stream, clock=lambda: self.seconds, columns=lambda: self.columns)

    def redrawn(self, after: float = 1.0) -> str:
        """Return what a redraw writes, so many seconds after the last one."""
        self.seconds += after
        before = len(self.stream.getvalue())
        self.line.redraw()
        return self.stream.getvalue()[before:]


PYARROW = Status(count=3, total=10, name="pyarrow 26.0.1", size=54_316_237)


def test_the_line_shows_step_count_name_and_size():
    terminal = Terminal()
    terminal.line.advance(PYARROW)

    assert terminal.redrawn() == "\r  fetch 3/10  pyarrow 26.0.1  51.8 MiB\r"


def test_a_step_without_a_count_shows_its_seconds_after_two():
    terminal = Terminal("resolve")

    assert terminal.redrawn(1.9) == "\r  resolve\r"
    assert terminal.redrawn(0.2) == "\r  resolve  2 s\r"


def test_a_name_without_a_count_is_shown_with_the_seconds():
    terminal = Terminal("resolve")
    terminal.line.advance(Status(name="build acme-lib"))

    assert terminal.redrawn(12) == "\r  resolve  build acme-lib  12 s\r"


def test_a_count_replaces_the_seconds():
    terminal = Terminal()
    terminal.line.advance(Status(count=1, total=2, name="six 1.17.0"))

    assert terminal.redrawn(60) == "\r  fetch 1/2  six 1.17.0\r"


def test_a_shorter_line_covers_the_longer_one():
    terminal = Terminal()
    terminal.line.advance(PYARROW)
    terminal.redrawn()
    terminal.line.advance(Status(count=4, total=10, name="six 1.17.0"))

    assert terminal.redrawn() == f"\r{'  fetch 4/10  six 1.17.0':38}\r"


def test_the_line_is_cut_at_the_width_of_the_terminal():
    terminal = Terminal()
    terminal.columns = 25
    terminal.line.advance(PYARROW)

    assert terminal.redrawn() == "\r  fetch 3/10  pyarrow 2…\r"


def test_the_line_is_redrawn_at_most_ten_times_a_second():
    terminal = Terminal()
    terminal.redrawn()

    for count in range(1, 1001):
        terminal.line.advance(Status(count=count, total=1000))
        terminal.redrawn(after=0.001)

    assert 9 <= terminal.stream.getvalue().count("/1000") <= 10


def test_a_line_that_stays_the_same_is_written_once():
    terminal = Terminal()
    terminal.line.advance(PYARROW)

    assert [bool(terminal.redrawn()) for _ in range(3)] == [True, False, False]


def test_the_status_can_be_looked_up_at_each_redraw():
    terminal = Terminal()
    sizes = iter([1 << 20, 2 << 20])
    terminal.line.watch(lambda: Status(count=1, total=1, name="a 1", size=next(sizes)))

    assert terminal.redrawn() == "\r  fetch 1/1  a 1  1.0 MiB\r"
    assert terminal.redrawn() == "\r  fetch 1/1  a 1  2.0 MiB\r"


def test_clearing_leaves_an_empty_line():
    terminal = Terminal()
    written = terminal.redrawn()
    terminal.line.clear()
    terminal.line.clear()

    assert written == "\r  fetch\r"
    assert terminal.stream.getvalue() == f"{written}\r       \r"


def test_a_name_cannot_steer_the_terminal():
    terminal = Terminal()
    terminal.line.advance(Status(name="a\x1b[2J\n"))

    assert terminal.redrawn() == "\r  fetch  a\\x1b[2J\\n\r"


def test_the_line_is_redrawn_while_the_step_runs_and_removed_after_an_error():
    class Stream(io.StringIO):
        def flush(self) -> None:
            drawn.set()

    drawn, stream = Event(), Stream()

    with pytest.raises(KeyboardInterrupt), progress_line("fetch", stream):  # noqa: PT012  # it waits for the line
        drawn.wait(10)
        raise KeyboardInterrupt

    assert stream.getvalue() == "\r  fetch\r\r       \r"


def test_a_short_step_shows_no_line():
    stream = io.StringIO()

    with progress_line("fetch", stream):
        pass

    assert stream.getvalue() == ""
