"""Fixtures for all tests: the shared folder, the classic tiny network with every form of ReLU, a real network."""

import collections
import dataclasses
import gc
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from utils.classroom.exercises import EXERCISES

if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)  # the workers share the cores

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
LONG_RUN = 100  # seconds


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """What is marked `long` comes first, in turn for each worker, so that none is left with it while the others idle at
    the end. xdist hands out the tests in blocks of neighbours, as large as they are reckoned here.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    long = [item for item in items if item.get_closest_marker("long")]
    rest = [item for item in items if not item.get_closest_marker("long")]
    ordered = []
    for worker in range(workers):
        first = long[worker::workers]
        room = max(0, (len(items) - len(ordered)) // (workers - worker) - len(first))
        ordered += first + rest[:room]
        rest = rest[room:]
    items[:] = ordered + rest


def pytest_collection_finish():
    gc.freeze()  # what is imported and collected by now stays: no collection walks through it again


def pytest_terminal_summary(terminalreporter):
    """After a long run: where the time went, lesson by lesson and file by file."""
    spent = collections.Counter()
    for report in [report for reports in terminalreporter.stats.values() for report in reports]:
        if isinstance(report, pytest.TestReport):
            file, _, test = report.nodeid.partition("::")
            lesson = file.endswith("notebooks/test_lessons.py") and re.search(r"\[(\w+)\]", test)
            spent[f"lesson {lesson[1]}" if lesson else file] += report.duration
    if (total := spent.total()) < LONG_RUN:
        return
    terminalreporter.section("where the time went")
    rows = [row for row in spent.most_common() if row[1] >= 0.01 * total]
    rows += [("all else", total - sum(seconds for _, seconds in rows)), ("in all workers together", total)]
    for name, seconds in rows:
        terminalreporter.write_line(f"{seconds:6.0f} s {seconds / total:5.0%}  {name}")


@pytest.fixture(scope="session")
def shared_folder():
    """shared_folder(name) → the Path of that folder beside the project.

    Without it the test is skipped with the reason; under CI=true it fails, so that it cannot go missing in silence.
    """

    def folder(name):
        path = SHARED / name
        if not path.is_dir():
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"../shared/{name} is not here")
        return path

    return folder


def _result_ignored():
    module = nn.ReLU(inplace=True)

    def relu(x):
        module(x)
        return x

    return relu


RELU_FORMS = {
    "nn.ReLU": nn.ReLU,
    "nn.ReLU, in-place": lambda: nn.ReLU(inplace=True),
    "nn.ReLU, in-place, its result ignored": _result_ignored,
    "F.relu": lambda: F.relu,
    "F.relu, in-place": lambda: lambda x: F.relu(x, inplace=True),
    "F.relu_": lambda: F.relu_,
    "torch.relu": lambda: torch.relu,
    "torch.relu, keyword": lambda: lambda x: torch.relu(input=x),
    "torch.relu_": lambda: torch.relu_,
    "x.relu": lambda: lambda x: x.relu(),
    "x.relu_": lambda: lambda x: x.relu_(),
}


@pytest.fixture(params=RELU_FORMS)
def any_relu(request):
    """One ReLU, in each of the forms in which a model may write it."""
    return RELU_FORMS[request.param]()


class OCNetwork(nn.Module):
    """Convolution, ReLU, linear, ReLU with weights one can reckon with by hand. One ReLU may serve in both places."""

    def __init__(self, relu, last_relu=None):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.linear = nn.Linear(8, 4, bias=False)
        self.relu = relu
        self.last_relu = last_relu or relu
        with torch.no_grad():
            self.conv.weight.fill_(1)
            self.conv.bias.copy_(torch.tensor([-50.0, -75.0]))
            self.linear.weight.copy_(torch.tensor([1.0, 1, 1, 1, 1, -1, -1, -1]).expand(4, 8))

    def forward(self, x):
        return self.last_relu(self.linear(self.relu(self.conv(x)).flatten(1)))


@pytest.fixture
def oc_network():
    """oc_network(relu, last_relu=relu) → the network; score 54 for each class at oc_image."""
    return OCNetwork


@pytest.fixture
def oc_image():
    return torch.arange(16.0).reshape(1, 1, 4, 4)


class SmallNetwork(nn.Module):
    """A random network (N, 3, 8, 8) → (N, 5) with the layers that tell training from evaluation."""

    def __init__(self, activation=nn.ReLU):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1),
            nn.BatchNorm2d(6),
            activation(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3, padding=1),
            activation(),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.5), nn.Linear(8 * 4 * 4, 16), activation(), nn.Linear(16, 5)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


@pytest.fixture
def small_network():
    """small_network(activation=nn.ReLU, seed=0) → a SmallNetwork in eval mode, its batch norm not the identity."""

    def build(activation=nn.ReLU, seed=0):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = SmallNetwork(activation).train()
            with torch.no_grad():
                model(3 * torch.randn(16, 3, 8, 8) + 1)
        return model.eval()

    return build


@pytest.fixture
def small_images():
    return torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def without_its_words(monkeypatch):
    """without_its_words(name): in this test the exercise has no sentences of its own; the general ones speak."""

    def bare(name):
        general = dataclasses.replace(EXERCISES[name], misconceptions=(), cures={}, recall="")
        monkeypatch.setitem(EXERCISES, name, general)

    return bare


@pytest.fixture(scope="session")
def imagenet_network(shared_folder):
    """A real network, squeezenet1_1; its ReLUs are in-place."""
    from torchvision.models import squeezenet1_1

    weights = np.load(shared_folder("imagenet") / "squeezenet1_1_fp16.npz")
    model = squeezenet1_1(weights=None)
    model.load_state_dict({name: torch.from_numpy(weights[name].astype("float32")) for name in weights.files})
    return model.eval()


@pytest.fixture(scope="session")
def photographs(shared_folder):
    """Three photographs, ready for imagenet_network: a beagle, a tabby, a coffee. (3, 3, 224, 224).

    With the channels last in memory, as the methods have them inside, so that a library computes in the same layout:
    another one rounds otherwise, and where a ReLU's input is nearly zero that decides about a whole path.
    """
    from torchvision.models import SqueezeNet1_1_Weights

    preprocess = SqueezeNet1_1_Weights.IMAGENET1K_V1.transforms()
    names = "dog_beagle_max.jpg", "cat_tabby_max.jpg", "coffee_espresso.png"
    images = [preprocess(Image.open(shared_folder("imagenet") / name).convert("RGB")) for name in names]
    return torch.stack(images).contiguous(memory_format=torch.channels_last)


# in a browser ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium. Without one the test is skipped with the reason; under CI=true it fails."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no Chromium on this machine")
    return path


@pytest.fixture
def in_jupyterlab(chromium, tmp_path):
    """in_jupyterlab(notebook): inside, the page of a JupyterLab in Chromium that has the notebook open, and an idle
    kernel for it.
    """

    @contextmanager
    def opened(notebook):
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, tmp_path / "opened.ipynb")
        with _served(tmp_path) as (address, token), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 6000})
            page.set_default_timeout(60_000)
            page.goto(f"{address}/lab/tree/opened.ipynb?token={token}", wait_until="domcontentloaded")
            page.wait_for_selector(".jp-Notebook .jp-Cell")
            page.wait_for_function(
                "() => "
                "window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status === 'idle'"
            )
            yield page
            browser.close()

    from playwright.sync_api import sync_playwright

    return opened


@contextmanager
def _served(folder):
    """A JupyterLab that serves the folder → its address and token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token, address = secrets.token_hex(16), f"http://127.0.0.1:{port}"
    folders = {
        f"JUPYTER{name}_DIR": str(folder / name) for name in ("LAB_SETTINGS", "LAB_WORKSPACES", "_RUNTIME", "_CONFIG")
    }
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--expose-app-in-browser",
            "--ip=127.0.0.1",
            f"--port={port}",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={folder}",
        ],
        env=os.environ | folders | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api?token={token}", timeout=2)
                break
            except OSError:
                time.sleep(0.25)
        yield address, token
    finally:
        server.terminate()
        server.wait(30)
