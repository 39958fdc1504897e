"""judge(name, function): is this answer right, and if not, what is wrong with it?"""

import contextlib
import difflib
import inspect
import linecache
import textwrap
import warnings
from typing import NamedTuple
from weakref import WeakSet

import torch

from .. import evaluation, methods
from .derived import derived
from .diagnosis import changes, diagnose, same, snapshot
from .exercise import Unreadable, call, copied
from .exercises import EXERCISES
from .sealing import lent, out_of_reach, sealed, unwrapped
from .surroundings import SEED, TooLong, clock, closed_room, put_back, seed, set_filters, settings

PASSED = WeakSet()  # answers found right: later answers may build on them
MADE_ABOVE = {*EXERCISES, *methods.__all__, *evaluation.__all__, "torch", "nn", "F", "np", "plt"}
MADE_ABOVE |= {"methods", "evaluation", "utils"}  # by the cells above
ANY, ANY_NAME = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
ENOUGH = 16  # values alike are no accident
POSITIONAL = inspect.Parameter.POSITIONAL_ONLY
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
    "'Nested' object": "Not every network is an `nn.Sequential`, whose layers can be counted and walked through. Call "
    "`model(images)` as a whole; `model.modules()` has the layers.",
    "'int' object is not subscriptable": "A target may be one number for all the images, or a tensor with one for "
    "each. `torch.as_tensor(target).expand(len(images))` makes the second of either.",
    "'tuple' object has no attribute": "`torch.autograd.grad` gives a tuple, also of one gradient: `(gradient,) = …` "
    "takes it out.",
    "the number of sizes provided (0)": "Several values are put where one number goes. Is there one for each image? "
    "Then keep a dimension for the images.",
    "return_types": "`.max(dim=…)` gives a pair, values and indices: take `.values`, or use `.amax`.",
    "object has no attribute 'copy'": "A tensor is copied by `.clone()`; `.copy()` belongs to NumPy.",
    "'builtin_function_or_method' object": "A method is called with brackets, also where they are empty: "
    "`images.clone()`, say.",
    "weight of size [16, 3, 3, 3]": "Does your function use the notebook's `network`? Use the model that it is "
    "given as an argument: it is called with other networks, too.",
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
    around: tuple = ()  # of what it shares with all else


class Hush:
    """A stream that keeps nothing but the number of lines, and the first that warns."""

    lines = 0
    warning = ""

    def write(self, text):
        self.lines += text.count("\n")
        if not self.warning and "Warning: " in text:
            self.warning = text.split("Warning: ", 1)[1].strip().split("\n")[0]
        return len(text)

    def flush(self):
        pass


def judge(name, function):
    """Tries `function` as the answer to the exercise `name` → Verdict.

    name: an exercise's name, such as "class_score"; ValueError if there is none of that name.
    The answer runs on copies of the arguments. What it prints is not shown, and what it changes around itself (random
    generators, torch's defaults, the functions of others) is put back.
    """
    exercise = find(name)
    around, filters = settings(), list(warnings.filters)
    hush, aside = Hush(), Hush()
    try:
        with (
            warnings.catch_warnings(),
            torch.random.fork_rng(devices=[]),
            contextlib.redirect_stdout(hush),
            contextlib.redirect_stderr(aside),
            torch.inference_mode(False),
            torch.enable_grad(),
        ):
            warnings.simplefilter("ignore")  # what our own functions say of a strange case
            status, message = _judge(exercise, function, aside, filters)
    finally:
        put_back(around)
    if aside.warning:
        message += f" (Your function sets off a warning: {aside.warning})"
    elif hush.lines or aside.lines:
        message += " (Your function prints something; the check does not show it.)"
    if status == "right":
        with contextlib.suppress(TypeError):  # not every answer can be remembered
            PASSED.add(function)
    return Verdict(name, status, message)


