"""Makes course/, the learner's notebooks, from solutions/; and answers.json, what the course shows of them later.

    python -m utils.classroom.course                 # make course
    python -m utils.classroom.course --run           # make solutions: execute every solution first
    python -m utils.classroom.course --run 01_relu_rules

A lesson begins with its imports, those from utils inside `try:` with GUARD below, so that another module of that name,
or none, is told in a sentence. From there on a writer marks three kinds of cell and types no metadata:

- code with `# BEGIN SOLUTION` … `# END SOLUTION` inside a function: an exercise, named by the function;
- code of two lines, `from utils import check` and, after an empty one, `NAME = check(NAME)`: its check, worth the
  points that utils.classroom.exercises gives it. It brings its own check, whatever a learner calls so further up;
- text that begins **Model answer** (`NAME`, 2 points): a written answer, with its marking guide.

A fourth mark, `# NBVAL_CHECK_OUTPUT`, has the tests compare what a cell shows; it becomes a tag, which no reader sees.

A fifth, `# One answer of many.`, is the first line of the code that answers a lesson's open task. In its place learners
get an empty cell, so nothing of it is used further down. nbgrader does not know it and is told by nbgrader_config.py.

`from utils import sample_answer` and, after an empty line, `sample_answer("NAME")` below a written answer shows it to
those who have written theirs.

nbgrader's metadata (schema 3) follows from these, in both folders; nbgrader's own preprocessors do the rest.
"""

import argparse
import ast
import copy
import json
import os
import re
import symtable
import sys
import uuid
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
)
from traitlets.config import Config

from utils.classroom.answers import GRADING, SOLUTIONS, TEXT_STUB

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = Path("utils/classroom/answers.json")
CODE_STUB = '# Write your code here.\nraise NotImplementedError("write your code here")'
OPEN, OPEN_STUB = "# One answer of many.", "# Your code here."
NBGRADER = Config({"ClearSolutions": {"code_stub": {"python": CODE_STUB}, "text_stub": TEXT_STUB}})
NOTEBOOK = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LESSON = re.compile(r"\d\d_(\w+)\.ipynb")
MARKER = re.compile(r"\b(BEGIN|END) SOLUTION\b")
CHECK = re.compile(r"^(.+) = check\((.+)\)$", re.MULTILINE)
LIKE_OPEN = re.compile(r"^[ \t]*#+[ \t]*one answer of many\b", re.MULTILINE | re.IGNORECASE)
SAMPLE = re.compile(r"^sample_answer\((.*)\)", re.MULTILINE)
GUARD = """
except ImportError as error:  # there is no utils, or another one comes first
    from importlib.util import find_spec

    raise ImportError(
        f"{error}. This lesson needs the course's utils. Python finds {getattr(find_spec('utils'), 'origin', None)}: "
        "if that is another file, rename or move it; else install the course (`make lab`, or "
        "`pip install -r requirements.txt -e .` in its folder). Then restart the kernel."
    ) from None
"""
GUARDED = re.compile(rf"^try:\n    from utils import (\w.*|\(\n(        .*\n)+    \)){re.escape(GUARD)}", re.MULTILINE)
ANSWER = re.compile(r"\*\*Model answer\*\* \(`([\w-]+)`, (\d+) points?\)")
GUIDE = re.compile(r"^(\*\*Model answer\*\*|\*Marking guide)", re.MULTILINE)
KEPT = ("tags", "jupyter")  # of a cell's metadata; all else is derived, or is the trace of a session
WIDGET = "application/vnd.jupyter.widget-view+json"
COMPARED, TAG = re.compile(r"^# NBVAL_CHECK_OUTPUT(\n|$)", re.MULTILINE), "nbval-check-output"


