"""Sentences about change over a grid of data, from facts to text: what they must say, and a snapshot of what they say.

Every case goes the whole way: facts of a dataset, `ev.indicators`, `change_views.overview`, `narrative.changes`. What a
sentence must hold is worked out here from the numbers of the case alone. The snapshots, `snapshots/changes_zh.txt` and
`changes_en.txt`, have a line a case, `case | sentence`, to be read by people. After a wanted change of words rewrite
them and read the difference:

    UPDATE_SNAPSHOTS=1 python -m pytest -n 0 tests/test_change_sentences.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from builders import area, dataset, fact, indicator, item, unit

import evaltools as ev
from evaltools import change_views, narrative

LANGUAGES = ("zh", "en")
SNAPSHOTS = Path(__file__).parent / "snapshots"
PLACE, OTHER = "990101", "990102"

Point = tuple[float, float] | None
"""Numerator and denominator of one time; None where nothing was reported."""


@dataclass(frozen=True)
class Case:
    """One indicator with its points, the oldest first, the last one in the period of the page.

    about: which of `ABOUT` it is called. since: how many of the points are on the basis of the last one; None is all.
    caution: what has to be said of its last change. reason: where there is none, why, in both languages. keeps: names
    of breaks.csv. state: of the last fact. definitions: whether the catalogue has a new one from the page's year on.
    """

    name: str
    points: tuple[Point, ...]
    about: str = "share"
    direction: str = "up"
    since: int | None = None
    caution: str = ""
    reason: tuple[str, str] = ("", "")
    breaks: tuple[tuple[str, str], ...] = ()
    state: str = ""
    definitions: bool = False
    units: bool = False

    @property
    def code(self) -> str:
        return re.sub(r"\W+", "_", self.name)


@dataclass(frozen=True)
class About:
    """What a case is an indicator of."""

    zh: str
    en: str
    kind: str = "proportion"
    per: int = 100
    measure: str = "person"


ABOUT = {
    "share": About("高血压规范管理率", "Hypertension standardised management rate"),
    "low": About("贫血患病率", "Prevalence of anaemia"),
    "money": About("资金执行率", "Fund execution rate", "ratio"),
    "infant": About("婴儿死亡率", "Infant mortality rate", "rate", 1000),
    "doctors": About("每万人口全科医生数", "General practitioners per resident", "ratio", 10_000),
    "maternal": About("孕产妇死亡率", "Maternal mortality ratio", "rate", 100_000),
    "people": About("高血压患者管理人数", "Hypertension patients under management (persons)", "count", 1),
    "copies": About("印刷资料发放数量", "Printed material", "count", 1, "copy"),
    "funds": About("人均补助资金", "Funds per resident", "mean", 1, "yuan"),
    "income": About("业务收入", "Income", "amount", 1, "yuan"),
}


def of(*levels: str | None, n: int = 10_000, per: int = 100) -> tuple[Point, ...]:
    """Levels as they are printed, each over the same denominator, which must give whole numerators."""
    points: list[Point] = []
    for level in levels:
        cases = Fraction(level or 0) * n / per
        assert cases.denominator == 1, level
        points.append(None if level is None else (int(cases), n))
    return tuple(points)


def counts(*numbers: float) -> tuple[Point, ...]:
    return tuple((number, 1) for number in numbers)


STEPS = ("60.00", "63.50", "66.10", "68.50", "71.40", "74.20", "78.10")
NOT_REPORTED = ("未上报", "not reported")
PREVIOUS_NOT_REPORTED = ("上年同期缺数据：未上报", "previous period missing: not reported")

YEARS = (
    # as the first comparison, then so many in a row: n rises take n + 1 points
    Case("share/rise", of("74.20", "78.10")),
    Case("share/fall", of("78.10", "74.20")),
    *(Case(f"share/rise {n} in a row", of(*STEPS[-n - 1 :])) for n in range(2, 7)),
    *(Case(f"share/fall {n} in a row", of(*STEPS[-n - 1 :][::-1])) for n in range(2, 7)),
    Case("share/rise after a fall", of("66.10", "68.50", "63.50", "71.40")),
    Case("share/rise 2 in a row after a fall", of("68.50", "63.50", "66.10", "71.40")),
    Case("share/rise 2 in a row after a level year", of("60.00", "63.50", "63.50", "66.10", "71.40")),
    Case("share/rise 2 in a row after a rise nobody sees", (*of("63.50"), (63_504, 100_000), *of("66.10", "71.40"))),
    Case("share/rise 2 in a row after a gap", of("60.00", "63.50", None, "66.10", "68.50", "71.40")),
    Case("share/rise after a gap", of("60.00", "63.50", None, "68.50", "71.40")),
    Case("share/fall after rises", of("63.50", "66.10", "71.40", "68.50")),
    Case("share/direction down, rise", of("8.20", "11.50"), "low", "down"),
    Case("share/direction down, fall", of("11.50", "8.20"), "low", "down"),
    Case("share/direction none, rise 3 in a row", of("60.00", "63.50", "66.10", "71.40"), direction="none"),
    Case("share/direction none, fall", of("71.40", "66.10"), direction="none"),
    Case("share/to 100", of("96.00", "100.00")),
    Case("share/from zero", of("0.00", "3.00"), "low"),
    Case("share/to zero", of("3.00", "0.00"), "low"),
    Case("share/money above 100", of("98.00", "104.50"), "money"),
    # no change, and almost none
    Case("same/level", of("78.10", "78.10")),
    Case("same/one ratio of other numbers", ((2, 7), (22, 77))),
    Case("same/always 100", of("100.00", "100.00", "100.00")),
    Case("same/always zero", of("0.00", "0.00", "0.00"), "low"),
    Case("same/level after rises", of("60.00", "66.10", "71.40", "71.40")),
    Case("same/almost", ((78_100, 100_000), (78_104, 100_000))),
    Case("same/almost, fall", ((78_104, 100_000), (78_100, 100_000))),
    Case("same/prints alike, changes by 0.01", ((974_251, 1_000_000), (974_349, 1_000_000))),
    Case("small/last digit of the change", ((974_340, 1_000_000), (976_450, 1_000_000)), caution="small"),
    # too small to matter, or explained by chance
    Case("small/beyond chance", of("78.10", "78.90", n=1_000_000), caution="small"),
    Case("small/fall beyond chance", of("78.90", "78.10", n=1_000_000), caution="small"),
    Case("small/certainly less than matters", of("78.10", "78.20", n=20_000), caution="small"),
    Case("small/money, without chance", of("98.00", "98.40"), "money", caution="small"),
    Case("small/rise 4 in a row", of("78.10", "78.50", "78.80", "79.30", "79.90", n=1_000_000), caution="small"),
    Case("small/just below one point", ((700_000, 1_000_000), (709_970, 1_000_000)), caution="small"),
    Case("small/count, less than 1%", counts(5000, 5040), "people", caution="small"),
    Case("share/just one point", of("74.20", "75.20", n=1_000_000)),
    Case("chance/rise", of("74.20", "78.20", n=500), caution="unclear"),
    Case("chance/fall", of("78.20", "74.20", n=500), caution="unclear"),
    Case("chance/rise 4 in a row", of("66.20", "68.40", "71.40", "74.20", "78.20", n=500), caution="unclear"),
    Case("chance/few people", ((3, 9), (5, 10)), caution="unclear"),
    Case("chance/too few to test", ((0, 6), (1, 7)), caution="unclear"),
    Case("chance/next to nobody to test", ((0, 100_000), (1, 2)), caution="untested"),
    Case("chance/more than there are", of("98.00", "102.00"), caution="untested"),
    Case("chance/one death more", ((1, 9800), (2, 9750)), "maternal", "down", caution="unclear"),
    Case("chance/no death left", ((1, 9800), (0, 9750)), "maternal", "down", caution="unclear"),
    # gaps
    Case("gap/this year", of("74.20", None), reason=NOT_REPORTED),
    Case("gap/this year, one of two institutions", of("74.20", "78.10"), units=True,
         reason=("2个机构中1个已上报", "1 of 2 units reported")),
    Case("gap/this year, denominator zero", (*of("74.20"), (0, 0)), reason=("分母为零", "denominator is zero")),
    Case("gap/this year, not applicable", of("74.20", None), state="not_applicable",
         reason=("不适用", "not applicable")),
    Case("gap/previous year", of("71.40", None, "78.10"), reason=PREVIOUS_NOT_REPORTED),
    Case("gap/first year", of("78.10"), reason=PREVIOUS_NOT_REPORTED),
    Case("gap/previous year, denominator zero", ((0, 0), *of("78.10")),
         reason=("上年同期缺数据：分母为零", "previous period missing: denominator is zero")),
    Case("gap/both years", of("71.40", None, None), reason=NOT_REPORTED),
    # breaks
    Case("break/definition", of("71.40", "74.20", "78.10"), breaks=(("definition", "2024"),), since=1,
         reason=("不可比：其间口径有调整", "not comparable: definition break")),
    Case("break/definition of the catalogue", of("71.40", "74.20", "78.10"), definitions=True, since=1,
         reason=("不可比：指标口径已变更", "not comparable: definition changed")),
    Case("break/boundary", of("71.40", "74.20", "78.10"), breaks=(("boundary", "2024"),), since=1,
         reason=("不可比：其间区划有调整", "not comparable: boundary break")),
    Case("break/definition 2 years ago, rise 2 in a row", of(*STEPS), breaks=(("definition", "2022"),), since=3),
    Case("break/boundary last year, rise", of(*STEPS), breaks=(("boundary", "2023"),), since=2),
    Case("break/this year disturbed", of("74.20", "71.40"), breaks=(("disturbance", "2024"),)),
    Case("break/previous year disturbed", of("71.40", "63.50", "74.20"), breaks=(("disturbance", "2023"),)),
    Case("break/disturbed long ago, rise 6 in a row", of(*STEPS), breaks=(("disturbance", "2020"),)),
    # other measures
    Case("per 1000/rise", of("4.10", "4.59", n=1_000_000, per=1000), "infant", "down"),
    Case("per 1000/fall 3 in a row", of("5.20", "4.90", "4.59", "4.10", n=1_000_000, per=1000), "infant", "down"),
    Case("per 1000/same", of("4.59", "4.59", per=1000, n=100_000), "infant", "down"),
    Case("per 1000/chance", of("4.00", "5.00", n=2000, per=1000), "infant", "down", caution="unclear"),
    Case("per 10000/rise 2 in a row", of("3.00", "3.17", "3.44", per=10_000, n=1_000_000), "doctors"),
    Case("per 10000/fall", of("3.44", "3.17", per=10_000, n=1_000_000), "doctors"),
    Case("per 100000/rise", of("18.5", "23.5", per=100_000, n=4_000_000), "maternal", "down"),
    Case("per 100000/fall 2 in a row", of("30.0", "23.5", "18.5", per=100_000, n=4_000_000), "maternal", "down"),
    Case("per 100000/same", of("0.0", "0.0", per=100_000), "maternal", "down"),
    Case("count/rise", counts(37_671, 38_848), "people"),
    Case("count/fall 2 in a row", counts(41_200, 38_848, 37_671), "people"),
    Case("count/rise 5 in a row", counts(90_000, 99_800, 110_000, 130_500, 153_673, 158_013), "copies"),
    Case("count/same", counts(48, 48), "copies"),
    Case("count/to zero", counts(3, 0), "copies", "down"),
    Case("count/from zero", counts(0, 3), "copies"),
    Case("count/this year missing", ((48, 1), None), "copies", reason=NOT_REPORTED),
    Case("money/rise 4 in a row", ((740, 10), (792, 10), (84_000, 1000), (88_440, 1000), (93_750, 1000)), "funds"),
    Case("money/fall", ((93_750, 1000), (88_440, 1000)), "funds"),
    Case("money/income falls", counts(1_250_300.5, 1_198_000.25), "income"),
    Case("money/income almost the same", counts(1_250_300.501, 1_250_300.504), "income"),
)  # fmt: skip

PARTS = (
    Case("rise", of("74.20", "78.10")),
    Case("fall", of("78.10", "74.20")),
    Case("rise 2 in a row", of("71.40", "74.20", "78.10")),
    Case("rise 4 in a row", of("66.10", "68.50", "71.40", "74.20", "78.10")),
    Case("fall 3 in a row", of("78.10", "74.20", "71.40", "68.50")),
    Case("same", of("78.10", "78.10")),
    Case("small", of("78.10", "78.90", n=1_000_000), caution="small"),
    Case("chance", of("74.20", "78.20", n=500), caution="unclear"),
    Case("this missing", of("74.20", None), reason=NOT_REPORTED),
    Case("previous missing", of("71.40", None, "78.10"), reason=PREVIOUS_NOT_REPORTED),
    Case("definition break", of("71.40", "74.20", "78.10"), breaks=(("definition", "2024"),), since=1,
         reason=("不可比：其间口径有调整", "not comparable: definition break")),
    Case("per 1000 fall 2 in a row", of("5.20", "4.59", "4.10", n=1_000_000, per=1000), "infant", "down"),
    Case("count rise", counts(37_671, 38_848), "people"),
)  # fmt: skip

FORMS = {
    "half-year": "2024-H1",
    "quarter": "2024-Q3",
    "month": "2024-06",
    "months": "2024-01/2024-09",
    "assessment year": "2023-12/2024-11",
}
SHOWN = {
    "half-year": {case.name for case in PARTS},
    "quarter": {"rise 2 in a row", "same"},
    "month": {"fall 3 in a row", "previous missing"},
    "months": {"rise 4 in a row", "fall", "chance"},
    "assessment year": {"rise 4 in a row", "fall 3 in a row", "same", "this missing"},
}


# --- from facts to sentences ---------------------------------------------------------------------------------------


def facts_of(case: Case, period: str) -> Iterable[dict]:
    last = len(case.points) - 1
    for at, point in enumerate(case.points):
        then = ev.periods.shift(period, at - last)
        numbers = (None, None) if point is None else point
        for side, number in zip("nd", numbers, strict=True):
            name = f"{case.code}_{side}"
            if point is not None and case.units:
                places = ("u1", "u2") if at < last else ("u1",)
                yield from (fact(then, PLACE, name, number, place) for place in places)
            elif point is not None:
                yield fact(then, PLACE, name, number)
            elif case.state and at == last:
                yield fact(then, PLACE, name, "", state=case.state)
    # somebody else reports it, or a page would leave it out
    for side, number in zip("nd", (50, 100), strict=True):
        yield fact(period, OTHER, f"{case.code}_{side}", number)


def indicators_of(case: Case, period: str) -> Iterable[dict]:
    about = ABOUT[case.about]
    below = "" if about.kind in ("count", "amount") else f"{case.code}_d"
    values = {"kind": about.kind, "per": str(about.per), "direction": case.direction, "measure": about.measure}
    values |= {"name_zh": about.zh, "name_en": about.en}
    year = ev.periods.parse(period).year
    lives = [{"valid_to": str(year - 1)}, {"valid_from": str(year)}] if case.definitions else [{}]
    yield from (indicator(case.code, f"{case.code}_n", below, **values, **life) for life in lives)


def build(folder: Path, cases: Mapping[str, Sequence[Case]]) -> ev.Data:
    """A county that reports every case and another that reports a little; `cases` by the period of their page."""
    every = [(case, period) for period, some in cases.items() for case in some]
    breaks = [
        {"from": start, "to": start, "indicator": case.code, "area": "*", "kind": kind, "note_zh": "注", "note_en": "n"}
        for case, _ in every
        for kind, start in case.breaks
    ]
    path = dataset(
        folder,
        {"region": "990100"},
        areas=[area("990100"), area(PLACE, parent="990100"), area(OTHER, parent="990100")],
        units=[unit(PLACE, "u1"), unit(PLACE, "u2")],
        items=[item(f"{case.code}_{side}") for case, _ in every for side in "nd"],
        indicators=[row for pair in every for row in indicators_of(*pair)],
        facts=[row for pair in every for row in facts_of(*pair)],
        breaks=breaks,
    )
    return ev.load(str(path))


def said(data: ev.Data, period: str, without_disturbed: bool = False) -> dict[str, dict[str, str]]:
    """The sentence of each indicator in each language, by the way of the page."""
    region = ev.region_figures(data, ev.periods.every(period))
    found: dict[str, dict[str, str]] = {}
    for lang in LANGUAGES:
        table = change_views.overview(data, region.indicators, region, PLACE, period, lang, without_disturbed)
        for name, text in zip(table["indicator"], narrative.changes(table, period, lang), strict=True):
            found.setdefault(name, {})[lang] = text
    return found


@dataclass(frozen=True)
class Said:
    """A case with the period of its page and its sentence in each language."""

    case: Case
    period: str
    texts: dict[str, str]


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> list[Said]:
    """Every case of every form, in the order of the snapshots."""
    cases = {"2024": YEARS}
    for form, period in FORMS.items():
        chosen = [case for case in PARTS if case.name in SHOWN[form]]
        cases[period] = tuple(replace(case, name=f"{form}/{case.name}") for case in chosen)
    data = build(tmp_path_factory.mktemp("grid") / "grid", cases)
    found = []
    for period, some in cases.items():
        texts = said(data, period)
        found += [Said(case, period, texts[case.code]) for case in some]
    (case,) = (case for case in YEARS if case.breaks == (("disturbance", "2020"),))
    left = replace(
        case, name="break/disturbed year left out, rise 3 in a row", points=(*case.points[:2], None, *case.points[3:])
    )
    found.insert(len(YEARS), Said(left, "2024", said(data, "2024", without_disturbed=True)[case.code]))
    return found


# --- what has to be said, from the numbers of the case -------------------------------------------------------------

RISE = {"zh": ("升至", "提高", "增加", "上升"), "en": ("rose", "up", "rise")}
FALL = {"zh": ("降至", "下降", "减少"), "en": ("fell", "down", "fall")}
MEASURES = {
    100: ("个百分点", "percentage points"),
    1000: ("个千分点", "per-mille points"),
    10_000: ("/万", "per 10,000"),
    100_000: ("/10万", "per 100,000"),
}
TIMES = dict(
    zip(range(2, 7), zip("两三四五六", ("second", "third", "fourth", "fifth", "sixth"), strict=True), strict=True)
)
CAUTIONS = {
    "small": ("变化很小", "small change"),
    "unclear": ("可能只是偶然波动", "may be chance"),
    "untested": ("无法检验", "untested"),
}


def holds(text: str, word: str) -> bool:
    """Whether a text has a word; English words stand alone, so that "rise" is not in "comprised"."""
    return re.search(rf"\b{word}\b", text) is not None if word.isascii() else word in text


def level(point: Point, about: About) -> Fraction | None:
    """The exact value of a point, None for a gap."""
    if point is None or point[1] == 0:
        return None
    top = Fraction(Decimal(str(point[0])))
    return top if about.kind in ("count", "amount") else top / Fraction(Decimal(str(point[1]))) * about.per


def printed(x: Fraction, about: About) -> str:
    """A value rounded half up to the decimals of its measure, as a person would, without separators."""
    whole = about.kind in ("count", "amount") and x.denominator == 1
    digits = 1 if about.per == 100_000 else 0 if whole else 2
    unit_ = Fraction(1, 10**digits)
    steps = int(abs(x) / unit_ + Fraction(1, 2))
    return f"{Decimal(steps).scaleb(-digits):.{digits}f}"


def run_of(case: Case) -> int:
    """How many times in a row the printed value has risen (fallen, below zero), walking back from the last point."""
    about = ABOUT[case.about]
    points = case.points[-case.since :] if case.since else case.points
    values = [level(point, about) for point in points]
    shown = [None if x is None else Decimal(printed(x, about)) for x in values]
    run = 0
    for now, before in zip(shown[:0:-1], shown[-2::-1], strict=True):
        if now is None or before is None or now == before or (run and (now > before) != (run > 0)):
            break
        run += 1 if now > before else -1
    return run


def numbers_in(text: str, about: About, names: Iterable[str]) -> list[str]:
    for name in names:
        text = text.replace(name, "")
    text = re.sub(r"/10?万|per 10,000\b|per 100,000\b", "", text)
    return [number.replace(",", "") for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def check(one: Said, lang: str) -> None:
    """Compare a sentence with what the case's numbers make of it."""
    case, about, text = one.case, ABOUT[one.case.about], one.texts[lang]
    at = LANGUAGES.index(lang)
    assert text.startswith(getattr(about, lang)), text
    assert text.endswith("。" if lang == "zh" else ".") and text.count("。") == (lang == "zh"), text
    assert not re.search(r"显著|95%|significan|\bnan\b|None|—|[{}]|  |，，|（）|\(\)|，。", text, re.IGNORECASE), text
    if lang == "zh":
        assert not re.search(r"[A-Za-z]", text), text
        assert not re.search(r"[,;:()] ?(?!\d)", text), f"Chinese has its own marks: {text}"
    else:
        assert not re.search(r"[^\x00-\x7f‰]", text), text
    now = None if case.units else level(case.points[-1], about)
    before = level(case.points[-2], about) if len(case.points) > 1 else None
    names = (getattr(about, lang), case.reason[at])
    shown = numbers_in(text, about, names)
    words = {sign: any(holds(text, word) for word in way[lang]) for sign, way in ((1, RISE), (-1, FALL))}
    if case.reason[at]:
        assert case.reason[at] in text, text
        assert shown == ([] if now is None else [printed(now, about)]), text
        assert not any(words.values()) and not any(caution[at] in text for caution in CAUTIONS.values()), text
        assert not any(holds(text, word) for word in ("较上年", "同比", "连续", "in a row")), text
        return
    assert now is not None and before is not None
    change, size = now - before, printed(now - before, about)
    told, earlier, later = Decimal(size) != 0, printed(before, about), printed(now, about)
    expected = ([earlier, later] if told and earlier != later else [later]) + ([size] if told else [])
    assert shown == expected, text
    sign = (change > 0) - (change < 0)
    assert words[-sign if sign else 1] is False and words[-1 if not sign else -sign] is False, text
    assert words.get(sign, False) == told, text
    assert (("持平", "unchanged")[at] in text) == (not told), text
    assert (("基本持平", "almost unchanged")[at] in text) == (not told and change != 0), text
    for per, measure in MEASURES.items():
        in_words = measure[at] in text
        assert in_words == (per == about.per and (told or per > 1000)), (per, text)
    whole = ev.periods.parse(one.period).length == 12
    compared = ("较上年" if whole else "同比", "the previous year" if whole else "the same period last year")[at]
    other = ("同比" if whole else "较上年", "the same period last year" if whole else "the previous year")[at]
    assert compared in text and other not in text, text
    for name, caution in CAUTIONS.items():
        assert (caution[at] in text) == (name == case.caution and told and earlier != later), text
    run = run_of(case)
    if abs(run) < 2 or not told:
        assert ("连续", "in a row")[at] not in text, text
        return
    rises = (f"连续{TIMES[abs(run)][0]}年", f"the {TIMES[abs(run)][1]} {'rise' if run > 0 else 'fall'} in a row")[at]
    assert rises in text, text
    if lang == "zh":
        assert f"{rises}{'' if whole else '同比'}{'上升' if run > 0 else '下降'}" in text, text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_says_what_its_numbers_say(grid: list[Said], lang: str) -> None:
    for one in grid:
        check(one, lang)