def find(name):
    """The exercise called `name`; ValueError names the closest ones."""
    if name in EXERCISES:
        return EXERCISES[name]
    close = difflib.get_close_matches(str(name), EXERCISES, n=3, cutoff=0.4) or list(EXERCISES)
    raise ValueError(f"name: there is no exercise {name!r}. Did you mean {' or '.join(map(repr, close))}?")


def _judge(exercise, function, aside, filters):
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

    seed()
    own_cases, further, refused = exercise.cases(), derived(exercise), exercise.refused()
    cases = [*own_cases, *(case for case in further if _fits(function, case))]
    order, names = list(EXERCISES), list(exercise.parameters)
    closed = {other.__name__: sentence for other, sentence in exercise.closed.items()}
    earlier = order[: order.index(name)]
    given = [argument for case in cases for argument in case.arguments]
    with (
        warnings.catch_warnings(record=True) as warned,
        closed_room() as exchanged,
        sealed(out_of_reach(exercise, EXERCISES, given)) as calls,
        lent(function, {other: EXERCISES[other].reference for other in earlier}, PASSED, set(closed)),
    ):
        set_filters(filters)  # of the answer's warnings, those that its caller would see
        attempts = _try_all(exercise, function, cases, names)
        answered = _answered(exercise, function, refused, names) if attempts[-1].error is None else None
    aside.warning = next((_first_line(each.message) for each in warned), aside.warning)
    # only now, so that nothing of it lies within the answer's reach
    expected = [_ours(exercise, exercise.reference, attempt.case).result for attempt in attempts]

    last = attempts[-1]
    if calls:
        own = f"Your `{name}` calls the course's own `{calls[0]}`. Write it out yourself: that is the exercise."
        return "wrong", closed.get(calls[0], own)
    if isinstance(last.error, NotImplementedError) and _words(last.error) in ("", "write your code here"):
        return "not attempted", (
            "Not attempted yet: the line `raise NotImplementedError` is still there. "
            "The notebook runs on with the course's own version."
        )
    if isinstance(last.error, TooLong):
        return "wrong", f"It ran for more than a minute: does every loop in it end? It was tried on: {last.case.what}."
    if isinstance(last.error, KeyboardInterrupt):
        return (
            "wrong",
            f"You stopped the check while your function ran on: {last.case.what}. Does every loop in it end?",
        )
    if last.error is None and all(attempt.result is None for attempt in attempts):
        own = unwrapped(getattr(function, "func", function))
        used = getattr(getattr(own, "__code__", None), "co_names", ())
        more = " And is there something in it: `.backward()` itself returns nothing, and `torch.autograd.grad` returns "
        more += "gradients and fills no `.grad`."
        return "wrong", "Your function returns nothing (`None`). Does it end with a `return` line?" + (
            more if {"backward", "grad"} & set(used) else ""
        )

    wrong = [
        (attempt, value)
        for attempt, value in zip(attempts, expected, strict=True)
        if attempt.error is None
        and not attempt.case.only_changes
        and not same(attempt.result, value, exercise.normalise, exercise.floor)
    ]
    try:
        return _verdict(exercise, function, attempts, expected, wrong, len(own_cases), exchanged, answered)
    except Exception:  # whatever a result may be, a learner never sees a traceback of ours
        attempt = wrong[0][0] if wrong else last
        return "wrong", f"The result is not right yet. It was tried on: {attempt.case.what}."


