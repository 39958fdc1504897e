"""judge(name, function): is this answer right, and if not, what is wrong with it?"""

import contextlib
import copy
import difflib
import inspect
import linecache
import sysconfig
import textwrap
import traceback
from pathlib import Path
from typing import NamedTuple
from weakref import WeakSet

import torch

from .diagnosis import changes, diagnose, same, snapshot
from .exercise import Unreadable
from .exercises import EXERCISES
from .sealing import lent, sealed

PASSED = WeakSet()  # answers found right: later answers may build on them
NOT_THEIRS = (  # where no learner's code lies
    str(Path(__file__).resolve().parents[1]),
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    "<frozen",
)
CURES = {  # what PyTorch says → what a learner can do about it
    "Boolean value of Tensor": "`if`, `and`, `or` and `max` want one truth value, and a tensor has many. "
    "Ask all of them at once: comparisons, `&`, `torch.where`, `.clamp`.",
    "bitwise_": "Put brackets around each comparison: `(a > 0) & (b > 0)`.",
    "only for scalar outputs": "A derivative starts from one number: sum the values first.",
    "does not require grad": "Nothing led back to the input. Was it marked by `.requires_grad_()` before the score "
    "was computed? Is there a `.detach()`, `.item()` or `no_grad` on the way?",
    "leaf Variable that requires grad": "Change a copy, `.clone()`, not the tensor that is marked for the gradient.",
    "Can't call numpy()": "Stay with tensors here, or `.detach()` what you only want to look at.",
    "rule must be a function": "Give the function itself, without quotes: `relu_rule(guided_rule)`, say.",
    "too many values to unpack": "The input may hold many points or images at once. "
    "Address its last dimension: `x[..., 0]`.",
}

INSTEAD = {  # what an exception says → the whole message, where its own words lead astray
    "relu_rule met no ReLU": "No ReLU was computed inside the `with`, so the rule went unused. Indent the line that "
    "computes the map, so that it stands inside the `with`.",
}


class Verdict(NamedTuple):
    """What `judge` says: status is "right", "wrong" or "not attempted"; message is one paragraph for the learner."""

    name: str
    status: str
    message: str


class Attempt(NamedTuple):
    """One case tried: the result, or the exception; and what the call changed that it should have left alone."""

    case: object
    result: object = None
    error: BaseException | None = None
    changes: tuple = ()


class Hush:
    """A stream that keeps nothing but the number of lines."""

    lines = 0

    def write(self, text):
        self.lines += text.count("\n")
        return len(text)

    def flush(self):
        pass


def judge(name, function):
    """Tries `function` as the answer to the exercise `name` → Verdict.

    name: an exercise's name, such as "class_score"; ValueError if there is none of that name.
    The answer runs on copies of the arguments and with the random state restored; what it prints is not shown.
    """
    exercise = find(name)
    hush, aside = Hush(), Hush()
    with (
        torch.random.fork_rng(devices=[]),
        torch.set_grad_enabled(torch.is_grad_enabled()),
        contextlib.redirect_stdout(hush),
        contextlib.redirect_stderr(aside),
    ):
        status, message = _judge(exercise, function)
    if hush.lines:
        message += " (Your function prints something; the check does not show it.)"
    elif aside.lines:
        message += " (Your function sets off a warning. The check does not show it: call the function to read it.)"
    if status == "right":
        PASSED.add(function)
    return Verdict(name, status, message)


def find(name):
    """The exercise called `name`; ValueError names the closest ones."""
    if name in EXERCISES:
        return EXERCISES[name]
    close = difflib.get_close_matches(str(name), EXERCISES, n=3, cutoff=0.4) or list(EXERCISES)
    raise ValueError(f"name: there is no exercise {name!r}. Did you mean {' or '.join(map(repr, close))}?")


def _judge(exercise, function):
    name = exercise.name
    if not callable(function):
        return (
            "wrong",
            f"`{name}` is a {type(function).__name__} here, not a function. Give the check the function itself.",
        )
    if function is exercise.reference:
        return "not attempted", (
            f"This is the course's own `{name}`, lent to you so that the notebook runs on. "
            "Run the cell with your function again, then this one."
        )
    if complaint := _unusable(exercise, function):
        return "wrong", complaint

    cases = exercise.cases()
    expected = [_try(exercise, exercise.reference, case).result for case in cases]
    order, names = list(EXERCISES), list(exercise.parameters)
    closed = {other.__name__: sentence for other, sentence in exercise.closed.items()}
    earlier, later = order[: order.index(name)], order[order.index(name) :]
    with (
        sealed([*(EXERCISES[other].reference for other in later), *exercise.closed]) as calls,
        lent(function, {other: EXERCISES[other].reference for other in earlier}, PASSED, set(closed)),
    ):
        attempts = _try_all(exercise, function, cases, names)

    last = attempts[-1]
    if calls:
        own = f"Your `{name}` calls the course's own `{calls[0]}`. Write it out yourself: that is the exercise."
        return "wrong", closed.get(calls[0], own)
    if isinstance(last.error, NotImplementedError) and str(last.error) in ("", "write your code here"):
        return "not attempted", (
            "Not attempted yet: the line `raise NotImplementedError` is still there. "
            "The notebook runs on with the course's own version."
        )
    if isinstance(last.error, KeyboardInterrupt):
        return (
            "wrong",
            f"You stopped the check while your function ran on: {last.case.what}. Does every loop in it end?",
        )
    if last.error is None and all(attempt.result is None for attempt in attempts):
        return "wrong", "Your function returns nothing (`None`). Does it end with a `return` line?"

    wrong = [
        (attempt, value)
        for attempt, value in zip(attempts, expected, strict=False)
        if attempt.error is None and not same(attempt.result, value, exercise.normalise, exercise.floor)
    ]
    if not wrong and last.error is None:
        if changed := next((attempt.changes for attempt in attempts if attempt.changes), None):
            return "wrong", f"Your values are right, but {changed[0]}"
        return "right", "Right."
    if misconception := _misconception(exercise, attempts, expected, len(wrong)):
        return "wrong", inspect.cleandoc(misconception.__doc__)
    if wrong:
        attempt, value = wrong[0]
        right = [other.case.what for other in attempts if other.error is None and all(other is not w for w, _ in wrong)]
        try:
            return "wrong", diagnose(
                attempt.case.what, value, attempt.result, right, exercise.normalise, exercise.floor
            )
        except Exception:  # whatever a result may be, a learner never sees a traceback of ours
            return "wrong", f"The result is not right yet. It was tried on: {attempt.case.what}."
    return "wrong", _raised(function, last, len(attempts) - 1, exercise.cures)


