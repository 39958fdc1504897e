"""The check cell brings its own check, and grading is remembered: whatever a learner calls `check`, or removes. The
course's solution is shown after a right answer and after three honest tries, and never where a notebook is graded.
"""

import html
import linecache
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch

from utils import check, vanilla_rule
from utils.classroom import answers
from utils.classroom import check as module
from utils.classroom.answers import solution
from utils.classroom.check import Note, NotRight
from utils.classroom.judge import Verdict

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "solutions").glob("*.ipynb"))
RIGHT = "def vanilla_rule(x, grad):\n    return grad * (x > 0)"
BLANK = 'def vanilla_rule(x, grad):\n    raise NotImplementedError("write your code here")'
THEIRS = {
    "none": "",
    "a function": "def check(function):\n    return function",
    "a number": "check = 2",
    "deleted": "from utils import check\ndel check",
}


def check_cells(name):
    """The sources of the check cells of that exercise in all solutions."""
    return [
        cell.source
        for path in LESSONS
        for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == f"check_{name}"
    ]


def run(*cells):
    space = {"__name__": "__main__"}
    for cell in cells:
        exec(cell, space)
    return space


@pytest.mark.parametrize("theirs", THEIRS)
def test_a_blank_answer_does_not_pass_and_a_right_one_does(monkeypatch, theirs):
    (cell,) = check_cells("vanilla_rule")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(NotRight, match="vanilla_rule: Not attempted yet"):
        run(THEIRS[theirs], BLANK, cell)
    space = run(RIGHT, THEIRS[theirs], cell)
    assert space["vanilla_rule"] is not vanilla_rule and space["vanilla_rule"].__code__.co_filename == "<string>"
    assert space["check"] is check


# What a learner does to the environment, before and after utils is first imported.
REMOVED = {
    "popped before": "os.environ.pop('NBGRADER_EXECUTION', None)",
    "popped after": "import utils\nos.environ.pop('NBGRADER_EXECUTION', None)",
    "emptied": "os.environ['NBGRADER_EXECUTION'] = ''",
    "all cleared": "os.environ.clear()",
}


def process_that(grading, removes, answer=BLANK, **environment):
    """A process that began with NBGRADER_EXECUTION=grading, runs `removes` and checks an answer."""
    code = f"import os\n{removes}\n{answer}\nfrom utils import check\nvanilla_rule = check(vanilla_rule)"
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "NBGRADER_EXECUTION": grading,
        **environment,
    }
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8")


@pytest.mark.parametrize(
    "removed",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                sys.platform != "linux" and name != "popped after",
                reason="only Linux keeps the environment in which a process began",
            ),
        )
        for name in REMOVED
    ],
)
def test_grading_is_remembered(removed):
    done = process_that("autograde", REMOVED[removed])
    assert done.returncode == 1 and "vanilla_rule: Not attempted yet" in done.stderr


def test_an_empty_variable_is_none():
    done = process_that("", "")
    assert done.returncode == 0 and "○ vanilla_rule: Not attempted yet" in done.stdout


def test_where_it_is_not_graded_nothing_is_raised(monkeypatch, capsys):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    (cell,) = check_cells("vanilla_rule")
    assert run(BLANK, cell)["vanilla_rule"] is vanilla_rule
    assert "○ vanilla_rule: Not attempted yet" in capsys.readouterr().out


# the course's solution ------------------------------------------------------------------------------------------------

WRONG = [f"def vanilla_rule(x, grad):\n    return {value}" for value in ("grad", "x", "x * grad", "grad * (x < 0)")]
COMMENTED = 'def vanilla_rule(x, grad):\n    """As it comes."""\n\n    # nothing to do\n    return (grad)'
TOLD = 'def vanilla_rule(x, grad):\n    """Just the gradient."""\n    return grad'
HELPED = "def helper(x, grad):\n    return {}\n\ndef vanilla_rule(x, grad):\n    return helper(x, grad)"
DEFAULT = "def vanilla_rule(x, grad, slope={}):\n    return grad * slope"
OTHER = "def deconvnet_rule(x, grad):\n    return grad"


@pytest.fixture
def noted(monkeypatch):
    """noted(source, …) → the Note for each, in a kernel that has seen no try yet."""
    monkeypatch.setattr(module, "tries", {})
    monkeypatch.setattr(answers, "BEGAN_WITH", {})
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("SALIENCY_SOLUTIONS", raising=False)

    def noted(*sources):
        shown = []
        monkeypatch.setattr(module, "display", shown.append)
        for number, source in enumerate(sources):
            linecache.cache[f"<try {number}>"] = (len(source), None, source.splitlines(True), f"<try {number}>")
            space = {"__name__": "__main__", "torch": torch}
            exec(compile(source, f"<try {number}>", "exec"), space)
            check(space[re.findall(r"^def (\w+)", source, re.MULTILINE)[-1]])
        return shown

    return noted