def _verdict(exercise, function, attempts, expected, wrong, n_own, exchanged, answered):
    """Status and message; the first `n_own` of the attempts are the exercise's own cases. `answered` is an attempt at a
    call that is to be refused.
    """
    last = attempts[-1]
    first_wrong = next((k for k, attempt in enumerate(attempts) if any(attempt is w for w, _ in wrong)), len(attempts))
    if len(attempts) >= n_own <= first_wrong and not (last.error is not None and len(attempts) == n_own):
        if complaint := _signature(exercise, function):
            return "wrong", complaint
    if not wrong and last.error is None:
        if exercise.no_history and any(_has_history(attempt.result) for attempt in attempts):
            return "wrong", f"Your values are right, but they keep their history (`grad_fn`). {exercise.no_history}"
        if changed := next((attempt.changes for attempt in attempts if attempt.changes), None):
            return "wrong", f"Your values are right, but {changed[0]}"
        if around := [*(each for attempt in attempts for each in attempt.around), *exchanged]:
            return "wrong", (
                f"Your values are right, but {around[0]}, and all that runs afterwards would meet that. "
                "Leave it as it is, or put it back."
            )
        if answered is not None:
            does = (
                "gives a result"
                if answered.error is None
                else f"stops with another exception, `{type(answered.error).__name__}`"
            )
            return "wrong", (
                f"Your values are right. But one call has no answer, and your function {does}: {answered.case.what}. "
                "There it should stop with a `ValueError`, and say why: `raise ValueError(…)`."
            )
        return "right", "Right."
    if misconception := _misconception(exercise, attempts, expected, len(wrong)):
        return "wrong", inspect.cleandoc(misconception.__doc__)
    if wrong:
        attempt, value = wrong[0]
        if first_wrong >= n_own and (left_out := list(exercise.parameters)[len(attempt.case.arguments) :]):
            return "wrong", _default(exercise, left_out[0])
        right = [other.case.what for other in attempts[:n_own] if all(other is not w for w, _ in wrong)]
        right = right if 2 * len(right) > n_own else []  # fewer may have come right by chance
        message = diagnose(attempt.case.what, value, attempt.result, right, exercise.normalise, exercise.floor)
        if exercise.explain is not None and (told := exercise.explain(attempt.result)):
            message = f"{told} It was tried on: {attempt.case.what}."
        if any("another mode" in sentence for sentence in attempt.changes):
            message = (
                "The model came back in another mode: in training mode (`.train()`), dropout leaves values out by "
                f"chance, and the scores are others. Leave the mode as it is. {message}"
            )
        return "wrong", f"{message} {exercise.recall}".strip()
    return "wrong", _raised(exercise, function, last, len(attempts) - 1)


# the signature --------------------------------------------------------------------------------------------------------


def _own_parameters(function):
    """The parameters that the function itself takes, whatever it wraps; None where that cannot be told."""
    try:
        return inspect.signature(function, follow_wrapped=False).parameters
    except (ValueError, TypeError):
        return None


def _kinds(parameters):
    return {parameter.kind for parameter in parameters.values()}


def _fits(function, case):
    """Whether a call by name can be asked for: one that takes `*arguments`, or builtins, may know no names."""
    own = _own_parameters(function) if case.keywords else {}
    if own is None or case.keywords and {ANY, POSITIONAL} & _kinds(own):
        return False
    return True


def _signature(exercise, function):
    """A sentence if a parameter has another name or another default than the exercise's, else None."""
    own = _own_parameters(function)
    if own is None or ANY in _kinds(own):
        return None
    wanted, defaults = list(exercise.parameters), exercise.defaults
    for k, name in enumerate(wanted):
        if name not in own:
            if ANY_NAME in _kinds(own) or list(own.values())[k].kind is POSITIONAL and name not in defaults:
                continue
            return (
                f"Your values are right, but `{exercise.name}` is called with `{name}=…`; yours calls it "
                f"`{list(own)[k]}`. Use the names of the exercise."
            )
        default = own[name].default
        if name in defaults and (
            default is inspect.Parameter.empty or type(default) in (int, float) and default != defaults[name]
        ):
            return _default(exercise, name)
    return None


def _default(exercise, name):
    value = exercise.defaults[name]
    return (
        f"Your values are right where `{name}` is given. It may be left out, and then it counts as {value}: keep its "
        f"default, `{name}={value}`, in the first line, and use it."
    )


