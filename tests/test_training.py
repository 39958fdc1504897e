"""Training: it learns, the same each time, disturbs nobody else's random numbers, and never leaves half a file."""

import re
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from utils.rps import RockPaperScissorsClassifier, load_network, training
from utils.rps.files import replacing
from utils.rps.training import (
    accuracy,
    augment,
    blur_some,
    confusion_matrix,
    predict,
    train,
    train_network,
    turn_and_shift,
)


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


# --- interrupted, and gone on with ------------------------------------------------------------------------------------


def stopping(at=None):
    """`augment` that counts its batches; someone presses ctrl-c at batch number `at`, counted from 0."""

    def augment(images, generator):
        if augment.batches == at:
            raise KeyboardInterrupt
        augment.batches += 1
        return training.blur_some(images, generator)

    augment.batches = 0
    return augment


def six_batches_an_epoch(data, augmentation, checkpoint=None, **options):
    network = tiny_network()
    options = {"epochs": 4, "batch_size": 8, "learning_rate": 2e-3, "seed": 5} | options
    return train(network, *data, augmentation=augmentation, checkpoint=checkpoint, **options), network


@pytest.mark.parametrize(
    "stops, left",
    [
        ([6 + 2], 3),  # in the 2nd of 4 epochs: the 1st is kept
        ([2 * 6], 2),  # before the first batch of the 3rd
        ([2 * 6 + 5], 2),
        ([3], 4),  # in the 1st: nothing is kept
        ([6 + 2, 6 + 1], 2),  # twice, an epoch further each time
        ([None], 0),  # at the very end, before the caller has removed the file
    ],
)
def test_an_interrupted_training_ends_with_the_same_weights(stops, left, tiny_data, tmp_path):
    losses, expected = six_batches_an_epoch(tiny_data, stopping())
    state, checkpoint = torch.get_rng_state(), tmp_path / "tiny.checkpoint"
    for stop in stops:
        if stop is None:
            six_batches_an_epoch(tiny_data, stopping(), checkpoint)
        else:
            with pytest.raises(KeyboardInterrupt):
                six_batches_an_epoch(tiny_data, stopping(stop), str(checkpoint))
        assert list(tmp_path.iterdir()) in ([], [checkpoint])
    going_on = stopping()
    again, network = six_batches_an_epoch(tiny_data, going_on, checkpoint)
    assert going_on.batches == 6 * left
    assert again == losses and not network.training
    assert all(map(torch.equal, network.parameters(), expected.parameters()))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    "options, message",
    [
        ({"epochs": 5}, "epochs 4, now 5"),
        ({"batch_size": 16}, "batch_size 8, now 16"),
        ({"learning_rate": 1e-3}, "learning_rate 0.002, now 0.001"),
        ({"seed": 6}, "seed 5, now 6"),
        ({"augmentation": None}, "augmentation augment, now None"),
        ({"data": 45}, "images 48, now 45"),
        ({"seed": 6, "epochs": 5}, "epochs 4, now 5, seed 5, now 6"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(options, message, tiny_data, tmp_path):
    checkpoint = tmp_path / "tiny.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        six_batches_an_epoch(tiny_data, stopping(7), checkpoint)
    before = checkpoint.read_bytes()
    data = tuple(part[: options.pop("data", 48)] for part in tiny_data)
    with pytest.raises(ValueError) as caught:
        six_batches_an_epoch(data, **{"augmentation": stopping(), "checkpoint": checkpoint} | options)
    assert str(caught.value) == f"checkpoint: {checkpoint} is of another training ({message}). Delete it to begin anew"
    assert checkpoint.read_bytes() == before


def test_the_checkpoint_of_another_network_is_refused(tiny_data, tmp_path):
    checkpoint = tmp_path / "tiny.checkpoint"
    six_batches_an_epoch(tiny_data, None, checkpoint, epochs=1)
    other = RockPaperScissorsClassifier(image_size=16, width=2, hidden=(16, 16))
    counts = [sum(p.numel() for p in network.parameters()) for network in (tiny_network(), other)]
    with pytest.raises(ValueError, match=f"is of another training .parameters {counts[0]}, now {counts[1]}"):
        train(other, *tiny_data, epochs=1, batch_size=8, learning_rate=2e-3, seed=5, checkpoint=checkpoint)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-1000]),
        lambda file: file.write_bytes(file.read_bytes()[:100]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_text("no checkpoint"),
        lambda file: torch.save([1, 2], file),
        lambda file: torch.save({"losses": []}, file),
        lambda file: torch.save({"run": SimpleNamespace()}, file),  # a file that wants code to be run
    ],
    ids=["end", "most", "empty", "text", "list", "no run", "code"],
)
def test_a_damaged_checkpoint_says_what_to_do(damage, tiny_data, tmp_path):
    checkpoint = tmp_path / "tiny.checkpoint"
    six_batches_an_epoch(tiny_data, None, checkpoint, epochs=1)
    damage(checkpoint)
    with pytest.raises(
        ValueError,
        match=r"^checkpoint: .*tiny.checkpoint cannot be read \(\w+\). "
        "Delete it to begin anew$",
    ):
        six_batches_an_epoch(tiny_data, None, checkpoint, epochs=1)


