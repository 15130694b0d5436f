"""Characters for terminals that have them and for those that do not."""

import dataclasses

import pytest

from weft.present.terminal.glyphs import ASCII, BOX, glyphs


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-16", "gb18030"])
def test_an_encoding_that_has_them_gets_box_characters(encoding: str) -> None:
    assert glyphs(encoding) is BOX


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "koi8-r"])
def test_every_other_encoding_gets_what_it_can_carry(encoding: str) -> None:
    draw = glyphs(encoding)

    for field in dataclasses.fields(draw):
        getattr(draw, field.name).encode(encoding)
    draw.say("数据 ✗ … \x1b[1m").encode(encoding)
    draw.fit("a long name", 6).encode(encoding)


def test_guides_are_three_cells_in_both_sets() -> None:
    for draw in (BOX, ASCII):
        assert {len(draw.fork), len(draw.corner), len(draw.pipe), len(draw.gap)} == {3}
