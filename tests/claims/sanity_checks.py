"""Lesson 11: what it says of its results. See README.md."""

from .reading import table

OPENING, LEFT, CASCADE, KEPT = "for number, k in enumerate(order", "all_nine = [", "steps = {f", "def kept_row"
SEEDS, TOP, PICTURES, ABOVE = "six_seeds = [", "by_seed = kept", 'for measure in ("SSIM", "HOG")', 'left = kept["above'
EDGES, TAUGHT, CROSSED, STARTS = "edges, other_hands = ", "reference = taught(", "empty = late_grad_cam", "PAIRS = {"
IDLE, SINGLE, KINDS = "of_idle = ", "single = {", '"Kaiming\'s start": "Kaiming"'


def cells(shown, caption, name, at=0):
    return table(shown, caption, at)[name]


def means(shown, caption, name, at=0):
    """The first number of each cell of a row."""
    return [cell[0] for cell in cells(shown, caption, name, at)]


CLAIMS = {}
LOOKED = {}
SAID = ()
