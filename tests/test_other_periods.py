"""Links to the same page of other periods: only to sites of the same kind that have the page."""

from __future__ import annotations

import json
from pathlib import Path

from evaltools.other_periods import pages_beside, sites_beside

OWN = {
    "dataset": "small",
    "period": "2024",
    "stage": "final",
    "standard": "s",
    "audience": "internal",
    "language": "zh",
}


def site(folder: Path, name: str, *pages: str, **other: str) -> Path:
    path = folder / name
    for page in pages:
        (path / page).parent.mkdir(parents=True, exist_ok=True)
        (path / page).write_text("", encoding="utf-8")
    path.mkdir(exist_ok=True)
    (path / "manifest.json").write_text(json.dumps({"site": OWN | other}), encoding="utf-8")
    return path


def test_only_what_is_there_and_of_the_same_kind_is_linked(tmp_path: Path) -> None:
    own = site(tmp_path, "2024", "index.html")
    site(tmp_path, "2023", "index.html", "01/index.html", period="2023", standard="older")
    site(tmp_path, "2022", "index.html", period="2022")
    site(tmp_path, "2023-en", "index.html", period="2023", language="en")
    site(tmp_path, "public", "index.html", period="2023", audience="public")
    (tmp_path / "notes").mkdir()
    sites = sites_beside(own, OWN)
    assert sites == [("2022", "2022"), ("2023", "2023"), ("2024", "2024")]
    found = pages_beside(own, "index.html", sites)
    assert found == [
        ("../2022/index.html", "2022", False),
        ("../2023/index.html", "2023", False),
        ("../2024/index.html", "2024", True),
    ]
    of_county = pages_beside(own, "01/index.html", sites)
    assert [(href, here) for href, _, here in of_county] == [
        ("../../2023/01/index.html", False),
        ("../../2024/01/index.html", True),
    ]
    assert (own / "01" / of_county[0][0]).resolve().is_file()
    assert pages_beside(own, "02/index.html", sites) == [], "nothing to switch to"
    assert sites_beside(tmp_path / "new" / "2024", OWN) == [("2024", "2024")]