# --- make weights -----------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Everything of train_network tiny, and its weights in tmp_path. What it asked for is in .loaded and .trained."""
    asked = SimpleNamespace(loaded=[], trained=[])
    counts = {"train": 33, "validation": 9, "test": 6}

    def some(split, size):
        labels = torch.arange(counts[split]) % 3
        images = 0.3 * torch.rand(len(labels), 3, size, size, generator=torch.Generator().manual_seed(0))
        images[torch.arange(len(labels)), labels] += 0.7
        return SimpleNamespace(images=images, labels=labels)

    def load_hands(split):
        asked.loaded.append(("hands", split))
        return some(split, 16)

    def load_photos(path, split, *, image_size):
        asked.loaded.append((path, split))
        return some(split, image_size)

    def train(network, images, labels, **options):
        asked.trained.append((len(labels), options))
        return plain_train(network, images, labels, **options)

    plain_train = training.train
    for name, value in {"SMALL": {"image_size": 16, "width": 2, "hidden": (4, 4)}, "load_hands": load_hands,
                        "FULL": {"image_size": 24, "width": 3, "hidden": (5, 4)}, "load_photos": load_photos,
                        "train": train}.items():  # fmt: skip
        monkeypatch.setattr(training, name, value)
    monkeypatch.setattr("utils.rps.network.WEIGHTS", tmp_path)
    return asked


@pytest.mark.parametrize(
    "network, data, name, size, width",
    [
        ("small", "hands", "hands", 16, 2),
        ("small", "photographs", "photos", 16, 2),
        ("full", "photographs", "photos_full", 24, 3),
    ],
)
def test_a_network_is_trained_and_written(network, data, name, size, width, tiny, tmp_path, capsys):
    trained = train_network(network, data, "a folder", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.safetensors"]  # and no checkpoint
    loaded, images = load_network(name), torch.rand(4, 3, size, size, generator=torch.Generator().manual_seed(0))
    assert loaded.architecture["image_size"] == size and loaded.architecture["width"] == width
    torch.testing.assert_close(loaded(images), trained(images), atol=1e-2, rtol=1e-2)  # stored as float16
    source = "hands" if data == "hands" else "a folder"
    assert sorted(tiny.loaded) == sorted((source, split) for split in ("train", "validation", "test"))
    ((images, options),) = tiny.trained
    assert images == 33
    if network == "full":  # Adam 1e-4, 10 epochs: what was measured
        assert options["learning_rate"] == 1e-4 and options["epochs"] == 10
    else:
        assert options["augmentation"] is augment
    said = capsys.readouterr().out
    for split, count in ("validation", 9), ("test", 6):
        assert f"{split} accuracy " in said and f" of {count}\n" in said
    assert "tensor([[" in said


def test_train_network_goes_on_where_it_was_interrupted(tiny, tmp_path, monkeypatch):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    for stop, folder in (None, whole), (5, broken), (None, broken):
        augmentation = stopping(stop)
        monkeypatch.setattr(training, "augment", augmentation)
        if stop:
            with pytest.raises(KeyboardInterrupt):
                train_network(folder=folder)
            assert [path.name for path in folder.iterdir()] == ["hands.checkpoint"]
        else:
            train_network(folder=str(folder))
    assert augmentation.batches == 2 * (14 - 2)  # two batches an epoch: the 5th is of the 3rd epoch
    assert [path.name for path in broken.iterdir()] == ["hands.safetensors"]
    assert (whole / "hands.safetensors").read_bytes() == (broken / "hands.safetensors").read_bytes()


@pytest.mark.parametrize("network, data", [("full", "hands"), ("large", "photographs"), ("small", None)])
def test_an_unknown_combination_lists_those_there_are(network, data, tiny, tmp_path):
    with pytest.raises(
        ValueError,
        match=f"^network, data: expected small hands or small photographs or full photographs, got {network} {data}$",
    ):
        train_network(network, data, folder=tmp_path)
    assert not tiny.loaded and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (["--network", "full"], 1, "network, data: expected small hands or .*, got full hands\n$"),
        (["--data", "photographs", "--photos", "nowhere"], 1, "path: nowhere is no folder. Download https://.*\n$"),
        (["--network", "tiny"], 2, "usage: .*--network.*"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, status, message, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["training", *arguments])
    with pytest.raises(SystemExit) as caught:
        training.main()
    said = capsys.readouterr()
    assert caught.value.code == status and not said.out
    assert re.match(message, said.err, re.DOTALL)


def test_the_command_passes_its_options_on(monkeypatch):
    asked = []
    monkeypatch.setattr(training, "train_network", lambda **options: asked.append(options))
    for arguments in [], ["--network", "full", "--data", "photographs", "--photos", "a folder"]:
        monkeypatch.setattr(sys, "argv", ["training", *arguments])
        training.main()
    assert asked == [
        {"network": "small", "data": "hands", "photos": None},
        {"network": "full", "data": "photographs", "photos": "a folder"},
    ]
