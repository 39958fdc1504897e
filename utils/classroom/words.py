"""What the figures of the lessons show, in words. They stand here, in one table a lesson, and not in the lessons' code:
there they would answer the question that a figure is asked before it is drawn.
"""

import functools
import re
import tomllib
from pathlib import Path

TABLES = Path(__file__).with_name("alt")
NAME = re.compile(r"(\w+)/(\w+)")
SHORTEST = 15  # letters


@functools.cache
def table(stem):
    """{key: words} of one lesson; ValueError where there is no such table."""
    path = TABLES / f"{stem}.toml"
    if not path.is_file():
        stems = sorted(path.stem for path in TABLES.glob("*.toml"))
        raise ValueError(
            f"alt: there are no words for a lesson {stem!r}, only for {stems}. They stand in {TABLES.name}/{stem}.toml"
        )
    return tomllib.loads(path.read_text(encoding="utf-8"))


def alt_text(alt, **fields):
    """The words meant by `alt`: itself, where it is a sentence, or the one of its name, "grad_cam/opening", with its
    {fields} put in. ValueError where it is neither.
    """
    if isinstance(alt, str) and (named := NAME.fullmatch(alt.strip())):
        stem, key = named.groups()
        if key not in table(stem):
            raise ValueError(
                f"alt: there are no words under {key!r} for the lesson {stem}, only under {sorted(table(stem))}. "
                f"They stand in {TABLES.name}/{stem}.toml"
            )
        alt = table(stem)[key].format(**fields)
    if not isinstance(alt, str) or len(alt.strip()) < SHORTEST:
        raise ValueError(
            f"alt: expected a sentence that says what the figure shows, of {SHORTEST} letters or more, got {alt!r}"
        )
    return " ".join(alt.split())
