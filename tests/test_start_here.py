"""class_score against the model's own output, and what it says of arguments it cannot use."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.methods import class_score


def test_an_int_a_tensor_and_none(small_network, small_images):
    model = small_network()
    scores = model(small_images)
    assert torch.equal(class_score(model, small_images, 3), scores[:, 3])
    assert torch.equal(class_score(model, small_images, np.int64(3)), scores[:, 3])
    chosen = torch.tensor([4, 0, 2, 1])
    by_hand = torch.stack([scores[0, 4], scores[1, 0], scores[2, 2], scores[3, 1]])
    assert torch.equal(class_score(model, small_images, chosen), by_hand)
    assert torch.equal(class_score(model, small_images), scores.max(1).values)


def test_it_is_the_score_before_the_softmax(oc_network, oc_image):
    assert class_score(oc_network(nn.ReLU()), oc_image, 0).tolist() == [54]


def test_it_keeps_the_graph_of_the_images(small_network, small_images):
    images = small_images.requires_grad_()
    model = small_network()
    class_score(model, images, 1).sum().backward()
    again = images.detach().clone().requires_grad_()
    model(again)[:, 1].sum().backward()
    assert torch.equal(images.grad, again.grad)


def test_a_training_model_is_scored_in_eval_mode(small_network, small_images):
    model = small_network()
    expected = model(small_images)[:, 0]
    model.train()
    assert torch.equal(class_score(model, small_images, 0), expected)
    assert all(module.training for module in model.modules())


def test_no_grad_is_respected(small_network, small_images):
    with torch.no_grad():
        assert not class_score(small_network(), small_images.requires_grad_()).requires_grad


def test_a_model_that_begins_in_place(small_network):
    class Centred(nn.Module):
        def forward(self, x):
            return x.sub_(1).flatten(1)

    images = torch.full((1, 1, 1, 2), 3.0, requires_grad=True)
    class_score(Centred(), images, 0).sum().backward()
    assert images.flatten().tolist() == [3, 3] and images.grad.flatten().tolist() == [1, 0]


class Returns(nn.Module):
    """A model that returns what it is told to."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def forward(self, x):
        return self.result(x) if callable(self.result) else self.result


