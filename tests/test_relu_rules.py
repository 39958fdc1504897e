"""The ReLU rules against matrices worked by hand, and relu_rule on every form in which a model may write a ReLU."""

import math

import pytest
import torch
import torch.nn.functional as F
from captum import attr
from torch import nn

from utils.methods import deconvnet_rule, guided_backprop, guided_rule, relu_rule, vanilla_gradient, vanilla_rule

RULES = {"vanilla": vanilla_rule, "deconvnet": deconvnet_rule, "guided": guided_rule}

X = torch.tensor([[1.0, 0.0], [-1.0, -10.0]])
GRAD = torch.tensor([[0.4, 1.1], [-0.5, -0.1]])
BY_HAND = {
    "vanilla": [[0.4, 0.0], [0.0, 0.0]],
    "deconvnet": [[0.4, 1.1], [0.0, 0.0]],
    "guided": [[0.4, 0.0], [0.0, 0.0]],
}
# Of every sign of x (rows) with every sign of grad (columns); no two rules agree here.
SIGNS_X = torch.tensor([-2.0, 0.0, 2.0])[:, None].expand(3, 3)
SIGNS_GRAD = torch.tensor([-3.0, 0.0, 3.0]).expand(3, 3)
SIGNS_BY_HAND = {
    "vanilla": [[0, 0, 0], [0, 0, 0], [-3, 0, 3]],
    "deconvnet": [[0, 0, 3], [0, 0, 3], [0, 0, 3]],
    "guided": [[0, 0, 0], [0, 0, 0], [0, 0, 3]],
}
OC_BY_HAND = {
    "vanilla": [[0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]],
    "guided": [[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]],
    "deconvnet": [[2, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]],
}


@pytest.mark.parametrize("name", RULES)
def test_rule_by_hand(name):
    assert RULES[name](X, GRAD).tolist() == torch.tensor(BY_HAND[name]).tolist()
    assert RULES[name](SIGNS_X, SIGNS_GRAD).tolist() == SIGNS_BY_HAND[name]


@pytest.mark.parametrize("name", RULES)
def test_rule_leaves_no_negative_zero(name):
    assert not RULES[name](X, GRAD).signbit().any()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", RULES)
def test_rule_keeps_dtype(name, dtype):
    assert RULES[name](X.to(dtype), GRAD.to(dtype)).dtype == dtype


def test_vanilla_rule_is_what_pytorch_does_also_at_zero():
    x = X.clone().requires_grad_()
    torch.relu(x).backward(GRAD)
    assert torch.equal(vanilla_rule(X, GRAD), x.grad)
    assert x.grad[0, 1] == 0  # x = 0 there, and 1.1 arrived


@pytest.mark.parametrize("name", RULES)
def test_every_form_of_relu_gives_the_hand_values(name, any_relu, oc_network, oc_image):
    model = oc_network(any_relu)
    with relu_rule(RULES[name]):
        gradient = vanilla_gradient(model, oc_image, 0)
    assert gradient.tolist() == [[OC_BY_HAND[name]]]


@pytest.mark.parametrize("rule", RULES.values())
def test_forward_values_are_those_of_relu(rule, any_relu):
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    expected = x.clamp(min=0)
    with relu_rule(rule):
        assert torch.equal(any_relu(x), expected)
        assert torch.equal(any_relu(x.requires_grad_() * 1), expected)


def test_in_place_changes_its_input_and_the_others_do_not(any_relu):
    plain, ruled = X.clone(), X.clone()
    any_relu(plain)
    with relu_rule(guided_rule):
        any_relu(ruled)
    assert torch.equal(plain, ruled)


def test_rule_gets_input_and_arriving_gradient(any_relu):
    seen = []

    def rule(x, grad):
        seen.append((x.tolist(), grad.tolist()))
        return 10 * grad

    x = X.clone().requires_grad_()
    with relu_rule(rule):
        any_relu(x * 1).backward(GRAD)
    assert seen == [(X.tolist(), GRAD.tolist())]
    assert torch.equal(x.grad, 10 * GRAD)


def test_backward_may_come_after_the_context():
    x = X.clone().requires_grad_()
    with relu_rule(deconvnet_rule):
        y = torch.relu(x)
    y.backward(GRAD)
    assert x.grad.tolist() == torch.tensor(BY_HAND["deconvnet"]).tolist()


def test_relus_outside_are_untouched():
    x = X.clone().requires_grad_()
    with relu_rule(deconvnet_rule):
        torch.relu(x)
    torch.relu(x).backward(GRAD)
    assert x.grad.tolist() == torch.tensor(BY_HAND["vanilla"]).tolist()


