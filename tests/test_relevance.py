"""Relevance against hand values, every rule written again slowly from its formula, Captum, and zennit where it is."""

import copy
import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from captum import attr
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, GammaRule
from torch import nn

from utils.methods import (
    alpha_beta_rule,
    completeness_gap,
    composite,
    deep_taylor_rule,
    deeplift,
    epsilon_rule,
    flat_rule,
    gamma_rule,
    gradient_x_input,
    integrated_gradients,
    kept,
    lrp,
    pattern,
    rescale_rule,
    z_box_rule,
    z_plus_rule,
    zero_rule,
)
from utils.rps import load_hands, load_network


def dense(weight, bias=None):
    layer = nn.Linear(len(weight[0]), len(weight)).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight))
        layer.bias.copy_(torch.zeros(len(weight)) if bias is None else torch.tensor(bias))
    return layer


def chain(*layers):
    return nn.Sequential(nn.Flatten(), *layers).eval()


def values(*numbers):
    return torch.tensor(numbers, dtype=torch.float64).reshape(1, -1, 1, 1)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(found, expected, tolerance=1e-10):
    expected = torch.as_tensor(expected, dtype=found.dtype).reshape(found.shape)
    assert (found - expected).abs().max() <= tolerance * max(1, expected.abs().max()), (found, expected)


# By hand --------------------------------------------------------------------------------------------------------------