def _unusable(exercise, function):
    """A sentence if `function` cannot be called the way the exercise calls it, else None."""
    wanted = ", ".join(exercise.parameters)
    try:
        parameters = inspect.signature(function).parameters
        inspect.signature(function).bind(*exercise.parameters)
    except ValueError:  # a builtin without a signature: trying it will tell
        return None
    except TypeError:
        return f"`{exercise.name}` is called with ({wanted}); yours takes ({', '.join(parameters)})."
    return None


def _try(exercise, function, case, names=()):
    arguments = copy.deepcopy(case.arguments)
    before = snapshot(arguments)
    torch.manual_seed(0)
    try:
        result = function(*arguments)
        if exercise.read is not None:
            result = exercise.read(result, *arguments)
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        return Attempt(case, error=error)
    return Attempt(case, result=_cut_off(result, arguments), changes=tuple(changes(names, before, arguments)))


def _cut_off(result, arguments):
    """The result, without its history where that does not lead back to the images, although they are marked for it."""
    marked = [argument for argument in arguments if isinstance(argument, torch.Tensor) and argument.requires_grad]
    if not marked or not isinstance(result, torch.Tensor) or not result.requires_grad:
        return result
    gradients = torch.autograd.grad(result.sum(), marked, allow_unused=True, retain_graph=True)
    return result.detach() if any(gradient is None for gradient in gradients) else result


def _try_all(exercise, function, cases, names):
    """An Attempt a case, up to the first exception."""
    attempts = []
    for case in cases:
        attempts.append(_try(exercise, function, case, names))
        if attempts[-1].error is not None:
            break
    return attempts


def _misconception(exercise, attempts, expected, faults):
    """The one that gives what the answer gave, case by case from the first, for as long as any does; at least up to
    the second wrong value, if there is more than one, so that a chance likeness in one case decides nothing."""
    best, longest = None, 0
    for misconception in exercise.misconceptions:
        agreed = seen = 0
        for attempt, value in zip(attempts, expected, strict=False):
            if not _alike(attempt, _try(exercise, misconception, attempt.case), value, exercise):
                break
            agreed += 1
            seen += attempt.error is None and not same(attempt.result, value, exercise.normalise, exercise.floor)
        if seen and seen >= min(faults, 2) and agreed > longest:
            best, longest = misconception, agreed
    return best


def _alike(attempt, guess, value, exercise):
    """The same result or the same exception; whether it can be differentiated counts where the right one can."""
    if attempt.error is not None or guess.error is not None:
        return repr(attempt.error) == repr(guess.error)
    results = [attempt.result, guess.result]
    if not (isinstance(value, torch.Tensor) and value.requires_grad):
        results = [result.detach() if isinstance(result, torch.Tensor) else result for result in results]
    how = exercise.normalise, exercise.floor
    return same(*results, *how) and same(*results[::-1], *how)


def _raised(function, attempt, rights, cures):
    """The exception in the learner's terms: what, in which of their lines, on which case. The exercise's own `cures`
    take the place of the general ones.
    """
    error = attempt.error
    if isinstance(error, Unreadable):
        return f"{error} It was tried on: {attempt.case.what}."
    if instead := next((sentence for sign, sentence in INSTEAD.items() if sign in str(error)), None):
        return instead
    where = ""
    own = getattr(getattr(inspect.unwrap(function), "__code__", None), "co_filename", None)
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == own or not frame.filename.startswith(NOT_THEIRS):
            line = (frame.line or linecache.getline(frame.filename, frame.lineno)).strip()
            where = f", in your line `{line}`" if line else f", in line {frame.lineno} of your cell"
    what = f"{type(error).__name__}: {_first_line(error)}"
    own_cures = [words for sign, words in cures.items() if sign in str(error)]
    cure = "".join(f" {words}" for words in own_cures or [words for sign, words in CURES.items() if sign in str(error)])
    before = f" The {'case' if rights == 1 else f'{rights} cases'} before it came out right." if rights else ""
    return f"Your function stops with {what}{where}. It was tried on: {attempt.case.what}.{before}{cure}"


def _first_line(error):
    return textwrap.shorten((str(error).strip() or "no message").splitlines()[0], 200, placeholder=" …")
