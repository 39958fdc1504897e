"""While an answer is tried, the course's own answer to the same exercise is out of reach."""

import inspect
from contextlib import contextmanager
from importlib import import_module

from .. import evaluation, methods
from . import answers


class Sealed(Exception):
    """The answer under test called a sealed function; its name is the only argument."""


calls = []  # the sealed functions met, also where the answer swallowed the exception


def _alarm(name):
    """Code that reports the call and raises, whatever the arguments; it needs nothing of the globals it will
    run with.
    """

    def alarm(*arguments, **keywords):
        from utils.classroom.sealing import Sealed, calls

        calls.append("NAME")
        raise Sealed("NAME")

    return alarm.__code__.replace(co_consts=tuple(name if c == "NAME" else c for c in alarm.__code__.co_consts))


def unwrapped(function):
    """What stands behind a function's decorators; the function itself where that cannot be told."""
    try:
        return inspect.unwrap(function)
    except ValueError:  # it is said to stand behind itself
        return function


def out_of_reach(exercise, exercises, arguments):
    """Every function of the course that does the exercise, or a later one: the references, the methods of the same
    name, and what else stands in the exercise's own module. With them, what hands out the course's answers as text.

    Within reach stay what the cases hand over (`arguments`) and what the earlier references call themselves.
    """
    order = list(exercises)
    earlier, later = order[: order.index(exercise.name)], order[order.index(exercise.name) :]
    module = import_module(f"{__package__}.exercises.{exercise.lesson}")
    within = {unwrapped(each) for each in (exercise.cases, exercise.normalise, exercise.read) if each is not None}
    within |= {each for each in arguments if inspect.isfunction(each)}
    for name in earlier:
        within |= reached(exercises[name].reference)
    beside = [each for each in vars(module).values() if inspect.isfunction(each) and each.__module__ == module.__name__]
    return [
        *(exercises[name].reference for name in later),
        *(getattr(part, name) for part in (methods, evaluation) for name in later if hasattr(part, name)),
        *exercise.closed,
        answers.solution,
        answers.sample_answer,
        *(each for each in beside if unwrapped(each) not in within),
    ]


def reached(function):
    """The function behind its decorators, and those of its own module that it calls, and so on."""
    found, next_ones = set(), {unwrapped(function)}
    while next_ones:
        found |= next_ones
        called = {
            unwrapped(one.__globals__[name])
            for one in next_ones
            for name in one.__code__.co_names
            if inspect.isfunction(one.__globals__.get(name)) and one.__globals__[name].__module__ == one.__module__
        }
        next_ones = {one for one in called if inspect.isfunction(one)} - found
    return found


@contextmanager
def sealed(functions):
    """Inside, each of `functions` raises Sealed, under whatever name or alias it is called. Yields the list of
    calls met.

    It is the function's code that is exchanged, so no copy made by an earlier import escapes.
    """
    inner = {unwrapped(function) for function in functions}
    kept = {function: function.__code__ for function in inner if not function.__code__.co_freevars}
    calls.clear()
    try:
        for function in kept:
            function.__code__ = _alarm(function.__name__)
        yield calls
    finally:
        for function, code in kept.items():
            function.__code__ = code


@contextmanager
def lent(function, right, passed, closed=()):
    """Inside, the global names that `function` sees in `right` (name → function) are bound to those functions, but for
    those bound to one of `passed`; those named in `closed` are lent in any case.

    An answer may build on earlier exercises; lending it right ones where its own are not makes one error cost once.
    """
    names = getattr(unwrapped(function), "__globals__", {})
    kept = {
        name: names[name]
        for name in right
        if inspect.isfunction(names.get(name)) and (name in closed or names[name] not in passed)
    }
    try:
        names.update({name: right[name] for name in kept})
        yield
    finally:
        names.update(kept)
