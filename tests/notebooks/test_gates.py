"""Each gate on a small lesson that passes, and on the same lesson with the fault planted."""

import base64
import io
from types import SimpleNamespace

import nbformat
import pytest
from gates import attempted, errors, flaws, grade, nbval, run
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from utils.classroom import course

EXERCISES = {
    "double": SimpleNamespace(name="double", lesson="tiny", points=2),
    "triple": SimpleNamespace(name="triple", lesson="tiny", points=3),
}
SHOW = """# NBVAL_CHECK_OUTPUT
from IPython.display import HTML, display
print(double(21))
display(HTML('<img alt="A map, bright on the hand." src="data:image/png;base64,AAAA">'))"""
IMPORTS = """import os
import sys
from types import SimpleNamespace

def check(function):
    right = {"double": lambda x: 2 * x, "triple": lambda x: 3 * x}[function.__name__]
    try:
        assert function(5) == right(5)
    except Exception:
        if os.environ.get("NBGRADER_EXECUTION"):
            raise ValueError("not right") from None
        return right
    return function

# so that the real one need not be imported
sys.modules["utils"] = SimpleNamespace(check=check, sample_answer=lambda name: None)
try:
    from utils import check""" + course.GUARD.rstrip()


def png(mode):
    data = io.BytesIO()
    Image.new(mode, (2, 2)).save(data, format="png")
    return base64.b64encode(data.getvalue()).decode()


