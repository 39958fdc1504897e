"""What every method promises: it leaves the model, the images and PyTorch as it found them, also after an error.

A new method joins by one line in METHODS.
"""

import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from utils.evaluation import (
    compensate_shift,
    infidelity,
    max_sensitivity,
    random_squares,
    random_subsets,
    randomisation_curve,
    score_curve,
    sensitivity_n,
    stability,
)
from utils.methods import (
    class_score,
    coalition_scores,
    completeness_gap,
    deconvnet,
    deep_taylor_rule,
    deeplift,
    extremal_perturbation,
    grad_cam,
    gradient_x_input,
    guided_backprop,
    guided_grad_cam,
    integrated_gradients,
    lrp,
    rise,
    sliding_occlusion,
    smoothgrad,
    vanilla_gradient,
)
from utils.methods.batches import classes_of

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
    "lrp": lrp,
    "lrp, deep Taylor": partial(lrp, rule=partial(deep_taylor_rule, low=-1.0)),
    "deeplift": deeplift,
    "sliding_occlusion": partial(sliding_occlusion, window=4, stride=3, fill=0.3),
    "rise": partial(rise, n_masks=5, cells=3),
    "rise, minus_hidden": partial(rise, n_masks=5, cells=3, minus_hidden=True),
    "extremal_perturbation": partial(extremal_perturbation, n_steps=3, cells=4, sigma=1.0),
    "extremal_perturbation, delete": partial(extremal_perturbation, n_steps=3, cells=4, sigma=1.0, delete=True),
}
BY_RULES = ["lrp", "lrp, deep Taylor", "deeplift"]  # they refuse a function for which they have no rule
BY_FORWARDS = ["sliding_occlusion", "rise", "rise, minus_hidden"]  # no model needs a gradient for them


def first_of(model):
    return (
        next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)
        if isinstance(model, nn.Module)
        else None
    )


def gap(model, images, target=None):
    return completeness_gap(torch.zeros(4, 3, 8, 8, device="cpu"), model, images, target)


@pytest.fixture(params=METHODS)
def method(request):
    return METHODS[request.param]


@pytest.fixture(params=[name for name in METHODS if name not in BY_FORWARDS])
def by_gradient(request):
    return METHODS[request.param]


@pytest.fixture(params=BY_FORWARDS)
def by_forwards(request):
    return METHODS[request.param]


def stable(model, images, target=None):
    """Of the class asked for, where stability takes the predicted one; through unchanged_predictions, too."""

    def method(model, images, predicted):
        return vanilla_gradient(model, images, predicted if target is None else target)

    return stability(method, model, images, 1e-4)


def shown(model, images, target=None):
    """Of a game of three players: rows, and what is left over is nobody's."""
    players = torch.zeros(3, 8, 8, dtype=torch.bool, device="cpu")
    for i, player in enumerate(players):
        player[2 * i : 2 * i + 2] = True
    return coalition_scores(model, images, target, players=players)


def compared(model, images, target=None):
    """With its own maps."""
    return randomisation_curve(vanilla_gradient, model, [model], images, target)


MAPS = torch.arange(256.0, device="cpu").view(4, 8, 8).sin()


def deleted(model, images, target=None):
    """Of the class asked for, or of those that are predicted: score_curve wants to be told."""
    class_score(model, images, target)
    c = torch.tensor(classes_of(model, images, target, 4), device="cpu")
    return score_curve(model, images, images.flip(3), MAPS, c, 3)


def correlated(model, images, target=None):
    return sensitivity_n(model, images, MAPS, target, random_subsets((8, 8), 20, 5))


def foretold(model, images, target=None):
    return infidelity(model, images, MAPS, target, random_squares((8, 8), 4, 5))


