"""The JSON-Schema of standards: the published file, what it accepts, and that it agrees with the reader."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from whole_standard import OF_UNITS, WHOLE

from evaltools.problems import InputError
from evaltools.rule_arithmetic import least
from evaltools.rule_model import Argument, Rule
from evaltools.rules import RULES
from evaltools.standard_files import yaml_text
from evaltools.standard_schema import schema, schema_text
from evaltools.standards import load_standard

ROOT = Path(__file__).parents[1]
FILE = ROOT / "data" / "standards" / "standard.schema.json"
SHIPPED = sorted((ROOT / "data").glob("**/standards/*.yaml"))

Way = tuple[str | int, ...]


@pytest.fixture(scope="module")
def published() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(FILE.read_text(encoding="utf-8")))


def whole(text: str = WHOLE) -> Any:
    return yaml.safe_load(text)


def texts(text: str = WHOLE) -> Any:
    """The whole standard with every value as its text."""
    return yaml.load(text, Loader=yaml.BaseLoader)


def accepted(folder: Path, document: Any) -> bool:
    """Whether the reader takes a document of texts."""
    path = folder / "standard.yaml"
    path.write_text(yaml_text(document), encoding="utf-8")
    try:
        load_standard(path)
    except InputError:
        return False
    return True


def ways(value: Any, here: Way = ()) -> Iterator[Way]:
    """Yield the way to every value of a document."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*here, key)
        yield from ways(part, (*here, key))


def at(document: Any, way: Way) -> Any:
    for key in way:
        document = document[key]
    return document


def changed(document: Any, way: Way, *value: object) -> Any:
    """Return a document with a value replaced, or without it."""
    document = copy.deepcopy(document)
    if value:
        at(document, way[:-1])[way[-1]] = value[0]
    else:
        del at(document, way[:-1])[way[-1]]
    return document


def shape(way: Way) -> tuple[object, ...]:
    """Return what ways to the same kind of value have in common: what a rule asks for is its own in each line."""
    own = (way[1::2], at(whole(), way[:-1]).get("rule")) if way[-1] in ARGUMENTS else ()
    return (tuple(key for key in way if isinstance(key, str)), own)


ARGUMENTS = {key for rule in RULES.values() for key in rule.arguments}
KEYS = list({shape(way): way for way in reversed(list(ways(whole()))) if isinstance(way[-1], str)}.values())
"""The way to one value of each kind."""


def test_the_published_file_is_what_the_module_builds():
    jsonschema.Draft202012Validator.check_schema(schema())
    assert FILE.read_text(encoding="utf-8") == schema_text(), (
        "write it anew: Path('data/standards/standard.schema.json').write_text(schema_text(), encoding='utf-8')"
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_standard_is_valid(published, path):
    assert [error.message for error in published.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))] == []


def test_the_whole_standard_is_valid_however_its_values_are_read(published):
    for document in (whole(), texts(), whole(OF_UNITS), texts(OF_UNITS)):
        found = [(list(error.absolute_path), error.message) for error in published.iter_errors(document)]
        assert found == []
    assert {"no", False} >= {at(d, ("bonus", "above_total")) for d in (whole(), texts())}, "yes and no, read as either"


@pytest.mark.slow
def test_a_key_may_be_left_out_where_the_reader_lets_it(published, tmp_path):
    refused = 0
    for way in KEYS:
        valid, read = published.is_valid(changed(whole(), way)), accepted(tmp_path, changed(texts(), way))
        # the ends of bands and tiers are held against each other, which only the reader does
        assert valid == read or (valid and way[-1] in ("from", "to") and len(way) > 5), way
        refused += not valid
    assert 40 < refused < len(KEYS) - 20


