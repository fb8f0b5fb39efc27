"""Gates of a standard taken away before lines are scored and put back after, so that single lines can be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from evaltools.standards import Line, Standard


def without_gates(standard: Standard) -> Standard:
    """Return a standard whose lines do not wait for others."""

    def free(lines: Iterable[Line]) -> tuple[Line, ...]:
        return tuple(replace(line, gate=()) for line in lines)

    return replace(
        standard,
        sections=tuple(replace(section, lines=free(section.lines)) for section in standard.sections),
        bonus=standard.bonus and replace(standard.bonus, lines=free(standard.bonus.lines)),
        penalties=standard.penalties and replace(standard.penalties, lines=free(standard.penalties.lines)),
    )


def behind_gates(points: Mapping[str, float], standard: Standard) -> dict[str, float]:
    """Return the points of one object's lines, zero where a gate of the line has none."""
    gates = {line.id: line.gate for _, line in standard.lines}
    found: dict[str, float] = {}
    for line in TopologicalSorter(gates).static_order():
        found[line] = 0.0 if any(found[gate] == 0 for gate in gates[line]) else points[line]
    return {line: found[line] for line in points}
