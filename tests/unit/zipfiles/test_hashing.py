"""The hash of a file, and checkpoints in it by which its pieces are verified again."""

from __future__ import annotations

import hashlib
import io

import pytest

from hatch_lambda.zipfiles.hashing import CHUNK, hash_spans, sha256_of

DATA = bytes(range(256)) * (3 * CHUNK // 256) + b"end"


def test_the_hash_is_that_of_the_whole_file():
    expected = hashlib.sha256(DATA).hexdigest()

    found, checkpoints = hash_spans(io.BytesIO(DATA), [(2 * CHUNK, 5), (10, CHUNK), (len(DATA), 0)])

    assert (found, sorted(checkpoints)) == (expected, [10, 2 * CHUNK, len(DATA)])
    assert sha256_of(io.BytesIO(DATA)) == expected


def test_a_piece_that_is_as_it_was_hashed_passes_more_than_once():
    _, checkpoints = hash_spans(io.BytesIO(DATA), [(10, 5)])

    for pieces in ([DATA[10:15]], [DATA[10:12], DATA[12:15]]):
        assert list(checkpoints[10].verified(pieces)) == pieces


@pytest.mark.parametrize("piece", [b"", DATA[10:14], DATA[10:16], DATA[11:16], b"other"])
def test_a_piece_that_is_not_as_it_was_hashed_raises_at_its_end(piece):
    _, checkpoints = hash_spans(io.BytesIO(DATA), [(10, 5)])
    verified = checkpoints[10].verified([piece])

    assert next(verified) == piece
    with pytest.raises(ValueError, match="other bytes"):
        next(verified)


@pytest.mark.parametrize(
    ("spans", "problem"),
    [
        ([(10, 5), (14, 2)], "spans overlap"),
        ([(10, 5), (10, 5)], "spans overlap"),
        ([(-1, 5)], "spans overlap"),
        ([(10, len(DATA))], "file ends"),
        ([(len(DATA) + 1, 0)], "file ends"),
    ],
)
def test_spans_that_are_not_apart_and_in_the_file_are_refused(spans, problem):
    with pytest.raises(ValueError, match=problem):
        hash_spans(io.BytesIO(DATA), spans)