FUNCTIONS = {
    "class_score": class_score,
    "completeness_gap": gap,
    "stability": stable,
    "randomisation_curve": compared,
    "coalition_scores": shown,
    "score_curve": deleted,
    "sensitivity_n": correlated,
    "infidelity": foretold,
    "max_sensitivity": partial(max_sensitivity, vanilla_gradient, n_samples=3),
    **METHODS,
}


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
    hooks = [
        {name: dict(value) for name, value in vars(module).items() if "hooks" in name and value is not None}
        for module in model.modules()
    ]
    return copy.deepcopy(
        {
            "values": {name: value.detach() for name, value in model.state_dict().items()},
            "identities": {name: id(value) for name, value in [*model.named_parameters(), *model.named_buffers()]},
            "grads": {name: value.grad for name, value in model.named_parameters()},
            "requires_grad": {name: value.requires_grad for name, value in model.named_parameters()},
            "training": {name: module.training for name, module in model.named_modules()},
            "hooks": [
                {name: {key: id(hook) for key, hook in value.items()} for name, value in of.items()} for of in hooks
            ],
            "attributes": [sorted(vars(module)) for module in model.modules()],
        }
    )


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
        after["requires_grad"] = {
            name.replace("features.0.1", "features.0"): value for name, value in after["requires_grad"].items()
        }
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


def test_also_after_an_exception_on_the_way_back(by_gradient, lived_in, small_images):
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            raise KeyError("on the way back")

    lived_in.classifier[0].register_forward_hook(lambda module, args, output: Fails.apply(output))
    before = state(lived_in)
    with pytest.raises((KeyError, ValueError), match="on the way back|computes 'Fails' where no rule"):
        by_gradient(lived_in, small_images, 1)
    assert same(state(lived_in), before)


@pytest.mark.parametrize(
    "bad",
    [
        {"target": 5},
        {"target": 0.5},
        {"images": torch.zeros(3, 8, 8)},
        {"images": torch.zeros(1, 3, 8, 8).int()},
        {"images": torch.full((1, 3, 8, 8), torch.nan)},
        {"images": None},
        {"model": None},
        {"model": "resnet"},
    ],
    ids=str,
)
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


def test_a_buffer_made_in_inference_mode_is_refused(method, small_network, small_images):
    model = small_network()
    with torch.inference_mode():
        model.features[1].running_var = torch.ones(6)
    with pytest.raises(ValueError, match=r"built under torch.inference_mode\(\).*buffers \('features.1.running_var'\)"):
        method(model, small_images, 1)


