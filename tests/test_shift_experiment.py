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


def test_two_networks_that_agree_differ_only_in_what_has_a_zero():
    network, images = load_network("hands"), load_hands("test").images[:6]
    rows = {name: row[0] for name, row in measure_compensated(network, images, -0.5).items()}
    assert rows["gradient"] > 0.9999 and rows["IG, black moved too"] > 0.9999
    assert rows["gradient × input"] < 0.99 and rows["IG, black"] < 0.99
    assert torch.equal(shift_images(images, -0.5), images - 0.5)


# What lesson 07 says in words -----------------------------------------------------------------------------------------


def means(measure, network):
    """method → its mean similarity at each shift, as in the lesson's tables."""
    return {method: [row[0] for row in rows] for method, rows in load_shift_results()[network]["maps"][measure].items()}


def intervals(measure, network, k):
    return {method: rows[k][1:] for method, rows in load_shift_results()[network]["maps"][measure].items()}


BASELINES = ("IG, white", "IG, random", "IG, black")
NETWORKS = ("hands", "photos", "photos_full")


def test_all_networks_were_measured_on_as_many_images_as_the_lesson_says():
    results = load_shift_results()
    assert tuple(results) == NETWORKS
    assert all(one["validation accuracy"] >= 0.95 and one["images"] >= 60 for one in results.values())


@pytest.mark.parametrize("network", NETWORKS)
def test_by_rank_the_gradients_lose_most_and_white_is_the_steadiest_baseline(network):
    ranks = means("rank", network)
    for k in range(4):
        low = {method: ends[0] for method, ends in intervals("rank", network, k).items()}
        high = {method: ends[1] for method, ends in intervals("rank", network, k).items()}
        for gradient in ("gradient", "gradient × input"):
            assert all(high[gradient] < low[method] for method in (*BASELINES, "Grad-CAM")), (gradient, k)
        assert low["IG, white"] > max(high["IG, random"], high["IG, black"])
        if k < 2:
            assert low["IG, random"] > high["IG, black"]
    assert all(rows == sorted(rows, reverse=True) for rows in ranks.values()), "the mean falls as the shift grows"


def test_by_ssim_the_small_networks_put_black_first_and_the_large_one_white():
    for k in range(4):
        for network, first in {"hands": "IG, black", "photos": "IG, black", "photos_full": "IG, white"}.items():
            steadiest = intervals("ssim", network, k)
            assert all(steadiest[first][0] > steadiest[other][1] for other in BASELINES if other != first), (network, k)


def test_the_place_of_grad_cam_differs():
    hands, photos, full = (means("rank", network) for network in NETWORKS)
    for k in range(4):
        assert hands["Grad-CAM"][k] == max(row[k] for row in hands.values())
        assert photos["IG, white"][k] > photos["Grad-CAM"][k]
    for k in range(2):
        assert full["Grad-CAM"][k] < min(full["IG, white"][k], full["IG, random"][k])


def test_the_large_network_changes_its_prediction_sooner():
    full, small = (load_shift_results()[network]["unchanged"] for network in ("photos_full", "photos"))
    assert all(less < more for less, more in zip(full, small, strict=True))


@pytest.mark.parametrize("network", NETWORKS)
def test_of_two_networks_that_agree_gradient_x_input_keeps_next_to_nothing_at_minus_a_half(network):
    plus, minus = (load_shift_results()[network]["compensated"][shift] for shift in ("+0.2", "-0.5"))
    for row in (plus, minus):
        assert row["gradient"][0] > 0.999 and row["IG, black moved too"][0] > 0.999 and row["IG, black"][2] < 0.9
        assert 0.9 < row["IG, white"][1] and row["IG, white"][2] < 0.96
    assert plus["gradient × input"][0] > 0.95 and abs(minus["gradient × input"][0]) < 0.15


@pytest.fixture(scope="module", params=["hands", "photographs"])
def lesson(request, shared_folder):
    """The names that the solution of lesson 07 leaves behind, run on each of its sources; nothing is drawn."""
    path = Path(__file__).resolve().parents[1] / "solutions" / "07_input_shift.ipynb"
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    names = {"__name__": "__main__"}
    exec(cells[0], names)
    names |= dict.fromkeys(("show", "show_bars", "show_curves", "explore_shift"), lambda *_, **__: None)
    folder = "None" if request.param == "hands" else repr(str(shared_folder("photos")))
    for cell in cells[1:]:
        cell = cell.replace('DATA = "hands"', f'DATA = "{request.param}"')
        exec(cell.replace("FOLDER = None", f"FOLDER = {folder}"), names)
    assert names["DATA"] == request.param and hasattr(names["test"], "hand") == (request.param == "hands")
    return names


def test_the_class_stays_and_the_score_does_not(lesson):
    images, network = lesson["some"], lesson["network"]
    before = predict(network, images)
    for shift in lesson["shifts"]:
        assert (predict(network, images + shift) == before).float().mean() > 0.9
        with torch.no_grad():
            assert (network(images + shift) - network(images)).abs().mean() > 0.1


def test_without_the_padding_the_error_is_a_frame_one_pixel_wide(lesson):
    right, bias_only = lesson["errors"]
    assert right.max() < 1e-6
    inside = torch.zeros_like(bias_only, dtype=torch.bool)
    inside[1:-1, 1:-1] = True
    assert bias_only[inside].max() < 1e-6 and bias_only[~inside].min() > 0.01


def test_those_that_agree_and_those_that_have_a_zero_in_them(lesson):
    controlled = lesson["controlled"]
    for method in ("gradient", "guided backprop", "Grad-CAM"):
        assert min(controlled[method].values()) > 0.999
    assert max(controlled["IG, black"].values()) < 0.9
    assert 0.9 < min(controlled["IG, white"].values()) and max(controlled["IG, white"].values()) < 0.99
    assert 0.95 < controlled["gradient × input"]["m = +0.2"] < 0.999
    assert abs(controlled["gradient × input"]["m = -0.5"]) < 0.15


def test_each_remedy_mends_it(lesson):
    alike = {name: map_similarity(*maps).mean() for name, maps in lesson["remedies"].items()}
    assert alike.pop("black stays") < 0.2
    assert len(alike) == 3 and min(alike.values()) > 0.999


def test_mean_maps_change_less_than_single_maps_of_a_class_or_not(lesson):
    for register in lesson["registered"].values():
        of_means = {}
        for groups in ("labels", "mixed"):
            means = (lesson["mean_maps"](lesson[maps], register, lesson[groups]) for maps in ("plain", "shifted"))
            of_means[groups] = map_similarity(*(mean[:, None] for mean in means))
            assert of_means[groups].min() > lesson["single"].mean()
        assert (of_means["labels"].mean() - of_means["mixed"].mean()).abs() < 0.1, "averaging alone does it"
        assert all((lesson["mixed"][lesson["labels"] == c].unique().numel() == 3) for c in range(3))


def test_with_the_bias_alone_the_gradient_seems_to_notice(lesson):
    few, network = lesson["few"], lesson["network"]
    target, gradient = predict(network, few), lesson["methods"].vanilla_gradient
    alike = map_similarity(gradient(network, few, target), gradient(lesson["bias_only"], few + 0.2, target))
    assert alike.mean() < 0.97


def test_more_relus_switch_as_the_shift_grows(lesson):
    few = lesson["few"]
    shares = [(lesson["switches"](few) != lesson["switches"](few + shift)).float().mean() for shift in lesson["shifts"]]
    assert shares == sorted(shares) and shares[0] > 0.01
