"""The widgets, turned: headless, and in a real JupyterLab with the keyboard."""

import re

import ipywidgets as widgets
import nbformat
import pytest
import torch

from utils import (
    CLASSES,
    area_under,
    cascade,
    class_score,
    coalition_images,
    deconvnet_rule,
    edge_detector,
    epsilon_rule,
    explore_classes,
    explore_coalitions,
    explore_deletion,
    explore_layers,
    explore_masks,
    explore_patch,
    explore_path,
    explore_randomisation,
    explore_relevance,
    explore_rules,
    explore_shift,
    explore_smoothing,
    explore_walk,
    gamma_rule,
    grad_cam,
    gradient_x_input,
    guided_backprop,
    guided_rule,
    integrated_gradients,
    load_hands,
    load_network,
    lrp,
    map_similarity,
    replace_top,
    rise_masks,
    score_curve,
    share_inside,
    vanilla_gradient,
    vanilla_rule,
)
from utils.classroom import explorers
from utils.classroom.exercises.integrated_gradients import straight_path
from utils.classroom.exercises.smoothgrad import noise_std
from utils.classroom.exercises.start_here import cover
from utils.classroom.plots import LARGEST_PICTURE, draw, draw_curves

COLOURS = {"grey": torch.full((3, 1, 1), 0.5), "green": torch.tensor([0.1, 0.6, 0.2]).reshape(3, 1, 1)}
X, G = torch.tensor([[1.0, 0.0], [-1.0, -10.0]]), torch.tensor([[0.4, 1.1], [-0.5, -0.1]])
RULES = {"vanilla": vanilla_rule, "deconvnet": deconvnet_rule, "guided": guided_rule}


def parts(explorer):
    """The controls of an explorer by their description, and the HTML view they change."""
    found, views, queue = {}, [], [explorer]
    while queue:
        widget = queue.pop()
        queue += getattr(widget, "children", [])
        if isinstance(widget, widgets.HTML):
            views.append(widget)
        elif hasattr(widget, "value"):
            found[widget.description] = widget
    (view,) = views
    return found, view


def numbers(html):
    """The numbers in the cells of a table."""
    return [float(text.replace("−", "-")) for text in re.findall(r"<td[^>]*>([-+−\d.]+)</td>", html)]


def alt(html):
    return re.search(r'alt="([^"]+)"', html)[1]


@pytest.fixture(scope="module")
def example():
    hands = load_hands("test")
    return load_network("hands"), hands.images[:1], int(hands.labels[0])


def test_explore_patch_shows_the_scores_of_the_covered_image(example):
    network, image, _ = example
    controls, view = parts(explore_patch(network, image, cover, COLOURS))
    before = view.value
    controls["row"].value, controls["column"].value, controls["size"].value, controls["colour"].value = (
        40,
        20,
        32,
        "green",
    )
    assert alt(view.value) == "The hand with a square of green, 32 pixels at row 40, column 20."
    assert view.value != before
    with torch.no_grad():
        plain, covered = network(image)[0], network(cover(image, 40, 20, 32, COLOURS["green"]))[0]
    shown = torch.tensor(numbers(view.value)).reshape(3, 3)
    torch.testing.assert_close(shown, torch.stack([plain, covered, plain - covered], 1), atol=0.051, rtol=0)


def test_explore_rules_applies_the_three_rules_to_what_is_typed():
    controls, view = parts(explore_rules(X, G, RULES))
    assert numbers(view.value) == pytest.approx(
        [1, 0, -1, -10, 0.4, 1.1, -0.5, -0.1, 0.4, 0, 0, 0, 0.4, 1.1, 0, 0, 0.4, 0, 0, 0]
    )
    controls["G11"].value = -0.4  # the lesson's answer: now all three differ
    assert numbers(view.value)[8:] == pytest.approx([-0.4, 0, 0, 0, 0, 1.1, 0, 0, 0, 0, 0, 0])
    controls["X21"].value, controls["G21"].value = 3, 2
    assert numbers(view.value)[8:] == pytest.approx([-0.4, 0, 2, 0, 0, 1.1, 2, 0, 0, 0, 2, 0])


