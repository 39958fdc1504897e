"""The table of methods × tests: every row and column is there, and what is kept can be obtained again by other ways."""

import json
import math

import pytest
import torch
from captum.attr import Occlusion
from scipy.stats import spearmanr

from utils import CLASSES, load_results, rise, show_table
from utils.classroom import results as made
from utils.classroom.examples import PARTS
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
METHODS_2 = ["sliding occlusion", "RISE, seen − hidden", "extremal, delete", "LIME", "KernelSHAP in pairs"]
METHODS_3 = [
    "LRP-ε, ε = 0.25", "LRP-γ", "LRP-α2β1", "LRP-z⁺", "Deep Taylor", "LRP ε, z⁺, z^B", "LRP ε, γ", "DeepLIFT",
]  # fmt: skip
CONTROLS_3 = [f"{name}, untrained" for name in METHODS_3]
MORE_COLUMNS = [
    "kept", "other class, absolute", "top layer random", "top layer random, absolute", "all layers random",
    "all layers random, absolute", "deletion − random", "insertion − random",
]  # fmt: skip
CONTROLS_2 = ["sliding occlusion, untrained", "RISE, seen − hidden, untrained", "extremal, delete, untrained"]
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
        values = made.tests(name, made.METHODS[1][name], network, hands, 3)
        assert set(values) == set(COLUMNS[:7]) - ({"gap"} if name == "Grad-CAM" else set())
        assert all(value.shape == (3,) for value in values.values())


def test_cost_is_counted(kept, example):
    hands, network, *_ = example
    images, labels = hands.images[:1], hands.labels[:1]
    for name, counted in {"occlusion": (65, 0), "guided Grad-CAM": (0, 2), "SmoothGrad": (0, 16)}.items():
        assert (kept["rows"][name]["forwards"], kept["rows"][name]["gradients"]) == counted
        if name != "occlusion":
            assert tuple(made.cost(made.METHODS[1][name], network, images, labels).values()) == counted


def test_controls_know_nothing_of_the_network(kept):
    for name in ("area", "edge detector", "the image itself"):
        assert mean_of(kept, name, "other class") == 1 and mean_of(kept, name, "shift −0.5, undone") > 0.999
    for column in ("other class", "shift +0.2", "shift −0.5, undone"):
        assert abs(mean_of(kept, "random map", column)) < 0.02
    assert mean_of(kept, "random map", "on the hand") == pytest.approx(mean_of(kept, "area", "on the hand"), abs=0.005)


# Part II --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both():
    return load_results(2)


@pytest.fixture(scope="module")
def first():
    """row → column → the value of the first image, kept for a measurement by another way."""
    return first_of(2)


def first_of(part):
    kept = json.loads(PARTS[part].read_text(encoding="utf-8"))["first"]
    return {row: {column: values[0] for column, values in columns.items()} for row, columns in kept.items()}


@pytest.fixture(scope="module")
def hand(example):
    """The first image, covered in the mean of its corner, and a way to its scores by masks (K, 1, 96, 96) alone."""
    _, network, images, *_ = example
    image, green = images[:1], images[:1, :, :8, :8].mean((2, 3), keepdim=True)

    def scores(masks):
        with torch.no_grad():
            return torch.cat([network(image * part + green * (1 - part)) for part in masks.split(32)]).double()

    return image, green, scores


def test_the_table_grows_and_part_1_stays_as_it_is(kept, both):
    assert list(both["rows"]) == METHODS + METHODS_2 + CONTROLS + CONTROLS_2
    assert both["controls"] == CONTROLS + CONTROLS_2 and both["images"] == {1: 60, 2: 30}
    assert both["how"] == {1: kept["how"], 2: "python -m utils.classroom.results 2"}
    assert list(both["columns"]) == COLUMNS + ["images"]
    for name, row in both["rows"].items():
        assert row == kept["rows"].get(name, {column: row[column] for column in COLUMNS}) | {"images": row["images"]}
        assert row["images"] == (60 if name in kept["rows"] else 30), name
    with pytest.raises(ValueError, match="part: expected 1, 2 or 3, got 4"):
        load_results(4)


