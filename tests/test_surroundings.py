"""What an answer does to the process is seen and put back, and nothing that it does ends or stops the check."""

import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils import judge
from utils.classroom import surroundings

KEPT = []  # so that nothing is undone by the garbage collector


def right(x, grad):
    return grad * (x > 0)


def after(change):
    """A right answer to vanilla_rule that does something else first."""

    def vanilla_rule(x, grad):
        change()
        return grad * (x > 0)

    return vanilla_rule


def enter(context):
    KEPT.append(context)
    context.__enter__()


def run_on():
    threading.Thread(target=lambda: time.sleep(0.8), daemon=True).start()


CHANGES = {
    "default dtype": lambda: torch.set_default_dtype(torch.float64),
    "default device": lambda: torch.set_default_device("meta"),
    "gradient mode": lambda: torch.set_grad_enabled(False),
    "anomaly": lambda: torch.autograd.set_detect_anomaly(True),
    "deterministic": lambda: torch.use_deterministic_algorithms(True),
    "autocast": lambda: enter(torch.autocast("cpu")),
    "never left": lambda: enter(torch.utils._device.DeviceContext(torch.device("cpu"))),
    "number of threads": lambda: torch.set_num_threads(torch.get_num_threads() % 2 + 1),
    "torch's print options": lambda: torch.set_printoptions(precision=2),
    "NumPy's print options": lambda: np.set_printoptions(precision=2),
    "seeds torch's": lambda: torch.manual_seed(0),
    "seeds NumPy's": lambda: np.random.seed(0),
    "seeds Python's": lambda: random.seed(0),
    "os.environ": lambda: os.environ.update(LEFT_BEHIND="1"),
    "warning filters": lambda: warnings.filterwarnings("error"),
    "working directory": lambda: os.chdir("/"),
    "sys.stdout": lambda: setattr(sys, "stdout", sys.__stdout__),
    "torch.allclose": lambda: setattr(torch, "allclose", lambda *_, **__: True),
    "torch.nn.functional.conv2d": lambda: setattr(F, "conv2d", lambda *_, **__: None),
    "ReLU.forward": lambda: setattr(nn.ReLU, "forward", lambda self, x: x),
    "Tensor.__eq__": lambda: setattr(torch.Tensor, "__eq__", lambda *_: torch.tensor(True)),
    "judge.same": lambda: setattr(sys.modules["utils.classroom.judge"], "same", lambda *_, **__: True),
    "runs on": run_on,
}


def state():
    """All of it, read a second time and by other means where there are some."""
    return {
        "dtype": torch.zeros(1).dtype,
        "device": torch.zeros(1).device,
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "anomaly": torch.is_anomaly_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "threads": torch.get_num_threads(),
        "printed": (str(torch.tensor(1 / 3)), str(np.array([1 / 3]))),
        "generators": (torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()),
        "environment": dict(os.environ),
        "filters": list(warnings.filters),
        "directory": os.getcwd(),
        "streams": (sys.stdout, sys.stderr),
        "handlers": list(logging.root.handlers),
        "recursion": sys.getrecursionlimit(),
        "functions": (
            torch.allclose,
            F.conv2d,
            nn.ReLU.forward,
            torch.Tensor.__eq__,
            os._exit,
            os.abort,
            os.kill,
            input,
        ),
    }


@pytest.mark.parametrize("words", CHANGES)
def test_what_is_left_changed_is_told_and_put_back(words):
    before = state()
    verdict = judge("vanilla_rule", after(CHANGES[words]))
    assert verdict.status == "wrong"
    assert verdict.message.startswith("Your values are right, but") and words in verdict.message
    assert state() == before
    assert judge("vanilla_rule", right).status == "right"


@pytest.mark.parametrize("words", CHANGES)
def test_it_is_put_back_also_after_an_exception(words):
    before = state()

    def raises(x, grad):
        CHANGES[words]()
        return 1 / 0

    assert "ZeroDivisionError" in judge("vanilla_rule", raises).message
    assert state() == before


def test_the_judges_own_comparison_cannot_be_exchanged():
    for words in ("torch.allclose", "judge.same", "Tensor.__eq__"):

        def zeros(x, grad, change=CHANGES[words]):
            change()
            return torch.zeros_like(grad)

        assert judge("vanilla_rule", zeros).status == "wrong"


