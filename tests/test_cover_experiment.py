"""The experiment of lesson 08: what is kept can be obtained again, by the command and by plainer ways."""

import copy

import pytest
import torch

from utils import (
    RockPaperScissorsClassifier,
    interval,
    load_cover_results,
    load_hands,
    load_network,
    methods,
    share_inside,
    show_table,
)
from utils.classroom import cover_experiment as made
from utils.classroom import examples

SCISSORS = 2


@pytest.fixture(scope="module")
def kept():
    return load_cover_results()


@pytest.fixture(scope="module")
def first():
    """The network and the first image, with its hand, its fingers and its green."""
    hands, network = load_hands("test"), load_network("hands")
    i = (hands.labels == SCISSORS).nonzero()[:1, 0]
    image = hands.images[i]
    return network, image, hands.hand[i], hands.fingers[i], image[:, :, :8, :8].mean((2, 3), keepdim=True)


def score(network, images):
    with torch.no_grad():
        return network(images)[:, SCISSORS]


def test_it_holds_what_it_says(kept):
    labels = load_hands("test").labels
    assert kept["indices"] == (labels == SCISSORS).nonzero()[: kept["images"], 0].tolist() and kept["images"] == 30
    for part in ("occlusion", "extremal", "rise"):
        table = kept[part]
        assert set(table["controls"]) < set(table["rows"]) == set(table["values"])
        for row, columns in table["values"].items():
            assert set(columns) <= set(table["columns"])
            for column, values in columns.items():
                assert len(values) == 30 and torch.tensor(values).isfinite().all(), (row, column)
                assert table["rows"][row][column] == interval(torch.tensor(values)).tolist()
        show_table(table["rows"], controls=table["controls"], caption=part)
    assert set(kept["noise"]) == set(kept["rise"]["rows"]) - {"area"}


def test_occlusion_measured_again_window_by_window(kept, first):
    """The mean colour of the window, with loops."""
    network, image, hand, fingers, _ = first
    drops, total, times = [], torch.zeros(96, 96), torch.zeros(96, 96)
    for row in range(0, 81, 8):
        for column in range(0, 81, 8):
            covered, at = image.clone(), (slice(row, row + 16), slice(column, column + 16))
            covered[0][:, *at] = covered[0][:, *at].mean((1, 2), keepdim=True)
            drops.append((score(network, image) - score(network, covered)).item())
            total[at] += drops[-1]
            times[at] += 1
    values = {name: each[0] for name, each in kept["occlusion"]["values"]["mean of the window"].items()}
    assert len(drops) == 121
    assert values["sum of drops"] == pytest.approx(sum(drops), abs=0.01)
    assert values["largest drop"] == pytest.approx(max(drops), abs=0.001)
    assert values["smallest drop"] == pytest.approx(min(drops), abs=0.001)
    size, on = (total / times).abs(), hand[0, 0]
    assert values["on the hand"] == pytest.approx((size[on].sum() / size.sum()).item(), abs=0.001)
    assert values["size on the hand"] == pytest.approx(size[on].mean().item(), abs=0.001)
    assert values["size beside it"] == pytest.approx(size[~on].mean().item(), abs=0.001)
    assert values["sum, once"] == pytest.approx((total / times).sum().item() / 256, abs=0.001)
    positive = (total / times).clamp(min=0)
    assert values["positive, fingers"] == pytest.approx(
        (positive[fingers[0].any(0)].sum() / positive.sum()).item(), abs=0.001
    )


def test_its_maps_are_those_of_the_method(kept, first, monkeypatch):
    network, image, hand, _, _ = first
    fills = {
        "another place": image.roll((48, 48), (2, 3)),
        "painted in": lambda x, hidden: methods.inpaint(x, hidden, 5.0),
    }
    monkeypatch.setattr(made, "WINDOW", 48)
    monkeypatch.setattr(made, "STRIDE", 24)
    for name, fill in fills.items():
        maps = methods.sliding_occlusion(network, image, SCISSORS, fill=fill, window=48, stride=24)
        torch.testing.assert_close(made.map_of_drops(made.drops_of_windows(network, image, name), 96), maps)
    cover = score(network, fills["another place"]).item()
    assert kept["occlusion"]["values"]["another place"]["score of the cover"][0] == pytest.approx(cover, abs=1e-3)


def test_the_mean_over_windows_by_hand():
    """121 windows that drop by 0, 1, 2 …: the corner lies in one of them, its neighbours in two and four."""
    corner = made.map_of_drops(torch.arange(121.0)[None], 96)[0, 0, :24:8, :24:8]
    assert corner.tolist() == [[0, 0.5, 1.5], [5.5, 6, 7], [16.5, 17, 18]]


