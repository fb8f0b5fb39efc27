"""The small grammar of the catalogue's formulas; parsed here, never evaluated as Python.

    formula   = term (("+" | "-") term)*
    term      = (factor "*")* reference
    factor    = number | "parameter(" name ")"
    reference = name | "prior(" name ")"
    relation  = formula ("<=" | "==" | ">=" | "<" | ">" | "!=") formula
    bar       = name ("<=" | ">=") (number | "parameter(" name ")")

A name is an item (in a bar: an indicator); `prior(x)` is its value in the same period one year earlier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-z][a-z0-9_]*)|(?P<symbol><=|>=|==|!=|[-+*()<>]))")
COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")


class FormulaError(ValueError):
    """A formula that the grammar does not allow; the message says where it stops being understood."""


@dataclass(frozen=True, slots=True)
class Term:
    """`sign × coefficient × parameters × item`, the item of this period or of the same period last year."""

    item: str
    coefficient: float = 1.0
    parameters: tuple[str, ...] = ()
    prior: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """Two formulas and how the first must stand to the second."""

    left: tuple[Term, ...]
    comparison: str
    right: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """An indicator and what its value must reach: a number, or the name of a parameter."""

    indicator: str
    comparison: str
    value: float | None
    parameter: str


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise FormulaError(f"{text!r}: not understood at character {position + 1}: {text[position:]!r}")
            kind = match.lastgroup or ""
            self.tokens.append((kind, match.group(kind), match.start(kind)))
            position = match.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *kinds_or_symbols: str) -> str:
        kind, value, start = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", len(self.text))
        if kind not in kinds_or_symbols and value not in kinds_or_symbols:
            expected = " or ".join(kinds_or_symbols)
            raise FormulaError(f"{self.text!r}: expected {expected} at character {start + 1}, found {value!r}")
        self.at += 1
        return value

    def end(self) -> None:
        if self.at < len(self.tokens):
            _, value, start = self.tokens[self.at]
            raise FormulaError(f"{self.text!r}: {value!r} at character {start + 1} is not expected there")

    def call(self) -> str:
        self.take("(")
        argument = self.take("name")
        self.take(")")
        return argument

    def term(self, sign: float) -> Term:
        coefficient, parameters = sign, []
        while True:
            token = self.take("number", "name")
            if token[0].isdigit():
                coefficient *= float(token)
                self.take("*")
            elif token == "parameter" and self.peek() == "(":
                parameters.append(self.call())
                self.take("*")
            elif token == "prior" and self.peek() == "(":
                return Term(self.call(), coefficient, tuple(parameters), prior=True)
            else:
                return Term(token, coefficient, tuple(parameters))

    def formula(self) -> tuple[Term, ...]:
        terms = [self.term(1.0)]
        while self.peek() in ("+", "-"):
            terms.append(self.term(1.0 if self.take("+", "-") == "+" else -1.0))
        return tuple(terms)


@lru_cache(maxsize=10_000)
def parse(text: str) -> tuple[Term, ...]:
    """Return the terms of a sum; raises FormulaError."""
    reader = _Reader(text)
    terms = reader.formula()
    reader.end()
    return terms


@lru_cache(maxsize=10_000)
def parse_relation(text: str) -> Relation:
    """Return the two sides of a relation; raises FormulaError."""
    reader = _Reader(text)
    left = reader.formula()
    comparison = reader.take(*COMPARISONS)
    right = reader.formula()
    reader.end()
    return Relation(left, comparison, right)


@lru_cache(maxsize=10_000)
def parse_bar(text: str) -> Bar:
    """Return an indicator and the bar its value must reach; raises FormulaError."""
    reader = _Reader(text)
    indicator = reader.take("name")
    comparison = reader.take("<=", ">=")
    token = reader.take("number", "name")
    if token == "parameter":
        bar = Bar(indicator, comparison, None, reader.call())
    elif token[0].isdigit():
        bar = Bar(indicator, comparison, float(token), "")
    else:
        raise FormulaError(f"{text!r}: the bar must be a number or parameter(name), found {token!r}")
    reader.end()
    return bar


def items(terms: tuple[Term, ...]) -> set[str]:
    """Return the items that a sum needs."""
    return {term.item for term in terms}
