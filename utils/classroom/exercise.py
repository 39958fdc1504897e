"""What an exercise is made of."""

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import nn


class Unreadable(Exception):
    """What `Exercise.read` raises where it can make nothing of a result: its text is the whole message."""


class Case(NamedTuple):
    """One call an answer is tried on: `what` in words ("one 2×2 image, target 1") and the arguments."""

    what: str
    arguments: tuple

    keywords = ()
    only_changes = False


class Further(NamedTuple):
    """A case derived from others.

    keywords      the names of the last of the arguments, where these are passed by name
    only_changes  not the result is judged, but what came back changed
    """

    what: str
    arguments: tuple
    keywords: tuple = ()
    only_changes: bool = False


def call(function, case, arguments):
    """`function` called the way the case asks for, on these copies of its arguments."""
    n = len(arguments) - len(case.keywords)
    return function(*arguments[:n], **dict(zip(case.keywords, arguments[n:], strict=True)))


def copied(arguments):
    """Deep copies of a case's arguments. `copy.deepcopy` alone would do, in six times the time: most of what a layer
    holds are empty containers, for hooks that nobody has set, and it takes each of them through all its steps.
    """
    memo = {}
    return tuple(_copied(argument, memo) for argument in arguments)


def _copied(value, memo):
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, dict) and not value or type(value) is set and not value:
        return type(value)()
    if type(value) is dict:
        return {key: _copied(each, memo) for key, each in value.items()}
    if not isinstance(value, nn.Module):
        return copy.deepcopy(value, memo)
    if id(value) not in memo:
        memo[id(value)] = new = type(value).__new__(type(value))
        for key, each in vars(value).items():
            vars(new)[key] = _copied(each, memo)
    return memo[id(value)]


@dataclass(frozen=True)
class Exercise:
    """A function the learner writes.

    reference       the course's own answer; its name and its arguments are the exercise's
    lesson          the stem of the lesson, "relu_rules"
    points          what a right answer is worth
    cases           a function that makes the calls to try, the smallest first; what the contracts of all exercises have
                    in common (names, defaults, one image and many, any network …) is derived from these
    misconceptions  small wrong answers, each with the sentence that puts it right as its docstring
    normalise       brings equally valid results to one form (True and 1.0, say) before they are compared
    floor           what is smaller than this is rounding: for results that are differences of larger numbers
    closed          functions of the course that an answer may not call, each with the sentence that says why
    read            read(result, *arguments) → what is compared, where the result itself is no tensor
    trial           trial(function) → a function of the same arguments that calls it as often as is needed, on copies,
                    and returns what is compared: facts, as numbers, where one call does not tell right from wrong
    explain         explain(facts) → what is wrong, in words, or "": said where no misconception has the same facts
    cures           what an exception says → what helps in this exercise; judge has those for all
    recall          what is asked for, in a sentence: said where a wrong answer fits no misconception and no cure
    refused         a function that makes calls of which the exercise asks that they end with a ValueError
    no_history      how a right result is kept without its history, in a sentence or two; "": it may have one
    guard           a context manager that an answer runs in; what it raises as Unreadable is the whole message
    """

    reference: Callable
    lesson: str
    points: int
    cases: Callable[[], list[Case]]
    misconceptions: tuple[Callable, ...]
    normalise: Callable = staticmethod(lambda result: result)
    floor: float = 0.0
    read: Callable | None = None
    trial: Callable | None = None
    explain: Callable | None = None
    closed: dict[Callable, str] = field(default_factory=dict, hash=False)
    cures: dict[str, str] = field(default_factory=dict, hash=False)
    recall: str = ""
    refused: Callable[[], list[Case]] = list
    no_history: str = ""
    guard: Callable | None = None

    @property
    def name(self):
        return self.reference.__name__

    def tried(self, function):
        """What is called on each case."""
        return function if self.trial is None else self.trial(function)

    @property
    def parameters(self):
        """Those an answer is called with; what the reference takes by keyword alone is its own affair."""
        given = inspect.signature(self.reference).parameters
        return {name: parameter for name, parameter in given.items() if parameter.kind != parameter.KEYWORD_ONLY}

    @property
    def defaults(self):
        """What an answer lets its caller leave out: name → value. A default of None is the reference's own affair."""
        given = self.parameters.items()
        return {name: each.default for name, each in given if each.default not in (each.empty, None)}
