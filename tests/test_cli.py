"""The command line: exit statuses, refusals, findings, progress; in the user's language."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from builders import area, dataset, fact

from evaltools import cli, console
from evaltools.manifests import Record


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tiny.small_home(tmp_path / "home")
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    tiny.notebook(home, "04_county_report", "area", 4, "print(area)")
    tiny.notebook(home, "05_region_report", "region", 5, "print(period)")
    return home


def test_help_answers_without_importing_what_is_heavy() -> None:
    script = (
        "import sys\nfrom evaltools.cli import main\n"
        "try:\n    main(['run', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'pandas', 'numpy', 'papermill', 'nbconvert', 'nbformat', 'matplotlib', 'jupyterlab'}"
        " & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert "--period" in ran.stdout


def test_the_module_and_the_script_are_the_same_command() -> None:
    command = [sys.executable, "-m", "evaltools", "--help"]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    for name in ("run", "check", "template", "lab", "new"):
        assert f"\n    {name} " in ran.stdout
    assert "verify" not in ran.stdout  # it does not work yet


@pytest.mark.parametrize("argument", ["--data small", "--data small --lang en"])
def test_refusals_are_a_list_in_the_user_s_language(
    home: Path, capsys: pytest.CaptureFixture[str], argument: str
) -> None:
    command = ["run", *argument.split(), "--area", "10203", "--parameter", "levle=2", "--parameter", "level=x"]
    assert cli.main(command) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    first, *rest = printed.err.splitlines()
    if "en" in argument:
        assert first == "Nothing was run. To correct first: 3"
        assert rest[2] == (
            "  --area 10203       “10203” is not an area that is evaluated; nearest codes: 010203, 03, 02."
        )
    else:
        assert first == "未运行，请先改正以下3处："
        assert rest[2] == "  --area 10203       没有可评价的地区“10203”；相近的代码：010203, 03, 02。"
    assert rest[0].startswith("  --parameter levle  ") and rest[1].startswith("  --parameter level  ")
    assert not (home / "reports").exists()


@pytest.mark.parametrize(
    ("parameter", "said"), [("level", "NAME=VALUE"), ("=3", "NAME=VALUE"), ("level=1 level=2", "more than once")]
)
def test_a_parameter_has_a_name_and_a_value_once(
    home: Path, capsys: pytest.CaptureFixture[str], parameter: str, said: str
) -> None:
    given = [argument for text in parameter.split() for argument in ("--parameter", text)]
    assert cli.main(["run", "--data", "small", "--lang", "en", *given]) == 2
    assert said in capsys.readouterr().err


def test_an_option_that_is_not_known_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["run", "--audience", "everybody"])
    assert caught.value.code == 2
    assert "--audience" in capsys.readouterr().err


def test_a_data_folder_can_be_given_and_a_parameter_is_typed(tmp_path: Path, home: Path) -> None:
    tiny.notebook(home, "04_county_report", "area", 4, "print(repr(level), data)")
    (home / "data" / "small").rename(tmp_path / "elsewhere")
    arguments = ["--area", "010203", "--parameter", "level=2", "--jobs", "2", "--lang", "en", "--out", "out"]
    ran = tiny.evaltools(home, "run", "--data", str(tmp_path / "elsewhere"), *arguments)
    assert (ran.returncode, ran.stderr.splitlines()[0]) == (
        0,
        "Small data, 2024: areas 1, pages 2, unchanged and kept 0.",
    )
    site = home / "out" / "elsewhere" / "2024-en"
    assert ran.stdout.splitlines() == [str(site / "index.html")]
    notebook = json.loads((site / "010203" / "04_county_report.ipynb").read_text(encoding="utf-8"))
    assert notebook["cells"][3]["outputs"][0]["text"] == ["2 elsewhere\n"]
    text = (site / "010203" / "04_county_report.ipynb").read_text(encoding="utf-8")
    assert str(tmp_path) not in text


def findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = cli.main(["check", *arguments])
    return status, capsys.readouterr().out


def test_check_of_a_sound_dataset(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert findings(capsys, "small") == (0, "未发现错误。\n")
    assert findings(capsys, str(home / "data" / "small"), "--lang", "en") == (0, "No errors found.\n")
    assert findings(capsys, "small", "--format", "json") == (0, "[]\n")


def test_check_lists_every_bad_cell_in_three_forms(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = [fact("2024", "02", "a", "many"), fact("2024/13", "02", "b", 7)]
    folder = str(dataset(tmp_path / "bad", areas=[area("02")], facts=facts))
    status, text = findings(capsys, folder, "--lang", "en")
    assert status == 1
    assert text.startswith("error\n") and text.endswith("Errors: 2, warnings: 0, notes: 0.\n")
    assert "“many” is not a number" in text and "“2024/13” is not a period" in text
    status, text = findings(capsys, folder, "--format", "json")
    wheres = [row["where"] for row in json.loads(text)]
    assert (status, sorted(wheres)) == (1, ["facts.csv row 2 column value", "facts.csv row 3 column period"])
    status, text = findings(capsys, folder, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (status, [row["where"] for row in rows]) == (1, wheres)
    assert set(rows[0]) >= {"level", "rule", "sentence_zh", "sentence_en"}


@pytest.mark.parametrize("kind", ["no such folder", "empty folder", "empty tables"])
def test_check_of_what_cannot_be_read_at_all(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    folder = tmp_path / "bad"
    if kind != "no such folder":
        folder.mkdir()
    if kind == "empty tables":
        for name in ("areas", "facts"):
            (folder / f"{name}.csv").write_bytes(b"")
    status, text = findings(capsys, str(folder), "--lang", "en")
    assert status == 2
    assert "error\n" in text


def test_output_into_a_pipe_is_utf8_whatever_the_system_s_encoding(home: Path) -> None:
    ran = tiny.evaltools(home, "check", "small", PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stdout) == (0, "未发现错误。\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_there_is_one_bar_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    bar = console.progress("en")
    assert isinstance(bar, console.Bar)
    bar.start(2)
    bar.moved(Record("02", "n", "", "ok"))
    bar.moved(Record("03", "n", "", "failed"))
    bar.close()
    last = terminal.getvalue().split("\r")[-1].rstrip()
    assert last.startswith("Reports 100%|") and "2/2 [00:00<00:00, 1 failed]" in last


def test_into_a_pipe_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(console.progress("zh"), console.Lines)


def test_lines_are_aligned_by_what_they_take_on_a_terminal() -> None:
    assert console.aligned([("区县", "a"), ("x", "b"), ("y" * 60, "c")]) == [
        "  区县  a",
        "  x     b",
        f"  {'y' * 60}  c",
    ]


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    line = [sys.executable, "-m", "evaltools", "check", "example", "--format", "csv"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == cli.CUT
