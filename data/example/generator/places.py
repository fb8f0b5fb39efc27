"""The invented prefecture, its counties and institutions. No name, code or figure belongs to a real place."""

from __future__ import annotations

from dataclasses import dataclass

PREFECTURE = "990100"
FIRST_YEAR, LAST_YEAR = 2019, 2024
YEARS = tuple(range(FIRST_YEAR, LAST_YEAR + 1))

Row = tuple[str, ...]


@dataclass(frozen=True)
class County:
    """A county: how many live there, how old they are, and how well its services run.

    residents: end of 2019. elderly, poor: share of residents aged 65 and over, registered poor. growth: of the
    population, per year. quality: standard deviations above the average county.
    """

    area: str
    name_zh: str
    name_en: str
    kind: str
    residents: int
    elderly: float
    growth: float
    poor: float
    quality: float
    units: int = 12
    centres: int = 1


COUNTIES = (
    County("990101", "望汐区", "Wangxi District", "urban", 586_000, 0.118, 0.006, 0.004, 0.9, centres=5),
    County("990102", "鹤汀区", "Heting District", "urban", 473_000, 0.125, 0.004, 0.005, 0.6, centres=4),
    County("990103", "松屏县", "Songping County", "rural", 412_000, 0.152, -0.002, 0.020, 0.2, units=11),
    County("990104", "澄岭县", "Chengling County", "rural", 365_000, 0.163, -0.004, 0.035, -0.1, centres=2),
    County("990105", "榆汀县", "Yuting County", "rural", 331_000, 0.171, -0.005, 0.040, 0.4),
    County("990106", "雁泉县", "Yanquan County", "rural", 298_000, 0.166, -0.004, 0.045, -0.5),
    County("990107", "禾岭县", "Heling County", "rural", 524_000, 0.149, -0.001, 0.030, -0.9, centres=2),
    County("990108", "篱溪县", "Lixi County", "rural", 187_000, 0.188, -0.008, 0.070, -1.4),
    County("990109", "柳渚县", "Liuzhu County", "rural", 262_000, 0.174, -0.006, 0.050, 0.1),
    County("990110", "云笙县", "Yunsheng County", "rural", 344_000, 0.160, -0.003, 0.038, -0.3, centres=2),
    County("990111", "杉坞县", "Shanwu County", "rural", 221_000, 0.181, -0.007, 0.055, 1.2, units=13),
    County("990112", "岚渡县", "Landu County", "rural", 156_000, 0.193, -0.009, 0.065, 0.5),
)

_FIRST = {
    **{"葭": "Jia", "砚": "Yan", "竹": "Zhu", "梅": "Mei", "枫": "Feng", "荷": "He", "榛": "Zhen"},
    **{"楝": "Lian", "芷": "Zhi", "鹭": "Lu", "苇": "Wei", "棠": "Tang", "槐": "Huai"},
}
_SECOND = {
    **{"塍": "cheng", "埂": "geng", "畔": "pan", "垭": "ya", "厝": "cuo", "坨": "tuo", "埭": "dai"},
    **{"矶": "ji", "浜": "bang", "隈": "wei", "垄": "long", "墅": "shu", "坂": "ban"},
}

MERGED_COUNTY, MERGED_UNITS, MERGED_INTO, MERGED_IN = "990104", ("05", "06"), "13", 2023
"""Two townships that became one at the beginning of a year."""


def unit_codes(county: County) -> list[str]:
    """Return the codes of the institutions that exist from the first year on."""
    return [f"{number:02d}" for number in range(1, county.units + 1)]


def areas() -> list[Row]:
    """Return the rows of areas.csv."""
    top = (PREFECTURE, "样例市（虚构）", "Sample Prefecture (fictitious)", "", "prefecture", "", "", "", "")
    return [top, *((c.area, c.name_zh, c.name_en, PREFECTURE, "county", c.kind, "", "", "") for c in COUNTIES)]


def units() -> list[Row]:
    """Return the rows of units.csv: community centres first, then township health centres."""
    rows: list[Row] = []
    for county in COUNTIES:
        for code in unit_codes(county):
            merged = county.area == MERGED_COUNTY and code in MERGED_UNITS
            end = (str(MERGED_IN - 1), MERGED_INTO) if merged else ("", "")
            rows.append((county.area, code, *_institution(county, int(code)), "", "", *end))
        if county.area == MERGED_COUNTY:
            rows.append((county.area, MERGED_INTO, *_institution(county, 13), "", str(MERGED_IN), "", ""))
    return rows


def _institution(county: County, number: int) -> Row:
    """Return the name, in Chinese and English, and the kind of an institution; no two share a name."""
    at = int(county.area[-2:])
    first = list(_FIRST)[(number + 5 * at) % 13]
    second = list(_SECOND)[(number + 7 * at) % 13]
    latin = _FIRST[first] + _SECOND[second]
    if number <= county.centres:
        return (
            f"{first}{second}社区卫生服务中心",
            f"{latin} Community Health Service Centre",
            "community_health_centre",
        )
    township = "镇" if number % 3 else "乡"
    return (f"{first}{second}{township}卫生院", f"{latin} Township Health Centre", "township_health_centre")
