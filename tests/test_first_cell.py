"""The first cell of a lesson where another utils comes first, or none is there, says which file and what to do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from utils.classroom.course import GUARDED

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "solutions").glob("*.ipynb"))
REMEDY = (
    "if that is another file, rename or move it; else install the course (`make lab`, or "
    "`pip install -r requirements.txt -e .` in its folder). Then restart the kernel."
)


def first_cell(lesson):
    return next(cell.source for cell in nbformat.read(lesson, as_version=4).cells if cell.cell_type == "code")


def last_line(cell, path, folder):
    """What the cell says last, in a Python that has its standard library and `path`, in this order, and stands in
    `folder`.
    """
    code = f"import sys\nsys.path[:0] = {[str(entry) for entry in path]!r}\n{cell}"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def a_module(folder):
    (folder / "utils.py").write_text("def helper():\n    pass\n")
    return folder / "utils.py"


def a_package(folder):
    (folder / "utils").mkdir()
    (folder / "utils/__init__.py").write_text("CLASSES = 3\n")
    return folder / "utils/__init__.py"


def a_module_that_fails_itself(folder):
    (folder / "utils.py").write_text("import cv9\n")
    return folder / "utils.py"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_module_beside_the_notebook_is_named(lesson, tmp_path):
    file, guarded = a_module(tmp_path), GUARDED.search(first_cell(lesson) + "\n")[0]  # without torch, to be quick
    said = last_line(guarded, ["", ROOT], tmp_path)
    assert re.match(r"ImportError: cannot import name '\w+' from 'utils' \(", said), said
    assert said.endswith(f"Python finds {file}: {REMEDY}")


@pytest.mark.parametrize("other", [a_module, a_package, a_module_that_fails_itself])
@pytest.mark.parametrize("where", ["beside", "installed"])
def test_another_utils_is_named_wherever_it_lies(other, where, tmp_path):
    folder, elsewhere = tmp_path / "course", tmp_path / "site-packages"
    folder.mkdir()
    elsewhere.mkdir()
    file = other(folder if where == "beside" else elsewhere)
    guarded = GUARDED.search(first_cell(LESSONS[0]) + "\n")[0]
    said = last_line(guarded, ["", ROOT] if where == "beside" else ["", elsewhere, ROOT], folder)
    assert said.startswith("ImportError: ") and said.endswith(f"Python finds {file}: {REMEDY}")


@pytest.mark.parametrize("leftover", [False, True])
def test_none_is_told_too(leftover, tmp_path):
    if leftover:  # a folder of that name without Python in it
        (tmp_path / "utils/__pycache__").mkdir(parents=True)
    said = last_line(GUARDED.search(first_cell(LESSONS[0]) + "\n")[0], [""], tmp_path)
    assert said.startswith("ImportError: ") and said.endswith(f"Python finds None: {REMEDY}")


def test_a_whole_first_cell_in_this_very_python(tmp_path):
    """With torch and the course installed, as in a notebook: first with a module beside it, then without."""
    file, status, said = a_module(tmp_path), [], []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", first_cell(LESSONS[0])],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        )
        status.append(done.returncode)
        said.append(done.stderr)
        file.unlink(missing_ok=True)
    assert status == [1, 0] and f"Python finds {file}" in said[0].splitlines()[-1], said
