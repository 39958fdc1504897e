"""While an answer is tried, the course's own answer to the same exercise is out of reach."""

import inspect
from contextlib import contextmanager


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


@contextmanager
def sealed(functions):
    """Inside, each of `functions` raises Sealed, under whatever name or alias it is called. Yields the list of
    calls met.

    It is the function's code that is exchanged, so no copy made by an earlier import escapes.
    """
    inner = {inspect.unwrap(function) for function in functions}
    kept = {function: function.__code__ for function in inner}
    calls.clear()
    try:
        for function in inner:
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
    names = getattr(inspect.unwrap(function), "__globals__", {})
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
