"""Grad-CAM by hand, against Captum and pytorch-grad-cam, and on models that make it hard."""

import copy

import pytest
import torch
import torch.nn.functional as F
from captum import attr
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from utils.methods import grad_cam, guided_backprop, guided_grad_cam, guided_rule, relu_rule

AT_CONVOLUTION = [[11.25, 13.5], [20.25, 22.5]]
AT_RELU = [[0.0, 4.0], [28.0, 32.5]]


class TestByHand:
    def test_at_the_convolution_whatever_relu_follows(self, any_relu, oc_network, oc_image):
        model = oc_network(any_relu)
        for layer in model.conv, None:
            assert grad_cam(model, oc_image, 0, layer, relu=False, upsample=False).tolist() == [[AT_CONVOLUTION]]

    @pytest.mark.parametrize("in_place", [False, True])
    def test_at_the_relu(self, in_place, oc_network, oc_image):
        model = oc_network(nn.ReLU(in_place), torch.relu)
        cam = grad_cam(model, oc_image, 0, model.relu, upsample=False)
        assert cam.tolist() == [[AT_RELU]]
        guided = guided_backprop(model, oc_image, 0) * F.interpolate(cam, (4, 4), mode="nearest")
        assert guided.tolist() == [[[[0, 0, 4, 4], [0, 0, 12, 8], [28, 84, 97.5, 65], [28, 56, 65, 32.5]]]]

    def test_upsampled(self, oc_network, oc_image):
        # Each value of the 4 × 4 map lies a quarter of a step from its own value of the 2 × 2 map to the next one.
        blend = torch.tensor([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
        expected = blend @ torch.tensor(AT_CONVOLUTION) @ blend.T
        assert torch.equal(grad_cam(oc_network(nn.ReLU()), oc_image, 0)[0, 0], expected)

    def test_negative_evidence(self, oc_network, oc_image):
        # The maps are (−5, 4, 31, 40) and (−30, −21, 6, 15); no ReLU and a row of weights turned round make
        # α = (−1, (−1 + 3) / 4) and each place −A₁ + A₂ / 2.
        model = oc_network(nn.Identity())
        with torch.no_grad():
            model.linear.weight[1] *= -1
        against = grad_cam(model, oc_image, 1, model.conv, relu=False, upsample=False)
        assert against.tolist() == [[[[-10, -14.5], [-28, -32.5]]]]
        assert grad_cam(model, oc_image, 1, model.conv, upsample=False).tolist() == [[[[0, 0], [0, 0]]]]


def slow_grad_cam(model, images, target, layer):
    """By the definition, an image and a channel at a time, from the whole graph."""
    kept = []
    handle = layer.register_forward_hook(lambda module, args, output: kept.append(output))
    cams = []
    for image, c in zip(images, target, strict=True):
        kept.clear()
        score = model(image[None])[0, c]
        (gradient,) = torch.autograd.grad(score, kept[0])
        cam = torch.zeros(gradient.shape[2:])
        for k in range(gradient.shape[1]):
            cam += gradient[0, k].sum() / gradient[0, k].numel() * kept[0][0, k].detach()
        cams.append(cam.clamp(min=0)[None])
    handle.remove()
    return torch.stack(cams)


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 5])
def test_every_layer_by_the_definition(place, small_network, small_images):
    model, target = small_network(), [3, 0, 2, 4]
    layer = model.features[place]
    ours = grad_cam(model, small_images, torch.tensor(target), layer, upsample=False)
    torch.testing.assert_close(ours, slow_grad_cam(model, small_images, target, layer), atol=1e-6, rtol=1e-5)


def test_the_shape_and_the_size(small_network, small_images):
    model = small_network()
    assert grad_cam(model, small_images).shape == (4, 1, 8, 8)
    assert grad_cam(model, small_images, upsample=False).shape == (4, 1, 4, 4)
    assert grad_cam(model, small_images).min() >= 0
    assert guided_grad_cam(model, small_images).shape == (4, 3, 8, 8)