OTHERS = {
    "hardtanh": nn.ReLU6(),
    "leaky_relu": nn.LeakyReLU(),
    "gelu": F.gelu,
    "softplus": F.softplus,
    "silu": nn.SiLU(),
    "hardswish": nn.Hardswish(),
    "elu": nn.ELU(inplace=True),
    "prelu": nn.PReLU(),
    "mish": F.mish,
    "selu": F.selu,
    "threshold": nn.Threshold(0.1, 0),
    "celu": nn.CELU(),
    "rrelu": nn.RReLU().eval(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_activations_keep_their_derivative_with_a_warning(name):
    x = torch.linspace(-8, 8, 9)
    plain, ruled = x.clone().requires_grad_(), x.clone().requires_grad_()
    OTHERS[name](plain.clone()).sum().backward()
    with pytest.warns(UserWarning, match=f"computes {name}, too, which kept the derivative"):
        with relu_rule(lambda x, grad: 100 * grad):
            torch.relu(x)
            OTHERS[name](ruled.clone()).sum().backward()
    assert torch.equal(plain.grad, ruled.grad)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("gate", [lambda x: x.clamp(min=0), torch.sigmoid, torch.tanh, F.hardsigmoid])
def test_a_clamp_and_a_gate_keep_theirs_without_a_word(gate):
    plain, ruled = (torch.linspace(-8, 8, 9).requires_grad_() for _ in range(2))
    gate(plain).sum().backward()
    with relu_rule(lambda x, grad: 100 * grad):
        torch.relu(plain)
        gate(ruled).sum().backward()
    assert torch.equal(plain.grad, ruled.grad)


def test_the_other_activations_are_named_where_there_is_no_relu():
    with pytest.raises(ValueError, match="met no ReLU.*only gelu and silu$"):
        with relu_rule(guided_rule):
            F.silu(F.gelu(X))


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("scripted", [0, 1])
def test_scripted_relus_are_not_passed_over_in_silence(scripted, small_images):
    body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU()).eval()
    head = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 5)).eval()
    parts = [body, head]
    parts[scripted] = torch.jit.script(parts[scripted])
    for _ in range(4):  # the scripted part is compiled anew at its first runs
        with pytest.raises(ValueError, match="relu_rule did not reach every ReLU"):
            guided_backprop(nn.Sequential(*parts), small_images, 0)
        with pytest.raises(ValueError, match="relu_rule did not reach every ReLU"), relu_rule(deconvnet_rule):
            nn.Sequential(*parts)(small_images.clone().requires_grad_()).sum().backward()


def through_two_relus(x, inplace=False):
    """(N, 4) → (N,)"""
    weight = torch.linspace(-1, 1, 16).reshape(4, 4)
    return F.relu(F.relu(x @ weight, inplace) @ weight.flip(0), inplace).sum(-1)


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("rule", [guided_rule, deconvnet_rule, lambda x, grad: torch.where(x > -0.5, 2 * grad, 0.0)])
def test_torch_func_follows_the_rule_too(rule, inplace):
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    marked = x.clone().requires_grad_()
    with relu_rule(rule):
        through_two_relus(marked, inplace).sum().backward()
        whole = torch.func.grad(lambda x: through_two_relus(x, inplace).sum())(x)
        each = torch.func.vmap(torch.func.grad(lambda x: through_two_relus(x, inplace)))(x)
    assert marked.grad.abs().sum() > 0
    torch.testing.assert_close(whole, marked.grad)
    torch.testing.assert_close(each, marked.grad)


def test_forward_mode_has_no_rule():
    with pytest.raises(ValueError, match="rule must be asked backwards"), relu_rule(guided_rule):
        torch.func.jvp(through_two_relus, (torch.ones(5, 4),), (torch.ones(5, 4),))


@pytest.mark.parametrize("rule", [vanilla_rule, deconvnet_rule, guided_rule])
def test_what_an_in_place_relu_overwrites_is_not_missed(rule):
    """Those three are given what relu made of x where it is in place: they must not tell the difference."""
    x = torch.tensor([-2.0, -0.0, 0.0, 1e-38, 3.0, math.inf])
    for grad in torch.tensor([[1.0] * 6, [-1.0] * 6, [0.0] * 6]):
        assert torch.equal(rule(x, grad), rule(x.relu(), grad))
    seen = []
    with relu_rule(lambda x, grad: seen.append(x.clone()) or grad):
        marked = x[:5].clone().requires_grad_()
        F.relu(marked.clone(), inplace=True).sum().backward()
    assert torch.equal(seen[0], x[:5])  # any other rule sees it as it was


def test_innermost_rule_wins(any_relu, oc_network, oc_image):
    model = oc_network(any_relu)
    with relu_rule(deconvnet_rule):
        with relu_rule(guided_rule):
            inner = vanilla_gradient(model, oc_image, 0)
        outer = vanilla_gradient(model, oc_image, 0)
    assert inner.tolist() == [[OC_BY_HAND["guided"]]]
    assert outer.tolist() == [[OC_BY_HAND["deconvnet"]]]
    with relu_rule(deconvnet_rule), relu_rule(guided_rule):  # the outer one met the ReLUs too: no complaint
        assert vanilla_gradient(model, oc_image, 0).tolist() == [[OC_BY_HAND["guided"]]]


