"""What lesson 07 runs on, and what the course has measured once and kept."""

import json
from pathlib import Path

from ..rps import load_hands, load_network, load_photos

RESULTS = Path(__file__).with_name("shift_results.json")
PART_1 = Path(__file__).with_name("part_1_results.json")


def load_example(data="hands", folder=None):
    """The running example: (test split, training split, small network trained on the like).

    data "hands" or "photographs", the latter from `folder` (None: fetched with kagglehub). Where they cannot be had, it
    says why and how to get them, and gives the hands. ValueError for any other `data`.
    """
    if data not in ("hands", "photographs"):
        raise ValueError(f'data: expected "hands" or "photographs", got {data!r}')
    if data == "photographs":
        try:
            return load_photos(folder, "test"), load_photos(folder, "train"), load_network("photos")
        except OSError as error:
            print(f"{error}\nHere the folder goes into FOLDER. Without it the lesson goes on with the rendered hands.")
    return load_hands("test"), load_hands("train"), load_network("hands")


def load_shift_results():
    """name of the network → what the shift experiment measured for it; `python -m utils.classroom.shift_experiment`."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def load_results():
    """The methods of Part I held against its tests: {"how", "images", "controls", "columns", "rows"}, the rows as
    show_table takes them; `python -m utils.classroom.results` says what each stands for.
    """
    return json.loads(PART_1.read_text(encoding="utf-8"))