@pytest.mark.slow
@pytest.mark.parametrize("value", ["?", "-1", "0", "1.5", "yes", ["x"], {"x": "1"}, [{"x": "1"}]], ids=repr)
def test_nothing_is_refused_that_the_reader_takes(published, tmp_path, value):
    made = {way: changed(texts(), way, value) for way in KEYS if isinstance(value, str) or way[-1] != "rule"}
    refused = {way: document for way, document in made.items() if not published.is_valid(document)}
    assert len(refused) > 20
    assert [way for way, document in refused.items() if accepted(tmp_path, document)] == []


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("mark",), "rumour"),
        (("totle",), 10),
        (("total",), 0),
        (("total",), "ten"),
        (("total",), "40%"),
        (("name_zh",), ""),
        (("source",), ""),
        (("missing",), "ignore"),
        (("objects",), "unit"),
        (("objects",), "house"),
        (("rounding",), "half_up"),
        (("rounding", "digits"), 2.5),
        (("rounding", "digits"), 7),
        (("rounding", "value_digits"), ""),
        (("rounding", "on"), "line"),
        (("roll_up",), {"by": "equal"}),
        (("authenticity", "tolerance"), 100),
        (("authenticity", "confidence"), 100),
        (("sections", 0, "id"), "rest"),
        (("sections", 0, "lines", 0, "id"), "1;1"),
        (("grades",), []),
        (("grades", 0, "from"), -1),
        (("grades", 0, "from"), "high"),
        (("sections",), {}),
        (("sections", 0, "lines"), []),
        (("sections", 0, "points"), 0),
        (("sections", 0, "lines", 0, "rule"), "treshold"),
        (("sections", 0, "lines", 0, "rule"), "per_case"),
        (("sections", 0, "lines", 0, "step"), 2),
        (("sections", 0, "lines", 0, "points"), -2.5),
        (("sections", 0, "lines", 0, "target"), 0),
        (("sections", 0, "lines", 0, "target"), ""),
        (("sections", 0, "lines", 0, "indicator"), ""),
        (("sections", 0, "lines", 0, "direction"), "sideways"),
        (("sections", 0, "lines", 0, "gate"), [["1.1"]]),
        (("sections", 0, "lines", 0, "gate"), [""]),
        (("sections", 0, "lines", 1, "lower"), "[]"),
        (("sections", 0, "lines", 3, "steps"), "most"),
        (("sections", 0, "lines", 6, "bands"), []),
        (("sections", 0, "lines", 6, "bands", 0, "until"), 3),
        (("sections", 0, "lines", 6, "bands", 0, "points"), -1),
        (("sections", 0, "lines", 8, "full_when"), "maybe"),
        (("sections", 1, "lines", 0, "direction"), "up"),
        (("sections", 1, "lines", 3, "upper"), 100.5),
        (("sections", 1, "lines", 4, "target"), 101),
        (("sections", 1, "lines", 7, "indicator"), "p"),
        (("sections", 1, "lines", 7, "name_zh"), ""),
        (("sections", 1, "lines", 7, "scorers"), "median"),
        (("bonus", "above_total"), "perhaps"),
        (("bonus", "cap"), 0),
        (("penalties", "cap"), ""),
        (("penalties", "lines", 0, "rule"), "per_defect"),
        (("penalties", "lines", 0, "gate"), "1.1"),
        (("vetoes",), []),
        (("vetoes", 0, "effect"), "ban"),
        (("vetoes", 0, "grade"), ""),
        (("vetoes", 0, "funds"), 1.5),
        (("vetoes", 0, "grades"), 1),
        (("vetoes", 1, "grades"), 0),
        (("vetoes", 1, "grade"), "2"),
    ],
    ids=str,
)
def test_mistakes_are_refused_by_schema_and_reader(published, tmp_path, way, value):
    assert not published.is_valid(changed(whole(), way, value))
    written = tmp_path / "standard.yaml"
    written.write_text(yaml.safe_dump(changed(texts(), way, value), allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError):
        load_standard(written)


@pytest.mark.parametrize(
    ("way", "value"), [(("roll_up", "item"), ""), (("roll_up", "by"), "equal"), (("roll_up",), "")]
)
def test_how_units_are_rolled_up_is_stated_in_full(published, tmp_path, way, value):
    assert accepted(tmp_path, texts(OF_UNITS))
    assert not published.is_valid(changed(whole(OF_UNITS), way, value))
    assert not accepted(tmp_path, changed(texts(OF_UNITS), way, value))


def test_the_largest_number_of_digits_is_the_reader_s(published, tmp_path):
    for digits in range(9):
        way = ("rounding", "digits")
        valid = published.is_valid(changed(whole(), way, digits))
        assert valid == accepted(tmp_path, changed(texts(), way, str(digits))), digits


@pytest.mark.parametrize(
    "number", ["5", "+5", ".5", "5.", "0.50", "00.5", "0", "0.0", ".0", "+0", ".", "", "-5", "1e3", "1 0", "٣"]
)
@pytest.mark.parametrize("way", [("total",), ("grades", 2, "from"), ("sections", 0, "lines", 0, "target")], ids=str)
def test_a_quoted_number_is_one_if_the_reader_takes_it(published, tmp_path, way, number):
    written = tmp_path / "standard.yaml"
    written.write_text(yaml.safe_dump(changed(texts(), way, number), allow_unicode=True), encoding="utf-8")
    try:
        load_standard(written)
        said = set()
    except InputError as error:
        said = set(error.problems["rule"])
    spelled = not said & {"standards_not_a_number", "standards_out_of_range", "standards_missing_key"}
    assert published.is_valid(changed(texts(), way, number)) == spelled, said


def test_a_rule_of_ones_own_has_its_keys_in_the_schema():
    own = Rule("square", least, {"sharpness": Argument("number", above_zero=True)})
    line = {
        "id": "a",
        "indicator": "b",
        "rule": "square",
        "points": 1,
        "source": "s",
        "mark": "general",
        "sharpness": 2,
    }
    document = whole()
    document["sections"][0]["lines"].append(line)
    assert not jsonschema.Draft202012Validator(schema()).is_valid(document)
    checked = jsonschema.Draft202012Validator(schema({**RULES, "square": own}))
    assert checked.is_valid(document)
    for wrong in ({"sharpness": 0}, {"sharpen": 2}):
        document["sections"][0]["lines"][-1] = {**line, **wrong}
        assert not checked.is_valid(document), wrong
