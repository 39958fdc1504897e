"""Sanity checks against values worked by hand, PyTorch's own starts, scikit-image, scipy and plain loops."""

import copy
import gc
import math
import warnings
import weakref
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from skimage.filters import sobel
from test_hygiene import same, state
from torch import nn
from torch.nn.utils import parametrizations, prune

from utils import load_hands, load_network
from utils.evaluation import (
    cascade,
    edge_detector,
    edge_map,
    idle_map,
    kaiming_start,
    layers_top_down,
    map_similarity,
    one_at_a_time,
    permute_labels,
    randomisation_curve,
    randomise,
    shuffled_weights,
    uniform_start,
    without_sign,
)
from utils.methods import grad_cam, gradient_x_input, guided_backprop, vanilla_gradient

DRAWS = {"uniform": uniform_start, "kaiming": kaiming_start, "shuffled": shuffled_weights}
LAYERS = {
    "Linear": lambda: nn.Linear(7, 5),
    "Linear, no bias": lambda: nn.Linear(7, 5, bias=False),
    "Conv1d": lambda: nn.Conv1d(3, 4, 5),
    "Conv2d": lambda: nn.Conv2d(3, 16, 3),
    "Conv2d, not square": lambda: nn.Conv2d(2, 4, (3, 1)),
    "Conv2d, groups": lambda: nn.Conv2d(4, 8, 3, groups=2),
    "Conv3d": lambda: nn.Conv3d(1, 2, 3),
    "ConvTranspose2d": lambda: nn.ConvTranspose2d(3, 6, 2),
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def by_pytorch(seed, start, *layers):
    """start(layer) of each in turn, by PyTorch's global generator seeded once, which comes back as it was."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for layer in layers:
            start(layer)


def fills(layer, value=9.0):
    """The layer with the same number everywhere, so that what is left of it can be seen."""
    with torch.no_grad():
        for weight in layer.parameters():
            weight.fill_(value)
    return layer


def equal(a, b):
    """Two layers, parameters and buffers, bit by bit."""
    return same(dict(a.state_dict()), dict(b.state_dict()))


@pytest.fixture
def chain():
    """Three layers of one shape, a batch norm and a last one: (N, 2, 6, 6) → (N, 3), as if trained."""
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(),
        nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(36, 3),
    )  # fmt: skip
    by_pytorch(7, lambda module: [p.data.normal_() for p in [*module.parameters(), module[1].running_mean]], model)
    return model.eval()


@pytest.fixture
def pictures():
    return torch.rand(5, 2, 6, 6, generator=seeded(1))


class TestHowALayerIsDrawn:
    @pytest.mark.parametrize("kind", LAYERS)
    def test_uniform_is_pytorchs_own_start(self, kind):
        ours, theirs = fills(LAYERS[kind]()), fills(LAYERS[kind]())
        uniform_start(ours, seeded(3))
        by_pytorch(3, lambda layer: layer.reset_parameters(), theirs)
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, atol=1e-6, rtol=0)

    @pytest.mark.parametrize("kind", LAYERS)
    def test_kaiming_is_pytorchs_with_the_gain_of_a_relu(self, kind):
        ours, theirs = fills(LAYERS[kind]()), fills(LAYERS[kind]())
        kaiming_start(ours, seeded(3))
        by_pytorch(3, lambda layer: nn.init.kaiming_normal_(layer.weight, nonlinearity="relu"), theirs)
        torch.testing.assert_close(ours.weight, theirs.weight, atol=1e-6, rtol=0)
        assert ours.bias is None or ours.bias.eq(0).all()

    def test_the_spread_by_hand(self):
        layer = nn.Conv2d(4, 1000, 5)  # 100 inputs: uniform in ±0.1, normal with deviation √0.02
        uniform_start(layer, seeded())
        assert 0.0999 < layer.weight.max() <= 0.1 and -0.1 <= layer.weight.min() < -0.0999
        assert 0.099 < layer.bias.abs().max() <= 0.1
        assert layer.weight.std().item() == pytest.approx(0.1 / math.sqrt(3), rel=0.01)
        kaiming_start(layer, seeded())
        assert layer.weight.std().item() == pytest.approx(math.sqrt(0.02), rel=0.01)
        assert layer.weight.mean().abs() < 0.002

    def test_shuffled_weights_are_the_same_ones_in_another_order(self):
        layer = nn.Conv2d(3, 5, 3)
        before = copy.deepcopy(layer)
        shuffled_weights(layer, seeded())
        for now, then in zip(layer.parameters(), before.parameters(), strict=True):
            assert now.flatten().sort().values.equal(then.flatten().sort().values) and not now.equal(then)

    @pytest.mark.parametrize("draw", [uniform_start, kaiming_start])
    @pytest.mark.parametrize(
        "make",
        [
            partial(nn.BatchNorm2d, 4), partial(nn.BatchNorm2d, 4, track_running_stats=False),
            partial(nn.InstanceNorm2d, 4, affine=True, track_running_stats=True), partial(nn.GroupNorm, 2, 4),
            partial(nn.LayerNorm, 4), partial(nn.RMSNorm, 4), partial(nn.PReLU, 4),
        ],
    )  # fmt: skip
    def test_a_norm_is_as_new(self, make, draw):
        layer, generator = make(), seeded(2)
        with torch.no_grad():
            for value in layer.state_dict().values():
                value.fill_(3)
        draw(layer, generator)
        assert equal(layer, make())
        assert generator.get_state().equal(seeded(2).get_state())

    def test_shuffled_leaves_the_statistics_of_a_norm(self):
        layer = nn.BatchNorm2d(4)
        layer.running_mean.copy_(torch.arange(4.0))
        shuffled_weights(layer, seeded())
        assert layer.running_mean.tolist() == [0, 1, 2, 3]

    @pytest.mark.parametrize(
        "layer, names",
        [
            (nn.MultiheadAttention(4, 2), "MultiheadAttention with in_proj_bias, in_proj_weight"),
            (nn.Embedding(3, 2), "Embedding with weight"),
            (prune.random_unstructured(nn.Linear(3, 2), "weight", 0.5), "Linear with bias, weight_orig"),
            (parametrizations.weight_norm(nn.Linear(3, 2)).parametrizations.weight, "with original0, original1"),
        ],
    )
    def test_a_layer_whose_start_is_another_is_refused_by_name(self, layer, names):
        before = copy.deepcopy(dict(layer.state_dict()))
        for draw in uniform_start, kaiming_start:
            with pytest.raises(ValueError, match=f"^layers must be convolutions.* got .*{names}: draw=shuffled_w"):
                draw(layer, seeded())
        assert same(dict(layer.state_dict()), before)
        shuffled_weights(layer, seeded())
        assert not same(dict(layer.state_dict()), before)

    @pytest.mark.parametrize("draw", DRAWS)
    @pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
    def test_the_type_stays_and_the_numbers_are_the_same(self, dtype, draw):
        layer = LAYERS["Conv2d"]()
        other = copy.deepcopy(layer).to(dtype)
        DRAWS[draw](layer, seeded())
        DRAWS[draw](other, seeded())
        assert other.weight.dtype == dtype
        torch.testing.assert_close(other.weight.float(), layer.weight, atol=4e-3, rtol=1e-2)


class TestWhichLayers:
    def test_of_the_hands_network(self):
        names = layers_top_down(load_network())
        assert names == ["20", "18", "16", "12", "10", "7", "5", "2", "0"]  # nine, no ReLU and no pooling among them

    def test_of_a_nested_one(self, small_network):
        assert layers_top_down(small_network()) == [
            "classifier.4", "classifier.2", "features.4", "features.1", "features.0"
        ]  # fmt: skip

    def test_a_frozen_layer_is_one_and_a_layer_that_runs_twice_is_one(self):
        layer = nn.Linear(3, 3).requires_grad_(False)
        assert layers_top_down(nn.Sequential(layer, nn.ReLU(), layer, nn.Linear(3, 2))) == ["3", "0"]

    def test_a_module_with_weights_beside_its_children(self):
        model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.Tanh()), nn.Linear(2, 1))
        model[0].scale = nn.Parameter(torch.ones(2))
        assert layers_top_down(model) == ["1", "0.0", "0"]

    @pytest.mark.parametrize("model", [nn.Sequential(), nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3, affine=False))])
    def test_a_model_without_weights(self, model):
        for function in layers_top_down, cascade, one_at_a_time:
            with pytest.raises(ValueError, match="^model must have a layer with weights, got Sequential without"):
                function(model)

    @pytest.mark.parametrize("function", [layers_top_down, cascade, one_at_a_time, partial(randomise, layers=[0])])
    def test_no_model(self, function):
        with pytest.raises(TypeError, match="^model must be a torch.nn.Module, got list"):
            function(model=[nn.Linear(2, 2)])


class TestRandomise:
    @pytest.mark.parametrize("layers", [[9], [9, 5, 3], [3, 9], [0, 1, 3, 5, 9]])
    def test_against_pytorch_seeded_once(self, layers, chain):
        theirs = copy.deepcopy(chain)
        by_pytorch(5, lambda layer: layer.reset_parameters(), *(theirs[k] for k in layers))
        ours = randomise(chain, layers, seed=5)
        for k in range(len(chain)):
            if k in layers:
                for a, b in zip(ours[k].parameters(), theirs[k].parameters(), strict=True):
                    torch.testing.assert_close(a, b, atol=1e-6, rtol=0)
                    assert not a.equal(chain[k].weight if a.ndim > 1 else chain[k].bias)
            else:
                assert equal(ours[k], chain[k])

    def test_layers_of_one_shape_are_no_twins(self, chain):
        other = randomise(chain, [5, 3])
        assert not other[5].weight.equal(other[3].weight)

    def test_names_and_numbers(self, chain, small_network):
        assert equal(randomise(chain, [9, 5]), randomise(chain, ("9", np.int64(5))))
        assert equal(randomise(chain, (str(k) for k in (9, 5))), randomise(chain, [9, 5]))
        model = small_network()
        other = randomise(model, ["classifier.4"])
        changed = [name for name, value in other.state_dict().items() if not value.equal(model.state_dict()[name])]
        assert changed == ["classifier.4.weight", "classifier.4.bias"]

    def test_the_seed_decides(self, chain):
        assert equal(randomise(chain, [9], 1), randomise(chain, [9], 1))
        assert not equal(randomise(chain, [9], 1), randomise(chain, [9], 2))
        assert equal(randomise(chain, [9]), randomise(chain, [9], 0))

    def test_no_layer_is_a_copy(self, chain):
        other = randomise(chain, [])
        assert other is not chain and equal(other, chain)

    def test_any_draw(self, chain):
        def ones(layer, generator):
            for weight in layer.parameters():
                weight.copy_(torch.ones_like(weight))

        assert randomise(chain, [3], draw=ones)[3].weight.eq(1).all()
        for draw in DRAWS.values():
            expected = copy.deepcopy(chain)
            generator = seeded(4)
            draw(expected[9], generator)
            draw(expected[3], generator)
            assert equal(randomise(chain, [9, 3], 4, draw), expected)

    @pytest.mark.parametrize("training", [True, False])
    def test_the_model_stays_as_it_is_and_the_copy_has_memory_of_its_own(self, training, small_network):
        model = small_network()
        model(torch.rand(2, 3, 8, 8)).sum().backward()
        model.train(training).features[1].train(not training)
        model.features[0].weight.requires_grad_(False)
        model.features[2].register_forward_hook(lambda module, args, output: None)
        before = state(model)
        for draw in DRAWS.values():
            other = randomise(model, layers_top_down(model), draw=draw)
            assert not any(module.training for module in other.modules())
            assert [p.requires_grad for p in other.parameters()] == [p.requires_grad for p in model.parameters()]
            assert not {id(p) for p in other.parameters()} & {id(p) for p in model.parameters()}
            with torch.no_grad():
                for value in [*other.parameters(), *other.buffers()]:
                    value.zero_()
        assert same(state(model), before)

    def test_frozen_weights_are_drawn_and_stay_frozen(self, chain):
        drawn = randomise(chain, [9])
        frozen = randomise(chain.requires_grad_(False), [9])
        assert equal(drawn, frozen) and not frozen[9].weight.requires_grad

    def test_weights_of_two_layers_are_drawn_once(self):
        model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3))
        model[2].weight = model[0].weight
        others = dict(cascade(model))
        assert all(other[2].weight is other[0].weight for other in others.values())
        assert not others["2"][0].weight.equal(model[0].weight)
        assert others["0"][0].weight.equal(others["2"][2].weight)
        assert not others["0"][0].bias.equal(others["1"][0].bias)

    def test_pytorch_comes_back_as_it_was(self, chain):
        random_state = torch.get_rng_state()
        for draw in DRAWS.values():
            list(cascade(chain, draw=draw))
        assert torch.get_rng_state().equal(random_state) and torch.is_grad_enabled()

    def test_a_copy_made_without_gradients_can_be_explained(self, chain, pictures):
        expected = vanilla_gradient(randomise(chain, [9]), pictures, 1)
        with torch.inference_mode():
            other, (_, first) = randomise(chain, [9]), next(cascade(chain))
        for each in other, first:
            assert vanilla_gradient(each, pictures, 1).equal(expected)

    def test_whatever_the_default_device(self, chain, pictures):
        def all_of_it():
            other = randomise(chain, [9, 1])
            labels = permute_labels(torch.arange(5, device="cpu"))
            return [*other.state_dict().values(), labels, idle_map(chain, pictures), edge_map(pictures)]

        expected = all_of_it()
        with torch.device("meta"):  # stands for a GPU: what is made without saying where cannot be used
            found = all_of_it()
        assert all(a.equal(b) for a, b in zip(found, expected, strict=True))

    def test_a_pruned_model_can_be_copied(self, chain, pictures):
        prune.random_unstructured(chain[3], "weight", 0.5)
        chain(pictures)  # its weight is worked out at every call
        other = randomise(chain, [9])
        assert other(pictures).shape == (5, 3) and equal(other[3], chain[3])

    @pytest.mark.parametrize(
        "layers, error, message",
        [
            ("20", TypeError, "^layers must be a list of names or numbers, got '20'"),
            (9, TypeError, "^layers must be a list of names or numbers, got 9"),
            ([True], TypeError, r"^layers must be names or numbers, got True \(bool\) among them"),
            ([1.0], TypeError, "^layers must be names or numbers, got 1.0"),
            (torch.tensor([9]), TypeError, "^layers must be names or numbers, got a int64 tensor"),
            ([nn.Linear(2, 2)], TypeError, "^layers must be names or numbers, got Linear among them"),
            ([9, 10], ValueError, r"^layers must be in the model, got 10: layers_top_down\(model\) names them"),
            ([-1], ValueError, "^layers must be in the model, got -1"),
            (["9.weight"], ValueError, "^layers must be in the model, got '9.weight'"),
            ([2], ValueError, "^layers must have weights of their own, got 2, ReLU"),
            ([""], ValueError, "^layers must have weights of their own, got '', Sequential"),
            ([9, "9"], ValueError, "^layers must be named once, got '9' for the layer that is 9, too"),
        ],
    )
    def test_what_is_no_list_of_layers(self, layers, error, message, chain):
        with pytest.raises(error, match=message):
            randomise(chain, layers)

    @pytest.mark.parametrize("function", [partial(randomise, layers=[9]), cascade, one_at_a_time])
    def test_other_bad_arguments_are_told_at_once(self, function, chain):
        with pytest.raises(TypeError, match="^seed must be an int, got 0.5"):
            function(chain, seed=0.5)
        with pytest.raises(TypeError, match=r"^draw must be a function draw\(layer, generator\), got 'uniform'"):
            function(chain, draw="uniform")


@pytest.mark.parametrize("draw", DRAWS)
class TestManyNetworks:
    def test_cascade_bit_by_bit(self, draw, chain):
        names, before = ["9", "5", "3", "1", "0"], chain
        found = list(cascade(chain, 6, DRAWS[draw]))
        assert [name for name, _ in found] == names
        for k, (_, other) in enumerate(found):
            for name in names[k + 1 :]:
                assert equal(other[int(name)], chain[int(name)])
            for name in names[:k]:
                assert equal(other[int(name)], before[int(name)])
            assert not equal(other[int(names[k])], before[int(names[k])])
            before = other

    def test_one_at_a_time_bit_by_bit(self, draw, chain):
        names = ["9", "5", "3", "1", "0"]
        found = list(one_at_a_time(chain, 6, DRAWS[draw]))
        assert [name for name, _ in found] == names
        for name, other in found:
            assert [k for k in names if not equal(other[int(k)], chain[int(k)])] == [name]
        assert equal(found[0][1], next(cascade(chain, 6, DRAWS[draw]))[1])

    def test_against_randomise(self, draw, chain):
        for k, (_, other) in enumerate(cascade(chain, 2, DRAWS[draw])):
            assert equal(other, randomise(chain, [9, 5, 3, 1, 0][: k + 1], 2, DRAWS[draw]))
        for k, (_, other) in enumerate(one_at_a_time(chain, 2, DRAWS[draw])):
            assert equal(other, randomise(chain, [[9, 5, 3, 1, 0][k]], 2, DRAWS[draw]))


def test_networks_are_made_on_demand_and_kept_by_nobody(chain, pictures):
    """While the maps of one network are made, it is the only one beside the model."""
    alive, most = [], 0

    def method(model, images, target):
        nonlocal most
        gc.collect()
        alive.append(weakref.ref(model))
        most = max(most, len({id(ref()) for ref in alive if ref() is not None and ref() is not chain}))
        return vanilla_gradient(model, images, target)

    assert randomisation_curve(method, chain, (other for _, other in cascade(chain)), pictures).shape == (5, 5)
    assert most == 1
    gc.collect()
    assert not [ref for ref in alive if ref() not in (None, chain)]


def linear(*rows, bias=0.0):
    """Scores of one-channel pictures 2 pixels high, the class's row times the pixels."""
    layer = nn.Linear(len(rows[0]), len(rows))
    layer.weight.data, layer.bias.data = torch.tensor(rows, dtype=torch.float32), torch.full((len(rows),), bias)
    return nn.Sequential(nn.Flatten(), layer)


def one_unit(top, first=(1.0, 2.0, -3.0, 4.0)):
    """S = top · ReLU(first · x)."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False), nn.ReLU(), nn.Linear(1, 1, bias=False))
    model[1].weight.data, model[3].weight.data = torch.tensor([first]), torch.tensor([[float(top)]])
    return model


class TestCurve:
    def test_the_gradient_of_a_line_by_hand(self):
        """Its map is the row of the class: ranks 1 2 3 4 against those of the others."""
        model, images = linear([1, 2, 3, 4], [4, 3, 2, 1]), torch.rand(3, 1, 2, 2, generator=seeded())
        others = [
            linear([1, 2, 3, 4], [0, 0, 0, 1]), linear([-1, -2, -3, -4], [1, 2, 3, 4]),
            linear([10, 20, 40, 30], [1, 2, 3, 5]), linear([2, 0, 3, 1], [9, 9, 8, 8]),
        ]  # fmt: skip
        curve = randomisation_curve(vanilla_gradient, model, others, images, 0)
        assert curve.tolist() == [[pytest.approx(value, abs=1e-6)] * 3 for value in (1, -1, 0.8, 0)]
        sizes = randomisation_curve(vanilla_gradient, model, others, images, 0, without_sign(map_similarity))
        assert sizes.tolist() == [[pytest.approx(value, abs=1e-6)] * 3 for value in (1, 1, 0.8, 0)]
        curve = randomisation_curve(vanilla_gradient, model, others[1:3], images, torch.tensor([1, 0, 1]))
        assert curve.flatten().tolist() == pytest.approx([-1, -1, -1, -1, 0.8, -1], abs=1e-6)

    def test_one_hidden_unit_by_hand(self):
        """gradient = top · first, whatever the size of top: signed it knows the sign, by size nothing; guided
        backpropagation keeps what is positive, so of a negative top nothing is left, and of a positive the same map.
        """
        model, images = one_unit(2), torch.ones(2, 1, 2, 2)
        others = [one_unit(0.01), one_unit(700), one_unit(-5)]
        for method, similarity, expected in (
            (vanilla_gradient, map_similarity, (1, 1, -1)),
            (vanilla_gradient, without_sign(map_similarity), (1, 1, 1)),
            (gradient_x_input, map_similarity, (1, 1, -1)),
        ):
            curve = randomisation_curve(method, model, others, images, 0, similarity)
            assert curve.tolist() == [[pytest.approx(value, abs=1e-6)] * 2 for value in expected]
        with pytest.warns(UserWarning, match="^0 of 2 maps of the model and 2 of 6 of the others are the same every"):
            curve = randomisation_curve(guided_backprop, model, others, images, 0)
        assert curve.tolist() == [[pytest.approx(value, abs=1e-6)] * 2 for value in (1, 1, 0)]

    @pytest.mark.parametrize("target", [2, torch.tensor([0, 1, 2, 1, 0]), None])
    @pytest.mark.parametrize("method", [vanilla_gradient, guided_backprop, grad_cam])
    @pytest.mark.filterwarnings("ignore:.*the same everywhere:UserWarning")
    def test_against_one_image_and_one_network_after_another(self, method, target, chain, pictures):
        others = [other for _, other in cascade(chain, 3)]
        with torch.no_grad():
            classes = chain(pictures).argmax(1) if target is None else torch.as_tensor(target).expand(5)
        expected = []
        for other in others:
            for image, c in zip(pictures, classes.tolist(), strict=True):
                maps = [method(network, image[None], c)[0].sum(0).flatten().numpy() for network in (chain, other)]
                level = [np.ptp(each) == 0 for each in maps]
                expected.append(float(all(level)) if any(level) else spearmanr(*maps).statistic)
        curve = randomisation_curve(method, chain, others, pictures, target)
        assert curve.shape == (5, 5)
        assert curve.flatten().tolist() == pytest.approx(expected, abs=1e-4)

    def test_the_question_stays_that_of_the_model(self, chain, pictures):
        """Not what each random network predicts: then the map would change because the question did."""
        asked = []

        def method(model, images, target):
            asked.append(target.tolist())
            return vanilla_gradient(model, images, target)

        others = [other for _, other in cascade(chain)]
        with torch.no_grad():
            predicted = chain(pictures).argmax(1).tolist()
            assert any(other(pictures).argmax(1).tolist() != predicted for other in others)
        randomisation_curve(method, chain, others, pictures)
        assert asked == [predicted] * 6

    def test_a_network_is_like_itself(self, chain, pictures):
        assert randomisation_curve(vanilla_gradient, chain, [chain], pictures).eq(1).all()

    def test_batches(self, chain, pictures):
        seen = []

        def method(model, images, target):
            seen.append(len(images))
            return vanilla_gradient(model, images, target)

        others = [randomise(chain, [9])]
        curves = [randomisation_curve(method, chain, others, pictures, batch_size=rows) for rows in (None, 2, 1)]
        assert seen == [5] * 2 + [2, 2, 1] * 2 + [1] * 10
        torch.testing.assert_close(curves[1], curves[0], atol=1e-3, rtol=0)
        torch.testing.assert_close(curves[2], curves[0], atol=1e-3, rtol=0)

    @pytest.mark.parametrize(
        "others, error, message",
        [
            ([], ValueError, "^others must be at least one network, got none: a generator gives its networks only"),
            (iter([]), ValueError, "^others must be at least one network"),
            (linear([1, 2, 3, 4]), TypeError, "^others must be a list of networks, got Sequential"),
            (None, TypeError, "^others must be a list of networks, got None"),
            ([("9", linear([1, 2, 3, 4]))], TypeError, "^others must be networks, got tuple among them"),
        ],
    )
    def test_what_are_no_networks(self, others, error, message):
        with pytest.raises(error, match=message):
            randomisation_curve(vanilla_gradient, linear([1, 2, 3, 4]), others, torch.ones(1, 1, 2, 2))

    @pytest.mark.parametrize(
        "wrong, error, message",
        [
            ({"method": "gradient"}, TypeError, r"^method must be a function method\(model, images, target\), got 'gr"),
            ({"method": lambda *_: torch.ones(2, 2, 2)}, ValueError, r"^method must return maps \(N, C, h, w\), one"),
            ({"method": lambda *_: torch.ones(1, 1, 2, 2)}, ValueError, "^method must return maps.*2 images, got a f"),
            ({"similarity": None}, TypeError, r"^similarity must be a function similarity\(maps, others\), got None"),
            ({"similarity": lambda a, b: 1.0}, ValueError, "^similarity must return a finite number for each of 2"),
            ({"similarity": lambda a, b: (a - b).sum()}, ValueError, "^similarity must return a finite number for ea"),
            ({"similarity": lambda a, b: 0 / (a - a).sum((1, 2, 3))}, ValueError, "^similarity must return a finite"),
        ],
    )
    def test_what_does_not_return_what_it_must(self, wrong, error, message):
        model, images = linear([1, 2, 3, 4]), torch.ones(2, 1, 2, 2)
        arguments = {"method": vanilla_gradient, "similarity": map_similarity} | wrong
        with pytest.raises(error, match=message):
            randomisation_curve(model=model, others=[model], images=images, **arguments)

    def test_maps_without_an_order_are_not_silent(self):
        model, images = linear([1, 2, 3, 4], [1, 1, 1, 1]), torch.ones(3, 1, 2, 2)
        with pytest.warns(UserWarning, match="^1 of 3 maps of the model and 1 of 3 of the others are the same every"):
            randomisation_curve(vanilla_gradient, model, [model], images, torch.tensor([0, 1, 0]))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            randomisation_curve(vanilla_gradient, model, [model], images, 0)


class TestSigns:
    def test_a_map_and_its_reverse(self):
        maps = torch.randn(4, 3, 5, 5, generator=seeded())
        assert map_similarity(maps, -maps).eq(-1).all() and without_sign(map_similarity)(maps, -maps).eq(1).all()

    def test_channels_are_added_up_before_the_sign_goes(self):
        maps, others = torch.randn(2, 4, 3, 5, 5, generator=seeded())
        expected = [
            spearmanr(np.abs(a.sum(0)).ravel(), np.abs(b.sum(0)).ravel()).statistic
            for a, b in zip(maps.double().numpy(), others.double().numpy(), strict=True)
        ]
        assert without_sign(map_similarity)(maps, others).tolist() == pytest.approx(expected, abs=1e-6)
        one_by_one = map_similarity(maps.abs(), others.abs())
        assert (one_by_one - torch.tensor(expected)).abs().max() > 0.05

    def test_no_similarity(self):
        with pytest.raises(TypeError, match=r"^similarity must be a function similarity\(maps, others\), got 0.5"):
            without_sign(0.5)


class TestLabels:
    def test_as_many_of_each_class(self):
        labels = torch.tensor([0] * 20 + [1] * 30 + [2] * 50)
        before = labels.clone()
        permuted = permute_labels(labels, 1)
        assert permuted.bincount().tolist() == [20, 30, 50] and labels.equal(before)
        assert permuted.equal(permute_labels(labels, 1)) and not permuted.equal(permute_labels(labels, 2))
        assert permuted.dtype == labels.dtype and permuted.data_ptr() != labels.data_ptr()

    def test_how_many_stay_right(self):
        labels = torch.tensor([0] * 20 + [1] * 30 + [2] * 50)  # .2² + .3² + .5² = .38
        stay = [(permute_labels(labels, seed) == labels).float().mean().item() for seed in range(200)]
        assert np.mean(stay) == pytest.approx(0.38, abs=0.01)

    def test_the_global_generator_is_left_alone(self):
        before = torch.get_rng_state()
        permute_labels(torch.arange(9))
        assert torch.get_rng_state().equal(before)

    @pytest.mark.parametrize(
        "labels, error, message",
        [
            ([0, 1], TypeError, r"^labels must be a tensor \(N,\) of ints, got list"),
            (torch.rand(4), TypeError, "^labels must be .* got a float32 tensor"),
            (torch.tensor([True, False]), TypeError, "^labels must be .* got a bool tensor"),
            (torch.eye(3).long(), ValueError, r"^labels must have the shape \(N,\), got a int64 tensor of shape \(3,"),
            (torch.ones(5).long(), ValueError, "^labels must differ for some to become wrong; with seed 0 each of 5"),
            (torch.ones(0).long(), ValueError, "^labels must differ"),
        ],
    )
    def test_what_are_no_labels(self, labels, error, message):
        with pytest.raises(error, match=message):
            permute_labels(labels)
        with pytest.raises(TypeError, match="^seed must be an int"):
            permute_labels(torch.arange(3), seed=None)


def by_kernels(images):
    """The Sobel filters place by place, the pixel beyond the border being the nearest one within."""
    n, c, h, w = images.shape
    grey = images.double().sum(1) / c
    result = torch.zeros(n, 1, h, w, dtype=torch.float64)
    for i in range(n):
        for y in range(h):
            for x in range(w):
                s_x = s_y = 0.0
                for dy in (-1, 0, 1):
                    for dx in (-1, 0, 1):
                        value = grey[i, min(max(y + dy, 0), h - 1), min(max(x + dx, 0), w - 1)].item()
                        s_x += dx * (2 - dy * dy) * value
                        s_y += dy * (2 - dx * dx) * value
                result[i, 0, y, x] = math.sqrt(s_x**2 + s_y**2)
    return result


class TestEdges:
    def test_a_step_by_hand(self):
        step = torch.zeros(1, 3, 5, 6)
        step[..., 3:] = 1
        assert edge_map(step).tolist() == [[[[0, 0, 4, 4, 0, 0]] * 5]]
        assert edge_map(step.transpose(2, 3)).equal(edge_map(step).transpose(2, 3))
        assert edge_map(1 - step).equal(edge_map(step))

    def test_a_diagonal_step_by_hand(self):
        edges = edge_map(torch.triu(torch.ones(8, 8), 1)[None, None])[0, 0]
        distance = torch.arange(8) - torch.arange(8)[:, None]
        known = {-1: math.sqrt(2), 0: 3 * math.sqrt(2), 1: 3 * math.sqrt(2), 2: math.sqrt(2)}
        expected = torch.zeros(8, 8)
        for offset, value in known.items():
            expected[distance == offset] = value
        torch.testing.assert_close(edges[1:-1, 1:-1], expected[1:-1, 1:-1])

    def test_grey_is_the_mean_of_the_channels(self):
        step = torch.zeros(1, 1, 4, 4)
        step[..., 2:] = 1
        assert edge_map(torch.cat([step, -step, 0 * step], 1)).eq(0).all()
        torch.testing.assert_close(edge_map(torch.cat([step, 2 * step], 1)), 1.5 * edge_map(step))

    @pytest.mark.parametrize("shape", [(2, 3, 7, 5), (1, 1, 1, 6), (1, 2, 1, 1)])
    def test_against_the_kernels_place_by_place(self, shape):
        images = torch.randn(shape, generator=seeded())
        torch.testing.assert_close(edge_map(images).double(), by_kernels(images), atol=1e-5, rtol=1e-5)

    def test_against_scikit_image(self):
        images = load_hands("test").images[:3]
        for image, edges in zip(images, edge_map(images), strict=True):
            theirs = (
                4 * math.sqrt(2) * sobel(image.mean(0).numpy())
            )  # theirs has weights of sum 1 and a mean of squares
            np.testing.assert_allclose(edges[0].numpy(), theirs, atol=1e-5)

    def test_what_is_flat_is_zero_exactly(self):
        assert edge_map(torch.rand(1, 3, 1, 1).expand(2, 3, 9, 9)).eq(0).all()

    @pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
    def test_types(self, dtype):
        images = torch.rand(2, 3, 8, 8, generator=seeded()).to(dtype)
        assert edge_map(images).dtype == dtype
        torch.testing.assert_close(edge_map(images).double(), by_kernels(images), atol=0.05, rtol=0.05)

    def test_as_a_method_it_never_asks_the_model(self, chain, pictures):
        pictures.requires_grad_()
        found = edge_detector(chain, pictures, 1)
        assert found.shape == (5, 1, 6, 6) and not found.requires_grad
        assert found.equal(edge_detector(None, pictures)) and found.equal(edge_map(pictures))
        for networks in cascade, one_at_a_time:
            others = (other for _, other in networks(chain))
            assert randomisation_curve(edge_detector, chain, others, pictures).eq(1).all()

    @pytest.mark.parametrize("images", [torch.zeros(3, 8, 8), torch.zeros(1, 3, 8, 8).int(), None])
    def test_what_are_no_images(self, images, chain):
        for function in edge_map, partial(edge_detector, chain), partial(idle_map, chain):
            with pytest.raises((TypeError, ValueError), match="^images must"):
                function(images)


class TestIdle:
    @pytest.fixture
    def large(self):
        return torch.rand(3, 2, 96, 96, generator=seeded())

    def test_the_same_for_all_images_and_classes(self, chain, large):
        found = idle_map(chain, large, 0)
        assert found.shape == (3, 1, 96, 96) and (found == found[:1]).all()
        assert found.equal(idle_map(copy.deepcopy(chain), torch.zeros_like(large), torch.tensor([2, 1, 0])))
        assert found[0].std().item() == pytest.approx(1, abs=0.03)

    def test_neither_layout_nor_type_of_the_same_weights_counts(self, chain, large):
        found = idle_map(chain, large)
        assert found.equal(idle_map(copy.deepcopy(chain).to(memory_format=torch.channels_last), large))
        assert found.equal(idle_map(copy.deepcopy(chain).double(), large))
        assert idle_map(chain, large.half()).dtype == torch.float16

    def test_after_any_change_of_any_weight_nothing_is_left(self, chain, large):
        others = [other for draw in DRAWS.values() for _, other in cascade(chain, 0, draw)]
        for k, weight in enumerate(chain.parameters()):
            other = copy.deepcopy(chain)
            changed = list(other.parameters())[k].data.view(-1)
            changed[-1] = torch.nextafter(changed[-1], torch.tensor(9.0))  # one weight by its last bit
            swapped = copy.deepcopy(chain)
            values = list(swapped.parameters())[k].data.view(-1)
            values[:2] = values[:2].flip(0).clone()  # the same weights, their sum and their bytes
            others += [other, swapped]
            assert weight.numel() > 1
        curve = randomisation_curve(idle_map, chain, others, large, 0)
        assert curve.abs().max() < 0.05
        assert randomisation_curve(idle_map, chain, [copy.deepcopy(chain)], large, 0).eq(1).all()

    def test_the_model_and_the_generator_are_left_alone(self, chain, large):
        before, random_state = state(chain), torch.get_rng_state()
        idle_map(chain.train(), large)
        assert torch.get_rng_state().equal(random_state)
        assert same(state(chain.eval()), before)
        with pytest.raises(TypeError, match="^model must be a torch.nn.Module"):
            idle_map(None, large)


@pytest.mark.filterwarnings("ignore:.*the same everywhere:UserWarning")
def test_on_the_hands():
    """The top layer alone: guided backpropagation hardly notices, and the gradient does where its sign is looked at.

    That of Grad-CAM scatters about 0, edges stay, and noise from the weights has the best mark of all.
    """
    hands, network = load_hands("test"), load_network()
    images, labels = hands.images[:4], hands.labels[:4]
    top, everything = next(cascade(network)), list(cascade(network))[-1]
    assert (top[0], everything[0]) == ("20", "0")

    def mean(method, similarity=map_similarity):
        others = [top[1], everything[1]]
        return randomisation_curve(method, network, others, images, labels, similarity).mean(1).tolist()

    signed, sizes = mean(vanilla_gradient), mean(vanilla_gradient, without_sign(map_similarity))
    assert abs(signed[0]) < 0.45 < sizes[0] and max(map(abs, [signed[1], sizes[1]])) < 0.1
    guided = mean(guided_backprop)
    assert guided[0] > 0.95 and 0.25 < guided[1] < 0.6
    assert mean(edge_detector) == [1, 1] and max(map(abs, mean(idle_map))) < 0.05


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_gpu(chain, pictures):
    there, images = copy.deepcopy(chain).cuda(), pictures.cuda()
    for draw in DRAWS.values():
        for (name, here), (same_name, other) in zip(cascade(chain, 1, draw), cascade(there, 1, draw), strict=True):
            assert name == same_name and equal(here, other.cpu())
    labels = permute_labels(torch.arange(9).cuda())
    assert labels.is_cuda and labels.cpu().equal(permute_labels(torch.arange(9)))
    assert idle_map(there, images).cpu().equal(idle_map(chain, pictures))
    torch.testing.assert_close(edge_map(images).cpu(), edge_map(pictures))
    curves = [
        randomisation_curve(vanilla_gradient, model, (other for _, other in cascade(model)), x)
        for model, x in ((chain, pictures), (there, images))
    ]
    torch.testing.assert_close(curves[1].cpu(), curves[0], atol=0.05, rtol=0)
