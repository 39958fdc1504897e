"""What the lessons import: the methods, the hands and their network, and what makes the course teach."""

from . import methods
from .classroom.check import check
from .classroom.examples import load_example, load_shift_results
from .classroom.explorers import (
    explore_classes,
    explore_layers,
    explore_patch,
    explore_path,
    explore_rules,
    explore_shift,
    explore_smoothing,
    explore_walk,
)
from .classroom.judge import judge
from .classroom.photographs import load_photographs
from .classroom.plots import show, show_bars, show_curves, show_matrices
from .classroom.truth import share_inside
from .methods import *  # noqa: F403  methods names its own
from .methods import __all__ as _methods
from .rps import CLASSES, RockPaperScissorsClassifier, align, load_hands, load_network, load_photos

__all__ = [
    "CLASSES",
    "RockPaperScissorsClassifier",
    "align",
    "check",
    "explore_classes",
    "explore_layers",
    "explore_patch",
    "explore_path",
    "explore_rules",
    "explore_shift",
    "explore_smoothing",
    "explore_walk",
    "judge",
    "load_example",
    "load_hands",
    "load_network",
    "load_photographs",
    "load_photos",
    "load_shift_results",
    "methods",
    "share_inside",
    "show",
    "show_bars",
    "show_curves",
    "show_matrices",
    *_methods,
]
