"""Figures: what they draw, their words, their size."""

import base64
import io
import re

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from utils import load_hands, share_inside, show, show_bars, show_curves, show_matrices
from utils.classroom.plots import DIVERGING, LARGEST_PICTURE, Matrices, draw, draw_curves, picture

ALT = "A map that is bright on the left and dark on the right."


def pixels(html):
    """The picture in an HTML text, (H, W, 3), and its size in bytes."""
    data = base64.b64decode(re.search(r'src="data:image/webp;base64,([^"]+)"', html)[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), len(data)


@pytest.fixture
def shown(monkeypatch):
    """The HTML texts that were displayed."""
    texts = []
    monkeypatch.setattr("utils.classroom.plots.display", lambda thing: texts.append(thing._repr_html_()))
    return texts


def test_a_figure_carries_its_alternative_text_escaped(shown):
    show([torch.rand(3, 8, 8)], alt='A hand with "two" fingers, 1 < 2, on green.')
    assert 'alt="A hand with &quot;two&quot; fingers, 1 &lt; 2, on green."' in shown[0]


def test_a_picture_of_ones_own_is_described_by_its_titles(shown):
    show([torch.rand(3, 8, 8), torch.rand(8, 8)], titles=["my hand", "its\nmap"])
    show([torch.rand(8, 8)])
    assert 'alt="A figure of 2 images or maps: my hand, its map."' in shown[0]
    assert 'alt="A figure of 1 image or map: without titles."' in shown[1]


@pytest.mark.parametrize("alt", ["", "figure", None, "   short     "])
def test_a_figure_without_words_is_refused(shown, alt):
    with pytest.raises(ValueError, match="alt: expected a sentence"):
        show([torch.rand(8, 8)], alt=alt)


def test_a_signed_map_is_white_at_zero_red_above_and_blue_below():
    values = torch.zeros(6, 9)
    values[:, :3], values[:, 6:] = 2.0, -2.0
    image = draw([values]).axes[0].get_images()[0]
    left, middle, right = (image.cmap(image.norm(v))[:3] for v in (2.0, 0.0, -2.0))
    assert min(middle) > 0.95
    assert left[0] > left[2] + 0.2 and right[2] > right[0] + 0.2
    assert image.norm.vmin == -image.norm.vmax


def test_a_map_without_negative_values_runs_from_dark_at_zero():
    image = draw([torch.tensor([[1.0, 2.0], [3.0, 4.0]])]).axes[0].get_images()[0]
    assert image.norm.vmin == 0
    assert sum(image.cmap(image.norm(0.0))[:3]) < sum(image.cmap(image.norm(4.0))[:3])


def test_all_maps_of_a_figure_have_the_same_kind_of_scale():
    figure = draw([torch.tensor([[1.0, 2.0]]), torch.tensor([[-1.0, 2.0]])])
    assert {axis.get_images()[0].norm.vmin < 0 for axis in figure.axes[:2]} == {True}


def test_one_outlier_does_not_dim_the_map():
    values = torch.ones(40, 40)
    values[0, 0] = 1000
    assert draw([values]).axes[0].get_images()[0].norm.vmax < 10


def test_a_map_of_zeros_is_drawn():
    picture(draw([torch.zeros(1, 8, 8)]), ALT)


def test_a_map_with_its_gradient_attached_is_drawn():
    picture(draw([torch.rand(8, 8, requires_grad=True)]), ALT)


def test_a_panel_of_another_shape_is_named():
    with pytest.raises(ValueError, match=r"panels: expected .* got \(2, 8, 8\)"):
        draw([torch.rand(2, 8, 8)])


def test_nothing_to_show_is_told(shown):
    for show_nothing, name in [
        (lambda: show([], alt=ALT), "panels"),
        (lambda: show_bars({}, ylabel="y", alt=ALT), "bars"),
        (lambda: show_curves([], {}, xlabel="x", ylabel="y", alt=ALT), "curves"),
        (lambda: show_matrices({}), "matrices"),
    ]:
        with pytest.raises(ValueError, match=f"{name}: expected one or more to show, got none"):
            show_nothing()
    assert not shown


@pytest.mark.parametrize("panel", [torch.full((8, 8), torch.nan), torch.full((3, 8, 8), torch.inf), torch.zeros(0, 8)])
def test_a_panel_without_a_number_is_refused(panel):
    with pytest.raises(ValueError, match="panels: nothing to draw in panel 1, counted from 0: it holds no finite"):
        draw([torch.rand(8, 8), panel])


def test_a_gap_does_not_change_the_rest_of_the_map():
    values = torch.tensor([[1.0, 2.0, torch.nan], [-3.0, 4.0, torch.inf]])
    drawn = draw([values]).axes[0].get_images()[0]
    assert drawn.norm.vmax == pytest.approx(np.percentile([1, 2, 3, 4], 99.5)) and drawn.norm.vmin == -drawn.norm.vmax
    assert drawn.get_array().mask.tolist() == [[False, False, True], [False, False, True]]


def test_titles_of_another_number():
    with pytest.raises(ValueError, match="titles: expected one for each of the 2 panels, got 1"):
        draw([torch.rand(8, 8)] * 2, titles=["one"])


def test_hands_are_drawn_at_three_to_two():
    figure = draw([torch.rand(3, 96, 96)])
    figure.draw_without_rendering()
    box = figure.axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(1.5, rel=0.01)


def test_a_coarse_map_and_a_fine_outline_lie_over_each_other():
    mask = torch.zeros(96, 96)
    mask[24:72, 48:] = 1
    figure = draw([torch.rand(8, 8)], outline=mask)
    corners = np.concatenate([path.vertices for path in figure.axes[0].collections[0].get_paths()])
    assert corners[:, 0].min() == pytest.approx(3.5, abs=0.1)  # column 48 of 96 lies between columns 3 and 4 of 8
    assert corners[:, 1].min() == pytest.approx(1.5, abs=0.1) and corners[:, 1].max() == pytest.approx(5.5, abs=0.1)


def test_a_busy_figure_stays_small_and_in_true_colours():
    """Noise cannot be made smaller but by fewer dots: the colours stay those that were drawn."""
    noise = torch.rand(12, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    kept, size = pixels(picture(draw(list(noise)), ALT))
    assert size <= LARGEST_PICTURE and len(np.unique(kept.reshape(-1, 3), axis=0)) > 1000


def test_the_ends_of_the_diverging_scale_keep_their_colours():
    """Beside a hand of many colours; a palette of 256 once made the blue end green."""
    hand = load_hands("test").images[0]
    signed = torch.cat([torch.full((96, 48), -1.0), torch.full((96, 48), 1.0)], dim=1)
    image, _ = pixels(picture(draw([hand, signed]), ALT))
    seen = {tuple(colour) for colour in np.unique(image.reshape(-1, 3), axis=0)}
    for end in (0.0, 1.0):
        assert tuple(round(255 * c) for c in matplotlib.colormaps[DIVERGING](end)[:3]) in seen


@pytest.mark.parametrize("columns, rows", [(1, 1), (3, 1), (4, 3)])
def test_panels_fill_the_figure(columns, rows):
    """Maps of several rows are not small with gaps between: all but the bars and the titles is panel."""
    figure = draw([torch.rand(8, 8)] * (columns * rows), titles=["a title"] * (columns * rows), columns=columns)
    box = figure.get_window_extent()
    panels = [axis.get_window_extent() for axis in figure.axes]
    assert min(panel.width for panel in panels) >= 190 and figure.get_figwidth() <= 10.6
    assert {round(panel.width / panel.height, 3) for panel in panels} == {1.5}
    tops = sorted({round(panel.y1) for panel in panels})
    assert all(high - low - panels[0].height < 35 for low, high in zip(tops, tops[1:], strict=False))
    assert all(panel.x0 >= 0 and panel.x1 <= box.x1 and panel.y0 >= -1 and panel.y1 <= box.y1 for panel in panels)


def test_a_long_title_is_broken_and_not_drawn_over_its_neighbour():
    figure = draw([torch.rand(8, 8)] * 4, titles=["guided backpropagation of the class that the network predicts"] * 4)
    figure.draw_without_rendering()
    boxes = sorted((axis.title.get_window_extent() for axis in figure.axes[:4]), key=lambda box: box.x0)
    assert all(left.x1 < right.x0 for left, right in zip(boxes, boxes[1:], strict=False))


def test_each_value_is_a_block_where_there_are_dots_enough():
    small, large = (draw([torch.rand(n, n)]).axes[0].get_images()[0].get_interpolation() for n in (96, 1000))
    assert (small, large) == ("nearest", "antialiased")


@pytest.mark.parametrize(
    "low, high, labels", [(0.015, 0.3, {"0.02", "0.05", "0.1", "0.2"}), (0.001, 1, {"0.01", "0.1"})]
)
def test_a_logarithmic_axis_has_at_least_two_numbers(monkeypatch, low, high, labels):
    drawn = []
    monkeypatch.setattr("utils.classroom.plots.picture", lambda figure, alt: drawn.append(figure) or "")
    show_curves([1, 2, 4], {"a": [high, (low * high) ** 0.5, low]}, xlabel="x", ylabel="y", alt=ALT, logarithmic="y")
    axis = drawn[0].axes[0]
    drawn[0].draw_without_rendering()
    written = {label.get_text() for label in axis.get_yticklabels() + axis.get_yticklabels(minor=True)}
    assert labels <= written and "0.03" not in written


def test_the_picture_shows_what_it_was_given():
    red = torch.tensor([0.8, 0.1, 0.1]).reshape(3, 1, 1).expand(3, 8, 8)
    image, _ = pixels(picture(draw([red]), ALT))
    assert np.abs(image[image.shape[0] // 2, image.shape[1] // 2] / 255 - (0.8, 0.1, 0.1)).max() < 0.03


def test_curves_differ_by_more_than_colour(shown):
    show_curves([0, 1, 2], {"a": [0, 1, 2], "b": [2, 1, 0]}, xlabel="x", ylabel="y", alt=ALT)
    from utils.classroom.plots import COLOURS, LINES, MARKERS

    assert len({*zip(LINES, MARKERS, strict=True)}) == len(COLOURS) == 6
    assert shown


@pytest.mark.parametrize("n", [4, 5])
def test_the_names_of_many_lines_stand_beside_the_axes(n):
    figure = draw_curves([0, 1], {f"line {k}": [k, n - k] for k in range(n)}, xlabel="x", ylabel="y")
    figure.draw_without_rendering()
    (axis,) = figure.axes
    names, lines = axis.get_legend().get_window_extent(), axis.get_window_extent()
    assert (names.x0 >= lines.x1) == (n > 4) and names.x1 <= figure.bbox.x1


def test_bars_take_tensors(shown):
    show_bars({"here": {"a": torch.tensor(0.25), "b": 1}, "there": {"a": 0, "b": -1.0}}, ylabel="y", alt=ALT)
    assert shown


def test_bars_with_intervals_have_lines_from_end_to_end(monkeypatch):
    drawn = []
    monkeypatch.setattr("utils.classroom.plots.picture", lambda figure, alt: drawn.append(figure) or "")
    show_bars({"here": {"a": torch.tensor([0.5, 0.4, 0.6]), "b": 1}}, ylabel="y", alt=ALT)
    ends = [path.vertices[:, 1].tolist() for line in drawn[0].axes[0].collections for path in line.get_paths()]
    assert np.allclose(ends, [[0.4, 0.6]])
    assert [bar.get_height() for bar in drawn[0].axes[0].patches] == [0.5, 1.0]


def test_numbers_stand_beyond_the_intervals_and_have_a_minus(monkeypatch):
    drawn = []
    monkeypatch.setattr("utils.classroom.plots.picture", lambda figure, alt: drawn.append(figure) or "")
    show_bars({"here": {"shift -0.5": torch.tensor([0.5, 0.2, 0.9]), "b": -0.25}}, ylabel="y", alt=ALT)
    (axis,) = drawn[0].axes
    drawn[0].draw_without_rendering()
    (high, low), ends = axis.texts, axis.transData.transform([(0, 0.9), (0, -0.25)])
    assert (high.get_text(), low.get_text()) == ("0.5", "−0.25")
    assert high.get_window_extent().y0 >= ends[0][1] and low.get_window_extent().y1 <= ends[1][1]
    assert axis.get_legend().get_texts()[0].get_text() == "shift −0.5"
    assert draw([torch.rand(8, 8)], titles=["Grad-CAM, -6.5"]).axes[0].get_title() == "Grad-CAM, −6.5"


def test_the_numbers_at_a_colour_bar_are_short_and_stay_beside_their_map():
    """Faint maps have exponents, which must not run into the next panel."""
    figure = draw([torch.tensor([[-2.2e-6, 2.2e-6]])] * 3, titles=["a", "b", "c"])
    figure.draw_without_rendering()
    assert [label.get_text() for label in figure.axes[0].child_axes[0].get_yticklabels()] == ["−2.2e−6", "0", "+2.2e−6"]
    panels = [axis.get_window_extent() for axis in figure.axes]
    for axis, right in zip(figure.axes, [*(panel.x0 for panel in panels[1:]), figure.bbox.x1], strict=True):
        labels = axis.child_axes[0].get_yticklabels()
        assert max(label.get_window_extent().x1 for label in labels) < right


def test_each_matrix_is_tinted_by_its_own_largest_value():
    html = Matrices({"X": [[-10.0, 10.0]], "G": [[0.5, -0.5]]})._repr_html_()
    first, second, third, fourth = re.findall(r"background: (#\w+)", html)
    assert (first, second) == (fourth, third)


def test_matrices_are_tables_with_every_number():
    matrices = Matrices({"input <X>": torch.tensor([[1.0, 0.0], [-1.0, -10.0]]), "v": [0.4, -0.0]})
    assert repr(matrices) == "input <X>: 1 0; −1 −10\nv: 0.4 0"
    html = matrices._repr_html_()
    assert html.count("<td") == 6 and "input &lt;X&gt;" in html and "−10" in html


def test_every_cell_of_a_matrix_can_be_read():
    """Black on the cell's tint, at a contrast of 4.5 or more (WCAG 2, AA)."""
    html = Matrices({"X": np.linspace(-3, 3, 31)[None]})._repr_html_()
    for colour in re.findall(r"background: (#\w+)", html):
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
        assert (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) / 0.05 >= 4.5


def test_show_matrices_displays(shown):
    show_matrices({"X": [[1.0]]})
    assert "<table" in shown[0]


# share_inside ---------------------------------------------------------------------------------------------------------


def test_the_share_inside_by_hand():
    maps = torch.tensor([[[[1.0, -1.0], [2.0, 0.0]]], [[[0.0, 0.0], [0.0, 5.0]]]])
    masks = torch.tensor([[[[True, False], [True, False]]], [[[True, True], [True, False]]]])
    assert share_inside(maps, masks).tolist() == [0.75, 0.0]


def test_channels_count_by_their_absolute_values():
    maps = torch.tensor([[[[1.0, 1.0]], [[-1.0, 1.0]]]])
    assert share_inside(maps, torch.tensor([[[[True, False]]]])).item() == 0.5


def test_a_coarse_map_is_enlarged_block_by_block():
    masks = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    masks[..., :2, :1] = True  # half of the first block
    assert share_inside(torch.tensor([[[[4.0, 0.0], [0.0, 4.0]]]]), masks).item() == 0.25


def test_a_map_of_zeros_has_no_share():
    assert share_inside(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2, dtype=torch.bool)).isnan().all()


def test_maps_and_masks_of_different_number():
    with pytest.raises(ValueError, match="maps and masks: expected"):
        share_inside(torch.zeros(1, 1, 2, 2), torch.ones(2, 1, 2, 2))


@pytest.mark.parametrize("kind", [torch.uint8, torch.float32, torch.int64])
def test_masks_are_bool(kind):
    masks = 255 * torch.ones(1, 1, 2, 2).to(kind)
    with pytest.raises(TypeError, match=f"masks: expected bool, got {kind}; `masks > 0` makes it so"):
        share_inside(torch.ones(1, 1, 2, 2), masks)
    assert share_inside(torch.ones(1, 1, 2, 2), masks > 0).item() == 1
