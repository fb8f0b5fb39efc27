"""Pages for the public: no number of a withheld cell reaches a file, and one site has one audience."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evaltools as ev
from evaltools import audiences, manifests, plans, regions
from evaltools.datasets import Data
from evaltools.problems import ProblemList
from evaltools.publishing import Publish
from evaltools.runs import run
from evaltools.site_folder import SiteFolder

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[1] / "data" / "example"
COUNTY, OTHER = "990105", "990106"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two counties of the built-in example and their prefecture."""
    path = tmp_path_factory.mktemp("home") / "two"
    (path / "facts").mkdir(parents=True)
    shutil.copy(EXAMPLE / "datapackage.json", path)
    for file in EXAMPLE.glob("*.csv"):
        rows = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
        if "area" in rows:
            rows = rows[rows["area"].isin(["990100", COUNTY, OTHER, "*"])]
        rows.to_csv(path / file.name, index=False, encoding="utf-8", lineterminator="\n")
    for code in (COUNTY, OTHER):
        shutil.copy(EXAMPLE / "facts" / f"{code}.csv", path / "facts")
    return path


@pytest.fixture(scope="module")
def data(folder: Path) -> Data:
    return ev.load(str(folder))


@pytest.fixture(scope="module")
def region(data: Data) -> regions.RegionFigures:
    return regions.compute(data, "year", "public")


@pytest.fixture(scope="module")
def hidden(data: Data, region: regions.RegionFigures) -> pd.DataFrame:
    """The rows that are withheld, with their true numbers."""
    raw = ev.indicators(data, units=False)
    key = ["period", "area", "unit", "indicator", "definition"]
    both = raw.merge(region.public[[*key, "suppressed"]], on=key)
    return both[both["suppressed"].isin(["primary", "secondary", "withheld"])]


def test_there_is_something_to_hide(hidden: pd.DataFrame) -> None:
    assert len(hidden[(hidden["area"] == COUNTY) & (hidden["period"] == "2024")]) >= 3


def test_everything_of_the_region_is_made_of_public_figures(
    region: regions.RegionFigures, hidden: pd.DataFrame
) -> None:
    key = ["period", "area", "indicator", "definition"]
    for frame in (region.indicators, region.benchmark):
        rows = hidden[key].merge(frame, on=key)
        assert len(rows) == len(hidden) and rows["value"].isna().all()
    points = hidden[key[:3]].merge(region.points, on=key[:3])
    assert len(points) > 0
    assert points["points"].isna().all() and (points["because"] == "").all()
    assert points["reason"].str.startswith("withheld").all()


def test_internal_figures_are_those_of_before(data: Data) -> None:
    plain = regions.compute(data, "year")
    pd.testing.assert_frame_equal(plain.indicators, ev.indicators(data, units=False))
    assert plain.public.empty
    assert plain.admitted(plain.indicators) is plain.indicators


def test_a_row_that_was_never_cleared_shows_no_number(data: Data, region: regions.RegionFigures) -> None:
    shown = region.admitted(ev.indicators(data))
    of_units = shown[shown["unit"] != ""]
    assert len(of_units) > 0
    assert of_units[["numerator", "denominator", "value", "lower", "upper"]].isna().all(axis=None)


def test_findings_about_people_quote_no_figure(data: Data) -> None:
    found = ev.check(data)
    shown = audiences.public_findings(found, data)
    assert len(shown) == len(found) and list(shown["level"]) == list(found["level"])
    people = set(data.items.loc[data.items["people"] == "yes", "item"])
    about = shown[shown["subject"].isin(people)]
    assert len(about) > 0 and (about["evidence"] == "").all()
    for lang in ("zh", "en"):
        names = data.items.set_index("item")[f"name_{lang}"]
        for subject, text in zip(about["subject"], about[f"sentence_{lang}"], strict=True):
            assert not re.search(r"\d", text.replace(names[subject], ""))


def test_the_gate_refuses_a_small_count_that_slipped_through(data: Data) -> None:
    publish = Publish(audience="public", data=data)
    rows = pd.DataFrame({"indicator": ["tb_management_rate"], "numerator": [3.0], "denominator": [125.0]})
    with pytest.raises(ValueError, match="small count of tb_managed"):
        publish.table(rows, "x", "caption", {"numerator": ("n", "quantity")})
    publish.table(rows.assign(numerator=99.0), "x", "caption", {"numerator": ("n", "quantity")})
    money = pd.DataFrame({"item": ["funds_spent"], "from": [3.0], "to": [np.nan]})
    publish.table(money, "y", "caption", {"from": ("n", "quantity")})
    with pytest.raises(ValueError, match="small count of maternal_deaths"):
        publish.table(money.assign(item="maternal_deaths"), "y", "caption", {"from": ("n", "quantity")})