def test_the_names_of_the_cases_tell_the_truth(grid: list[Said]) -> None:
    """`rise 4 in a row` is four rises in the data."""
    assert len({one.case.name for one in grid}) == len(grid)
    for one in grid:
        stated = re.search(r"(rise|fall) (\d) in a row", one.case.name)
        run = int(stated[2]) * (1 if stated[1] == "rise" else -1) if stated else 0
        assert (run_of(one.case) if abs(run_of(one.case)) > 1 else 0) == run, one.case.name


def test_four_rises_take_five_points(grid: list[Said]) -> None:
    (one,) = (one for one in grid if one.case.name == "share/rise 4 in a row")
    assert len(one.case.points) == 5
    assert one.texts["zh"] == "高血压规范管理率由74.20%升至78.10%，较上年提高3.90个百分点，连续四年上升。"
    assert one.texts["en"] == (
        "Hypertension standardised management rate rose from 74.20% to 78.10%, "
        "up 3.90 percentage points on the previous year, the fourth rise in a row."
    )


def test_the_same_words_whatever_direction_is_good(grid: list[Said]) -> None:
    texts = {one.case.name: one.texts for one in grid}
    for way in ("rise", "fall"):
        for lang in LANGUAGES:
            words = {"rise": ("升至", "rose"), "fall": ("降至", "fell")}[way][LANGUAGES.index(lang)]
            assert holds(texts[f"share/{way}"][lang], words)
            assert holds(texts[f"share/direction down, {way}"][lang], words)


