"""The table of all coalitions: what is kept can be obtained again, by the command and by a plainer way."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from utils import CLASSES, load_coalitions, load_hands, load_network
from utils.classroom import coalitions as made
from utils.classroom import examples
from utils.methods import paired_coalitions, random_orders

ROUNDING = 1.1e-3  # half a unit, and what another processor may do to the last digit


@pytest.fixture(scope="module")
def kept():
    return load_coalitions()


@pytest.fixture(scope="module")
def hands():
    return load_hands("test")


def test_it_holds_what_it_says(kept, hands):
    assert kept.players == ("thumb", "index", "middle", "ring", "little", "palm", "background")
    assert kept.fills == ("green", "painted in", "grey")
    assert kept.scores.shape == (3, 120, 128, 3) and kept.untrained.shape == (2, 20, 128, 3)
    assert kept.scores.dtype == kept.untrained.dtype == torch.float64
    assert torch.equal(kept.labels, hands.labels[kept.indices]) and kept.labels.bincount().tolist() == [40, 40, 40]
    for label in range(3):
        first = (hands.labels == label).nonzero()[:40, 0]
        assert torch.equal(kept.indices[kept.labels == label], first)
    assert kept.cell_methods == ("LIME", "KernelSHAP, one by one", "KernelSHAP in pairs", "orders and reverses")
    assert kept.cells.shape == (4, 20, 2, 36) and kept.cells.dtype == torch.float64
    assert examples.COALITIONS.stat().st_size <= 400_000


def test_a_corner_measured_again_pixel_by_pixel(kept, hands):
    """One image of each class: nobody, everybody, index and middle, all but these two, the background; each fill."""
    network = load_network("hands")
    for row in (0, 41, 82):
        place = kept.indices[row]
        image, hand, fingers = (each[place].numpy() for each in (hands.images, hands.hand, hands.fingers))
        owner = np.full((96, 96), 6)
        owner[hand[0]] = 5
        for i in range(5):
            owner[fingers[i]] = i
        for fill, name in enumerate(kept.fills):
            if name == "painted in":
                cover = made.inpaint(hands.images[place][None], hands.hand[place][None], 8.0)[0].numpy()
            else:
                colour = image[:, :8, :8].reshape(3, -1).mean(1) if name == "green" else np.full(3, 0.5)
                cover = np.broadcast_to(colour[:, None, None], image.shape)
            shown = []
            for coalition in (rows := [0, 127, 6, 121, 64]):
                present = np.array([coalition >> i & 1 for i in range(7)], dtype=bool)
                shown.append(np.where(present[owner], image, cover).astype(np.float32))
            with torch.no_grad():
                scores = network(torch.from_numpy(np.stack(shown))).double()
            torch.testing.assert_close(kept.scores[fill, row, rows], scores, rtol=0, atol=ROUNDING)


def test_the_command_gives_the_same_table(kept, monkeypatch, tmp_path, capsys):
    for module in (made, examples):
        monkeypatch.setattr(module, "COALITIONS", tmp_path / "coalitions.npz")
    monkeypatch.setattr(made, "FILLS", ("painted in",))  # half as many pictures as the others
    monkeypatch.setattr(made, "SEEDS", (0,))
    for name, value in {"CELL": 48, "RUNS": 16, "CELL_SEEDS": (0,)}.items():  # four cells
        monkeypatch.setattr(made, name, value)
    monkeypatch.setattr("sys.argv", ["coalitions", "--images", "1"])
    made.main()
    assert "scores (1, 3, 128, 3) untrained (1, 1, 128, 3)" in capsys.readouterr().out
    again, of_each = load_coalitions(), [0, 40, 80]
    assert torch.equal(again.indices, kept.indices[of_each])
    torch.testing.assert_close(again.scores[0], kept.scores[1, of_each], rtol=0, atol=ROUNDING)
    torch.testing.assert_close(again.untrained[0], kept.untrained[0, :1], rtol=0, atol=5e-7)
    assert again.cell_methods == kept.cell_methods and again.cells.shape == (4, 1, 1, 4)
    rise = kept.games("green", "scissors")[0, [0, 127]].diff()
    torch.testing.assert_close(again.cells[1:, 0, 0].sum(1), rise.expand(3), rtol=0, atol=0.005)


def test_the_shares_of_the_cells_measured_again(kept, hands):
    """Of one image and seed: LIME by scikit-learn, KernelSHAP by Lagrange's equations, orders one arrival at a time."""
    network, image = load_network("hands"), hands.images[kept.indices[80]].numpy()
    colour = image[:, :8, :8].reshape(3, -1).mean(1)[:, None, None]

    def scores(rows):
        shown = [np.kron(row.reshape(6, 6), np.ones((16, 16))) for row in np.asarray(rows, dtype=float)]
        pictures = torch.from_numpy(np.stack([np.where(each, image, colour) for each in shown]).astype(np.float32))
        with torch.no_grad():
            return torch.cat([network(part)[:, 2] for part in pictures.split(16)]).double().numpy()

    of_image = kept.cells[:, 0, 0].numpy()
    tossed = (torch.rand(144, 36, generator=torch.Generator().manual_seed(0)) < 0.5).numpy()
    tossed[0] = True
    weights = np.exp(-((1 - np.sqrt(tossed.mean(1))) ** 2) / (2 * 0.25**2))
    line = Ridge(alpha=1.0).fit(tossed, scores(tossed), sample_weight=weights)
    assert line.coef_ == pytest.approx(of_image[0], abs=0.002)

    none, every = scores(np.array([[False] * 36, [True] * 36]))
    pairs = paired_coalitions(36, 144, 0).double().numpy()
    left = np.block([[pairs.T @ pairs, np.ones((36, 1))], [np.ones((1, 36)), np.zeros((1, 1))]])
    solved = np.linalg.solve(left, np.append(pairs.T @ (scores(pairs) - none), every - none))
    assert solved[:36] == pytest.approx(of_image[2], abs=0.01)

    shares = np.zeros(36)
    for order in random_orders(36, 4, 0).tolist():
        here = scores([np.isin(np.arange(36), order[:arrived]) for arrived in range(37)])
        for arrived, player in enumerate(order):
            shares[player] += (here[arrived + 1] - here[arrived]) / 4
    assert shares == pytest.approx(of_image[3], abs=0.002)


