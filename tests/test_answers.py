"""The course's own answers: they are right, and they are shown to those who have tried, and to nobody who is graded."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from utils import judge, sample_answer
from utils.classroom import answers
from utils.classroom.answers import TEXT_STUB
from utils.classroom.exercises import EXERCISES

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "solutions").glob("*.ipynb"))
SENTENCE = "The specks say where a small change would change the score, not what is there."
SEEN, SAVE, SHORT, HIDDEN = "*Marking guide", "save the notebook", "Write a sentence at least", "the course cannot see"


def cells_of(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


# of exercises ---------------------------------------------------------------------------------------------------------


def imports_in(source):
    """The import statements at the top of a cell, those inside `try:` too."""
    body = ast.parse(source).body
    body = [inner for node in body for inner in (node.body if isinstance(node, ast.Try) else [node])]
    return [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_solution_that_is_shown_is_right(path):
    """Each in turn, as in the notebook: what is imported above it, and the answers before it."""
    space, met = {"__name__": "__main__"}, set()
    for cell in cells_of(path, "code"):
        about = cell.metadata.get("nbgrader")
        if about and about.solution:
            shown = answers.solution(about.grade_id)
            assert "SOLUTION" not in shown and f"def {about.grade_id}(" in shown
            exec(shown, space)
            verdict = judge(about.grade_id, space[about.grade_id])
            assert verdict.status == "right", verdict
            met.add(about.grade_id)
        elif not about:
            for node in imports_in(cell.source):
                exec(ast.unparse(node), space)
    assert met == {name for name, exercise in EXERCISES.items() if exercise.lesson == path.stem[3:]}


@pytest.mark.parametrize(
    "call",
    [
        "import utils\n    utils.sample_answer('background', written=True)",
        "from utils.classroom.answers import solution\n    exec(solution('vanilla_rule'), globals())",
        "from utils.classroom import answers\n    answers.solution('vanilla_rule')",
    ],
)
def test_an_answer_that_asks_the_course_for_its_own_is_told_so(call):
    space = {"__name__": "__main__"}
    exec(f"def vanilla_rule(x, grad):\n    {call}\n    return grad * (x > 0)", space)
    verdict = judge("vanilla_rule", space["vanilla_rule"])
    assert verdict.status == "wrong" and "calls the course's own" in verdict.message
    assert "def vanilla_rule(x, grad)" in answers.solution("vanilla_rule")  # it is back in reach afterwards


# of written questions -------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    """Neither a teacher's word nor a notebook's name comes from the machine that runs the tests."""
    for name in ("NBGRADER_EXECUTION", "SALIENCY_SOLUTIONS", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(answers, "BEGAN_WITH", {})


@pytest.fixture
def said(monkeypatch):
    """said(name, …) → what sample_answer shows, the same in both of its forms."""

    def said(name="background", **how):
        shown = []
        monkeypatch.setattr(answers, "display", shown.append)
        assert sample_answer(name, **how) is None
        (text,) = shown
        assert repr(text) == text._repr_markdown_()
        return repr(text)

    return said


def questions():
    for path in LESSONS:
        for cell in cells_of(path, "markdown"):
            if cell.source.startswith("**Model answer**"):
                yield re.search(r"`([\w-]+)`", cell.source)[1], cell.source


def test_each_written_question_has_an_answer_with_its_points(said):
    met = [name for name, _ in questions()]
    assert met and len(met) == len(set(met))
    for name, source in questions():
        title, _, rest = said(name, written=True).partition("\n\n")
        assert re.fullmatch(r"\*\*Model answer\*\* \(\d points?\)", title)
        assert rest == source.partition("\n\n")[2] and SEEN in rest


def test_an_unknown_question_is_told_the_known_ones():
    with pytest.raises(ValueError, match="no written question 'backgruond'.*'background'.*'doctor'"):
        sample_answer("backgruond")


def notebook_with(*texts):
    cells = [new_markdown_cell(text, metadata={"nbgrader": {"grade_id": "background"}}) for text in texts]
    return new_notebook(cells=[new_markdown_cell("# A lesson"), new_code_cell("1"), *cells])


WRITTEN = {
    "nothing yet": ([TEXT_STUB], SAVE),
    "emptied": (["  \n\n "], SAVE),
    "a question mark": (["?"], SHORT),
    "a letter below the stub": ([f"{TEXT_STUB}\n\nx"], SHORT),
    "a long line of nothing": ([f"{TEXT_STUB}\n\n.{' ' * 60}."], SHORT),
    "a sentence": ([SENTENCE], SEEN),
    "a sentence below the stub": ([f"{TEXT_STUB}\n{SENTENCE}"], SEEN),
    "the cell deleted": ([], HIDDEN),
    "the cell twice": ([TEXT_STUB, SENTENCE], HIDDEN),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_the_answer_appears_when_one_is_written(case, said, tmp_path, monkeypatch):
    texts, expected = WRITTEN[case]
    path = tmp_path / "a lesson, grüß.ipynb"
    nbformat.write(notebook_with(*texts), path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert expected in said() and (SEEN in said()) == (expected == SEEN)
    assert SEEN in said(written=True)


TOLD = {  # how a front end tells the notebook's name
    "the whole path": lambda path: {"JPY_SESSION_NAME": str(path)},
    "from where the server stands": lambda path: {"JPY_SESSION_NAME": f"courses/of mine/{path.name}"},
    "VS Code": lambda path: {"__vsc_ipynb_file__": str(path)},
    "VS Code within another's kernel": lambda path: {
        "__vsc_ipynb_file__": str(path),
        "JPY_SESSION_NAME": "/gone.ipynb",
    },
    "nothing": lambda path: {},
    "a console": lambda path: {"JPY_SESSION_NAME": "console-1-0f3e"},
    "a folder": lambda path: {"JPY_SESSION_NAME": str(path.parent)},
    "a file that is gone": lambda path: {"JPY_SESSION_NAME": str(path.with_name("gone.ipynb"))},
    "another file": lambda path: {"JPY_SESSION_NAME": str(path.with_suffix(".txt"))},
    "a broken file": lambda path: {"JPY_SESSION_NAME": str(path.with_name("broken.ipynb"))},
    "a list": lambda path: {"JPY_SESSION_NAME": str(path.with_name("list.ipynb"))},
    "something odd": lambda path: {"__vsc_ipynb_file__": 3},
}


@pytest.mark.parametrize("how", TOLD)
def test_the_notebook_is_found_by_what_the_front_end_tells(how, said, tmp_path, monkeypatch):
    path = tmp_path / "lesson.ipynb"
    nbformat.write(notebook_with(SENTENCE), path)
    path.with_suffix(".txt").write_text(path.read_text())
    path.with_name("broken.ipynb").write_text(path.read_text()[:200])
    path.with_name("list.ipynb").write_text(json.dumps([path.read_text()]))
    monkeypatch.chdir(tmp_path)  # where its kernel starts
    told = TOLD[how](path)
    shell = type("Shell", (), {"user_ns": told})
    monkeypatch.setattr(answers, "get_ipython", lambda: shell)
    monkeypatch.setenv("JPY_SESSION_NAME", told.get("JPY_SESSION_NAME", ""))
    assert (SEEN if list(TOLD).index(how) < 4 else HIDDEN) in said()


def test_without_a_notebook_it_says_how_to_see_the_answer(said):
    assert 'sample_answer("background", written=True)' in said()
    assert SEEN in said(written=True)


def test_what_is_said_is_the_same_on_each_machine(said, tmp_path, monkeypatch):
    before = said()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "gone.ipynb"))
    assert said() == before and "/" not in before


REFUSED = {
    "graded": ("NBGRADER_EXECUTION", "autograde", "while a notebook is graded"),
    "never": ("SALIENCY_SOLUTIONS", "never", "in this class"),
    "Never": ("SALIENCY_SOLUTIONS", " Never", "in this class"),
}


@pytest.mark.parametrize("began", [False, True])
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_never_shown_where_it_must_not_be(case, began, said, tmp_path, monkeypatch):
    name, value, words = REFUSED[case]
    nbformat.write(notebook_with(SENTENCE), tmp_path / "lesson.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "lesson.ipynb"))
    assert SEEN in said()
    if began:  # and a cell has removed it since
        monkeypatch.setattr(answers, "BEGAN_WITH", {name: value})
    else:
        monkeypatch.setenv(name, value)
    for text in (said(), said(written=True)):
        assert SEEN not in text and words in text and "teacher" in text
    assert answers.solution("vanilla_rule") is None


@pytest.mark.parametrize("value", ["", "always"])
def test_a_teacher_who_has_not_said_never_has_not_said_no(value, said, monkeypatch):
    monkeypatch.setenv("SALIENCY_SOLUTIONS", value)
    assert SEEN in said(written=True) and answers.solution("vanilla_rule")


# in a browser ---------------------------------------------------------------------------------------------------------

RUN = """n => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.deselectAll();
    notebook.activeCellIndex = n;
    window.jupyterapp.commands.execute('notebook:run-cell');
}"""
SHOWN = """n => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[n];
    return cell.model.executionCount && JSON.stringify(cell.model.outputs.toJSON());
}"""


def test_the_answer_appears_in_jupyterlab_when_one_is_written_and_saved(in_jupyterlab):
    lesson = nbformat.read(ROOT / "course/02_vanilla_gradient.ipynb", as_version=4)
    number = next(
        k for k, cell in enumerate(lesson.cells) if cell.metadata.get("nbgrader", {}).get("grade_id") == "background"
    )
    shows = new_code_cell('from utils import sample_answer\n\nsample_answer("background")')
    if lesson.cells[number + 1].source != shows.source:
        lesson.cells.insert(number + 1, shows)
    right = (
        "from utils import check\n\n\ndef relu_active(x):\n    return ~(x <= 0)\n\n\nrelu_active = check(relu_active)"
    )
    lesson.cells.append(new_code_cell(right))
    last = len(lesson.cells) - 1
    with in_jupyterlab(lesson) as page:

        def run(cell):
            page.evaluate("n => window.jupyterapp.shell.currentWidget.content.widgets[n].model.clearExecution()", cell)
            page.evaluate(RUN, cell)
            return page.wait_for_function(SHOWN, arg=cell).json_value()

        assert SAVE in run(number + 1)
        page.evaluate(
            """n => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.deselectAll();
                notebook.activeCellIndex = n;
                notebook.scrollToItem(n);
                window.jupyterapp.commands.execute('notebook:enter-edit-mode');
            }""",
            number,
        )
        page.wait_for_selector(".jp-Notebook .jp-MarkdownCell.jp-mod-active .cm-content")
        page.keyboard.press("Control+a")
        page.keyboard.type(SENTENCE)
        assert SAVE in run(number + 1)  # not saved yet
        page.keyboard.press("Control+s")
        page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
        assert "Marking guide" in run(number + 1)
        page.wait_for_function("() => [...document.querySelectorAll('em')].some(e => e.innerText == 'Marking guide.')")

        assert "<details" in run(last)  # the fold under a check opens by the keyboard
        summary = page.locator("summary", has_text="The course's solution")
        summary.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("details[open] pre:has-text('def relu_active(x)')")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_all_that_a_lesson_has(path):
    """A prompt, an open task with an answer, and a written question with its sample answer below."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert any("**Predict.**" in text for text in texts)
    assert any(text.startswith("## On your own") for text in texts)
    assert sum(source.startswith("# One answer of many.\n") for source in code) == 1
    questions = [re.search(r"`([\w-]+)`", text)[1] for text in texts if text.startswith("**Model answer**")]
    assert questions
    for name in questions:
        assert f'from utils import sample_answer\n\nsample_answer("{name}")' in code
