"""What every notebook has to pass. Each gate tells what is wrong, cell by cell; test_gates.py plants the faults."""

import base64
import io
import os
import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from PIL import Image, UnidentifiedImageError
from traitlets.config import PyFileConfigLoader

from utils.classroom.plots import LARGEST_PICTURE

SHORTEST_ALT = 15  # characters
DATA_URI = re.compile(r"data:image/[\w+.-]+;base64,([A-Za-z0-9+/=\s]+)")
MARKDOWN_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)")
PROGRESS = re.compile(r"\d+%\|.*\| *\d+/\d+")  # a bar of tqdm: "17%|#6   | 8/48"
OF_A_MACHINE = re.compile(r"(?<![\w/:.])/(?:work|root|home|Users|tmp)/\S*|\bat 0x[0-9a-f]{6,}")
COLOURS = re.compile(r"\x1b\[[\d;]*m")
CONFIG = Path(__file__).resolve().parents[2] / "nbgrader_config.py"


def place(number, cell):
    """How a message names a cell: its number, counted from 1 over all cells, and how it begins."""
    return f"cell {number} ({cell.source.partition(chr(10))[0][:60]})"


def errors(notebook):
    """[(cell, what it raised)] of an executed notebook."""
    return [
        (cell, f"{place(number, cell)}: {output.ename}: {output.evalue}")
        for number, cell in enumerate(notebook.cells, 1)
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]


def run(path):
    """Executes a notebook from top to bottom → (what the first cell that fails raised, or None; the notebook)."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    try:
        NotebookClient(notebook, kernel_name="python3", timeout=600, resources=place).execute()
    except CellExecutionError:
        return errors(notebook)[0][1], notebook
    return None, notebook


def grade_id(cell):
    """nbgrader's name of a cell; "" where it has none."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def attempted(notebook):
    """The exercises of an executed blank notebook whose check does not say that nothing was written: something else in
    the lesson answers them.
    """
    shown = {
        grade_id(cell).removeprefix("check_"): [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        for cell in notebook.cells
        if grade_id(cell).startswith("check_")
    }
    return [name for name, texts in shown.items() if not any(f"{name}: Not attempted yet" in text for text in texts)]


def within_reach():
    """The programs beside this Python, put first on the PATH: nbgrader calls alembic by name."""
    return {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}


def command(module, *arguments, cwd=None, **environment):
    """Runs `python -m module …`, with the programs beside this Python in reach → (exit status, what it printed)."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=os.environ | within_reach() | {"PYTEST_ADDOPTS": ""} | environment,
    )
    return done.returncode, COLOURS.sub("", done.stdout + done.stderr)


def nbval(path):
    """Runs a solution again, as for grading, so that a check that is not passed raises → None, or nbval's report on the
    first cell that raises or, where it is tagged nbval-check-output, shows something else."""
    status, report = command(
        "pytest",
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=600",
        f"--nbval-sanitize-with={Path(__file__).with_name('sanitize.cfg')}",
        *"-p no:cacheprovider -p no:xdist -x -q -rN --no-header --color=no".split(),
        path,
        NBGRADER_EXECUTION="autograde",
    )
    return None if status == 0 else f"{path.name}\n{report}"


class Images(HTMLParser):
    """The attributes of each <img> in a text."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes))


def is_palette(data):
    """Whether a picture, in base64, has its colours from a palette, which turns some into others."""
    try:
        return Image.open(io.BytesIO(base64.b64decode(data))).mode == "P"
    except UnidentifiedImageError:
        return False


def flaws_of_images(text):
    for image in Images(text).found:
        if len((image.get("alt") or "").strip()) < SHORTEST_ALT:
            yield f"a picture with the alternative text {image.get('alt')!r}"
        pictures = DATA_URI.findall(image.get("src") or "")
        if any(is_palette(data) for data in pictures):
            yield "a picture in the few colours of a palette"
        size = sum(len(data) * 3 // 4 for data in pictures)
        if size > LARGEST_PICTURE:
            yield f"a picture of {size // 1000} KB; at most {LARGEST_PICTURE // 1000}"


def flaws_of_output(output):
    if output.output_type == "error":
        yield f"an error: {output.ename}: {output.evalue}"
    if output.get("name") == "stderr":
        yield f"text on stderr: {output.text[:80]!r}"
    data = output.get("data", {})
    if bare := [kind for kind in data if kind.startswith("image/")]:
        yield f"a bare {bare[0]}, which takes no alternative text: use show()"
    if any("widget" in kind for kind in data):
        yield "a widget whose kernel is gone: run `make solutions`"
    yield from flaws_of_images(data.get("text/html", ""))
    texts = [output.get("text", ""), *(text for text in data.values() if isinstance(text, str))]
    for text in texts:
        if found := PROGRESS.search(text):
            yield f"a progress bar, which no longer moves: {found[0][:40]!r}"
        if found := OF_A_MACHINE.search(DATA_URI.sub("", text)):
            yield f"something of this machine or run: {found[0][:80]}"


def flaws_of_text(source, folder):
    yield from flaws_of_images(source)
    for alt, _ in MARKDOWN_IMAGE.findall(source):
        if len(alt.strip()) < SHORTEST_ALT:
            yield f"a picture with the alternative text {alt!r}"
    for target in MARKDOWN_LINK.findall(source) + [image.get("src") or "" for image in Images(source).found]:
        path = target.partition("#")[0]
        if path and not re.match(r"[a-z]+:", path) and not (folder / path).exists():
            yield f"a link to {path}, which is not there"


def flaws(notebook, folder):
    """What a reader of a solution, which stands in `folder`, would stumble over; a list of sentences."""
    found = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown":
            said = flaws_of_text(cell.source, folder)
        else:
            said = (flaw for output in cell.get("outputs", []) for flaw in flaws_of_output(output))
        found += [f"{place(number, cell)}: {flaw}" for flaw in said]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        found.append("not executed from top to bottom, so nbval would compare nothing: run `make solutions`")
    if not any("nbval-check-output" in cell.metadata.get("tags", []) for cell in code):
        found.append("no cell is marked NBVAL_CHECK_OUTPUT")
    return found


def grade(folder, solution, submissions):
    """Grades submissions (student → notebook) of the lesson at path `solution` with nbgrader itself, in `folder`.

    → student → ({grade_id: (points got, None where a person has to grade; points to get)}, the executed notebook)
    """
    config = PyFileConfigLoader(CONFIG.name, path=str(CONFIG.parent)).load_config()
    config.CourseDirectory.root = str(folder)
    nbgrader = NbGraderAPI(config=config)

    def succeed(done):
        if not done["success"]:
            raise RuntimeError(f"nbgrader\n{done['log']}\n{done['error']}")

    def put(notebook, *place):
        path = Path(folder, *place, "lesson", solution.name)
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)

    put(nbformat.read(solution, as_version=4), "source")
    with mock.patch.dict(os.environ, within_reach()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # how nbgrader treats its data base is its own affair
        succeed(nbgrader.generate_assignment("lesson"))
        for student, notebook in submissions.items():
            put(notebook, "submitted", student)
            succeed(nbgrader.autograde("lesson", student))
    results = {}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for student in submissions:
            grades = gradebook.find_submission_notebook(solution.stem, "lesson", student).grades
            executed = nbformat.read(folder / "autograded" / student / "lesson" / solution.name, as_version=4)
            results[student] = {grade.name: (grade.auto_score, grade.max_score) for grade in grades}, executed
    return results
