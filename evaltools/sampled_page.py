"""What a county's page says of records sampled on site: what they correct, and how certain that leaves its score."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from evaltools import periods
from evaltools.authenticity import corrected
from evaltools.authenticity_narrative import judged, methods, summary, total_points
from evaltools.authenticity_views import sample_table
from evaltools.datasets import Data
from evaltools.regions import RegionFigures
from evaltools.score_ranges import score_ranges, total_ranges
from evaltools.scored_figures import scorer
from evaltools.scoring import totals
from evaltools.wording import word

_CONFIDENCE = 95


@dataclass(frozen=True)
class SampledPage:
    """The table of what was sampled, the sentences about it, and by which rules it corrects."""

    table: pd.DataFrame
    texts: list[str]
    notes: list[str]


def sampled_page(
    data: Data, region: RegionFigures, figures: pd.DataFrame, area: str, period: str, every: str, lang: str
) -> SampledPage | None:
    """Return what to say of the records sampled in an area and a period; None if none were.

    figures: of `ev.indicators`, rows of areas and units, as reported.

    Points are shown, and the range of the score, where the standard has its numbers corrected; else it is said that
    they are not.
    """
    samples = data.samples[(data.samples["area"] == area) & (data.samples["period"] == period)]
    if samples.empty:
        return None
    standard = data.standard
    rule = standard.authenticity if standard is not None else None
    confidence = float(rule.confidence if rule else _CONFIDENCE) / 100
    tolerance = float(rule.tolerance if rule else 0) / 100
    area_name = data.area_name(area, lang)
    figures = figures[figures["period"].isin([period, periods.shift(period, -1)])]
    figures = corrected(figures, samples, confidence, tolerance, catalogue=data.catalogue, units=data.units)
    ranges, texts = None, []
    if standard is not None and rule is not None:
        ranges = score_ranges(figures, scorer(data, standard, every, region.benchmark))
        summed = total_ranges(ranges, lambda points: totals(points, standard, data.judgements))
        texts = total_points(summed, standard, area, area_name, period, lang)
    table = sample_table(data, figures, samples, area, period, lang, ranges)
    texts = [*summary(table, area_name, period, lang), *judged(table, lang), *texts]
    if rule is None:
        texts.append(word("authenticity.not_scored", lang))
    return SampledPage(table, texts, methods(lang, confidence, tolerance))
