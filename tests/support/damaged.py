"""Texts that are damaged in ways that break programs, and strategies that damage valid texts in these ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.support.make_wheel import metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy

DIGITS = "9" * 5000
"""More digits than Python makes an integer of."""

WORDS = (
    *(
        "",
        " ",
        "\0",
        "\x1b[31m",
        "\n",
        "\r\n",
        "\u2028",
        "\u202e",
        "\ufeff",
        "é",
        "\U0001f600",
        "::error::",
        "\\",
        '"',
        "'",
    ),
    *(
        DIGITS,
        f"0x{'F' * 5000}",
        "-1",
        "1e999",
        "nan",
        "true",
        "null",
        "1.0",
        "1.0.post1",
        "1!2",
        "*",
        "==",
        ">=",
        "~=",
        "===",
    ),
    *(
        "[" * 900,
        "]" * 900,
        "{a=" * 900,
        "(" * 900,
        "((",
        "))",
        "[]",
        "{}",
        "a." * 1500,
        "in",
        "not in",
        "and",
        "or",
        ";",
        "@",
    ),
    *(
        "http://[::1/x.whl",
        "http://[x]y/",
        "http://ex\u2100.com/",
        "FILE:///x",
        "file://host/x",
        "file:",
        "git+http://[",
        "//",
        "?#",
    ),
    *(
        "platform_machine ~= 'x'",
        "os_name === 'x'",
        "extras == 'x'",
        "'x' in dependency_groups",
        "extra == 'x'",
        "python_version < 'x'",
    ),
    *(
        "python3.13",
        "x86_64",
        "../x",
        "/x",
        "C:x",
        "NAME",
        "a" * 300,
        "pylock.toml",
        "x.txt",
        "a.b",
        "{name}",
        "{",
        "}",
        "!x",
        "**",
        "[a-",
    ),
)
"""Small texts that mean something to one of the readers, or break it."""

LOCKS = (
    """\
lock-version = "1.0"
created-by = "hatch-lambda"
environments = ['python_version == "3.13" and platform_machine == "x86_64"']
requires-python = ">=3.9"
extras = ["x"]

[[packages]]
name = "lib"
version = "1.0"
marker = 'python_version >= "3.9" and sys_platform == "linux"'
requires-python = ">=3.9"

[[packages.wheels]]
name = "lib-1.0-py3-none-any.whl"
url = "https://host/lib-1.0-py3-none-any.whl"
size = 1000
hashes = { sha256 = "%064d" }

[tool.hatch-lambda]
requirements = ["lib"]
""".replace("%064d", "0" * 64),
    """\
lock-version = "1.0"
created-by = "uv"
packages = [
  { name = "a", vcs = { type = "git", url = "https://host/a.git", commit-id = "%040d", subdirectory = "x" } },
  { name = "b", version = "1.0", sdist = { name = "b-1.0.tar.gz", path = "b-1.0.tar.gz", hashes = { sha256 = "0" } } },
  { name = "c", archive = { url = "FILE:///c.zip", hashes = { sha256 = "%064d" } } },
  { name = "d", directory = { path = "../d" } },
]
""".replace("%040d", "0" * 40).replace("%064d", "0" * 64),
)

METADATA = (
    metadata("lib", "1.0", ["a>=1", "b[x]; extra == 'y'", "c @ https://host/c-1.0-py3-none-any.whl", "d (~=1.0)"])
    + "Requires-Python: >=3.9\nProvides-Extra: y\n\nThe description.\n",
    "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\nRequires-Dist: a ; python_version < '3.9'\n  and os_name == 'x'\n",
)

DESCRIPTIONS = (
    """\
{
  "schema": 1, "kind": "function", "name": "shop", "version": "1.0", "runtime": "python3.13", "architecture": "arm64",
  "handler": "shop.api.handler", "archive": null, "layers": ["base"], "distributions": [
    {"name": "lib", "version": "1.0", "wheel": "lib.whl", "sha256": "0", "size": 1, "built-from": "x"}
  ]
}
""",
    """\
{"schema": 1, "kind": "layer", "compatible-runtimes": ["python3.13"], "compatible-architectures": ["x86_64"]}
""",
)
"""A valid ``lambda.json``."""


@st.composite
def damaged(draw: st.DrawFn, texts: Sequence[str]) -> str:
    """Return one of the texts with words of it replaced, lost, or doubled."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from((0, 0, 1, 3, 10, 30)))
        word = draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=5), st.just(text[start : start + length] * 2)))
        text = text[:start] + word + text[start + length :]
    return text


@st.composite
def replaced(draw: st.DrawFn, texts: Sequence[str]) -> str:
    """Return one of the texts with whole values of it replaced, so that it is still well-formed."""
    parts = draw(st.sampled_from(texts)).split('"')
    for _ in range(draw(st.integers(1, 3))):
        index = draw(st.integers(0, (len(parts) - 2) // 2)) * 2 + 1
        parts[index] = draw(st.sampled_from(WORDS)).replace("\\", "\\\\").replace('"', "'")
    return '"'.join(parts)


HUGE, DEEP = "<huge>", "<deep>"
"""Placeholders for values that neither Python nor Hypothesis can write; ``grown`` replaces them."""


def values() -> SearchStrategy[Any]:
    """Return a strategy of values as TOML can hold them, to be grown."""
    words = st.sampled_from(WORDS)
    single = st.one_of(
        words, st.text(max_size=8), st.integers(), st.booleans(), st.floats(), st.sampled_from((HUGE, DEEP))
    )
    return st.recursive(
        single, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3))
    )


def grown(value: Any) -> Any:
    """Return the value with an integer of too many digits for ``HUGE``, and an array in an array … for ``DEEP``."""
    if isinstance(value, list):
        return [grown(inner) for inner in value]
    if isinstance(value, dict):
        return {key: grown(inner) for key, inner in value.items()}
    if value == DEEP:
        deep: Any = 1
        for _ in range(2000):
            deep = [deep]
        return deep
    return 16**5000 if value == HUGE else value
