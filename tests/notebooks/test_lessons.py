"""Every lesson, run and graded: the solution as it stands, and the learner's notebook, blank, from top to bottom."""

import time
import warnings
from pathlib import Path

import nbformat
import pytest
from claims.reading import not_borne_out, table_of
from gates import attempted, errors, flaws, grade, grade_id, nbval, run

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
BLANKS = sorted((ROOT / "course").glob("*.ipynb"))
LONGEST = 60  # seconds that a lesson should take; a longer one is told of, not failed
each_solution = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
each_blank = pytest.mark.parametrize("path", BLANKS, ids=lambda path: path.stem)


def test_there_are_lessons():
    assert SOLUTIONS and [path.name for path in BLANKS] == [path.name for path in SOLUTIONS]


@each_solution
@pytest.mark.long
def test_solution_shows_what_it_computes(path):
    report = nbval(path)
    assert report is None, (
        f"{report}\nIf this is meant: python -m utils.classroom.course --run {path.stem}, and commit it."
    )


@each_solution
def test_solution_reads_well(path):
    found = flaws(nbformat.read(path, as_version=4), path.parent)
    assert not found, "\n".join([path.name, *found])


@each_blank
@pytest.mark.long
def test_blank_notebook_runs(path):
    started = time.perf_counter()
    failed, executed = run(path)
    assert failed is None, f"{path.name}, {failed}"
    assert attempted(executed) == [], "answered, though nobody wrote anything"
    claims = table_of(path.stem[3:])
    unborne = [fault for sentence in claims.CLAIMS if (fault := not_borne_out(claims, executed, sentence, anew=True))]
    assert not unborne, f"{path.name}, run anew:\n" + "\n".join(unborne)
    if (took := time.perf_counter() - started) > LONGEST:
        warnings.warn(f"{path.name} took {took:.0f} s", stacklevel=1)


@each_solution
@pytest.mark.long
def test_points_go_to_what_is_right_and_to_nothing_else(path, tmp_path):
    """Two submissions to nbgrader itself: every second exercise solved and the others blank, and the reverse. So each
    exercise is met right and blank, both times beside blank ones that it may build on. They keep no cell but the first,
    the answers and the checks: points need nothing else, and that the whole lesson runs is seen above, answered and
    blank.
    """
    solved = nbformat.read(path, as_version=4)
    checks = [name for cell in solved.cells if (name := grade_id(cell)).startswith("check_")]
    halves = {"even": checks[::2], "odd": checks[1::2]}
    submissions = {}
    for student, right in halves.items():
        submissions[student] = nbformat.read(ROOT / "course" / path.name, as_version=4)
        for cell, answered in zip(submissions[student].cells, solved.cells, strict=True):
            if f"check_{grade_id(cell)}" in right:
                cell.source = answered.source
        code = [cell for cell in submissions[student].cells if cell.cell_type == "code"]
        for cell in code[1:]:
            if not grade_id(cell):
                cell.source = ""
    results = grade(tmp_path, path, submissions)
    for student, right in halves.items():
        points, executed = results[student]
        raised = errors(executed)
        assert {grade_id(cell) for cell, _ in raised} == set(checks) - set(right), "\n".join(said for _, said in raised)
        assert {name: points[name][0] for name in checks} == {
            name: points[name][1] if name in right else 0 for name in checks
        }
        assert all(got == 0 for name, (got, _) in points.items() if name not in checks), "a blank written answer"
