"""The formula grammar, against Python's own arithmetic and by what it must refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaltools import formulas

NAMES = ("births", "live_births", "residents_65", "x1")
TERMS = st.lists(
    st.tuples(st.sampled_from("+-"), st.sampled_from((None, "2", "0.5", "12")), st.sampled_from(NAMES)),
    min_size=1,
)


@given(TERMS, st.lists(st.integers(0, 1000), min_size=4, max_size=4))
def test_a_sum_means_what_python_makes_of_it(terms: list[tuple[str, str | None, str]], numbers: list[int]) -> None:
    terms = [("+", terms[0][1], terms[0][2]), *terms[1:]]
    text = "".join(f" {s} {f'{c} * ' if c else ''}{n}" for s, c, n in terms)[3:]
    values = dict(zip(NAMES, numbers, strict=True))
    ours = sum(term.coefficient * values[term.item] for term in formulas.parse(text))
    assert ours == pytest.approx(eval(text, {"__builtins__": {}}, values))


def test_parameters_and_prior_year() -> None:
    (term,) = formulas.parse("parameter(fund_per_head) * 2 * residents")
    assert (term.item, term.coefficient, term.parameters, term.prior) == (
        "residents",
        2.0,
        ("fund_per_head",),
        False,
    )
    (term,) = formulas.parse("prior(contracted)")
    assert (term.item, term.prior) == ("contracted", True)


def test_relations_and_bars() -> None:
    relation = formulas.parse_relation("a + b <= 2 * c")
    assert (formulas.items(relation.left), relation.comparison, formulas.items(relation.right)) == (
        {"a", "b"},
        "<=",
        {"c"},
    )
    assert formulas.parse_bar("coverage >= 90") == formulas.Bar("coverage", ">=", 90.0, "")
    assert formulas.parse_bar("coverage >= parameter(bar)") == formulas.Bar("coverage", ">=", None, "bar")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "a b",
        "2",
        "a / b",
        "(a + b)",
        "a * 2",
        "__import__('os')",
        "a; b",
        "prior(2)",
        "A",
        "2 * ",
        "a ** b",
        "parameter(x)",
        "prior(prior(a))",
        "a.b",
    ],
)
def test_everything_else_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(formulas.FormulaError, match="character"):
        formulas.parse(text)


@pytest.mark.parametrize("text", ["a <=", "a = b", "a <= b <= c", "<= b"])
def test_a_relation_needs_two_sides(text: str) -> None:
    with pytest.raises(formulas.FormulaError):
        formulas.parse_relation(text)
