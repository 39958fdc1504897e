"""The check cell brings its own check, and grading is remembered: whatever a learner calls `check`, or removes."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from utils import check, vanilla_rule
from utils.classroom.check import NotRight

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


def process_that(grading, removes):
    """A process that began with NBGRADER_EXECUTION=grading, runs `removes` and checks a blank answer."""
    code = f"import os\n{removes}\n{BLANK}\nfrom utils import check\nvanilla_rule = check(vanilla_rule)"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "NBGRADER_EXECUTION": grading}
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
