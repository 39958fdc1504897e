"""The network: exactly the one described, and shipped weights that know hands, rendered and real."""

import pytest
import torch
from torch import nn

from utils.rps import RockPaperScissorsClassifier, load_hands, load_network, load_photos
from utils.rps.network import WEIGHTS, save_network
from utils.rps.training import accuracy, confusion_matrix


@pytest.fixture(scope="module")
def network():
    return load_network("hands")


def parameters_by_hand(size, w, first, second):
    """9 weights for each pair of channels and a bias for each output; three poolings leave size // 8."""
    convolutions = [(3, w), (w, 2 * w), (2 * w, 4 * w), (4 * w, 4 * w), (4 * w, 8 * w), (8 * w, 8 * w)]
    linear = [(8 * w * (size // 8) ** 2, first), (first, second), (second, 3)]
    return sum(9 * a * b + b for a, b in convolutions) + sum(a * b + b for a, b in linear)


def test_the_full_network_has_86_588_099_parameters():
    with torch.device("meta"):  # shapes only: the weights are 350 MB
        full = RockPaperScissorsClassifier()
    assert sum(p.numel() for p in full.parameters()) == parameters_by_hand(150, 32, 1024, 512) == 86_588_099


@pytest.mark.parametrize("size, width, hidden", [(96, 16, (64, 32)), (20, 2, (5, 4))])
def test_parameters_and_scores_of_smaller_ones(size, width, hidden):
    network = RockPaperScissorsClassifier(image_size=size, width=width, hidden=hidden)
    assert sum(p.numel() for p in network.parameters()) == parameters_by_hand(size, width, *hidden)
    assert network(torch.rand(2, 3, size, size)).shape == (2, 3)


def test_the_order_of_the_layers():
    kinds = {nn.Conv2d: "c", nn.ReLU: "r", nn.MaxPool2d: "p", nn.Flatten: "f", nn.Linear: "l"}
    network = RockPaperScissorsClassifier(image_size=16, width=1, hidden=(2, 2))
    assert "".join(kinds[type(layer)] for layer in network) == "crcrpcrcrpcrcrpflrlrl"
    assert not any(getattr(layer, "inplace", False) for layer in network)


@pytest.mark.parametrize("size", [7, 0, -96])
def test_too_small_for_three_poolings(size):
    with pytest.raises(ValueError, match=f"image_size: expected 8 or more .*, got {size}"):
        RockPaperScissorsClassifier(image_size=size)


# --- the shipped weights --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hands", "photos"])
def test_loaded_ready_to_be_explained(name):
    network = load_network(name)
    assert network.architecture == {"image_size": 96, "width": 16, "hidden": [64, 32]}
    assert not any(module.training for module in network.modules())
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in network.parameters())
    assert all(p.grad is None for p in network.parameters())
    assert network(torch.rand(1, 3, 96, 96)).shape == (1, 3)


def test_each_load_is_a_network_of_its_own(network):
    other = load_network("hands")
    assert all(torch.equal(a, b) and a.data_ptr() != b.data_ptr()
               for a, b in zip(network.parameters(), other.parameters(), strict=True))  # fmt: skip


@pytest.mark.parametrize("name", ["hand", "", None, "../hands"])
def test_an_unknown_name_lists_those_there_are(name):
    with pytest.raises(ValueError, match="name: expected one of .*'hands', 'photos'.*, got"):
        load_network(name)


def test_the_files_are_small():
    root = WEIGHTS.parents[2]
    lines = (root / ".gitignore").read_text().splitlines()
    ignored = {file for line in lines if line.startswith("utils/") for file in root.glob(line)}  # the full network, say
    sizes = {file.name: file.stat().st_size for file in set(WEIGHTS.iterdir()) - ignored}
    assert sizes.keys() >= {"hands.safetensors", "photos.safetensors"} and max(sizes.values()) <= 5e6


def test_saving_and_loading(monkeypatch, tmp_path):
    monkeypatch.setattr("utils.rps.network.WEIGHTS", tmp_path)
    network = RockPaperScissorsClassifier(image_size=17, width=2, hidden=(5, 4))
    save_network(network, tmp_path / "mine.safetensors")
    again, images = load_network("mine"), torch.rand(3, 3, 17, 17)
    assert again.architecture == {"image_size": 17, "width": 2, "hidden": [5, 4]}
    torch.testing.assert_close(again(images), network(images), atol=2e-3, rtol=2e-3)  # stored as float16


def test_it_knows_rendered_hands(network):
    test = load_hands("test")
    assert accuracy(network, test.images, test.labels) >= 0.98


def test_it_knows_photographs_though_it_never_saw_one(network, shared_folder):
    splits = [load_photos(shared_folder("photos"), split) for split in ("validation", "test")]
    images, labels = (torch.cat([split[i] for split in splits]) for i in (0, 1))
    assert len(labels) == 360
    right = accuracy(network, images, labels)
    assert right >= 0.85, f"{right:.3f}\n{confusion_matrix(network, images, labels)}"


def test_the_other_network_knows_photographs_it_never_saw(shared_folder):
    test = load_photos(shared_folder("photos"), "test")
    assert len(test.labels) == 120
    network = load_network("photos")
    right = accuracy(network, test.images, test.labels)
    assert right >= 0.95, f"{right:.3f}\n{confusion_matrix(network, test.images, test.labels)}"
