"""The main job, from the raw files to the numbers a reader sees, against a calculation that shares no code with it.

DuckDB reads the raw CSV files and evaluates the catalogue's formulas as SQL; scipy gives the intervals; the points
are worked out from the YAML file with `fractions`. Both are held against the published CSV files and the page.
"""

from __future__ import annotations

import csv
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
import yaml
from bs4 import BeautifulSoup
from scipy.stats import binomtest
from tiny import evaltools

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "data" / "example"
COUNTIES = ("990103", "990109")
YEAR = 2024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Chinese site of two counties."""
    out = tmp_path_factory.mktemp("zh")
    result = evaltools(ROOT, "run", "--out", str(out), *(x for c in COUNTIES for x in ("--area", c)))
    assert result.returncode == 0, result.stderr
    index = Path(result.stdout.splitlines()[-1].strip())
    assert index == out / "example" / str(YEAR) / "index.html"
    return index.parent


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The English site of one of them."""
    out = tmp_path_factory.mktemp("en")
    result = evaltools(ROOT, "run", "--out", str(out), "--lang", "en", "--area", COUNTIES[0])
    assert result.returncode == 0, result.stderr
    return Path(result.stdout.splitlines()[-1].strip()).parent


def published(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the mark to read UTF-8"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def raw_items(county: str, year: int) -> dict[str, float]:
    """The county's value of every item that all active units, the county itself or all twelve months give."""
    origins = json.loads((EXAMPLE / "datapackage.json").read_text(encoding="utf-8"))["evaltools"]["origins"]
    read = "read_csv('{}', all_varchar=true, nullstr='')"
    tables = {name: read.format((EXAMPLE / f"{name}.csv").as_posix()) for name in ("units", "adjustments")}
    items = read.format((ROOT / "data" / "catalogue" / "items.csv").as_posix())
    facts = read.format((EXAMPLE / "facts" / f"{county}.csv").as_posix())
    trust = " ".join(f"when '{name}' then {at}" for at, name in enumerate(origins))
    duckdb.execute(f"""
        create or replace temp table counted as
        with ledger as (
            select period, area, coalesce(unit, '') as unit, item, "to"::double as value from {tables["adjustments"]}
            qualify row_number() over (partition by period, area, unit, item order by
                case stage when 'verified' then 1 when 'appeal' then 2 else 3 end desc, date desc) = 1),
        ranked as (
            select period, coalesce(unit, '') as unit, item, value::double as value, state
            from {facts} where area = '{county}'
            qualify row_number() over (partition by period, unit, item order by case origin {trust} end) = 1)
        select period, unit, item, coalesce(l.value, r.value) as value, state
        from ranked r left join (select period as p, unit as u, item as i, value from ledger where area = '{county}') l
        on p = r.period and u = r.unit and i = r.item""")
    rows = duckdb.execute(f"""
        with active as (
            select unit from {tables["units"]} where area = '{county}'
            and coalesce(valid_from, '0') <= '{year}' and coalesce(valid_to, '9999') >= '{year}'),
        own as (select item, value from counted where period = '{year}' and unit = '' and value is not null),
        added as (
            select item, sum(value) as value from counted join active using (unit) join {items} using (item)
            where period = '{year}' and over_units = 'sum' and (value is not null or state = 'not_applicable')
            group by item having count(*) = (select count(*) from active) and count(value) > 0),
        months as (
            select item, case any_value(over_time) when 'sum' then sum(value) when 'last' then max_by(value, period)
                when 'mean' then avg(value) end as value
            from counted join {items} using (item)
            where unit = '' and period like '{year}-__' and value is not null
            group by item having count(*) = 12 and any_value(over_time) <> 'none')
        select item, value from own
        union all select item, value from added where item not in (select item from own)
        union all select item, value from months
            where item not in (select item from own) and item not in (select item from added)""").fetchall()
    return dict(rows)


def in_sql(
    formula: str, items: dict[str, float], before: dict[str, float], parameters: dict[str, float]
) -> float | None:
    """Let DuckDB evaluate a formula of the catalogue; None where an item is missing."""
    formula = re.sub(r"parameter\((\w+)\)", lambda m: str(parameters[m[1]]), formula)
    values = {f"prior_{name}": value for name, value in before.items()} | items
    formula = re.sub(r"prior\((\w+)\)", r"prior_\1", formula)
    names = sorted(set(re.findall(r"[a-z_]\w*", formula)))
    if any(name not in values for name in names):
        return None
    columns = ", ".join(f"{values[name]!r}::double as {name}" for name in names)
    (result,) = duckdb.execute(f"select {formula} from (select {columns})").fetchone() or (None,)
    return None if result is None else float(result)


@pytest.fixture(scope="module")
def independent() -> dict[str, dict[str, tuple[float, float | None]]]:
    """county -> indicator -> numerator and denominator of 2024, from the raw files."""
    reported = json.loads((EXAMPLE / "datapackage.json").read_text(encoding="utf-8"))["evaltools"]["indicators"]
    with (ROOT / "data" / "catalogue" / "indicators.csv").open(encoding="utf-8", newline="") as file:
        catalogue = [
            row
            for row in csv.DictReader(file)
            if row["indicator"] in reported
            and row["kind"] not in ("units_meeting", "worst_unit")
            and int(row["valid_from"] or 0) <= YEAR <= int(row["valid_to"] or 9999)
        ]
    with (ROOT / "data" / "catalogue" / "parameters.csv").open(encoding="utf-8", newline="") as file:
        parameters = {
            row["parameter"]: float(row["value"])
            for row in csv.DictReader(file)
            if int(row["valid_from"] or 0) <= YEAR <= int(row["valid_to"] or 9999) and row["area"] == "*"
        }
    result: dict[str, dict[str, tuple[float, float | None]]] = {}
    for county in COUNTIES:
        items, before = raw_items(county, YEAR), raw_items(county, YEAR - 1)
        for row in catalogue:
            above = in_sql(row["numerator"], items, before, parameters)
            below = in_sql(row["denominator"], items, before, parameters) if row["denominator"] else None
            if above is not None and (below or not row["denominator"]):
                result.setdefault(county, {})[row["indicator"]] = (above, below)
    return result


@pytest.mark.parametrize("county", COUNTIES)
def test_every_published_indicator_is_what_the_raw_files_give(site: Path, independent, county: str) -> None:  # type: ignore[no-untyped-def]
    rows = {row["indicator"]: row for row in published(site / county / "tables" / "indicators.csv")}
    shares = {name for name, row in rows.items() if row["kind"] in ("units_meeting", "worst_unit")}
    known = {name for name, row in rows.items() if row["value"]} - shares
    assert known == set(independent[county]), known ^ set(independent[county])
    assert len(known) >= 60
    for name in known:
        above, below = independent[county][name]
        row = rows[name]
        assert float(row["numerator"]) == pytest.approx(above, rel=1e-12), name
        expected = above / below * float(row["per"]) if below is not None else above
        assert float(row["value"]) == pytest.approx(expected, rel=1e-12), name


@pytest.mark.parametrize("county", COUNTIES)
def test_every_published_interval_is_what_scipy_gives(site: Path, county: str) -> None:
    rows = [row for row in published(site / county / "tables" / "intervals.csv") if row["kind"] == "proportion"]
    checked = 0
    for row in rows:
        count, n = float(row["numerator"]), float(row["denominator"])
        if count > n:
            assert row["lower"] == "" and row["reason"].startswith("above 100%")
            continue
        per = float(row["per"])
        limits = binomtest(int(count), int(n)).proportion_ci(0.95, method="wilson")
        assert [float(row["lower"]), float(row["upper"])] == pytest.approx([limits.low * per, limits.high * per]), row
        checked += 1
    assert checked >= 40


def half_up(x: Fraction) -> Decimal:
    return (Decimal(x.numerator) / Decimal(x.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def points_of(line: dict[str, str], value: Fraction, up: bool) -> Decimal:
    """The rules of the standard, written down again from their published formulas."""
    full = Fraction(line["points"])
    if line["rule"] == "proportional":
        target = Fraction(line["target"])
        return half_up(full * min(Fraction(1), value / target if up else target / value))
    if line["rule"] == "threshold":
        lower, upper = Fraction(line["lower"]), Fraction(line["upper"])
        return half_up(full * max(Fraction(0), min(Fraction(1), (value - lower) / (upper - lower))))
    short = Fraction(line["target"]) - value if up else value - Fraction(line["target"])
    return half_up(max(Fraction(0), full - Fraction(line["deduct"]) * max(Fraction(0), short)))


@pytest.mark.parametrize("county", COUNTIES)
def test_the_points_follow_from_the_standard_and_the_raw_files(site: Path, independent, county: str) -> None:  # type: ignore[no-untyped-def]
    text = (ROOT / "data" / "standards" / "basic_public_health.yaml").read_text(encoding="utf-8")
    standard = yaml.load(text, Loader=yaml.BaseLoader)
    lines = {line["id"]: line for section in standard["sections"] for line in section["lines"]}
    indicators = {row["indicator"]: row for row in published(site / county / "tables" / "indicators.csv")}
    rows = published(site / county / "tables" / "lines.csv")
    assert [row["line"] for row in rows] == list(lines)
    total = Decimal(0)
    for row in rows:
        line, shown = lines[row["line"]], indicators[row["indicator"]]
        above, below = independent[county].get(
            row["indicator"], (float(shown["numerator"]), float(shown["denominator"]))
        )
        value = Fraction(above) / Fraction(below or 1) * int(shown["per"])
        expected = points_of(line, value, line.get("direction", shown["direction"]) != "down")
        assert Decimal(row["points"]).quantize(Decimal("0.01")) == expected, row
        total += expected
    sections = {row["section"]: row for row in published(site / county / "tables" / "sections.csv")}
    assert Decimal(sections[""]["points"]).quantize(Decimal("0.01")) == total
    page = BeautifulSoup((site / county / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert page.select_one(".ev-key strong").get_text() == f"{total:.2f}"  # type: ignore[union-attr]


@pytest.mark.parametrize("county", COUNTIES)
def test_the_page_shows_the_numbers_of_its_table_rounded_half_up(site: Path, county: str) -> None:
    rows = {row["name"]: row for row in published(site / county / "tables" / "indicators.csv")}
    page = BeautifulSoup((site / county / "02_trends.html").read_text(encoding="utf-8"), "html.parser")
    table = page.select_one("#table-indicators table")
    assert table is not None
    heads = [head.get_text() for head in table.select("thead th")]
    at = heads.index("本期值")
    checked = 0
    for line in table.select("tbody tr:not(.ev-group)"):
        cells = [cell.get_text() for cell in line.find_all(["th", "td"])]
        row = rows[cells[0]]
        if row["kind"] == "proportion" and row["per"] == "100" and row["value"]:
            shown = Decimal(repr(float(row["value"]))).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert cells[at] == f"{shown}%", cells[0]
            checked += 1
    assert checked >= 40


@pytest.mark.slow
def test_both_languages_publish_the_same_tables_and_numbers(site: Path, english: Path) -> None:
    first, second = (folder / COUNTIES[0] / "tables" for folder in (site, english))
    assert sorted(p.name for p in first.iterdir()) == sorted(p.name for p in second.iterdir())
    for path in first.glob("*.csv"):
        ours, theirs = published(path), published(second / path.name)
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert list(one) == list(other)
            numbers = {name: text for name, text in one.items() if re.fullmatch(r"-?[\d.]+(e-?\d+)?", text)}
            assert {name: other[name] for name in numbers} == numbers


# Identifiers of files and methods, units and the product's name; everything else on a Chinese page is Chinese.
ENGLISH_ALLOWED = {"CSV", "facts", "adjustments", "csv", "evaltools", "Wilson", "Byar", "HIV", "Excel", "http", "https"}
ENGLISH_ALLOWED |= {"Fingertips", "logit", "Mann", "Kendall", "Sen", "Cochran", "Armitage", "Benjamini", "Hochberg"}


def texts_of(page: Path) -> str:
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for hidden in soup.select("style, script, footer code, a[href]"):
        if hidden.name != "a" or "http" in hidden.get_text():
            hidden.decompose()
    attributes = [
        str(tag[name]) for tag in soup.find_all(True) for name in ("alt", "aria-label", "title") if tag.has_attr(name)
    ]
    return "\n".join([soup.get_text("\n"), *attributes])


def pages_of(folder: Path, county: str) -> list[Path]:
    return [folder / "index.html", *sorted((folder / county).glob("*.html"))]


def test_chinese_pages_hold_no_english(site: Path) -> None:
    for page in [*pages_of(site, COUNTIES[0]), *pages_of(site, COUNTIES[1])]:
        text = re.sub(r"https?://[\w./?=&%+-]+", "", texts_of(page))
        strange = set(re.findall(r"[A-Za-z]{2,}", text)) - ENGLISH_ALLOWED
        assert not strange, (page.name, strange)


@pytest.mark.slow
def test_english_pages_hold_no_chinese_but_names_and_quotations(english: Path) -> None:
    # What somebody wrote or issued in Chinese is quoted as it is: sources, reasons and evidence of the data.
    quoted = set()
    for file in (EXAMPLE / "adjustments.csv", EXAMPLE / "claims.csv", ROOT / "data" / "catalogue" / "parameters.csv"):
        with file.open(encoding="utf-8", newline="") as file:
            quoted |= {
                row[c] for row in csv.DictReader(file) for c in ("source", "reason", "evidence", "text") if row.get(c)
            }
    standard = yaml.safe_load((ROOT / "data" / "standards" / "basic_public_health.yaml").read_text(encoding="utf-8"))
    package = json.loads((EXAMPLE / "datapackage.json").read_text(encoding="utf-8"))
    quoted |= {standard["source"], package["evaltools"]["source_zh"]}
    for page in pages_of(english, COUNTIES[0]):
        text = texts_of(page)
        for quotation in sorted(quoted, key=len, reverse=True):
            text = text.replace(quotation, "")
        strange = re.findall(r".*[\u4e00-\u9fff].*", text)
        assert not strange, (page.name, strange[:5])


def test_published_paths_are_short_and_legal_everywhere(site: Path) -> None:
    paths = [path.relative_to(site.parent.parent).as_posix() for path in site.rglob("*")]
    assert all(len(path) <= 120 for path in paths)
    assert not [path for path in paths if re.search(r'[:*?"<>|\\]|[ .]$', path)]
    reserved = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
    assert not [path for path in paths if reserved & {part.split(".")[0].lower() for part in path.split("/")}]


def test_no_published_file_knows_this_machine(site: Path) -> None:
    home = str(ROOT).encode()
    for path in site.rglob("*"):
        if path.is_file() and "manifest" not in path.relative_to(site).parts[0]:
            assert home not in path.read_bytes(), path


@pytest.mark.slow
def test_a_page_is_fictitious_wherever_it_is_read(site: Path, english: Path) -> None:
    for page in pages_of(site, COUNTIES[0]):
        assert "虚构示例数据" in texts_of(page)
    for page in pages_of(english, COUNTIES[0]):
        assert "fictitious" in texts_of(page).lower()
