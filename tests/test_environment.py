"""What the course needs is named once, pinned, and set up by one command that can be interrupted."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from utils.classroom.course import GUARDED

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = {canonicalize_name(need.name): need for need in map(Requirement, PROJECT["dependencies"])}
PINS = [Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines()]
RUN_BY_NAME = {"jupyterlab", "jupytext", "nbval", "pytest-xdist", "ruff"}  # never imported
TO_COME = {"grad-cam": "the oracle of lesson 04", "playwright": "the tests of the pages"}


def test_requirements_pin_everything_and_name_no_index():
    assert all([clause.operator for clause in pin.specifier] == ["=="] and not pin.url for pin in PINS)
    for name, need in DIRECT.items():
        versions = [clause.version for pin in PINS if pin.name == name for clause in pin.specifier]
        assert versions and all(version in need.specifier for version in versions), f"run `make requirements`: {need}"


def test_environment_yml_takes_the_same_set():
    lines = [line.strip().removeprefix("- ") for line in (ROOT / "environment.yml").read_text().splitlines()]
    python, *rest = lines[lines.index("dependencies:") + 1 :]
    assert rest == ["pip", "pip:", "-r requirements.txt", "-e ."]
    name, version = python.split("=")
    assert name == "python" and Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)


def test_what_is_installed_is_what_is_pinned():
    pinned = {pin.name: pin.specifier for pin in PINS if pin.marker is None or pin.marker.evaluate()}
    installed = {name: Version(metadata.version(name)).public for name in DIRECT}
    assert {name: version for name, version in installed.items() if version not in pinned[name]} == {}


def imports_of(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def test_each_import_is_a_direct_dependency_and_each_dependency_is_used():
    sources = [path.read_text() for folder in ("utils", "tests") for path in (ROOT / folder).rglob("*.py")]
    for path in (ROOT / "solutions").glob("*.ipynb"):
        sources += [
            re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE)
            for cell in nbformat.read(path, as_version=4).cells
            if cell.cell_type == "code"
        ]
    imported = {name.partition(".")[0] for source in sources for name in imports_of(source)}
    ours = {"utils"} | {path.stem for path in (ROOT / "tests").rglob("*") if path.is_dir() or path.suffix == ".py"}
    belongs = metadata.packages_distributions()
    used = {
        name: {canonicalize_name(package) for package in belongs.get(name, [name])}
        for name in imported - ours - sys.stdlib_module_names
    }
    undeclared = {name for name, packages in used.items() if not packages & DIRECT.keys()}
    assert not undeclared, f"imported, and not in pyproject.toml: {undeclared}"
    unused = DIRECT.keys() - set().union(*used.values()) - RUN_BY_NAME
    assert unused <= TO_COME.keys(), f"in pyproject.toml, and nothing imports it: {unused}"


def test_utils_is_found_from_anywhere(tmp_path):
    code = "import importlib.util; print(importlib.util.find_spec('utils').origin)"
    found = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == ROOT / "utils/__init__.py"


SLOW = ("torchvision", "scipy", "skimage", "matplotlib", "ipywidgets", "pandas", "nbgrader", "nbformat", "kagglehub")


def loaded_by(code):
    """Which of SLOW a fresh Python has imported after `code`."""
    code = f"{code}\nimport sys\nprint(*(set({SLOW!r}) & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.long
def test_what_is_slow_to_import_comes_when_it_is_needed():
    assert loaded_by("import utils") == set()
    firsts = [
        next(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
        for path in sorted((ROOT / "solutions").glob("*.ipynb"))
    ]
    imports = [GUARDED.search(first + "\n")[0] for first in firsts]
    assert imports and loaded_by("\n".join(imports)) <= {"ipywidgets"}  # for the explorers, and quick
    assert loaded_by("import utils\nutils.judge('vanilla_rule', lambda x, grad: grad * (x > 0))") == set()
    assert loaded_by("import utils\nutils.show([[[1.0]]], alt='A single place, of value 1.')") == {"matplotlib"}


def test_the_explorers_are_there_like_all_else():
    code = """import pickle, utils
