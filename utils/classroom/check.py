"""check(function): the line under each exercise."""

import html
import os
import re
from pathlib import Path

from IPython import get_ipython
from IPython.display import display

from .exercises import EXERCISES
from .judge import judge

GRADING = "NBGRADER_EXECUTION"
SIGNS = {"right": "✓", "wrong": "✗", "not attempted": "○"}
COLOURS = {"right": "#1b7837", "wrong": "#b35806", "not attempted": "#666666"}


def _began_graded():
    """Whether this process was started to grade a notebook. Linux remembers it also where a cell has removed the
    variable before the first import.
    """
    try:
        began = Path("/proc/self/environ").read_text(errors="replace").split("\0")
    except OSError:  # another system
        began = []
    return any(re.match(f"{GRADING}=.", entry) for entry in began) or bool(os.environ.get(GRADING))


BEGAN_GRADED = _began_graded()


class Plain(Exception):
    """Shown in a notebook by its message alone, without frames from inside the course."""

    def _render_traceback_(self):  # IPython's own protocol
        return [str(self)]


class NotRight(Plain, AssertionError):
    """Raised where a notebook is being graded and an answer is anything but right."""


class NoExercise(Plain, ValueError):
    """Raised where what is to be checked has no exercise of its name."""


class Note:
    """A verdict as a learner reads it: text where there is only text, a coloured bar with the same text in a
    notebook.
    """

    def __init__(self, verdict):
        goes_on = {
            "wrong": " The notebook runs on with the course's own version until yours passes.",
            "right": "",
            "not attempted": "",
        }[verdict.status]
        self.status = verdict.status
        self.text = f"{SIGNS[verdict.status]} {verdict.name}: {verdict.message}{goes_on}"

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        parts = html.escape(self.text, quote=False).split("`")
        marked = "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))
        return (
            f'<div role="status" style="border-left: .4em solid {COLOURS[self.status]}; padding: .4em .8em; '
            f'max-width: 60em">{marked}</div>'
        )


def check(function):
    """Says whether `function`, an answer to the exercise of its name, is right, and returns the function to go on with:
    the learner's own where it is right, else the course's.

    Where nbgrader grades the notebook (NBGRADER_EXECUTION is set, or was when it began), anything but right raises
    NotRight instead.
    """
    name = getattr(function, "__name__", None)
    if name is None:
        raise TypeError(
            f"function: check() takes the function itself, as in check(class_score); it was given a "
            f"{type(function).__name__}"
        )
    if name == "<lambda>":
        bound = getattr(function, "__globals__", {}).items()
        wanted = next((key for key, value in bound if value is function and key in EXERCISES), "class_score")
        raise NoExercise(
            f"A lambda has no name, and the check goes by the name. Write it with `def`: def {wanted}(…), say."
        )
    try:
        verdict = judge(name, function)
    except ValueError as error:
        raise NoExercise(
            f"{error} An answer is a function with the exercise's own name: def class_score(…), say."
        ) from None
    if verdict.status != "right" and (BEGAN_GRADED or os.environ.get(GRADING)):
        if shell := get_ipython():  # the cells below run on, as they did for the learner
            shell.push({name: EXERCISES[name].reference})
        raise NotRight(f"{SIGNS[verdict.status]} {name}: {verdict.message}")
    display(Note(verdict))
    return function if verdict.status == "right" else EXERCISES[name].reference
