"""Drawings of a network say in words and numbers what its layers are."""

import re

import pytest
import torch
from torch import nn

from utils import CLASSES, load_hands, load_network, show_network
from utils.classroom.drawings import draw_network, in_rows, layer_steps, network_in_words


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
        size = " × ".join(map(str, value.shape[1:]))
        assert re.search(rf'alt="[^"]*[ ;]{number} [\w ]+, {re.escape(size)}[.;]', picture), (number, size)
        assert re.search(rf">{number}</th><td>[\w ]+</td><td>{re.escape(size)}</td>", table), (number, size)
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
