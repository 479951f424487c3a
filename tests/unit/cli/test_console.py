"""What each verbosity prints, and where."""

from __future__ import annotations

import pytest

from hatch_lambda.cli.console import CommandConsole


@pytest.mark.parametrize(
    ("verbosity", "results", "messages"),
    [
        (-2, "display", "display_error"),
        (-1, "display", "display_warning display_error"),
        (0, "display display_info display_success", "display_warning display_error"),
        (1, "display display_info display_success", "display_warning display_error display_debug"),
    ],
)
def test_results_go_to_stdout_and_messages_to_stderr(capsys, verbosity, results, messages):
    console = CommandConsole(verbosity)

    for name in ("display", "display_info", "display_success", "display_warning", "display_error", "display_debug"):
        getattr(console, name)(name)
    console.display_debug("details", level=2)

    printed = capsys.readouterr()
    assert (printed.out.split(), printed.err.split()) == (results.split(), messages.split())


def test_an_error_ends_the_program_with_a_message_of_this_command(capsys):
    console = CommandConsole(0, {r"-t lambda:(?=\S)": "", "a hatch": "an egg"})

    with pytest.raises(SystemExit) as ended:
        console.abort("-t lambda:api: not a hatch", code=3)

    assert (ended.value.code, capsys.readouterr().err) == (3, "api: not an egg\n")
