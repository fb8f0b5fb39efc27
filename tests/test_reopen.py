from __future__ import annotations

import shlex

import pytest

from evaltools.reopen import command

FULL = {"data": "example", "period": "2024", "area": "990101", "stage": "final", "audience": "internal"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "--data example --period 2024 --area 990101 --notebook n"),
        ({"standard": "", "lang": ""}, "--data example --period 2024 --area 990101 --notebook n"),
        ({"stage": "reported"}, "--data example --period 2024 --area 990101 --notebook n --stage reported"),
        (
            {"standard": "own", "audience": "public", "lang": "en"},
            "--data example --period 2024 --area 990101 --notebook n --standard own --audience public --lang en",
        ),
        ({"area": ""}, "--data example --period 2024 --notebook n"),
        ({"genre": "self", "most": 5}, "--data example --period 2024 --area 990101 --notebook n"
         " --parameter genre=self --parameter most=5"),
    ],
)  # fmt: skip
def test_a_command_says_only_what_does_not_go_without_saying(more: dict[str, object], expected: str) -> None:
    assert command(FULL | more, "n") == f"evaltools lab {expected}"


@pytest.mark.parametrize("name", ["my data", "it's", "$(rm -rf x)", "县 2024"])
def test_a_shell_takes_every_name_as_one_word(name: str) -> None:
    words = shlex.split(command(FULL | {"data": name, "note": name}, "n"))
    assert words[words.index("--data") + 1] == name
    assert words[words.index("--parameter") + 1] == f"note={name}"
