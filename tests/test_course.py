"""The learner's notebooks are what solutions/ makes them, and a slip of the writer's is told by notebook and cell."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from utils.classroom import course

ROOT = Path(__file__).resolve().parents[1]
DOUBLE = '''def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    twice = x + x
    return twice
    # END SOLUTION'''
LEARNERS_DOUBLE = '''def double(x):
    """Twice x."""
    # Write your code here.
    raise NotImplementedError("write your code here")'''
IMPORTS = f"""import sys
from types import SimpleNamespace

sys.modules["utils"] = SimpleNamespace(check=lambda function: function)  # so that the real one need not be imported
try:
    from utils import check{course.GUARD}""".rstrip()
CHECK = "from utils import check\n\ndouble = check(double)"
ANSWER = "**Model answer** (`why_twice`, 2 points)\n\nBecause.\n\n*Marking guide:* 1 point for a reason, 2 for this."
OPEN = "# One answer of many."
EXERCISES = {"double": SimpleNamespace(name="double", lesson="tiny", points=3)}


def tiny():
    """A lesson with one exercise and one written question, in the manner of a writer: no nbgrader metadata."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Twice\n\n![hands](../figures/hands.png)", id="title"),
            new_code_cell(IMPORTS, id="imports"),
            new_code_cell(DOUBLE, id="double"),
            new_code_cell(CHECK, id="check"),
            new_code_cell(
                "# NBVAL_CHECK_OUTPUT\nprint(double(21))",
                id="look",
                metadata={"tags": ["kept"]},
                execution_count=4,
                outputs=[nbformat.v4.new_output("stream", text="42\n")],
            ),
            new_markdown_cell("Why?", id="question"),
            new_markdown_cell(ANSWER, id="answer"),
        ]
    )


@pytest.fixture
def house(tmp_path):
    """A folder with solutions/01_tiny.ipynb, and course/ made from it."""
    (tmp_path / "solutions").mkdir()
    nbformat.write(tiny(), tmp_path / "solutions/01_tiny.ipynb")
    course.make(tmp_path, EXERCISES)
    return tmp_path


def edit(path, change):
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def test_course_is_what_solutions_make_it():
    assert course.build(), "solutions/ holds no notebook"
    drifted = ", ".join(map(str, course.drift()))
    assert not drifted, (
        f"{drifted}: not what solutions/ makes of it. Change the lesson in solutions/, then run "
        "`make course` (it overwrites course/, your answers there too) and commit both folders and answers.json."
    )


def test_a_learners_notebook_asks_and_does_not_tell(house):
    cells = {cell.id: cell for cell in nbformat.read(house / "course/01_tiny.ipynb", as_version=4).cells}
    assert cells["double"].source == LEARNERS_DOUBLE
    assert cells["answer"].source == "*Write your answer here: double-click, type, then run the cell.*"
    assert cells["look"].source == "print(double(21))" and cells["look"].metadata.tags == ["kept", "nbval-check-output"]
    assert cells["check"].source == CHECK and cells["title"].source == tiny().cells[0].source
    assert all(cell.execution_count is None and not cell.outputs for cell in cells.values() if cell.cell_type == "code")
    assert [cells["check"].metadata.get(key) for key in ("deletable", "editable")] == [False, False]
    assert [cells["double"].metadata.get(key) for key in ("deletable", "editable")] == [False, None]
    assert list(cells) == [cell.id for cell in tiny().cells]


@pytest.mark.parametrize("folder", ["solutions", "course"])
def test_metadata_follow_from_the_text(house, folder):
    path = house / folder / "01_tiny.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    found = {cell.id: cell.metadata.nbgrader for cell in cells if "nbgrader" in cell.metadata}
    rows = {
        "double": ("double", True, False, False, None),
        "check": ("check_double", False, True, True, 3),
        "answer": ("why_twice", True, True, False, 2),
    }
    assert {
        key: (about.grade_id, about.solution, about.grade, about.locked, about.get("points"))
        for key, about in found.items()
    } == rows
    assert {about.schema_version for about in found.values()} == {3}
    assert all(("checksum" in about) == (folder == "course") for about in found.values())


