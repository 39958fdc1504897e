"""The results of the sanity checks: what is kept can be obtained again, by the command and by the library."""

import copy

import pytest
import torch
import torch.nn.functional as F

from utils import RockPaperScissorsClassifier, load_hands, load_network, load_sanity_results
from utils.classroom import examples
from utils.classroom import sanity_experiment as made
from utils.classroom.measuring import METHODS, SMALL, as_drawn, taught
from utils.evaluation import (
    cascade,
    interval,
    map_similarity,
    map_ssim,
    permute_labels,
    randomisation_curve,
    share_inside,
    without_sign,
)
from utils.rps.training import accuracy, new_network

START = "PyTorch's start"


@pytest.fixture(scope="module")
def kept():
    return load_sanity_results()


@pytest.fixture(scope="module")
def hands(kept):
    hands = load_hands("test")
    return type(hands)(*(each[: kept["images"]] for each in hands))


@pytest.fixture(scope="module")
def network():
    return load_network("hands")


def leaves(value):
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif value is not None and isinstance(value[0], list):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def test_it_holds_what_it_says(kept):
    assert kept["layers"] == ["20", "18", "16", "12", "10", "7", "5", "2", "0"]
    names = kept["methods"] + kept["controls"]
    assert len(kept["methods"]) >= 14 and kept["controls"] == ["edge detector", "idle map", "area"]
    assert kept["seeds"] >= 3 and kept["starts"] >= 5 and kept["images"] == 219
    assert list(kept["cascade"]) == [START, "Kaiming's start", "shuffled"]
    for table in [*kept["cascade"].values(), kept["one at a time"]]:
        assert list(table) == names and all(list(each) == list(kept["measures"]) for each in table.values())
        assert {len(rows) for each in table.values() for rows in each.values()} == {9}
    assert examples.SANITY.stat().st_size <= 150_000


def test_every_interval_is_one(kept):
    labels = kept["labels"]
    for part in [kept[name] for name in ("cascade", "one at a time", "floor", "above the floor", "shares")] + [
        labels[name] for name in ("similarity", "differences", "shares")
    ]:
        for each in leaves(part):
            if each is not None:
                mean, lower, upper = each
                assert lower <= mean <= upper and mean - lower == pytest.approx(upper - mean, abs=2e-3)


def test_the_first_two_images_measured_again(kept, hands, network):
    """By the library's own functions, image by image."""
    others = [other for _, other in cascade(network, seed=0)]
    judges = {"signed": map_similarity, "absolute": without_sign(map_similarity), "SSIM": without_sign(map_ssim)}
    images, labels = hands.images[:2], hands.labels[:2]
    for name in ("gradient", "guided backprop", "LRP ε, z⁺, z^B"):
        for measure, judge in judges.items():
            curve = randomisation_curve(METHODS[name], network, others, images, labels, judge)
            expected = torch.tensor(kept["first"][name][measure])
            torch.testing.assert_close(curve.float(), expected, rtol=0, atol=0.02)


def test_means_are_those_of_the_seeds(kept):
    """To the rounding of the file: of the images' means over the seeds, and of the seeds' means over the images."""
    for name, of_measures in kept["by seed"].items():
        for measure, rows in of_measures.items():
            for row, (mean, _, _) in zip(rows, kept["cascade"][START][name][measure], strict=True):
                assert len(row) == kept["seeds"] and sum(row) / len(row) == pytest.approx(mean, abs=2e-3)


def test_the_last_layer_alone_is_where_the_cascade_begins(kept):
    for name, of_measures in kept["one at a time"].items():
        for measure, rows in of_measures.items():
            assert rows[0] == kept["cascade"][START][name][measure][0]


def test_controls_that_never_ask_stay_and_the_idle_map_does_not(kept):
    for table in kept["cascade"].values():
        for name in ("edge detector", "area"):
            assert all(mean == lower == upper == 1 for rows in table[name].values() for mean, lower, upper in rows)
        assert all(abs(mean) < 0.05 for mean, _, _ in table["idle map"]["signed"])