def test_explore_walk_shows_the_promise_and_the_truth(example):
    network, image, target = example
    controls, view = parts(explore_walk(network, image, target, vanilla_gradient))
    controls["step"].value = -0.1
    gradient = vanilla_gradient(network, image, target)
    moved = image - 0.1 * gradient.sign()
    promise = class_score(network, image, target).item() - 0.1 * gradient.abs().sum().item()
    assert numbers(view.value) == pytest.approx([promise, class_score(network, moved, target).item()], abs=0.051)
    assert "−0.10" in alt(view.value).replace("-", "−")


def test_explore_smoothing_shows_the_mean_of_the_copies_asked_for(example):
    network, image, target = example
    noise, hand = torch.randn(3, 3, 96, 96, generator=torch.Generator().manual_seed(3)), load_hands("test").hand[0]
    controls, view = parts(explore_smoothing(vanilla_gradient, network, image, target, noise, noise_std, hand))
    controls["noise in percent"].value, controls["copies"].value = 10, 2
    assert "10 % noise" in alt(view.value) and "mean of 2 maps at 10 %" in view.value
    sigma = 0.1 * (image.max() - image.min())
    mean = sum(vanilla_gradient(network, image + sigma * one, target) for one in noise[:2]) / 2
    inside = (mean.sum(1).abs() * hand).sum() / mean.sum(1).abs().sum()
    assert numbers(view.value) == pytest.approx([inside.item()], abs=0.0051)


def test_explore_path_adds_up_at_every_step(example):
    network, image, target = example
    baselines = {"black": torch.zeros(3, 96, 96), "white": torch.ones(3, 96, 96)}
    controls, view = parts(explore_path(network, image, target, baselines, straight_path, vanilla_gradient))
    controls["baseline"].value, controls["step"].value = "white", 24
    assert alt(view.value) == "The image after 24 of 24 steps from the baseline white."
    here, gathered = numbers(view.value)
    assert here == pytest.approx(class_score(network, image, target).item(), abs=0.0051)
    whole = integrated_gradients(network, image, target, baseline=1.0, n_steps=24).sum() + class_score(
        network, torch.ones_like(image), target
    )
    assert gathered == pytest.approx(whole.item(), abs=0.0051)
    controls["step"].value = 0
    here, gathered = numbers(view.value)
    assert here == gathered == pytest.approx(class_score(network, torch.ones_like(image), target).item(), abs=0.0051)


def test_explore_classes_compares_with_the_map_of_the_own_class(example):
    network = example[0]
    hands = load_hands("test")
    methods = {"gradient": vanilla_gradient, "guided": guided_backprop}
    controls, view = parts(explore_classes(network, hands.images[:3], hands.labels[:3], methods))
    assert numbers(view.value) == pytest.approx([1, 1])  # asked for its own class
    asked = (int(hands.labels[2]) + 1) % 3
    controls["hand"].value, controls["asked for"].value = 2, CLASSES[asked]
    own = hands.images[2:3], int(hands.labels[2])
    expected = [
        torch.nn.functional.cosine_similarity(
            method(network, own[0], asked).flatten(), method(network, *own).flatten(), dim=0
        ).item()
        for method in methods.values()
    ]
    assert numbers(view.value) == pytest.approx(expected, abs=0.006)
    assert f"of class {CLASSES[own[1]]}" in alt(view.value) and f"score of {CLASSES[asked]}" in alt(view.value)


def test_explore_layers_shows_the_map_of_the_layer(example):
    network, image, target = example
    hand = load_hands("test").hand[0]
    controls, view = parts(explore_layers(network, image, target, grad_cam, hand))
    assert controls["layer"].max == 14  # the last pooling: behind it there are no places
    controls["layer"].value = 7
    cam = grad_cam(network, image, target, network[7])[0]
    assert f"{(cam * hand).sum() / cam.sum():.0%}" in view.value
    assert "at layer 7, Conv2d" in alt(view.value)


def test_explore_shift_compares_with_the_map_without_shift(example):
    network, image, _ = example
    methods = {"gradient × input": gradient_x_input, "gradient": vanilla_gradient}
    controls, view = parts(explore_shift(network, image, methods, map_similarity))
    assert numbers(view.value) == [1, 1]
    assert len(view.value) < 1.4 * LARGEST_PICTURE  # what the notebook keeps, in base64
    controls["shift"].value = -0.3
    assert "-0.3 added to every value" in alt(view.value)
    target = int(network(image).argmax())
    both = [[method(network, x, target) for x in (image, image - 0.3)] for method in methods.values()]
    expected = [map_similarity(*maps).item() for maps in both]
    assert numbers(view.value) == pytest.approx(expected, abs=0.006)
    assert f"predicted: {CLASSES[int(network(image - 0.3).argmax())]}" in view.value