class Merging(nn.Linear):
    """Adds its low-rank part to its weight in eval mode and takes it out in training, as adapters do."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.down, self.up = nn.Parameter(torch.randn(2, sizes[0])), nn.Parameter(torch.randn(sizes[1], 2))
        self.merged = False

    def train(self, mode=True):
        super().train(mode)
        if mode == self.merged:
            with torch.no_grad():
                self.weight += (-1 if mode else 1) * self.up @ self.down
            self.merged = not mode
        return self

    def forward(self, x):
        return super().forward(x) if self.merged else super().forward(x) + x @ self.down.T @ self.up.T


@pytest.mark.parametrize("adapter_trains", [True, False])
def test_a_layer_that_acts_on_its_mode_can_be_trained_afterwards(function, adapter_trains, small_network, small_images):
    torch.manual_seed(0)
    model = small_network()
    model.classifier[4] = Merging(16, 5)
    model.train()
    adapter = model.classifier[4].train(adapter_trains)
    weight = adapter.weight.detach().clone()
    function(model, small_images, 1)
    assert model.training and adapter.training == adapter_trains and adapter.merged != adapter_trains
    torch.testing.assert_close(adapter.weight.detach(), weight, atol=1e-6, rtol=0)
    if adapter_trains:
        model(small_images).sum().backward()
        assert adapter.down.grad.abs().sum() > 0


def test_modes_that_a_train_of_its_own_has_set_come_back(function, small_network, small_images):
    model = small_network()

    class Frozen(type(model)):  # its batch norm is never to train
        def train(self, mode=True):
            super().train(mode)
            self.features[1].eval()
            return self

    model.__class__ = Frozen
    model.train()
    model.classifier[1].eval()
    before = {name: module.training for name, module in model.named_modules()}
    assert set(before.values()) == {True, False}
    function(model, small_images, 1)
    assert {name: module.training for name, module in model.named_modules()} == before


def test_an_eval_that_returns_nothing(function, small_network, small_images):
    model = small_network()
    expected = function(model, small_images, 1)
    model.eval = lambda: type(model).eval(model) and None
    assert torch.equal(function(model.train(), small_images, 1), expected)


@pytest.mark.parametrize(
    "why, spoil",
    [
        ("has no running statistics", lambda norm: norm.register_buffer("running_mean", None)),
        (
            "stays in training mode",
            lambda norm: setattr(norm, "train", lambda mode=True: setattr(norm, "training", True)),
        ),
    ],
)
def test_a_model_whose_rows_mix_is_refused(function, why, spoil, small_network, small_images):
    model = small_network()
    spoil(model.features[1])
    model.features[1].train()
    statistics = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match=f"model must treat each image on its own .*BatchNorm2d 'features.1' {why}"):
        function(model, small_images, 1)
    assert same(dict(model.state_dict()), dict(statistics))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_norms_that_go_by_each_image_are_welcome(name, small_network, small_images):
    model = small_network()
    for norm in nn.GroupNorm(2, 6), nn.InstanceNorm2d(6), nn.InstanceNorm2d(6, affine=True, track_running_stats=True):
        model.features[1] = norm.eval()
        if name in BY_RULES and (name != "deeplift" or getattr(norm, "running_mean", None) is None):
            with pytest.raises(ValueError, match="model must be made of functions that .* has a rule for.*Norm'"):
                FUNCTIONS[name](model, small_images, 1)
        else:
            assert FUNCTIONS[name](model, small_images, 1).isfinite().all()


class Viewing(nn.Module):
    """Flattens by .view, which fails where the channels are last in memory."""

    def __init__(self, flatten):
        super().__init__()
        self.conv, self.linear, self.flatten = nn.Conv2d(3, 4, 3), nn.Linear(4 * 36, 5), flatten

    def forward(self, x):
        return self.linear(self.flatten(self.conv(x).relu()))


@pytest.mark.parametrize("flatten", [lambda x: x.view(len(x), -1), lambda x: x.view(-1, 144)])
def test_a_model_that_views(function, flatten, small_images):
    torch.manual_seed(0)
    model = Viewing(flatten)
    expected = function(model, small_images, 1)
    model.flatten = nn.Flatten()
    torch.testing.assert_close(function(model, small_images, 1), expected, atol=1e-6, rtol=1e-4)


def test_the_result_has_the_layout_of_the_images(method, small_network, small_images):
    assert method(small_network(), small_images, 1).is_contiguous()
    last = small_images.contiguous(memory_format=torch.channels_last)
    assert vanilla_gradient(small_network(), last, 1).stride() == last.stride()


def test_whatever_the_default_device(function, small_network, small_images):
    model = small_network()
    expected = function(model, small_images, 1)
    torch.set_default_device("meta")  # stands for a GPU: what is made without saying where cannot be used
    try:
        result = function(model, small_images, 1)
    finally:
        torch.set_default_device(None)
    assert torch.equal(result, expected)


class Checkpointed(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.linear, self.reentrant = nn.Conv2d(3, 4, 3), nn.Linear(4, 5), True

    def forward(self, x):
        x = checkpoint(lambda x: self.conv(x).relu(), x, use_reentrant=self.reentrant)
        return self.linear(x.mean((2, 3)))


def test_reentrant_checkpoints_are_refused_in_words(by_gradient, small_images):
    model = Checkpointed()
    with pytest.raises(ValueError, match="checkpoint.*use_reentrant=False"):
        by_gradient(model, small_images, 1)
    model.reentrant = False
    assert by_gradient(model, small_images, 1).isfinite().all()


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad:UserWarning")
def test_any_checkpoint_will_do_for_forwards(by_forwards, small_images):
    model = Checkpointed()
    found = by_forwards(model, small_images, 1)
    model.reentrant = False
    assert torch.equal(by_forwards(model, small_images, 1), found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("warm", [False, True])
def test_a_compiled_model(warm, small_images):
    torch.manual_seed(0)
    model = Residual().eval()
    compiled = torch.compile(model, backend="eager")
    if warm:
        compiled(small_images)
        compiled(small_images.contiguous(memory_format=torch.channels_last))
    for name, method in METHODS.items():
        torch.testing.assert_close(method(compiled, small_images, 1), method(model, small_images, 1), msg=name)
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_quantised_layers_are_refused_in_words(by_gradient, small_images):
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5)).eval()
    model = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)
    with pytest.raises(ValueError, match="^(model returns scores that autograd cannot|layer must lead to the score)"):
        by_gradient(model, small_images, 1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_quantised_layers_will_do_for_forwards(by_forwards, small_images):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5)).eval()
    quantised = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)
    found, expected = by_forwards(quantised, small_images, 1), by_forwards(model, small_images, 1)
    assert (found - expected).norm() < 0.2 * expected.norm()


def test_an_exported_program_is_refused_in_words(function, small_images):
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5)).eval()
    exported = torch.export.export(model, (small_images,)).module()
    with pytest.raises(ValueError, match="model must be one that can be put into eval mode.*exported"):
        function(exported, small_images, 1)


# Many threads, one model ----------------------------------------------------------------------------------------------


class Residual(nn.Module):
    """With a branch that a cut takes out of the gradient, and dropout and batch norm that tell training from eval."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.branch = nn.Conv2d(8, 8, 3, padding=1)
        self.dropout, self.head = nn.Dropout(0.5), nn.Linear(8, 5)

    def forward(self, x):
        x = self.norm(self.stem(x)).relu()
        x = x + self.branch(x)
        return self.head(self.dropout(x.relu().mean((2, 3))))


