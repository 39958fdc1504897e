"""The results of the metrics: what is kept can be obtained again, by the command and by the library's functions."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils import RockPaperScissorsClassifier, evaluation, load_hands, load_metric_results, load_network
from utils.classroom import examples
from utils.classroom import metric_experiment as made
from utils.classroom.results import untrained
from utils.methods import blur
from utils.rps.training import accuracy

CONTESTANTS = ("gradient", "LRP ε, γ", "truth: fingers")


@pytest.fixture(scope="module")
def kept():
    return load_metric_results()


@pytest.fixture(scope="module")
def first():
    """The first two images: network, images, labels, maps of CONTESTANTS, fingers, hand."""
    hands, network = load_hands("test"), load_network("hands")
    images, labels, fingers = hands.images[:2], hands.labels[:2], hands.fingers[:2].any(1, keepdim=True)
    maps = {name: made.QUICK_METHODS[name](network, images, labels).sum(1) for name in CONTESTANTS[:2]}
    return network, images, labels, maps | {CONTESTANTS[2]: fingers[:, 0].float()}, fingers, hands.hand[:2]


class FilledIn(nn.Module):
    """The network on images whose black pixels show a colour: the metrics of the library blacken."""

    def __init__(self, network, colour):
        super().__init__()
        self.network, self.colour = network, colour

    def forward(self, images):
        return self.network(torch.where((images == 0).all(1, keepdim=True), self.colour, images))


def test_it_holds_what_it_says(kept):
    n = len(kept.labels)
    assert n == 219 and torch.equal(kept.indices, torch.arange(n))
    assert torch.equal(kept.labels, load_hands("test").labels[:n])
    assert kept.scores.shape == (len(kept.contestants), len(kept.metrics), n) and len(kept.metrics) == 17
    methods = [name for name in kept.contestants if name not in kept.controls]
    assert len(methods) >= 14 and len(kept.controls) == 6 and kept.contestants[len(methods) :] == kept.controls
    assert kept.metrics == made.METRICS
    less = {name for name, better in kept.better.items() if better is min}
    assert less == {
        name for name in kept.metrics if name.split(",")[0] in ("deletion", "infidelity", "max-sensitivity")
    }
    assert all(curve.shape == (len(kept.contestants), 21) for curve in kept.curves.values()) and len(kept.curves) == 6
    assert examples.METRICS.stat().st_size <= 400_000


def test_only_max_sensitivity_is_not_always_measured(kept):
    for metric in kept.metrics:
        missing = kept.of(metric).isnan()
        if metric == "max-sensitivity":
            assert missing[:, made.STEADY :].all() and not missing[0, : made.STEADY].all()
        else:  # a Grad-CAM that is zero everywhere has no share
            assert not missing[[name != "Grad-CAM" and name != "guided Grad-CAM" for name in kept.contestants]].any()


def test_one_is_a_row_and_all_are_a_table(kept):
    table = kept.of("share, hand")
    assert table.shape == (len(kept.contestants), len(kept.labels))
    assert torch.equal(table[1], kept.of("share, hand", "gradient"))
    assert torch.equal(kept.of("share, hand", ["gradient", "centre"])[0], table[1])
    for asked, says in {
        ("deletion", None): "metric: expected one of",
        ("share, hand", "sobel"): "contestant: exp",
    }.items():
        with pytest.raises(ValueError, match=says):
            kept.of(*asked)


@pytest.mark.parametrize("name", CONTESTANTS)
def test_shares_and_points_measured_again(kept, first, name):
    _, _, _, maps, fingers, hand = first
    expected = {
        "pointing, fingers": evaluation.pointing_game(maps[name], fingers, made.MARGIN),
        "share, fingers": evaluation.share_inside(maps[name][:, None], fingers),
        "share, hand": evaluation.share_inside(maps[name][:, None], hand),
        "top tenth, fingers": evaluation.top_inside(maps[name], fingers, 0.1),
    }
    for metric, values in expected.items():
        torch.testing.assert_close(kept.of(metric, name)[:2], values.double(), rtol=0, atol=2e-3)


@pytest.mark.parametrize("curve, name", [("deletion, mean", "gradient"), ("insertion, black", "LRP ε, γ"),
                                         ("deletion, blur", "truth: fingers")])  # fmt: skip
def test_curves_measured_again(kept, first, curve, name):
    network, images, labels, maps, _, _ = first
    fill = {
        "mean": images.mean((2, 3), keepdim=True).expand_as(images),
        "black": torch.zeros_like(images),
        "blur": blur(images, 8.0),
    }[curve.split(", ")[1]]
    ends = (images, fill) if curve.startswith("deletion") else (fill, images)
    expected = evaluation.area_under(evaluation.score_curve(network, *ends, maps[name], labels, 20))
    torch.testing.assert_close(kept.of(curve, name)[:2], expected.double(), rtol=0, atol=0.01)


@pytest.mark.parametrize("fill", ["black", "mean"])
def test_sums_and_falls_measured_again(kept, first, fill):
    network, images, labels, maps, _, _ = first
    subsets = evaluation.random_subsets((96, 96), 92, made.SUBSETS)
    squares = evaluation.random_squares((96, 96), made.SQUARE, made.SQUARES)
    for row in (0, 1):
        image, label, colour = images[[row]], labels[[row]], images[row].mean((1, 2))[None, :, None, None]
        model = network if fill == "black" else FilledIn(network, colour)
        expected = evaluation.sensitivity_n(model, image, maps["gradient"][[row]], label, subsets).item()
        assert kept.of(f"sensitivity-92, {fill}", "gradient")[row].item() == pytest.approx(expected, abs=5e-3)
        expected = evaluation.infidelity(model, image, maps["LRP ε, γ"][[row]], label, squares).item()
        assert kept.of(f"infidelity, {fill}", "LRP ε, γ")[row].item() == pytest.approx(expected, abs=5e-3)


def test_max_sensitivity_measured_again(kept, first):
    network, images, labels, _, _, _ = first

    def summed(model, images, target):
        return made.QUICK_METHODS["gradient"](model, images, target).sum(1)

    expected = evaluation.max_sensitivity(summed, network, images, labels, radius=made.RADIUS, n_samples=made.SAMPLES)
    torch.testing.assert_close(kept.of("max-sensitivity", "gradient")[:2], expected.double(), rtol=0, atol=3e-3)


def test_all_at_once_is_what_the_library_gives_image_by_image():
    """Each metric on a tiny network, with maps that have ties or are the same everywhere."""
    network = untrained(load_network("hands"), 0)
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.rand(3, 3, 96, 96, generator=generator), torch.tensor([0, 1, 2])
    noise = torch.randn(2, 96, 96, generator=generator)
    maps = torch.stack([noise[0], noise[1].clamp(min=0), torch.ones(96, 96)])
    fills = made.fills_of(images)
    for name, curve in made.curves_of(network, images, labels, fills, maps).items():
        way, fill = name.split(", ")
        ends = (images, fills[fill]) if way == "deletion" else (fills[fill], images)
        torch.testing.assert_close(curve, evaluation.score_curve(network, *ends, maps, labels, made.STEPS))
    subsets, squares = evaluation.random_subsets((96, 96), 50, 8), evaluation.random_squares((96, 96), 9, 8)
    black = fills["black"]
    falls = made.falls_of(network, images, labels, black, subsets)
    found = made.pearson(made.sums_of(maps[:, None], subsets), falls)
    expected = evaluation.sensitivity_n(network, images, maps, labels, subsets)
    torch.testing.assert_close(found.float(), expected, rtol=0, atol=1e-3)
    assert found[2] == 0
    found = made.unforetold(
        made.sums_of(maps[:, None], squares), made.falls_of(network, images, labels, black, squares)
    )
    expected = evaluation.infidelity(network, images, maps, labels, squares)
    torch.testing.assert_close(found.float(), expected, rtol=0, atol=1e-3)


def test_a_moved_image_is_within_the_range_that_the_rules_are_told(first):
    network, images, labels, _, _, _ = first
    for name, method in made.OF_MOVED.items():
        method(network, images + made.RADIUS, labels), method(network, images - made.RADIUS, labels)
        with pytest.raises(ValueError, match="low and high must enclose"):
            made.QUICK_METHODS[name](network, images - made.RADIUS, labels)


def test_the_mean_curves_are_those_of_the_areas(kept):
    for metric, curves in kept.curves.items():
        of_curves = evaluation.area_under(curves)
        torch.testing.assert_close(of_curves, kept.of(metric).mean(1), rtol=0, atol=2e-3)
        at_ends = curves[:, [0, -1]]
        assert (at_ends == at_ends[0]).all()  # nothing is gone, and all of it


def test_truth_is_what_it_is_called(kept):
    assert (kept.of("share, fingers", "truth: fingers") == 1).all()
    assert (kept.of("share, hand", "truth: hand") == 1).all()
    assert (kept.of("pointing, fingers", "truth: fingers") == 1).all()


def test_roar_is_a_table_of_removers_and_seeds(kept):
    roar = kept.roar
    seeds = len(roar["base"])
    assert seeds >= 5 and roar["removers"] == [*made.REMOVERS, made.TRUTH] and len(roar["removers"]) >= 5
    for name in made.RETRAINED:
        assert list(roar[name]) == roar["removers"]
        assert all(len(each) == seeds and 0 <= min(each) <= max(each) <= 1 for each in roar[name].values())
    assert set(roar["methods"] + roar["truth"]) < set(roar["removers"])
    trainings = seeds * (1 + 2 * len(roar["removers"]))
    assert roar["gradients"]["a training"] == 200 * 16
    assert roar["gradients"]["all of these trainings"] == 200 * 16 * trainings
    assert roar["gradients"]["a full table"] == 90 * 1531 * 14
    assert roar["chance"] == pytest.approx(load_hands("test").labels.bincount().max().item() / 219, abs=1e-4)


def test_the_first_half_is_that_of_replace_top():
    images, maps = torch.rand(2, 3, 48, 48), torch.randn(2, 2, 48, 48).clamp(min=0)
    gone = made.first_half(maps)
    assert gone.float().mean() == 0.5
    expected = evaluation.replace_top(images, maps.sum(1), 0.5, 0.3)
    assert torch.equal(torch.where(gone, torch.tensor(0.3), images), expected)


@pytest.mark.long
def test_a_training_here_ends_where_those_of_the_file_did(kept):
    """Another machine trains other networks; but the one that sees only holes finds in them what it found there."""
    splits = {name: load_hands(name) for name in ("train", "test")}
    fingers = {name: splits[name].fingers.any(1, keepdim=True).float() for name in splits}
    shapes = {
        name: made.first_half(F.avg_pool2d(each, 2)).float().expand(-1, 3, -1, -1) for name, each in fingers.items()
    }
    labels = splits["train"].labels[: made.LESSONS]
    network = made.taught(shapes["train"][: made.LESSONS], labels, 0, 0, **made.TAUGHT)
    found = accuracy(network, shapes["test"], splits["test"].labels)
    of_seeds = kept.roar["shape alone"][made.TRUTH]
    assert found == pytest.approx(sum(of_seeds) / len(of_seeds), abs=0.15)


def test_the_command_runs_and_gives_the_same_file(kept, monkeypatch, tmp_path, capsys):
    """With a tiny network, few methods and a short training, so that it takes a moment."""
    tiny = RockPaperScissorsClassifier(96, width=1, hidden=(8, 8)).eval()
    monkeypatch.setattr(made, "load_network", lambda name: copy.deepcopy(tiny))
    monkeypatch.setattr(made, "QUICK_METHODS", {"gradient": made.QUICK_METHODS["gradient"]})
    monkeypatch.setattr(made, "PART_2", {"sliding occlusion": made.PART_2["sliding occlusion"]})
    monkeypatch.setattr(made, "OF_MOVED", {})
    monkeypatch.setattr(made, "TAUGHT", {"epochs": 1})
    monkeypatch.setattr(made, "LESSONS", 16)
    monkeypatch.setattr(made, "REMOVERS", {"random order": made.REMOVERS["random order"]})
    monkeypatch.setattr(made, "SUBSETS", 4), monkeypatch.setattr(made, "SQUARES", 4)
    for module, name in ((made, "FILE"), (examples, "METRICS")):
        monkeypatch.setattr(module, name, tmp_path / "metric_results.npz")
    monkeypatch.setattr("sys.argv", ["metric_experiment", "--images", "2", "--seeds", "1"])
    made.main()
    assert "scores (8, 17, 2)" in capsys.readouterr().out
    again = load_metric_results()
    assert again.how.endswith("metric_experiment --images 2 --seeds 1")
    assert again.contestants == ("gradient", "sliding occlusion", *kept.controls) and again.metrics == kept.metrics
    assert again.roar.keys() == kept.roar.keys()
    for metric in ("share, fingers", "share, hand", "pointing, fingers", "top tenth, fingers"):  # they ask no network
        for name in ("random order", "edge detector", "centre", "truth: fingers", "truth: hand"):
            torch.testing.assert_close(again.of(metric, name), kept.of(metric, name)[:2], rtol=0, atol=2e-3)


def test_without_the_file_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(examples, "METRICS", tmp_path / "metric_results.npz")
    with pytest.raises(FileNotFoundError, match="metric_results.npz is gone; .*metric_experiment` measures it again"):
        load_metric_results()