before = dir(utils)
assert set(utils.__all__) <= set(before) and len(before) == len(set(before)), before
from utils import *
assert all(name in globals() for name in utils.__all__)
assert explore_patch is utils.explore_patch is pickle.loads(pickle.dumps(utils.explore_patch))
assert not hasattr(utils, "explore_nothing")
from utils import explore_nothing"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert "cannot import name 'explore_nothing' from 'utils'" in done.stderr.splitlines()[-1], done.stderr


# The package without its sources --------------------------------------------------------------------------------------


INSTALLED = """import os, sys
place = sys.argv[1]
sys.path[:] = [place, *(entry for entry in sys.path if not os.path.isdir(os.path.join(entry, "utils")))]
import utils
from utils.rps.network import WEIGHTS

for split, number in {"train": 1531, "validation": 438, "test": 219}.items():
    assert len(utils.load_hands(split).labels) == number
hands = utils.load_hands("test")
assert (utils.load_network("hands")(hands.images[:60]).argmax(1) == hands.labels[:60]).float().mean() > 0.9
utils.load_network("photos")
assert utils.load_shift_results().keys() >= {"hands", "photos"}
assert utils.load_coalitions().scores.shape == (3, 120, 128, 3) and utils.load_cover_results()["images"] == 30
assert utils.judge("vanilla_rule", lambda x, grad: grad * (x > 0)).status == "right"
assert utils.judge("vanilla_rule", lambda x, grad: grad).status == "wrong"
outside = {name for name, module in sys.modules.items() if name.partition(".")[0] == "utils"
           and not module.__file__.startswith(place + os.sep)}
assert not outside, outside
print(*sorted(os.listdir(WEIGHTS)))"""


@pytest.mark.long
def test_a_wheel_brings_all_it_needs(tmp_path):
    """Sources → source distribution → wheel → an empty folder, from which it runs; nothing is fetched."""
    if missing := {"pip", "setuptools"} - {canonicalize_name(found.name) for found in metadata.distributions()}:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{' and '.join(missing)} not here")
    sources = tmp_path / "sources"
    ignored = shutil.ignore_patterns("__pycache__", "*_full.safetensors", "*.checkpoint")
    shutil.copytree(ROOT / "utils", sources / "utils", ignore=ignored)
    for name in ("pyproject.toml", *PROJECT["license-files"]):
        shutil.copy(ROOT / name, sources)
    for name in ("photos_full.safetensors", "photos.checkpoint"):  # as `make weights` leaves them
        (sources / "utils/rps/weights" / name).write_bytes(b"large")

    def python(*arguments, cwd=tmp_path):
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    python("-c", "from setuptools import build_meta; build_meta.build_sdist('..')", cwd=sources)
    (packed,) = tmp_path.glob("*.tar.gz")
    python("-m", "tarfile", "--extract", packed, tmp_path / "unpacked")
    pip = "-m", "pip", "--disable-pip-version-check"
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    python(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", tmp_path, unpacked)
    (wheel,) = tmp_path.glob("*.whl")
    python(*pip, "install", "--no-deps", "--no-index", "--target", tmp_path / "place", wheel)
    shutil.rmtree(sources)
    shutil.rmtree(unpacked)
    weights = python("-P", "-c", INSTALLED, tmp_path / "place").split()
    assert weights == ["README.md", "hands.safetensors", "photos.safetensors"]


# A Python that sets nothing up: `-m venv` copies it to .venv, `-m pip` and the rest are noted in `log`.
PRETENDED = """#!/bin/sh
case "$*" in
  *version_info*) exit $TOO_OLD ;;
  --version) echo "Python 3.99" ;;
  "-m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  -c*) exec REAL "$@" ;;
  *) echo "$@" >>log; case "$*" in *pip*) exit $PIP ;; esac ;;
esac
"""


@pytest.fixture
def machine(tmp_path):
    """A folder with the Makefile, on a machine where Python pretends. Called with targets and variables → its log."""
    if not shutil.which("make"):
        pytest.skip("make is not here")
    programs, folder = tmp_path / "bin", tmp_path / "a course"
    programs.mkdir()
    folder.mkdir()
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    for version in ("", ".11", ".12", ".13", ".14", ".15"):
        python = programs / f"python3{version}"
        python.write_text(PRETENDED.replace("REAL", sys.executable))
        python.chmod(0o755)

    def make(*targets, folder=folder, status=0, **environment):
        plain = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "TOO_OLD": "0", "PIP": "0"}
        log = folder / "log"
        log.unlink(missing_ok=True)
        done = subprocess.run(["make", *targets], cwd=folder, env=plain | environment, capture_output=True, text=True)
        assert (done.returncode == 0) == (status == 0), done.stdout + done.stderr
        return log.read_text() if log.exists() else done.stderr

    make.folder = folder
    return make


