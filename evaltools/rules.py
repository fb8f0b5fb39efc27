"""The rules that turn a value into points: one formula each, in the arithmetic of `rule_arithmetic`.

In the formulas S are the full points of a line, x the value, T the target, k the points deducted. A rule of your own
is entered the same way, in a notebook too:

    from evaltools.rule_arithmetic import least
    from evaltools.rule_model import TARGET

    @ev.scoring.rule("square", {"target": TARGET}, takes_target=True)
    def square(x, terms):
        share = x / terms["target"]
        return least(terms.full, terms.full * share * share)
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from evaltools.rule_arithmetic import Told, choose, least, most, quotient, started, whole
from evaltools.rule_model import ABOVE_ZERO, BOUND, RULES, STEPS, TARGET, Argument, Terms, Value, rule, shown

__all__ = ["RULES"]


@rule("proportional", {"target": TARGET}, takes_target=True, full_at=("target", "target"))
def proportional(x: Any, terms: Terms) -> Any:
    """`S × min(1, x/T)`; where low is good `S × min(1, T/x)`, and all of S at x = 0.

    Full at the target, in proportion short of it, none below zero.
    """
    target = terms["target"]
    if terms.down:
        return choose(x <= target, terms.full, most(0, terms.full * quotient(target, x)))
    return most(0, least(terms.full, terms.full * (x / target)))


@rule("threshold", {"lower": BOUND, "upper": BOUND}, full_at=("upper", "lower"), none_at=("lower", "upper"))
def threshold(x: Any, terms: Terms) -> Any:
    """`S × (x − L)/(U − L)`, 0 at x ≤ L and S at x ≥ U; where low is good `S × (U − x)/(U − L)`, the reverse.

    L lower and U upper threshold. The rule of the Quality and Outcomes Framework (NHS England, Statement of Financial
    Entitlements).
    """
    lower, upper = terms["lower"], terms["upper"]
    gained = upper - x if terms.down else x - lower
    return most(0, least(terms.full, terms.full * gained / (upper - lower)))


@rule(
    "per_point", {"target": TARGET, "deduct": ABOVE_ZERO}, takes_target=True, plain=True, full_at=("target", "target")
)
def per_point(x: Any, terms: Terms) -> Any:
    """`max(0, S − k × (T − x))` short of the target; where low is good `S − k × (x − T)` above it.

    k points for each percentage point (or whatever the measure's unit is); parts of a point count in proportion.
    """
    return _deducted(_short(x, terms), terms)


@rule(
    "per_step",
    {"target": TARGET, "step": ABOVE_ZERO, "deduct": ABOVE_ZERO, "steps": STEPS},
    takes_target=True,
    plain=True,
    full_at=("target", "target"),
)
def per_step(x: Any, terms: Terms) -> Any:
    """`max(0, S − k × n)`, n the steps in T − x (low is good: x − T), a step so many percentage points.

    steps: `whole` counts only whole steps, `started` also the one begun, `part` parts of a step in proportion.
    """
    return _deducted(_steps(_short(x, terms) / terms["step"], terms), terms)


@rule(
    "per_gap",
    {"target": TARGET, "step": ABOVE_ZERO, "deduct": ABOVE_ZERO, "steps": STEPS},
    takes_target=True,
    full_at=("target", "target"),
)
def per_gap(x: Any, terms: Terms) -> Any:
    """`max(0, S − k × n)`, n the steps in the gap as a percentage of the target, `100 × (T − x)/T`; steps as above."""
    return _deducted(_steps(100 * _short(x, terms) / terms["target"] / terms["step"], terms), terms)


@rule("per_defect", {"deduct": ABOVE_ZERO}, of="either", plain=True)
def per_defect(x: Any, terms: Terms) -> Any:
    """`max(0, S − k × x)`, x defects found."""
    return _deducted(x, terms)


@rule("per_case", {"deduct": ABOVE_ZERO}, of="either", plain=True, block="penalties")
def per_case(x: Any, terms: Terms) -> Any:
    """`−min(S, k × x)`: points taken from the total for x cases, beyond what the line's own item is worth."""
    return -least(terms.full, terms["deduct"] * most(0, x))


def _said_bands(value: Value, terms: Terms) -> tuple[str, str]:
    for entry in terms.table("bands"):
        low, high = entry.get("from"), entry.get("to")
        if (low is None or _reaches(value, low)) and (high is None or not _reaches(value, high)):
            ends = f"{'(−∞' if low is None else '[' + low.text}, {'+∞' if high is None else high.text})"
            finest = max((end.text for end in (low, high) if end), key=len, default="")
            return f"{shown(value, finest)} ∈ {ends}", "→"
    raise AssertionError("bands cover every number")


def _reaches(value: Value, bar: Told) -> bool:
    return value.above * bar.below >= bar.above * value.below


@rule("bands", {"bands": Argument("table", allowed=("from", "to", "points"))}, said=_said_bands)
def bands(x: Any, terms: Terms) -> Any:
    """The points of the band that holds x: `from` ≤ x < `to`. Bands cover every number, once."""
    first, *others = terms.table("bands")
    points = first["points"]
    for entry in others:  # from low to high: the last that begins at or below x counts
        points = choose(x >= entry["from"], entry["points"], points)
    return points


def _said_boolean(value: Value, terms: Terms) -> tuple[str, str]:
    return "✓" if value.exact >= 1 else "×", "→"


@rule("boolean", {"full_when": Argument("choice", allowed=("yes", "no"))}, of="either", said=_said_boolean)
def boolean(x: Any, terms: Terms) -> Any:
    """All of S for yes (x = 1), nothing for no (x = 0), or the reverse where the standard wants a no."""
    if terms.choice("full_when") == "yes":
        return choose(x >= 1, terms.full, 0)
    return choose(x >= 1, 0, terms.full)


@rule("evidence", {"required": ABOVE_ZERO}, of="either", plain=True, directed=False, full_at=("required", "required"))
def evidence(x: Any, terms: Terms) -> Any:
    """`S × min(1, x/required)`, x pieces of evidence that were accepted."""
    return most(0, least(terms.full, terms.full * (x / terms["required"])))


@rule(
    "improvement",
    {"improve": Argument("measure"), "ceiling": Argument("measure", optional=True)},
    inputs=("prior",),
    full_at=("ceiling", "ceiling"),
)
def improvement(x: Any, terms: Terms) -> Any:
    """`S × (x − prior)/improve`, from none at last year's value to all of S when improved by `improve`.

    `improve` of 0: all of S if x is no worse than last year's, else nothing. At `ceiling` or beyond the points are
    full whatever last year was, since 100% cannot improve. Where low is good, the reverse.
    """
    prior = terms["prior"]
    if terms.is_zero("improve"):
        points = choose(x <= prior if terms.down else x >= prior, terms.full, 0)
    else:
        gained = prior - x if terms.down else x - prior
        points = most(0, least(terms.full, terms.full * gained / terms["improve"]))
    if "ceiling" not in terms:
        return points
    ceiling = terms["ceiling"]
    return choose(x <= ceiling if terms.down else x >= ceiling, terms.full, points)


@rule(
    "regional_mean",
    {
        "mean": Argument("choice", allowed=("unweighted", "pooled")),
        "own": Argument("choice", allowed=("with", "without")),
        "share": Argument("percent", default="100", above_zero=True),
    },
    inputs=("mean",),
)
def regional_mean(x: Any, terms: Terms) -> Any:
    """`S × min(1, x/M)`, M a `share` of the region's mean; where low is good `S × min(1, M/x)`; none below zero.

    mean: `unweighted`, of the areas' values, rounded half up to four decimals and used so; `pooled`, all numerators
    over all denominators. own: with or without the area itself. A mean of zero or less is nothing to compare with: the
    line does not apply.
    """
    bar = terms["mean"] if terms.stated["share"] == 100 else terms["share"] * terms["mean"]
    if terms.down:
        return choose(x <= bar, terms.full, most(0, least(terms.full, terms.full * quotient(bar, x))))
    # the quotient by a mean below zero would put the worst first
    return most(0, least(terms.full, terms.full * quotient(x, most(0, bar), 1)))


@rule(
    "percentile",
    {"lower": Argument("number"), "upper": Argument("number")},
    of="percentile",
    directed=False,
    full_at=("upper", "upper"),
    none_at=("lower", "lower"),
)
def percentile(x: Any, terms: Terms) -> Any:
    """`S × (x − L)/(U − L)`, x the position among the areas of the region: 0 the worst, 100 the best, two decimals."""
    return most(0, least(terms.full, terms.full * (x - terms["lower"]) / (terms["upper"] - terms["lower"])))


@rule(
    "units_meeting",
    {"bar": BOUND, "target": Argument("measure", default="100", above_zero=True)},
    of="units_meeting",
    directed=False,
    full_at=("target", "target"),
)
def units_meeting(x: Any, terms: Terms) -> Any:
    """`S × min(1, x/T)`, x the share of the area's units whose value reaches the bar."""
    return least(terms.full, terms.full * (x / terms["target"]))


def _said_ladder(value: Value, terms: Terms) -> tuple[str, str]:
    parts, x = [], value.told(True)
    for entry in terms.table("tiers"):
        if x.exact <= entry["from"].exact:
            break
        top = entry["to"] if "to" in entry and entry["to"].exact < x.exact else x
        step = top if not entry["from"].exact else top - entry["from"]
        parts.append((step * entry["each"]).text)
    if not parts:
        return "0", "→"
    working = " + ".join(parts)
    over = sum((_of_tier(x, entry).exact for entry in terms.table("tiers")), Fraction(0)) > terms.full.exact
    return f"min({terms.full.text}, {working})" if over else working, "="


@rule(
    "ladder",
    {"tiers": Argument("table", allowed=("from", "to", "each"))},
    of="either",
    plain=True,
    directed=False,
    said=_said_ladder,
)
def ladder(x: Any, terms: Terms) -> Any:
    """`min(S, Σ (min(x, to) − from) × each)` over the tiers: so much for each piece of work of a tier."""
    points = sum((_of_tier(x, entry) for entry in terms.table("tiers")), 0)
    return least(terms.full, points)


def _of_tier(x: Any, entry: Mapping[str, Any]) -> Any:
    top = least(entry["to"], x) if "to" in entry else x
    return most(0, top - entry["from"]) * entry["each"]


@rule(
    "over_target",
    {"target": TARGET, "allowance": Argument("percent")},
    takes_target=True,
    counts_only=True,
    directed=False,
)
def over_target(x: Any, terms: Terms) -> Any:
    """`S × min(1, x/T)` up to T and a stated allowance above it; beyond, `S × (1 − (x/T − 1 − allowance))`, at least 0.

    A count far above its plan says that the plan was too low (财预〔2020〕10号). Never for coverage: more of the
    people reached is never worse.
    """
    reached = x / terms["target"]
    excess = terms.full * (1 - (reached - 1 - terms["allowance"]))
    within = most(0, least(terms.full, terms.full * reached))
    return choose(reached <= 1 + terms["allowance"], within, most(0, excess))


@rule("manual", {"scorers": Argument("choice", default="mean", allowed=("mean", "trimmed"))}, of="judged")
def manual(x: Any, terms: Terms) -> Any:
    """`Σ scores / number of scorers`: the points the scorers gave, their mean if there are several.

    scorers: `mean` of all, or `trimmed`, without one highest and one lowest, which takes three scorers or more.
    """
    return x


def _short(x: Any, terms: Terms) -> Any:
    """Return how far x is short of the target; negative beyond it."""
    return x - terms["target"] if terms.down else terms["target"] - x


def _deducted(number: Any, terms: Terms) -> Any:
    return most(0, least(terms.full, terms.full - terms["deduct"] * number))


def _steps(number: Any, terms: Terms) -> Any:
    counted = terms.choice("steps")
    return whole(number) if counted == "whole" else started(number) if counted == "started" else number
