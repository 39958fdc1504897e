"""The three photographs and the network trained on ImageNet: from a file, and where nothing can be fetched."""

import urllib.error

import numpy as np
import pytest
import torch
from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

from utils.classroom.imagenet import load_imagenet


@pytest.fixture(scope="module")
def weights(shared_folder):
    return shared_folder("imagenet") / "squeezenet1_1_fp16.npz"


@pytest.fixture
def made_up(tmp_path):
    """The path of weights that nobody trained, as .pth, and what is in them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = squeezenet1_1().state_dict()
    torch.save(state, tmp_path / "weights.pth")
    return tmp_path / "weights.pth", state


def test_the_network_knows_a_cat_and_a_cup_of_coffee(weights):
    found = load_imagenet(weights)
    assert found.images.shape == (3, 3, 224, 224) and 0 <= found.images.min() and found.images.max() <= 1
    assert found.titles[:2] == ["cat: Egyptian cat", "coffee: espresso"] and found.titles[2].startswith("rocket: ")


def test_the_first_layer_normalises_as_torchvision_does(made_up):
    path, state = made_up
    found, plain = load_imagenet(path), squeezenet1_1().eval()
    plain.load_state_dict(state)
    mean, std = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    torch.testing.assert_close(found.network(found.images), plain((found.images - mean) / std))


def test_the_environment_names_the_weights_and_npz_in_16_bits_will_do(made_up, tmp_path, monkeypatch):
    path, state = made_up
    np.savez(tmp_path / "weights.npz", **{name: value.half().numpy() for name, value in state.items()})
    monkeypatch.setenv("SALIENCY_WEIGHTS", str(tmp_path / "weights.npz"))
    half = {name: value.half().float() for name, value in state.items()}
    network = load_imagenet().network[1]
    assert all(torch.equal(value, half[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("failure", [urllib.error.URLError("no network"), TimeoutError(), ConnectionResetError()])
def test_offline_it_says_so_in_a_sentence_and_goes_on(failure, monkeypatch, capsys):
    def unreachable(**_):
        raise failure

    monkeypatch.delenv("SALIENCY_WEIGHTS", raising=False)
    monkeypatch.setattr(SqueezeNet1_1_Weights, "get_state_dict", lambda self, **_: unreachable())
    assert load_imagenet() is None
    said = capsys.readouterr()
    sentence = "No photographs here: the weights of squeezenet1_1 could not be downloaded."
    assert said.out == f"{sentence} The lesson goes on without them.\n"
    assert said.err == ""


def test_a_wrong_path_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="weights: expected a .npz or .pth file"):
        load_imagenet(tmp_path / "nothing.npz")
    for name in ("broken.npz", "broken.pth"):
        (tmp_path / name).write_bytes(b"these are no weights")
        with pytest.raises(ValueError, match=f"weights: {name} is not a file of weights"):
            load_imagenet(tmp_path / name)


def test_the_weights_of_another_network_are_told(made_up, tmp_path):
    path, state = made_up
    torch.save(dict(list(state.items())[1:]), tmp_path / "others.pth")
    with pytest.raises(ValueError, match="not the weights of squeezenet1_1"):
        load_imagenet(tmp_path / "others.pth")
