from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from matplotlib.ft2font import FT2Font, LoadFlags
from nbformat import v4

from evaltools import page_font, site
from evaltools.font_file import bundled_font
from evaltools.html_tables import MARKERS, STATUS_SIGNS
from evaltools.page_font import characters, font_face, subset
from evaltools.wording import topic, topics

TEXT = "鄠邑 瀍河 硚口 盱眙 规范管理率，86.76%（▲改善）“引”—½㎡ Aé\U00020087"


def source() -> Path:
    path = bundled_font()
    assert path is not None
    return path


def test_every_character_has_the_outline_and_the_width_of_the_whole_font(tmp_path: Path) -> None:
    made = TTFont(io.BytesIO(subset(source(), TEXT)))
    assert made.flavor == "woff"
    made.flavor = None  # matplotlib's FreeType reads no WOFF
    made.save(tmp_path / "cut.ttf")
    cut, whole = FT2Font(str(tmp_path / "cut.ttf")), FT2Font(str(source()))
    for font in (cut, whole):
        font.set_size(100, 72)
    assert (cut.ascender, cut.descender, cut.height, cut.units_per_EM) == (
        whole.ascender,
        whole.descender,
        whole.height,
        whole.units_per_EM,
    )
    known = set(whole.get_charmap())
    assert set(cut.get_charmap()) == {ord(char) for char in TEXT} & known
    assert 0x20087 in known, "one character beyond the first 65,536 is among them"
    for char in set(cut.get_charmap()):
        pair = [font.load_char(char, flags=LoadFlags.NO_HINTING) for font in (cut, whole)]
        assert pair[0].linearHoriAdvance == pair[1].linearHoriAdvance
        outlines = [font.get_path() for font in (cut, whole)]
        assert all(np.array_equal(one, other) for one, other in zip(*outlines, strict=True)), chr(char)


def test_digits_are_of_one_width_so_that_numbers_stand_below_one_another() -> None:
    widths = TTFont(io.BytesIO(subset(source(), "0123456789")))["hmtx"].metrics
    assert len({width for name, (width, _) in widths.items() if name != ".notdef"}) == 1


def test_no_character_of_the_font_is_composed_of_others() -> None:
    # the cut takes outlines as they are; one that names others would name the wrong ones
    glyphs = TTFont(source())["glyf"].glyphs.values()
    data = [glyph.data for glyph in glyphs if getattr(glyph, "data", b"")]
    assert len(data) > 20_000
    # the first number of an outline: how many contours, negative for a composed one
    assert min(int.from_bytes(one[:2], "big", signed=True) for one in data) > 0


def test_the_licence_travels_along() -> None:
    names = {entry.nameID: str(entry) for entry in TTFont(io.BytesIO(subset(source(), "甲")))["name"].names}
    assert "Adobe" in names[0] and "SIL Open Font License" in names[13] and "OFL" in names[14]
    assert "SIL Open Font License" in font_face("甲")


def test_the_same_characters_give_the_same_text_in_any_order_and_process() -> None:
    here = font_face(TEXT)
    assert here == font_face(reversed(TEXT)) == font_face([*TEXT, *TEXT])
    code = f"from evaltools.page_font import font_face\nimport sys\nsys.stdout.write(font_face({TEXT!a}))"
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, env=environment
    )
    assert done.stdout == here


def test_the_characters_of_a_page_are_those_of_texts_attributes_and_scripts() -> None:
    html = '<p title="甲">&lt;乙&gt; &#19993;</p><script>丁</script><img src="data:image/png;base64,戊+戊">'
    found = characters(html)
    assert set("甲乙丙丁<>") <= found
    assert "戊" not in found


def test_every_sign_and_word_of_ours_is_in_the_font() -> None:
    known = FT2Font(str(source())).get_charmap()
    said = {char for name in topics() for entry in topic(name).values() for text in entry.values() for char in text}
    said |= {char for sign in STATUS_SIGNS.values() for char in sign} | {
        char for sign, _ in MARKERS.values() for char in sign
    }
    assert len(said) > 900
    assert {char for char in said if not char.isspace() and ord(char) not in known} == set()


def test_a_page_embeds_what_it_says_and_one_without_the_font_still_is_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    context = site.PageContext(lang="zh", title="鄠邑区", dataset_title="样例")
    empty = v4.new_notebook()
    for page in (site.render(empty, context).html, site.failure(context, "笔记本", 1, "x", "硚口")):
        (face,) = re.findall(r"url\(data:font/woff;base64,([\w+/=]+)\)", page)
        known = TTFont(io.BytesIO(base64.b64decode(face))).getBestCmap()
        said = set(re.sub(r"<[^>]+>", "", page.partition("</style>")[2].partition("</style>")[2])) - {"\n"}
        assert {char for char in said if ord(char) not in known} == set()
        assert set(range(0x20, 0x7F)) <= known.keys()
    monkeypatch.setattr(page_font, "bundled_font", lambda: None)
    bare = site.render(empty, context).html
    assert "@font-face" not in bare and "鄠邑区" in bare
    assert bare.count("sha256-") == 1
