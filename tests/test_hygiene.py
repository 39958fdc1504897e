"""What every method promises: it leaves the model, the images and PyTorch as it found them, also after an error.

A new method joins by one line in METHODS.
"""

import copy
from functools import partial

import pytest
import torch
from torch import nn

from utils.methods import (
    class_score,
    compensate_shift,
    completeness_gap,
    deconvnet,
    grad_cam,
    gradient_x_input,
    guided_backprop,
    guided_grad_cam,
    integrated_gradients,
    smoothgrad,
    stability,
    vanilla_gradient,
)

METHODS = {
    "vanilla_gradient": vanilla_gradient,
    "gradient_x_input": gradient_x_input,
    "deconvnet": deconvnet,
    "guided_backprop": guided_backprop,
    "grad_cam": grad_cam,
    "grad_cam, first layer": lambda model, images, target=None: grad_cam(model, images, target, first_of(model)),
    "guided_grad_cam": guided_grad_cam,
    "smoothgrad": partial(smoothgrad, vanilla_gradient, n_samples=3),
    "smoothgrad of grad_cam": partial(smoothgrad, grad_cam, n_samples=3),
    "integrated_gradients": partial(integrated_gradients, n_steps=3),
}


def first_of(model):
    return next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None) \
        if isinstance(model, nn.Module) else None


def gap(model, images, target=None):
    return completeness_gap(torch.zeros(4, 3, 8, 8), model, images, target)


@pytest.fixture(params=METHODS)
def method(request):
    return METHODS[request.param]


def stable(model, images, target=None):
    """Of the class asked for, where stability takes the predicted one; through unchanged_predictions, too."""
    def method(model, images, predicted):
        return vanilla_gradient(model, images, predicted if target is None else target)
    return stability(method, model, images, 1e-4)


FUNCTIONS = {"class_score": class_score, "completeness_gap": gap, "stability": stable, **METHODS}


@pytest.fixture(params=FUNCTIONS)
def function(request):
    return FUNCTIONS[request.param]


@pytest.fixture
def lived_in(small_network):
    """A model in the middle of its life: some parts training, some frozen, with gradients and hooks of its own."""
    model = small_network()
    model(torch.rand(2, 3, 8, 8)).sum().backward()
    model.train()
    model.features[1].eval()
    model.features[0].weight.requires_grad_(False)
    model.classifier[2].weight.grad = None
    model.features[2].register_forward_hook(lambda module, args, output: None)
    model.features[4].weight.register_hook(lambda grad: None)
    return model


def state(model):
    """Everything of a model that a caller could miss afterwards."""
    hooks = [{name: dict(value) for name, value in vars(module).items() if "hooks" in name and value is not None}
             for module in model.modules()]
    return copy.deepcopy({
        "values": {name: value.detach() for name, value in model.state_dict().items()},
        "identities": {name: id(value) for name, value in [*model.named_parameters(), *model.named_buffers()]},
        "grads": {name: value.grad for name, value in model.named_parameters()},
        "requires_grad": {name: value.requires_grad for name, value in model.named_parameters()},
        "training": {name: module.training for name, module in model.named_modules()},
        "hooks": [{name: {key: id(hook) for key, hook in value.items()} for name, value in of.items()} for of in hooks],
        "attributes": [sorted(vars(module)) for module in model.modules()],
    })


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a == b


def test_the_model_comes_back_as_it_was(function, lived_in, small_images):
    before = state(lived_in)
    function(lived_in, small_images, 1)
    function(lived_in, small_images)
    assert same(state(lived_in), before)


