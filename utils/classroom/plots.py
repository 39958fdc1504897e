"""Figures with words: every picture is shown as HTML with an alternative text, the one form that every reader
of notebooks keeps.
"""

import base64
import html
import io
import re
import textwrap

import numpy as np
import torch
from IPython.display import HTML, display
from PIL import Image

from .words import alt_text

DIVERGING, SEQUENTIAL = "RdBu_r", "cividis"  # both keep their order for colour-blind eyes
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe & Ito 2008
LINES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1)))  # so that colour is never the only carrier
MARKERS = ("o", "s", "^", "D", "v", "P")
LARGEST_PICTURE = 250_000  # bytes
WIDEST, WIDEST_PANEL = 10.5, 3.4  # inches: of a figure, of a panel in it
BAR, LETTER, LINE = 0.62, 0.078, 0.19  # inches: a colour bar with its numbers, a letter of a title, a line of it


def show(panels, *, alt="titles", titles=None, columns=None, outline=None, aspect=1.5, words=None):
    """Shows images and maps side by side.

    panels   a list of tensors or arrays: (3, H, W) in [0, 1] is drawn as an image; (H, W) or (1, H, W) as a map with a
             colour bar: white at zero, red above, blue below, or, where no map of the figure has a negative value,
             from dark (0) to bright. A map's strongest colour stands for its 99.5th percentile, so that one pixel does
             not dim the rest. NaN and infinity leave a gap; ValueError for a panel that holds nothing else.
    alt      what the figure shows, in words, for whoever does not see it. A lesson gives a name, "grad_cam/opening",
             for words in classroom/alt/grad_cam.toml, so that nobody reads them before there is a figure. Left out,
             as for a picture of your own, the titles have to do
    words    what is put in where those words have {fields}
    outline  a mask (H, W) or (1, H, W); its border is drawn over the maps
    aspect   width over height of a panel; the hands were squashed from 3:2 to a square and are drawn at 3:2 again
    """
    alt = _of_titles(titles, len(panels)) if alt == "titles" else alt_text(alt, **(words or {}))
    display(HTML(picture(draw(panels, titles=titles, columns=columns, outline=outline, aspect=aspect), alt)))


def draw(panels, *, titles=None, columns=None, outline=None, aspect=1.5, signed=None):
    """The figure that `show` shows. signed: whether zero is in the middle; None: where a map has a negative value."""
    arrays = [_array(panel) for panel in panels]
    _not_empty("panels", arrays)
    if blank := [number for number, array in enumerate(arrays) if not np.isfinite(array).any()]:
        raise ValueError(f"panels: nothing to draw in panel {blank[0]}, counted from 0: it holds no finite number")
    titles = [""] * len(arrays) if titles is None else list(titles)
    if len(titles) != len(arrays):
        raise ValueError(f"titles: expected one for each of the {len(arrays)} panels, got {len(titles)}")
    arrays = [np.where(np.isfinite(array), array, np.nan) if array.ndim == 2 else array for array in arrays]
    if signed is None:
        signed = any(array.ndim == 2 and np.nanmin(array) < 0 for array in arrays)
    columns = columns or min(len(arrays), 4)
    bars = [any(array.ndim == 2 for array in arrays[column::columns]) for column in range(columns)]
    width = min((WIDEST - BAR * sum(bars)) / columns - 0.08, WIDEST_PANEL)
    height = width / aspect
    titles = [
        "\n".join(textwrap.wrap(title, int(width / LETTER)) if len(title) * LETTER > width else [title])
        for title in titles
    ]
    above = [
        LINE * max(title.count("\n") + 1 if title else 0 for title in titles[k : k + columns]) + 0.08
        for k in range(0, len(titles), columns)
    ]
    figure = _figure(sum(bars) * BAR + columns * (width + 0.08), sum(above) + len(above) * height, layout=None)
    for k, (array, title) in enumerate(zip(arrays, titles, strict=True)):
        row, column = divmod(k, columns)
        left = column * (width + 0.08) + sum(bars[:column]) * BAR
        top = sum(above[: row + 1]) + row * height
        axis = figure.add_axes(
            [
                left / figure.get_figwidth(),
                1 - (top + height) / figure.get_figheight(),
                width / figure.get_figwidth(),
                height / figure.get_figheight(),
            ]
        )
        axis.set_axis_off()
        _panel(axis, array, signed, None if outline is None else _array(outline))
        axis.set_title(_signed(title), fontsize=10, pad=3)
    return figure


def _signed(text):
    """The text with a minus before its negative numbers and exponents, where Python writes a hyphen: −2.2e−6."""
    return re.sub(r"(?<!\w)-(?=[\d.])", "−", re.sub(r"(?<=\de)-0?(?=\d)", "−", text))


def _of_titles(titles, n):
    named = ", ".join(" ".join(str(title).split()) for title in titles or [] if str(title).strip())
    return f"A figure of {n} image{'s' * (n > 1)} or map{'s' * (n > 1)}: {named or 'without titles'}."