def masked(image, n=6):
    """masks (n, 1, 96, 96), their scores and the fill of a made-up run of RISE."""
    generator = torch.Generator().manual_seed(8)
    grids, shifts = torch.rand(n, 8, 8, generator=generator).round(), torch.randint(12, (n, 2), generator=generator)
    return rise_masks(grids, shifts, 96), 20 * torch.rand(n, generator=generator), torch.full((3, 1, 1), 0.5)


def test_explore_masks_shows_the_maps_of_the_first_masks(example):
    _, image, _ = example
    masks, scores, fill = masked(image)
    controls, view = parts(explore_masks(masks, scores, image, fill))
    assert (controls["masks"].min, controls["masks"].max) == (1, 6)
    assert numbers(view.value) == pytest.approx(2 * [scores[0].item()], abs=0.051)
    controls["masks"].value = 5
    assert alt(view.value) == "The image under mask 5 of 6." and view.value.count("<img") == 3

    def difference(chosen):  # by plain sums
        weights, hidden = masks[chosen], 1 - masks[chosen]
        each = scores[chosen][:, None, None, None]
        mean = scores[chosen].mean()
        seen, not_seen = (
            torch.where(count.sum(0) > 0, (each * count).sum(0) / count.sum(0), mean) for count in (weights, hidden)
        )
        return seen - not_seen

    one, other = difference([0, 2, 4]), difference([1, 3])
    alike = map_similarity(one[None], other[None]).item()
    assert numbers(view.value)[:2] == pytest.approx([scores[4].item(), scores[:5].mean().item()], abs=0.051)
    expected = [difference([0, 1, 2, 3, 4]).std().item(), (one - other).std().item() / 2, alike]
    assert numbers(view.value)[2:] == pytest.approx(expected, abs=0.0051)


def test_explore_masks_draws_the_picture_that_the_mask_leaves(example, monkeypatch):
    _, image, _ = example
    masks, scores, fill = masked(image)
    drawn = []
    monkeypatch.setattr(explorers, "draw", lambda panels, **options: drawn.append((panels[0], options)) or draw(panels))
    controls, _ = parts(explore_masks(masks, scores, image, fill))
    assert not drawn[2][0].any() and drawn[2][1]["signed"]  # one mask tells no place from another
    del drawn[:]
    controls["masks"].value = 4
    torch.testing.assert_close(drawn[0][0], masks[3] * image[0] + (1 - masks[3]) * 0.5)
    torch.testing.assert_close(drawn[1][0], (scores[:4, None, None, None] * masks[:4]).sum(0) / masks[:4].sum(0))


A_AND_B_OR_C = torch.tensor([0.0, 0, 0, 1, 0, 1, 0, 1])  # a needs one of two that stand in for each other
THREE = ["palm", "index", "middle"]


def three_players():
    players = torch.zeros(3, 96, 96, dtype=torch.bool)
    for k in range(3):
        players[k, 32 * k : 32 * k + 32] = True
    return players


def test_explore_coalitions_shows_what_each_adds_here_beside_its_share(example):
    _, image, _ = example
    controls, view = parts(explore_coalitions(30 * A_AND_B_OR_C, image, 0.5, three_players(), THREE))
    assert list(controls)[::-1] == THREE or list(controls) == THREE
    # the score here, with all, with none; of each: what it adds here, its Shapley value; the sums
    assert numbers(view.value) == [30, 30, 0, 30, 20, 0, 5, 0, 5, 30, 30]
    controls["middle"].value = False
    assert alt(view.value) == "The image with palm, index shown and middle covered."
    assert numbers(view.value) == [30, 30, 0, 30, 20, 30, 5, 0, 5, 60, 30]  # the index is there: the middle adds 0
    controls["index"].value = False
    assert numbers(view.value) == [0, 30, 0, 0, 20, 30, 5, 30, 5, 60, 30]  # neither is there: now it adds 30
    assert view.value.count(">out</td>") == 2 and view.value.count(">in</td>") == 1
    for name in THREE:
        controls[name].value = False
    assert "with nothing shown and palm, index, middle covered" in alt(view.value)


