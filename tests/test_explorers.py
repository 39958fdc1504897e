"""The widgets, turned: headless, and in a real JupyterLab with the keyboard."""

import re

import ipywidgets as widgets
import nbformat
import pytest
import torch

from utils import (
    CLASSES,
    class_score,
    coalition_images,
    deconvnet_rule,
    explore_classes,
    explore_coalitions,
    explore_layers,
    explore_masks,
    explore_patch,
    explore_path,
    explore_rules,
    explore_shift,
    explore_smoothing,
    explore_walk,
    grad_cam,
    gradient_x_input,
    guided_backprop,
    guided_rule,
    integrated_gradients,
    load_hands,
    load_network,
    map_similarity,
    rise_masks,
    vanilla_gradient,
    vanilla_rule,
)
from utils.classroom import explorers
from utils.classroom.exercises.integrated_gradients import straight_path
from utils.classroom.exercises.smoothgrad import noise_std
from utils.classroom.exercises.start_here import cover
from utils.classroom.plots import LARGEST_PICTURE, draw

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
}


@pytest.mark.long
def test_the_keyboard_moves_the_widgets_in_jupyterlab(in_jupyterlab):
    with in_jupyterlab(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])) as page:
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => 0)")
        page.wait_for_function(
            "() => document.querySelectorAll('.widget-html img').length >= 13 && "
            "document.querySelectorAll('.noUi-handle').length >= 11"
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
        assert sliders.count() == 11
        for (number, key), words in SLIDERS.items():
            assert words in press(sliders.nth(number), key)
        player = page.get_by_label("background", exact=True)
        player.focus()
        player.press("Space")
        page.get_by_alt_text("The image with hand shown and background covered.").wait_for()
        box = page.get_by_label("G11")
        box.fill("-0.4")
        box.press("Enter")
        page.wait_for_function(
            "() => [...document.querySelectorAll('.widget-html td')].filter(e => e.innerText === '−0.4').length === 2"
        )
        assert page.locator(".jp-RenderedText[data-mime-type*='error'], .jp-mod-error").count() == 0
