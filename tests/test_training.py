"""Training: it learns, the same each time, disturbs nobody else's random numbers, and never leaves half a file."""

import pytest
import torch
from torch import nn

from utils.rps import RockPaperScissorsClassifier
from utils.rps.files import replacing
from utils.rps.training import accuracy, augment, blur_some, confusion_matrix, predict, train, turn_and_shift


def tiny_network():
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return RockPaperScissorsClassifier(image_size=16, width=4, hidden=(16, 16))


@pytest.fixture
def tiny_data():
    """48 noisy pictures, the class of each its brightest channel."""
    labels = torch.arange(48) % 3
    images = 0.3 * torch.rand(48, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    images[torch.arange(48), labels] += 0.7
    return images, labels


def trained(data, **options):
    network = tiny_network()
    return train(network, *data, epochs=16, batch_size=8, learning_rate=2e-3, **options), network


def test_the_loss_falls_and_the_classes_are_learned(tiny_data):
    losses, network = trained(tiny_data)
    assert len(losses) == 16 and losses[-1] < 0.5 * losses[0]
    assert accuracy(network, *tiny_data) > 0.9
    assert not network.training


def test_the_same_seed_gives_the_same_weights(tiny_data):
    first, again, other = (
        list(trained(tiny_data, augmentation=augment, seed=seed)[1].parameters()) for seed in (5, 5, 6)
    )
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, other))


def test_nobody_elses_random_numbers_and_pictures_are_touched(tiny_data):
    state, images = torch.get_rng_state(), tiny_data[0].clone()
    trained(tiny_data, augmentation=augment)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(images, tiny_data[0])


def test_augmented_pictures_are_other_pictures(tiny_data):
    images, _ = tiny_data
    changed = augment(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape and changed.min() >= 0 and changed.max() <= 1
    assert ((changed - images).abs().mean((1, 2, 3)) > 0.01).all()
    assert torch.equal(changed, augment(images, torch.Generator().manual_seed(0)))


def test_a_turn_is_a_turn_of_the_3_to_2_picture():
    """A disc of the 3:2 picture, an upright ellipse once squashed, is the same after any turn."""
    v, u = torch.meshgrid(torch.linspace(-1, 1, 96), torch.linspace(-1, 1, 96), indexing="ij")
    disc = (((1.5 * u) ** 2 + v**2) < 0.6**2).float().expand(8, 3, 96, 96)

    def turn(images):
        return turn_and_shift(images, torch.Generator().manual_seed(0), degrees=80, shift=0.0, zoom=0.0)

    assert (turn(disc) - disc).abs().mean() < 0.005
    bar = ((u.abs() < 0.5) & (v.abs() < 0.1)).float().expand(8, 3, 96, 96)
    assert (turn(bar) - bar).abs().mean() > 0.05


def test_hands_keep_coming_from_the_right():
    ramp = torch.linspace(0, 1, 32).expand(64, 3, 32, 32)
    turned = turn_and_shift(ramp, torch.Generator().manual_seed(0))
    assert (turned[..., -4:].mean((1, 2, 3)) > turned[..., :4].mean((1, 2, 3))).all()


def test_blur_leaves_the_mean_of_a_picture():
    images = torch.rand(6, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    blurred = blur_some(images, torch.Generator().manual_seed(1))
    torch.testing.assert_close(blurred.mean((2, 3)), images.mean((2, 3)), atol=0.02, rtol=0)
    assert (blurred.var((1, 2, 3)) <= images.var((1, 2, 3)) + 1e-6).all()


class Oracle(nn.Module):
    """Scores the class that is written into the first pixel."""

    def forward(self, images):
        return nn.functional.one_hot(images[:, 0, 0, 0].long(), 3).float()


def test_accuracy_and_confusion_by_hand():
    labels, predicted = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 0, 2, 1, 0, 2])
    images = predicted.float()[:, None, None, None].expand(6, 3, 2, 2)
    assert predict(Oracle(), images, batch_size=4).tolist() == predicted.tolist()
    assert accuracy(Oracle(), images, labels) == pytest.approx(4 / 6)
    assert confusion_matrix(Oracle(), images, labels).tolist() == [[2, 0, 1], [1, 1, 0], [0, 0, 1]]


def test_writing_replaces_the_file(tmp_path):
    file = tmp_path / "weights"
    file.write_text("old")
    with replacing(file) as beside:
        beside.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new" and list(tmp_path.iterdir()) == [file]


def test_interrupted_writing_leaves_the_old_file(tmp_path):
    file = tmp_path / "weights"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(file) as beside:
        beside.write_text("ne")
        raise KeyboardInterrupt
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]