def exercise_in(source):
    """The function that a cell with solution markers asks for, by name."""
    markers = [(mark[1], source.count("\n", 0, mark.start()) + 1) for mark in MARKER.finditer(source)]
    if [word for word, _ in markers] != ["BEGIN", "END"] * (len(markers) // 2):
        raise ValueError(f"solution markers do not pair up: {', '.join(word for word, _ in markers)}")
    if CHECK.search(source):
        raise ValueError("the check stands in a cell of its own, after the exercise")
    try:
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    except SyntaxError as error:
        raise ValueError(f"a solution is plain Python; line {error.lineno}: {error.msg}") from None
    if len(functions) != 1:
        raise ValueError(f"a solution cell defines one function, this one {[node.name for node in functions]}")
    (function,) = functions
    if not all(function.lineno < line for _, line in markers) or markers[0][1] > function.end_lineno:
        raise ValueError(f"the solution markers stand inside {function.name}, below its `def`")
    return function.name


def checked_in(source, lesson, exercises):
    """The exercise that a check cell checks, and its points."""
    _, name = CHECK.findall(source)[0]
    if source != f"from utils import check\n\n{name} = check({name})":
        raise ValueError(
            "a check cell is `from utils import check`, an empty line and NAME = check(NAME), with the "
            "same name twice; nothing else"
        )
    if name not in exercises:
        raise ValueError(
            f"checks {name}, which utils.classroom.exercises does not know: its __init__.py lists the lesson's module, "
            "and the module its exercises"
        )
    if exercises[name].lesson != lesson:
        raise ValueError(f"the exercise {name} belongs to the lesson {exercises[name].lesson}")
    if not exercises[name].points:
        raise ValueError(f"the exercise {name} has no points in utils.classroom.exercises")
    return name, exercises[name].points


def answer_in(source):
    """The name of a written answer, and its points."""
    match = ANSWER.match(source)
    if not match:
        raise ValueError("a written answer begins **Model answer** (`name`, 2 points)")
    return match[1], int(match[2])


def sampled_in(source):
    """The written question whose answer a cell shows, by name."""
    name = SAMPLE.search(source)[1].strip("\"'")
    if source != f'from utils import sample_answer\n\nsample_answer("{name}")':
        raise ValueError(
            "a cell that shows a sample answer is `from utils import sample_answer`, an empty line and "
            'sample_answer("NAME"); nothing else'
        )
    return name


def is_open(cell):
    """Whether this cell answers the lesson's open task. ValueError where its mark is not as it should be."""
    if not LIKE_OPEN.search(cell.source):
        return False
    if cell.cell_type != "code" or cell.source.partition("\n")[0] != OPEN:
        raise ValueError(f"`{OPEN}` is the first line of a code cell, as it stands here")
    if LIKE_OPEN.search(cell.source, len(OPEN)):
        raise ValueError(f"`{OPEN}` stands there twice")
    if MARKER.search(cell.source) or CHECK.search(cell.source):
        raise ValueError("an open task is no exercise: no solution markers, no check")
    return True


def names_in(source):
    """[(names read, names bound)] of the statements of a cell, in order; what happens inside functions counts as read
    where it comes from outside.
    """

    def tables(table):
        yield table
        for child in table.get_children():
            yield from tables(child)

    for statement in ast.parse(source).body:
        top = symtable.symtable(ast.unparse(statement), "cell", "exec")
        bound = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
        read = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
        if not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            read -= bound  # a loop's variable, say, which is bound before it is read
        if isinstance(statement, ast.AugAssign):
            read |= bound
        inner = (symbol for table in tables(top) if table is not top for symbol in table.get_symbols())
        yield read | {symbol.get_name() for symbol in inner if symbol.is_global() and symbol.is_referenced()}, bound


def used_later(cells):
    """(number, name): the first cell after the first of `cells`, counted from 1 there, that reads a name which that
    first one binds, before it is bound anew; None where there is none.
    """
    try:
        left = {name for _, bound in names_in(cells[0].source) for name in bound}
    except SyntaxError as error:
        raise ValueError(f"an open task is answered in plain Python; line {error.lineno}: {error.msg}") from None
    for number, cell in enumerate(cells[1:], 1):
        if cell.cell_type != "code":
            continue
        try:
            statements = list(names_in(cell.source))
        except SyntaxError:  # no plain Python: that is for a run to find
            continue
        for read, bound in statements:
            if met := sorted(read & left):
                return number, met[0]
            left -= bound
    return None


def role(cell, lesson, exercises):
    """nbgrader's metadata for a cell, None where it is neither answered nor graded. ValueError for a writer's slip."""
    solution, points = True, None
    if cell.cell_type == "code" and MARKER.search(cell.source):
        name = exercise_in(cell.source)
    elif cell.cell_type == "code" and CHECK.search(cell.source):
        name, points = checked_in(cell.source, lesson, exercises)
        name, solution = f"check_{name}", False
    elif cell.cell_type == "markdown" and cell.source.startswith("**Model answer**"):
        name, points = answer_in(cell.source)
    elif cell.cell_type == "markdown" and GUIDE.search(cell.source):
        raise ValueError(
            "a model answer or marking guide that learners would see: it has a cell of its own, which "
            "begins **Model answer**"
        )
    elif MARKER.search(cell.source):
        raise ValueError("a solution marker outside a code cell; a written answer begins **Model answer**")
    else:
        return None
    about = {"schema_version": 3, "grade_id": name, "task": False, "solution": solution, "locked": not solution}
    return about | ({"grade": False} if points is None else {"grade": True, "points": points})


def normalise(notebook, name, exercises):
    """The notebook `name` as solutions/ keeps it: metadata derived from the text, timings dropped, outputs as they are.

    ValueError with a line for each cell that is not as it should be.
    """
    if not LESSON.fullmatch(name):
        raise ValueError(f"solutions/{name}: a lesson is called like 01_relu_rules.ipynb")
    lesson = LESSON.fullmatch(name)[1]
    notebook = copy.deepcopy(notebook)
    notebook.update(metadata=nbformat.from_dict(NOTEBOOK), nbformat=4, nbformat_minor=5)
    ids, seen, answers, opened, faults = set(), set(), set(), None, []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.get("id") in ids | {None}:
            cell.id = uuid.uuid4().hex[:8]
        ids.add(cell.id)
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT if key in cell.metadata})
        if cell.cell_type == "code" and COMPARED.search(cell.source):
            cell.source = COMPARED.sub("", cell.source)
            cell.metadata.tags = sorted({*cell.metadata.get("tags", []), TAG})
        try:
            if is_open(cell):
                if opened:
                    raise ValueError(f"a second cell that begins `{OPEN}`; the first is cell {opened}")
                opened = number
                if later := used_later(notebook.cells[number - 1 :]):
                    raise ValueError(
                        f"cell {number + later[0]} uses {later[1]}, which is made here, and a learner has an empty cell"
                    )
                continue
            if cell.cell_type == "code" and SAMPLE.search(cell.source):
                sampled = sampled_in(cell.source)
                if sampled not in answers:
                    above = ", ".join(sorted(answers)) or "none"
                    raise ValueError(f"shows the answer {sampled}; written answers above it: {above}")
                if TAG in cell.metadata.get("tags", []):
                    raise ValueError("what a sample answer shows depends on who runs it: no NBVAL_CHECK_OUTPUT")
                continue
            nbgrader = role(cell, lesson, exercises)
            if nbgrader is None:
                continue
            grade_id = nbgrader["grade_id"]
            if grade_id in seen:
                raise ValueError(f"a second cell for {grade_id}")
            seen.add(grade_id)
            if cell.cell_type == "markdown":
                answers.add(grade_id)
            if not nbgrader["solution"] and grade_id.removeprefix("check_") not in seen:
                raise ValueError("the check stands before its exercise, or the exercise is missing")
            cell.metadata.nbgrader = nbformat.from_dict(nbgrader)
        except ValueError as error:
            faults.append(f"cell {number} ({cell.source.partition(chr(10))[0][:60]}): {error}")
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "code"), "")
    if not GUARDED.search(f"{first}\n"):
        faults.append(
            "the first code cell imports from utils inside `try:`, followed by utils.classroom.course.GUARD "
            "as it stands there"
        )
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader")
        if about and cell.cell_type == "code" and about.solution and f"check_{about.grade_id}" not in seen:
            faults.append(
                f"the exercise {about.grade_id} has no check cell: `from utils import check`, then "
                f"{about.grade_id} = check({about.grade_id})"
            )
    faults += [
        f"the exercise {key} is registered for {lesson} and missing here"
        for key, exercise in exercises.items()
        if exercise.lesson == lesson and key not in seen
    ]
    if faults:
        raise ValueError("\n".join(f"solutions/{name}: {fault}" for fault in faults))
    nbformat.validate(notebook)
    return notebook


