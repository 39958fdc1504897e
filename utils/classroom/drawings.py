"""Drawings of a network: its layers, what passes through them, and how a gradient comes back."""

import torch
from IPython.display import HTML, display
from torch import nn

from ..methods import deconvnet_rule, guided_rule, vanilla_rule
from ..rps import CLASSES
from .plots import DIVERGING, _figure, _number, _signed, picture
from .tables import show_table
from .words import alt_text

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
    return " × ".join(f"{length:,}" for length in value.shape[1:])


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


# inches: from card to card, a card as large as the image, the words over or under it
CELL, CARD, WORDS = 1.75, 1.4, 0.42
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
        _coloured(axis, value[shown], extent)
    _frame(axis, left, bottom, width, height, fill=False)


def _strip(axis, place, value, height, names):
    """A row of numbers, (n,), as an upright strip; with a name beside each number where there are names."""
    left, bottom = place[0] - 0.11, place[1] - height / 2
    _coloured(axis, value[:, None], (left, left + 0.22, bottom, bottom + height))
    _frame(axis, left, bottom, 0.22, height, fill=False)
    for k, name in enumerate(names):
        y = bottom + height * (1 - (k + 0.5) / len(names))
        axis.text(left + 0.27, y, _signed(f"{name} {value[k]:.1f}"), fontsize=8, va="center")


def _frame(axis, left, bottom, width, height, **style):
    from matplotlib.patches import Rectangle

    axis.add_patch(Rectangle((left, bottom), width, height, edgecolor="0.3", linewidth=0.6, zorder=2, **style))


