"""The README: its commands exist, its links lead somewhere, its pictures have words, its map of lessons is complete."""

import re
from pathlib import Path

import pytest

from utils.classroom.exercises import EXERCISES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_a_link_leads_somewhere(target):
    assert target.startswith("https://") or (ROOT / target).is_file()


def test_pictures_have_words_and_are_small():
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)
    assert pictures
    for words, path in pictures:
        assert len(words) > 40
        assert (ROOT / path).stat().st_size <= 100_000


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make (\w+)", README))))
def test_a_make_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_map_names_every_lesson_and_every_function():
    rows = re.findall(r"^\| \d\d \|.*$", README, re.MULTILINE)
    assert [re.search(r"course/(\w+\.ipynb)", row)[1] for row in rows] == sorted(
        p.name for p in (ROOT / "course").glob("*.ipynb")
    )
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[3])]
    assert sorted(named) == sorted(EXERCISES)
