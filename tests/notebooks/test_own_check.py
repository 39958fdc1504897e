"""A learner's own `check`, and a variable removed, in nbgrader itself: blank answers get nothing, right ones all."""

import sys
from pathlib import Path

import nbformat
import pytest
from gates import errors, grade
from nbformat.v4 import new_notebook

from utils.classroom import course
from utils.classroom.exercises import EXERCISES

SOLUTION = Path(__file__).resolve().parents[2] / "solutions/01_relu_rules.ipynb"
NAMES = ("relu_active", "vanilla_rule")
PASSES_ALL = "def check(function):\n    return function"
POPPED = "import os\nos.environ.pop('NBGRADER_EXECUTION', None)"
SUBMITTED = {  # student → what stands before the imports, what behind them, whether the answers are right
    "function": ("", PASSES_ALL, False),
    "number": ("", "check = 2", False),
    "popped": (POPPED, "", False),
    "popped_late": ("", f"{POPPED}\n{PASSES_ALL}", False),
    "right": (POPPED, "check = 2", True),
}
if sys.platform != "linux":  # elsewhere the environment in which a process began is not kept
    del SUBMITTED["popped"]


@pytest.mark.long
def test_points_do_not_hang_on_the_learners_names(tmp_path):
    def wanted(cell):
        return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "").removeprefix("check_") in NAMES

    cells = nbformat.read(SOLUTION, as_version=4).cells
    imports = next(cell for cell in cells if cell.cell_type == "code")
    lesson = new_notebook(cells=[imports, *filter(wanted, cells)])
    solution = course.normalise(lesson, SOLUTION.name, {name: EXERCISES[name] for name in NAMES})
    path = tmp_path / "solutions" / SOLUTION.name
    course.write(path, course.text_of(solution))
    submissions = {}
    for student, (before, behind, right) in SUBMITTED.items():
        submissions[student] = course.learners(solution)
        for cell, answered in zip(submissions[student].cells, solution.cells, strict=True):
            if right and cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = answered.source
        submissions[student].cells[0].source = f"{before}\n{imports.source}\n{behind}"
    (tmp_path / "class").mkdir()
    results = grade(tmp_path / "class", path, submissions)
    for student, (_, _, right) in SUBMITTED.items():
        points, executed = results[student]
        assert points == {f"check_{name}": (right * EXERCISES[name].points, EXERCISES[name].points) for name in NAMES}
        assert all("Not attempted yet" in said for _, said in errors(executed)), errors(executed)
        assert len(errors(executed)) == (0 if right else 2)