def _unusable(exercise, function):
    """A sentence if `function` cannot be called the way the exercise calls it, else None."""
    wanted = ", ".join(exercise.parameters)
    try:
        parameters = inspect.signature(function).parameters
        inspect.signature(function).bind(*exercise.parameters)
    except ValueError:  # a builtin without a signature: trying it will tell
        return None
    except TypeError:
        parameters = _own_parameters(function) or {}
        return f"`{exercise.name}` is called with ({wanted}); yours takes ({', '.join(parameters)})."
    first = list(parameters)[: len(exercise.parameters)]
    if first != list(exercise.parameters) and sorted(first) == sorted(exercise.parameters):
        return f"`{exercise.name}` is called with ({wanted}), in this order; yours takes ({', '.join(parameters)})."
    return None


# trying ---------------------------------------------------------------------------------------------------------------


def _try(exercise, function, case, names=(), timed=contextlib.nullcontext):
    arguments = copied(case.arguments)
    before = snapshot(arguments) if names else []
    around = settings() if names else None
    seed()
    result = error = None
    try:
        with timed(), (exercise.guard if names and exercise.guard else contextlib.nullcontext)():
            result = call(exercise.tried(function), case, arguments)
            if exercise.read is not None:
                result = exercise.read(result, *arguments)
    except BaseException as raised:  # of the answer, whatever it is: nothing may come through
        error = raised
    if not names:
        return Attempt(case, None if error else _cut_off(result, arguments), error)
    left = ["your function seeds torch's random generator anew"] if _reseeded() else []
    left += put_back(around)
    if error is not None and not case.only_changes:
        return Attempt(case, error=error, changes=tuple(changes(names, before, arguments)), around=tuple(left))
    changed = changes(names, before, arguments)
    if case.only_changes:
        changed = [sentence for sentence in changed if "came back without it" in sentence]
    return Attempt(case, result=_cut_off(result, arguments), changes=tuple(changed), around=tuple(left))


def _ours(exercise, function, case):
    """An Attempt of the course's own: the reference, or a misconception."""
    return _try(exercise, function, case)


def _has_history(result):
    return isinstance(result, torch.Tensor) and result.requires_grad


def _reseeded():
    return torch.initial_seed() != SEED


def _cut_off(result, arguments):
    """The result, without its history where that does not lead back to the images, although they are marked for it."""
    marked = [argument for argument in arguments if isinstance(argument, torch.Tensor) and argument.requires_grad]
    if not marked or type(result) is not torch.Tensor or not result.requires_grad:
        return result
    try:
        gradients = torch.autograd.grad(result.sum(), marked, allow_unused=True, retain_graph=True)
    except RuntimeError:  # it was walked back already, or written over
        return result.detach()
    return result.detach() if any(gradient is None for gradient in gradients) else result


def _try_all(exercise, function, cases, names):
    """An Attempt a case, up to the first exception."""
    attempts = []
    with clock() as timed:
        for case in cases:
            with warnings.catch_warnings():
                if case.only_changes:  # what it says of such images is of no interest
                    warnings.simplefilter("ignore")
                attempts.append(_try(exercise, function, case, names, timed))
            if attempts[-1].error is not None:
                break
    return attempts


def _answered(exercise, function, refused, names):
    """The first Attempt at one of the calls that does not end with a ValueError, as it should; None if all do."""
    attempts = [_try_all(exercise, function, [case], names)[0] for case in refused]
    return next((attempt for attempt in attempts if not isinstance(attempt.error, ValueError)), None)


# what went wrong ------------------------------------------------------------------------------------------------------


