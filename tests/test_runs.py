"""Runs with real kernels: what is published, what fails alone, what is reused, what is refused."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import psutil
import pytest
import tiny
from nbformat.v4 import new_code_cell, new_notebook, new_output

from evaltools import datasets, manifests, notebook_files, plans, runs
from evaltools.engine import Outcome, Work
from evaltools.problems import InputError
from evaltools.publishing import MIME
from evaltools.site_folder import SiteFolder

SHOW = """
import pandas as pd
from evaltools.publishing import Publish
publish = Publish(lang)
publish.section("一")
publish.table(pd.DataFrame({"code": [area], "value": [1 / 3]}), name="numbers", caption="数",
              columns={"code": ("代码", "text"), "value": ("值", "text")})
"""

RAISE = """
import os, sys
from pathlib import Path
print("noise", file=sys.stderr)
os.system("echo from a child of the kernel >&2")
raise ValueError(f"no such file: {Path.cwd() / 'data' / 'small.csv'} at {object()}")
"""

KILL_KERNEL = "import os\nos._exit(3)"

KILL_WORKER = """
import os, signal
os.kill(os.getppid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
"""

Mixed = tuple[Path, subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    """A site of one county with a good page, and others that raise, kill their kernel, kill their worker."""
    home = tiny.small_home(tmp_path_factory.mktemp("mixed"))
    tiny.notebook(home, "01_raise", "area", 1, "import os", RAISE)
    tiny.notebook(home, "02_kernel", "area", 2, KILL_KERNEL)
    tiny.notebook(home, "03_worker", "area", 3, KILL_WORKER)
    tiny.notebook(home, "04_county_report", "area", 4, "print(area, period)")
    tiny.notebook(home, "05_region_report", "region", 5, "area = 'all'", SHOW)
    arguments = ("run", "--data", "small", "--area", "010203", "--jobs", "2")
    return home / "reports" / "small" / "2024", tiny.evaltools(home, *arguments)


def files(site: Path) -> set[str]:
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


def record(site: Path, area: str, notebook: str) -> dict[str, object]:
    path = site / "manifest.d" / area / f"{notebook}.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def text_of(html: str) -> str:
    parts: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            parts.append(data)

    Reader().feed(html)
    return " ".join(parts)


def test_the_site_has_the_files_of_the_contract(mixed: Mixed) -> None:
    site, _ = mixed
    names = ("01_raise", "02_kernel", "03_worker", "04_county_report")
    expected = {"index.html", "05_region_report.ipynb", "tables/numbers.csv", "manifest.json"}
    expected |= {"manifest.d/05_region_report.json", "010203/index.html", "010203/04_county_report.ipynb"}
    expected |= {f"010203/{name}.html" for name in names[:3]}
    expected |= {f"manifest.d/010203/{name}.json" for name in names}
    assert files(site) == expected


def test_it_says_what_it_did_and_ends_with_the_path(mixed: Mixed) -> None:
    site, ran = mixed
    assert ran.returncode == 1
    assert ran.stdout == f"{site / 'index.html'}\n"
    lines = ran.stderr.splitlines()
    assert lines[0] == "小数据，2024年：1个地区，5个页面，其中0个未变，沿用。"
    assert [line.split("]")[0] for line in lines[1:6]] == [f"[{n}/5" for n in range(1, 6)]
    assert sum("失败" in line for line in lines[1:6]) == 3
    assert lines[6:10] == [
        "3个页面未能生成（其余已发布）：",
        "  010203 01_raise，第4个单元格：ValueError: no such file: data/small.csv at <object object at 0x…>",
        "  010203 02_kernel，第3个单元格：运行笔记本的内核中途退出，多为内存不足。",
        lines[9],
    ]
    assert lines[9].startswith("  010203 03_worker：运行笔记本的进程中途退出")
    assert re.fullmatch(r"已发布2个页面，用时\d+秒。", lines[10])
    assert len(lines) == 11


def test_a_failed_page_names_cell_and_reason_and_keeps_the_way_back(mixed: Mixed) -> None:
    site, _ = mixed
    html = (site / "010203" / "01_raise.html").read_text(encoding="utf-8")
    text = text_of(html)
    assert "“标题1”在第4个单元格停止" in text
    assert "ValueError: no such file: data/small.csv at <object object at 0x…>" in text
    assert 'print("noise", file=sys.stderr)' in text
    assert 'href="../index.html"' in html and 'href="index.html"' in html


def test_records_tell_the_outcome_of_every_page(mixed: Mixed) -> None:
    site, _ = mixed
    outcomes = {
        name: (found["state"], found["cause"], found["cell"])
        for name in ("01_raise", "02_kernel", "03_worker", "04_county_report")
        for found in [record(site, "010203", name)]
    }
    assert outcomes == {
        "01_raise": ("failed", "cell", 4),
        "02_kernel": ("failed", "kernel", 3),
        "03_worker": ("failed", "worker", None),
        "04_county_report": ("ok", "", None),
    }
    for path in (site / "manifest.d").rglob("*.json"):
        for name, digest in json.loads(path.read_text(encoding="utf-8"))["files"].items():
            assert manifests.digest_of(site / name) == digest


def test_the_manifest_holds_what_the_site_was_made_from(mixed: Mixed) -> None:
    site, _ = mixed
    manifest = json.loads((site / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["site"] == {
        "dataset": "small",
        "period": "2024",
        "stage": "final",
        "standard": "",
        "audience": "internal",
        "language": "zh",
    }
    assert manifest["state"] == "complete"
    facts = site.parents[2] / "data" / "small" / "facts.csv"
    assert manifest["inputs"]["small/facts.csv"] == manifests.digest_of(facts)
    assert len(manifest["failures"]) == 3
    assert manifest["shared"].keys() >= {"indicators.parquet"}
    assert manifest["started"] <= manifest["finished"]


def test_codes_stay_text_and_tables_have_a_byte_order_mark(mixed: Mixed) -> None:
    site, _ = mixed
    executed = notebook_files.read(site / "010203" / "04_county_report.ipynb")
    assert executed.cells[2].source.count('area = "010203"') == 1
    assert executed.cells[3].outputs[0].text == "010203 2024\n"
    raw = (site / "tables" / "numbers.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"\r" not in raw
    assert raw.decode("utf-8-sig").splitlines()[1] == f"all,{1 / 3!r}"


def test_no_clock_path_or_process_is_published(mixed: Mixed) -> None:
    site, _ = mixed
    home = str(site.parents[2])
    for name in files(site):
        if not name.startswith("manifest"):
            text = (site / name).read_text(encoding="utf-8")
            assert home not in text and tempfile.gettempdir() not in text, name
            assert not re.search(r"20\d\d-\d\d-\d\dT|\bpid\b|0x[0-9a-f]{6}", text), name
    for path in (site / "manifest.json", *(site / "manifest.d").rglob("*.json")):
        assert home not in path.read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of four counties with the notebooks 04 and 05, both good."""
    home = tiny.small_home(tmp_path / "home")
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    tiny.notebook(home, "04_county_report", "area", 4, "print(area)")
    tiny.notebook(home, "05_region_report", "region", 5, "print(period)")
    return home


def pages(site: Path) -> dict[str, bytes]:
    return {name: (site / name).read_bytes() for name in files(site) if not name.startswith("manifest")}


@pytest.mark.slow
def test_only_what_is_damaged_is_made_again_and_two_sites_are_not_mixed(home: Path) -> None:
    first = runs.run("small", areas=["02"], jobs=2)
    site, before = first.site, pages(first.site)
    assert (first.executed, first.reused, first.exit_status) == (2, 0, 0)
    again = runs.run("small", areas=["02"], jobs=2)
    assert (again.executed, again.reused) == (0, 2)
    (site / "02" / "index.html").write_text("half", encoding="utf-8")
    repaired = runs.run("small", areas=["02"], jobs=2)
    assert (repaired.executed, repaired.reused) == (1, 1)
    assert pages(site) == before
    ((where, sentence),) = refused(data="small", areas=["03"], stage="reported")
    assert where == "reports/small/2024"
    assert "stage final" in sentence and "stage reported" in sentence and "--force" in sentence
    assert pages(site) == before
    forced = runs.run("small", areas=["03"], stage="reported", jobs=2, force=True)
    assert (forced.site, forced.executed) == (site, 2)
    assert not any(name.startswith("02") for name in files(site))


def test_another_language_and_a_span_of_months_have_places_of_their_own(home: Path) -> None:
    def place(**arguments: str) -> str:
        return plans.make(plans.Request("small", **arguments)).site.relative_to(home).as_posix()  # type: ignore[arg-type]

    assert place() == "reports/small/2024"
    assert place(period="2023") == "reports/small/2023"
    assert place(lang="zh") == "reports/small/2024"
    assert place(lang="en") == "reports/small/2024-en"
    assert place(period="2023-01/2024-12") == "reports/small/2023-01_2024-12"
    assert place(out=str(home / "elsewhere")) == "elsewhere/small/2024"


@pytest.fixture
def trends(home: Path) -> Path:
    """The same home with one more notebook about counties."""
    tiny.notebook(home, "02_trends", "area", 2, "print(level)")
    return home


def keys(home: Path, **arguments: object) -> dict[tuple[str, str], str]:
    plan = plans.make(plans.Request("small", **arguments))  # type: ignore[arg-type]
    return SiteFolder(plan).keys


def test_a_page_s_key_covers_all_it_is_made_from(trends: Path) -> None:
    before = keys(trends)
    assert len(set(before.values())) == len(before) == 9
    assert keys(trends) == before

    def changed() -> set[str]:
        return {name for (_, name), key in keys(trends).items() if before[_, name] != key}

    facts = trends / "data" / "small" / "facts.csv"
    content = facts.read_text(encoding="utf-8")
    facts.write_text(content.replace("7", "8"), encoding="utf-8")
    assert changed() == {"02_trends", "04_county_report", "05_region_report"}
    facts.write_text(content, encoding="utf-8")
    assert changed() == set()
    parameters = keys(trends, parameters={"level": "2"})
    assert {name for (_, name), key in parameters.items() if before[_, name] != key} == {
        "02_trends",
        "04_county_report",
    }
    tiny.notebook(trends, "02_trends", "area", 2, "print(level + 1)")
    assert changed() == {"02_trends"}
    catalogue = trends / "data" / "catalogue" / "parameters.csv"
    catalogue.write_text("parameter,valid_from,valid_to,area,value,source,mark\n", encoding="utf-8")
    assert changed() == {"02_trends", "04_county_report", "05_region_report"}


def test_a_page_s_key_covers_this_package_and_its_libraries(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys(home)
    monkeypatch.setattr(manifests, "package", lambda: "another")
    assert not set(keys(home).values()).intersection(before.values())
    monkeypatch.undo()
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    monkeypatch.setattr(manifests, "versions", lambda: {"python": "4.0.0"})
    assert not set(keys(home).values()).intersection(before.values())


@pytest.mark.slow
def test_an_interrupted_run_leaves_whole_pages_and_goes_on_where_it_stopped(home: Path) -> None:
    wait = (
        "import time\nfrom pathlib import Path\nwhile area != '02' and not Path('go').exists():\n    time.sleep(0.05)"
    )
    tiny.notebook(home, "04_county_report", "area", 4, wait)
    line, environment = tiny.command(home, "run", "--data", "small", "--area", "02", "--area", "03", "--jobs", "1")
    process = subprocess.Popen(
        line, env=environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stderr is not None
    for text in process.stderr:
        if text.startswith("[1/3]"):
            break
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "再次运行同一命令将从停下处继续" in rest
    assert not psutil.wait_procs(children, timeout=30)[1]
    site = home / "reports" / "small" / "2024"
    assert files(site) == {
        "manifest.json",
        "manifest.d/02/04_county_report.json",
        "02/index.html",
        "02/04_county_report.ipynb",
    }
    assert json.loads((site / "manifest.json").read_text(encoding="utf-8"))["state"] == "unfinished"
    (home / "go").touch()
    result = runs.run("small", areas=["02", "03"], jobs=2)
    assert (result.executed, result.reused, result.exit_status) == (2, 1, 0)


def test_what_a_killed_run_left_half_written_is_swept(home: Path) -> None:
    site = home / "reports" / "small" / "2024"
    (site / "02").mkdir(parents=True)
    (site / "02" / f"{manifests.UNFINISHED}12345678").write_text("half", encoding="utf-8")
    SiteFolder(plans.make(plans.Request("small"))).open()
    assert files(site) == {"manifest.json"}


def refused(**arguments: object) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        runs.run(**arguments)  # type: ignore[arg-type]
    problems = caught.value.problems
    return list(zip(problems["where"], problems["sentence_en"], strict=True))


def test_everything_wrong_with_a_request_is_refused_at_once_before_anything_is_written(home: Path) -> None:
    found = refused(
        data="small",
        period="2034",
        notebooks=["04_county_repot"],
        parameters={"levle": "3", "level": "high", "area": "02"},
        lang="fr",
    )
    assert [where for where, _ in found] == [
        "--notebook 04_county_repot",
        "--parameter area",
        "--parameter levle",
        "--parameter level",
        "--lang",
        "--period 2034",
    ]
    assert not (home / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "where", "names"),
    [
        ({"data": "smal"}, "smal", "small"),
        ({"data": "small", "areas": ["10203"]}, "--area 10203", "010203"),
        ({"data": "small", "areas": ["地区02"]}, "--area 地区02", "02"),
        ({"data": "small", "period": "2024/13"}, "--period 2024/13", "2024"),
        ({"data": "small", "period": "2025"}, "--period 2025", "2024"),
        ({"data": "small", "standard": "none"}, "standard", "none"),
        ({"data": "small", "notebooks": ["04_report"]}, "--notebook 04_report", "04_county_report"),
        ({"data": "small", "parameters": {"lvel": "1"}}, "--parameter lvel", "level"),
        ({"data": "small", "jobs": 0}, "--jobs", "1"),
    ],
)
def test_a_refusal_names_what_would_be_valid(home: Path, arguments: dict[str, object], where: str, names: str) -> None:
    ((found_where, sentence),) = refused(**arguments)
    assert found_where == where
    assert names in sentence
    assert not (home / "reports").exists()


def test_with_one_county_other_pages_of_the_region_are_made_only_by_name(home: Path) -> None:
    tiny.notebook(home, "06_annex", "region", 60, "1")
    chosen = plans.make(plans.Request("small", areas=["02"]))
    assert {name for area, name in chosen.wanted if not area} == {"05_region_report"}
    named = plans.make(plans.Request("small", areas=["02"], notebooks=["06_annex"]))
    assert {name for area, name in named.wanted if not area} == {"05_region_report", "06_annex"}


def outcome_of(page: plans.Page, csv: str) -> Outcome:
    """An executed notebook whose one cell published a table."""
    part = {"kind": "table", "name": "numbers", "csv": csv, "label": "表1", "title": "数"}
    output = new_output("display_data", {MIME: part, "text/html": '<div class="ev"></div>'})
    notebook = new_notebook(cells=[new_code_cell("1", outputs=[output])])
    return Outcome(page.work, "ok", notebook=notebook_files.text_of(notebook))


def test_two_notebooks_of_a_county_cannot_publish_different_tables_of_one_name(trends: Path) -> None:
    plan = plans.make(plans.Request("small", areas=["02"]))
    site = SiteFolder(plan)
    site.open()
    first, second = [page for page in plan.pages if page.work.area == "02"]
    assert site.publish(first, outcome_of(first, "a\n1\n")).state == "ok"
    assert site.publish(second, outcome_of(second, "a\n1\n")).state == "ok"
    refusal = site.publish(second, outcome_of(second, "a\n2\n"))
    assert (refusal.state, refusal.cause) == ("failed", "page")
    assert "02/tables/numbers.csv" in refusal.reason and "02_trends" in refusal.reason
    # the page that failed takes its own files with it, and not what another page has too
    assert "02/04_county_report.ipynb" not in files(plan.site)
    assert (plan.site / "02" / "tables" / "numbers.csv").read_text(encoding="utf-8-sig") == "a\n1\n"


def test_a_table_that_cannot_be_written_is_that_page_s_failure(trends: Path) -> None:
    plan = plans.make(plans.Request("small", areas=["02"]))
    site = SiteFolder(plan)
    site.open()
    (plan.site / "02" / "tables" / "numbers.csv").mkdir(parents=True)  # stands for one that Excel holds open
    first = next(page for page in plan.pages if page.work.area == "02")
    refusal = site.publish(first, outcome_of(first, "a\n1\n"))
    assert (refusal.state, refusal.cause) == ("failed", "write")
    assert refusal.reason.startswith("02/tables/numbers.csv: ")
    assert "Excel" in (plan.site / first.html).read_text(encoding="utf-8")
    assert not list(plan.site.rglob(f"{manifests.UNFINISHED}*"))


def test_the_index_knows_every_county_s_state(trends: Path) -> None:
    plan = plans.make(plans.Request("small"))
    site = SiteFolder(plan)
    site.open()
    pages = {page.name: page for page in plan.pages}
    for area in ("02", "03"):
        front = pages[area, "04_county_report"]
        site.publish(front, outcome_of(front, "a\n1\n"))
    broken = pages["03", "02_trends"]
    site.publish(broken, Outcome(Work("02_trends", "03"), "failed", "cell", 3, "x", "KeyError: 'x'"))
    assert site.area_states() == {"010203": "absent", "02": "ok", "03": "failed", "04": "absent"}
    # a page of other data is not linked as if it were of these
    facts = trends / "data" / "small" / "facts.csv"
    facts.write_text(facts.read_text(encoding="utf-8").replace("7", "8"), encoding="utf-8")
    assert set(SiteFolder(plans.make(plans.Request("small"))).area_states().values()) == {"absent"}


def test_pages_that_are_no_more_go_with_their_records(trends: Path) -> None:
    plan = plans.make(plans.Request("small"))
    site = SiteFolder(plan)
    site.open()
    page = next(page for page in plan.pages if page.name == ("02", "02_trends"))
    site.publish(page, outcome_of(page, "a\n1\n"))
    (trends / "notebooks" / "02_trends.ipynb").unlink()
    SiteFolder(plans.make(plans.Request("small"))).open()
    assert files(plan.site) == {"manifest.json"}


STANDARD = """\
id: mine
name_zh: 我的标准
name_en: My standard
source: made for the tests
mark: general
total: 10
rounding: {digits: 2, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades: [{id: all, name_zh: 全, name_en: All, from: 0}]
sections:
  - id: only
    name_zh: 甲
    name_en: Only
    points: 10
    lines: [{id: "1", indicator: share, rule: proportional, points: 10, target: 50, source: s, mark: general}]
"""


def test_a_standard_s_file_goes_by_its_name_and_notebooks_find_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(STANDARD, encoding="utf-8")
    tiny.notebook(home, "04_county_report", "area", 4, "1", parameters='standard: str = ""\n')
    plan = plans.make(plans.Request("small", standard=str(file)))
    assert plan.identity["standard"] == "mine"
    assert {page.work.parameters.get("standard") for page in plan.pages} == {"mine", None}
    site = SiteFolder(plan)
    assert site.inputs["standard/mine.yaml"] == manifests.digest_of(file)
    environment = runs.surroundings(plan, tmp_path / "scratch", site)
    file.unlink()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    standard = datasets.load("small", area="02", standard="mine").standard
    assert standard is not None and standard.name_zh == "我的标准"
