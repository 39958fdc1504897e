"""Widgets, one a lesson: a thing to turn, and what it changes."""

import html
import math
from functools import partial

import ipywidgets as widgets
import torch
import torch.nn.functional as F
from torch import nn

from ..evaluation import (
    area_under,
    cascade,
    edge_detector,
    map_similarity,
    random_maps,
    replace_top,
    score_curve,
    share_inside,
    without_sign,
)
from ..methods import (
    alpha_beta_rule,
    blur,
    class_score,
    coalition_images,
    epsilon_rule,
    flat_rule,
    gamma_rule,
    lrp,
    rise_map,
    seen_minus_hidden,
    shapley_values,
    z_box_rule,
    z_plus_rule,
    zero_rule,
)
from ..methods.perturbation import as_fill
from ..rps import CLASSES, load_hands, load_network
from .plots import Matrices, draw, draw_curves, picture
from .results import PART_1, PART_3


def explorer(controls, render, height):
    """A row of controls over a box of fixed height, in which render(picture, *values) → HTML is shown anew whenever one
    moves. `picture` turns a figure and its alternative text into HTML: small at first, as a notebook keeps it, then
    quickly.
    """
    view = widgets.HTML(layout=widgets.Layout(min_height=height))

    def update(picture):
        view.value = render(picture, *(control.value for control in controls))

    for control in controls:
        control.observe(lambda _: update(partial(picture, quick=True)), "value")
    update(picture)
    return widgets.VBox([widgets.HBox(controls, layout=widgets.Layout(flex_flow="row wrap")), view])


def slider(description, low, high, step, value, kind=widgets.IntSlider, **options):
    return kind(
        description=description,
        min=low,
        max=high,
        step=step,
        value=value,
        style={"description_width": "initial"},
        layout=widgets.Layout(width="22em"),
        **options,
    )