@pytest.mark.parametrize("padding", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_a_copy_leaves_the_model_as_it_was_and_is_as_it_was(training, padding, lived_in):
    lived_in.features[0].train(training)
    before = state(lived_in)
    copied = compensate_shift(lived_in, torch.tensor([0.1, 0.2, 0.3]), padding=padding)
    after = state(copied)
    with torch.no_grad():
        for value in [*copied.parameters(), *copied.buffers()]:
            value.zero_()
    assert same(state(lived_in), before)
    assert {module.training for module in copied.features[0].modules()} == {training}
    if padding:  # the layer in front is two now
        after["training"] = {name: value for name, value in after["training"].items() if "features.0." not in name}
        after["requires_grad"] = {name.replace("features.0.1", "features.0"): value
                                  for name, value in after["requires_grad"].items()}
    assert after["training"] == before["training"] and after["requires_grad"] == before["requires_grad"]


@pytest.mark.parametrize("where", ["features.0", "features.5", "classifier.4"])
def test_also_after_an_exception_inside(function, where, lived_in, small_images):
    def fail(module, args, output):
        raise KeyError("from inside the model")

    lived_in.get_submodule(where).register_forward_hook(fail)
    before = state(lived_in)
    with pytest.raises(KeyError, match="from inside the model"):
        function(lived_in, small_images, 1)
    assert same(state(lived_in), before)
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_also_after_an_exception_on_the_way_back(method, lived_in, small_images):
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            raise KeyError("on the way back")

    lived_in.classifier[0].register_forward_hook(lambda module, args, output: Fails.apply(output))
    before = state(lived_in)
    with pytest.raises(KeyError, match="on the way back"):
        method(lived_in, small_images, 1)
    assert same(state(lived_in), before)


@pytest.mark.parametrize("bad", [
    {"target": 5}, {"target": 0.5}, {"images": torch.zeros(3, 8, 8)}, {"images": torch.zeros(1, 3, 8, 8).int()},
    {"images": torch.full((1, 3, 8, 8), torch.nan)}, {"images": None}, {"model": None}, {"model": "resnet"},
], ids=str)
def test_also_after_a_bad_argument(function, bad, lived_in, small_images):
    before = state(lived_in)
    name = next(iter(bad))
    with pytest.raises((TypeError, ValueError), match=f"^{name} must"):
        function(**({"model": lived_in, "images": small_images, "target": 1} | bad))
    assert same(state(lived_in), before)


def test_the_images_come_back_as_they_were(function, small_network, small_images):
    images = small_images.requires_grad_()
    images.grad = torch.ones_like(images)
    before, version = images.detach().clone(), images._version
    function(small_network(), images, 1)
    assert torch.equal(images, before) and images._version == version
    assert images.requires_grad and images.is_leaf and images.grad.eq(1).all()
    assert not function(small_network(), images.detach(), 1).is_set_to(images)


def test_a_model_that_begins_in_place_does_not_reach_the_images(function, small_network, small_images):
    model = nn.Sequential(nn.ReLU(inplace=True), small_network())
    images = small_images - 0.5
    before = images.clone()
    function(model, images, 1)
    assert torch.equal(images, before)


def test_pytorch_comes_back_as_it_was(function, small_network, small_images):
    model = small_network()
    random_state = torch.get_rng_state()
    with torch.no_grad():
        function(model, small_images, 1)
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        function(model, small_images, 1)
        assert torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), random_state)


def test_the_model_is_explained_in_eval_mode(function, small_network, small_images):
    model = small_network()
    expected = function(model, small_images, 1)
    assert torch.equal(function(model.train(), small_images, 1), expected)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_it_works_without_gradients_around_it(method, context, small_network, small_images):
    model = small_network()
    expected = method(model, small_images, 1)
    with context():
        assert torch.equal(method(model, small_images, 1), expected)
        made_here = small_images.clone()
        assert torch.equal(method(model, made_here, 1), expected)
    assert torch.equal(method(model, made_here, 1), expected)


def test_a_model_built_in_inference_mode_is_refused(method, small_images):
    with torch.inference_mode():
        model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5))
    with pytest.raises(ValueError, match="model was built under torch.inference_mode"):
        method(model, small_images, 1)


def test_the_result_is_plain(method, small_network, small_images):
    result = method(small_network(), small_images.requires_grad_(), 1)
    assert type(result) is torch.Tensor and not result.requires_grad and result.grad_fn is None
    assert len(result) == len(small_images) and result.shape[2:] == small_images.shape[2:]
    assert result.isfinite().all()


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-5), (torch.bfloat16, 0.2), (torch.float16, 0.2)])
def test_dtypes(method, dtype, tolerance, small_network, small_images):
    model = small_network()
    with torch.no_grad():
        model.classifier[4].weight *= 100  # or products of gradients are below what float16 can hold
    # In half precision max pooling may choose the other of two near-equal values, hence the tolerance.
    expected = method(copy.deepcopy(model).double(), small_images.to(dtype).double(), 1)
    result = method(model.to(dtype), small_images.to(dtype), 1)
    assert result.dtype == dtype
    assert (result.double() - expected).norm() <= tolerance * expected.norm()


def test_autocast(method, small_network, small_images):
    expected = method(small_network(), small_images, 1)
    with torch.autocast("cpu", torch.bfloat16):
        result = method(small_network(), small_images, 1)
    assert result.dtype == torch.float32
    assert (result - expected).norm() <= 0.2 * expected.norm()


def test_memory_formats(method, small_network, small_images):
    expected = method(small_network(), small_images, 1)
    model = small_network().to(memory_format=torch.channels_last)
    torch.testing.assert_close(method(model, small_images.to(memory_format=torch.channels_last), 1), expected)
    strided = small_images.transpose(2, 3).contiguous().transpose(2, 3)
    torch.testing.assert_close(method(small_network(), strided, 1), expected)
    expanded = method(small_network(), small_images[:1].expand(3, -1, -1, -1), 1)
    torch.testing.assert_close(expanded, expected[:1].expand_as(expanded))


def test_twice_is_the_same(method, small_network, small_images):
    model = small_network()
    assert torch.equal(method(model, small_images, 1), method(model, small_images, 1))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_gpu(method, small_network, small_images):
    expected = method(small_network(), small_images, torch.tensor([0, 1, 2, 3]))
    result = method(small_network().cuda(), small_images.cuda(), torch.tensor([0, 1, 2, 3]))
    assert result.is_cuda
    torch.testing.assert_close(result.cpu(), expected, atol=1e-3, rtol=1e-3)
    with pytest.raises(ValueError, match="images are on cpu, the model is on cuda:0"):
        method(small_network().cuda(), small_images, 1)
