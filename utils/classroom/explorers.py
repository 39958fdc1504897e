"""Widgets, one a lesson: a thing to turn, and what it changes."""

import html
import math
from functools import partial

import ipywidgets as widgets
import torch
from torch import nn

from ..evaluation import map_similarity
from ..methods import class_score, coalition_images, rise_map, seen_minus_hidden, shapley_values
from ..methods.perturbation import as_fill
from ..rps import CLASSES
from .plots import Matrices, draw, picture


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
        shown = "".join(
            f"<div style='flex: {figure.get_figwidth():.2f} 1 15em; max-width: 27em'>{picture(figure, words)}</div>"
            for words, figure in figures.items()
        )
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
        return (
            f"<div style='display: flex; flex-wrap: wrap; gap: 1em'>{shown}</div><table><tbody>{rows}</tbody></table>"
        )

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
