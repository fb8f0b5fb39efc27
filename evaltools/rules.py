"""The rules that turn a value into points: one formula each, in the arithmetic of `rule_arithmetic`.

In the formulas S are the full points of a line, x the value, T the target, k the points deducted. A rule of your own
is entered the same way, in a notebook too:

    @ev.scoring.rule("square", {"target": TARGET}, takes_target=True)
    def square(x, terms):
        share = x / terms["target"]
        return least(terms.full, terms.full * share * share)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from evaltools.rule_arithmetic import Told, choose, least, most, quotient, started, whole

SIGNS = {1: "", 100: "%", 1000: "‰", 10_000: "/10000", 100_000: "/100000"}
"""How a number per 1, 100, … is written behind it, so that the written number is the ratio itself."""


class Number(NamedTuple):
    """An exact number and the text it is written as."""

    exact: Fraction
    text: str


class Value(NamedTuple):
    """An indicator's exact value above/below, in its own measure: 9612/100 for 96.12%; below > 0, not reduced.

    `text` writes it as a ratio (`9612/10000`) or, where it has none, as a number with its sign (`96.12%`). `per`
    is the indicator's.
    """

    above: int
    below: int
    text: str
    per: int
    is_ratio: bool

    @classmethod
    def of(cls, exact: Fraction, text: str, per: int, is_ratio: bool) -> Value:
        """Return the value of an exact number."""
        return cls(exact.numerator, exact.denominator, text, per, is_ratio)

    @property
    def exact(self) -> Fraction:
        """The number itself."""
        return Fraction(self.above, self.below)

    def reaches(self, bar: Fraction, high: bool) -> bool:
        """Whether it is at a bar or beyond it."""
        here, there = self.above * bar.denominator, bar.numerator * self.below
        return here >= there if high else here <= there

    def told(self, plain: bool) -> Told:
        """Return it as a formula takes it: as the ratio itself, or `plain`, as the number in its measure."""
        if self.is_ratio:
            if plain and self.per != 1:
                return Told.product(self.above, self.below, f"{self.per} × {self.text}")
            return Told.ratio(self.above, self.below, self.text)
        return Told(self.above, self.below, self.text.removesuffix(SIGNS[self.per]) if plain else self.text)


@dataclass(frozen=True)
class Argument:
    """What a line may state for its rule.

    kind: `measure`, a number in the indicator's measure; `number`, one without; `percent`, used as a share; `choice`
    among `allowed`; `table`, a list of entries with the columns `allowed`. A line need not state what has a
    `default` or is `optional`.
    """

    kind: str
    optional: bool = False
    default: str = ""
    allowed: tuple[str, ...] = ()
    above_zero: bool = False


TARGET = Argument("measure", optional=True, above_zero=True)
BOUND = Argument("measure")
ABOVE_ZERO = Argument("number", above_zero=True)
STEPS = Argument("choice", allowed=("whole", "started", "part"))


class Terms:
    """What a formula may ask for beside the value: full points, whether low is good, and by name what the line states.

    Numbers come in the form of the value: told, arrays or cells.
    """

    __slots__ = ("down", "full", "numbers", "stated")

    def __init__(self, full: Any, down: bool, numbers: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
        self.full = full
        self.down = down
        self.numbers = numbers
        self.stated = stated

    def __getitem__(self, name: str) -> Any:
        return self.numbers[name]

    def __contains__(self, name: str) -> bool:
        return name in self.numbers

    def choice(self, name: str) -> str:
        """Return what the line chose."""
        return str(self.stated[name])

    def is_zero(self, name: str) -> bool:
        """Whether a number that the line states is zero."""
        return not self.stated[name]

    def table(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """Return the entries of a table the line states; an open end is absent."""
        entries: tuple[Mapping[str, Any], ...] = self.numbers[name]
        return entries


class Award(NamedTuple):
    """Exact points above/below, the working that leads to them, and the sign between the two (`=` or `→`)."""

    above: int
    below: int
    working: str
    sign: str


Formula = Callable[[Any, Terms], Any]
Said = Callable[[Value, Terms], str]


@dataclass(frozen=True)
class Rule:
    """A rule as a standard may name it.

    takes_target: a line without a target of its own uses the table of targets. of: what x is, `indicator` (its
    value), `judged` (what scorers gave), `either` (judged where the line names no indicator), `percentile` (the
    area's position in the region), `units_meeting` (the share of its units that reach the line's `bar`). inputs: what
    else the formula asks for: `prior` (the value of the year before), `mean` (of the region). plain: the working
    counts in percentage points, not in shares. full_at, none_at: the arguments at and beyond which the points are full
    or none, for high values and for low ones. said: writes the working of a rule that looks up rather than computes.
    block: `penalties` if the rule belongs nowhere else. counts_only: not for values that have a denominator. directed:
    whether the formula differs where low values are good; not where x is a position or a share of units, in which the
    direction is contained, or a count of work done.
    """

    name: str
    formula: Formula
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    takes_target: bool = False
    of: str = "indicator"
    inputs: tuple[str, ...] = ()
    plain: bool = False
    full_at: tuple[str, str] | None = None
    none_at: tuple[str, str] | None = None
    said: Said | None = None
    block: str = ""
    counts_only: bool = False
    directed: bool = True

    def low_is_good(self, direction: str) -> bool:
        """Whether the formula is to be turned round for a line of this direction."""
        return self.directed and direction == "down"

    def award(self, value: Value, terms: Terms, bars: Mapping[str, Number]) -> Award:
        """Return points and working. `terms` are told; `bars` hold the numbers of `full_at` and `none_at`."""
        down = terms.down
        if self.full_at is not None:
            bar = bars.get(self.full_at[down])
            if bar is not None and value.reaches(bar.exact, not down):
                return _reached(value, bar, "≤" if down else "≥", terms.full)
        if self.none_at is not None:
            bar = bars.get(self.none_at[down])
            if bar is not None and value.reaches(bar.exact, down):
                return _reached(value, bar, "≥" if down else "≤", _NOTHING)
        told = Told.of(self.formula(value.told(self.plain), terms))
        if self.said is not None:
            working = self.said(value, terms)
            return Award(told.above, told.below, working, "=" if " " in working and "∈" not in working else "→")
        if told.final:
            return Award(told.above, told.below, told.final, "→")
        return Award(told.above, told.below, told.text, "→" if told.is_plain else "=")


_NOTHING = Told(0, 1, "0")

RULES: dict[str, Rule] = {}
"""Every rule by the name a standard calls it."""


def rule(name: str, arguments: Mapping[str, Argument] | None = None, **traits: Any) -> Callable[[Formula], Formula]:
    """Enter a formula in `RULES`: what its lines state, and the traits of `Rule`."""

    def enter(formula: Formula) -> Formula:
        RULES[name] = Rule(name, formula, arguments or {}, **traits)
        return formula

    return enter


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


def _said_bands(value: Value, terms: Terms) -> str:
    for entry in terms.table("bands"):
        low, high = entry.get("from"), entry.get("to")
        if (low is None or _reaches(value, low)) and (high is None or not _reaches(value, high)):
            ends = f"{'(−∞' if low is None else '[' + low.text}, {'+∞' if high is None else high.text})"
            return f"{_shown(value, max((end.text for end in (low, high) if end), key=len, default=''))} ∈ {ends}"
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


def _said_boolean(value: Value, terms: Terms) -> str:
    return "✓" if value.exact >= 1 else "✗"


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
    """`S × min(1, x/M)`, M a `share` of the region's mean; where low is good `S × min(1, M/x)`.

    mean: `unweighted`, of the areas' values, rounded half up to four decimals and used so; `pooled`, all numerators
    over all denominators. own: with or without the area itself.
    """
    bar = terms["mean"] if terms.stated["share"] == 100 else terms["share"] * terms["mean"]
    if terms.down:
        return choose(x <= bar, terms.full, most(0, terms.full * quotient(bar, x)))
    return most(0, least(terms.full, terms.full * quotient(x, bar, 1)))


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


def _said_ladder(value: Value, terms: Terms) -> str:
    parts, x = [], value.told(True)
    for entry in terms.table("tiers"):
        if x.exact <= entry["from"].exact:
            break
        top = entry["to"] if "to" in entry and entry["to"].exact < x.exact else x
        step = top if not entry["from"].exact else top - entry["from"]
        parts.append((step * entry["each"]).text)
    working = " + ".join(parts) or "0"
    over = sum((_of_tier(x, entry).exact for entry in terms.table("tiers")), Fraction(0)) > terms.full.exact
    return f"min({terms.full.text}, {working})" if over else working


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


def written(number: Fraction | Value, digits: int, padded: bool = False) -> tuple[str, bool]:
    """Return `number` in `digits` decimals, rounded half up if it has more, and whether that is exact.

    An exact number is written without trailing zeros unless it is to be `padded`.
    """
    if isinstance(number, Fraction):
        above, below = number.numerator, number.denominator
    else:
        above, below = number.above, number.below
    units, rest = divmod(abs(above) * 10**digits, below)
    if 2 * rest >= below:
        units += 1
    text = decimal_text(units, digits)
    if not rest and digits and not padded:
        text = text.rstrip("0").rstrip(".")
    return ("-" if above < 0 else "") + text, not rest


def decimal_text(units: int, digits: int) -> str:
    """Return `units × 10^-digits` with all its decimals: 169, 2 → `1.69`."""
    if digits == 0:
        return str(units)
    whole_part, part = divmod(abs(units), 10**digits)
    return f"{'-' if units < 0 else ''}{whole_part}.{part:0{digits}d}"


def _short(x: Any, terms: Terms) -> Any:
    """Return how far x is short of the target; negative beyond it."""
    return x - terms["target"] if terms.down else terms["target"] - x


def _deducted(number: Any, terms: Terms) -> Any:
    return most(0, least(terms.full, terms.full - terms["deduct"] * number))


def _steps(number: Any, terms: Terms) -> Any:
    counted = terms.choice("steps")
    return whole(number) if counted == "whole" else started(number) if counted == "started" else number


def _shown(value: Value, bar: str) -> str:
    """Return a value with its ratio: `9612/10000 = 96.12%`; with as many decimals as the bar it is held to."""
    if not value.is_ratio:
        return value.text
    # fewer decimals could put the value on the wrong side of the bar
    short, exact = written(value, max(2, len(bar.rstrip("%‰").partition(".")[2])))
    return f"{value.text} {'=' if exact else '≈'} {short}{SIGNS[value.per]}"


def _reached(value: Value, bar: Number, comparison: str, points: Told) -> Award:
    """Award of a value at or beyond a bar: `9612/10000 = 96.12% ≥ 95% → 5`."""
    working = f"{_shown(value, bar.text)} {comparison} {bar.text}{SIGNS[value.per]}"
    return Award(points.above, points.below, working, "→")