TWO_LAYERS = dense([[1.0, 1], [1, -1], [-1, 1]]), nn.ReLU(), dense([[2.0, -1, 3]])  # h = (3, 1, 0), S = 5 at (2, 1)
BY_HAND = {
    "LRP-0": (zero_rule, (6, -1, 0), (2, 3)),
    "ε = 1": (partial(epsilon_rule, epsilon=1.0), (5, -5 / 6, 0), (5 / 3, 5 / 3)),
    "γ = 1": (partial(gamma_rule, gamma=1.0), (60 / 11, -5 / 11, 0), (100 / 33, 65 / 33)),
    "z+": (z_plus_rule, (5, 0, 0), (10 / 3, 5 / 3)),
    "α1β0": (partial(alpha_beta_rule, alpha=1.0, beta=0.0), (5, 0, 0), (10 / 3, 5 / 3)),
    "α2β1": (alpha_beta_rule, (10, -5, 0), (10 / 3, 35 / 3)),  # h1 has no negative input, so the sum is 15
    "flat": (flat_rule, (5 / 3, 5 / 3, 5 / 3), (5 / 2, 5 / 2)),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_two_layers_by_hand(name):
    rule, hidden, inputs = BY_HAND[name]
    seen = []

    def watched(layer, a, relevance):
        seen.append(rule(layer, a, relevance))
        return seen[-1]

    close(lrp(chain(*TWO_LAYERS), values(2, 1), 0, rule=watched), inputs)
    close(seen[0], hidden)
    close(kept(values(*inputs), chain(*TWO_LAYERS), values(2, 1)), sum(inputs) / 5)


@pytest.mark.parametrize("rule, expected", [(zero_rule, (2, 1)), (z_plus_rule, (2 / 3, 1 / 3)),
                                            (alpha_beta_rule, (4 / 3, 2 / 3))])  # fmt: skip
def test_a_bias_takes_part_in_z_and_gets_nothing(rule, expected):
    close(rule(dense([[1.0, 1]], [-2.0]), torch.tensor([[2.0, 1]]).double(), torch.ones(1, 1).double()), expected)


@pytest.mark.parametrize("alpha, expected", [(1.0, (-1, 0)), (2.0, (-2, 0.5))])
def test_alpha_beta_where_the_bias_is_half_of_what_is_negative(alpha, expected):
    layer, a = dense([[1.0, -1]], [-1.0]), torch.ones(1, 2).double()
    close(alpha_beta_rule(layer, a, layer(a).detach(), alpha=alpha, beta=alpha - 1), expected)


def test_a_dark_pixel_gets_the_larger_share_in_a_box():
    layer, a, relevance = dense([[1.0, -1]]), torch.tensor([[0.5, 0.25]]).double(), torch.ones(1, 1).double()
    close(z_box_rule(layer, a, relevance), (0.4, 0.6))
    close(z_plus_rule(layer, a, relevance), (1, 0))
    close(lrp(chain(layer), values(0.5, 0), 0, rule=z_box_rule), (1 / 6, 1 / 3))  # a black one, too


def test_z_of_zero_is_positive_to_epsilon_and_shares_nothing_without():
    layer, a, relevance = dense([[1.0, -1]]), torch.ones(1, 2).double(), torch.ones(1, 1).double()
    close(epsilon_rule(layer, a, relevance, epsilon=0.5), (2, -2))
    close(zero_rule(layer, a, relevance), (0, 0))


# Every rule again, slowly ---------------------------------------------------------------------------------------------


def matrix(layer, shape):
    """(weights (D, K), bias (K,)) of a layer as one matrix, by what it makes of each unit input."""
    plain = copy.deepcopy(layer).double()
    d = math.prod(shape)
    bias = plain(torch.zeros(1, *shape).double()).detach().flatten()
    return plain(torch.eye(d).double().reshape(d, *shape)).detach().flatten(1) - bias, bias


def slowly(name, w, b, a, r):
    """R_i of one row, following the definition: w (D, K), b (K,), a (D,), r (K,)."""
    result = torch.zeros_like(a)
    for j in range(len(r)):
        if name == "γ = .5":
            grown = w[:, j] + 0.5 * w[:, j].clamp(min=0)
            z = (a * grown).sum() + b[j] + 0.5 * max(b[j], 0)
            result += a * grown / z * r[j] if z else 0
        elif name in ("LRP-0", "ε = .25"):
            z = (a * w[:, j]).sum() + b[j]
            z += (0.25 if name != "LRP-0" else 0) * (1 if z >= 0 else -1)
            result += a * w[:, j] / z * r[j] if z else 0
        elif name in ("z+", "α2β1", "α2β1, no bias"):
            z = [a_i * w_i for a_i, w_i in zip(a.tolist(), w[:, j].tolist(), strict=True)]
            up, down = [max(v, 0) for v in z], [min(v, 0) for v in z]
            biased = b[j].item() if name == "α2β1" else 0
            alpha, beta = (1, 0) if name == "z+" else (2, 1)
            top, bottom = sum(up) + max(biased, 0), sum(down) + min(biased, 0)
            for i in range(len(a)):
                result[i] += alpha * up[i] / top * r[j] if top else 0
                result[i] -= beta * down[i] / bottom * r[j] if bottom else 0
        elif name == "z^B":
            z = [x * v + 2 * max(v, 0) - 3 * min(v, 0) for x, v in zip(a.tolist(), w[:, j].tolist(), strict=True)]
            result += torch.tensor(z, dtype=a.dtype) / sum(z) * r[j]
        elif name == "flat":
            mine = (w[:, j] != 0).to(a)
            result += mine / mine.sum() * r[j]
    return result


RULES = {
    "LRP-0": zero_rule,
    "ε = .25": partial(epsilon_rule, epsilon=0.25),
    "γ = .5": partial(gamma_rule, gamma=0.5),
    "z+": z_plus_rule,
    "α2β1": alpha_beta_rule,
    "α2β1, no bias": partial(alpha_beta_rule, bias=False),
    "z^B": partial(z_box_rule, low=-2.0, high=3.0),
    "flat": flat_rule,
}
LAYERS = {
    "linear": (lambda: nn.Linear(5, 4), (5,)),
    "linear, no bias": (lambda: nn.Linear(5, 4, bias=False), (5,)),
    "padding": (lambda: nn.Conv2d(2, 3, 3, padding=1), (2, 4, 3)),
    "stride, groups": (lambda: nn.Conv2d(2, 4, 2, stride=2, groups=2, bias=False), (2, 4, 5)),
    "dilation": (lambda: nn.Conv2d(1, 2, 2, dilation=2, padding=1), (1, 4, 4)),
}


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("name", RULES)
def test_every_rule_follows_its_definition(name, kind, signed):
    build, shape = LAYERS[kind]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        layer = build().double()
    a = random(2, *shape).clamp(-1.9, 2.9)
    a = a if signed else a.clamp(min=0)
    relevance = random(*layer(a).shape, seed=1)
    w, b = matrix(layer, shape)
    expected = [slowly(name, w, b, x.flatten(), r.flatten()) for x, r in zip(a, relevance, strict=True)]
    before = copy.deepcopy(layer.state_dict())
    close(RULES[name](layer, a, relevance), torch.stack(expected))
    assert all(torch.equal(value, before[key]) for key, value in layer.state_dict().items())


def walked(layers, x, target, rules):
    """The walk through a chain of layers, spelled out: rules has one name for each layer with weights."""
    inputs = []
    for layer in layers:
        inputs.append(x)
        x = layer(x).detach()
    r = torch.zeros_like(x)
    r[:, target] = x[:, target]
    names = list(rules)
    for layer, a in reversed(list(zip(layers, inputs, strict=True))):
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            (w, b), name = matrix(layer, a.shape[1:]), names.pop()
            r = torch.stack([slowly(name, w, b, *each) for each in zip(a.flatten(1), r.flatten(1), strict=True)])
        elif isinstance(layer, nn.MaxPool2d):
            _, at = F.max_pool2d(a, 2, return_indices=True)
            r = F.max_unpool2d(r.reshape(at.shape), at, 2, output_size=a.shape[2:])
        r = r.reshape(a.shape)
    return r


@pytest.fixture
def plain(small_network):
    """The layers of a small network in float64, the batch norm folded into the convolution by hand."""
    network = small_network().double()
    conv, norm = network.features[:2]
    with torch.no_grad():
        norm.weight.copy_(random(6, seed=5)), norm.bias.copy_(random(6, seed=6)), norm.running_var.mul_(1e-3)
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    folded = copy.deepcopy(conv)
    with torch.no_grad():
        folded.weight.mul_(scale[:, None, None, None])
        folded.bias.copy_((conv.bias - norm.running_mean) * scale + norm.bias)
    return network, [folded, *network.features[2:], *network.classifier]


@pytest.mark.parametrize("names", [["LRP-0"] * 4, ["z+"] * 4, ["γ = .5"] * 4, ["α2β1, no bias"] * 4, ["flat"] * 4,
                                   ["z^B", "z+", "ε = .25", "LRP-0"]], ids=" ".join)  # fmt: skip
def test_a_network_with_batch_norm_is_the_walk_through_its_layers(names, plain, small_images):
    network, layers = plain
    images = small_images[:1].double()
    of = {}

    def rule(layer, a, relevance):
        of.setdefault(layer.weight.shape, len(of))
        return RULES[names[3 - of[layer.weight.shape]]](layer, a, relevance)

    expected = walked(layers, images, 1, names)
    close(lrp(network, images, 1, rule=rule), expected)
    close(lrp(nn.Sequential(*layers).eval(), images, torch.tensor([1]), rule=rule), expected)


# Any network ----------------------------------------------------------------------------------------------------------


class Branches(nn.Module):
    """Every way in which branches part and meet, and functions in place of modules."""

    def __init__(self):
        super().__init__()
        self.stem, self.one, self.three = (
            nn.Conv2d(3, 4, 3, padding=1),
            nn.Conv2d(4, 4, 1),
            nn.Conv2d(4, 4, 3, padding=1),
        )
        self.norm, self.alone = nn.BatchNorm2d(4), nn.BatchNorm2d(8)
        self.weight = nn.Parameter(torch.randn(5, 8))
        self.scale = nn.Parameter(torch.tensor(0.7))

    def forward(self, x):
        x = F.relu_(self.stem(x))
        y = self.norm(self.one(x))
        y += x  # in place, behind a batch norm
        y = torch.relu(y)
        z = F.relu(self.three(x), inplace=True) * self.scale
        x = torch.cat([y, x - z / 2], 1)
        x = F.leaky_relu(self.alone(x), 0.1)
        x = F.avg_pool2d(F.pad(x, (1, 1, 0, 0)), 2) + F.max_pool2d(F.pad(x, (1, 1, 0, 0)), 2)
        return F.linear(F.dropout(x, training=self.training).mean((2, 3)), self.weight)


@pytest.fixture
def branches():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Branches().double().train()
        with torch.no_grad():
            model(torch.randn(16, 3, 8, 8).double())
    return model.eval()


def test_zero_rule_is_gradient_times_input_for_any_network_of_relus(branches, small_network, small_images):
    images = small_images.double()
    for model in branches, small_network().double():
        close(lrp(model, images, 2), gradient_x_input(model, images, 2))
        close(lrp(model, images), gradient_x_input(model, images))


def test_every_form_of_relu_hands_on(any_relu, oc_network, oc_image):
    model = oc_network(any_relu)
    close(lrp(model, oc_image, 0), gradient_x_input(model, oc_image, 0), 1e-6)
    assert kept(lrp(model, oc_image, 0, rule=z_plus_rule), model, oc_image, 0).item() == pytest.approx(1, abs=1e-6)


def test_z_plus_keeps_the_score_through_branches(branches, small_images):
    # Where each unit has something positive to share out: no bias alone, no branch that only takes away.
    images = small_images.double()
    with torch.no_grad():
        for name, value in [*branches.named_parameters(), *branches.named_buffers()]:
            if value.is_floating_point():
                value.copy_(torch.zeros_like(value) if "bias" in name or "mean" in name else value.abs())
    shares = kept(lrp(branches, images, 0, rule=z_plus_rule), branches, images, 0)
    close(shares, torch.ones(4), 1e-9)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.head = dense([[1.0, -2], [0, 1]]), dense([[1.0, 1]])

    def forward(self, x):
        x = x.flatten(1)
        return self.head(x + self.layer(x).relu())


def test_a_residual_branch_shares_by_what_each_side_adds():
    # At (3, 1): the layer gives (1, 1), the sum (4, 2), S = 6. z+ hands (4, 2) back: (3, 1) to the shortcut, (1, 1) to
    # the layer, whose first unit has one positive input (3 · 1), its second one (1 · 1): (1, 1). In all (4, 2).
    close(lrp(Residual().eval(), values(3, 1), 0, rule=z_plus_rule), (4, 2))
    close(lrp(Residual().eval(), values(3, 1), 0), (3 + 3, 1 - 2 + 1))


def test_activations_hand_on_what_comes():
    # GELU of (1, 2), whatever it is, has both relevances handed on: the first layer shares them.
    first, last = dense([[1.0, 1], [0, 2]]), dense([[1.0, 3]])
    for activation in nn.GELU(), nn.SiLU(), nn.Tanh(), nn.ReLU6(), nn.ELU():
        h = activation(first(torch.tensor([[0.5, 0.5]]).double())).detach()[0]
        model = chain(first, activation, last)
        close(lrp(model, values(0.5, 0.5), 0), (h[0] / 2, h[0] / 2 + 3 * h[1]))


def test_a_normalisation_of_the_images_hands_on(small_network, small_images):
    class Normalised(nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network
            self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6])[:, None, None])

        def forward(self, x):
            return self.network((x - self.mean) / 0.25)

    network, images = small_network().double(), small_images.double()
    model = Normalised(network).double().eval()
    box = partial(z_box_rule, low=(0 - model.mean) / 0.25, high=(1 - model.mean) / 0.25)
    for rule in zero_rule, flat_rule, composite(lambda layer: box if layer.first else gamma_rule):
        expected = lrp(network, (images - model.mean) / 0.25, 1, rule=rule)
        close(lrp(model, images, 1, rule=rule), expected)