class TestErrors:
    @pytest.mark.parametrize(
        "images, error, message",
        [
            (np.zeros((1, 3, 8, 8)), TypeError, r"images must be a float tensor \(N, C, H, W\), got ndarray"),
            ([torch.zeros(3, 8, 8)], TypeError, r"images must be a float tensor \(N, C, H, W\), got list"),
            (None, TypeError, r"images must be .*got None"),
            (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), TypeError, r"images must hold floats, got a uint8.*/ 255"),
            (torch.zeros(1, 3, 8, 8, dtype=torch.long), TypeError, r"images must hold floats, got a int64.*/ 255"),
            (torch.zeros(1, 3, 8, 8, dtype=torch.complex64), TypeError, "images must hold floats, got a complex64"),
            (torch.zeros(3, 8, 8), ValueError, r"images must have the shape \(N, C.*\(3, 8, 8\).*images\[None\]"),
            (torch.zeros(8, 8), ValueError, r"images must have the shape \(N, C, H, W\), got.*\(8, 8\)$"),
            (torch.zeros(0, 3, 8, 8), ValueError, r"images must hold at least one image.*\(0, 3, 8, 8\)"),
            (torch.full((1, 3, 8, 8), torch.nan), ValueError, "images must be finite"),
            (torch.full((1, 3, 8, 8), torch.inf), ValueError, "images must be finite"),
        ],
    )
    def test_images(self, images, error, message, small_network):
        with pytest.raises(error, match=message):
            class_score(small_network(), images, 0)

    @pytest.mark.parametrize(
        "target, error, message",
        [
            (5, ValueError, "target must be from 0 to 4, the classes of this model, got 5"),
            (-1, ValueError, "target must be from 0 to 4, the classes of this model, got -1"),
            (2**80, ValueError, "target must be from 0 to 4"),
            (torch.tensor([0, 1, 7, 2]), ValueError, "target must be from 0 to 4, .*got 7"),
            (1.0, TypeError, r"target must be an int, a LongTensor \(N,\) or None, got 1.0 \(float\)"),
            (True, TypeError, r"target must be an int.*got True \(bool\)"),
            ("cat", TypeError, r"target must be an int.*got 'cat' \(str\)"),
            ([0, 1, 2, 3], TypeError, "target must be an int.*got list"),
            (np.array([0, 1, 2, 3]), TypeError, "target must be an int.*got ndarray"),
            (torch.zeros(4), TypeError, r"target must be an int.*got a float32 tensor of shape \(4,\)"),
            (torch.ones(4, dtype=torch.bool), TypeError, "target must be an int.*got a bool tensor"),
            (torch.zeros(3, dtype=torch.long), ValueError, r"target must name a class .*\(4,\), got.*\(3,\)"),
            (torch.tensor(1), ValueError, r"target must name a class for each image, shape \(4,\), got.*\(\)"),
            (torch.zeros(4, 1, dtype=torch.long), ValueError, r"target must name a class for each image"),
        ],
    )
    def test_target(self, target, error, message, small_network, small_images):
        with pytest.raises(error, match=message):
            class_score(small_network(), small_images, target)

    @pytest.mark.parametrize(
        "result, error, message",
        [
            (lambda x: x, ValueError, r"model must return scores \(N, C\).*got.*\(4, 3, 8, 8\)"),
            (lambda x: x.flatten(1)[:, 0], ValueError, r"model must return scores \(N, C\).*got.*\(4,\)"),
            (lambda x: x.flatten(1)[:1], ValueError, r"model must return scores .*here \(4, C\), got.*\(1, 192\)"),
            (lambda x: (x.flatten(1), x), TypeError, r"model must return a tensor \(N, C\) of scores, got tuple"),
            (lambda x: x.flatten(1) / 0 * 0, ValueError, "model returns NaN"),
            (lambda x: x.flatten(1).argmax(1, keepdim=True), ValueError, "autograd cannot follow back to images"),
            (lambda x: x.flatten(1).detach(), ValueError, "autograd cannot follow back to images"),
        ],
    )
    def test_what_the_model_returns(self, result, error, message, small_images):
        with pytest.raises(error, match=message):
            class_score(Returns(result), small_images.requires_grad_(), 0)

    @pytest.mark.parametrize("model", [F.relu, torch.zeros(1, 3, 8, 8), "squeezenet", nn.ReLU])
    def test_model(self, model, small_images):
        with pytest.raises(TypeError, match="model must be a torch.nn.Module, got"):
            class_score(model, small_images, 0)

    def test_images_of_another_dtype(self, small_network, small_images):
        with pytest.raises(TypeError, match=r"images are torch.float64, the model's weights .*float32.*images.to"):
            class_score(small_network(), small_images.double(), 0)

    def test_images_on_another_device(self, small_network, small_images):
        with pytest.raises(ValueError, match=r"images are on cpu, the model is on meta.*images.to\('meta'\)"):
            class_score(small_network().to("meta"), small_images, 0)

    def test_a_model_may_convert_its_images_itself(self, small_network, small_images):
        model = small_network()
        model.register_forward_pre_hook(lambda module, args: (args[0].float(),))
        assert torch.equal(class_score(model, small_images.double(), 0), class_score(model, small_images, 0))

    def test_other_errors_of_the_model_come_through(self, small_network):
        with pytest.raises(RuntimeError, match="to have 3 channels, but got 1"):
            class_score(small_network(), torch.zeros(1, 1, 8, 8), 0)


def test_the_way_through_the_course_names_the_lessons_by_their_titles():
    folder = Path(__file__).resolve().parents[1] / "solutions"
    cells = {path.name: json.loads(path.read_text(encoding="utf-8"))["cells"] for path in folder.glob("*.ipynb")}
    titles = {name: cells[name][0]["source"][0].removeprefix("# ").strip() for name in cells}
    way = next(
        "".join(cell["source"])
        for cell in cells["00_start_here.ipynb"]
        if "| you learn to doubt |" in "".join(cell["source"])
    )
    assert dict((file, title) for title, file in re.findall(r"\[([^\]]+)\]\((\w+\.ipynb)\)", way)) == {
        name: title for name, title in titles.items() if name != "00_start_here.ipynb"
    }