def test_explore_coalitions_draws_the_coalition_and_asks_for_a_class(example, monkeypatch):
    _, image, _ = example
    drawn = []
    monkeypatch.setattr(explorers, "draw", lambda panels: drawn.append(panels[0]) or draw(panels))
    values = torch.stack([-A_AND_B_OR_C, 8 * A_AND_B_OR_C, 0 * A_AND_B_OR_C], 1)
    controls, view = parts(explore_coalitions(values, image, torch.full((3, 1, 1), 0.5), three_players(), THREE))
    assert controls["score of"].value == "paper"  # the largest with everybody there
    controls["palm"].value = False
    shown = torch.tensor([[False, True, True]])
    torch.testing.assert_close(
        drawn[-1], coalition_images(image[0], torch.full((3, 96, 96), 0.5), three_players(), shown)[0]
    )
    assert numbers(view.value)[9:11] == [8, 5.3]
    controls["score of"].value = "rock"
    assert numbers(view.value) == [0, -1, 0, 0, 8, 0, 0, 0, 0, -1, -0.7, 0, -0.2, 0, -0.2, -1, -1]
    controls["score of"].value = "scissors"  # nobody adds anything: no bar, no division by zero
    assert numbers(view.value)[9:] == [0] * 8 and "nan" not in view.value


def bars(html):
    """What the rows of the unit say: title → value, where there is one."""
    return {
        title: float(value.replace("−", "-"))
        for title, value in re.findall(r"<th scope='row'[^>]*>([^<]+)</th><td[^>]*>([−\d.]+)</td>", html)
    }


def unit(weights, x, bias=0.0, epsilon=0.0, gamma=0.0):
    """What becomes of a unit's score, when the sliders are set."""
    controls, view = parts(explore_relevance().children[1])
    controls["weights (w₁, w₂)"].value = weights
    for name, value in {"x₁": x[0], "x₂": x[1], "bias b": bias, "ε": epsilon, "γ": gamma}.items():
        controls[name].value = value
    return bars(view.value), view.value


def test_explore_relevance_shares_out_the_score_of_a_unit_by_hand():
    found, _ = unit("(1, −1)", (2, 1))
    assert [*found.values()] == [2, -1, 0, 0, 1, 1, 1]
    found, _ = unit("(1, −1)", (2, 1), epsilon=1)
    assert [*found.values()] == [1, -0.5, 0, 0.5, 0.5, 1, 0.5]
    found, _ = unit("(1, −1)", (2, 1), gamma=1)  # 4 and −1 of 3
    assert [*found.values()] == [1.33, -0.33, 0, 0, 1, 1, 1]
    found, _ = unit("(1, 1)", (2, 1), bias=-2)  # the bias takes −2
    assert [*found.values()] == [2, 1, -2, 0, 3, 1, 3]
    found, _ = unit("(1, −1)", (0, 1), epsilon=1)  # ε has the sign of z
    assert [*found.values()] == [0, -0.5, 0, -0.5, -0.5, -1, 0.5]


def test_explore_relevance_says_where_nothing_can_be_shared():
    _, view = unit("(1, −1)", (1, 1))
    assert "it would be divided by 0" in view and "nan" not in view and "inf" not in view
    _, view = unit("(1, −1)", (1, 1), epsilon=1)
    assert bars(view)["ε keeps"] == 0 and "nan" not in view  # a score of 0: everybody gets 0


@pytest.mark.parametrize("seed", range(20))
def test_a_units_shares_are_those_of_the_rules(seed):
    generator = torch.Generator().manual_seed(seed)
    x, weights, bias = (torch.randn(size, generator=generator) for size in (2, 2, 1))
    x, layer = x.abs(), torch.nn.Linear(2, 1)
    layer.weight.data, layer.bias.data = weights[None], bias
    z = layer(x[None]).detach()
    for epsilon, gamma, rule in ((0.5, 0, epsilon_rule), (0, 0.5, gamma_rule)):
        given = {"epsilon": epsilon} if epsilon else {"gamma": gamma}
        score, shares, *rest = explorers.unit_shares(x.tolist(), weights.tolist(), bias.item(), epsilon, gamma)
        assert score == pytest.approx(z.item(), abs=1e-5) and sum(shares) + sum(rest) == pytest.approx(score, abs=1e-4)
        torch.testing.assert_close(torch.tensor(shares), rule(layer, x[None], z, **given)[0], atol=1e-4, rtol=1e-4)


