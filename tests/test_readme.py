"""The README: its commands exist, its links lead somewhere, its pictures have words, its map of lessons is complete."""

import re
from itertools import pairwise
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


def links(path):
    """The lessons that a notebook links to."""
    return set(re.findall(r"\]\((\d\d_\w+\.ipynb)\)", path.read_text(encoding="utf-8")))


LESSONS = sorted((ROOT / "solutions").glob("*.ipynb"))


def test_the_map_in_lesson_00_names_every_lesson():
    assert not (missing := {path.name for path in LESSONS[1:]} - links(LESSONS[0])), f"no row for {sorted(missing)}"


@pytest.mark.parametrize("path, following", list(pairwise(LESSONS)), ids=lambda path: path.stem)
def test_a_lesson_leads_to_the_next(path, following):
    assert following.name in links(path), f"{path.name} ends without **Next:** [...]({following.name})"


def minutes(text):
    """The numbers of a time: [60, 75] for "60 to 75 minutes" and for "60–75"."""
    return [int(number) for number in re.findall(r"\d+", text)]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_takes_as_long_as_the_map_says(path):
    rows = re.findall(rf"^\|.*course/{path.name}.*$", README, re.MULTILINE)
    assert len(rows) == 1, f"{path.name} has {len(rows)} rows in the map of README.md, not one"
    mapped = rows[0].split("|")[4]
    time = "".join(re.findall(r"\*\*Time\*\* \| ([^|]*) \|", path.read_text(encoding="utf-8")))
    assert re.match(r"\d+ to \d+ minutes\b", time), f"{path.name}: **Time** is like 60 to 75 minutes, not {time!r}"
    assert minutes(time) == minutes(mapped), f"{path.name} says {time}, README {mapped}"


def test_there_is_what_those_need_who_carry_it_on():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = re.findall(r"^(\d+)\. ", guide, re.MULTILINE)
    assert steps == [str(n) for n in range(1, len(steps) + 1)] and len(steps) >= 8
    for target in re.findall(r"\]\(([^)]+)\)", guide) + re.findall(
        r"`((?:utils|tests|solutions|course)/[\w/.]+\.\w+)`", guide
    ):
        assert "STEM" in target or (ROOT / target).exists(), target
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert f"## {version}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_citation_is_of_this_version():
    cited = dict(re.findall(r"^([\w-]+): *(.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE))
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert cited["cff-version"] == "1.2.0" and cited["version"] == version
    assert {"message", "title", "authors", "license"} <= set(cited)