def _not_empty(name, given):
    if not len(given):
        raise ValueError(f"{name}: expected one or more to show, got none")


def _figure(width, height, layout="constrained"):
    """An empty matplotlib figure, in inches."""
    from matplotlib.figure import Figure  # here, because it takes a third as long to import as torch

    return Figure(figsize=(width, height), layout=layout)


def _array(panel):
    """(H, W, 3) for an image, (H, W) for a map."""
    array = panel.detach().cpu().float().numpy() if isinstance(panel, torch.Tensor) else np.asarray(panel, dtype=float)
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 2:
        return array
    if array.ndim == 3 and array.shape[0] == 3:
        return array.transpose(1, 2, 0)
    raise ValueError(
        f"panels: expected an image (3, H, W) or a map (H, W) or (1, H, W), got {tuple(array.shape)}. "
        "For the map of a gradient, bring the colours down to one channel first"
    )


def _panel(axis, array, signed, outline):
    if array.ndim == 3:
        axis.imshow(array.clip(0, 1), aspect="auto", interpolation=_interpolation(axis, array))
        axis.set_axis_on()  # a frame: an image may be as white as the page
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(color="0.5", linewidth=0.5)
        return
    limit = float(np.nanpercentile(np.abs(array), 99.5)) or float(np.nanmax(np.abs(array))) or 1.0
    drawn = axis.imshow(
        array,
        cmap=DIVERGING if signed else SEQUENTIAL,
        vmin=-limit if signed else 0,
        vmax=limit,
        aspect="auto",
        interpolation=_interpolation(axis, array),
    )
    bar = axis.figure.colorbar(
        drawn, cax=axis.inset_axes([1.02, 0, 0.04, 1]), ticks=[-limit, 0, limit] if signed else [0, limit]
    )
    bar.ax.set_yticklabels(
        [_signed(f"{tick:+.2g}") if tick else "0" for tick in bar.get_ticks()] if signed else ["0", f"{limit:.2g}"],
        fontsize=7,
    )
    if outline is not None:
        height, width = array.shape
        rows, columns = outline.shape
        x = (np.arange(columns) + 0.5) * width / columns - 0.5
        y = (np.arange(rows) + 0.5) * height / rows - 0.5
        axis.contour(x, y, outline, levels=[0.5], colors="black" if signed else "white", linewidths=0.7)


def _interpolation(axis, array):
    """Each value as a block where there is a dot for it; where there is none, neighbours are averaged."""
    return "nearest" if axis.get_window_extent().width >= array.shape[1] else "antialiased"


def show_curves(x, curves, *, xlabel, ylabel, alt, logarithmic="", intervals=None):
    """Lines over x, told apart by colour, dash and marker. curves: name → values; logarithmic: "x", "y" or "xy";
    intervals: name → (lower, upper) values, drawn as bars through the points of that curve.
    """
    figure = draw_curves(x, curves, xlabel=xlabel, ylabel=ylabel, logarithmic=logarithmic, intervals=intervals)
    display(HTML(picture(figure, alt)))


