"""The READMEs: what they show works as shown, and both show the same."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from evaltools import cli

ROOT = Path(__file__).parents[1]
READMES = {"en": "README.md", "zh": "README.zh-CN.md"}
SETUP = "python -m pip install uv && python -m uv run evaltools run\npython -m uv run pytest\n"
COMMAND = "python -m uv run evaltools "
PICTURE_LIMIT = 300_000


def text(lang: str) -> str:
    return (ROOT / READMES[lang]).read_text(encoding="utf-8")


def blocks(lang: str) -> list[tuple[str, str]]:
    """The fenced blocks as (language, content)."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text(lang), re.MULTILINE | re.DOTALL)


def files(lang: str) -> list[tuple[str, str]]:
    """The blocks that are a file, whose path stands on the line above."""
    return re.findall(r"^`(mydata/[\w.]+)`\n```\w+\n(.*?)^```$", text(lang), re.MULTILINE | re.DOTALL)


def commands(lang: str) -> list[list[str]]:
    """The arguments of the command lines of the example, check and run."""
    (shown,) = (content for kind, content in blocks(lang) if kind == "sh" and COMMAND + "check" in content)
    return [line.removeprefix(COMMAND).split() for line in shown.splitlines()]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the three files of the example lie, and in which commands run."""
    for name in ("EVALTOOLS_HOME", "EVALTOOLS_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    write(tmp_path, files("en")[:3])
    return tmp_path


def write(folder: Path, shown: list[tuple[str, str]]) -> None:
    for name, content in shown:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8", newline="\n")


def evaltools(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "evaltools", *arguments]
    return subprocess.run(line, capture_output=True, encoding="utf-8", timeout=300, check=False)


@pytest.mark.parametrize("lang", READMES)
def test_it_opens_with_a_picture_and_the_two_commands(lang: str) -> None:
    first, opening = text(lang).split("```sh\n")[0], blocks(lang)[0]
    assert opening == ("sh", SETUP)
    assert re.search(r"\A# evaltools\n\n!\[[^]]+\]\(docs/\w+\.png\)\n", first)


def test_the_example_has_ten_lines() -> None:
    shown = files("en")[:3]
    assert [name for name, _ in shown] == [f"mydata/{name}" for name in ("datapackage.json", "areas.csv", "facts.csv")]
    assert sum(len(content.splitlines()) for _, content in shown) + len(commands("en")) == 10


@pytest.mark.slow
def test_the_example_works_as_a_new_user_would_try_it(here: Path) -> None:
    check, run = commands("en")
    assert (check[0], run[0]) == ("check", "run")
    checked = evaltools(*check)
    assert (checked.returncode, checked.stderr) == (0, "")

    ran = evaltools(*run, "--out", str(here / "reports"))
    assert ran.returncode == 0, ran.stderr
    index = here / "reports" / "mydata" / "2024" / "index.html"
    assert Path(ran.stdout.splitlines()[-1]).samefile(index)

    (report,) = re.findall(r"`(reports/mydata/2024/\d+/index\.html)`", text("en"))
    page = (here / report).read_text(encoding="utf-8")
    facts = pd.read_csv(here / "mydata" / "facts.csv").set_index(["period", "item"])["value"]
    for year in (2023, 2024):
        rate = facts[year, "elderly_standardised_managed"] / facts[year, "residents_65_over"]
        assert f"{rate:.2%}" in page
    assert "甲县" in page


@pytest.mark.parametrize("lang", READMES)
def test_the_refusal_is_the_one_shown(here: Path, capsys: pytest.CaptureFixture[str], lang: str) -> None:
    shown = files(lang)
    assert [name for name, _ in shown[3:]] == ["mydata/facts.csv"]
    write(here, shown[3:])
    (line,) = re.findall(r"^`evaltools (run --data mydata[^`]*)`", text(lang), re.MULTILINE)
    assert cli.main(line.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert ("text", printed.err) in blocks(lang)
    assert not (here / "reports").exists()


def test_the_python_example_prints_what_is_shown(here: Path) -> None:
    shown = blocks("en")
    (at,) = (n for n, (kind, _) in enumerate(shown) if kind == "python")
    line = [sys.executable, "-c", shown[at][1]]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    ran = subprocess.run(line, capture_output=True, encoding="utf-8", env=environment, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == shown[at + 1][1]


def test_both_show_the_same_files_and_commands() -> None:
    assert [block for block in blocks("zh") if block[0] != "text"] == [b for b in blocks("en") if b[0] != "text"]
    assert [kind for kind, _ in blocks("zh")] == [kind for kind, _ in blocks("en")]
    (at,) = (n for n, (kind, _) in enumerate(blocks("en")) if kind == "python")
    assert blocks("zh")[at + 1] == blocks("en")[at + 1]


def test_both_have_the_same_sections_and_points() -> None:
    for marker in ("## ", "- ", "|", "!["):
        counts = {lang: sum(line.startswith(marker) for line in text(lang).splitlines()) for lang in READMES}
        assert counts["en"] == counts["zh"] > 1, marker


@pytest.mark.parametrize("lang", READMES)
def test_the_folders_it_lists_are_there(lang: str) -> None:
    (layout,) = (content for kind, content in blocks(lang) if kind == "text" and content.startswith("notebooks/"))
    for line in layout.splitlines():
        assert (ROOT / line.split()[0]).is_dir(), line


@pytest.mark.parametrize("lang", READMES)
@pytest.mark.parametrize("command", ["run", "check", "template", "lab"])
def test_every_option_is_named_and_exists(capsys: pytest.CaptureFixture[str], lang: str, command: str) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    existing = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    (row,) = re.findall(rf"^\| `evaltools {command}.*", text(lang), re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", row)) == existing
    used = re.findall(rf"evaltools {command} ([^`\n|]*)", text(lang))
    assert {option for line in used for option in re.findall(r"--[a-z-]+", line)} <= existing | {"--help"}


@pytest.mark.parametrize("name", [*READMES.values(), "CHANGELOG.md", "reports/README.md"])
def test_links_lead_somewhere(name: str) -> None:
    path = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


@pytest.mark.parametrize("lang", READMES)
def test_pictures_are_sharp_and_light_and_have_words(lang: str) -> None:
    pictures = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", text(lang))
    assert len(pictures) == 2
    for words, target in pictures:
        content = (ROOT / target).read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", content[16:24])
        assert width >= 1600 and height >= 1000, target
        assert len(content) <= PICTURE_LIMIT, target
        assert len(words) >= 10, target


def test_the_numbers_of_the_catalogue_are_those_told() -> None:
    rows = {
        name: pd.read_csv(ROOT / "data" / "catalogue" / f"{name}.csv", dtype=str).iloc[:, 0].nunique()
        for name in ("indicators", "items", "checks")
    }
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "{indicators} indicators made of {items} items, with {checks} relations".format(**rows) in log
    assert f"holds {rows['indicators']} indicators" in text("en")
    assert f"共{rows['indicators']}项" in text("zh")


def test_the_changelog_tells_of_this_version() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(version)}\] - (Unreleased|\d{{4}}-\d{{2}}-\d{{2}})$", log, re.MULTILINE)
