"""Work on several files at once."""

from __future__ import annotations

import os
import sys
import threading
import traceback

import pytest

from hatch_lambda.threads import largest_first


@pytest.fixture
def one_core(monkeypatch):
    """Let this machine have one core."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)


def test_the_results_are_in_the_order_of_the_items():
    assert list(largest_first(str.upper, ["b", "ccc", "aa"], size=len)) == ["B", "CCC", "AA"]


def test_there_may_be_nothing_to_do():
    assert list(largest_first(str.upper, [], size=len)) == []


def test_the_largest_starts_first(one_core):
    started: list[str] = []

    list(largest_first(started.append, ["b", "ccc", "aa"], size=len))

    assert started == ["ccc", "aa", "b"]


def test_each_core_has_a_thread(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    meeting = threading.Barrier(3, timeout=60)

    assert sorted(largest_first(lambda _: meeting.wait(), [1, 2, 3], size=int)) == [0, 1, 2]


def test_an_unknown_number_of_cores_is_one(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: None)

    assert list(largest_first(str.upper, ["b", "aa"], size=len)) == ["B", "AA"]


def test_an_exception_is_in_the_place_of_its_result(one_core):
    done: list[int] = []

    with pytest.raises(ZeroDivisionError):
        done.extend(largest_first(lambda item: 6 // item, [3, 0, 2], size=int))

    assert done == [2]


def test_what_has_not_started_is_left_out_if_the_caller_stops(one_core):
    started: list[int] = []
    caller = threading.get_ident()

    def work(item: int) -> int:
        started.append(item)
        while item == 1 and not is_in(caller, "shutdown"):  # the caller waits for this item
            pass
        return item

    results = largest_first(work, [2, 1, 0], size=int)
    assert next(results) == 2
    results.close()

    assert started in ([2], [2, 1])


def is_in(thread: int, function: str) -> bool:
    """Return whether a thread runs a function of that name."""
    frame = sys._current_frames()[thread]
    return any(found.f_code.co_name == function for found, _ in traceback.walk_stack(frame))