def test_a_ruled_gradient_can_be_differentiated_again():
    x = torch.tensor([1.0, -1.0], requires_grad=True)
    with relu_rule(lambda x, grad: grad * x**2):
        (first,) = torch.autograd.grad(torch.relu(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert second.tolist() == [2.0, -2.0]


class TestErrors:
    def test_no_relu(self, small_network, small_images):
        with pytest.raises(ValueError, match="relu_rule met no ReLU"):
            with relu_rule(guided_rule):
                vanilla_gradient(small_network(nn.Tanh), small_images)

    @pytest.mark.filterwarnings("ignore::FutureWarning")
    def test_a_scripted_model_hides_its_relus(self, oc_image):
        class Scored(nn.Module):
            def forward(self, x):
                return torch.relu(x).flatten(1)

        scripted = torch.jit.trace(Scored(), oc_image)
        with pytest.raises(ValueError, match="met no ReLU.*scripted"):
            with relu_rule(guided_rule):
                scripted(oc_image)

    def test_no_relu_does_not_hide_another_error(self):
        with pytest.raises(KeyError, match="mine"):
            with relu_rule(guided_rule):
                raise KeyError("mine")

    def test_nothing_is_left_after_an_error(self):
        x = X.clone().requires_grad_()
        with pytest.raises(KeyError):
            with relu_rule(deconvnet_rule):
                raise KeyError
        torch.relu(x).backward(GRAD)
        assert x.grad.tolist() == torch.tensor(BY_HAND["vanilla"]).tolist()

    @pytest.mark.parametrize("rule", [None, "guided", GRAD])
    def test_rule_is_no_function(self, rule):
        with pytest.raises(TypeError, match=r"rule must be a function rule\(x, grad\), got"):
            with relu_rule(rule):
                pass

    @pytest.mark.parametrize(
        "rule, got",
        [
            (lambda x, grad: grad.sum(), r"float32 tensor of shape \(\)"),
            (lambda x, grad: grad[:1], r"shape \(1, 2\)"),
            (lambda x, grad: None, "None"),
        ],
    )
    def test_rule_returns_another_shape(self, rule, got):
        with relu_rule(rule):
            y = torch.relu(X.clone().requires_grad_())
        with pytest.raises(ValueError, match=rf"rule must return a tensor of the shape of x, \(2, 2\), got.*{got}"):
            y.backward(GRAD)

    def test_rule_works_in_place(self):
        with relu_rule(lambda x, grad: grad.clamp_(min=0)):
            y = torch.relu(X.clone().requires_grad_())
        with pytest.raises(ValueError, match="rule must return a new tensor"):
            y.backward(GRAD.clone())


def by_hooks(change):
    """Backpropagation with every ReLU module's gradient replaced by change(grad_in, grad_out)."""

    def backpropagate(model, x, c):
        handles = [
            module.register_full_backward_hook(lambda _, grad_in, grad_out: (change(grad_in[0], grad_out[0]),))
            for module in model.modules()
            if isinstance(module, nn.ReLU)
        ]
        x = x.clone().requires_grad_()
        model(x)[:, c].sum().backward()
        for handle in handles:
            handle.remove()
        return x.grad

    return backpropagate


slow_guided = by_hooks(lambda grad_in, grad_out: grad_in.clamp(min=0))
slow_deconvnet = by_hooks(lambda grad_in, grad_out: grad_out.clamp(min=0))


@pytest.mark.parametrize("rule, slow", [(guided_rule, slow_guided), (deconvnet_rule, slow_deconvnet)])
@pytest.mark.parametrize("seed", range(3))
def test_random_networks_against_module_hooks(rule, slow, seed, small_network, small_images):
    model = small_network(seed=seed)
    with relu_rule(rule):
        ours = vanilla_gradient(model, small_images, 2)
    theirs = slow(model, small_images, 2)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.filterwarnings("ignore::UserWarning:captum")
@pytest.mark.parametrize("rule, name", [(guided_rule, "GuidedBackprop"), (deconvnet_rule, "Deconvolution")])
class TestAgainstCaptum:
    def test_random_networks(self, rule, name, small_network, small_images):
        for seed in range(3):
            model = small_network(seed=seed)
            theirs = getattr(attr, name)(model).attribute(small_images.clone(), target=1)
            with relu_rule(rule):
                ours = vanilla_gradient(model, small_images, 1)
            torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)

    def test_imagenet_network(self, rule, name, imagenet_network, photographs):
        with relu_rule(rule):
            ours = vanilla_gradient(imagenet_network, photographs, 162)
        theirs = getattr(attr, name)(imagenet_network).attribute(photographs.clone(), target=162)
        torch.testing.assert_close(ours, theirs, atol=1e-5 * theirs.abs().max().item(), rtol=0)
