"""The table of all coalitions: what is kept can be obtained again, by the command and by a plainer way."""

import numpy as np
import pytest
import torch

from utils import CLASSES, load_coalitions, load_hands, load_network
from utils.classroom import coalitions as made
from utils.classroom import examples

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
    monkeypatch.setattr("sys.argv", ["coalitions", "--images", "1"])
    made.main()
    assert "scores (1, 3, 128, 3) untrained (1, 1, 128, 3)" in capsys.readouterr().out
    again, of_each = load_coalitions(), [0, 40, 80]
    assert torch.equal(again.indices, kept.indices[of_each])
    torch.testing.assert_close(again.scores[0], kept.scores[1, of_each], rtol=0, atol=ROUNDING)
    torch.testing.assert_close(again.untrained[0], kept.untrained[0, :1], rtol=0, atol=5e-7)


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