def test_what_comes_in_place_between_a_layer_and_what_follows_is_seen(small_images):
    images = small_images.double()
    for activation in partial(F.leaky_relu, negative_slope=0.3), F.relu, F.elu:
        for norm in nn.Identity(), nn.BatchNorm2d(5, eps=0.1).eval():
            in_place = Of(lambda model, x, f=activation, norm=norm: norm(f(x, inplace=True))).double().eval()
            plain = Of(lambda model, x, f=activation, norm=norm: norm(f(x))).double().eval()
            plain.load_state_dict(in_place.state_dict())
            norm.double()
            for rule in zero_rule, z_plus_rule, partial(epsilon_rule, epsilon=0.1):
                close(lrp(in_place, images, 1, rule=rule), lrp(plain, images, 1, rule=rule))
            close(deeplift(in_place, images, 1), deeplift(plain, images, 1))


def test_the_rule_is_told_what_the_layer_is(branches, small_images):
    seen = {}

    def rule(layer, a, relevance):
        seen[tuple(layer.weight.shape)] = layer.dense, layer.first
        return zero_rule(layer, a, relevance)

    lrp(branches, small_images.double(), 0, rule=rule)
    assert seen == {(5, 8): (True, False), (4, 4, 1, 1): (False, False), (4, 4, 3, 3): (False, False),
                    (4, 3, 3, 3): (False, True)}  # fmt: skip