def test_explore_relevance_gives_each_kind_of_layer_its_rule(example):
    network, image, target = example
    hands = load_hands("test")
    controls, view = parts(explore_relevance(network, hands).children[3])
    score = class_score(network, image, target).item()
    total = gradient_x_input(network, image, target).sum().item()
    assert numbers(view.value)[:3] == pytest.approx([score, total, total / score], abs=0.006)
    assert controls["convolutions"].options == controls["dense layers"].options  # z^B is for the first layer alone
    controls["dense layers"].value, controls["convolutions"].value = "ε = 0.25", "γ = 0.25"
    controls["first layer"].value, controls["hand"].value, controls["score of"].value = "z^B", 1, "paper"
    seen = []

    def rule(layer, a, relevance):
        seen.append((layer.dense, layer.first))
        name = "z^B" if layer.first else "ε = 0.25" if layer.dense else "γ = 0.25"
        return explorers.RULES[name](layer, a, relevance)

    expected = lrp(network, hands.images[1:2], CLASSES.index("paper"), rule=rule)
    score = class_score(network, hands.images[1:2], CLASSES.index("paper")).item()
    kept, inside = expected.sum().item() / score, share_inside(expected, hands.hand[1:2]).item()
    shown = numbers(view.value)
    assert shown[:3] == pytest.approx([score, expected.sum().item(), kept], abs=0.006)
    assert shown[4:6] == pytest.approx([inside, hands.hand[1].float().mean().item()], abs=0.006)
    assert seen.count((True, False)) == 3 and seen.count((False, True)) == 1
    words = (
        "The relevance of its pixels for the score of paper, by ε = 0.25 in dense layers, γ = 0.25 in convolutions and"
    )
    assert words in view.value


def test_explore_relevance_takes_an_lrp_that_hands_over_modules(example):
    network, image, target = example
    seen = []

    def own(network, images, target, rule):
        for layer in (network[0], network[2], network[20]):
            rule(layer, torch.ones(1, *layer.weight.shape[1:2], *[5] * (layer.weight.ndim - 2)), torch.ones(()))
        return torch.ones_like(images)

    def named(name):
        return lambda layer, a, relevance: seen.append((name, type(layer).__name__))

    rules = {name: named(name) for name in ("LRP-0", "γ", "z^B")}
    controls, _ = parts(explore_relevance(network, None, rules, own).children[3])
    controls["convolutions"].value, controls["first layer"].value = "γ", "z^B"
    assert seen[-3:] == [("z^B", "Conv2d"), ("γ", "Conv2d"), ("LRP-0", "Linear")]


def test_explore_randomisation_compares_with_the_trained_network(example):
    network, image, target = example
    methods = {"gradient": vanilla_gradient, "edges": edge_detector}
    controls, view = parts(explore_randomisation(network, None, methods))
    stops = [words for words, _ in controls["random layers"].options]
    assert stops[:3] + stops[-1:] == ["none", "20", "20 to 18", "all"]
    assert len(stops) == 10 and re.findall(r"1\.00", view.value) == 4 * ["1.00"]
    controls["random layers"].value, controls["seed"].value = 3, 1
    other = list(cascade(network, 1))[2][1]
    maps = [vanilla_gradient(each, image, target).sum(1, keepdim=True) for each in (network, other)]
    expected = [map_similarity(*maps).item(), map_similarity(*(each.abs() for each in maps)).item()]
    scores = [each(image)[0, target].item() for each in (network, other)]
    shown = numbers(view.value)
    assert shown[:2] == pytest.approx(scores, abs=0.006) and shown[3::2] == pytest.approx(expected, abs=0.006)
    assert "Its map by gradient now: layers 20 to 16 random, seed 1." in view.value
    assert CLASSES[int(other(image).argmax())] in view.value
    controls["method"].value, controls["random layers"].value = "edges", 9
    assert numbers(view.value)[2:] == [1, 1, 1, 1]  # it asks no network