def test_an_autocast_that_is_never_left_keeps_no_weights():
    """Where contexts are counted as open, autocast keeps the weights it has cast, and training stands still."""

    def vanilla_rule(x, grad):
        enter(torch.autocast("cpu", torch.float16))
        return grad * (x > 0)

    assert "torch's autocast" in judge("vanilla_rule", vanilla_rule).message
    layer = nn.Linear(2, 1, bias=False)
    with torch.autocast("cpu"), torch.no_grad():
        layer.weight.fill_(1.0)
    seen = []
    for weight in 1.0, 2.0:
        with torch.no_grad():
            layer.weight.fill_(weight)
        with torch.autocast("cpu"):
            seen.append(layer(torch.ones(1, 2)).item())
    assert seen == [2.0, 4.0]


def test_a_comparison_exchanged_in_an_earlier_cell_is_not_the_judges(monkeypatch):
    for name in "allclose", "equal", "isclose":
        monkeypatch.setattr(torch, name, lambda *arguments, **options: True)
    assert judge("vanilla_rule", lambda x, grad: torch.zeros_like(grad)).status == "wrong"


def test_what_torch_wraps_by_itself_is_not_laid_at_the_answers_door():
    """Its compiler, at its first import, puts wrappers around functions of torch; in a process of its own, so that it
    is the first.
    """
    source = """
import sys
import torch
from utils import judge

def vanilla_rule(x, grad):
    import torch._dynamo
    return grad * (x > 0)

def exchanging(x, grad):
    torch.seed = torch.initial_seed
    return grad * (x > 0)

assert "torch._dynamo" not in sys.modules
print(judge("vanilla_rule", vanilla_rule).message)
print(judge("vanilla_rule", exchanging).message)
"""
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    said = run.stdout.splitlines()
    assert said[0] == "Right."
    assert "your function exchanged `torch.seed`" in said[1]


@pytest.mark.parametrize(
    "harmless",
    [
        lambda: torch.rand(3),
        lambda: nn.Conv2d(3, 3, 3),
        lambda: np.random.rand(1000),
        lambda: random.random(),
        lambda: logging.warning("a word"),
        lambda: sys.setrecursionlimit(sys.getrecursionlimit() + 100),
        lambda: np.seterr(divide="ignore"),
        lambda: torch.Generator().manual_seed(0),
    ],
)
def test_what_harms_nobody_is_right_and_put_back_all_the_same(harmless):
    before = state()
    assert judge("vanilla_rule", after(harmless)).status == "right"
    assert state() == before


def test_changes_that_are_taken_back_are_none():
    def tidy(x, grad):
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings(), torch.no_grad():
            torch.manual_seed(3)
            warnings.simplefilter("ignore")
            return grad * (x > 0)

    assert judge("vanilla_rule", tidy).status == "right"


# what ends the process, and what never ends ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end",
    [
        lambda: os._exit(0),
        lambda: os.abort(),
        lambda: os.kill(os.getpid(), signal.SIGKILL),
        lambda: signal.raise_signal(signal.SIGKILL),
        lambda: sys.exit(),
    ],
)
def test_nothing_ends_the_process(end):
    assert "SystemExit" in judge("vanilla_rule", after(end)).message