def explore_patch(network, image, cover, colours):
    """Lesson 00: move a square over an image (1, 3, H, W) and read the scores.

    cover(image, row, column, size, colour) covers; colours: name → (3, 1, 1), to choose from.
    """
    height, width = image.shape[2:]

    def render(picture, row, column, size, name):
        with torch.no_grad():
            plain, scores = network(image)[0], network(covered := cover(image, row, column, size, colours[name]))[0]
        seen = picture(
            draw([covered[0]]), f"The hand with a square of {name}, {size} pixels at row {row}, column {column}."
        )
        lines = "".join(
            f"<tr><th scope='row' style='text-align: left'>{name}</th><td>{before:.1f}</td><td>{after:.1f}</td>"
            f"<td>{before - after:+.1f}</td></tr>"
            for name, before, after in zip(CLASSES, plain, scores, strict=True)
        )
        return (
            f"<div style='display: flex; flex-wrap: wrap; gap: 2em; align-items: "
            f"center'>{seen}<table><thead><tr><th>score of</th>"
            f"<th>plain</th><th>covered</th><th>drop</th></tr></thead><tbody>{lines}</tbody></table></div>"
        )

    return explorer(
        [
            slider("row", 0, height - 8, 4, height // 3),
            slider("column", 0, width - 8, 4, width // 3),
            slider("size", 8, 48, 4, 24),
            widgets.ToggleButtons(description="colour", options=list(colours)),
        ],
        render,
        "260px",
    )


def explore_rules(X, G, rules):
    """Lesson 01: edit the input X and the gradient G (2×2 each) and see what each of `rules`, name → rule(X,
    G), lets through.
    """
    boxes = [
        widgets.BoundedFloatText(
            value=round(float(value), 4),
            min=-100,
            max=100,
            step=0.1,
            layout=widgets.Layout(width="7em"),
            description=f"{name}{row + 1}{column + 1}",
            style={"description_width": "3em"},
        )
        for name, matrix in (("X", X), ("G", G))
        for (row, column), value in zip(
            ((0, 0), (0, 1), (1, 0), (1, 1)), torch.as_tensor(matrix).flatten(), strict=True
        )
    ]
    view = widgets.HTML(layout=widgets.Layout(min_height="230px"))

    def update(_=None):
        x, grad = torch.tensor([box.value for box in boxes], dtype=torch.float64).reshape(2, 2, 2)
        given = {"input X": x, "arriving gradient G": grad}
        leaving = {name: rule(x, grad) for name, rule in rules.items()}
        view.value = f"{Matrices(given)._repr_html_()}<br>{Matrices(leaving)._repr_html_()}"

    for box in boxes:
        box.observe(update, "value")
    update()
    grids = [
        widgets.GridBox(boxes[k : k + 4], layout=widgets.Layout(grid_template_columns="8em 8em", margin="0 2em 1em 0"))
        for k in (0, 4)
    ]
    return widgets.VBox([widgets.HBox(grids, layout=widgets.Layout(flex_flow="row wrap")), view])


def explore_walk(network, image, target, vanilla_gradient):
    """Lesson 02: walk from an image (1, 3, H, W) along the sign of its gradient: what the gradient predicts,
    what happens.
    """
    gradient, start = vanilla_gradient(network, image, target), class_score(network, image, target).item()
    direction = gradient.sign()
    slope = (gradient * direction).sum().item()

    def render(picture, step):
        moved = image + step * direction
        with torch.no_grad():
            scores = network(moved)[0]
        seen = picture(
            draw([moved[0], step * direction[0].mean(0)], titles=["the image", "what was added (mean over colours)"]),
            f"Left: the hand after a step of {step:+.2f} in every value. Right: the step, along the sign of the "
            f"gradient.",
        )
        rows = (
            ("predicted by the gradient", start + step * slope),
            (f"score of {CLASSES[target]}", scores[target].item()),
        )
        lines = "".join(
            f"<tr><th scope='row' style='text-align: left'>{html.escape(name)}</th><td>{value:.1f}</td></tr>"
            for name, value in rows
        )
        return (
            f"{seen}<table><tbody>{lines}<tr><th scope='row' style='text-align: left'>predicted "
            f"class</th><td>{CLASSES[int(scores.argmax())]}</td></tr></tbody></table>"
        )

    return explorer(
        [slider("step", -0.15, 0.15, 0.01, 0.0, widgets.FloatSlider, readout_format="+.2f")], render, "340px"
    )


def explore_smoothing(method, network, image, target, noise, noise_std, hand):
    """Lesson 05: choose how much noise goes on an image (1, 3, H, W) and over how many copies the maps are averaged.

    noise (n, 3, H, W), draws from N(0, 1); noise_std(images, level) → σ; hand, a mask (1, H, W).
    """
    maps = {}  # of a level: what each copy gave, computed when the level is first asked for

    def at(level):
        if level not in maps:
            copies = image + noise_std(image, level) * noise
            maps[level] = method(network, copies, target).sum(1)
        return maps[level]

    def render(picture, percent, n):
        level = percent / 100
        mean = at(level)[:n].mean(0)
        copy = (image + noise_std(image, level) * noise[:1])[0]
        seen = picture(draw([copy], titles=["a noisy copy"]), f"The hand with {percent} % noise.") + picture(
            draw([mean], titles=[f"mean of {n} map{'s' * (n > 1)}"], outline=hand),
            f"The mean of {n} map{'s' * (n > 1)} at {percent} % noise, with the outline of the hand.",
        )
        inside = mean.abs()[hand[0]].sum() / mean.abs().sum()
        return (
            f"<div style='display: flex; flex-wrap: wrap; gap: 1em'>{seen}</div><table><tbody><tr><th scope='row' "
            f"style='text-align: left'>share of the mean on the hand</th><td>{inside:.2f}</td></tr></tbody></table>"
        )

    return explorer([slider("noise in percent", 0, 50, 2, 2), slider("copies", 1, len(noise), 1, 1)], render, "330px")


def explore_classes(network, images, labels, methods):
    """Lesson 03: choose one of images (N, 3, H, W) and the class asked for, and see the map of each method.

    methods: name → method(network, images, target). Beside each: its cosine with the map of the image's own class.
    """

    def render(picture, number, name):
        image, own, asked = images[number : number + 1], int(labels[number]), CLASSES.index(name)
        maps = {method: f(network, image, asked) for method, f in methods.items()}
        of_own = {method: f(network, image, own) for method, f in methods.items()}
        figure = draw(
            [image[0], *(one[0].sum(0) for one in maps.values())], titles=[f"a hand of class {CLASSES[own]}", *maps]
        )
        alt = (
            f"Hand number {number}, of class {CLASSES[own]}, and the maps of the score of {name} by {', '.join(maps)}."
        )
        lines = "".join(
            f"<tr><th scope='row' style='text-align: left'>{html.escape(method)}</th>"
            f"<td>{torch.cosine_similarity(one.flatten(), of_own[method].flatten(), dim=0):.2f}</td></tr>"
            for method, one in maps.items()
        )
        return (
            f"{picture(figure, alt)}<table><thead><tr><th>asked for {name}</th>"
            f"<th>cosine with the map for {CLASSES[own]}</th></tr></thead><tbody>{lines}</tbody></table>"
        )

    asked = widgets.ToggleButtons(description="asked for", options=list(CLASSES), value=CLASSES[int(labels[0])])
    return explorer([slider("hand", 0, len(images) - 1, 1, 0), asked], render, "360px")


def explore_path(network, image, target, baselines, straight_path, vanilla_gradient, steps=24):
    """Lesson 06: walk from a baseline to an image (1, 3, H, W): the score on the way, and what is gathered so far.

    baselines: name → (3, H, W), to choose from; straight_path(images, baseline, alphas) → (n, 1, 3, H, W).
    """
    midpoints = (torch.arange(steps) + 0.5) / steps
    walks = {}  # a walk is computed when its baseline is first asked for

    def walk(name):
        if name not in walks:
            gradients = vanilla_gradient(network, straight_path(image, baselines[name], midpoints)[:, 0], target)
            gathered = ((image - baselines[name]) * gradients / steps).cumsum(0).sum(1)
            walks[name] = torch.cat([torch.zeros_like(gathered[:1]), gathered])
        return walks[name]

    def render(picture, step, name):
        point = straight_path(image, baselines[name], torch.tensor([0, step / steps]))[:, 0]
        with torch.no_grad():
            start, here = class_score(network, point, target).tolist()
        gathered = walk(name)[step]
        seen = picture(
            draw([point[1]], titles=[f"{step} of {steps} steps"]),
            f"The image after {step} of {steps} steps from the baseline {name}.",
        ) + picture(
            draw([gathered], titles=["attribution gathered so far"]),
            f"The attribution gathered in {step} of {steps} steps, summed over the colours.",
        )
        rows = (("score here", here), ("score at the baseline + all gathered", start + gathered.sum().item()))
        lines = "".join(
            f"<tr><th scope='row' style='text-align: left'>{title}</th><td>{value:.2f}</td></tr>"
            for title, value in rows
        )
        return (
            f"<div style='display: flex; flex-wrap: wrap; gap: 1em'>{seen}</div><table><tbody>{lines}</tbody></table>"
        )

    return explorer(
        [
            slider("step", 0, steps, 1, steps // 2),
            widgets.ToggleButtons(description="baseline", options=list(baselines)),
        ],
        render,
        "350px",
    )


def explore_layers(network, image, target, grad_cam, hand):
    """Lesson 04: choose a layer and a class, and see the map of an image (1, 3, H, W): how much lies on the hand.

    grad_cam(network, image, target, layer); network, an nn.Sequential; hand, a mask (1, H, W).
    """
    layers = list(network)
    last = max(k for k, layer in enumerate(layers) if isinstance(layer, nn.MaxPool2d))  # behind it no places are left

    def render(picture, number, name):
        kind = type(layers[number]).__name__
        cam = grad_cam(network, image, CLASSES.index(name), layers[number])[0]
        figure = draw([image[0], cam], titles=["the image", f"why {name}? at layer {number}, {kind}"], outline=hand)
        alt = f"The image, and its Grad-CAM for {name} at layer {number}, {kind}, with the outline of the hand."
        share = f"{(cam * hand).sum() / cam.sum():.0%}" if cam.any() else "the map is zero everywhere"
        return (
            f"{picture(figure, alt)}<table><tbody><tr><th scope='row' style='text-align: left'>share on the hand</th>"
            f"<td>{share}</td></tr></tbody></table>"
        )

    asked = widgets.ToggleButtons(description="asked for", options=list(CLASSES), value=CLASSES[target])
    return explorer([slider("layer", 0, last, 1, last - 1), asked], render, "330px")


def explore_shift(network, image, methods, similarity):
    """Lesson 07: add a constant to an image (1, 3, H, W): the class, the map of each method, how alike it still is.

    methods: name → method(network, images, target); similarity(maps, others) → (N,). The shifts are tenths, up
    to 0.5 either way; all maps are computed at the start, so that the slider only draws.
    """
    largest = 5  # tenths
    shifted = torch.cat([image + tenth / 10 for tenth in range(-largest, largest + 1)])
    with torch.no_grad():
        scores = network(shifted)
    target = scores[largest].argmax().expand(len(shifted))
    maps = {name: method(network, shifted, target) for name, method in methods.items()}
    alike = {name: similarity(one[largest].expand_as(one), one) for name, one in maps.items()}

    def render(picture, shift):
        k = round(10 * shift) + largest
        figure = draw(
            [shifted[k], *(one[k].sum(0) for one in maps.values())], columns=3, titles=[f"shift {shift:+.1f}", *maps]
        )
        alt = f"The image with {shift:+.1f} added to every value, and its maps by {', '.join(maps)}."
        lines = "".join(
            f"<tr><th scope='row' style='text-align: left'>{html.escape(name)}</th><td>{values[k]:.2f}</td></tr>"
            for name, values in alike.items()
        )
        return (
            f"{picture(figure, alt)}<table><thead><tr><th>predicted: {CLASSES[int(scores[k].argmax())]}</th>"
            f"<th>similarity to the map without shift</th></tr></thead><tbody>{lines}</tbody></table>"
        )

    step = slider("shift", -largest / 10, largest / 10, 0.1, 0.0, widgets.FloatSlider, readout_format="+.1f")
    return explorer([step], render, "560px")


def explore_masks(masks, scores, image, fill):
    """Lesson 08: how many masks (M, 1, H, W) of RISE it takes: the last masked picture, the maps of all so far, their
    noise.

    scores (M,), of the masked pictures; image (1, C, H, W) and fill, as for rise: each picture is masked when it is
    shown, so that no other is kept. The noise: half of what the maps of every other mask, and of the rest, differ by.
    """
    cover = as_fill(fill, image, may_be_function=False)

    def render(picture, n):
        given = scores[:n], masks[:n]
        seen, difference = rise_map(*given), seen_minus_hidden(*given)
        difference = difference.where(difference.abs() > 1e-5 * seen.abs(), 0.0)  # one mask: rounding is no map
        last = masks[n - 1 : n]
        figures = {
            f"The image under mask {n} of {len(masks)}.": draw(
                [(last * image + (1 - last) * cover)[0]], titles=[f"masked picture {n}"]
            ),
            f"The mean score where a place is seen, of the masked pictures 1 to {n}, from 0.": draw(
                [seen], titles=["mean score where seen"]
            ),
            f"The same, less the mean score where the place is hidden: zero in the middle, after mask {n}.": draw(
                [difference], titles=["seen − hidden"], signed=True
            ),
        }
        rows = _row("score of this masked picture", f"{scores[n - 1]:.1f}".replace("-", "−"))
        rows += _row(f"mean score of {n}", f"{scores[:n].mean():.1f}".replace("-", "−"))
        if n > 1:
            one, other = (seen_minus_hidden(scores[k:n:2], masks[k:n:2]) for k in (0, 1))
            alike = map_similarity(one[None], other[None]).item()
            rows += _row("spread of seen − hidden over the places", f"{difference.std():.2f}")
            rows += _row("noise in it: half of what two halves of them differ by", f"{(one - other).std() / 2:.2f}")
            rows += _row(
                "rank correlation of the maps of the two halves",
                "–" if math.isnan(alike) else f"{alike:.2f}".replace("-", "−"),
            )
        return f"{_side_by_side(picture, figures)}<table><tbody>{rows}</tbody></table>"

    return explorer([slider("masks", 1, len(masks), 1, 1)], render, "360px")


def explore_coalitions(values, image, fill, players, names):
    """Lesson 09: choose who of the players (n, H, W) is shown, and see what each adds here, beside its Shapley value.

    values (2ⁿ,), the score of each coalition as all_coalitions has them, or (2ⁿ, 3) for all classes; image (1, C, H, W)
    and fill, as for coalition_scores; names, of the players. What player i adds here is v(S with i) − v(S without i).
    """
    values, n = values.detach().double().cpu(), len(names)
    scores = dict(zip(CLASSES, values.T, strict=True)) if values.ndim == 2 else {"the class": values}
    shares = {name: shapley_values(of_class) for name, of_class in scores.items()}
    cover = as_fill(fill, image, may_be_function=False)[0]
    everybody = torch.arange(2**n)[:, None] | 2 ** torch.arange(n)
    adds = {name: of_class[everybody] - of_class[everybody - 2 ** torch.arange(n)] for name, of_class in scores.items()}

    def render(picture, *chosen):
        shown, asked = chosen[:n], chosen[-1] if len(scores) > 1 else "the class"
        here = sum(2**i for i in range(n) if shown[i])
        fair, added = shares[asked], adds[asked][here]
        largest = adds[asked].abs().max().item() or 1.0
        apart = [", ".join(name for i, name in enumerate(names) if shown[i] == on) or "nothing" for on in (True, False)]
        seen = picture(
            draw([coalition_images(image[0], cover, players, torch.tensor([shown]))[0]]),
            f"The image with {apart[0]} shown and {apart[1]} covered.",
        )
        game = "".join(
            _row(name, *(f"{each[k]:.1f}".replace("-", "−") for k in (here, -1, 0))) for name, each in scores.items()
        )
        rows = "".join(
            _row(
                name,
                "in" if on else "out",
                _plus(adds_here),
                f"{_bar(adds_here / largest, BLUE)}{_bar(share / largest, STRIPES)}",
                _plus(share),
            )
            for name, on, adds_here, share in zip(names, shown, added.tolist(), fair.tolist(), strict=True)
        )
        return (
            f"<div style='display: flex; flex-wrap: wrap; gap: 0 2em; align-items: center'><div "
            f"style='max-width: 100%'>{seen}<table><thead><tr><th>score of</th><th>this picture</th><th>all</th>"
            f"<th>none</th></tr></thead><tbody>{game}</tbody></table></div><table><thead><tr><th>player</th><th></th>"
            f"<th>{_bar(1, BLUE, '2em')}adds here</th><th style='width: 12em; min-width: 2.5em'></th>"
            f"<th>{_bar(1, STRIPES, '2em')}Shapley</th></tr></thead><tbody>{rows}"
            f"{_row('sum', '', _plus(added.sum()), '', _plus(fair.sum()))}</tbody></table></div>"
        )

    controls = [
        widgets.Checkbox(
            description=name, value=True, indent=False, layout=widgets.Layout(width="auto", margin="0 1em 0 0")
        )
        for name in names
    ]
    if len(scores) > 1:
        own = CLASSES[int(values[-1].argmax())]
        controls.append(widgets.ToggleButtons(description="score of", options=list(CLASSES), value=own))
    return explorer(controls, render, "360px")


def explore_relevance(network=None, hands=None, rules=None, lrp=lrp):
    """Lesson 10: who gets how much of the score of one unit; below, what rules for dense, convolutional and first
    layers make of a hand.

    lrp(network, images, target, rule=rule) → maps, the course's or the learner's; rules: name → rule(layer, a,
    relevance). In place of what is left out: the network and the test split of the hands, of which the first twelve can
    be chosen, and the lesson's rules.
    """
    network, hands = _hands_and_network(network, hands)
    headings = ("One unit: who gets its score?", "The whole network: a rule for each kind of layer")
    explorers = (_unit_explorer(), _rules_explorer(network, hands, rules or RULES, lrp))
    return widgets.VBox(
        [
            child
            for heading, explorer_ in zip(headings, explorers, strict=True)
            for child in (widgets.HTML(f"<b>{heading}</b>"), explorer_)
        ]
    )


RULES = {
    "LRP-0": zero_rule,
    "ε = 0.25": partial(epsilon_rule, epsilon=0.25),
    "γ = 0.25": gamma_rule,
    "z⁺": z_plus_rule,
    "α2β1": alpha_beta_rule,
    "z^B": z_box_rule,
    "flat": flat_rule,
}
FOR_IMAGES = ("z^B", "flat")  # rules that are made for the first layer
UNITS = {"(1, 1)": (1.0, 1.0), "(1, −1)": (1.0, -1.0), "(−1, 1)": (-1.0, 1.0)}


def unit_shares(x, weights, bias, epsilon, gamma):
    """What becomes of the score z = Σ w x + b of a unit: (z, [share of each input], of the bias, what ε keeps).

    LRP-γ and LRP-ε in one: contributions x (w + γ w⁺) and b + γ b⁺, divided by their sum + ε times its sign, times z.
    All together are z. None in place of the shares where they would be divided by 0.
    """

    def grown(w):
        return w + gamma * max(w, 0.0)

    z = sum(w * each for w, each in zip(weights, x, strict=True)) + bias
    parts = [grown(w) * each for w, each in zip(weights, x, strict=True)]
    total = sum(parts) + grown(bias)
    kept_back = epsilon if total >= 0 else -epsilon
    if abs(total + kept_back) < 1e-9:
        return z, None, None, None
    return z, *(
        [each / (total + kept_back) * z for each in parts],
        *(part / (total + kept_back) * z for part in (grown(bias), kept_back)),
    )


def _unit_explorer():
    def render(_, name, x1, x2, bias, epsilon, gamma):
        z, shares, of_bias, kept_back = unit_shares((x1, x2), UNITS[name], bias, epsilon, gamma)
        if shares is None:
            paid = _row("nothing is shared: it would be divided by 0", "", "")
        else:
            rows = {"x₁ gets": shares[0], "x₂ gets": shares[1], "the bias takes": of_bias, "ε keeps": kept_back}
            together = sum(shares)
            largest = max(abs(value) for value in (*rows.values(), together, z)) or 1.0
            paid = "".join(
                _row(title, _two(value), _bar(value / largest, BLUE if title.startswith("x") else STRIPES))
                for title, value in rows.items()
            )
            paid += _row("x₁ and x₂ together", _two(together), _bar(together / largest, BLUE))
            paid += _row("score z", _two(z), _bar(z / largest, "currentColor"))
            paid += _row("kept: together / score", _two(together / z) if z else "–", "")
        w1, w2 = UNITS[name]
        return (
            f"<p>z = w₁x₁ + w₂x₂ + b = {_two(w1 * x1)} + {_two(w2 * x2)} + {_two(bias)} = {_two(z)}</p><table><thead>"
            f"<tr><th>what becomes of it</th><th></th><th style='width: 14em; min-width: 6em'></th></tr></thead><tbody>"
            f"{paid}</tbody></table>"
        )

    return explorer(
        [
            choice("weights (w₁, w₂)", UNITS, "(1, −1)"),
            slider("x₁", 0, 4, 0.5, 2.0, widgets.FloatSlider, readout_format=".1f"),
            slider("x₂", 0, 4, 0.5, 1.0, widgets.FloatSlider, readout_format=".1f"),
            slider("bias b", -3, 3, 0.5, 0.0, widgets.FloatSlider, readout_format=".1f"),
            slider("ε", 0, 4, 0.25, 0.0, widgets.FloatSlider, readout_format=".2f"),
            slider("γ", 0, 8, 0.25, 0.0, widgets.FloatSlider, readout_format=".2f"),
        ],
        render,
        "230px",
    )


def _rules_explorer(network, hands, rules, lrp):
    everywhere = [name for name in rules if name not in FOR_IMAGES]
    lowest = next(layer for layer in network.modules() if isinstance(layer, nn.Linear | nn.Conv2d))

    def kind(layer):
        """Of the library's Layer, or of a module, as a learner's lrp hands it over."""
        if isinstance(layer, nn.Module):
            return "first" if layer is lowest else "dense" if isinstance(layer, nn.Linear) else "convolution"
        return "first" if layer.first else "dense" if layer.dense else "convolution"

    def render(picture, number, asked, dense, convolution, first):
        image, own = hands.images[number : number + 1], int(hands.labels[number])
        target = CLASSES.index(asked) if asked in CLASSES else own
        chosen = {"dense": rules[dense], "convolution": rules[convolution], "first": rules[first]}

        def rule(layer, a, relevance):
            return chosen[kind(layer)](layer, a, relevance)

        relevance = lrp(network, image, target, rule=rule)
        score = class_score(network, image, target).item()
        figures = {
            f"Hand {number}, of class {CLASSES[own]}.": draw([image[0]], titles=[f"class {CLASSES[own]}"]),
            f"The relevance of its pixels for the score of {CLASSES[target]}, by {dense} in dense layers, "
            f"{convolution} in convolutions and {first} in the first.": draw(
                [relevance[0].sum(0)], titles=["relevance"]
            ),
        }
        together = relevance.sum().item()
        sizes = relevance.abs().sum().item()
        negative = relevance.sum(1).clamp(max=0).abs().sum() / relevance.sum(1).abs().sum()
        rows = _row(f"score of {CLASSES[target]}", _minus(f"{score:.2f}"), "")
        rows += _row("sum of the map", _minus(f"{together:.2f}"), "")
        rows += _row("kept: sum / score", _minus(f"{together / score:.2f}") if score else "–", "")
        rows += _row("negative part of the map's size", f"{negative:.2f}" if sizes else "–", "")
        for name, mask in {"hand": hands.hand, "fingers": hands.fingers.any(dim=1, keepdim=True)}.items():
            inside = mask[number : number + 1]
            share = share_inside(relevance, inside).item()
            rows += _row(f"share on the {name}, and its area", f"{share:.2f}", f"{inside.float().mean():.2f}")
        return f"{_side_by_side(picture, figures)}<table><tbody>{rows}</tbody></table>"

    return explorer(
        [
            choice("hand", _named(hands)),
            choice("score of", ["its own class", *CLASSES]),
            choice("dense layers", everywhere),
            choice("convolutions", everywhere),
            choice("first layer", list(rules)),
        ],
        render,
        "400px",
    )


def explore_randomisation(
    network=None, hands=None, methods=None, cascade=cascade, similarity=map_similarity, seeds=(0, 1, 2)
):
    """Lesson 11: layer after layer becomes noise, from the last to the first; is the map still that of the trained
    network?

    methods: name → method(network, images, target); cascade(network, seed) → pairs (layer, network). The class asked
    for is always the hand's own. In place of what is left out: the network, the first twelve hands of the test split,
    some methods of the course and an edge detector, which asks no network.
    """
    network, hands = _hands_and_network(network, hands)
    methods = methods or SOME_METHODS
    networks, maps = {}, {}  # of the last seed asked for; of each method, hand, seed and stop, summed over the channels
    unsigned = without_sign(similarity)
    layers = [name for name, _ in cascade(network, seeds[0])]
    spans = [str(layers[0]), *(f"{layers[0]} to {layers[k]}" for k in range(1, len(layers) - 1)), "all"][: len(layers)]
    stops = ["trained", *(f"layer{'s' * (span != spans[0])} {span} random" for span in spans)]
    stops[-1] = "all layers random"

    def network_at(seed, stop):
        if stop == 0:
            return network
        if seed not in networks:
            networks.clear()
            networks[seed] = [other for _, other in cascade(network, seed)]
        return networks[seed][stop - 1]

    def map_at(name, number, seed, stop):
        asked = name, number, seed if stop else None, stop
        if asked not in maps:
            image, target = hands.images[number : number + 1], int(hands.labels[number])
            maps[asked] = methods[name](network_at(seed, stop), image, target).detach().sum(1, keepdim=True)
        return maps[asked]

    def render(picture, stop, name, number, seed):
        image, target = hands.images[number : number + 1], int(hands.labels[number])
        first, now = map_at(name, number, seed, 0), map_at(name, number, seed, stop)
        with torch.no_grad():
            scores = {"trained": network(image)[0], "now": network_at(seed, stop)(image)[0]}
        where = stops[stop]
        figures = {
            f"Hand {number}, of class {CLASSES[target]}.": draw([image[0]], titles=[f"class {CLASSES[target]}"]),
            f"Its map by {name} in the trained network.": draw([first[0]], titles=["map: trained"]),
            f"Its map by {name} now: {where}{f', seed {seed}' if stop else ''}.": draw(
                [now[0]], titles=[f"now: {where}"]
            ),
        }
        level = [(each == each.flatten()[0]).all().item() for each in (first, now)]
        alike = [_minus(f"{measure(first, now).item():.2f}") for measure in (similarity, unsigned)]
        rows = _row(f"score of {CLASSES[target]}", *(_minus(f"{each[target]:.2f}") for each in scores.values()))
        rows += _row("predicted class", *(CLASSES[int(each.argmax())] for each in scores.values()))
        rows += _row("how alike to the map of the trained network", "1.00", alike[0])
        rows += _row("the same without sign", "1.00", alike[1])
        said = "A map is the same everywhere here: how alike it is says nothing.<br>" if any(level) else ""
        return (
            f"{_side_by_side(picture, figures)}<table><thead><tr><th></th><th style='padding-left: 1em'>trained</th>"
            f"<th style='padding-left: 1em'>now: {html.escape(where)}</th></tr></thead><tbody>{rows}</tbody></table>"
            f"{said}"
        )

    return explorer(
        [
            widgets.SelectionSlider(
                description="random layers",
                options=[(span, k) for k, span in enumerate(["none", *spans])],
                value=0,
                style={"description_width": "initial"},
                layout=widgets.Layout(width="30em"),
            ),
            choice("method", list(methods)),
            choice("hand", _named(hands)),
            choice("seed", list(seeds)),
        ],
        render,
        "390px",
    )


SOME = ("gradient", "gradient × input", "guided backprop", "Grad-CAM", "LRP-γ", "Deep Taylor", "LRP ε, z⁺, z^B")
SOME_METHODS = {name: (PART_1 | PART_3)[name] for name in SOME} | {"edge detector": edge_detector}
FILLS = {
    "black": torch.zeros_like,
    "mean colour": lambda images: images.mean((2, 3), keepdim=True).expand_as(images),
    "blurred": lambda images: blur(images, 8.0),
}


def explore_deletion(
    network=None, hands=None, methods=None, fills=None, replace_top=replace_top, score_curve=score_curve, steps=20
):
    """Lesson 12: delete what a map calls important, or bring it back, and read the probabilities, step by step; beside
    it a random order.

    methods: name → method(network, images, target) → maps, or the maps (N, 1, H, W) of all hands; fills: name →
    fill(images) → pictures without content. replace_top and score_curve as in the lesson. In place of what is left out:
    the network, the first twelve hands of the test split, some methods, the mask of the fingers as if it were a map,
    and three fills.
    """
    network, hands = _hands_and_network(network, hands)
    fingers = hands.fingers.any(dim=1, keepdim=True).float()
    methods, fills = methods or SOME_METHODS | {"the fingers themselves": fingers}, fills or FILLS
    orders, curves = {}, {}  # each map as (1, H, W), and each curve, when it is first asked for

    def order(name, number):
        if (name, number) not in orders:
            image, method = hands.images[number : number + 1], methods.get(name)
            if method is None:
                orders[name, number] = random_maps(image, seed=number)
            else:
                maps = method[number : number + 1] if isinstance(method, torch.Tensor) else None
                maps = method(network, image, int(hands.labels[number])) if maps is None else maps
                orders[name, number] = _at_pixels(maps.detach(), image)
        return orders[name, number]

    def ends(number, fill, insert):
        image = hands.images[number : number + 1]
        without = fills[fill](image)
        return (without, image) if insert else (image, without)

    def curve(name, number, fill, insert):
        asked = name, number, fill, insert
        if asked not in curves:
            given = *ends(number, fill, insert), order(name, number), int(hands.labels[number]), steps
            curves[asked] = score_curve(network, *given)[0]
        return curves[asked]

    def render(picture, percent, way, name, fill, number):
        insert, target, step = way == "insert", int(hands.labels[number]), round(percent * steps / 100)
        start, finish = ends(number, fill, insert)
        now = replace_top(start, order(name, number), step / steps, finish)
        both = {each: curve(each, number, fill, insert) for each in (name, RANDOM_ORDER)}
        with torch.no_grad():
            before, after = (network(each)[0].softmax(0) for each in (start, now))
        done = "brought back" if insert else "deleted"
        so_far = {
            each: torch.where(torch.arange(steps + 1) <= step, values, torch.nan) for each, values in both.items()
        }
        lines = draw_curves(
            torch.linspace(0, 100, steps + 1),
            so_far,
            xlabel=f"percent {done}",
            ylabel=f"probability of {CLASSES[target]}",
            size=(4.6, 2.9),
        )
        lines.axes[0].set(xlim=(-2, 102), ylim=(-0.03, 1.03))
        figures = {
            f"Hand {number}, of class {CLASSES[target]}, with {percent} % of its pixels {done}, those that {name} "
            f"calls most important first; fill: {fill}.": draw([now[0]], titles=[f"{percent} % {done}"]),
            f"The probability of {CLASSES[target]} so far, from 0 to {percent} % {done}, in the order of {name} and in "
            f"a random order.": lines,
        }
        rows = "".join(
            _row(each, f"{old:.2f}", f"{new:.2f}") for each, old, new in zip(CLASSES, before, after, strict=True)
        )
        areas = [f"{area_under(values[None]).item():.2f}" if step == steps else "at 100 %" for values in both.values()]
        here = [f"{values[step]:.2f}" for values in both.values()]
        rest = "".join(_row(each, *pair) for each, *pair in zip(both, here, areas, strict=True))
        return (
            f"{_side_by_side(picture, figures)}<div style='display: flex; flex-wrap: wrap; align-items: flex-start; "
            f"gap: 0 3em'><table><thead><tr><th>probability of</th><th>0 %</th><th>{percent} %</th>"
            f"</tr></thead><tbody>{rows}</tbody></table><table><thead><tr><th>order</th><th>{CLASSES[target]}</th>"
            f"<th>area under the curve</th></tr></thead><tbody>{rest}</tbody></table></div>"
        )

    return explorer(
        [
            slider("percent", 0, 100, 100 // steps, 0),
            choice("way", ["delete", "insert"]),
            choice("order of", list(methods)),
            choice("fill", list(fills)),
            choice("hand", _named(hands)),
        ],
        render,
        "440px",
    )


RANDOM_ORDER = "random order"


def _at_pixels(maps, images):
    """(N, C, h, w) as (N, H, W): the channels added up, each value of a coarser map as a block."""
    return F.interpolate(maps.sum(1, keepdim=True), images.shape[2:])[:, 0]


def _hands_and_network(network, hands):
    return load_network("hands") if network is None else network, load_hands("test") if hands is None else hands


def _named(hands, n=12):
    """What to choose a hand from: (words, its number)."""
    return [(f"{number}, {CLASSES[int(label)]}", number) for number, label in enumerate(hands.labels[:n])]


def _side_by_side(picture, figures):
    """figures, words → figure, each as wide as it is drawn, below each other where there is no room."""
    shown = "".join(
        f"<div style='flex: {figure.get_figwidth():.2f} 1 15em; max-width: 27em'>{picture(figure, words)}</div>"
        for words, figure in figures.items()
    )
    return f"<div style='display: flex; flex-wrap: wrap; gap: 1em'>{shown}</div>"


def choice(description, options, value=None):
    """A list to choose from. JupyterLab takes the bare arrow keys for itself, so the keyboard opens the list first."""
    options = list(options)
    first = options[0][1] if isinstance(options[0], tuple) else options[0]
    return widgets.Dropdown(
        description=description,
        options=options,
        value=first if value is None else value,
        tooltip="Space opens the list, the arrow keys and Enter choose",
        style={"description_width": "initial"},
        layout=widgets.Layout(width="auto", max_width="100%"),
    )


def _minus(text):
    return text.replace("-", "−")


def _two(value):
    return _minus(f"{value + 0.0:.2f}") if abs(value) >= 0.005 else "0.00"


BLUE = "#0072b2"
STRIPES = "repeating-linear-gradient(45deg, #d55e00 0 3px, #f2b68c 3px 6px)"  # so that colour is not the only carrier


def _bar(share, paint, width="100%"):
    """A bar over half the width for a share of 1: from the middle to the right, for a negative one to the left."""
    length = 50 * abs(share)
    return (
        f"<div aria-hidden='true' style='width: {width}; height: .6em; margin: .15em 0; background: "
        f"linear-gradient(currentColor, currentColor) 50% / 1px 100% no-repeat'><div style='width: {length:.1f}%; "
        f"height: 100%; margin-left: {50 - length * (share < 0):.1f}%; background: {paint}'></div></div>"
    )


def _plus(value):
    return f"{value:+.1f}".replace("-", "−") if abs(value) >= 0.05 else "0.0"


def _row(title, *cells):
    values = "".join(f"<td style='text-align: right; padding: .1em .2em'>{cell}</td>" for cell in cells)
    return f"<tr><th scope='row' style='text-align: left'>{html.escape(title)}</th>{values}</tr>"