def _coloured(axis, values, extent):
    """Numbers (H, W) in colours: white at zero, red above, blue below."""
    limit = float(values.abs().max()) or 1.0
    axis.imshow(values.numpy(), extent=extent, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto", zorder=2)


# the way back through a layer -----------------------------------------------------------------------------------------


def show_walk_back(part, *, alt):
    """Draws on small numbers how a gradient goes back through one part of a network.

    part   "convolution": what one value of the input collects, and with which weights; "pooling": the switches of a max
           pooling; "relu": the three rules
    alt    as for `show`; its {fields} are filled with the numbers that are drawn
    """
    if part not in WALKS:
        raise ValueError(f"part: expected one of {', '.join(map(repr, WALKS))}, got {part!r}")
    numbers, draw = WALKS[part]
    found = numbers()
    display(HTML(picture(draw(found), alt_text(alt, **found["words"]))))


def convolution_numbers():
    """The gradient at 5 × 5 outputs, a kernel of 3 × 3, and what comes back to the input, with the nine products that
    come back to its middle.
    """
    grad = torch.tensor([[1.0, 0, 2, 0, 1], [0, 2, 1, -1, 0], [1, 0, 3, 1, 2], [2, -1, 0, 1, 0], [0, 1, 0, 2, 1]])
    kernel = torch.arange(1.0, 10).reshape(3, 3)
    back = torch.nn.functional.conv_transpose2d(grad[None, None], kernel[None, None], padding=1)[0, 0]
    weights = kernel.flip(0, 1)  # the output above and left of the middle looked at it with its last weight
    patch = grad[1:4, 1:4]
    products = [f"{_number(g)} × {_number(w)}" for g, w in zip(patch.flatten(), weights.flatten(), strict=True)]
    words = {"products": ", ".join(products), "sum": _number(back[2, 2])}
    return {"grad": grad, "kernel": kernel, "back": back, "products": products, "words": words}


def pooling_numbers():
    """A 4 × 4 input, its 2 × 2 max pooling, the gradient that arrives, and what comes back."""
    x = torch.tensor([[2.0, 7, 1, 0], [3, 5, 4, 6], [8, 0, 2, 1], [1, 4, 3, 9]], requires_grad=True)
    grad = torch.tensor([[5.0, -2], [3, 1]])
    pooled = torch.nn.functional.max_pool2d(x[None], 2)[0]
    (back,) = torch.autograd.grad(pooled, x, grad)
    where = back != 0
    words = {
        "maxima": ", ".join(_number(value) for value in pooled.flatten().tolist()),
        "arriving": ", ".join(_number(value) for value in grad.flatten()),
    }
    return {"x": x.detach(), "pooled": pooled.detach(), "grad": grad, "back": back, "where": where, "words": words}


def relu_numbers():
    """Four inputs and arriving gradients, one for each pair of signs, and what each rule lets through."""
    x, grad = torch.tensor([2.0, 1, -1, -3]), torch.tensor([3.0, -2, 4, -5])
    rules = {"vanilla": vanilla_rule, "deconvnet": deconvnet_rule, "guided": guided_rule}
    rows = {"input x": x, "output": x.relu(), "arriving": grad} | {name: rule(x, grad) for name, rule in rules.items()}
    words = {name.split()[0]: ", ".join(_number(value) for value in row) for name, row in rows.items()}
    return {"rows": rows, "words": words}


def draw_convolution(found):
    figure, axis = _sheet(5.25, 5.35)
    _grid(axis, (0.05, 5.0), found["grad"], "arriving gradient", _places(1, 4))
    _grid(axis, (3.1, 5.0), found["kernel"], "kernel")
    axis.text(3.1, 3.35, "each of the nine with\nthe weight it used on\nthe way forward", fontsize=11, va="center")
    _arrow(axis, (1.1, 2.82), (1.1, 2.15))
    _arrow(axis, (3.05, 3.35), (2.0, 2.15))
    products = [found["products"][row : row + 3] for row in (0, 3, 6)]
    _grid(axis, (0.05, 1.75), products, "gradient × weight", _places(0, 3), cell=(0.75, 0.42))
    _arrow(axis, (2.35, 1.12), (3.05, 1.12))
    axis.text(2.45, 1.2, "sum", fontsize=11)
    _grid(axis, (3.1, 2.17), found["back"], "back at the input", [(2, 2)])
    return figure


def draw_pooling(found):
    figure, axis = _sheet(4.6, 4.7)
    taken = [tuple(place) for place in found["where"].nonzero().tolist()]
    all_four = _places(0, 2)
    _grid(axis, (0.1, 4.15), found["x"], "forward: the input", taken, blocks=2)
    _grid(axis, (3.2, 3.75), found["pooled"], "its maxima", all_four)
    _grid(axis, (0.1, 1.9), found["back"], "back: at the input", taken, blocks=2)
    _grid(axis, (3.2, 1.5), found["grad"], "arriving", all_four)
    _arrow(axis, (1.95, 3.3), (3.05, 3.3))
    _arrow(axis, (3.05, 1.05), (1.95, 1.05))
    return figure


def draw_relu(found):
    figure, axis = _sheet(4.55, 4.4)
    top = 4.1
    for name, row in found["rows"].items():
        if name in ("input x", "arriving"):
            axis.text(0.05, top + 0.08, "forward" if name == "input x" else "back", fontsize=11, color="0.35")
        rule = name in ("vanilla", "deconvnet", "guided")
        passed = [(0, k) for k, value in enumerate(row.tolist()) if rule and value]
        _grid(axis, (2.0, top), row[None], "", passed, cell=(0.62, 0.42))
        axis.text(0.05, top - 0.21, f"{name} rule" if rule else name, fontsize=12, va="center")
        top -= 0.92 if name == "output" else 0.56
    return figure


WALKS = {
    "convolution": (convolution_numbers, draw_convolution),
    "pooling": (pooling_numbers, draw_pooling),
    "relu": (relu_numbers, draw_relu),
}


def _places(start, end):
    """The places of a square block."""
    return [(row, column) for row in range(start, end) for column in range(start, end)]


def _sheet(width, height):
    """A figure, and an axis whose units are inches from its lower left corner."""
    figure = _figure(width, height, layout=None)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, width), ylim=(0, height))
    axis.set_axis_off()
    return figure, axis


def _grid(axis, corner, values, title, marked=(), cell=(0.42, 0.42), blocks=0):
    """Numbers or texts in squares, from the corner at the top left; the marked ones framed and in bold. blocks: after
    how many rows and columns a heavier line is drawn.
    """
    from matplotlib.patches import Rectangle

    left, top = corner
    axis.text(left, top + 0.08, title, fontsize=12)
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            x, y = left + column * cell[0], top - (row + 1) * cell[1]
            chosen = (row, column) in marked
            text = value if isinstance(value, str) else _number(value)
            axis.add_patch(Rectangle((x, y), *cell, facecolor="#cfe5f5" if chosen else "white", edgecolor="0.6"))
            axis.text(
                x + cell[0] / 2,
                y + cell[1] / 2,
                text,
                ha="center",
                va="center",
                fontsize=12,
                weight="bold" if chosen else "normal",
                color="black" if chosen else "0.3",
            )
    rows, columns = len(values), len(values[0])
    for row in range(0, rows, blocks or rows):
        for column in range(0, columns, blocks or columns):
            size = (blocks or columns) * cell[0], (blocks or rows) * cell[1]
            place = left + column * cell[0], top - row * cell[1] - size[1]
            axis.add_patch(Rectangle(place, *size, fill=False, edgecolor="0.2", linewidth=1.5))


def _arrow(axis, start, end):
    axis.annotate("", end, start, arrowprops=ARROW)