def test_a_grey_image_that_becomes_three_channels_gets_the_sum():
    class Grey(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = dense([[1.0, 2, 3]])

        def forward(self, x):
            return self.layer((x - torch.zeros(3, 1, 1).double()).flatten(1))

    close(lrp(Grey().eval(), values(2), 0), 12)


def test_deep_taylor_is_a_composite(small_network, small_images):
    model = small_network()
    rule = composite(lambda layer: z_box_rule if layer.first else z_plus_rule)
    assert torch.equal(lrp(model, small_images, 1, rule=rule), lrp(model, small_images, 1, rule=deep_taylor_rule))
    assert not torch.equal(lrp(model, small_images, 1, rule=rule), lrp(model, small_images, 1, rule=z_plus_rule))


class Of(nn.Module):
    """A convolution, and behind it a function."""

    def __init__(self, function):
        super().__init__()
        self.function, self.conv, self.linear = function, nn.Conv2d(3, 5, 3), nn.Linear(5, 5)
        self.norm = nn.LayerNorm(5)
        self.attention = nn.MultiheadAttention(5, 1, batch_first=True)

    def forward(self, x):
        return self.function(self, self.conv(x)).mean((2, 3))


def rows(model, x, layer):
    return layer(x.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(x.shape)


OUT_OF_REACH = {
    "sigmoid": lambda model, x: torch.sigmoid(x),
    "softmax": lambda model, x: x.softmax(1),
    "a gate": lambda model, x: x * x.mean((2, 3), keepdim=True).sigmoid(),
    "a product": lambda model, x: x * x,
    "a quotient": lambda model, x: x / x.abs().sum(1, keepdim=True),
    "one over": lambda model, x: 1 / x,
    "a tensor over": lambda model, x: torch.ones(5, 1, 1) / x,
    "clamp": lambda model, x: x.clamp(min=0),
    "a matrix product": lambda model, x: torch.einsum("nkhw,nlhw->nkl", x, x)[..., None],
    "layer norm": lambda model, x: rows(model, x, model.norm),
    "attention": lambda model, x: rows(model, x, lambda v: model.attention(v, v, v)[0]),
    "weights by the images": lambda model, x: F.conv2d(x, x[:1, :, :1, :1].expand(5, -1, 1, 1)),
    "nothing but weights by the images": lambda model, x: F.conv2d(
        torch.ones(len(x), 5, 4, 4), x[:1].expand(5, -1, -1, -1)[..., :1, :1]
    ),
    "a bilinear form": lambda model, x: rows(
        model, x, lambda v: F.bilinear(v, v, model.linear.weight[None].expand(5, 5, 5))
    ),
    "a part in place": lambda model, x: (x[:, :2].sigmoid_(), x)[1],
    "a scripted layer": lambda model, x: rows(model, x, torch.jit.script(model.linear)),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_what_cannot_be_reached_is_said(name, small_images):
    model = Of(OUT_OF_REACH[name]).eval()
    with pytest.raises(ValueError, match="model must be made of functions that lrp has a rule for.* it computes '"):
        lrp(model, small_images, 0, rule=z_plus_rule)
    if name not in (
        "sigmoid",
        "a scripted layer",
        "nothing but weights by the images",
    ):  # a rule for one; linear all same
        with pytest.raises(ValueError, match="model must be made of functions that deeplift has a rule for"):
            deeplift(model, small_images, 0)


def test_a_model_without_layers_is_refused(small_images):
    with pytest.raises(ValueError, match="model must compute a linear layer or a convolution"):
        lrp(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), small_images, 0)


def test_a_layer_whose_input_is_overwritten_later_is_refused(small_images):
    model = Of(lambda model, x: F.conv2d(x, torch.ones(5, 5, 1, 1)) + x.relu_()).eval()
    with pytest.raises(ValueError, match="model must not overwrite in place"):
        lrp(model, small_images, 0)


@pytest.mark.parametrize("rule, error, message", [
    (None, TypeError, r"rule must be a function rule\(layer, a, relevance\), got None"),
    (lambda layer, a, r: r, ValueError, "rule must return relevance of the shape of a, .* got a float32 tensor"),
    (lambda layer, a, r: None, ValueError, "rule must return relevance of the shape of a"),
    (lambda layer, a, r: torch.full_like(a, math.inf), ValueError, "rule must give finite relevance"),
    (partial(alpha_beta_rule, alpha=2.0, beta=2.0), ValueError, r"alpha must be beta \+ 1, got alpha 2.0 and beta 2.0"),
    (partial(z_box_rule, high=0.5), ValueError, "low and high must enclose what the layer is given, here values from"),
])  # fmt: skip
def test_bad_rules(rule, error, message, small_network, small_images):
    with pytest.raises(error, match=message):
        lrp(small_network(), small_images, 1, rule=rule)


def test_kept_says_what_it_cannot_use(small_network, small_images):
    with pytest.raises(ValueError, match=r"relevance must have the shape of images, \(4, 3, 8, 8\), got None"):
        kept(None, small_network(), small_images)
    model = chain(nn.Linear(192, 2))
    with torch.no_grad():
        model[1].weight.zero_(), model[1].bias.zero_()
    with pytest.raises(ValueError, match="images must have a score other than 0"):
        kept(small_images, model, small_images)


# The network of hands, a real one, and libraries ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def hands():
    found = load_hands("test")
    return load_network("hands"), found.images[:2], found.labels[:2]


@pytest.mark.parametrize("rule", [z_plus_rule, deep_taylor_rule, partial(alpha_beta_rule, bias=False)])
def test_what_is_shared_is_kept_on_hands(rule, hands):
    close(kept(lrp(*hands, rule=rule), *hands), torch.ones(2), 1e-6)


def test_zero_rule_is_gradient_times_input_on_hands_and_epsilon_loses_most(hands):
    network, images, labels = copy.deepcopy(hands[0]).double(), hands[1].double(), hands[2]
    close(lrp(network, images, labels), gradient_x_input(network, images, labels), 1e-12)
    assert (kept(lrp(*hands, rule=partial(epsilon_rule, epsilon=0.25)), *hands) < 0.3).all()


def test_z_plus_keeps_the_score_of_a_real_network(imagenet_network, photographs):
    for images in photographs[:2], photographs[:1]:
        found = lrp(imagenet_network, images, rule=z_plus_rule)
        close(kept(found, imagenet_network, images), torch.ones(len(images)), 1e-6)


def test_zero_rule_is_gradient_times_input_on_a_real_network(imagenet_network, photographs):
    found, expected = lrp(imagenet_network, photographs[:1]), gradient_x_input(imagenet_network, photographs[:1])
    assert (found - expected).norm() < 1e-4 * expected.norm()


def doubled(hands):
    return copy.deepcopy(hands[0]).double(), hands[1].double(), hands[2]


@pytest.mark.filterwarnings("ignore::UserWarning")
class TestAgainstCaptum:
    @pytest.mark.parametrize("name, theirs, ours", [
        ("ε = 1e-9", partial(EpsilonRule, 1e-9), partial(epsilon_rule, epsilon=1e-9)),
        ("ε = .25", partial(EpsilonRule, 0.25), partial(epsilon_rule, epsilon=0.25)),
        ("γ = .25", partial(GammaRule, 0.25, True), gamma_rule),
        ("z+", partial(Alpha1_Beta0_Rule, True), z_plus_rule),
    ])  # fmt: skip
    def test_rules(self, name, theirs, ours, hands):
        network, images, labels = doubled(hands)
        other = copy.deepcopy(network)
        if name == "γ = .25":  # Captum leaves the bias as it is, or leaves it out: compared without any
            for layer in [*network, *other]:
                if getattr(layer, "bias", None) is not None:
                    layer.bias.data.zero_()
        for layer in other:
            if isinstance(layer, (nn.Conv2d, nn.Linear, nn.Flatten)):
                layer.rule = EpsilonRule(1e-9) if isinstance(layer, nn.Flatten) else theirs()
        expected = attr.LRP(other).attribute(images, target=labels).detach()  # a fresh object: it forgets its rules
        close(lrp(network, images, labels, rule=ours), expected, 1e-5 * expected.abs().max().item())

    @pytest.mark.parametrize("baseline", [0.0, 1.0])
    def test_deeplift(self, baseline, hands):
        network, images, labels = doubled(hands)
        other = []  # where a pooling follows a ReLU directly, Captum loses the pooling's multiplier
        for layer in copy.deepcopy(network):
            other += [Cloned(), layer] if isinstance(layer, nn.MaxPool2d) else [layer]
        library = attr.DeepLift(nn.Sequential(*other))
        expected = [library.attribute(x[None], torch.full_like(x[None], baseline), target=int(c)).detach()
                    for x, c in zip(images, labels, strict=True)]  # fmt: skip
        close(deeplift(network, images, labels, baseline=baseline), torch.cat(expected), 1e-12)


class Cloned(nn.Module):
    def forward(self, x):
        return x.clone()


def test_against_zennit(hands):
    rules, attribution, composites, types = (
        pytest.importorskip(f"zennit.{part}") for part in ("rules", "attribution", "composites", "types")
    )
    network, images, labels = doubled(hands)
    box = {"low": torch.zeros(1, 3, 1, 1).double(), "high": torch.ones(1, 3, 1, 1).double()}
    e = {"stabilizer": 1e-30}
    no_bias = e | {"zero_params": "bias"}
    same = {
        "ε": (lambda: rules.Epsilon(0.25), None, partial(epsilon_rule, epsilon=0.25)),
        "γ": (lambda: rules.Gamma(0.25, **e), None, gamma_rule),
        "z+": (lambda: rules.ZPlus(**no_bias), None, z_plus_rule),
        "α2β1": (lambda: rules.AlphaBeta(2, 1, **e), None, alpha_beta_rule),
        "α2β1, no bias": (lambda: rules.AlphaBeta(2, 1, **no_bias), None, partial(alpha_beta_rule, bias=False)),
        "deep Taylor": (lambda: rules.ZPlus(**no_bias), lambda: rules.ZBox(**box, **no_bias), deep_taylor_rule),
        "flat": (lambda: rules.ZPlus(**no_bias), lambda: rules.Flat(**e),
                 composite(lambda layer: flat_rule if layer.first else z_plus_rule)),
    }  # fmt: skip
    start = torch.eye(3).double()[labels] * network(images).detach()
    for name, (theirs, first, ours) in same.items():
        layers = [(types.Activation, rules.Pass()), (types.Convolution, theirs()), (types.Linear, theirs())]
        at_first = [(types.Convolution, first())] if first else []
        mapped = composites.SpecialFirstLayerMapComposite(layer_map=layers, first_map=at_first)
        with attribution.Gradient(copy.deepcopy(network), mapped) as attributor:
            expected = attributor(images.clone(), start)[1].detach()
        found = lrp(network, images, labels, rule=ours)
        assert (found - expected).abs().max() < 1e-10 * expected.abs().max(), name


# DeepLIFT -------------------------------------------------------------------------------------------------------------

MINIMUM = dense([[1.0, 0], [1, -1]]), nn.ReLU(), dense([[1.0, -1]])  # min(x1, x2) = x1 − ReLU(x1 − x2), at x1, x2 ≥ 0
SATURATED = dense([[1.0], [1.0]], [0.0, -1]), nn.ReLU(), dense([[1.0, -1]])
NESTED = dense([[1.0, 0], [0, 1]], [-1.0, 0]), nn.ReLU(), dense([[1.0, -1]]), nn.ReLU(), dense([[1.0]])


class TestDeepLift:
    @pytest.mark.parametrize("layers, at, expected", [
        (MINIMUM, (3, 1), (0, 1)),
        (SATURATED, (3,), (1,)),
        (NESTED, (4, 2), (3, -2)),
        (NESTED, (4, 1), (3, -1)),
    ])  # fmt: skip
    def test_by_hand(self, layers, at, expected):
        close(deeplift(chain(*layers), values(*at), 0), expected)

    def test_where_the_gradient_is_flat_it_is_not_blind(self):
        model, x = chain(*SATURATED), values(3)
        assert gradient_x_input(model, x, 0).item() == lrp(model, x, 0).item() == 0
        assert deeplift(model, x, 0, baseline=1.0).item() == 0  # from 1 on nothing rises

    def test_one_hidden_layer_is_integrated_gradients_two_are_not(self):
        for seed in range(3):
            model = chain(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 2)).double()
            for layer in model[1], model[3]:
                layer.weight.data, layer.bias.data = random(*layer.weight.shape, seed=seed), random(*layer.bias.shape)
            x = random(1, 3, 1, 1, seed=seed)
            path = integrated_gradients(model, x, 1, n_steps=20_000, batch_size=20_000)
            close(deeplift(model, x, 1), path, 1e-3)
        close(integrated_gradients(chain(*NESTED), values(4, 2), 0, n_steps=4000, batch_size=4000), (2, -1), 1e-3)

    def test_it_is_complete(self, branches, small_images, small_network):
        images = small_images.double()
        overlapping = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sigmoid(), nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.GELU(),
                                    nn.Conv2d(4, 4, 2), nn.Softplus(), nn.Flatten(), nn.Linear(36, 5))  # fmt: skip
        for model in branches, small_network().double(), small_network(nn.Tanh).double(), overlapping.double().eval():
            for baseline in 0.0, 0.5, images.flip(0), images[1]:
                found = deeplift(model, images, 2, baseline=baseline)
                gap = completeness_gap(found, model, images, 2, baseline=baseline)
                close(gap, torch.zeros(4), 1e-5)  # values within 1e-6 of each other have the slope at x
        close(deeplift(branches, images)[2:], deeplift(branches, images[2:]))

    def test_a_stack_of_baselines_is_their_mean(self, branches, small_images):
        images = small_images.double()
        stack = torch.stack([images.flip(0), torch.zeros_like(images)])
        expected = (deeplift(branches, images, 1, baseline=stack[0]) + deeplift(branches, images, 1)) / 2
        close(deeplift(branches, images, 1, baseline=stack), expected)

    def test_a_model_that_takes_another_way_for_the_baseline_is_refused(self, small_images):
        model = Of(lambda model, x: x.relu() if x.max() > 0.7 else torch.tanh(x)).eval()
        model.conv.bias.data.fill_(0.5)
        model.conv.weight.data.fill_(0.1)
        with pytest.raises(ValueError, match="model must compute the same functions for the baseline"):
            deeplift(model, small_images, 0)

    @pytest.mark.parametrize(
        "baseline, error", [("black", TypeError), (math.nan, ValueError), (torch.zeros(2), ValueError)]
    )
    def test_baselines(self, baseline, error, small_network, small_images):
        with pytest.raises(error, match="baseline must be"):
            deeplift(small_network(), small_images, 1, baseline=baseline)