def test_none_is_the_last_convolution_to_run(small_images):
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Conv2d(4, 4, 3)
            self.first = nn.Conv2d(3, 4, 3)
            self.unused = nn.Conv2d(4, 4, 3)
            self.linear = nn.Linear(4, 5)

        def forward(self, x):
            return self.linear(self.last(self.first(x).relu()).relu().mean((2, 3)))

    torch.manual_seed(0)
    model = Backwards()
    assert torch.equal(grad_cam(model, small_images, 1, relu=False),
                       grad_cam(model, small_images, 1, model.last, relu=False))


def test_only_what_lies_behind_the_layer_is_differentiated(small_network, small_images):
    model = small_network()
    seen = []
    for place in 0, 4:
        model.features[place].register_forward_hook(lambda module, args, output: seen.append(output.requires_grad))
    grad_cam(model, small_images.requires_grad_(), 1, model.features[4])
    assert seen == [False, False]  # these hooks run before the one of grad_cam, which starts the graph


def test_a_layer_that_runs_twice_is_explained_at_its_last_run(small_images):
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.second = self.conv
            self.linear = nn.Linear(3, 5)

        def forward(self, x):
            return self.linear(self.second(self.conv(x).relu()).relu().mean((2, 3)))

    torch.manual_seed(0)
    model = Shared()
    twin = copy.deepcopy(model)
    twin.second = copy.deepcopy(model.conv)
    expected = grad_cam(twin, small_images, 0, twin.second, relu=False)
    assert expected.abs().max() > 0
    assert torch.equal(grad_cam(model, small_images, 0, model.conv, relu=False), expected)
    assert torch.equal(grad_cam(model, small_images, 0, relu=False), expected)


def test_a_map_that_is_zero_everywhere(small_network, small_images):
    model = small_network()
    nn.init.zeros_(model.classifier[4].weight)
    assert torch.equal(grad_cam(model, small_images, 1), torch.zeros(4, 1, 8, 8))
    assert torch.equal(guided_grad_cam(model, small_images, 1), torch.zeros(4, 3, 8, 8))


def test_its_own_relu_is_none_of_the_models(small_network, small_images):
    with pytest.raises(ValueError, match="met no ReLU"):
        with relu_rule(guided_rule):
            grad_cam(small_network(nn.Tanh), small_images, 1)


def test_guided_grad_cam_is_the_product(small_network, small_images):
    model = small_network()
    expected = guided_backprop(model, small_images, 2) * grad_cam(model, small_images, 2, model.features[0])
    assert torch.equal(guided_grad_cam(model, small_images, 2, model.features[0]), expected)


