"""Drawings of a network: its layers, and what passes through them."""

import torch
from IPython.display import HTML, display
from torch import nn

from ..rps import CLASSES
from .plots import DIVERGING, _figure, picture
from .tables import show_table

KINDS = {
    nn.Conv2d: "convolution",
    nn.ReLU: "ReLU",
    nn.MaxPool2d: "max pooling",
    nn.Flatten: "flatten",
    nn.Linear: "linear",
}


# the layers, one after another --------------------------------------------------------------------------------------


def show_network(network, image, classes=CLASSES):
    """Draws what each layer of a network makes of an image, and lists the layers in a table.

    network (an nn.Sequential), image (1, 3, H, W). A layer that gives maps is drawn as a card, with one of its channels
    on it, the one that varies most, and others behind; a layer that gives a row of numbers is drawn as a strip. Red is
    above zero, blue below, white zero; each card has a scale of its own.
    """
    steps = layer_steps(network, image)
    display(HTML(picture(draw_network(steps, image, classes), network_in_words(steps, image))))
    show_table(
        {
            str(number): {
                "layer": kind,
                "gives": size_in_words(value),
                "numbers it gives": f"{value.numel():,}",
                "weights and biases": f"{sum(p.numel() for p in network[number].parameters()):,}",
            }
            for number, kind, value in steps
        },
        caption=f"The {len(steps)} layers, counted from 0; the image is {size_in_words(image)}",
        corner="number",
    )


def layer_steps(network, image):
    """[(number, kind, what the layer returns for the image)] of an nn.Sequential."""
    if not isinstance(network, nn.Sequential):
        raise TypeError(
            f"network: expected an nn.Sequential, whose layers follow each other, got {type(network).__name__}"
        )
    if image.ndim != 4 or len(image) != 1:
        raise ValueError(f"image: expected a batch of one, (1, 3, H, W), got {tuple(image.shape)}")
    steps, value = [], image
    with torch.no_grad():
        for number, layer in enumerate(network):
            value = layer(value.clone())  # a ReLU may work in place
            steps.append((number, KINDS.get(type(layer), type(layer).__name__), value))
    return steps


def size_in_words(value):
    """ "16 × 96 × 96" of the one item of a batch."""
    return " × ".join(map(str, value.shape[1:]))


def network_in_words(steps, image):
    """The alternative text of the drawing."""
    layers = "; ".join(f"{number} {kind}, {size_in_words(value)}" for number, kind, value in steps)
    return (
        f"A network of {len(steps)} layers, drawn in the order in which an image passes through them. Input: an image "
        f"of {size_in_words(image)}. Then, with what each gives: {layers}. Layers that give maps are drawn as cards "
        f"that become smaller, each with one of its channels on it, red above zero and blue below; after a ReLU no "
        f"blue is left. Layers that give a row of numbers are drawn as strips."
    )


def in_rows(steps):
    """The steps in rows for drawing; a row ends after each pooling."""
    rows = [[]]
    for step in steps:
        rows[-1].append(step)
        if step[1] == "max pooling":
            rows.append([])
    return [row for row in rows if row]


CELL, CARD, WORDS = (
    1.75,
    1.4,
    0.42,
)  # inches: from card to card, a card as large as the image, the words over or under it
ARROW = {"arrowstyle": "->", "color": "0.3", "shrinkA": 0, "shrinkB": 0}


def draw_network(steps, image, classes):
    """The figure that `show_network` shows."""
    rows = in_rows(steps)
    heights = [max(_height(value, image) for _, _, value in row) for row in rows]
    columns = max(len(row) + (number == 0) for number, row in enumerate(rows))
    whole = columns * CELL, sum(heights) + 2 * WORDS * len(rows)
    figure = _figure(*whole, layout=None)
    axis = figure.add_axes((0, 0, 1, 1))
    shown, top = None, whole[1]
    for row, (members, height) in enumerate(zip(rows, heights, strict=True)):
        y = top - WORDS - height / 2
        top -= height + 2 * WORDS
        cells = [*([("the image", image)] if row == 0 else ()), *((f"{k} {kind}", value) for k, kind, value in members)]
        for column, (title, value) in enumerate(cells):
            x = (column + 0.5) * CELL
            if value.ndim == 4:
                if "convolution" in title:  # the ReLU and the pooling behind it show the same channel
                    shown = int(value[0].flatten(1).std(1).argmax())
                _card(axis, (x, y), value[0], _height(value, image), shown)
            else:
                _strip(axis, (x, y), value[0], height, classes if len(classes) == value.shape[1] else ())
            axis.text(x, y + height / 2 + 0.22, title, ha="center", va="bottom", fontsize=10)
            axis.text(x, y - height / 2 - 0.05, size_in_words(value), ha="center", va="top", fontsize=9)
            if column:
                axis.annotate("", (x - 0.42 * CELL, y), (x - 0.56 * CELL, y), arrowprops=ARROW)
    axis.set(xlim=(0, whole[0]), ylim=(0, whole[1]), aspect="auto")
    axis.set_axis_off()
    return figure


def _height(value, image):
    """How high a card or a strip is drawn; by the root of its size, as true sizes would be too small to see."""
    return CARD / 1.5 * (value.shape[-1] / image.shape[-1]) ** 0.5 if value.ndim == 4 else 0.8


def _card(axis, place, value, height, shown):
    """A map, (C, H, W), as a card: its channel `shown` and others behind it; None for an image."""
    width = 1.5 * height  # as hands are drawn
    left, bottom = place[0] - width / 2, place[1] - height / 2
    for k in range(0 if shown is None else min(len(value) - 1, 4), 0, -1):
        _frame(axis, left + 0.05 * k, bottom + 0.04 * k, width, height, facecolor="0.93")
    extent = left, left + width, bottom, bottom + height
    if shown is None:
        axis.imshow(value.permute(1, 2, 0).clamp(0, 1).numpy(), extent=extent, zorder=2)
    else:
        _signed(axis, value[shown], extent)
    _frame(axis, left, bottom, width, height, fill=False)


def _strip(axis, place, value, height, names):
    """A row of numbers, (n,), as an upright strip; with a name beside each number where there are names."""
    left, bottom = place[0] - 0.11, place[1] - height / 2
    _signed(axis, value[:, None], (left, left + 0.22, bottom, bottom + height))
    _frame(axis, left, bottom, 0.22, height, fill=False)
    for k, name in enumerate(names):
        y = bottom + height * (1 - (k + 0.5) / len(names))
        axis.text(left + 0.27, y, f"{name} {value[k]:.1f}".replace("-", "−"), fontsize=8, va="center")


def _frame(axis, left, bottom, width, height, **style):
    from matplotlib.patches import Rectangle

    axis.add_patch(Rectangle((left, bottom), width, height, edgecolor="0.3", linewidth=0.6, zorder=2, **style))


def _signed(axis, values, extent):
    """Numbers (H, W) in colours: white at zero, red above, blue below."""
    limit = float(values.abs().max()) or 1.0
    axis.imshow(values.numpy(), extent=extent, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto", zorder=2)