def test_rescale_rule_by_hand():
    x = torch.tensor([3.0, -1.0, 1.0, -2.0, 2.0])
    x0 = torch.tensor([-1.0, 1.0, 1.0, -2.0, 1.0])
    assert rescale_rule(x, x0, torch.full((5,), 4.0)).tolist() == [3.0, 2.0, 4.0, 0.0, 4.0]
    found = rescale_rule(torch.tensor([2.0, 3.0]), torch.tensor([1.0, 3.0]), torch.ones(2), torch.square)
    assert found.tolist() == [3.0, 6.0]


# Signal and distractor ------------------------------------------------------------------------------------------------


class TestPattern:
    Y = torch.tensor([1.0, 1, -1, -1])
    DISTRACTOR = torch.tensor([1.0, -1, 1, -1])

    @pytest.mark.parametrize("strength", [1.0, 3.0])
    def test_signal_and_distractor(self, strength):
        x = torch.stack([self.Y + strength * self.DISTRACTOR, self.DISTRACTOR], 1)
        w = torch.tensor([1.0, -strength])
        assert torch.equal(x @ w, self.Y)  # the weights read y off without an error
        assert pattern(x, self.Y).tolist() == [1, 0]  # and yet the second input knows nothing of it
        assert (w * pattern(x, self.Y)).tolist() == [1, 0]

    def test_it_is_the_slope_of_each_input_on_y_alone(self):
        x, y = random(40, 6), random(40, seed=1)
        slopes = [torch.linalg.lstsq(torch.stack([y, torch.ones(40).double()], 1), each).solution[0] for each in x.T]
        close(pattern(x, y), torch.stack(slopes))

    @pytest.mark.parametrize("x, y, error, message", [
        ([[1.0]], Y, TypeError, "x must be a float tensor, got list"),
        (torch.ones(4, 2), Y.long(), TypeError, "y must be a float tensor, got a int64"),
        (torch.ones(4), Y, ValueError, r"x must have the shape \(N, D\) with two rows"),
        (torch.ones(1, 2), Y[:1], ValueError, r"x must have the shape \(N, D\) with two rows"),
        (torch.ones(3, 2), Y, ValueError, r"y must have a value for each row of x, shape \(3,\)"),
        (torch.full((4, 2), math.nan), Y, ValueError, "x must be finite"),
        (torch.ones(4, 2), torch.ones(4), ValueError, "y must change from row to row"),
    ])  # fmt: skip
    def test_errors(self, x, y, error, message):
        with pytest.raises(error, match=message):
            pattern(x, y)
