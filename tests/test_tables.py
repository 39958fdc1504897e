"""Tables of results: every number is written, in HTML that says what it belongs to and in plain lines."""

import math
import xml.etree.ElementTree as ElementTree

import pytest
import torch

from utils import interval, show_table
from utils.classroom.tables import Table

ROWS = {
    "gradient": {"on the hand": 0.674, "fingers <1>": torch.tensor([0.397, 0.35, 0.44]), "area": 0.305},
    "guided": {"on the hand": 0.798, "fingers <1>": (0.503, 0.45, 0.55), "area": 0.305},
    "random": {"on the hand": 0.9, "note": "by chance"},
}
ABOUT = {"caption": "Shares & areas", "form": {"on the hand": "{:.1%}"}, "best": max, "controls": ["random", "area"]}


def parsed(table):
    return ElementTree.fromstring(table._repr_html_())


def texts(table, tag):
    return ["".join(cell.itertext()) for cell in parsed(table).iter(tag)]


def test_plain_lines_by_hand():
    assert repr(Table(ROWS, corner="method", **ABOUT)).split("\n") == [
        "Shares & areas",
        "method            on the hand             fingers <1>  area (control)       note",
        "gradient                67.4%    0.397 (0.35 to 0.44)           0.305          –",
        "guided                79.8% ★  0.503 (0.45 to 0.55) ★           0.305          –",
        "random (control)        90.0%                       –               –  by chance",
    ]


def test_html_has_caption_headers_and_the_same_numbers():
    table = Table(ROWS, corner="method", **ABOUT)
    assert texts(table, "caption") == ["Shares & areas"]
    headers = parsed(table).iter("th")
    assert [(head.get("scope"), "".join(head.itertext())) for head in headers] == [
        ("col", "method"),
        ("col", "on the hand"),
        ("col", "fingers <1>"),
        ("col", "area (control)"),
        ("col", "note"),
        ("row", "gradient"),
        ("row", "guided"),
        ("row", "random (control)"),
    ]
    written = [line.split() for line in repr(table).split("\n")[2:]]
    for cell in texts(table, "td"):
        assert any(set(cell.split()) <= set(line) for line in written)


def test_the_best_is_marked_by_more_than_colour_and_a_control_never():
    strong = [cell.text for cell in parsed(Table(ROWS, **ABOUT)).iter("strong")]
    assert strong == ["79.8%", "0.503 (0.45 to 0.55)"]  # 90.0 % is the control's
    low = Table(ROWS, caption="c", best={"on the hand": min}, controls="random")
    assert [cell.text for cell in parsed(low).iter("strong")] == ["0.674"]


def test_what_is_written_alike_is_best_alike_and_a_lonely_number_is_not():
    rows = {"a": {"x": 0.5001, "y": 1}, "b": {"x": 0.4999, "y": None}, "c": {"x": math.nan}}
    table = Table(rows, caption="c", form="{:.2f}", best=max)
    assert [cell.text for cell in parsed(table).iter("strong")] == ["0.50", "0.50"]


def test_minus_is_a_minus_and_minus_zero_is_zero():
    assert repr(Table({"a": {"x": -0.25, "y": -0.0}}, caption="c")).split("\n")[2] == "a  −0.25  0"
    rounded = Table({"a": {"x": (-0.001, -0.02, 0.004), "y": -0.0004, "z": -math.inf}}, caption="c", form="{:.2f}")
    assert repr(rounded).split("\n")[2] == "a  0.00 (−0.02 to 0.00)  0.00  −inf"


def test_an_interval_is_three_numbers():
    lines = repr(Table({"a": {"x": interval(torch.tensor([1.0, 3.0]))}}, caption="c", form="{:.2f}")).split("\n")
    reach = 1.96 * 2**0.5 / 2**0.5  # s of 1 and 3 is √2
    assert lines[2] == f"a  2.00 ({2 - reach:.2f} to {2 + reach:.2f})".replace("-", "−")


@pytest.mark.parametrize(
    "rows, more, message",
    [
        ({}, {}, "rows: expected one or more"),
        ({"a": {"x": 1}}, {"caption": " "}, "caption: expected"),
        ({"a": {"x": 1}}, {"form": {"y": "{}"}}, "form: there is no column 'y', only"),
        ({"a": {"x": 1}}, {"best": {"y": max}}, "best: there is no column 'y'"),
        ({"a": {"x": 1}}, {"best": "max"}, "best: expected max or min"),
        ({"a": {"x": 1}}, {"controls": ["b"]}, "controls: there is no row or column 'b'"),
        ({"a": {"x": (1, 2)}}, {}, r"rows: a value is a number, a text, None or \(mean, lower, upper\), got \(1, 2\)"),
    ],
)
def test_what_is_no_table_is_told(rows, more, message):
    with pytest.raises(ValueError, match=message):
        Table(rows, **{"caption": "c"} | more)


def test_show_table_displays(capsys):
    show_table(ROWS, **ABOUT)
    assert "Shares & areas" in capsys.readouterr().out