def test_the_floor_measured_again(kept, hands):
    """Of the edge detector, which takes no time: the map of another image, and noise."""
    maps = METHODS.get("edge detector", made.NEVER_ASK["edge detector"])(None, hands.images)
    for measure, judge in {"signed": map_similarity, "SSIM": map_ssim}.items():
        expected = interval(judge(maps, maps.roll(1, 0)).double()).tolist()
        assert kept["floor"]["edge detector"][measure]["another image"] == pytest.approx(expected, abs=2e-3)
    noise = made.noise(len(maps), maps)
    expected = interval(map_similarity(maps, noise).double()).tolist()
    assert kept["floor"]["edge detector"]["signed"]["random map"] == pytest.approx(expected, abs=2e-3)
    left = kept["above the floor"]["edge detector"]["signed"]["all layers"]
    assert left[0] == pytest.approx(1 - kept["floor"]["edge detector"]["signed"]["another image"][0], abs=2e-3)


def test_shares_measured_again(kept, hands, network):
    fingers = hands.fingers.any(1, keepdim=True)
    for place, masks in {"on the hand": hands.hand, "on the fingers": fingers}.items():
        of_area = interval(masks.double().mean((1, 2, 3))).tolist()
        assert kept["shares"][place]["area"]["trained"] == pytest.approx(of_area, abs=2e-3)
        edges = made.NEVER_ASK["edge detector"](None, hands.images)
        found = kept["shares"][place]["edge detector"]
        assert found["trained"] == pytest.approx(interval(share_inside(edges, masks).double()).tolist(), abs=2e-3)
        assert found["difference"] == [0, 0, 0]
    trained = [METHODS["gradient"](network, *part).sum(1, keepdim=True) for part in parts(hands)]
    expected = interval(share_inside(torch.cat(trained), hands.hand).double()).tolist()
    assert kept["shares"]["on the hand"]["gradient"]["trained"] == pytest.approx(expected, abs=2e-3)


def parts(hands):
    return zip(hands.images.split(16), hands.labels.split(16), strict=True)


def test_accuracies_measured_again(kept, hands, network):
    assert kept["accuracy"]["trained"] == pytest.approx(accuracy(network, hands.images, hands.labels), abs=6e-3)
    for other, right in zip(cascade(network, seed=0), kept["accuracy"]["cascade"][START], strict=True):
        if other[0] in ("20", "0"):
            assert right[0] == pytest.approx(accuracy(other[1], hands.images, hands.labels), abs=6e-3)
    assert all(len(of_seeds) == kept["seeds"] for of_seeds in kept["accuracy"]["one at a time"])


def test_the_label_check_is_a_table_of_labels_and_starts(kept):
    labels = kept["labels"]
    pairs = [f"{what}, {start} start" for what in ("true labels", "permuted labels", "not trained")
             for start in ("same", "other")]  # fmt: skip
    for name, of_measures in labels["similarity"].items():
        for measure, of_pairs in of_measures.items():
            assert list(of_pairs) == pairs
            if measure in labels["by start"][name]:
                for pair, of_starts in labels["by start"][name][measure].items():
                    assert len(of_starts) == kept["starts"]
                    assert sum(of_starts) / len(of_starts) == pytest.approx(of_pairs[pair][0], abs=2e-3)
    for what, of_splits in labels["accuracy"].items():
        assert all(len(each) == kept["starts"] for each in of_splits.values())
        if what != "not trained":
            assert min(of_splits["training"]) > 0.95  # learned by heart
    assert labels["similarity"]["edge detector"]["signed"]["permuted labels, other start"] == [1, 1, 1]
    found = labels["differences"]["gradient"]["signed"]["permuted − true labels, same start"][0]
    of_pairs = labels["similarity"]["gradient"]["signed"]
    expected = of_pairs["permuted labels, same start"][0] - of_pairs["true labels, same start"][0]
    assert found == pytest.approx(expected, abs=2e-3)


