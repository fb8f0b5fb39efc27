"""The same page of other periods: sites that lie beside one another in a folder of reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from evaltools import manifests, periods


def sites_beside(site: Path, identity: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return folder and period of the sites beside one that differ from it in the period, itself among them.

    identity: of `Plan.identity`; the standard may be another, since standards change over the years. The oldest
    period first.
    """
    same = ("dataset", "stage", "audience", "language")
    found = {site.name: identity["period"]}
    for folder in site.parent.iterdir() if site.parent.is_dir() else ():
        other = manifests.read_manifest(folder).get("site", {}) if folder.name != site.name else {}
        period = str(other.get("period", ""))
        if periods.is_period(period) and all(other.get(name) == identity.get(name) for name in same):
            found[folder.name] = period
    return sorted(found.items(), key=lambda one: (periods.parse(one[1]).first, periods.parse(one[1]).length, one[0]))


def pages_beside(site: Path, page: str, sites: Iterable[tuple[str, str]]) -> list[tuple[str, str, bool]]:
    """Return link, period and whether it is this one, for each site that has the page; nothing where it is alone.

    page: its path inside a site. Links are relative to the page.
    """
    up = "../" * (1 + page.count("/"))
    found = [
        (f"{up}{folder}/{page}", period, folder == site.name)
        for folder, period in sites
        if folder == site.name or (site.parent / folder / page).is_file()
    ]
    return found if len(found) > 1 else []
