"""The order of the house: imports run one way, and each lesson's stem runs through all that belongs to it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {  # part of utils → the other parts that it may know
    "methods": set(),
    "evaluation": {"methods"},
    "rps": set(),
    "classroom": {"evaluation", "methods", "rps"},
}


def imported(source, package):
    """The modules that a file of `package` ("utils.rps", say) imports anywhere in it, by their full names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def against_the_order(source, package):
    """Those of the imports that the part which `package` belongs to may not make."""
    part = package.split(".")[1]
    met = {name for name in imported(source, package) if f"{name}.".startswith("utils.")}
    return sorted(name for name in met if [*name.split("."), ""][1] not in MAY_IMPORT[part] | {part})


def test_every_part_has_its_place_in_the_order():
    assert {path.parent.name for path in ROOT.glob("utils/*/__init__.py")} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", sorted(ROOT.glob("utils/*/**/*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path):
    package = ".".join(path.relative_to(ROOT).parent.parts)
    assert not (wrong := against_the_order(path.read_text(), package)), f"{path.relative_to(ROOT)} imports {wrong}"


@pytest.mark.parametrize(
    "package, line",
    [
        ("utils.methods", "from ..evaluation import share_inside"),
        ("utils.methods", "from .. import classroom"),
        ("utils.methods", "def late():\n    import utils.rps.hands"),
        ("utils.evaluation", "from ..rps.hands import load_hands"),
        ("utils.rps", "from utils.methods import class_score"),
        ("utils.classroom.exercises", "from ... import check"),
        ("utils.classroom", "import utils"),
    ],
)
def test_a_planted_import_against_the_order_is_seen(package, line):
    assert against_the_order(line, package)


@pytest.mark.parametrize(
    "package, line",
    [
        ("utils.evaluation", "from ..methods.hygiene import described"),
        ("utils.classroom.exercises", "from ...methods import class_score\nfrom ..exercise import Case"),
        ("utils.methods", "import torch\nfrom .modes import in_eval_mode"),
    ],
)
def test_an_import_along_the_order_is_let_through(package, line):
    assert not against_the_order(line, package)


def test_one_stem_runs_through_notebook_exercises_and_tests():
    stems = {path.stem[3:] for path in (ROOT / "solutions").glob("*.ipynb")}
    assert stems == {path.stem[3:] for path in (ROOT / "course").glob("*.ipynb")}
    for stem in stems:
        written = [ROOT / "utils" / part / f"{stem}.py" for part in ("methods", "evaluation")]
        assert sum(path.exists() for path in written) == 1, f"{stem}: expected one of {written}"
        for path in (f"utils/classroom/exercises/{stem}.py", f"tests/test_{stem}.py"):
            assert (ROOT / path).exists(), f"the lesson {stem} lacks {path}"