def shown_in(note):
    """The code folded under a note, None where there is none."""
    found = re.search(
        r"<details.*><summary>The course's solution</summary><pre.*?>(.*)</pre>", note._repr_html_(), re.S
    )
    return found and html.unescape(found[1])


SEQUENCES = {  # tries, for which of them the solution is shown
    "a first one": (WRONG[:1], "-"),
    "three that differ, and a fourth": (WRONG, "--ss"),
    "three times the same": (WRONG[:1] * 4, "----"),
    "two, turn by turn": (WRONG[:2] * 3, "------"),
    "another comment, another docstring": ([WRONG[0], COMMENTED, TOLD], "---"),
    "the stub": ([BLANK] * 4, "----"),
    "the stub between": ([BLANK, WRONG[0], BLANK, WRONG[1], BLANK, WRONG[2]], "-----s"),
    "the first again after the third": ([*WRONG[:3], WRONG[0]], "--ss"),
    "right at once": ([RIGHT], "s"),
    "right after one": ([WRONG[0], RIGHT], "-s"),
    "wrong again after right": ([RIGHT, WRONG[0]], "s-"),
    "another exercise's tries": ([WRONG[0], OTHER, WRONG[1], WRONG[2]], "---s"),
    "changed in a helper": ([HELPED.format(value) for value in ("grad", "x", "x * grad")], "--s"),
    "the same helper": ([HELPED.format("x")] * 3, "---"),
    "another default": ([DEFAULT.format(k) for k in (2, 3, 4)], "--s"),
    "a lambda for a default": ([DEFAULT.format("lambda: 2")] * 4, "----"),
    "other constants": ([f"def vanilla_rule(x, grad):\n    return grad * {k}" for k in (2, 2.0, True)], "--s"),
    "an inner function": (
        [f"def vanilla_rule(x, grad):\n    def f(): return {k}\n    return grad * f()" for k in (2, 3, 3, 4)],
        "---s",
    ),
    "no function": (["class vanilla_rule:\n    x = 1\n\ndef vanilla_rule(): pass"] * 3, "---"),
}


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_the_solution_is_shown_after_three_honest_tries(noted, sequence):
    sources, expected = SEQUENCES[sequence]
    assert "".join("s" if shown_in(note) else "-" for note in noted(*sources)) == expected


def test_what_is_shown_is_the_solution_and_the_line_of_text_stays_one(noted):
    first, *_, third, right = noted(*WRONG[:3], RIGHT)
    for note in (third, right):
        assert shown_in(note) == solution("vanilla_rule") and "def vanilla_rule(x, grad)" in shown_in(note)
        assert "\n" not in repr(note) and "solution" not in repr(note)
    assert "<details" not in first._repr_html_()
    note = Note(Verdict("vanilla_rule", "right", "Right."), "if a < b & c > d:\n    '<b>'")
    assert shown_in(note) == "if a < b & c > d:\n    '<b>'" and "<b>" not in note._repr_html_()


def test_nothing_is_shown_to_whoever_wrote_the_same(noted):
    """So that a solution's own notebook does not say everything twice."""
    theirs = solution("vanilla_rule").replace("    return", "    # BEGIN SOLUTION\n    return  (") + ")"
    assert shown_in(*noted(theirs)) is None
    assert shown_in(*noted(theirs.replace("0.0", "0"))) is not None


def test_the_solutions_show_no_fold():
    for path in LESSONS:
        assert "The course's solution</summary>" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name, value", [("NBGRADER_EXECUTION", "autograde"), ("SALIENCY_SOLUTIONS", "never")])
def test_the_solution_is_not_shown_where_it_must_not_be(noted, monkeypatch, name, value):
    assert shown_in(*noted(RIGHT))
    monkeypatch.setenv(name, value)
    assert shown_in(*noted(RIGHT)) is None
    if name == "SALIENCY_SOLUTIONS":
        assert [shown_in(note) for note in noted(*WRONG)] == [None] * 4


AS_HTML = "from utils.classroom import check as module\nmodule.display = lambda note: print(note._repr_html_())"
PROCESSES = {  # how a process began, what a cell then does, whether a right answer shows the solution
    "as it is": ("", {}, "", True),
    "graded": ("autograde", {}, "os.environ.clear()", False),
    "never": ("", {"SALIENCY_SOLUTIONS": "never"}, "os.environ.clear()", False),
}


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the environment in which a process began")
def test_it_is_remembered_that_the_solution_is_not_to_be_shown(process):
    grading, environment, removes, expected = PROCESSES[process]
    done = process_that(grading, f"{removes}\n{AS_HTML}", RIGHT, **environment)
    assert "✓ vanilla_rule: Right." in done.stdout, done.stderr
    assert ("<details" in done.stdout) == expected
