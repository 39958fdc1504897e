"""What the lessons import: methods, what judges them, the hands and their network, and what makes the course teach.

Importing it takes little longer than importing torch: what is slow to import (torchvision, scipy, scikit-image,
matplotlib) comes in the functions that need it, the widgets when the first of them is asked for.
"""

from importlib import import_module

from . import evaluation, methods
from .classroom.answers import sample_answer
from .classroom.check import check
from .classroom.drawings import show_network, show_walk_back
from .classroom.examples import (
    load_coalitions,
    load_cover_results,
    load_example,
    load_metric_results,
    load_results,
    load_sanity_results,
    load_shift_results,
)
from .classroom.imagenet import load_imagenet
from .classroom.judge import judge
from .classroom.plots import show, show_bars, show_curves, show_matrices
from .classroom.tables import show_table
from .evaluation import *  # noqa: F403  each names its own
from .evaluation import __all__ as _evaluation
from .methods import *  # noqa: F403
from .methods import __all__ as _methods
from .rps import CLASSES, RockPaperScissorsClassifier, align, load_hands, load_network, load_photos

_explorers = [  # they come by __getattr__
    "explore_classes",
    "explore_coalitions",
    "explore_deletion",
    "explore_layers",
    "explore_masks",
    "explore_patch",
    "explore_path",
    "explore_randomisation",
    "explore_relevance",
    "explore_rules",
    "explore_shift",
    "explore_smoothing",
    "explore_walk",
]
__all__ = [
    "CLASSES",
    "RockPaperScissorsClassifier",
    "align",
    "check",
    "judge",
    "load_coalitions",
    "load_cover_results",
    "load_example",
    "load_hands",
    "load_network",
    "load_imagenet",
    "load_metric_results",
    "load_photos",
    "load_results",
    "load_sanity_results",
    "load_shift_results",
    "evaluation",
    "methods",
    "sample_answer",
    "show",
    "show_bars",
    "show_curves",
    "show_matrices",
    "show_network",
    "show_table",
    "show_walk_back",
    *_evaluation,
    *_explorers,
    *_methods,
]


def __getattr__(name):
    """The explorers, when they are first asked for (PEP 562)."""
    if name not in _explorers:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(".classroom.explorers", __name__), name)
    return found


def __dir__():
    return sorted({*globals(), *__all__})