def test_the_second_run_starts_at_once(machine):
    first, second = machine("lab"), machine("lab")
    assert "pip" in first and "-r requirements.txt -e ." in first and "jupyterlab" in first
    assert "pip" not in second and "jupyterlab" in second
    assert "pip" not in machine("test")


def test_an_interrupted_set_up_is_begun_again(machine):
    assert "jupyterlab" not in machine("lab", status=1, PIP="1")
    assert "pip" in machine("lab")


def test_newer_pins_a_moved_folder_and_a_lost_python_are_set_up_again(machine):
    machine("lab")
    stamp = machine.folder / ".venv/ready-registry"
    os.utime(stamp, (1, 1))
    assert "pip" in machine("lab")
    moved = machine.folder.with_name("moved")
    machine.folder.rename(moved)
    assert "pip" in machine("lab", folder=moved)
    assert "pip" not in machine("lab", folder=moved)
    (moved / ".venv/bin/python").unlink()
    assert "pip" in machine("lab", folder=moved)


def test_the_cpu_build_leaves_cuda_out_and_is_remembered(machine):
    torch, rest = machine("test", TORCH="cpu").splitlines()[:2]
    assert re.search(r"--index-url https://download.pytorch.org/whl/cpu torch==[\d.]+ torchvision==[\d.]+$", torch)
    assert "-r .venv/requirements.txt -e ." in rest and "--index-url" not in rest
    kept = {Requirement(line).name for line in (machine.folder / ".venv/requirements.txt").read_text().splitlines()}
    left_out = {pin.name for pin in PINS} - kept
    assert {"triton", "cuda-toolkit", "nvidia-cublas"} <= left_out and DIRECT.keys() <= kept
    assert all(re.match("nvidia-|cuda-|triton$", name) for name in left_out)
    assert "pip" not in machine("test")
    assert 'TORCH is "gpu"' in machine("test", TORCH="gpu", status=1)


def test_weights_passes_on_what_to_train(machine):
    plain = machine("weights", NETWORK="full", DATA="/data", PHOTOS="elsewhere")  # the shell's own, not meant for this
    assert plain.splitlines()[-1] == "-m utils.rps.training --network small --data hands"
    asked = machine("weights", "NETWORK=full", "DATA=photographs", "PHOTOS=my photos")
    assert asked.splitlines()[-1] == "-m utils.rps.training --network full --data photographs --photos my photos"


def test_too_old_a_python_is_told(machine):
    said = machine("lab", TOO_OLD="1", status=1)
    assert "needs Python 3.11 or newer; python3 here is: Python 3.99" in said


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a browser needs no display")
def test_with_no_display_the_address_is_printed(machine):
    assert "--no-browser" in machine("lab")
    assert "--no-browser" not in machine("lab", DISPLAY=":0")
    assert "--no-browser" not in machine("lab", WAYLAND_DISPLAY="wayland-0")
