"""The shift experiment: the numbers that lesson 07 shows can be obtained again, and its sentences are true of them."""

from pathlib import Path

import nbformat
import pytest
import torch

from utils.classroom.examples import load_example, load_shift_results
from utils.classroom.shift_experiment import compared_methods, measure_compensated
from utils.evaluation import map_similarity, shift_images, top_overlap
from utils.rps import load_hands, load_network
from utils.rps.training import predict


def test_the_example_is_hands_unless_photographs_are_asked_for():
    test, train, network = load_example("hands")
    assert torch.equal(test.images, load_hands("test").images) and len(train.images) == 1531
    assert (predict(network, test.images) == test.labels).float().mean() > 0.98


def test_photographs_come_with_their_own_network(shared_folder):
    test, train, network = load_example("photographs", shared_folder("photos"))
    assert len(test.images) == 120 and len(train.images) == 840
    assert (predict(network, test.images) == test.labels).float().mean() > 0.95


def test_without_photographs_it_says_how_to_get_them_and_goes_on(tmp_path, capsys):
    test, _, _ = load_example("photographs", tmp_path / "none")
    said = capsys.readouterr().out
    assert "kaggle.com" in said and "goes on with the rendered hands" in said
    assert torch.equal(test.labels, load_hands("test").labels)


def test_another_source_is_refused():
    with pytest.raises(ValueError, match="data: expected .*hands.* got 'photos'"):
        load_example("photos")


@pytest.fixture(scope="module", params=["hands", "photos"])
def example(request, shared_folder):
    name = request.param
    if name == "photos":
        test, _, network = load_example("photographs", shared_folder("photos"))
    else:
        test, _, network = load_example("hands")
    return network, test.images, load_shift_results()[name]


def test_the_numbers_can_be_obtained_again(example):
    """The cheap ones of them: the share of unchanged predictions and Grad-CAM, at the largest shift."""
    network, images, result = example
    assert result["images"] == len(images) and result["shifts"][-1] == 0.4
    before, after = predict(network, images), predict(network, images + 0.4)
    assert (after == before).float().mean().item() == pytest.approx(result["unchanged"][-1], abs=0.006)
    kept, target = images[after == before], before[after == before]
    method = compared_methods(network, images.shape[-1])["Grad-CAM"]
    maps = [method(network, x, target) for x in (kept, kept + 0.4)]
    for measure, similarity in {"rank": map_similarity, "top": top_overlap}.items():
        values = similarity(*maps)
        mean, low, high = result["maps"][measure]["Grad-CAM"][-1]
        assert values.mean().item() == pytest.approx(mean, abs=0.003)
        assert (high - low) / 2 == pytest.approx(1.96 * values.std().item() / len(values) ** 0.5, abs=0.003)


def test_the_mean_falls_as_the_shift_grows(example):
    """What the lesson says below the curves of either source."""
    _, _, result = example
    for row in result["maps"]["rank"].values():
        means = [values[0] for values in row]
        assert means == sorted(means, reverse=True)


def test_two_networks_that_agree_differ_only_in_what_has_a_zero():
    network, images = load_network("hands"), load_hands("test").images[:6]
    rows = {name: row[0] for name, row in measure_compensated(network, images, -0.5).items()}
    assert rows["gradient"] > 0.9999 and rows["IG, black moved too"] > 0.9999
    assert rows["gradient × input"] < 0.99 and rows["IG, black"] < 0.99
    assert torch.equal(shift_images(images, -0.5), images - 0.5)


# What lesson 07 says of the hands is bound to its cells in claims/input_shift.py. It also runs on photographs: ------


@pytest.fixture(scope="module")
def lesson(shared_folder):
    """The names that the solution of lesson 07 leaves behind, run on photographs; nothing is drawn."""
    path = Path(__file__).resolve().parents[1] / "solutions" / "07_input_shift.ipynb"
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    cells = [cell for cell in cells if "sample_answer(" not in cell]
    names = {"__name__": "__main__"}
    exec(cells[0], names)
    names |= dict.fromkeys(("show", "show_bars", "show_curves", "show_table", "explore_shift"), lambda *_, **__: None)
    for cell in cells[1:]:
        cell = cell.replace('DATA = "hands"', 'DATA = "photographs"')
        exec(cell.replace("FOLDER = None", f"FOLDER = {str(shared_folder('photos'))!r}"), names)
    assert names["DATA"] == "photographs" and not hasattr(names["test"], "hand")
    return names


def test_the_class_stays_and_the_score_does_not(lesson):
    images, network = lesson["many"], lesson["network"]
    before = predict(network, images)
    for shift in lesson["shifts"]:
        assert (predict(network, images + shift) == before).float().mean() > 0.95
    with torch.no_grad():
        assert (network(lesson["few"] + 0.1) - network(lesson["few"])).abs().mean() > 0.1


def test_without_the_padding_the_error_is_a_frame_one_pixel_wide(lesson):
    inside = torch.zeros_like(lesson["error"], dtype=torch.bool)
    inside[1:-1, 1:-1] = True
    assert lesson["error"][inside].max() < 1e-5 < 0.01 < lesson["error"][~inside].min()
    assert lesson["error"].numel() - inside.sum() == 4 * 96 - 4


def test_those_that_agree_and_those_that_have_a_zero_in_them(lesson):
    noticed = lesson["noticed"]
    plus, minus = ({name: row[column][0] for name, row in noticed.items()} for column in noticed["gradient"])
    for row in (plus, minus):
        assert min(row[name] for name in ("gradient", "guided backprop", "Grad-CAM")) > 0.999
        assert row["IG, black"] < 0.9 < row["IG, white"] < 0.99
    assert 0.95 < plus["gradient × input"] < 0.999 and abs(minus["gradient × input"]) < 0.15


def test_each_remedy_mends_it(lesson):
    few, second, m = lesson["few"], lesson["second"], lesson["to_both_signs"]
    assert m == -0.5
    alike = {}
    for name, maps in lesson["of_network_1"].items():
        steps = 2 if name == "distribution" else 4
        others = lesson["ig"](lesson["pairs"][name][1], steps)(second, few + m, lesson["predicted"])
        alike[name] = map_similarity(maps, others).mean()
    assert alike.pop("black stays") < 0.2
    assert len(alike) == 3 and min(alike.values()) > 0.999


def test_with_the_bias_alone_the_gradient_seems_to_notice(lesson):
    few, gradient = lesson["few"], lesson["methods"].vanilla_gradient
    again = gradient(lesson["bias_only"], few + 0.2, lesson["predicted"])
    assert map_similarity(lesson["gradients"], again).mean() < 0.97


def test_more_relus_switch_as_the_shift_grows(lesson):
    few = lesson["few"]
    shares = [(lesson["switches"](few) != lesson["switches"](few + shift)).float().mean() for shift in lesson["shifts"]]
    assert shares == sorted(shares) and shares[0] > 0.01


def test_the_answer_to_the_open_task_meets_its_criterion(lesson):
    few, predicted, undoing = lesson["few"], lesson["predicted"], lesson["undoing"]
    with torch.no_grad():
        assert (undoing(1 - few) - lesson["network"](few)).abs().max() <= 1e-4
    again = lesson["methods"].vanilla_gradient(undoing, 1 - few, predicted)
    assert map_similarity(lesson["gradients"], again).mean() < 0.9
