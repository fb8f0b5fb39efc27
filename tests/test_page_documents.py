"""The files beside the pages of a run: which are made, kept, replaced and told of; kernels are not needed for it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path

import nbformat
import pytest
import tiny
from docx import Document
from published import notebook

from evaltools import page_documents, runs
from evaltools.engine import Outcome, Work
from evaltools.page_documents import LETTER
from evaltools.pdf_page import BROWSER
from evaltools.wording import word

pytestmark = pytest.mark.slow


class Written:
    """An engine that hands out what was executed before."""

    def __init__(self) -> None:
        self.text = nbformat.writes(notebook())

    def execute(self, works: Iterable[Work], jobs: int) -> Generator[Outcome, None, None]:
        for work in works:
            yield Outcome(work, "ok", notebook=self.text)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tiny.small_home(tmp_path)
    tiny.notebook(home, "04_county_report", "area", 4, parameters='genre: str = "report"\n')
    tiny.notebook(home, "05_region_report", "region", 5)
    monkeypatch.setenv("EVALTOOLS_HOME", str(home))
    monkeypatch.delenv("EVALTOOLS_DATA", raising=False)
    return home


def run(home: Path, *documents: str, **more: object) -> runs.RunResult:
    return runs.run("small", areas=["02"], engine=Written(), jobs=1, documents=documents, **more)


def beside(site: Path) -> set[str]:
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.suffix in (".docx", ".xlsx", ".pdf")}
    return {name for name in found if "tables/" not in name}


def test_files_are_made_beside_each_page_and_only_those_that_were_asked_for(home: Path) -> None:
    assert beside(run(home).site) == set()
    result = run(home, "docx", "xlsx")
    report, region = "02/04_county_report", "05_region_report"
    wanted = {f"{stem}{kind}" for stem in (report, region) for kind in (".docx", ".xlsx")} | {f"02/{LETTER}"}
    assert beside(result.site) == set(result.documents.made) == wanted
    assert (result.executed, result.exit_status) == (0, 0)  # nothing runs again for them
    before = {name: (result.site / name).stat().st_mtime_ns for name in wanted}
    again = run(home, "docx", "xlsx")
    assert again.documents.made == ()
    assert {name: (again.site / name).stat().st_mtime_ns for name in wanted} == before


def test_there_is_no_letter_of_what_a_county_says_of_itself(home: Path) -> None:
    result = run(home, "docx", parameters={"genre": "self"})
    assert f"02/{LETTER}" not in result.documents.made and "02/04_county_report.docx" in result.documents.made


def test_what_a_person_edited_is_never_written_over_and_what_is_ours_follows_its_page(home: Path) -> None:
    site = run(home, "docx").site
    own = Document(str(site / "02" / LETTER))
    own.add_paragraph("手写")
    own.save(str(site / "02" / LETTER))
    edited = (site / "02" / LETTER).read_bytes()
    assert run(home, "docx").exit_status == 0  # it belongs to the page as it is
    facts = home / "data" / "small" / "facts.csv"
    facts.write_text(facts.read_text(encoding="utf-8").replace("a,3", "a,4"), encoding="utf-8")
    result = run(home, "docx")
    assert (site / "02" / LETTER).read_bytes() == edited
    assert [entry.file for entry in result.documents.failed] == [f"02/{LETTER}"] and result.exit_status == 1
    assert "02/04_county_report.docx" in result.documents.made
    facts.write_text(facts.read_text(encoding="utf-8").replace("a,4", "a,5"), encoding="utf-8")
    last = run(home)  # no files asked for: those that say something else by now are gone, the person's stays
    assert beside(site) == {f"02/{LETTER}"} and (site / "02" / LETTER).read_bytes() == edited
    assert last.exit_status == 0


def test_somebody_elses_file_of_the_name_is_left(home: Path) -> None:
    site = run(home).site
    (site / "05_region_report.docx").write_bytes(b"mine")
    result = run(home, "docx")
    (failed,) = result.documents.failed
    assert (failed.file, failed.reason) == ("05_region_report.docx", word("documents.edited", "zh"))
    assert (site / "05_region_report.docx").read_bytes() == b"mine"


def test_without_a_browser_the_pages_stay_and_it_is_said_which_pdf_was_not_made(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BROWSER, str(home / "no-browser"))
    result = run(home, "pdf")
    assert result.exit_status == 1 and not result.failures
    assert (result.site / "index.html").is_file() and beside(result.site) == set()
    _, line = page_documents.told(result.documents, "zh")
    reason = word("documents.no_browser", "zh", variable=BROWSER)
    assert line.strip() == f"02/04_county_report.pdf、05_region_report.pdf：{reason}"


def test_a_document_does_not_stay_in_a_site_that_was_made_another(home: Path) -> None:
    site = run(home, "docx").site
    assert beside(site)
    other = run(home, "xlsx", stage="reported", force=True)
    assert other.site == site
    assert {name for name in beside(site) if name.endswith(".docx")} == set()
    assert set(other.documents.made) == {"02/04_county_report.xlsx", "05_region_report.xlsx"}