def test_explore_randomisation_says_when_a_map_is_level(example):
    level = {"level": lambda model, images, target: torch.zeros_like(images)}
    _, view = parts(explore_randomisation(example[0], None, level))
    assert "A map is the same everywhere here" in view.value


def test_explore_randomisation_takes_a_cascade_of_ones_own(example):
    def own(network, seed):
        return [(int(name), other) for name, other in cascade(network, seed)]

    controls, view = parts(explore_randomisation(example[0], None, {"gradient": vanilla_gradient}, own))
    controls["random layers"].value = 1
    assert "now: layer 20 random, seed 0" in view.value


def test_explore_deletion_shows_the_picture_and_both_curves_so_far(example, monkeypatch):
    network, image, target = example
    drawn, lines = [], []
    monkeypatch.setattr(explorers, "draw", lambda panels, **given: drawn.append(panels[0]) or draw(panels, **given))
    monkeypatch.setattr(
        explorers, "draw_curves", lambda x, curves, **given: lines.append(curves) or draw_curves(x, curves, **given)
    )
    controls, view = parts(explore_deletion(network, None, {"gradient × input": gradient_x_input}, steps=10))
    controls["percent"].value, controls["fill"].value = 30, "mean colour"
    maps = gradient_x_input(network, image, target).sum(1)
    fill = image.mean((2, 3), keepdim=True).expand_as(image)
    torch.testing.assert_close(drawn[-1], replace_top(image, maps, 0.3, fill)[0])
    curve = score_curve(network, image, fill, maps, target, 10)
    shown = lines[-1]["gradient × input"]
    torch.testing.assert_close(shown[:4], curve[0, :4])
    assert shown[4:].isnan().all() and list(lines[-1]) == ["gradient × input", "random order"]
    before, now = (network(each).softmax(1)[0].tolist() for each in (image, drawn[-1][None]))
    table = [number for pair in zip(before, now, strict=True) for number in pair]
    assert numbers(view.value)[:6] == pytest.approx(table, abs=0.006)
    assert numbers(view.value)[6] == pytest.approx(curve[0, 3].item(), abs=0.006) and view.value.count("at 100 %") == 2
    controls["percent"].value = 100
    assert numbers(view.value)[7] == pytest.approx(area_under(curve).item(), abs=0.006)
    controls["way"].value, controls["percent"].value = "insert", 20
    torch.testing.assert_close(drawn[-1], replace_top(fill, maps, 0.2, image)[0])
    assert "with 20 % of its pixels brought back" in alt(view.value)


def test_explore_deletion_takes_maps_and_coarse_ones(example):
    network, image, target = example
    fingers = load_hands("test").fingers.any(dim=1, keepdim=True).float()
    methods = {
        "fingers": fingers,
        "Grad-CAM": lambda model, images, target: grad_cam(model, images, target, model[13]),
    }
    controls, view = parts(explore_deletion(network, None, methods))
    controls["percent"].value = 10
    assert "those that fingers calls most important first; fill: black" in alt(view.value)
    controls["order of"].value = "Grad-CAM"
    assert "those that Grad-CAM calls" in alt(view.value)


def test_the_explorers_of_lessons_10_to_12_need_no_arguments():
    for explore in (explore_relevance, explore_randomisation, explore_deletion):
        assert explore().children


def test_a_square_at_the_last_place_still_lies_on_the_image(example):
    controls, view = parts(explore_patch(*example[:2], cover, COLOURS))
    for control in (controls["row"], controls["column"], controls["size"]):
        control.value = control.max
    assert numbers(view.value)


def test_the_view_keeps_its_height_while_it_changes(example):
    for explorer in (
        explore_patch(*example[:2], cover, COLOURS),
        explore_rules(X, G, RULES),
        explore_walk(*example, vanilla_gradient),
    ):
        assert parts(explorer)[1].layout.min_height


# in a browser ---------------------------------------------------------------------------------------------------------