class EmptyOpenTask(NbGraderPreprocessor):
    """Takes our answer to the open task out of a notebook. nbgrader_config.py names it, for who makes an assignment."""

    def preprocess_cell(self, cell, resources, cell_index):
        if is_open(cell):
            cell.source = OPEN_STUB
        return cell, resources


def learners(notebook):
    """A normalised solution as a learner gets it: stubs for answers, no outputs, checks locked, checksums."""
    notebook, resources = copy.deepcopy(notebook), {}
    for step in (
        EmptyOpenTask,
        ClearSolutions,
        LockCells,
        ComputeChecksums,
        ClearOutput,
        ClearHiddenTests,
        CheckCellMetadata,
    ):
        notebook, resources = step(config=NBGRADER).preprocess(notebook, resources)
    return notebook


def shown_later(notebook):
    """What the course shows of a normalised solution once a learner has come so far, by name: the code of its
    exercises, without the markers, and the written answers.
    """
    exercises, questions = {}, {}
    for cell in notebook.cells:
        if (about := cell.metadata.get("nbgrader")) and about.solution:
            if cell.cell_type == "code":
                lines = [line for line in cell.source.split("\n") if not MARKER.search(line)]
                exercises[about.grade_id] = "\n".join(lines)
            else:
                questions[about.grade_id] = ANSWER.sub(r"**Model answer** (\2 points)", cell.source)
    return {"exercises": exercises, "questions": questions}


