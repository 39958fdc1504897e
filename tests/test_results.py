"""The closing table of Part I: every row and column is there, and what is kept can be obtained again by other ways."""

import math

import pytest
import torch
from scipy.stats import spearmanr

from utils import CLASSES, load_results, show_table
from utils.classroom import results as made
from utils.classroom.tables import Table
from utils.rps import load_hands, load_network

METHODS = [
    "occlusion", "gradient", "gradient × input", "deconvnet", "guided backprop", "Grad-CAM", "guided Grad-CAM",
    "SmoothGrad", "IG from black",
]  # fmt: skip
CONTROLS = [
    "area", "random map", "edge detector", "the image itself", "gradient, untrained", "gradient × input, untrained",
    "guided backprop, untrained", "Grad-CAM, untrained",
]  # fmt: skip
COLUMNS = [
    "on the hand", "on the fingers", "other class", "gap", "shift +0.2", "shift +0.2, undone", "shift −0.5, undone",
    "forwards", "gradients",
]  # fmt: skip


@pytest.fixture(scope="module")
def kept():
    return load_results()


@pytest.fixture(scope="module")
def example(kept):
    """The images of the table, with their gradients by plain autograd."""
    hands, network = load_hands("test"), load_network("hands")
    n = kept["images"]
    images, labels = hands.images[:n].clone().requires_grad_(), hands.labels[:n]
    gradient = torch.autograd.grad(network(images)[range(n), labels].sum(), images)[0]
    return hands, network, images.detach(), labels, gradient


def test_every_row_and_column_is_there_and_controls_are_marked(kept):
    assert list(kept["rows"]) == METHODS + CONTROLS and kept["controls"] == CONTROLS
    assert list(kept["columns"]) == COLUMNS and all(list(row) == COLUMNS for row in kept["rows"].values())
    assert kept["images"] == 60 and kept["how"] == "python -m utils.classroom.results"
    assert kept["columns"] == made.COLUMNS, "what the columns say was changed behind the kept file"


def test_a_value_is_a_number_an_interval_or_nothing(kept):
    for name, row in kept["rows"].items():
        for column, value in row.items():
            if column in ("forwards", "gradients"):
                assert isinstance(value, int)
            elif value is not None:
                mean, lower, upper = value
                assert lower <= mean <= upper and all(map(math.isfinite, value)), (name, column)
        assert (row["gap"] is None) == (name not in ("occlusion", "gradient × input", "IG from black"))


def test_show_table_takes_the_rows_as_they_are(kept, capsys):
    text = repr(Table(kept["rows"], caption="Part I", controls=kept["controls"], best={"on the hand": max}))
    assert text.count("(control)") == len(CONTROLS) and text.count("★") == 1
    show_table(kept["rows"], caption="Part I", controls=kept["controls"])


def mean_of(kept, row, column):
    return kept["rows"][row][column][0]


def by_rank(maps, others):
    return sum(spearmanr(a.sum(0).ravel(), b.sum(0).ravel()).statistic for a, b in zip(maps, others, strict=True)) / 60


def test_the_shares_again_by_plain_sums(kept, example):
    hands, _, images, _, gradient = example
    masks = {"on the hand": hands.hand[:60, 0], "on the fingers": hands.fingers[:60].any(dim=1)}
    for column, mask in masks.items():
        assert mask.float().mean() == pytest.approx(mean_of(kept, "area", column), abs=1e-3)
        for row, maps in {
            "gradient": gradient,
            "gradient × input": gradient * images,
            "the image itself": images,
        }.items():
            size = maps.abs().sum(1)
            share = torch.stack([each[inside].sum() / each.sum() for each, inside in zip(size, mask, strict=True)])
            reach = 1.96 * share.std() / 60**0.5
            expected = torch.stack([share.mean(), share.mean() - reach, share.mean() + reach])
            assert torch.allclose(expected, torch.tensor(kept["rows"][row][column]), atol=1e-3), row


def test_the_other_class_again_by_plain_autograd(kept, example):
    _, network, images, labels, gradient = example
    x = images.clone().requires_grad_()
    other = torch.autograd.grad(network(x)[range(60), (labels + 1) % len(CLASSES)].sum(), x)[0]
    assert by_rank(gradient, other) == pytest.approx(mean_of(kept, "gradient", "other class"), abs=2e-3)


def test_the_gap_of_gradient_x_input_again(kept, example):
    _, network, images, labels, gradient = example
    with torch.no_grad():
        rise = (network(images) - network(torch.zeros_like(images[:1])))[range(60), labels]
    gap = ((gradient * images).sum((1, 2, 3)) / rise - 1).abs().mean()
    assert gap == pytest.approx(mean_of(kept, "gradient × input", "gap"), abs=2e-3)


def test_the_shift_that_is_undone_again_by_the_chain_rule(kept, example):
    """The second network has the same gradient, so no second network is needed."""
    _, network, images, labels, gradient = example
    with torch.no_grad():
        wrong = (network(images).argmax(1) != labels).nonzero().flatten().tolist()
    for index in wrong:  # shifts are asked for the class that was predicted
        x = images[index : index + 1].clone().requires_grad_()
        gradient[index] = torch.autograd.grad(network(x)[0].max(), x)[0][0]
    for shift, column in {0.2: "shift +0.2, undone", -0.5: "shift −0.5, undone"}.items():
        again = by_rank(gradient * images, gradient * (images + shift))
        assert again == pytest.approx(mean_of(kept, "gradient × input", column), abs=5e-3)


def test_the_command_measures_each_column_on_a_few_images(example):
    hands, network, *_ = example
    for name in ("Grad-CAM", "gradient × input"):
        values = made.tests(name, made.METHODS[name], network, hands, 3)
        assert set(values) == set(COLUMNS[:7]) - ({"gap"} if name == "Grad-CAM" else set())
        assert all(value.shape == (3,) for value in values.values())


def test_cost_is_counted(kept, example):
    hands, network, *_ = example
    images, labels = hands.images[:1], hands.labels[:1]
    for name, counted in {"occlusion": (65, 0), "guided Grad-CAM": (0, 2), "SmoothGrad": (0, 16)}.items():
        assert (kept["rows"][name]["forwards"], kept["rows"][name]["gradients"]) == counted
        if name != "occlusion":
            assert tuple(made.cost(made.METHODS[name], network, images, labels).values()) == counted


def test_controls_know_nothing_of_the_network(kept):
    for name in ("area", "edge detector", "the image itself"):
        assert mean_of(kept, name, "other class") == 1 and mean_of(kept, name, "shift −0.5, undone") > 0.999
    for column in ("other class", "shift +0.2", "shift −0.5, undone"):
        assert abs(mean_of(kept, "random map", column)) < 0.02
    assert mean_of(kept, "random map", "on the hand") == pytest.approx(mean_of(kept, "area", "on the hand"), abs=0.005)