def _misconception(exercise, attempts, expected, faults):
    """The one that gives what the answer gave, case by case from the first, for as long as any does; at least up to
    the second wrong value, if there is more than one, so that a chance likeness in one case decides nothing.

    One that parts from the answer where faults are left explains it only if the answer is wrong there, too, and after
    enough values alike.
    """
    pairs = [pair for pair in zip(attempts, expected, strict=True) if not pair[0].case.only_changes]
    best, longest = None, 0
    for misconception in exercise.misconceptions:
        agreed = seen = values = 0
        for attempt, value in pairs:
            wrong = attempt.error is not None or not same(attempt.result, value, exercise.normalise, exercise.floor)
            if not _alike(attempt, _ours(exercise, misconception, attempt.case), value, exercise):
                if seen < faults and (not wrong or 3 * seen < values < ENOUGH):
                    agreed = 0
                break
            agreed += 1
            if wrong and attempt.error is None:
                seen += 1
                values += attempt.result.numel() if isinstance(attempt.result, torch.Tensor) else 1
        if seen and seen >= min(faults, 2) and agreed > longest:
            best, longest = misconception, agreed
    return best


def _alike(attempt, guess, value, exercise):
    """The same result or the same exception; whether it can be differentiated counts where the right one can."""
    if attempt.error is not None or guess.error is not None:
        return type(attempt.error) is type(guess.error) and _words(attempt.error) == _words(guess.error)
    results = [attempt.result, guess.result]
    if not (isinstance(value, torch.Tensor) and value.requires_grad):
        results = [result.detach() if isinstance(result, torch.Tensor) else result for result in results]
    how = exercise.normalise, exercise.floor
    return same(*results, *how) and same(*results[::-1], *how)


def _raised(exercise, function, attempt, rights):
    """The exception in the learner's terms: what, in which of their lines, on which case. The exercise's own `cures`
    take the place of the general ones.
    """
    error, said = attempt.error, _words(attempt.error)
    if isinstance(error, Unreadable):
        return f"{said} It was tried on: {attempt.case.what}."
    if instead := next((sentence for sign, sentence in INSTEAD.items() if sign in said), None):
        return instead
    what = f"{type(error).__name__}: {_first_line(error)}"
    cures = [words for sign, words in exercise.cures.items() if sign in said]
    cures = cures or [words for sign, words in CURES.items() if sign in said]
    if isinstance(error, NameError) and (unknown := getattr(error, "name", None)) in MADE_ABOVE:
        cures = [
            f"`{unknown}` is made in a cell above: run the cells above, all of them after a restart of the kernel."
        ]
    if not cures and exercise.recall:
        cures = [exercise.recall]
    if not exercise.cures and not cures and isinstance(error, (RuntimeError, IndexError)):
        cures = [_shapes(exercise, attempt.case)]
    cure = "".join(f" {words}" for words in dict.fromkeys(cures) if words)
    before = f" The {rights} cases before it came out right." if rights > 1 else ""
    return (
        f"Your function stops with {what}{_where(function, error)}. It was tried on: {attempt.case.what}.{before}{cure}"
    )


def _shapes(exercise, case):
    shapes = [
        f"{name} {tuple(argument.shape)}"
        for name, argument in zip(exercise.parameters, case.arguments, strict=False)
        if isinstance(argument, torch.Tensor)
    ]
    return f"The shapes here: {', '.join(shapes)}." if shapes else ""


def _where(function, error):
    """The learner's own line, the innermost: of the function's file or its notebook. Frames of others say nothing."""
    own = unwrapped(getattr(function, "func", function))
    own = own if hasattr(own, "__code__") else unwrapped(vars(type(own)).get("__call__", own))
    file, names = getattr(getattr(own, "__code__", None), "co_filename", None), getattr(own, "__globals__", None)
    where, step = "", error.__traceback__
    while step is not None:
        frame = step.tb_frame
        if frame.f_code.co_filename == file or names is not None and frame.f_globals is names:
            line = linecache.getline(frame.f_code.co_filename, step.tb_lineno).strip()
            where = f", in your line `{line}`" if line else f", in line {step.tb_lineno} of your cell"
        step = step.tb_next
    return where


def _words(error):
    """What an exception says, if it can."""
    try:
        return str(error)
    except Exception:
        return ""


def _first_line(error):
    return textwrap.shorten((_words(error).strip() or "no message").splitlines()[0], 200, placeholder=" …")
