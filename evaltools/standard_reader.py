"""Reading a scoring standard as written by hand, and saying everything that is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import yaml

from evaltools.standard_lines import Ids, LineReader, names, provenance
from evaltools.standards import (
    AUTHENTICITY_KEYS,
    BONUS,
    BONUS_KEYS,
    EFFECTS,
    GRADE_KEYS,
    MISSING,
    MODES,
    NOT_APPLICABLE,
    OBJECTS,
    PENALTIES,
    PENALTY_KEYS,
    ROLL_UP_KEYS,
    ROLL_UPS,
    ROUND_OF,
    ROUNDING_KEYS,
    SECTION_KEYS,
    STANDARD_KEYS,
    VETO_KEYS,
    YES_NO,
    Authenticity,
    Bonus,
    Grade,
    Line,
    Penalties,
    RollUp,
    Rounding,
    Section,
    Standard,
    Veto,
)
from evaltools.yaml_fields import Document, Fields

_MOST_DIGITS = 6


def read_standard(path: Path, catalogue: pd.DataFrame | None = None) -> Standard:
    """Read a standard from a YAML file or a workbook; see `standards.load_standard`."""
    if path.suffix.lower() == ".xlsx":
        from evaltools.standard_sheets import SheetDocument

        return _Reader(SheetDocument(path.name, "standards"), catalogue).read(path)
    return _Reader(Document(path.name, "standards"), catalogue).read(path)


class _Reader:
    """Reads one standard; placeholders stand for what is wrong, which is noted in the document."""

    def __init__(self, document: Document, catalogue: pd.DataFrame | None) -> None:
        self.document = document
        self.say = document.say
        self.ids = Ids(document)
        self.reader = LineReader(document, self.ids, catalogue)
        self.name, self.objects = "", OBJECTS[0]

    def read(self, path: Path) -> Standard:
        self.name = path.stem
        fields = self.document.read(path, STANDARD_KEYS)
        standard = self.standard(fields) if fields is not None else None
        self.document.problems.raise_if_any()
        assert standard is not None  # nothing wrong was noted, so it was built
        return standard

    def standard(self, fields: Fields) -> Standard:
        name = self.ids.of(fields, "standard")
        self.objects = fields.choice("objects", OBJECTS, OBJECTS[0])
        rounding = self.rounding(fields)
        policies = (fields.choice("missing", MISSING), fields.choice("not_applicable", NOT_APPLICABLE))
        total = fields.number("total")
        sections = tuple(self.section(node, rounding, policies) for node in fields.entries("sections"))
        self.check_sum(fields, "total", total, [section.points for section in sections])
        grades = self.grades(fields, total)
        standard = Standard(
            id=name,
            **names(fields),
            total=total,
            **provenance(fields),
            sections=sections,
            grades=grades,
            rounding=rounding,
            missing=policies[0],
            not_applicable=policies[1],
            objects=self.objects,
            roll_up=self.roll_up(fields),
            previous=self.previous(fields),
            authenticity=self.authenticity(fields),
            bonus=self.bonus(fields, rounding, policies),
            penalties=self.penalties(fields, rounding, policies),
            vetoes=tuple(self.veto(node, grades) for node in self.optional(fields, "vetoes")),
        )
        self.reader.check_gates()
        return standard

    @staticmethod
    def optional(parent: Fields, key: str) -> list[yaml.Node]:
        return list(parent.entries(key)) if key in parent else []

    def part(self, parent: Fields, key: str, allowed: tuple[str, ...]) -> Fields | None:
        """Return a mapping within another one; None if it is absent."""
        node = parent.value(key, required=False)
        return None if node is None else Fields(self.document, node, allowed, key)

    def rounding(self, parent: Fields) -> Rounding:
        node = parent.value("rounding")
        if node is None:
            return Rounding(_MOST_DIGITS, "half_up", "total")
        fields = Fields(self.document, node, ROUNDING_KEYS, "rounding")
        digits = self.digits(fields, "digits")
        value_digits = self.digits(fields, "value_digits") if "value_digits" in fields else None
        return Rounding(digits, fields.choice("mode", MODES), fields.choice("of", ROUND_OF), value_digits)

    def digits(self, fields: Fields, key: str) -> int:
        digits = fields.number(key, above_zero=False)
        if digits % 1 or digits > _MOST_DIGITS:
            self.say("out_of_range", fields.at(key), key=key, found=digits, allowed=self.document.words("digits_range"))
            digits = Decimal(_MOST_DIGITS)
        return int(digits)

    def roll_up(self, parent: Fields) -> RollUp | None:
        fields = self.part(parent, "roll_up", ROLL_UP_KEYS)
        if fields is None:
            if self.objects == "unit":
                self.say("missing_key", parent.node, subject=parent.subject, key="roll_up")
            return None
        if self.objects != "unit":
            self.say("roll_up_without_units", parent.at("roll_up"))
        by = fields.choice("by", ROLL_UPS)
        item = fields.text("item", required=by == "item")
        if by == "equal" and item:
            self.say("roll_up_item_unused", fields.at("item"), found=item)
        return RollUp(by, item)

    def previous(self, parent: Fields) -> str:
        """Return the name of last year's standard, which is the name of a file, and not this one's."""
        found = parent.text("previous", required=False)
        if found and found == self.name:
            self.say("previous_is_itself", parent.at("previous"), found=found)
        return found

    def authenticity(self, parent: Fields) -> Authenticity | None:
        fields = self.part(parent, "authenticity", AUTHENTICITY_KEYS)
        if fields is None:
            return None
        tolerance = fields.number("tolerance", above_zero=False)
        confidence = fields.number("confidence", default=Decimal(95))
        for key, found, allowed in (
            ("tolerance", tolerance, tolerance < 100),
            ("confidence", confidence, confidence < 100),
        ):
            if not allowed:
                words = self.document.words("below_100")
                self.say("out_of_range", fields.at(key), key=key, found=found, allowed=words)
        return Authenticity(tolerance, confidence)

    def grades(self, parent: Fields, total: Decimal) -> tuple[Grade, ...]:
        grades: list[Grade] = []
        for node in parent.entries("grades"):
            fields = Fields(self.document, node, GRADE_KEYS, "grade")
            name = self.ids.of(fields, "grade")
            start = fields.number("from", above_zero=False)
            if start > total > 0:
                self.say("grade_above_total", fields.at("from"), subject=name, found=start, total=total)
            if grades and start >= grades[-1].start:
                above = grades[-1].start
                self.say("grades_overlap", fields.at("from"), subject=name, found=start, above=above)
            grades.append(Grade(name, **names(fields), start=start))
        if grades and (lowest := min(grade.start for grade in grades)) > 0:
            self.say("no_lowest_grade", parent.at("grades"), found=lowest)
        return tuple(grades)

    def section(self, node: yaml.Node, rounding: Rounding, policies: tuple[str, str]) -> Section:
        fields = Fields(self.document, node, SECTION_KEYS, "section")
        name = self.ids.of(fields, "section")
        points = fields.number("points")
        lines = self.lines(fields, rounding, policies)
        self.check_sum(fields, "points", points, [line.points for line in lines])
        return Section(name, **names(fields), points=points, lines=lines)

    def bonus(self, parent: Fields, rounding: Rounding, policies: tuple[str, str]) -> Bonus | None:
        fields = self.part(parent, BONUS, BONUS_KEYS)
        if fields is None:
            return None
        above_total = fields.choice("above_total", YES_NO) == "yes"
        return Bonus(fields.number("cap"), above_total, self.lines(fields, rounding, policies, BONUS))

    def penalties(self, parent: Fields, rounding: Rounding, policies: tuple[str, str]) -> Penalties | None:
        fields = self.part(parent, PENALTIES, PENALTY_KEYS)
        if fields is None:
            return None
        cap = fields.number("cap") if "cap" in fields else None
        return Penalties(cap, self.lines(fields, rounding, policies, PENALTIES))

    def veto(self, node: yaml.Node, grades: tuple[Grade, ...]) -> Veto:
        fields = Fields(self.document, node, VETO_KEYS, "veto")
        name = self.ids.of(fields, "veto")
        effect = fields.choice("effect", EFFECTS)
        for key, effects in (("grade", ("set_grade", "cap_grade")), ("grades", ("drop_grade",))):
            if effect and effect not in effects and fields.value(key, required=False) is not None:
                self.say("veto_key_unused", fields.at(key), subject=name, key=key, effect=effect)
        grade = fields.text("grade", required=effect in ("set_grade", "cap_grade"))
        allowed = [known.id for known in grades]
        if grade and grade not in allowed:
            self.say("not_allowed", fields.at("grade"), key="grade", found=grade, allowed=", ".join(allowed))
        steps = fields.number("grades", default=Decimal(1))
        if steps % 1:
            words = self.document.words("whole_number")
            self.say("out_of_range", fields.at("grades"), key="grades", found=steps, allowed=words)
        funds = fields.number("funds", above_zero=False) if "funds" in fields else None
        if funds is not None and funds > 1:
            words = self.document.words("zero_to_one")
            self.say("out_of_range", fields.at("funds"), key="funds", found=funds, allowed=words)
        return Veto(
            name, **names(fields), **provenance(fields), effect=effect, grade=grade, grades=int(steps), funds=funds
        )

    def lines(self, parent: Fields, rounding: Rounding, policies: tuple[str, str], block: str = "") -> tuple[Line, ...]:
        nodes = parent.entries("lines")
        return tuple(self.reader.line(node, rounding, policies, block, self.objects) for node in nodes)

    def check_sum(self, fields: Fields, key: str, stated: Decimal, parts: list[Decimal]) -> None:
        """Note that parts do not sum to what is stated; parts that could not be read are noted already."""
        if stated and parts and all(parts) and sum(parts) != stated:
            values = {"subject": fields.subject, "stated": stated, "found": sum(parts)}
            self.say("points_do_not_add_up", fields.at(key), **values)