def test_untrained_networks_of_the_label_check_measured_again(kept, hands):
    network = new_network(SMALL, 0)
    small = F.avg_pool2d(hands.images[:2], 2)
    for name in ("gradient", "guided backprop"):
        maps = METHODS[name](network, small, hands.labels[:2]).sum(1, keepdim=True)
        found = kept["labels"]["first"]["on the hand"][name]
        assert found == pytest.approx(share_inside(maps, hands.hand[:2]).tolist(), abs=2e-3)


def test_which_labels_stay_right(kept):
    truth = load_hands("train").labels[: made.LESSONS]
    right = [(permute_labels(truth, start) == truth).float().mean().item() for start in range(kept["starts"])]
    assert kept["labels"]["right by chance"] == pytest.approx(right, abs=1e-3)


@pytest.mark.long
def test_a_training_here_ends_where_those_of_the_file_did(kept, hands):
    """Another machine trains other networks; but the one with wrong labels is as unlike the right one as they were."""
    split = load_hands("train")
    pictures, truth = F.avg_pool2d(split.images[: made.LESSONS], 2), split.labels[: made.LESSONS]
    right = taught(pictures, truth, 0, 0, **made.TAUGHT)
    wrong = taught(pictures, permute_labels(truth, 0), 0, made.OTHER_ORDER, **made.TAUGHT)
    assert accuracy(right, pictures, truth) == 1
    small, labels = F.avg_pool2d(hands.images[:40], 2), hands.labels[:40]
    kept = kept["labels"]["similarity"]
    for name in ("gradient", "guided backprop"):
        found = randomisation_curve(METHODS[name], right, [wrong], small, labels).mean().item()
        assert found == pytest.approx(kept[name]["signed"]["permuted labels, same start"][0], abs=0.2)


def test_the_command_runs_and_gives_the_same_file(kept, monkeypatch, tmp_path, capsys):
    """With a tiny network, few methods and a short training, so that it takes a moment."""
    tiny = RockPaperScissorsClassifier(96, width=1, hidden=(8, 8)).eval()
    monkeypatch.setattr(made, "load_network", lambda name: copy.deepcopy(tiny))
    few = {name: made.ALL[name] for name in ("gradient", "Grad-CAM", "idle map", "area")}
    monkeypatch.setattr(made, "ALL", few)
    monkeypatch.setattr(made, "TAUGHT", {"epochs": 1})
    monkeypatch.setattr(made, "LESSONS", 16)
    for module in (made, examples):
        monkeypatch.setattr(module, "SANITY", tmp_path / "sanity_results.json")
    monkeypatch.setattr("sys.argv", ["sanity_experiment", "--images", "3", "--seeds", "1", "--starts", "2"])
    made.main()
    assert "sanity_results.json" in capsys.readouterr().out
    again = load_sanity_results()
    assert again["how"].endswith("sanity_experiment --images 3 --seeds 1 --starts 2")

    def form(value, names):
        if isinstance(value, dict):
            return {name: form(each, names) for name, each in value.items() if name not in names}
        return None

    others = set(made.METHODS | made.NEVER_ASK) - set(few)
    assert form(again, others) == form(kept, others)
    monkeypatch.setattr(made, "SANITY", tmp_path / "once_more.json")
    monkeypatch.setattr(examples, "SANITY", tmp_path / "once_more.json")
    made.main()
    assert load_sanity_results() == again


def test_maps_of_noise_are_unlike_each_other_but_in_their_texture():
    """The floor is needed: what has no relation is 0 by rank correlation, and not by the others."""
    first, second = made.noise(2, torch.zeros(2, 3, 96, 96)), torch.randn(2, 1, 96, 96)
    found = made.similarities(made.features(first), made.features(second))
    assert found["signed"].abs().max() < 0.05 < found["HOG"].abs().max()
    assert as_drawn(first).amax() == 1


def test_without_the_file_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(examples, "SANITY", tmp_path / "sanity_results.json")
    with pytest.raises(FileNotFoundError, match="sanity_results.json is gone; .*sanity_experiment` measures it again"):
        load_sanity_results()
