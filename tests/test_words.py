"""The words of the figures: found by name, each used once, none left in the lessons' code."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from utils.classroom import words
from utils.classroom.words import TABLES, alt_text

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "solutions").glob("*.ipynb"))


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A table of words for a lesson called tiny."""
    (tmp_path / "tiny.toml").write_text('hand = """\nA hand\nwith {n} fingers."""\nshort = "A hand."\n')
    monkeypatch.setattr(words, "TABLES", tmp_path)
    words.table.cache_clear()
    yield
    words.table.cache_clear()


def test_a_name_stands_for_its_words_and_a_sentence_for_itself(written):
    assert alt_text("tiny/hand", n=5) == "A hand with 5 fingers."
    assert alt_text(" A map that is bright\n on the left. ") == "A map that is bright on the left."


@pytest.mark.parametrize(
    "alt, message",
    [
        ("tiny/foot", r"no words under 'foot' for the lesson tiny, only under \['hand', 'short'\]"),
        ("huge/hand", r"no words for a lesson 'huge', only for \['tiny'\]"),
        (
            "tiny/short",
            "alt: expected a sentence that says what the figure shows, of 15 letters or more, got 'A hand.'",
        ),
        ("hand", "alt: expected a sentence"),
        (None, "alt: expected a sentence"),
    ],
)
def test_what_stands_for_no_words_is_told(written, alt, message):
    with pytest.raises(ValueError, match=message):
        alt_text(alt)


def alts(path):
    """What is given as `alt` in a lesson's code: its name, or None for anything but a name."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            yield from alts_in(cell.source)


def alts_in(source):
    for node in ast.walk(ast.parse(source)):
        called = getattr(getattr(node, "func", None), "id", None)
        if called in ("show", "show_bars", "show_curves") and not any(k.arg == "alt" for k in node.keywords):
            yield None  # the titles would have to do
        for keyword in getattr(node, "keywords", []):
            if keyword.arg == "alt":
                named = [part.value for part in ast.walk(keyword.value) if isinstance(part, ast.Constant)]
                yield named[0] if len(named) == 1 and re.fullmatch(r"\w+/\w+", named[0]) else None


@pytest.mark.parametrize(
    "source, found",
    [
        ('show([x], alt="tiny/hand")', ["tiny/hand"]),
        ('show([x], alt="tiny/hand", words={"n": 5})', ["tiny/hand"]),
        ('show_walk_back("relu", alt="tiny/hand")', ["tiny/hand"]),
        ('show([x], alt="A hand, red on both fingers.")', [None]),
        ('show([x], alt=f"A hand, {n} fingers.")', [None]),
        ("show_curves(x, y, alt=words)", [None]),
        ("show([x], titles=names)", [None]),
        ("show_bars(bars, ylabel='y')", [None]),
        ("show_table(rows, caption='c')", []),
    ],
)
def test_words_in_the_code_are_seen(source, found):
    assert list(alts_in(source)) == found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_words_stand_in_the_code_and_none_are_left_over(path):
    """Where they stood in the code, they told what there was to see before there was a picture."""
    found = list(alts(path))
    assert None not in found, f"{path.name}: an alt text in the code; it goes into {TABLES.name}/{path.stem[3:]}.toml"
    assert sorted(set(found)) == sorted(f"{path.stem[3:]}/{key}" for key in words.table(path.stem[3:]))
    assert len(found) == len(set(found)), f"{path.name}: two figures of the same words"


def test_every_table_belongs_to_a_lesson():
    assert {path.stem for path in TABLES.glob("*.toml")} == {path.stem[3:] for path in LESSONS}