@pytest.mark.parametrize("training", [False, True])
def test_threads_that_share_a_model_do_not_disturb_each_other(training, small_images):
    torch.manual_seed(0)
    model = Residual().eval()
    expected = {name: function(model, small_images, 1) for name, function in FUNCTIONS.items()}
    model.train(training)
    before, wrong = state(model), []
    with ThreadPoolExecutor(8) as pool:
        calls = [(name, pool.submit(FUNCTIONS[name], model, small_images, 1)) for _ in range(6) for name in FUNCTIONS]
        for name, call in calls:
            if not torch.equal(call.result().detach(), expected[name].detach()):
                wrong.append(name)
    assert not wrong
    assert same(state(model), before)


class Gate(nn.Module):
    """Stops its thread in the middle of the model until it is opened."""

    def __init__(self):
        super().__init__()
        self.stopped = {}

    def forward(self, x):
        if here := self.stopped.pop(threading.current_thread().name, None):
            arrived, opened = here
            arrived.set()
            assert opened.wait(60)
        return x

    def stop(self, name):
        self.stopped[name] = threading.Event(), threading.Event()
        return self.stopped[name]


def test_a_call_that_begins_and_ends_within_another(method, small_images):
    torch.manual_seed(0)
    gate, net = Gate(), Residual()
    model = nn.Sequential(gate, net).eval()
    expected = method(model, small_images, 1)
    for outer in grad_cam, vanilla_gradient, guided_backprop:
        alone = outer(model, small_images, 2)
        arrived, opened = gate.stop("outer")
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(
                lambda outer=outer: (
                    setattr(threading.current_thread(), "name", "outer") or outer(model, small_images, 2)
                )
            )
            assert arrived.wait(60)
            inside = method(model, small_images, 1)
            opened.set()
            assert torch.equal(call.result(), alone)
        assert torch.equal(inside, expected)


def test_a_model_in_training_waits_for_its_turn(small_images):
    """Two calls that overlap: the second must neither see the first one's eval mode as the model's own, nor take it."""
    torch.manual_seed(0)
    gate, net = Gate(), Residual()
    model = nn.Sequential(gate, net)
    expected = vanilla_gradient(model, small_images, 1)
    arrived, opened = gate.stop("first")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(
            lambda: setattr(threading.current_thread(), "name", "first") or vanilla_gradient(model, small_images, 1)
        )
        assert arrived.wait(60)
        second = pool.submit(vanilla_gradient, model, small_images, 1)
        with pytest.raises(TimeoutError):
            second.result(0.2)
        opened.set()
        assert torch.equal(first.result(60), expected) and torch.equal(second.result(60), expected)
    assert all(module.training for module in model.modules())


def test_hooks_leave_other_threads_their_gradient(small_images):
    """A plain pass of another thread, while grad_cam has its hooks in the model."""
    torch.manual_seed(0)
    gate, net = Gate(), Residual().eval()
    model = nn.Sequential(gate, net)

    def gradient():
        x = small_images.clone().requires_grad_()
        return torch.autograd.grad(model(x)[:, 1].sum(), [x, net.stem.weight])

    model.eval()
    expected = gradient()
    arrived, opened = gate.stop("cam")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(
            lambda: setattr(threading.current_thread(), "name", "cam") or grad_cam(model, small_images, 1, net.branch)
        )
        assert arrived.wait(60)
        beside = gradient()
        opened.set()
        assert call.result().isfinite().all()
    assert all(torch.equal(a, b) for a, b in zip(beside, expected, strict=True))


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