class Awkward(nn.Module):
    """A layer off the way to the score, one that never runs, one of each kind of output that is no map."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.aside, self.detached, self.idle = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.flat, self.linear = nn.Flatten(), nn.Linear(4 * 3 * 3, 5)
        self.patches = nn.Identity()

    def forward(self, x):
        self.aside(x)
        y = self.conv(x).relu() + self.detached(x).detach()
        self.patches(torch.cat([y, y]))
        return self.linear(self.flat(self.pool(y)[0]))


class TestErrors:
    @pytest.mark.parametrize("name, message", [
        ("aside", "layer must lead to the score, but"),
        ("detached", "layer must lead to the score, but"),
        ("idle", "layer must run when the model does, but Conv2d did not"),
        ("pool", "layer must have one float tensor as its output, got tuple"),
        ("flat", r"layer must give maps \(N, K, h, w\), here \(4, K, h, w\), got.*\(4, 36\) from Flatten"),
        ("patches", r"layer must give maps .* here \(4, K, h, w\), got.*\(8, 4, 6, 6\) from Identity"),
        ("", r"layer must give maps .* got.*\(4, 5\) from Awkward"),
    ])
    def test_a_layer_that_will_not_do(self, name, message, small_images):
        model = Awkward()
        with pytest.raises(ValueError, match=message):
            grad_cam(model, small_images, 0, model.get_submodule(name))
        assert all(not module._forward_hooks for module in model.modules())

    def test_a_layer_of_another_model(self, small_network, small_images):
        with pytest.raises(ValueError, match="layer must be a module of this model, got another Conv2d"):
            grad_cam(small_network(), small_images, 0, small_network().features[0])

    @pytest.mark.parametrize("layer", ["features.4", 4, nn.Conv2d])
    def test_a_layer_that_is_no_module(self, layer, small_network, small_images):
        with pytest.raises(TypeError, match="layer must be a module of the model, got.*get_submodule"):
            grad_cam(small_network(), small_images, 0, layer)

    def test_no_convolution(self, small_images):
        with pytest.raises(ValueError, match="layer must be given: the model has no nn.Conv2d"):
            grad_cam(nn.Sequential(nn.Flatten(), nn.Linear(192, 5)), small_images)

    def test_the_whole_score_is_cut_off(self, small_images):
        class Cut(Awkward):
            def forward(self, x):
                return super().forward(x).detach()

        model = Cut()
        with pytest.raises(ValueError, match="layer must lead to the score"):
            grad_cam(model, small_images, 0, model.conv)


def without_in_place(model):
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return model


CLASSES = [162, 281, 967]


@pytest.mark.filterwarnings("ignore::UserWarning:captum")
@pytest.mark.parametrize("name", ["features.3", "features.12", "features.12.expand3x3", "classifier.1"])
class TestImageNetNetwork:
    """In-place ReLUs follow the convolutions here. The libraries miss that, so they are given a copy without."""

    def test_captum(self, name, imagenet_network, photographs):
        plain = without_in_place(imagenet_network)
        expected = attr.LayerGradCam(plain, plain.get_submodule(name)).attribute(photographs, torch.tensor(CLASSES))
        ours = grad_cam(imagenet_network, photographs, None, imagenet_network.get_submodule(name),
                        relu=False, upsample=False)
        torch.testing.assert_close(ours, expected.detach(), atol=1e-4 * expected.abs().max().item(), rtol=0)

    def test_captum_guided(self, name, imagenet_network, photographs):
        plain = without_in_place(imagenet_network)
        expected = attr.GuidedGradCam(plain, plain.get_submodule(name)).attribute(
            photographs[:1].clone(), CLASSES[0], interpolate_mode="bilinear")
        ours = guided_grad_cam(imagenet_network, photographs[:1], None, imagenet_network.get_submodule(name))
        torch.testing.assert_close(ours, expected.detach(), atol=1e-4 * expected.abs().max().item(), rtol=0)

    def test_pytorch_grad_cam(self, name, imagenet_network, photographs):
        plain = without_in_place(imagenet_network)
        with GradCAM(plain, [plain.get_submodule(name)]) as library:
            expected = library(photographs, [ClassifierOutputTarget(c) for c in CLASSES])
        # It stretches the map of each image to 0…1 before and after it enlarges it.
        cam = grad_cam(imagenet_network, photographs, None, imagenet_network.get_submodule(name), upsample=False)
        enlarged = F.interpolate(stretched(cam), (224, 224), mode="bilinear")
        torch.testing.assert_close(stretched(enlarged)[:, 0], torch.from_numpy(expected), atol=1e-4, rtol=0)


def stretched(cam):
    low, high = cam.amin((2, 3), keepdim=True), cam.amax((2, 3), keepdim=True)
    return (cam - low) / (high - low + 1e-7)


def test_in_place_relus_do_not_change_the_answer(imagenet_network, photographs):
    plain = without_in_place(imagenet_network)
    for name in "features.0", "features.12.expand1x1", "classifier.1":
        ours = grad_cam(imagenet_network, photographs, 281, imagenet_network.get_submodule(name), relu=False)
        assert torch.equal(ours, grad_cam(plain, photographs, 281, plain.get_submodule(name), relu=False))
