"""Grad-CAM by hand, against Captum and pytorch-grad-cam, and on models that make it hard."""

import copy
import itertools

import pytest
import torch
import torch.nn.functional as F
import torchvision
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
    assert torch.equal(
        grad_cam(model, small_images, 1, relu=False), grad_cam(model, small_images, 1, model.last, relu=False)
    )


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
    @pytest.mark.parametrize(
        "name, message",
        [
            ("aside", "layer must lead to the score, but"),
            ("detached", "layer must lead to the score, but"),
            ("idle", "layer must run when the model does, but Conv2d did not"),
            ("pool", "layer must have one float tensor as its output, got tuple"),
            ("flat", r"layer must give maps \(N, K, h, w\), here \(4, K, h, w\), got.*\(4, 36\) from Flatten"),
            ("patches", r"layer must give maps .* here \(4, K, h, w\), got.*\(8, 4, 6, 6\) from Identity"),
            ("", r"layer must give maps .* got.*\(4, 5\) from Awkward"),
        ],
    )
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


class TestTheLayerIsWhatItSeems:
    """Layers whose output has the right number of dimensions and would give a picture, but not of the image."""

    class ChannelsLast(nn.Module):
        """Patches, then a norm and a linear layer with the channels last, as in Swin and ConvNeXt, and back again."""

        def __init__(self, patch=2):
            super().__init__()
            self.stem, self.norm, self.linear = nn.Conv2d(3, 24, patch, patch), nn.LayerNorm(24), nn.Linear(24, 24)
            self.relu, self.back, self.head = nn.ReLU(), nn.Identity(), nn.Linear(24, 5)

        def forward(self, x):
            x = self.relu(self.linear(self.norm(self.stem(x).permute(0, 2, 3, 1))))
            return self.head(self.back(x.permute(0, 3, 1, 2)).mean((2, 3)))

    @pytest.mark.parametrize("name", ["norm", "linear", "relu"])
    def test_the_channels_last(self, name, small_images):
        model = self.ChannelsLast()
        of = f"{type(getattr(model, name)).__name__} '{name}'"
        message = rf"layer must give maps \(N, K, h, w\), but those of {of}, \(4, 4, 4, 24\), are \(N, h, w, K\)"
        with pytest.raises(ValueError, match=message):
            grad_cam(model, small_images, 0, getattr(model, name))

    def test_the_permuted_back_is_what_a_loop_over_places_gives(self, small_images):
        torch.manual_seed(0)
        model, kept = self.ChannelsLast(), {}
        handle = model.relu.register_forward_hook(lambda module, args, output: kept.update(maps=output))
        score = model(small_images)[:, 2].sum()
        handle.remove()
        (gradient,) = torch.autograd.grad(score, kept["maps"])
        expected = torch.zeros(4, 1, 4, 4)
        for n, y, x, k in itertools.product(range(4), range(4), range(4), range(24)):
            expected[n, 0, y, x] += gradient[n, :, :, k].mean() * kept["maps"][n, y, x, k].detach()
        ours = grad_cam(model, small_images, 2, model.back, relu=False, upsample=False)
        torch.testing.assert_close(ours, expected)

    def test_convolutions_followed_place_by_place_stay_the_last(self, small_images):
        """As in ConvNeXt: behind its last convolution come linear layers, at the same places."""
        model = self.ChannelsLast()
        assert torch.equal(grad_cam(model, small_images, 0), grad_cam(model, small_images, 0, model.stem))

    @pytest.mark.parametrize("behind", ["attention", "mixer"])
    def test_a_patch_embedding_is_not_taken_for_the_last_convolution(self, behind, small_images):
        class Tokens(nn.Module):
            def __init__(self):
                super().__init__()
                self.patches, self.head = nn.Conv2d(3, 8, 2, 2), nn.Linear(8, 5)
                self.attention, self.mixer = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(16, 16)

            def forward(self, x):
                x = self.patches(x).flatten(2).transpose(1, 2)
                x = self.attention(x, x, x)[0] if behind == "attention" else self.mixer(x.mT).mT
                return self.head(x.mean(1))

        model = Tokens()
        with pytest.raises(ValueError, match="^layer must be given: behind the last .*, Conv2d 'patches', .*tokens"):
            grad_cam(model, small_images, 0)
        assert grad_cam(model, small_images, 0, model.patches, relu=False).std() > 0  # for those who ask for it

    @pytest.mark.parametrize("name", ["convnext_tiny", "swin_t", "vit_b_32", "mobilenet_v3_small", "googlenet"])
    def test_networks_of_torchvision(self, name):
        options = {"init_weights": False} if name == "googlenet" else {}
        torch.manual_seed(0)
        model = getattr(torchvision.models, name)(weights=None, **options).eval()
        images = torch.rand(1, 3, 224, 224)
        if name in ("swin_t", "vit_b_32"):
            with pytest.raises(ValueError, match="layer must be given: behind the last convolution"):
                grad_cam(model, images, 0)
        else:
            assert grad_cam(model, images, 0, relu=False, upsample=False).shape[2:] == (7, 7)
        if name == "swin_t":
            for layer in model.features[-1], model.norm, model.features[-1][1].mlp:
                with pytest.raises(ValueError, match=r"are \(N, h, w, K\)"):
                    grad_cam(model, images, 0, layer)
            assert grad_cam(model, images, 0, model.permute, relu=False, upsample=False).shape == (1, 1, 7, 7)

    def head_behind_the_pooling(self):
        torch.manual_seed(0)
        body = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU())
        head = nn.Conv2d(6, 9, 1), nn.ReLU(), nn.Flatten(), nn.Linear(9, 5)
        return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), *head)

    def test_a_convolution_behind_the_pooling_is_passed_over(self, small_images):
        model = self.head_behind_the_pooling()
        ours = grad_cam(model, small_images, 0, relu=False)
        assert torch.equal(ours, grad_cam(model, small_images, 0, model[0][0], relu=False))
        assert ours.std((2, 3)).min() > 0

    def test_squeeze_and_excitation_at_the_end(self, small_images):
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3),
            torchvision.ops.SqueezeExcitation(8, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 5),
        )
        assert torch.equal(grad_cam(model, small_images, 1), grad_cam(model, small_images, 1, model[0]))

    def test_one_place_makes_no_map(self, small_images):
        model = self.head_behind_the_pooling()
        for layer in model[1], model[2], model[3]:
            with pytest.raises(ValueError, match=r"layer must give maps of more than one place, got \(4, \d, 1, 1\)"):
                grad_cam(model, small_images, 0, layer)
        lonely = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 5, 1), nn.Flatten())
        with pytest.raises(ValueError, match="layer must be given: no convolution .* with maps of more than one place"):
            grad_cam(lonely, small_images, 0)
        assert grad_cam(lonely, small_images[:, :, :1, :1], 0, relu=False).shape == (4, 1, 1, 1)  # a picture of one

    def test_the_last_to_run_not_the_last_registered(self, small_images):
        class Turned(nn.Module):
            def __init__(self):
                super().__init__()
                self.late, self.early, self.idle = nn.Conv2d(4, 6, 3), nn.Conv2d(3, 4, 3), nn.Conv2d(1, 1, 1)
                self.head = nn.Linear(6, 5)

            def forward(self, x):
                return self.head(self.late(self.early(x).relu()).relu().mean((2, 3)))

        torch.manual_seed(0)
        model = Turned()
        assert torch.equal(grad_cam(model, small_images, 0), grad_cam(model, small_images, 0, model.late))

    @pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
    def test_scripted(self, small_images):
        eager = self.head_behind_the_pooling()
        scripted = torch.jit.script(eager)
        for layer in None, getattr(getattr(scripted, "0"), "0"):
            with pytest.raises(ValueError, match="scripted.*xplain the model it was scripted from"):
                grad_cam(scripted, small_images, 0, layer)

    def test_a_layer_under_no_grad(self, small_images):
        class Frozen(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

            def forward(self, x):
                with torch.no_grad():
                    x = self.conv(x)
                return self.head(x.mean((2, 3)))

        with pytest.raises(ValueError, match=r"Conv2d 'conv' runs under torch.no_grad\(\)"):
            grad_cam(Frozen(), small_images, 0)

    def test_norms_that_keep_the_channels_second(self, small_images):
        """torchvision's LayerNorm2d is an nn.LayerNorm, but takes (N, K, h, w): no reason to refuse it."""
        from torchvision.models.convnext import LayerNorm2d

        model = nn.Sequential(nn.Conv2d(3, 8, 3), LayerNorm2d(8), nn.Flatten(), nn.Linear(288, 5))
        assert grad_cam(model, small_images, 0, model[1], relu=False).std() > 0


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
        ours = grad_cam(
            imagenet_network, photographs, None, imagenet_network.get_submodule(name), relu=False, upsample=False
        )
        torch.testing.assert_close(ours, expected.detach(), atol=1e-4 * expected.abs().max().item(), rtol=0)

    def test_captum_guided(self, name, imagenet_network, photographs):
        plain = without_in_place(imagenet_network)
        expected = attr.GuidedGradCam(plain, plain.get_submodule(name)).attribute(
            photographs[:1].clone(), CLASSES[0], interpolate_mode="bilinear"
        )
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
