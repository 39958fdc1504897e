"""Drawings of a network say in words and numbers what its layers are."""

import re

import pytest
import torch
from torch import nn

from utils import CLASSES, load_hands, load_network, show_network, show_walk_back
from utils.classroom.drawings import (
    WALKS,
    convolution_numbers,
    draw_network,
    in_rows,
    layer_steps,
    network_in_words,
    pooling_numbers,
    relu_numbers,
)


@pytest.fixture
def displayed(monkeypatch):
    """What was displayed, as HTML."""
    texts = []
    for module in ("drawings", "tables"):
        monkeypatch.setattr(f"utils.classroom.{module}.display", lambda thing: texts.append(thing._repr_html_()))
    return texts


@pytest.fixture(scope="module")
def example():
    return load_network("hands"), load_hands("test").images[:1]


def small():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 2 * 3, 2)
    )


def test_every_layer_is_in_the_words_and_in_the_table(displayed, example):
    network, image = example
    show_network(network, image)
    picture, table = displayed
    value = image
    for number, layer in enumerate(network):
        value = layer(value)
        size = " × ".join(f"{length:,}" for length in value.shape[1:])
        assert re.search(rf'alt="[^"]*[ ;]{number} [\w ]+, {re.escape(size)}[.;]', picture), (number, size)
        assert re.search(rf">{number}</th><td[^>]*>[\w ]+</td><td[^>]*>{re.escape(size)}</td>", table), (number, size)
    assert f"{sum(p.numel() for p in network[16].parameters()):,}" in table


def test_the_drawing_writes_numbers_kinds_shapes_and_scores():
    network, image = small(), torch.rand(1, 3, 6, 8)
    steps = layer_steps(network, image)
    written = [text.get_text() for text in draw_network(steps, image, ("cat", "dog")).axes[0].texts]
    scores = network(image)[0]
    expected = "the image|3 × 6 × 8|0 convolution|4 × 4 × 6|1 ReLU|2 max pooling|4 × 2 × 3|3 flatten|24|4 linear|2"
    assert set(expected.split("|")) <= set(written)
    assert {f"{name} {score:.1f}".replace("-", "−") for name, score in zip(("cat", "dog"), scores, strict=True)} <= set(
        written
    )


def test_a_relu_and_a_pooling_show_the_channel_of_their_convolution(example):
    network, image = example
    steps = layer_steps(network, image)
    drawn = [im.get_array() for im in draw_network(steps, image, CLASSES).axes[0].get_images()][1:]
    channel = int(steps[2][2][0].flatten(1).std(1).argmax())
    for number in (2, 3, 4):
        assert torch.equal(torch.as_tensor(drawn[number].data), steps[number][2][0, channel])
    assert all(image.get_clim()[0] == -image.get_clim()[1] for image in draw_network(
        steps, example[1], CLASSES).axes[0].get_images()[1:])  # fmt: skip


def test_an_in_place_relu_leaves_what_came_before():
    steps = layer_steps(small(), torch.rand(1, 3, 6, 8) - 0.5)
    assert (steps[0][2] < 0).any() and not (steps[1][2] < 0).any()
    assert [len(row) for row in in_rows(steps)] == [3, 2]
    assert "5 layers" in network_in_words(steps, torch.rand(1, 3, 6, 8))


@pytest.mark.parametrize(
    "network, image, error",
    [(nn.Linear(3, 2), torch.rand(1, 3, 6, 8), TypeError), (small(), torch.rand(2, 3, 6, 8), ValueError)],
)
def test_what_cannot_be_drawn_is_refused(network, image, error):
    with pytest.raises(error, match="expected"):
        show_network(network, image)


# the way back ---------------------------------------------------------------------------------------------------------


def test_the_middle_of_a_convolution_collects_its_nine_products():
    found = convolution_numbers()
    x = torch.zeros(1, 1, 5, 5, requires_grad=True)
    forward = nn.functional.conv2d(x, found["kernel"][None, None], padding=1)
    (back,) = torch.autograd.grad(forward, x, found["grad"][None, None], retain_graph=True)
    assert torch.equal(found["back"], back[0, 0])
    for k, product in enumerate(found["products"]):  # autograd says, output by output, which weight met the middle
        row, column = k // 3 + 1, k % 3 + 1
        weight = torch.autograd.grad(forward[0, 0, row, column], x, retain_graph=True)[0][0, 0, 2, 2]
        assert product.replace("−", "-") == f"{found['grad'][row, column]:g} × {weight:g}"
    products = [float(g) * float(w) for g, w in (p.replace("−", "-").split(" × ") for p in found["products"])]
    assert sum(products) == back[0, 0, 2, 2] == float(found["words"]["sum"])


def test_a_pooling_sends_back_to_the_maxima_and_nowhere_else():
    found = pooling_numbers()
    blocks = found["x"].unfold(0, 2, 2).unfold(1, 2, 2).flatten(2)
    came = found["back"].unfold(0, 2, 2).unfold(1, 2, 2).flatten(2)
    assert torch.equal(blocks.max(2).values, found["pooled"])
    assert (blocks == blocks.max(2, keepdim=True).values).sum() == 4, "a tie would show nothing"
    assert torch.equal(came.gather(2, blocks.argmax(2, keepdim=True))[..., 0], found["grad"])
    assert (came != 0).sum() == 4 and found["grad"].unique().numel() == 4


def test_the_three_rules_differ_in_every_way_on_four_numbers():
    rows = relu_numbers()["rows"]
    x, grad = rows["input x"], rows["arriving"]
    assert {(bool(a > 0), bool(b > 0)) for a, b in zip(x, grad, strict=True)} == {
        (a, b) for a in (True, False) for b in (True, False)
    }
    leaky = x.clone().requires_grad_()
    assert torch.equal(rows["vanilla"], torch.autograd.grad(leaky.relu(), leaky, grad)[0])
    assert torch.equal(rows["deconvnet"], grad.relu())
    assert torch.equal(rows["guided"], torch.where((x > 0) & (grad > 0), grad, 0))


@pytest.mark.parametrize("part", WALKS)
def test_a_way_back_is_drawn_large_enough_for_a_phone(part):
    numbers, draw = WALKS[part]
    figure = draw(numbers())
    width, height = figure.get_size_inches()
    assert width <= 5.5 and height <= 5.5  # on a phone of 360 dots, two thirds of the size
    written = figure.axes[0].texts
    assert min(text.get_fontsize() for text in written if text.get_text()) >= 11
    figure.canvas.draw()
    for text in written:  # nothing is cut off
        box = text.get_window_extent()
        assert not text.get_text() or figure.bbox.contains(*box.p0) and figure.bbox.contains(*box.p1), text.get_text()


def test_the_words_of_a_way_back_name_its_numbers(displayed):
    show_walk_back("pooling", alt="The largest values {maxima} stay, and {arriving} go back to them.")
    assert 'alt="The largest values' in displayed[0]


def test_an_unknown_part_is_told():
    with pytest.raises(ValueError, match="part: expected one of 'convolution', 'pooling', 'relu', got 'linear'"):
        show_walk_back("linear", alt="A linear layer and its way back, drawn.")