def execute(notebook, folder):
    """Runs the notebook in `folder` and keeps its outputs, the same each time. CellExecutionError where a cell raises.

    A widget ends with its kernel; what stays is a picture of it: the HTML it showed first.
    """
    notebook = copy.deepcopy(notebook)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    env = {name: value for name, value in os.environ.items() if name not in (GRADING, SOLUTIONS, "JPY_SESSION_NAME")}
    client.execute(env=env | {"PYTHONHASHSEED": "0"})
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if "outputs" in cell:  # a lesson's widget is what a cell ends with; one beside that is a progress bar, now dead
            cell.outputs = [
                output for output in cell.outputs if output.output_type != "display_data" or WIDGET not in output.data
            ]
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        if view := output.get("data", {}).get(WIDGET):
            note = "Run this cell to use the widget."
            seen = "".join(shown_by(view["model_id"], client.widget_state))
            output.data = nbformat.from_dict({"text/html": f"<p><em>{note}</em></p>{seen}", "text/plain": note})
    return notebook


def shown_by(widget, models):
    """The HTML texts in a widget and, in order, in all that it contains."""
    model = models[widget]
    if model["_model_name"] == "HTMLModel":
        yield model["value"]
    for child in model.get("children", []):
        yield from shown_by(child.removeprefix("IPY_MODEL_"), models)


def read(path):
    try:
        return nbformat.v4.reads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # the marks of a merge, say
        raise ValueError(f"{path.parent.name}/{path.name}: not a notebook: {error}") from None


def text_of(notebook):
    return nbformat.v4.writes(notebook) + "\n"


def build(root=ROOT, exercises=None):
    """{path: text} of every notebook as it should be: each solution normalised, and the learner's made from it; and of
    answers.json.

    ValueError where a solution is not as it should be, naming the notebook and the cell; nothing is written.
    """
    if exercises is None:
        from utils.classroom.exercises import EXERCISES as exercises
    texts, later, faults = {}, {}, []
    for path in sorted((root / "solutions").glob("*.ipynb")):
        try:
            solution = normalise(read(path), path.name, exercises)
        except ValueError as error:
            faults.append(str(error))
            continue
        texts[path] = text_of(solution)
        texts[root / "course" / path.name] = text_of(learners(solution))
        later[path.stem] = shown_later(solution)
        for name in later[path.stem]["questions"]:
            if first := next((stem for stem in later if stem != path.stem and name in later[stem]["questions"]), None):
                faults.append(f"solutions/{path.name}: a written answer is called {name} in {first}, too")
    if faults:
        raise ValueError("\n".join(faults))
    return texts | {root / ANSWERS: json.dumps(later, indent=1, ensure_ascii=False) + "\n"}


def differing(texts, root):
    """The files that are not as `texts` has them, missing or left over, as paths relative to `root`."""
    left = {path for path in (root / "course").glob("*.ipynb") if LESSON.fullmatch(path.name)} - texts.keys()
    changed = {path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text}
    return sorted(path.relative_to(root) for path in left | changed)


def drift(root=ROOT, exercises=None):
    """The files that `make course` would make, change or remove, as paths relative to `root`."""
    return differing(build(root, exercises), root)


def write(path, text):
    """Writes beside the place and renames, so that an interrupted run leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)


def make(root=ROOT, exercises=None):
    """Brings solutions/ to its normal form and course/ up to date with it → the files that changed."""
    texts = build(root, exercises)
    changed = differing(texts, root)
    for path in (root / path for path in changed):
        if path in texts:
            write(path, texts[path])
        else:
            path.unlink()
    return changed


def run(lessons=(), root=ROOT):
    """Executes these solutions in place (none named: all), then makes course/."""
    paths = sorted((root / "solutions").glob("*.ipynb"))
    if unknown := set(lessons) - {path.stem for path in paths}:
        raise ValueError(f"no solution called {', '.join(sorted(unknown))}; there are {[path.stem for path in paths]}")
    make(root)  # what is wrong with a cell is said before the long part
    for path in paths:
        if not lessons or path.stem in lessons:
            print(f"running {path.relative_to(root)}", flush=True)
            write(path, text_of(execute(read(path), path.parent)))
    make(root)


def main():
    parser = argparse.ArgumentParser(description="Makes course/ from solutions/.")
    parser.add_argument("--run", nargs="*", metavar="LESSON", help="execute these solutions first (none named: all)")
    lessons = parser.parse_args().run
    try:
        if lessons is not None:
            run(lessons)
        else:
            print("\n".join(f"made {path}" for path in make()) or "course/ is up to date with solutions/")
    except (ValueError, CellExecutionError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