def test_masks_found_again(kept, first):
    """By the search of this experiment, which is that of the method, and what is kept of the score by hand."""
    network, image, hand, fingers, green = first
    mask = made.search(network, image, green)
    found = kept["extremal"]["values"]
    both = fingers[:, 1:3].any(1, keepdim=True)
    kept_score = score(network, image * mask + green * (1 - mask)).item()
    assert kept_score == pytest.approx(found["keep 10 %"]["kept"][0], abs=0.3)
    assert share_inside(mask, hand).item() == pytest.approx(found["keep 10 %"]["on the hand"][0], abs=0.03)
    sharp = mask > 0.5
    iou = (sharp & both).sum() / (sharp | both).sum()
    assert iou.item() == pytest.approx(found["keep 10 %"]["overlap"][0], abs=0.03)
    exact = found["exactly index + middle"]
    assert score(network, torch.where(both, image, green)).item() == pytest.approx(exact["kept"][0], abs=1e-3)
    assert score(network, torch.where(both, green, image)).item() == pytest.approx(exact["cut out"][0], abs=1e-3)
    assert exact["overlap"] == exact["on index + middle"] == [1.0] * 30


def test_the_search_is_that_of_the_method(first):
    network, image, _, _, green = first
    settings = {"fill": green, "n_steps": 4, "cells": 8, "sigma": 6.0, "area": 0.2}
    expected = methods.extremal_perturbation(network, image, SCISSORS, **settings)
    torch.testing.assert_close(made.search(network, image, **settings), expected)
    never = made.search(network, image, green, n_steps=4, cap=torch.tensor([-100.0]))
    expected = methods.extremal_perturbation(network, image, SCISSORS, fill=green, n_steps=4)
    assert score(network, image * never + green * (1 - never)) < score(
        network, image * expected + green * (1 - expected)
    )


def test_its_masks_with_holes_are_those_of_the_method(kept, first):
    network, image, hand, _, green = first
    maps = methods.rise(network, image, SCISSORS, fill=green, n_masks=400, minus_hidden=True)
    values = {name: each[0] for name, each in kept["rise"]["values"]["green, seen − hidden"].items()}
    assert share_inside(maps, hand).item() == pytest.approx(values["on the hand"], abs=1e-3)
    assert maps.max().item() == pytest.approx(values["largest"], abs=2e-3)
    assert maps.min().item() == pytest.approx(values["smallest"], abs=2e-3)


def test_the_noise_of_what_has_a_known_noise():
    """Scores by chance, hard masks, p = ½: by coverage a variance of σ²/pN, half of it the same at all places."""
    generator = torch.Generator().manual_seed(0)
    found = []
    for _ in range(40):
        masks = (torch.rand(400, 1, 20, 20, generator=generator) < 0.5).float()
        scores = 3 * torch.randn(400, generator=generator)
        found.append(made.noise_of(methods.rise_map, scores, masks) ** 2)
    one_mask = 9 / torch.tensor(made.BLOCKS)
    torch.testing.assert_close(
        torch.stack(found).mean(0)[:, 1:], torch.stack([2 * one_mask, one_mask])[:, 1:], rtol=0.15, atol=0
    )


def test_the_command_runs_and_gives_all_rows(kept, monkeypatch, tmp_path, capsys):
    """With a tiny network, large windows, few masks and no search, so that it takes a moment."""
    tiny = RockPaperScissorsClassifier(96, width=1, hidden=(8, 8)).eval()
    monkeypatch.setattr(made, "load_network", lambda name: tiny)
    monkeypatch.setattr(made, "untrained_network", lambda seed: copy.deepcopy(tiny))
    for module in (made, examples):
        monkeypatch.setattr(module, "COVER", tmp_path / "cover_results.json")
    for name, value in {"WINDOW": 48, "STRIDE": 24, "N_MASKS": 16, "BLOCKS": (2, 4, 8), "N_REGIONS": 2}.items():
        monkeypatch.setattr(made, name, value)
    monkeypatch.setattr(made, "HALVES", (slice(8), slice(8, 16)))

    def no_search(*_, area=0.1, **__):
        return made.random_regions(2, 96, area)

    monkeypatch.setattr(made, "search", no_search)
    monkeypatch.setattr(made, "extremal_perturbation", no_search)
    monkeypatch.setattr("sys.argv", ["cover_experiment", "--images", "2"])
    made.main()
    again = load_cover_results()
    assert "occlusion" in capsys.readouterr().out
    assert again["how"].endswith("--images 2") and again["indices"] == kept["indices"][:2]
    for part in ("occlusion", "extremal", "rise"):
        rows, expected = ([row.replace(" of 2", " of 16") for row in each[part]["rows"]] for each in (again, kept))
        assert rows == expected and again[part]["columns"] == kept[part]["columns"]
        areas = {column: values[:2] for column, values in kept[part]["values"]["area"].items()}
        assert again[part]["values"]["area"] == areas  # the only rows that ask no network


def test_without_the_file_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(examples, "COVER", tmp_path / "cover_results.json")
    with pytest.raises(FileNotFoundError, match="cover_results.json is gone; .*cover_experiment` measures it again"):
        load_cover_results()