def draw_curves(x, curves, *, xlabel, ylabel, logarithmic="", intervals=None, size=(7, 3.6)):
    """The figure that `show_curves` shows, of `size` in inches. Where a curve is NaN it has a gap."""
    from matplotlib.ticker import LogLocator, NullFormatter

    _not_empty("curves", curves)
    figure = _figure(*size)
    axis = figure.subplots()
    for k, (name, values) in enumerate(curves.items()):
        axis.plot(
            np.asarray(x, dtype=float),
            np.asarray(values, dtype=float),
            color=COLOURS[k % 6],
            linestyle=LINES[k % 6],
            marker=MARKERS[k % 6],
            markersize=4,
            markevery=max(1, len(x) // 12),
            label=name,
        )
        if intervals and name in intervals:
            axis.vlines(np.asarray(x, dtype=float), *intervals[name], color=COLOURS[k % 6], linewidth=1.2)
    axis.set(xlabel=xlabel, ylabel=ylabel)
    for axis_name in logarithmic:
        getattr(axis, f"set_{axis_name}scale")("log")
        ruler, (low, high) = getattr(axis, f"{axis_name}axis"), getattr(axis, f"get_{axis_name}lim")()
        ruler.set_major_formatter("{x:g}")  # 0.1, not 10⁻¹
        if high / low < 100:
            ruler.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ruler.set_minor_formatter(NullFormatter())
    if "x" in logarithmic and len(x) <= 10:
        axis.set_xticks(x, [f"{value:g}" for value in x])
        axis.set_xticks([], minor=True)
    axis.grid(alpha=0.3)
    axis.axhline(0, color="black", linewidth=0.6) if "y" not in logarithmic else None
    if len(curves) > 4:  # many lines leave no room for their names
        axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    else:
        axis.legend(frameon=False)
    return figure


def show_bars(bars, *, ylabel, alt):
    """Groups of bars with their values written on them. bars: group → {name: value}; a value (mean, lower, upper), as
    `interval` gives it, gets a line from its lower to its upper end.
    """
    _not_empty("bars", bars)
    figure = _figure(7, 3)
    axis = figure.subplots()
    names = list(next(iter(bars.values())))
    width = 0.8 / len(names)
    for k, name in enumerate(names):
        values = [np.atleast_1d(np.asarray(group[name], dtype=float)) for group in bars.values()]
        middles = np.arange(len(bars)) + (k - (len(names) - 1) / 2) * width
        axis.bar(
            middles,
            [value[0] for value in values],
            0.9 * width,
            label=_signed(name),
            color=COLOURS[k % 6],
            hatch=("", "//", "..", "xx")[k % 4],
            edgecolor="white",
        )
        for middle, value in zip(middles, values, strict=True):
            up = value[0] >= 0
            end = value.max() if up else value.min()  # the number stands beyond the interval, not across its line
            axis.annotate(
                _signed(f"{value[0]:.3g}"),
                (middle, end),
                (0, 2 if up else -2),
                textcoords="offset points",
                fontsize=8,
                ha="center",
                va="bottom" if up else "top",
            )
            if len(value) == 3:
                axis.vlines(middle, *value[1:], color="black", linewidth=1)
                axis.update_datalim([(middle, value.min()), (middle, value.max())])
    axis.set_xticks(range(len(bars)), list(bars))
    axis.set_ylabel(ylabel)
    axis.margins(y=0.15)
    axis.axhline(0, color="black", linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, ncols=len(names), loc="lower right", bbox_to_anchor=(1, 1))  # above all bars
    display(HTML(picture(figure, alt)))


def show_matrices(matrices):
    """Matrices side by side, as tables with every number written out. matrices: title → (H, W)."""
    display(Matrices(matrices))


class Matrices:
    """Tables in a notebook, rows of numbers where there is only text."""

    def __init__(self, matrices):
        _not_empty("matrices", matrices)
        self.matrices = {title: np.atleast_2d(np.asarray(matrix, dtype=float)) for title, matrix in matrices.items()}

    def __repr__(self):
        return "\n".join(
            f"{title}: " + "; ".join(" ".join(map(_number, row)) for row in matrix)
            for title, matrix in self.matrices.items()
        )

    def _repr_html_(self):
        """One table a matrix, its cells tinted red above zero and blue below, the strongest its largest."""
        tables = "".join(_table(title, matrix, np.abs(matrix).max() or 1.0) for title, matrix in self.matrices.items())
        return f'<div style="display: flex; flex-wrap: wrap; gap: 1.5em">{tables}</div>'


CELL = "color: black; border: 1px solid #888; padding: .4em .8em; text-align: right; min-width: 2.5em"
CAPTION = "caption-side: top; text-align: left; padding: .2em 0; white-space: nowrap"


def _table(title, matrix, largest):
    import matplotlib

    tints = matplotlib.colormaps[DIVERGING](0.5 + 0.3 * matrix / largest)  # only the pale middle: black stays readable
    cells = [
        [
            f'<td style="background: {matplotlib.colors.to_hex(tint)}; {CELL}">{_number(value)}</td>'
            for value, tint in zip(*row, strict=True)
        ]
        for row in zip(matrix, tints, strict=True)
    ]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    caption = f'<caption style="{CAPTION}">{html.escape(title)}</caption>'
    return f'<table style="border-collapse: collapse; margin: 0">{caption}<tbody>{rows}</tbody></table>'


def _number(value):
    return f"{value + 0.0:.4g}".replace("-", "−")  # + 0.0 turns −0 into 0


def picture(figure, alt, quick=False):
    """A matplotlib figure as an <img> with its alternative text, in true colours and as many dots as fit into
    LARGEST_PICTURE bytes. `alt` is a sentence, or a name in the lesson's table of such sentences. quick: for a picture
    that changes while one looks, and is kept nowhere.
    """
    alt = alt_text(alt)
    if layout := figure.get_layout_engine():
        layout.execute(figure)  # once, and not with each drawing: it takes as long
        figure.set_layout_engine("none")
    box = figure.get_tightbbox().padded(0.03)  # bbox_inches="tight" finds the same and draws once more
    for dpi in (100,) if quick else DOTS:  # the first that is small enough
        data = io.BytesIO()
        _pixels(figure, dpi, box).save(data, format="webp", lossless=True, method=0 if quick else 3, quality=60)
        if data.tell() <= LARGEST_PICTURE:
            break
    source = base64.b64encode(data.getvalue()).decode()
    return (
        f'<img alt="{html.escape(alt)}" src="data:image/webp;base64,{source}" style="max-width: 100%; '
        f'background: white">'
    )


def _pixels(figure, dpi, box):
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi, bbox_inches=box, pil_kwargs={"compress_level": 1})
    return Image.open(drawn).convert("RGB")


DOTS = 100, 80, 60, 45, 30, 20  # per inch