def exercise(name, factor):
    source = f"def {name}(x):\n    # BEGIN SOLUTION\n    return {factor} * x\n    # END SOLUTION"
    check = f"from utils import check\n\n{name} = check({name})"
    return [new_code_cell(source, id=name), new_code_cell(check, id=f"check_{name}")]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A folder with solutions/01_tiny.ipynb, executed, and course/01_tiny.ipynb."""
    house = tmp_path_factory.mktemp("house")
    path = house / "solutions/01_tiny.ipynb"
    path.parent.mkdir()
    cells = [
        new_markdown_cell("# Twice\n\n[thrice](01_tiny.ipynb#thrice)", id="title"),
        new_code_cell(IMPORTS, id="imports"),
        *exercise("double", 2),
        *exercise("triple", 3),
        new_code_cell(SHOW, id="show"),
        new_markdown_cell("**Model answer** (`why`, 1 point)\n\nBecause.", id="why"),
        new_code_cell('from utils import sample_answer\n\nsample_answer("why")', id="sample"),
        new_code_cell("# One answer of many.\nquadruple = lambda x: double(double(x))", id="open"),
    ]
    course.write(path, course.text_of(course.execute(new_notebook(cells=cells), path.parent)))
    course.make(house, EXERCISES)
    return house


@pytest.fixture
def solution(executed, tmp_path):
    """A copy to plant a fault in: .notebook, .cells by id, and .save() → its path."""
    path = tmp_path / "01_tiny.ipynb"
    notebook = nbformat.read(executed / "solutions/01_tiny.ipynb", as_version=4)

    def save(notebook=notebook):
        nbformat.write(notebook, path)
        return path

    save()
    return SimpleNamespace(notebook=notebook, cells={cell.id: cell for cell in notebook.cells}, save=save)


def test_nbval_passes_what_is_right(solution):
    picture = solution.cells["show"].outputs[1]
    picture.data["text/html"] = picture.data["text/html"].replace("AAAA", "BBBB")  # drawn on another machine
    assert nbval(solution.save()) is None


def test_nbval_sees_a_wrong_output(solution):
    solution.cells["show"].outputs[0].text = "43\n"
    report = nbval(solution.save())
    assert all(part in report for part in ("Cell 5: Cell outputs differ", "print(double(21))", "43", "42"))


def test_nbval_sees_another_alternative_text(solution):
    picture = solution.cells["show"].outputs[1]
    picture.data["text/html"] = picture.data["text/html"].replace("bright", "dark")
    assert "outputs differ" in nbval(solution.save())


def test_nbval_sees_a_check_that_is_not_passed(solution):
    solution.cells["triple"].source = "def triple(x):\n    return x"
    report = nbval(solution.save())
    assert "ValueError: not right" in report and "1 failed" in report and "outputs differ" not in report


def test_a_good_solution_has_no_flaws(solution):
    assert flaws(solution.notebook, solution.save().parent) == []


def output(**data):
    return lambda cells: cells["show"].outputs.append(
        nbformat.v4.new_output("display_data", data={kind.replace("_", "/"): text for kind, text in data.items()})
    )


def text(source):
    return lambda cells: cells["title"].update(source=source)


FLAWS = {
    "stripped": (lambda cells: cells["show"].update(execution_count=None), "not executed from top to bottom"),
    "run out of order": (lambda cells: cells["show"].update(execution_count=9), "not executed from top to bottom"),
    "nothing compared": (lambda cells: cells["show"].update(metadata={}), "no cell is marked NBVAL_CHECK_OUTPUT"),
    "an error": (
        lambda cells: cells["show"].outputs.append(
            nbformat.v4.new_output("error", ename="KeyError", evalue="'hand'", traceback=[])
        ),
        "an error: KeyError: 'hand'",
    ),
    "stderr": (
        lambda cells: cells["show"].outputs.append(nbformat.v4.new_output("stream", name="stderr", text="UserWarning")),
        "stderr: 'UserWarning'",
    ),
    "no alt": (output(text_html='<img src="data:image/png;base64,AAAA">'), "alternative text None"),
    "a short alt": (output(text_html="<p><img alt='a map' src='x'></p>"), "alternative text 'a map'"),
    "a large picture": (
        output(text_html=f'<img alt="A large picture." src="data:image/png;base64,{"A" * 340_000}">'),
        "a picture of 255 KB",
    ),
    "a palette": (
        output(text_html=f'<img alt="A large picture." src="data:image/png;base64,{png("P")}">'),
        "a picture in the few colours of a palette",
    ),
    "a bare picture": (output(image_png="AAAA", text_plain="<Figure>"), "bare image/png"),
    "a widget": (output(**{"application_vnd.jupyter.widget-view+json": {"model_id": "1"}}), "a widget"),
    "a dead progress bar": (
        output(text_plain=" 17%|#6        | 8/48 [00:03<00:17]"),
        "bar, which no longer moves: '17%|#6",
    ),
    "a path": (output(text_plain="see /home/anna/course/x.py"), "this machine or run: /home/anna/course/x.py"),
    "an address": (output(text_plain="<Linear object at 0x7f3a2b1c>"), "this machine or run: at 0x7f3a2b1c"),
    "a link to nothing": (text("[next](02_gone.ipynb)"), "a link to 02_gone.ipynb"),
    "a picture of nothing": (text('<img alt="A picture of a hand." src="../gone.png">'), "a link to ../gone.png"),
    "a short alt in text": (text("![hand](01_tiny.ipynb)"), "alternative text 'hand'"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_flaws_are_seen(solution, flaw):
    plant, said = FLAWS[flaw]
    plant(solution.cells)
    found = flaws(solution.notebook, solution.save().parent)
    assert len(found) == 1 and said in found[0], found


def test_what_looks_like_a_path_in_a_picture_is_none(solution):
    output(text_html='<img alt="A map, bright on the hand." src="data:image/png;base64,AA/root/AAAA">')(solution.cells)
    assert flaws(solution.notebook, solution.save().parent) == []


def test_a_blank_notebook_runs(executed):
    failed, notebook = run(executed / "course/01_tiny.ipynb")
    shown = {cell.id: cell for cell in notebook.cells}["show"].outputs[0]
    assert failed is None and shown.text == "42\n"


def test_a_blank_notebook_that_fails_says_where(executed, solution):
    blank = nbformat.read(executed / "course/01_tiny.ipynb", as_version=4)
    blank.cells[3].source = "double = double"
    assert run(solution.save(blank))[0] == (
        "cell 7 (from IPython.display import HTML, display): NotImplementedError: write your code here"
    )


def test_an_exercise_that_the_lesson_answers_is_seen(solution):
    def says(words):
        return [nbformat.v4.new_output("display_data", data={"text/plain": words})]

    solution.cells["check_double"].outputs = says("○ double: Not attempted yet: the line is still there.")
    solution.cells["check_triple"].outputs = says("○ triple: Not attempted yet: the line is still there.")
    assert attempted(solution.notebook) == []
    solution.cells["check_double"].outputs = says("✓ double: Right.")
    solution.cells["check_triple"].outputs = []
    assert attempted(solution.notebook) == ["double", "triple"]


@pytest.mark.long
def test_nbgrader_gives_points_for_what_is_right(executed, solution, tmp_path):
    blank = nbformat.read(executed / "course/01_tiny.ipynb", as_version=4)
    one_wrong = nbformat.read(executed / "solutions/01_tiny.ipynb", as_version=4)
    one_wrong.cells[2].source = "def double(x):\n    return x + 2"
    results = grade(
        tmp_path,
        executed / "solutions/01_tiny.ipynb",
        {"solved": solution.notebook, "blank": blank, "one_wrong": one_wrong},
    )
    assert {student: scores for student, (scores, _) in results.items()} == {
        "solved": {"check_double": (2, 2), "check_triple": (3, 3), "why": (None, 1)},
        "blank": {"check_double": (0, 2), "check_triple": (0, 3), "why": (0, 1)},
        "one_wrong": {"check_double": (0, 2), "check_triple": (3, 3), "why": (None, 1)},
    }
    assert errors(results["solved"][1]) == []
    assert [said for _, said in errors(results["blank"][1])] == [
        "cell 4 (from utils import check): ValueError: not right",
        "cell 6 (from utils import check): ValueError: not right",
        "cell 7 (from IPython.display import HTML, display): NotImplementedError: write your code here",
    ]

    released = nbformat.read(tmp_path / "release/lesson/01_tiny.ipynb", as_version=4)
    assert released.cells == blank.cells, "nbgrader hands out something else than `make course` makes"