def test_all_but_lime_share_out_the_whole_rise(kept):
    games = kept.games("green", "scissors")[:20]
    rises = (games[:, 127] - games[:, 0])[None, :, None].expand(3, 20, 2)
    torch.testing.assert_close(kept.cells[1:].sum(3), rises, rtol=0, atol=0.02)  # 36 roundings


def test_who_changes_no_pixel_changes_no_score(kept, hands):
    """The background where it is the fill, and a finger that cannot be seen: exactly, not nearly."""
    with_it = torch.arange(128) | 64
    painted = kept.scores[kept.fills.index("painted in")]
    assert torch.equal(painted, painted[:, with_it])
    for row in range(120):
        for finger in (~hands.fingers[kept.indices[row]].flatten(1).any(1)).nonzero()[:, 0].tolist():
            with_it = torch.arange(128) | 2**finger
            assert torch.equal(kept.scores[:, row], kept.scores[:, row, with_it])
    assert not hands.fingers[kept.indices[80], 0].any()  # such as the thumb of the lessons' scissors


def test_everybody_is_the_image_whatever_the_fill(kept):
    assert (kept.scores[:, :, 127] - kept.scores[0, :, 127]).abs().max() <= 0.001001


def test_games_are_those_of_the_class_and_fill(kept):
    games = kept.games("grey", "paper")
    assert games.shape == (40, 128) and games.dtype == torch.float64
    assert torch.equal(games, kept.scores[2, 40:80, :, 1])
    assert torch.equal(kept.games("green", "rock", score="scissors"), kept.scores[0, :40, :, 2])


@pytest.mark.parametrize(
    "asked, says",
    [
        (("black", "rock"), "fill: expected one of 'green', 'painted in', 'grey', got 'black'"),
        (("green", "well"), "hands: expected one of 'rock', 'paper', 'scissors', got 'well'"),
        (("green", "rock", 2), "score: expected one of 'rock', 'paper', 'scissors', got 2"),
    ],
)
def test_another_game_is_refused(kept, asked, says):
    with pytest.raises(ValueError, match=says):
        kept.games(*asked)


def test_without_the_file_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(examples, "COALITIONS", tmp_path / "coalitions.npz")
    with pytest.raises(FileNotFoundError, match="coalitions.npz is gone; `python -m utils.classroom.coalitions`"):
        load_coalitions()


def test_an_untrained_network_is_what_pytorch_draws_from_the_seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        plain = made.RockPaperScissorsClassifier(**load_network("hands").architecture)
    before = torch.get_rng_state()
    made_here = made.untrained_network(1)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), made_here.parameters(), strict=True))
    assert not made_here.training and CLASSES[2] == "scissors"
