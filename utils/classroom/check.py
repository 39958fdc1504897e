"""check(function): the line under each exercise."""

import ast
import html
import inspect
import textwrap

from IPython import get_ipython
from IPython.display import display

from .answers import graded, solution
from .exercises import EXERCISES
from .judge import judge
from .sealing import reached, unwrapped

SIGNS = {"right": "✓", "wrong": "✗", "not attempted": "○"}
COLOURS = {"right": "#1b7837", "wrong": "#b35806", "not attempted": "#666666"}
FEW = 3  # wrong tries, each of its own, after which the course shows its solution
tries = {}  # name of an exercise → what told its wrong tries apart


class Plain(Exception):
    """Shown in a notebook by its message alone, without frames from inside the course."""

    def _render_traceback_(self):  # IPython's own protocol
        return [str(self)]


class NotRight(Plain, AssertionError):
    """Raised where a notebook is being graded and an answer is anything but right."""


class NoExercise(Plain, ValueError):
    """Raised where what is to be checked has no exercise of its name."""


class Note:
    """A verdict as a learner reads it: text where there is only text, a coloured bar with the same text in a
    notebook. There the course's solution, if there is one to show, lies folded below.
    """

    def __init__(self, verdict, solution=None):
        goes_on = {
            "wrong": " The notebook runs on with the course's own version until yours passes.",
            "right": "",
            "not attempted": "",
        }[verdict.status]
        self.status = verdict.status
        self.text = f"{SIGNS[verdict.status]} {verdict.name}: {verdict.message}{goes_on}"
        self.solution = solution

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        parts = html.escape(self.text, quote=False).split("`")
        marked = "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))
        return (
            f'<div role="status" style="border-left: .4em solid {COLOURS[self.status]}; padding: .4em .8em; '
            f'max-width: 60em">{marked}</div>{self._fold()}'
        )

    def _fold(self):
        if self.solution is None:
            return ""
        return (
            '<details style="margin: .4em 1.2em"><summary>The course\'s solution</summary>'
            '<pre tabindex="0" style="white-space: pre; overflow-x: auto; margin-top: .4em">'
            f"{html.escape(self.solution, quote=False)}</pre>"
            "</details>"
        )


def check(function):
    """Says whether `function`, an answer to the exercise of its name, is right, and returns the function to go on with:
    the learner's own where it is right, else the course's.

    After a right answer, and after three wrong ones that differ, the note holds the course's solution, folded.
    Where nbgrader grades the notebook (NBGRADER_EXECUTION is set, or was when it began), anything but right raises
    NotRight instead.
    """
    name = getattr(function, "__name__", None)
    if name is None:
        raise TypeError(
            f"function: check() takes the function itself, as in check(class_score); it was given a "
            f"{type(function).__name__}"
        )
    if name == "<lambda>":
        bound = getattr(function, "__globals__", {}).items()
        wanted = next((key for key, value in bound if value is function and key in EXERCISES), "class_score")
        raise NoExercise(
            f"A lambda has no name, and the check goes by the name. Write it with `def`: def {wanted}(…), say."
        )
    try:
        verdict = judge(name, function)
    except ValueError as error:
        raise NoExercise(
            f"{error} An answer is a function with the exercise's own name: def class_score(…), say."
        ) from None
    if verdict.status != "right" and graded():
        if shell := get_ipython():  # the cells below run on, as they did for the learner
            shell.push({name: EXERCISES[name].reference})
        raise NotRight(f"{SIGNS[verdict.status]} {name}: {verdict.message}")
    display(Note(verdict, _to_show(verdict, function)))
    return function if verdict.status == "right" else EXERCISES[name].reference


def _to_show(verdict, function):
    """The course's solution, where the learner has come so far and it is another than theirs; else None."""
    tried = tries.setdefault(verdict.name, set())
    if verdict.status == "wrong":
        tried.add(_try_of(function))
    if verdict.status != "right" and len(tried) < FEW:
        return None
    code = solution(verdict.name)
    return None if code and _written_like(function, code) else code


def _try_of(function):
    """What is the same for two tries that do the same by the same steps, whatever their comments and docstrings."""
    inner = unwrapped(function)
    if not inspect.isfunction(inner):
        return type(inner).__qualname__
    return frozenset(_steps(each) for each in reached(inner))  # a try may change in what it calls


def _steps(function):
    """What a function does, as something to compare: its bytecode and the names and constants in it."""
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]

    def of(code, docstring=None):
        constants = tuple(
            of(each) if inspect.iscode(each) else repr(each) for each in code.co_consts if each != docstring
        )
        return code.co_code, constants, code.co_names, code.co_varnames

    given = tuple(repr(each) if isinstance(each, (int, float, str)) else type(each).__name__ for each in defaults)
    return function.__name__, given, of(function.__code__, function.__doc__)


def _written_like(function, code):
    """Whether the cell of `function` says the same as `code`, up to comments, docstring and layout."""

    def plain(source):
        (tree,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
        if ast.get_docstring(tree) is not None:
            tree.body = tree.body[1:]
        return ast.dump(tree)

    try:
        return plain(textwrap.dedent(inspect.getsource(unwrapped(function)))) == plain(code)
    except (OSError, TypeError, ValueError, SyntaxError):  # its source is nowhere to be read, say
        return False
