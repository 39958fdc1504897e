"""The running example: rendered hands, photographs, and the network that tells rock, paper and scissors apart."""

from .anatomy import CLASSES, FINGERS
from .hands import POSE, Hands, align, load_hands
from .network import RockPaperScissorsClassifier, load_network
from .photos import Photos, load_photos

__all__ = [
    "CLASSES",
    "FINGERS",
    "POSE",
    "Hands",
    "Photos",
    "RockPaperScissorsClassifier",
    "align",
    "load_hands",
    "load_network",
    "load_photos",
]