def test_outputs_and_ids_stay_and_timings_go(house):
    path = house / "solutions/01_tiny.ipynb"

    def leave_traces(notebook):
        notebook.metadata.update(widgets={}, jupytext={}, language_info={"name": "python", "version": "3.99"})
        notebook.cells[4].metadata.update(execution={"iopub.execute_input": "2026-01-01T00:00:00Z"}, scrolled=True)

    before = path.read_text()
    edit(path, leave_traces)
    assert path.read_text() != before
    course.make(house, EXERCISES)
    assert path.read_text() == before
    assert json.loads(before)["cells"][4]["outputs"][0]["text"] == ["42\n"]


def test_the_same_bytes_at_each_run(house):
    first = {path: path.read_bytes() for path in house.rglob("*.ipynb")}
    assert len(first) == 2 and course.make(house, EXERCISES) == [] == course.drift(house, EXERCISES)
    shutil.rmtree(house / "course")
    course.make(house, EXERCISES)
    assert {path: path.read_bytes() for path in house.rglob("*.ipynb")} == first
    assert not [path for path in house.rglob(".*")], "a temporary file was left"


DRIFTS = {
    "a learner's notebook edited": ("course", lambda text: text.replace("Why?", "Why not?"), ["course"]),
    "a solution edited": ("solutions", lambda text: text.replace("# Twice", "# Thrice"), ["course"]),
    "points edited": ("solutions", lambda text: text.replace('"points": 3', '"points": 9'), ["solutions"]),
    "an id doubled": ("solutions", lambda text: text.replace('"id": "title"', '"id": "look"'), ["course", "solutions"]),
    "an id lost": ("solutions", lambda text: text.replace('   "id": "title",\n', ""), ["course", "solutions"]),
    "an output edited": ("solutions", lambda text: text.replace('"42\\n"', '"43\\n"'), []),  # nbval's to find
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_planted_drift_is_seen_and_mended(house, drift):
    folder, plant, drifted = DRIFTS[drift]
    path = house / folder / "01_tiny.ipynb"
    before = path.read_text()
    path.write_text(plant(before))
    assert path.read_text() != before
    assert course.drift(house, EXERCISES) == [Path(name, "01_tiny.ipynb") for name in drifted]
    course.make(house, EXERCISES)
    assert course.drift(house, EXERCISES) == []


def test_changed_points_and_a_left_over_notebook_are_drift(house):
    changed = {"double": SimpleNamespace(name="double", lesson="tiny", points=4)}
    assert course.drift(house, changed) == [Path("course/01_tiny.ipynb"), Path("solutions/01_tiny.ipynb")]
    shutil.copy(house / "course/01_tiny.ipynb", house / "course/02_gone.ipynb")
    (house / "course/Untitled.ipynb").write_text("the learner's own")
    assert course.make(house, EXERCISES) == [Path("course/02_gone.ipynb")]
    assert sorted(path.name for path in (house / "course").iterdir()) == ["01_tiny.ipynb", "Untitled.ipynb"]


def sample(name="why_twice", more=""):
    return new_code_cell(f'from utils import sample_answer\n\nsample_answer("{name}"){more}')


HIDDEN = DOUBLE.replace("# BEGIN SOLUTION", "").replace("# END SOLUTION", "")
UNGUARDED = "try:\n    from utils import check\nexcept ImportError:\n    raise"
SLIPS = {  # cell 2 holds the imports, cell 3 is the exercise, 4 its check, 7 the written answer
    "a second exercise of the name": (lambda cells: cells.insert(3, new_code_cell(DOUBLE)), "cell 4", "second cell"),
    "no check": (lambda cells: cells.pop(3), "double", "the exercise double has no check cell"),
    "the check first": (lambda cells: cells.insert(2, cells.pop(3)), "cell 3", "before its exercise"),
    "an unknown exercise": (3, CHECK.replace("double", "triple"), "does not know"),
    "two names": (3, CHECK.replace("double =", "twice ="), "the same name twice"),
    "a check of the learner's": (3, "double = check(double)", "`from utils import check`, an empty line"),
    "the check fetched too late": (3, "double = check(double)\n\nfrom utils import check", "`from utils import check`"),
    "the check fetched under another name": (3, CHECK.replace("import", "import judge,"), "`from utils import check`"),
    "more than a check": (3, f"{CHECK}\nprint(double)", "nothing else"),
    "two checks in one cell": (3, f"{CHECK}\n{CHECK}", "nothing else"),
    "no imports": (lambda cells: cells.pop(1), "first code cell", "course.GUARD"),
    "imports without the guard": (
        lambda cells: cells[1].update(source="from utils import check"),
        "first code cell",
        "course.GUARD",
    ),
    "another guard": (lambda cells: cells[1].update(source=UNGUARDED), "first code cell", "course.GUARD"),
    "no end": (2, DOUBLE.replace("# END SOLUTION", ""), "do not pair up: BEGIN"),
    "no begin": (2, DOUBLE.replace("# BEGIN SOLUTION", ""), "do not pair up: END"),
    "two functions": (2, DOUBLE + "\n\n\ndef other():\n    pass", "['double', 'other']"),
    "the whole function hidden": (2, f"# BEGIN SOLUTION\n{HIDDEN}\n# END SOLUTION", "inside double"),
    "a solution below the function": (2, f"{HIDDEN}\n\n\n# BEGIN SOLUTION\n# END SOLUTION", "inside double"),
    "not Python": (2, "%time\n" + DOUBLE, "plain Python; line 1"),
    "check and exercise in one": (2, f"{DOUBLE}\n\n\n{CHECK}", "cell of its own"),
    "an answer without points": (6, "**Model answer** (`why_twice`)", "2 points"),
    "two answers of a name": (lambda cells: cells.append(new_markdown_cell(ANSWER)), "cell 8", "second cell for why"),
    "an answer below its question": (6, f"**Question.** Why?\n\n{ANSWER}", "learners would see"),
    "a marking guide alone": (5, "*Marking guide.* 1 point for each.", "learners would see"),
    "a marker in text": (5, "# BEGIN SOLUTION", "outside a code cell"),
    "an open task's mark below the first line": (4, f"x = 1\n{OPEN}", "first line of a code cell"),
    "an open task's mark indented": (4, f" {OPEN}\nx = 1", "first line of a code cell"),
    "an open task's mark without its point": (4, f"{OPEN[:-1]}\nx = 1", "first line of a code cell"),
    "an open task's mark in other letters": (4, f"{OPEN.upper()}\nx = 1", "first line of a code cell"),
    "an open task's mark in text": (5, OPEN, "first line of a code cell"),
    "an open task's mark twice in a cell": (4, f"{OPEN}\nx = 1\n\n{OPEN}\nx = 2", "stands there twice"),
    "a second open task": (
        lambda cells: cells.extend([new_code_cell(f"{OPEN}\nx = {k}") for k in range(2)]),
        "cell 9",
        "second cell that begins `# One answer of many.`; the first is cell 8",
    ),
    "an exercise that is an open task": (2, f"{OPEN}\n{DOUBLE}", "no exercise"),
    "a check that is an open task": (3, f"{OPEN}\n{CHECK}", "no exercise"),
    "an open task that is no Python": (4, f"{OPEN}\nx =", "in plain Python; line 2"),
    "a sample answer of another question": (
        lambda cells: cells.append(sample("what")),
        "cell 8",
        "shows the answer what",
    ),
    "a sample answer above its question": (lambda cells: cells.insert(5, sample()), "cell 6", "above it: none"),
    "a sample answer that is compared": (
        lambda cells: cells.append(new_code_cell(f"# NBVAL_CHECK_OUTPUT\n{sample().source}")),
        "cell 8",
        "depends on who runs it",
    ),
    "more than a sample answer": (lambda cells: cells.append(sample(more="\nx = 1")), "cell 8", "nothing else"),
    "a sample answer already written": (lambda cells: cells.append(sample(more="#")), "cell 8", "nothing else"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_writers_slip_is_named_and_nothing_is_written(house, slip):
    plant, where, why = SLIPS[slip]
    if isinstance(plant, int):
        number, source = plant, where
        plant, where = (lambda cells: cells[number].update(source=source)), f"cell {number + 1} "
    before = (house / "course/01_tiny.ipynb").read_bytes()
    edit(house / "solutions/01_tiny.ipynb", lambda notebook: plant(notebook.cells))
    with pytest.raises(ValueError) as error:
        course.make(house, EXERCISES)
    assert "solutions/01_tiny.ipynb: " in str(error.value)
    assert any(where in line and why in line for line in str(error.value).splitlines()), error.value
    assert (house / "course/01_tiny.ipynb").read_bytes() == before


def test_a_file_that_is_no_notebook_is_named(house):
    (house / "solutions/01_tiny.ipynb").write_text("<<<<<<< HEAD\n{}")
    with pytest.raises(ValueError, match=r"^solutions/01_tiny.ipynb: not a notebook: .*line 1"):
        course.make(house, EXERCISES)


def test_the_registry_and_the_lesson_agree(house):
    more = EXERCISES | {
        "halve": SimpleNamespace(name="halve", lesson="tiny", points=1),
        "other": SimpleNamespace(name="other", lesson="elsewhere", points=1),
    }
    with pytest.raises(ValueError, match="exercise halve is registered for tiny and missing here"):
        course.make(house, more)
    with pytest.raises(ValueError, match="cell 4.*double has no points"):
        course.make(house, {"double": SimpleNamespace(name="double", lesson="tiny", points=None)})
    with pytest.raises(ValueError, match="cell 4.*double belongs to the lesson small"):
        course.make(house, {"double": SimpleNamespace(name="double", lesson="small", points=1)})
    (house / "solutions/01_tiny.ipynb").rename(house / "solutions/tiny.ipynb")
    with pytest.raises(ValueError, match=r"tiny.ipynb: a lesson is called like 01_relu_rules.ipynb"):
        course.make(house, EXERCISES)


def test_a_writers_text_is_brought_in_with_ids_and_outputs_kept(house, tmp_path):
    """`jupytext --to ipynb --update`: the way a lesson written as py:percent text reaches solutions/."""
    path, text = house / "solutions/01_tiny.ipynb", tmp_path / "tiny.py"
    before = nbformat.read(path, as_version=4)
    jupytext = [sys.executable, "-m", "jupytext", "--quiet"]
    subprocess.run([*jupytext, "--to", "py:percent", "--output", text, path], check=True)
    written = text.read_text().replace("# Why?", "# Why is that?").replace("print(d", "# NBVAL_CHECK_OUTPUT\nprint(d")
    text.write_text(written + '\n# %%\nprint("one more")\n')
    subprocess.run([*jupytext, "--to", "ipynb", "--update", "--output", path, text], check=True)
    course.make(house, EXERCISES)
    after = nbformat.read(path, as_version=4)
    assert [cell.id for cell in after.cells[:7]] == [cell.id for cell in before.cells]
    assert after.cells[4].outputs == before.cells[4].outputs and after.cells[4].execution_count == 4
    assert after.cells[5].source == "Why is that?" and after.cells[7].source == 'print("one more")'
    assert after.cells[3].metadata == before.cells[3].metadata and after.metadata == before.metadata
    assert course.drift(house, EXERCISES) == []


def test_a_run_keeps_what_the_cells_show_and_no_more(house):
    bar = "import ipywidgets\nfrom tqdm.notebook import tqdm\nfor _ in tqdm(range(3)):\n    pass\n"
    widget = bar + "ipywidgets.VBox([ipywidgets.IntSlider(), ipywidgets.HTML('<b>seen</b>')])"
    source = tiny()
    source.cells.insert(5, new_code_cell(widget, id="widget"))
    ran = course.execute(source, house / "solutions")
    assert [cell.execution_count for cell in ran.cells if cell.cell_type == "code"] == [1, 2, 3, 4, 5]
    assert ran.cells[4].outputs == [nbformat.v4.new_output("stream", text="42\n")]
    assert len(ran.cells[5].outputs) == 1  # the progress bar is gone
    assert ran.cells[5].outputs[0].data == {
        "text/plain": "Run this cell to use the widget.",
        "text/html": "<p><em>Run this cell to use the widget.</em></p><b>seen</b>",
    }
    again = course.execute(source, house / "solutions")
    assert course.text_of(again) == course.text_of(ran)


def test_a_run_stops_at_a_cell_that_raises(house):
    source = tiny()
    source.cells[2].source = "def double(x):\n    raise ArithmeticError('by two')"
    with pytest.raises(CellExecutionError, match="by two"):
        course.execute(source, house / "solutions")


def test_lessons_to_run_are_named_as_they_are(house):
    with pytest.raises(ValueError, match=r"no solution called 1_tiny; there are \['01_tiny'\]"):
        course.run(["1_tiny"], house)


# the open task --------------------------------------------------------------------------------------------------------


def with_open_task(source, *later):
    """The tiny lesson with an open task before its written question, and code cells after that."""
    notebook = tiny()
    notebook.cells.insert(
        5,
        new_code_cell(
            f"{OPEN}\n{source}", id="open", execution_count=5, outputs=[nbformat.v4.new_output("stream", text="7\n")]
        ),
    )
    notebook.cells += [new_code_cell(each, id=f"later{k}") for k, each in enumerate(later)]
    return notebook


def test_an_open_task_is_an_empty_cell_for_learners(house):
    path = house / "solutions/01_tiny.ipynb"
    nbformat.write(with_open_task("# NBVAL_CHECK_OUTPUT\nseven = 7\nprint(seven)"), path)
    course.make(house, EXERCISES)
    solved, asked = (
        {cell.id: cell for cell in nbformat.read(house / folder / "01_tiny.ipynb", as_version=4).cells}["open"]
        for folder in ("solutions", "course")
    )
    assert solved.source == f"{OPEN}\nseven = 7\nprint(seven)" and solved.outputs[0].text == "7\n"
    assert asked.source == "# Your code here." and not asked.outputs and asked.execution_count is None
    assert "nbgrader" not in solved.metadata and "nbgrader" not in asked.metadata
    assert "seven" not in (house / "course/01_tiny.ipynb").read_text()
    assert "seven" not in (house / course.ANSWERS).read_text()
    assert course.drift(house, EXERCISES) == []


USES = {  # the open task, cells after it, the name that a learner's notebook would miss
    "read": ("best = 1", ["print(best)"], "best"),
    "read by a function": ("best = 1", ["def f():\n    return best"], "best"),
    "read in a comprehension": ("best = 1", ["[best + k for k in range(3)]"], "best"),
    "read by a default": ("best = 1", ["def f(x=best):\n    pass"], "best"),
    "read, then bound": ("best = 1", ["best = best + 1"], "best"),
    "added to": ("best = 1", ["best += 1"], "best"),
    "some cells further down": ("best = 1", ["x = 1", "x", "best.y = 2"], "best"),
    "a function": ("def best():\n    pass", ["best()"], "best"),
    "a function bound anew by itself": ("def best():\n    pass", ["best = print(best)"], "best"),
    "an import": ("import math as m", ["m.pi"], "m"),
    "a part of a pair": ("a, (b, *c) = f()", ["c"], "c"),
    "a loop's variable": ("for k in range(3):\n    pass", ["k"], "k"),
    "what `with` binds": ("with open('x') as file:\n    pass", ["file"], "file"),
    "a walrus": ("print(n := 10)", ["n"], "n"),
}
FREE = {  # the open task, cells after it that a learner's notebook runs as well
    "nothing in common": ("best = 1", ["worst = 2\nprint(worst)"]),
    "bound anew": ("best = 1", ["best = 2\nprint(best)"]),
    "bound anew in an earlier cell": ("best = 1", ["best = 2", "print(best)"]),
    "bound by a loop": ("for k in range(3):\n    pass", ["for k in range(2):\n    print(k)"]),
    "bound by a comprehension": ("k = 1", ["[k for k in range(2)]", "lambda k: k + 1"]),
    "a function's own": ("best = 1", ["def f(best):\n    return best", "def g():\n    best = 2\n    return best"]),
    "imported anew": ("import math", ["import math\nmath.pi"]),
    "an attribute of that name": ("best = 1", ["'x'.best", "dict(best=2)"]),
    "in the text": ("best = 1", ["'best'  # best"]),
    "no plain Python": ("best = 1", ["%time 1"]),
}


@pytest.mark.parametrize("use", USES)
def test_what_an_open_task_makes_is_used_nowhere_else(house, use):
    source, later, name = USES[use]
    nbformat.write(with_open_task(source, *later), house / "solutions/01_tiny.ipynb")
    with pytest.raises(ValueError, match=rf"solutions/01_tiny.ipynb: cell 6 \(# One .* cell \d+ uses {name},"):
        course.make(house, EXERCISES)


@pytest.mark.parametrize("use", FREE)
def test_a_name_that_is_made_anew_may_be_used(house, use):
    source, later = FREE[use]
    nbformat.write(with_open_task(source, *later), house / "solutions/01_tiny.ipynb")
    course.make(house, EXERCISES)


# what the course shows later ------------------------------------------------------------------------------------------


def test_what_is_shown_later_is_kept_by_name(house):
    lessons = json.loads((house / course.ANSWERS).read_text())
    code = 'def double(x):\n    """Twice x."""\n    twice = x + x\n    return twice'
    answer = "**Model answer** (2 points)\n\nBecause.\n\n*Marking guide:* 1 point for a reason, 2 for this."
    assert lessons == {"01_tiny": {"exercises": {"double": code}, "questions": {"why_twice": answer}}}


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


LATER_DRIFTS = {  # what is planted, and whether the learner's notebook drifts, too
    "edited": (lambda house: replace(house / course.ANSWERS, "Because.", "Why not."), False),
    "lost": (lambda house: (house / course.ANSWERS).unlink(), False),
    "a solution edited": (lambda house: replace(house / "solutions/01_tiny.ipynb", "x + x", "2 * x"), False),
    "a model answer edited": (lambda house: replace(house / "solutions/01_tiny.ipynb", "Because.", "So."), False),
    "a docstring edited": (lambda house: replace(house / "solutions/01_tiny.ipynb", "Twice x.", "2 x."), True),
}


@pytest.mark.parametrize("drift", LATER_DRIFTS)
def test_what_is_shown_later_drifts_and_is_mended(house, drift):
    plant, learners_too = LATER_DRIFTS[drift]
    plant(house)
    drifted = [Path("course/01_tiny.ipynb")] if learners_too else []
    assert course.drift(house, EXERCISES) == [*drifted, course.ANSWERS]
    course.make(house, EXERCISES)
    assert course.drift(house, EXERCISES) == []


def test_two_lessons_do_not_ask_a_question_of_the_same_name(house):
    other = tiny()
    del other.cells[2:4]
    nbformat.write(other, house / "solutions/02_other.ipynb")
    with pytest.raises(ValueError, match="02_other.ipynb: a written answer is called why_twice in 01_tiny, too"):
        course.make(house, EXERCISES)


def test_a_text_may_speak_of_answers(house):
    edit(house / "solutions/01_tiny.ipynb", lambda notebook: notebook.cells[5].update(source="One answer of many."))
    course.make(house, EXERCISES)


def test_a_sample_answer_is_a_cell_like_others(house):
    edit(house / "solutions/01_tiny.ipynb", lambda notebook: notebook.cells.append(sample()))
    course.make(house, EXERCISES)
    cell = nbformat.read(house / "course/01_tiny.ipynb", as_version=4).cells[-1]
    assert cell.source == sample().source and not cell.metadata


def test_a_run_does_not_know_who_runs_it(house, monkeypatch):
    """What a teacher or a front end has set here would come into the outputs."""
    names = "JPY_SESSION_NAME", "SALIENCY_SOLUTIONS", "NBGRADER_EXECUTION"
    for name in names:
        monkeypatch.setenv(name, "never")
    source = new_notebook(cells=[new_code_cell(f"import os\n[name for name in {names} if name in os.environ]")])
    (cell,) = course.execute(source, house / "solutions").cells
    assert cell.outputs[0].data["text/plain"] == "[]"