def test_a_child_may_end_itself():
    def in_a_child(x, grad):
        if child := os.fork():
            assert os.waitpid(child, 0)[1] == 0
            return grad * (x > 0)
        os._exit(0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads and forks
        assert judge("vanilla_rule", in_a_child).status == "right"


def forever():
    while True:
        pass


def forever_whatever_comes():
    while True:
        try:
            sum(range(100))
        except BaseException:
            pass


def waiting():
    threading.Event().wait()


@pytest.mark.parametrize("endless", [forever, forever_whatever_comes, waiting, lambda: time.sleep(10_000)])
def test_what_never_ends_is_ended(monkeypatch, endless):
    monkeypatch.setattr(surroundings, "CPU_SECONDS", 0.3)
    monkeypatch.setattr(surroundings, "STILL_SECONDS", 1)
    message = judge("vanilla_rule", after(endless)).message
    assert message.startswith("It ran for more than a minute: does every loop in it end?")
    monkeypatch.undo()
    assert judge("vanilla_rule", right).status == "right"  # and nothing is still on its way


def test_recursion_without_end():
    def vanilla_rule(x, grad):
        return vanilla_rule(x, grad)

    assert "RecursionError" in judge("vanilla_rule", vanilla_rule).message


def test_nobody_is_at_the_keyboard():
    assert "nobody is at the keyboard" in judge("vanilla_rule", after(lambda: input())).message


# answers and results of every kind ------------------------------------------------------------------------------------


class Wordless(Exception):
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


class Own(BaseException):
    pass


@pytest.mark.parametrize("error", [Wordless(), Own("enough"), GeneratorExit(), StopIteration(), MemoryError()])
def test_any_exception_is_told(error):
    def raises(x, grad):
        raise error

    verdict = judge("vanilla_rule", raises)
    assert verdict.status == "wrong" and type(error).__name__ in verdict.message


class SaysYes:
    dtype, shape = torch.float32, (2, 2)

    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return lambda *_, **__: self


class SaysInt:
    __class__ = int

    def __float__(self):
        raise ValueError


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda r: r.to_sparse(), "sparse"),
        (lambda r: r.to("meta"), "`meta`"),
        (lambda r: torch.nested.nested_tensor([r]), "nested"),
        (lambda r: r.to(torch.complex64), "torch.complex64"),
        (lambda r: torch.quantize_per_tensor(r, 0.1, 0, torch.qint8), "quantised"),
        (lambda r: r.half(), "torch.float16"),
        (lambda r: r.bfloat16(), "torch.bfloat16"),
        (lambda r: r > 0, "torch.bool"),
        (lambda r: r.max(dim=0), "the pair of `max`"),
        (lambda r: (value for value in r), "a generator"),
        (lambda r: SaysYes(), "SaysYes"),
        (lambda r: SaysInt(), "SaysInt"),
    ],
)
def test_a_strange_result_is_wrong(make, words):
    verdict = judge("vanilla_rule", lambda x, grad: make(right(x, grad)))
    assert verdict.status == "wrong" and words in verdict.message


@pytest.mark.parametrize("name", ["class_score", "vanilla_gradient", "to_heatmap", "conv_backward", "vanilla_rule"])
def test_more_digits_are_no_fault(name):
    answers = {
        "class_score": lambda model, images, target: model(images)[
            torch.arange(len(images)), torch.as_tensor(target).expand(len(images))
        ].double(),
        "vanilla_gradient": gradient_in_float64,
        "to_heatmap": lambda gradient: heatmap(gradient.double()),
        "conv_backward": lambda grad, weight, padding: F.conv2d(
            F.pad(grad.double(), [size - 1 - padding for size in weight.shape[:1:-1] for _ in "ab"]),
            weight.double().flip(2, 3).transpose(0, 1),
        ),
        "vanilla_rule": lambda x, grad: right(x, grad.double()),
    }
    assert judge(name, answers[name]).status == "right"


def gradient_in_float64(model, images, target):
    x = images.detach().clone().requires_grad_()
    score = model(x)[torch.arange(len(x)), torch.as_tensor(target).expand(len(x))]
    return torch.autograd.grad(score.sum(), x)[0].double()


def heatmap(gradient):
    size = gradient.abs().amax(1, keepdim=True)
    largest = size.amax((2, 3), keepdim=True)
    return size / torch.where(largest > 0, largest, 1)


def test_a_score_whose_graph_is_used_up_is_cut_off():
    def walked(model, images, target):
        score = model(images)[torch.arange(len(images)), target]
        score.sum().backward()
        return score

    def written_over(model, images, target):
        p = model(images).softmax(1)
        p /= p.sum(1, keepdim=True)
        return p[torch.arange(len(images)), target]

    for answer in (walked, written_over):
        assert judge("class_score", answer).status == "wrong"


class Unhashable:
    __hash__ = None

    def __call__(self, x, grad):
        return grad * (x > 0)


class Slotted:
    __slots__ = ()

    def __call__(self, x, grad):
        return grad * (x > 0)


def behind_itself(x, grad):
    return grad * (x > 0)


behind_itself.__wrapped__ = behind_itself


@pytest.mark.parametrize("answer", [Unhashable(), Slotted(), behind_itself])
def test_an_answer_of_any_kind_is_judged(answer):
    assert judge("vanilla_rule", answer).status == "right"