# --- made-up series: what no list of cases thinks of ---------------------------------------------------------------

SERIES = 160


def made_up() -> list[Case]:
    """Walks of whole and half points with standstills, gaps, steps that rounding hides, and tiny denominators."""
    random = np.random.default_rng(20240901)
    cases = []
    for at in range(SERIES):
        about = ["share", "infant", "maternal", "people"][at % 4]
        n = int(random.choice([40, 700, 20_000, 1_000_000]))
        x = int(n * random.uniform(0.1, 0.8))
        points: list[Point] = []
        for _ in range(int(random.integers(2, 8))):
            points.append(None if random.random() < 0.06 else (x, n))
            step = random.choice([0, 1, 3, n // 200, n // 30]) * random.choice([-1, 1, 1])
            x = int(np.clip(x + step, 0, n))
        cases.append(Case(f"made up {at}", tuple(points), about))
    return cases


def test_made_up_series_are_told_as_they_are(tmp_path: Path) -> None:
    cases = made_up()
    texts = said(build(tmp_path / "made", {"2024": cases}), "2024")
    seen = set()
    for lang in LANGUAGES:
        at = LANGUAGES.index(lang)
        for case in cases:
            now, before = (level(point, ABOUT[case.about]) for point in (case.points[-1], case.points[-2]))
            text = texts[case.code][lang]
            caution = next((name for name, words in CAUTIONS.items() if words[at] in text), "")
            reason = NOT_REPORTED if now is None else PREVIOUS_NOT_REPORTED if before is None else ("", "")
            told = replace(case, caution=caution, reason=reason)
            check(Said(told, "2024", {lang: text}), lang)
            seen.add((caution, abs(run_of(case)) > 1, bool(reason[0])))
    assert len(seen) >= 7, "the series are too much alike"


# --- merged and split places ---------------------------------------------------------------------------------------


def lives(code: str, name: str, **values: str) -> dict:
    return area(code, parent="990100", name_zh=name, name_en=name, **values)


PLACES = {
    "merger/successor of two, on their joint basis": ("03", "由70.00%升至75.00%，较上年提高5.00", "up 5.00"),
    "merger/absorbed another": ("05", "80.00%（不可比：其间区划有调整", "80.00% (not comparable: boundary break"),
    "split/without detail": ("07", "80.00%（", "80.00% ("),
}  # fmt: skip


@pytest.fixture(scope="module")
def of_places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Two counties that became one in 2024, one that absorbed another, and one that was divided without detail."""
    ended = {"valid_to": "2023"}
    areas = [
        area("990100"),
        *(lives(code, "甲", **ended, successor="03") for code in ("01", "02")),
        lives("03", "乙", valid_from="2024"),
        lives("04", "丙", **ended, successor="05"),
        lives("05", "丁"),
        lives("06", "戊", **ended, successor="07;08"),
        *(lives(code, "己", valid_from="2024") for code in ("07", "08")),
    ]
    numbers = [("2023", code, 700) for code in ("01", "02", "04", "05", "06")]
    numbers += [("2024", "03", 1500), ("2024", "05", 1600), ("2024", "07", 800), ("2024", "08", 750)]
    size = {"03": 2000, "05": 2000}
    facts = [
        fact(year, code, name, number)
        for year, code, top in numbers
        for name, number in (("a", top), ("b", size.get(code, 1000)))
    ]
    names = {"name_zh": ABOUT["share"].zh, "name_en": ABOUT["share"].en}
    folder = tmp_path_factory.mktemp("places") / "places"
    rows = [indicator("share", "a", "b", **names)]
    data = ev.load(str(dataset(folder, {"region": "990100"}, areas=areas, facts=facts, indicators=rows)))
    ind, region = ev.indicators(data), ev.region_figures(data)
    return {
        name: {
            lang: narrative.changes(change_views.overview(data, ind, region, code, "2024", lang), "2024", lang)[0]
            for lang in LANGUAGES
        }
        for name, (code, *_) in PLACES.items()
    }


def test_merged_and_divided_places_are_compared_on_one_basis_or_not_at_all(
    of_places: dict[str, dict[str, str]],
) -> None:
    for name, texts in of_places.items():
        for text, expected in zip(texts.values(), PLACES[name][1:], strict=True):
            assert expected in text, (name, text)
    parted = of_places["split/without detail"]
    assert not any(holds(parted[lang], word) for lang in LANGUAGES for word in (*RISE[lang], *FALL[lang]))
    assert re.search("不可比|管辖范围有变化", parted["zh"]) and re.search("not comparable|boundary", parted["en"])


# --- snapshots -----------------------------------------------------------------------------------------------------


def differences(written: Iterable[str], made: Iterable[str]) -> list[str]:
    """Say which lines `name | sentence` of a file differ from those made now, which are missing and which are stale."""
    old, new = (dict(line.split(" | ", 1) for line in lines) for lines in (list(written), list(made)))
    found = [f"{name}:\n  written  {old[name]}\n  made now {new[name]}" for name in new if old.get(name) != new[name]
             and name in old]  # fmt: skip
    found += [f"missing: {name} | {new[name]}" for name in new if name not in old]
    found += [f"stale: {name}" for name in old if name not in new]
    if not found and list(old) != list(new):
        found.append("the same lines in another order")
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_snapshot_is_what_is_said_now(grid: list[Said], of_places: dict[str, dict[str, str]], lang: str) -> None:
    lines = [f"{one.case.name} | {one.texts[lang]}" for one in grid]
    lines += [f"{name} | {texts[lang]}" for name, texts in of_places.items()]
    path = SNAPSHOTS / f"changes_{lang}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    found = differences(text.splitlines(), lines)
    assert not found, f"{path.name} (UPDATE_SNAPSHOTS=1 rewrites it):\n" + "\n".join(found)


def test_a_snapshot_fails_on_a_changed_a_missing_and_a_stale_line() -> None:
    made = ["a | x.", "b | y | z.", "c | w."]
    assert differences(made, made) == []
    assert differences(["a | x.", "b | y.", "c | w."], made)[0].startswith("b:")
    assert differences(made[:2], made) == ["missing: c | w."]
    assert differences([*made, "d | v."], made) == ["stale: d"]
    assert differences(made[::-1], made) != []


def test_both_languages_have_the_same_cases() -> None:
    names = [
        [line.partition(" | ")[0] for line in (SNAPSHOTS / f"changes_{lang}.txt").read_text("utf-8").splitlines()]
        for lang in LANGUAGES
    ]
    assert names[0] == names[1] and len(set(names[0])) == len(names[0])
