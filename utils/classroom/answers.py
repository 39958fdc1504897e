"""The course's own answers, for whoever has tried: the code of an exercise, and a written answer with its points.

They stand in answers.json, which `make course` writes from solutions/. None is shown where a notebook is graded, nor
where a teacher has said SALIENCY_SOLUTIONS=never.
"""

import json
import os
import re
from pathlib import Path

from IPython import get_ipython
from IPython.display import display

GRADING, SOLUTIONS = "NBGRADER_EXECUTION", "SALIENCY_SOLUTIONS"
TEXT_STUB = "*Write your answer here: double-click, type, then run the cell.*"  # what a written answer begins as
SHORTEST = 40  # characters of a sentence
FILE = Path(__file__).with_name("answers.json")


def _began_with():
    """The environment in which this process was started, which Linux remembers also where a cell has changed it before
    the first import; elsewhere, the environment now.
    """
    try:
        entries = Path("/proc/self/environ").read_text(errors="replace").split("\0")
    except OSError:  # another system
        return dict(os.environ)
    return os.environ | dict(entry.split("=", 1) for entry in entries if "=" in entry)


BEGAN_WITH = {name: value for name, value in _began_with().items() if name in (GRADING, SOLUTIONS)}


def graded():
    """Whether this notebook is being graded, or was when it began."""
    return any(environment.get(GRADING) for environment in (BEGAN_WITH, os.environ))


def withheld():
    """Whether the course keeps its answers to itself here."""
    return graded() or any(
        environment.get(SOLUTIONS, "").strip().lower() == "never" for environment in (BEGAN_WITH, os.environ)
    )


def _kept(kind):
    """name → text of all lessons; kind is "exercises" or "questions"."""
    lessons = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: text for lesson in lessons.values() for name, text in lesson[kind].items()}


def solution(name):
    """The code of the exercise `name` as the solution of its lesson has it; None where it is withheld."""
    return None if withheld() else _kept("exercises").get(name)


class Text:
    """Markdown in a notebook, the same as plain text where there is only text."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    def _repr_markdown_(self):
        return self.text


def sample_answer(name, *, written=False):
    """Shows the course's answer to the written question `name`, with what its points are for, once yours stands in the
    cell above and is saved. Until then it says what is missing.

    written  True: you have written yours, and it is shown without a look at your notebook
    """
    answers = _kept("questions")
    if name not in answers:
        raise ValueError(f"name: there is no written question {name!r}; there are {', '.join(map(repr, answers))}")
    display(Text(_why_not(name, written) or answers[name]))


def _why_not(name, written):
    """A sentence where the answer is not to be shown now, else None."""
    if graded():
        return "The course's answer is not shown while a notebook is graded. Your teacher can show it to you."
    if withheld():
        return "The course's answer is not shown in this class. Ask your teacher for it."
    if written:
        return None
    found = _written_in(_notebook(), name)
    if found is None:
        return (
            "In your notebook, the course's answer and what its points are for appear here when you have written your "
            "own. Here, the course cannot see your notebook's file. So write your answer first, and then run "
            f'`sample_answer("{name}", written=True)`.'
        )
    if not found:
        return (
            "Write your answer in the cell above, save the notebook (Ctrl+S; on a Mac Cmd+S) and run this cell again. "
            "Then the course's answer appears here, with what its points are for."
        )
    if len(found) < SHORTEST:
        return (
            f"Your answer has {len(found)} characters so far. Write a sentence at least ({SHORTEST} characters), save "
            "the notebook (Ctrl+S; on a Mac Cmd+S) and run this cell again."
        )
    return None


def _notebook():
    """The file of the notebook that this kernel belongs to, by what the front end tells; None where it tells nothing.

    VS Code sets a name in the notebook, Jupyter's server a variable in the environment: since version 2 the whole path,
    before that and in other front ends one that begins where the server did.
    """
    told = [getattr(get_ipython(), "user_ns", {}).get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")]
    for path in (Path(each) for each in told if isinstance(each, str) and each):
        for candidate in (path, Path(path.name)):  # a kernel starts in the folder of its notebook
            if candidate.suffix == ".ipynb" and candidate.is_file():
                return candidate
    return None


def _written_in(path, name):
    """What stands in the answer cell `name` of the notebook at `path`, in single spaces and without the stub; None
    where there is no such cell to be read.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        (cell,) = (cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)
        text = "".join(cell["source"]).replace(TEXT_STUB, " ")
    except (AttributeError, LookupError, OSError, TypeError, ValueError):
        return None
    return re.sub(r"\s+", " ", text).strip()
