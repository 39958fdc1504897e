"""Widgets, one a lesson: a thing to turn, and what it changes."""

import html

import ipywidgets as widgets
import torch

from ..methods import class_score
from ..rps import CLASSES
from .plots import Matrices, draw, picture


def explorer(controls, render, height):
    """A row of controls over a box of fixed height, in which render(*values) → HTML is shown anew whenever one
    moves.
    """
    view = widgets.HTML(layout=widgets.Layout(min_height=height))

    def update(_=None):
        view.value = render(*(control.value for control in controls))

    for control in controls:
        control.observe(update, "value")
    update()
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

    def render(row, column, size, name):
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

    def render(step):
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