CELLS = [
    """import torch
from utils import *
from utils.classroom.exercises.integrated_gradients import straight_path
from utils.classroom.exercises.smoothgrad import noise_std
from utils.classroom.exercises.start_here import cover
hands, network = load_hands("test"), load_network("hands")
images, label, hand = hands.images[:1], int(hands.labels[0]), hands.hand[0]
noise, black = torch.randn(4, 3, 96, 96), {"black": torch.zeros(3, 96, 96)}
X, G = torch.tensor([[1.0, 0.0], [-1.0, -10.0]]), torch.tensor([[0.4, 1.1], [-0.5, -0.1]])""",
    "explore_patch(network, hands.images[:1], cover, {'grey': torch.full((3, 1, 1), .5)})",
    "explore_rules(X, G, {'vanilla': vanilla_rule, 'deconvnet': deconvnet_rule, 'guided': guided_rule})",
    "explore_walk(network, images, label, vanilla_gradient)",
    "explore_classes(network, hands.images[:3], hands.labels[:3], {'guided': guided_backprop})",
    "explore_layers(network, images, label, grad_cam, hand)",
    "explore_smoothing(vanilla_gradient, network, images, label, noise, noise_std, hand)",
    "explore_path(network, images, label, black, straight_path, vanilla_gradient)",
    "explore_shift(network, images, {'gradient × input': gradient_x_input}, map_similarity)",
    "explore_masks(torch.rand(9, 1, 96, 96), torch.rand(9), images, 0.5)",
    """players = torch.cat([hand, ~hand])
explore_coalitions(torch.tensor([0.0, 5, 2, 7]), images, 0.5, players, ["hand", "background"])""",
    "explore_relevance()",
    "explore_randomisation()",
    "explore_deletion()",
]
SLIDERS = {  # number on the page, key → what the picture's words then say
    (0, "ArrowRight"): "row 36",
    (3, "ArrowRight"): "+0.01",
    (4, "ArrowRight"): "Hand number 1",
    (5, "ArrowLeft"): "at layer 12",
    (6, "ArrowRight"): "4 % noise",
    (8, "ArrowRight"): "13 of 24 steps",
    (9, "PageUp"): "+0.",
    (10, "ArrowRight"): "under mask 2",
    (17, "ArrowRight"): "5 % of its pixels deleted",
}


@pytest.mark.long
def test_the_keyboard_moves_the_widgets_in_jupyterlab(in_jupyterlab):
    with in_jupyterlab(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])) as page:
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => 0)")
        page.wait_for_function(
            "() => document.querySelectorAll('.widget-html img').length >= 19 && "
            "document.querySelectorAll('.noUi-handle').length >= 18"
        )

        def press(handle, key):
            """Presses a key on a slider and waits for another picture, loaded and with its words."""
            output = handle.evaluate_handle("e => e.closest('.jp-OutputArea-output')")
            before = output.evaluate("e => e.querySelector('img').src")
            handle.focus()
            handle.press(key)
            page.wait_for_function("([e, before]) => e.querySelector('img').src !== before", arg=[output, before])
            assert (
                output.evaluate("e => e.querySelector('img').decode().then(() => e.querySelector('img').naturalWidth)")
                > 300
            )
            return output.evaluate("e => e.querySelector('img').alt")

        sliders = page.locator(".noUi-handle")
        assert sliders.count() == 18
        for (number, key), words in SLIDERS.items():
            assert words in press(sliders.nth(number), key)
        player = page.get_by_label("background", exact=True)
        player.focus()
        player.press("Space")
        page.get_by_alt_text("The image with hand shown and background covered.").wait_for()
        sliders.nth(14).focus()  # ε: no picture changes, the table does
        sliders.nth(14).press("ArrowRight")
        page.locator(".widget-html", has_text="ε keeps").get_by_text("0.20", exact=True).first.wait_for()
        sliders.nth(16).focus()
        sliders.nth(16).press("ArrowRight")
        page.get_by_alt_text("now: layer 20 random, seed 0").wait_for()
        for label, words in {
            "convolutions": "ε = 0.25 in convolutions",
            "seed": "layer 20 random, seed 1",
            "fill": "fill: mean colour",
        }.items():
            page.get_by_label(label, exact=True).focus()
            for key in ("Space", "ArrowDown", "Enter"):  # ArrowDown alone is JupyterLab's: it goes to the next cell
                page.keyboard.press(key)
            page.get_by_alt_text(words).wait_for()
        box = page.get_by_label("G11")
        box.fill("-0.4")
        box.press("Enter")
        page.wait_for_function(
            "() => [...document.querySelectorAll('.widget-html td')].filter(e => e.innerText === '−0.4').length === 2"
        )
        assert page.locator(".jp-RenderedText[data-mime-type*='error'], .jp-mod-error").count() == 0