def test_every_value_of_part_2_is_there_but_shifts_of_untrained_networks(both):
    for name in METHODS_2 + CONTROLS_2:
        for column, value in both["rows"][name].items():
            missing = column == "gap" and name not in ("LIME", "KernelSHAP in pairs")
            if missing or (name in CONTROLS_2 and column.startswith("shift")):
                assert value is None, (name, column)
            elif column in ("forwards", "gradients", "images"):
                assert isinstance(value, int)
            else:
                mean, lower, upper = value
                assert lower <= mean <= upper and all(map(math.isfinite, value)), (name, column)
    show_table(both["rows"], caption="Parts I and II", controls=both["controls"])


def test_a_map_of_part_2_costs_what_its_method_says(both):
    counted = [tuple(both["rows"][name][column] for column in ("forwards", "gradients")) for name in METHODS_2]
    assert counted == [(11 * 11 + 1, 0), (200, 0), (0, 51), (200, 0), (202, 0)]


def share(one, mask):
    size = one.abs().reshape(1, 1, *one.shape[-2:]).repeat_interleave(96 // one.shape[-2], 2)
    size = size.repeat_interleave(96 // one.shape[-1], 3)[0, 0]
    return (size[mask].sum() / size.sum()).item()


def test_sliding_occlusion_of_the_first_image_again_by_captum(example, first, hand):
    hands, network, images, labels, _ = example
    image, green, _ = hand
    with torch.no_grad():
        again = Occlusion(network).attribute(
            image, (3, 16, 16), strides=(3, 8, 8), target=int(labels[0]), baselines=green.expand_as(image)
        )[0, 0]
    found = {"on the hand": share(again, hands.hand[0, 0]), "on the fingers": share(again, hands.fingers[0].any(0))}
    assert found == pytest.approx({column: first["sliding occlusion"][column] for column in found}, abs=1e-3)


def test_rise_of_the_first_image_again_by_a_covariance(example, first, hand):
    """Seen − hidden is Cov(S, M) / (m (1 − m)), where m is how often a place is seen."""
    hands, network, _, labels, _ = example
    drawn = []
    handle = network.register_forward_pre_hook(lambda _, inputs: drawn.append(inputs[0][:, :1].clone()))
    rise(network, torch.ones(1, 3, 96, 96), 0, n_masks=200)  # of a white image over black, what is left is the mask
    handle.remove()
    masks = torch.cat(drawn)
    assert len(masks) == 200
    scores, seen = hand[2](masks), masks.double().mean(0)[0]
    maps = torch.einsum("kc,kuv->cuv", scores - scores.mean(0), masks[:, 0].double()) / 200 / (seen * (1 - seen))
    own, other = maps[labels[0]], maps[(labels[0] + 1) % 3]
    again = {
        "on the hand": share(own, hands.hand[0, 0]),
        "on the fingers": share(own, hands.fingers[0].any(0)),
        "other class": spearmanr(own.ravel(), other.ravel()).statistic,
    }
    assert again == pytest.approx({column: first["RISE, seen − hidden"][column] for column in again}, abs=2e-3)


@pytest.mark.parametrize("name", ["LIME", "KernelSHAP in pairs"])
def test_a_regression_on_cells_again_by_its_normal_equations(example, first, hand, name):
    """LIME with its ridge; KernelSHAP with the two ends weighing a million times as much in place of the constraint."""
    hands, _, _, labels, _ = example
    coalitions = {"LIME": made.half_of_them, "KernelSHAP in pairs": made.pairs_and_ends}[name](36)
    cells = coalitions.float().reshape(-1, 1, 6, 6)
    scores = hand[2](cells.repeat_interleave(16, 2).repeat_interleave(16, 3))
    z = torch.cat([torch.ones(len(coalitions), 1), coalitions], 1).double()
    if name == "LIME":
        weights = (-((1 - coalitions.double().mean(1).sqrt()) ** 2) / (2 * 0.25**2)).exp()
        ridge = torch.diag(torch.tensor([0.0] + 36 * [1.0]).double())
    else:
        weights = torch.cat([torch.ones(200), torch.full((2,), 1e6)]).double()
        ridge = torch.zeros(37, 37).double()
    shares = torch.linalg.solve(z.T @ (weights[:, None] * z) + ridge, z.T @ (weights[:, None] * scores))[1:]
    own, other = shares[:, labels[0]], shares[:, (labels[0] + 1) % 3]
    ends = hand[2](torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1).expand(2, 1, 96, 96))[:, labels[0]]
    again = {
        "on the hand": share(own.reshape(6, 6), hands.hand[0, 0]),
        "on the fingers": share(own.reshape(6, 6), hands.fingers[0].any(0)),
        "other class": spearmanr(own, other).statistic,
        "gap": abs(own.sum().item() / ends.diff().item() - 1),
    }
    assert again == pytest.approx({column: first[name][column] for column in again}, abs=2e-3)


def test_the_mask_of_the_first_image_again(example, first):
    hands, network, images, labels, _ = example
    mask = made.METHODS[2]["extremal, delete"](network, images[:1], labels[:1])[0, 0]
    assert mask.mean() == pytest.approx(0.1, abs=0.02)  # the area that was asked for
    assert share(mask, hands.hand[0, 0]) == pytest.approx(first["extremal, delete"]["on the hand"], abs=0.01)


# Relevance, sanity checks, metrics -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole():
    return load_results(3)


@pytest.fixture(scope="module")
def first_3():
    return first_of(3)


def test_the_whole_table_has_all_rows_and_columns_and_the_older_ones_stay(kept, both, whole):
    assert list(whole["rows"]) == METHODS + METHODS_2 + METHODS_3 + CONTROLS + CONTROLS_2 + CONTROLS_3
    assert whole["controls"] == CONTROLS + CONTROLS_2 + CONTROLS_3
    assert whole["images"] == {1: 60, 2: 30, 3: 30} and whole["how"][3] == "python -m utils.classroom.results 3"
    assert list(whole["columns"]) == COLUMNS + MORE_COLUMNS + ["images"]
    assert whole["columns"] == made.COLUMNS | made.MORE_COLUMNS | {"images": both["columns"]["images"]}
    for name, row in both["rows"].items():
        assert {column: whole["rows"][name][column] for column in [*COLUMNS, "images"]} == row, name
    assert load_results() == kept and "kept" not in both["columns"]


def test_every_value_of_the_whole_table_is_there_where_it_says_something(whole):
    shares_out = {"gradient × input", "IG from black", *METHODS_3}
    for name, row in whole["rows"].items():
        assert set(row) == {*COLUMNS, *MORE_COLUMNS, "images"}
        untrained = name.endswith("untrained")
        for column, value in row.items():
            missing = column == "kept" and name not in shares_out or untrained and "random" in column.split(", ")[0]
            if column in MORE_COLUMNS and missing and not column.endswith("− random"):
                assert value is None, (name, column)
            elif column in MORE_COLUMNS:
                mean, lower, upper = value
                assert lower <= mean <= upper and all(map(math.isfinite, value)), (name, column)
    for name in METHODS_3:
        assert (whole["rows"][name]["gap"] is None) == (name != "DeepLIFT")
        assert whole["rows"][name]["forwards"] == (name == "DeepLIFT") and whole["rows"][name]["gradients"] == 1
        assert whole["rows"][name]["shift −0.5, undone"] is not None
    show_table(whole["rows"], caption="All", controls=whole["controls"])


def test_what_asks_no_network_does_not_notice_noise_and_has_no_worth(whole):
    for name in ("area", "edge detector", "the image itself"):
        assert all(mean_of(whole, name, column) == 1 for column in MORE_COLUMNS[1:6]), name
    for column in MORE_COLUMNS[1:6]:
        assert abs(mean_of(whole, "random map", column)) < 0.02
    for column in MORE_COLUMNS[6:]:
        for name in ("area", "random map"):
            _, lower, upper = whole["rows"][name][column]
            assert lower < 0.03 and upper > -0.03, (name, column)


def test_rules_that_keep_the_sum_keep_it_and_deeplift_adds_up(whole, example):
    for name in ("LRP-z⁺", "Deep Taylor"):
        assert whole["rows"][name]["kept"] == pytest.approx([1, 1, 1], abs=1e-3)
    assert mean_of(whole, "DeepLIFT", "gap") < 1e-3
    _, network, images, labels, gradient = example
    with torch.no_grad():
        scores = network(images[:30])[range(30), labels[:30]]
        rise = scores - network(torch.zeros_like(images[:1]))[0, labels[:30]]
    assert (rise / scores).mean() == pytest.approx(mean_of(whole, "DeepLIFT", "kept"), abs=1e-3)
    total = (gradient * images)[:30].sum((1, 2, 3))
    assert (total / scores).mean() == pytest.approx(mean_of(whole, "gradient × input", "kept"), abs=2e-3)


def ranks_of(one, other):
    return spearmanr(one.ravel(), other.ravel()).statistic


def test_lrp_epsilon_of_the_first_image_again_as_a_gradient(example, first_3):
    """LRP-ε is the input times the gradient of a network whose ReLU has the slope f(z) / (z + ε sign z)."""
    hands, network, images, labels, _ = example

    def again(target):
        x = images[:1].clone().requires_grad_()
        a = x
        for layer in network:
            if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
                z = layer(a)
                steep = z * (z / (z + 0.25 * torch.where(z >= 0, 1.0, -1.0))).detach()
                a = steep + (z - steep).detach()  # the value of z with that slope, for the ReLU behind it
            else:
                a = layer(a)
        score = network(x)[0, target].item()
        return (x * torch.autograd.grad(a[0, target], x)[0]).detach()[0], score

    own, score = again(labels[0])
    other, _ = again((labels[0] + 1) % 3)
    found = {
        "on the hand": share(own.abs().sum(0), hands.hand[0, 0]),
        "on the fingers": share(own.abs().sum(0), hands.fingers[0].any(0)),
        "kept": own.sum().item() / score,
        "other class": ranks_of(own.sum(0), other.sum(0)),
        "other class, absolute": ranks_of(own.sum(0).abs(), other.sum(0).abs()),
    }
    assert found == pytest.approx({column: first_3["LRP-ε, ε = 0.25"][column] for column in found}, abs=2e-3)


def test_the_gradient_under_a_random_last_layer_again(example, first_3):
    _, network, images, labels, gradient = example
    found = []
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        weight, bias = ((2 * torch.rand(size, generator=generator) - 1) / 32**0.5 for size in ((3, 32), (3,)))
        x = images[:1].clone().requires_grad_()
        a = x
        for layer in list(network)[:-1]:
            a = layer(a)
        score = (a @ weight.T + bias)[0, labels[0]]
        other = torch.autograd.grad(score, x)[0][0].sum(0)
        own = gradient[0].sum(0)
        found.append([ranks_of(own, other), ranks_of(own.abs(), other.abs())])
    expected = [first_3["gradient"][column] for column in ("top layer random", "top layer random, absolute")]
    assert torch.tensor(found).mean(0).tolist() == pytest.approx(expected, abs=2e-3)


def test_deletion_and_insertion_of_the_first_image_again_pixel_by_pixel(example, first_3):
    _, network, images, labels, gradient = example
    image, colour = images[0], images[0].mean((1, 2), keepdim=True).expand(3, 96, 96)

    def area(scores, start, finish):
        picture, curve = start.clone().reshape(3, -1), []
        order = sorted(range(96 * 96), key=lambda place: -scores.ravel()[place].item())
        for step in range(21):
            gone = order[: round(step / 20 * 96 * 96)]
            picture[:, gone] = finish.reshape(3, -1)[:, gone]
            with torch.no_grad():
                curve.append(network(picture.reshape(1, 3, 96, 96)).softmax(1)[0, labels[0]].item())
        return sum((a + b) / 2 for a, b in zip(curve, curve[1:], strict=False)) / 20

    orders = [torch.rand(96, 96, generator=torch.Generator().manual_seed(seed)) for seed in range(4)]
    for column, ends in {"deletion − random": (image, colour), "insertion − random": (colour, image)}.items():
        by_chance = sum(area(order, *ends) for order in orders) / 4
        again = area(gradient[0].sum(0), *ends) - by_chance
        assert again == pytest.approx(first_3["gradient"][column], abs=2e-3), column


def test_the_part_can_be_measured_again_for_one_row(example, first_3):
    hands, network, images, labels, _ = example
    trust = made.Trust(network, hands, 2)
    method = made.METHODS[3]["DeepLIFT"]
    again = made.tests("DeepLIFT", method, network, hands, 2) | trust("DeepLIFT", method)
    assert {column: values[0].item() for column, values in again.items()} == pytest.approx(
        first_3["DeepLIFT"], abs=5e-3, nan_ok=True
    )
    assert made.cost(method, network, images[:1], labels[:1]) == {"forwards": 1, "gradients": 1}
