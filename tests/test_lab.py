"""`evaltools lab`: working copies that keep what somebody has edited, and the real JupyterLab on loopback."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest
import tiny
import websocket
from nbformat.v4 import new_markdown_cell, new_output

import evaltools as ev
from evaltools import cli, lab, notebook_files, plans, reopen
from evaltools.lab import working_copies

ROOT = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tiny.small_home(tmp_path / "home")
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    tiny.notebook(home, "04_county_report", "area", 4, "print(area, data, 1 + level)")
    tiny.notebook(home, "05_region_report", "region", 5, "print(period)")
    return home


def make(root: Path, area: str = "010203") -> Any:
    return working_copies(plans.make(plans.Request("small", "2023")), area, root)


def test_copies_are_set_to_the_county(home: Path, tmp_path: Path) -> None:
    copies = make(tmp_path)
    assert copies.folder == tmp_path / "small" / "2023" / "010203"
    assert copies.written == ("04_county_report.ipynb", "05_region_report.ipynb")
    source = notebook_files.read(copies.folder / "04_county_report.ipynb").cells[1].source
    assert source.splitlines()[:3] == ['data: str = "small"', 'period: str = "2023"', 'area: str = "010203"']
    original = (home / "notebooks" / "04_county_report.ipynb").read_text(encoding="utf-8")
    assert 'area: str = \\"02\\"' in original


def test_an_edited_copy_is_kept_and_an_untouched_one_brought_up_to_date(home: Path, tmp_path: Path) -> None:
    folder = make(tmp_path).folder
    edited, run = folder / "04_county_report.ipynb", folder / "05_region_report.ipynb"
    notebook = notebook_files.read(edited)
    notebook.cells.append(new_markdown_cell("my own question"))
    edited.write_text(notebook_files.text_of(notebook), encoding="utf-8")
    notebook = notebook_files.read(run)
    notebook.cells[2].outputs = [new_output("stream", text="2023\n")]
    run.write_text(notebook_files.text_of(notebook), encoding="utf-8")
    before = (edited.read_bytes(), run.read_bytes())
    again = make(tmp_path)
    assert (again.written, again.kept) == ((), ("04_county_report.ipynb",))
    assert (edited.read_bytes(), run.read_bytes()) == before
    tiny.notebook(home, "04_county_report", "area", 4, "print('newer')")
    tiny.notebook(home, "05_region_report", "region", 5, "print('newer')")
    newer = make(tmp_path)
    assert (newer.written, newer.kept) == (("05_region_report.ipynb",), ("04_county_report.ipynb",))
    assert edited.read_bytes() == before[0]
    edited.unlink()
    assert make(tmp_path).written == ("04_county_report.ipynb",)


def test_another_state_gets_a_copy_of_its_own(home: Path, tmp_path: Path) -> None:
    def asked(**own: Any) -> Any:
        request = plans.Request("small", "2023", parameters=own)
        return working_copies(plans.make(request), "010203", tmp_path, ["04_county_report"])

    def source(name: str) -> str:
        return str(notebook_files.read(tmp_path / "small" / "2023" / "010203" / name).cells[1].source)

    assert asked().names == ("04_county_report.ipynb",)
    other = asked(level=3)
    assert other.names == other.written == ("04_county_report-2.ipynb",)
    assert "level: int = 1" in source("04_county_report.ipynb") and "level: int = 3" in source(other.names[0])
    assert asked(level=5).names == ("04_county_report-3.ipynb",)
    again = asked(level=3)
    assert (again.names, again.written, again.kept) == (other.names, (), ())
    # a county set by hand is another state too, and is not taken for the one asked for
    changed = other.folder / "04_county_report.ipynb"
    changed.write_text(changed.read_text(encoding="utf-8").replace("010203", "03"), encoding="utf-8")
    assert asked().names == ("04_county_report-4.ipynb",)


def test_what_a_page_prints_is_a_command_that_says_the_same(home: Path, tmp_path: Path) -> None:
    request = plans.Request("small", "2023", stage="verified", lang="en", parameters={"level": "3"})
    page = next(page for page in plans.make(request).pages if page.name == ("010203", "04_county_report"))
    words = shlex.split(reopen.command(page.work.parameters | {"stage": "verified"}, page.work.notebook))
    options = cli._parser().parse_args(words[1:])
    assert (options.data, options.period, options.area, options.notebook) == ("small", "2023", "010203", [page.name[1]])
    assert (options.stage, options.lang, options.parameter) == ("verified", "en", ["level=3"])


def test_a_notebook_of_the_region_needs_no_county(home: Path, tmp_path: Path) -> None:
    words = reopen.command({"data": "small", "period": "2023", "area": ""}, "05_region_report").split()
    options = cli._parser().parse_args(words[1:])
    assert options.area is None
    copies = working_copies(plans.make(plans.Request("small", "2023")), "", tmp_path, options.notebook)
    assert (copies.folder, copies.names) == (tmp_path / "small" / "2023", ("05_region_report.ipynb",))


@pytest.mark.slow
def test_a_standard_that_lies_anywhere_is_found_in_the_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own,) = (ROOT / "data" / "qof" / "standards").glob("*.yaml")
    mine = tmp_path / "mine.yaml"
    mine.write_text(own.read_text(encoding="utf-8"), encoding="utf-8")
    plan = plans.make(plans.Request("qof", "2025", ("P001",), standard=str(mine)))
    copies = working_copies(plan, "P001", tmp_path, ["04_county_report"])
    assert 'standard: str = "mine"' in notebook_files.read(copies.folder / copies.names[0]).cells[1].source
    for name, value in lab._environment(plan).items():
        monkeypatch.setenv(name, value)
    read = ev.load("qof", area="P001", standard="mine").standard
    assert read is not None and read.lines == ev.load("qof", area="P001").standard.lines


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def call(url: str, token: str, method: str = "GET", content: object = None) -> Any:
    body = None if content is None else json.dumps(content).encode()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def execute(url: str, token: str, kernel: str, source: str) -> str:
    """Run a cell through the kernel's channels, as JupyterLab does, and return what it printed."""
    channels = f"{url.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?token={token}"
    connection = websocket.create_connection(channels, timeout=120)
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
    header |= {"session": uuid.uuid4().hex, "username": "", "date": "2024-01-01T00:00:00Z"}
    request = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": request, "channel": "shell"}
    connection.send(json.dumps(message))
    printed = ""
    try:
        while True:
            found = json.loads(connection.recv())
            if found["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            content = found["content"]
            if found["msg_type"] == "stream":
                printed += content["text"]
            elif found["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))
            elif found["msg_type"] == "status" and content["execution_state"] == "idle":
                return printed
    finally:
        connection.close()


@pytest.mark.slow
def test_lab_serves_the_copies_on_loopback_behind_a_token_and_runs_them(home: Path) -> None:
    asked = {"data": "small", "period": "2023", "area": "010203", "lang": "en", "level": 2}
    arguments = shlex.split(reopen.command(asked, "04_county_report"))[1:]
    line, environment = tiny.command(home, *arguments, "--port", str(free_port()), "--no-browser")
    process = subprocess.Popen(
        line, env=environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    try:
        assert process.stderr is not None
        address = next(text for text in process.stderr if "?token=" in text)
        match = re.search(r"(http://127\.0\.0\.1:\d+/)lab/tree/04_county_report\.ipynb\?token=([0-9a-f]{48})", address)
        assert match is not None, address
        url, token = match.groups()
        listening = [c.laddr.ip for c in psutil.Process(process.pid).net_connections() if c.status == "LISTEN"]
        assert set(listening) == {"127.0.0.1"}
        with pytest.raises(urllib.error.HTTPError) as caught:
            call(f"{url}api/contents", "wrong")
        assert caught.value.code == 403
        names = {entry["name"] for entry in call(f"{url}api/contents", token)["content"]}
        assert names == {"04_county_report.ipynb"}
        with urllib.request.urlopen(f"{url}lab?token={token}", timeout=60) as page:
            assert b"JupyterLab" in page.read()
        notebook = call(f"{url}api/contents/04_county_report.ipynb", token)["content"]
        kernel = call(f"{url}api/kernels", token, "POST", {"name": "python3"})["id"]
        cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert [execute(url, token, kernel, cell) for cell in cells] == ["", "010203 small 3\n"]
        loads = "import evaltools as ev\nprint(sorted(ev.load(data, area=area).facts['area'].unique()))"
        assert execute(url, token, kernel, loads) == "['010203']\n"
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
    finally:
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=60)
    assert not psutil.wait_procs(children, timeout=30)[1]
    assert "without encryption" not in rest and "Traceback" not in rest