def test_a_public_site_does_not_mix_with_an_internal_one(folder: Path, tmp_path: Path) -> None:
    request = plans.Request(data=str(folder), areas=[COUNTY], out=tmp_path)
    internal, public = (plans.make(replace(request, audience=name)) for name in ("internal", "public"))
    assert internal.site == public.site
    manifests.write_manifest(internal.site, {"site": internal.identity})
    for plan, force, refused in ((public, False, True), (public, True, False), (internal, False, False)):
        problems = ProblemList()
        SiteFolder(plan, force).check(problems)
        assert (len(problems) > 0) == refused
    manifests.write_manifest(public.site, {"site": public.identity})
    problems = ProblemList()
    SiteFolder(internal).check(problems)
    assert len(problems) == 1
    keys = [SiteFolder(plan).keys for plan in (internal, public)]
    assert not set(keys[0].values()) & set(keys[1].values())


def test_an_unknown_preset_or_audience_is_refused_before_anything_runs(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(folder, own)
    package = json.loads((own / "datapackage.json").read_text(encoding="utf-8"))
    package["evaltools"]["disclosure"] = "nonsense"
    (own / "datapackage.json").write_text(json.dumps(package, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(ev.InputError, match="nonsense"):
        plans.make(plans.Request(data=str(own), out=tmp_path, audience="public"))
    with pytest.raises(ev.InputError, match="everybody"):
        plans.make(plans.Request(data=str(folder), out=tmp_path, audience="everybody"))


def test_no_withheld_number_stands_in_any_published_file(
    folder: Path, tmp_path: Path, data: Data, hidden: pd.DataFrame, region: regions.RegionFigures
) -> None:
    result = run(data=str(folder), areas=[COUNTY], out=tmp_path, audience="public")
    assert result.exit_status == 0, result.failures
    site = result.site
    own = hidden[(hidden["area"] == COUNTY) & hidden["unit"].eq("")]
    names = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")

    pages = sorted(site.rglob("*.html"))
    assert len(pages) == 5
    for page in pages:
        assert "通用（县域公开）" in page.read_text(encoding="utf-8"), page.name

    # tables: no number of the indicator equals a withheld one, in any column
    now = own[own["period"] == "2024"]
    looked = 0
    for file in sorted(site.rglob("*.csv")):
        table = pd.read_csv(file, encoding="utf-8-sig", dtype=str, keep_default_na=False)
        if "indicator" not in table:
            continue
        for row in now.itertuples():
            found = table[table["indicator"] == row.indicator]
            looked += len(found)
            for name in ("value", "points", "because", "lower", "upper", "rank", "change_pp", "short"):
                if name in found:
                    assert set(found[name]) <= {""}, (file.name, row.indicator, name)
    assert looked > 0

    # charts, of earlier years too: what is written in them, what shows on hovering, and their alternative texts
    drawn = [svg for page in pages for svg in re.findall(r"<svg.*?</svg>", page.read_text(encoding="utf-8"), re.DOTALL)]
    assert len(drawn) >= 3
    told = re.compile(r'aria-label="([^"]*)"|<(?:text|tspan|title)[^>]*>([^<]*)')
    texts = [text for svg in drawn for parts in told.findall(svg) for text in parts if text]
    assert len(texts) > 50
    words = {number for text in texts for number in re.findall(r"\d+\.\d+", text)}
    shown = {f"{value:.2f}" for value in region.public["value"].dropna()}
    for row in own.itertuples():
        printed = f"{row.value:.2f}"
        assert printed in shown or printed not in words, (row.indicator, row.period, printed)

    # everything a reader can open: the printed rate, and the count beside its denominator
    texts = [
        file.read_text(encoding="utf-8-sig")
        for kind in ("*.html", "*.ipynb", "*.csv")
        for file in sorted(site.rglob(kind))
    ]
    for row in now.itertuples():
        if not np.isfinite(row.value) or row.value in (0, 100):
            continue
        for lang in ("zh", "en"):
            name = names.at[row.indicator, f"name_{lang}"]
            near = re.compile(re.escape(name) + r"[^\n]{0,60}?" + re.escape(f"{row.value:.2f}"))
            assert not any(near.search(text) for text in texts), (name, row.value)
        ratio = f"{row.numerator:.0f}/{row.denominator:.0f}"
        assert not any(ratio in text for text in texts), ratio

    manifest = json.loads((site / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["site"]["audience"] == "public" and manifest["site"]["disclosure"] == "general"
