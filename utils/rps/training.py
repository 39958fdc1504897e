"""Trains a classifier in the plainest way that works: Adam, cross-entropy, and pictures changed a little every time.

`python -m utils.rps.training` trains the shipped network on the rendered hands, under three minutes on two cores.
`--data photographs --photos FOLDER` trains on photographs instead, `--network full` the one with 86,588,099 parameters.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from tqdm import tqdm

from .anatomy import CLASSES
from .files import replacing
from .hands import load_hands
from .network import WEIGHTS, RockPaperScissorsClassifier, save_network
from .photos import load_photos

SMALL = {"image_size": 96, "width": 16, "hidden": (64, 32)}
FULL = {"image_size": 150, "width": 32, "hidden": (1024, 512)}
NAMES = {("small", "hands"): "hands", ("small", "photographs"): "photos", ("full", "photographs"): "photos_full"}


def train(
    network,
    images,
    labels,
    *,
    epochs=14,
    batch_size=32,
    learning_rate=1e-3,
    augmentation=None,
    seed=0,
    checkpoint=None,
):
    """Trains `network` in place on images (N, 3, H, W) in [0, 1] and labels (N,); returns the mean loss of each epoch.

    `augmentation(images, generator)` changes each batch; None leaves the pictures as they are. The learning rate rises
    to `learning_rate` and falls to 0. The same seed gives the same weights on the same machine, and no random number of
    the caller is used up. The network is left in eval mode, on the device it was on.

    `checkpoint` is a file in which everything is kept after each epoch: called again with the same arguments after an
    interruption, training goes on from there and ends with the same weights. The caller removes it. ValueError if it
    is of another training.
    """
    generator = torch.Generator().manual_seed(seed)
    network.train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), learning_rate, weight_decay=1e-4)
    steps = -(-len(images) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=epochs * steps, pct_start=0.1)
    run = {"parameters": sum(p.numel() for p in network.parameters()), "images": len(images), "epochs": epochs,
           "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed,
           "augmentation": getattr(augmentation, "__name__", str(augmentation))}  # fmt: skip
    state = {"network": network, "optimizer": optimizer, "schedule": schedule}
    losses = _go_on(checkpoint, run, state, generator)
    device = next(network.parameters()).device
    with tqdm(total=epochs * steps, initial=len(losses) * steps, desc="training", unit="batch") as bar:
        for _ in range(len(losses), epochs):
            total = 0.0
            for rows in torch.randperm(len(images), generator=generator).split(batch_size):
                batch = images[rows] if augmentation is None else augmentation(images[rows], generator)
                with torch.autocast(device.type, torch.bfloat16, enabled=_has_bfloat16(device)):
                    scores = network(batch.to(device, memory_format=torch.channels_last))
                loss = F.cross_entropy(scores.float(), labels[rows].to(device))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.item() * len(rows)
                bar.update()
            losses.append(total / len(images))
            bar.set_postfix(loss=f"{losses[-1]:.3f}")
            _keep(checkpoint, run, state, generator, losses)
    network.eval().to(memory_format=torch.contiguous_format)
    return losses


def _has_bfloat16(device):
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return any(has for name, has in torch.cpu.get_capabilities().items() if "bf16" in name)


def _keep(checkpoint, run, state, generator, losses):
    if checkpoint is not None:
        kept = {name: part.state_dict() for name, part in state.items()}
        with replacing(checkpoint) as beside:
            torch.save({"run": run, "losses": losses, "generator": generator.get_state(), **kept}, beside)


def _go_on(checkpoint, run, state, generator):
    """Puts everything back as it was after the last epoch that was finished; returns the losses until then."""
    if checkpoint is None or not Path(checkpoint).exists():
        return []
    try:
        kept = torch.load(checkpoint, map_location="cpu", weights_only=True)
        before = dict(kept["run"])
    except Exception as error:  # half a file, another file, not to be read: the remedy is the same
        raise ValueError(f"checkpoint: {checkpoint} cannot be read ({type(error).__name__}). "
                         "Delete it to begin anew") from error  # fmt: skip
    if before != run:
        other = ", ".join(f"{key} {before.get(key)}, now {run[key]}" for key in run if before.get(key) != run[key])
        raise ValueError(f"checkpoint: {checkpoint} is of another training ({other}). Delete it to begin anew")
    for name, part in state.items():
        part.load_state_dict(kept[name])
    generator.set_state(kept["generator"])
    return kept["losses"]


def augment(images, generator):
    """Each picture of the batch in other light, colours, sharpness and place, as another camera might have seen it."""
    images = turn_and_shift(images, generator)
    images = blur_some(images, generator)
    return change_colours(images, generator)


def _uniform(generator, low, high, *shape):
    return low + (high - low) * torch.rand(*shape, generator=generator)


def turn_and_shift(images, generator, degrees=15, shift=0.08, zoom=0.2):
    """Turned, moved and scaled a little, half of them upside down: a left hand is a right hand in the mirror.

    Never mirrored left to right: every hand comes from the right.
    """
    n = len(images)
    angle = torch.deg2rad(_uniform(generator, -degrees, degrees, n))
    size = _uniform(generator, 1 - zoom, 1 + zoom, n)
    flip = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    move = _uniform(generator, -2 * shift, 2 * shift, n, 2)
    sine, cosine = torch.sin(angle) * size, torch.cos(angle) * size
    # 3/2 and 2/3: the squares are squashed 3:2 pictures, and it is the pictures that turn
    rows = [cosine, -sine * 2 / 3, move[:, 0], flip * sine * 3 / 2, flip * cosine, move[:, 1]]
    grid = F.affine_grid(torch.stack(rows, 1).view(n, 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def blur_some(images, generator):
    """Between the picture and its 3 × 3 mean, by a share drawn for each."""
    share = _uniform(generator, -0.5, 1, len(images), 1, 1, 1).clamp(min=0)
    soft = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return images + share * (soft - images)


def change_colours(images, generator):
    """Gain for each channel, contrast, saturation, and noise."""
    n = len(images)
    gain = _uniform(generator, 0.7, 1.3, n, 1, 1, 1) * _uniform(generator, 0.88, 1.12, n, 3, 1, 1)
    contrast, saturation = _uniform(generator, 0.7, 1.3, 2, n, 1, 1, 1)
    images = images * gain
    mean = images.mean((1, 2, 3), keepdim=True)
    images = mean + contrast * (images - mean)
    grey = images.mean(1, keepdim=True)
    images = grey + saturation * (images - grey)
    noise = torch.randn(images.shape, generator=generator) * _uniform(generator, 0, 0.03, n, 1, 1, 1)
    return (images + noise).clamp(0, 1)


@torch.no_grad()
def predict(network, images, batch_size=64):
    """The class with the highest score: images (N, 3, H, W) → (N,) int64."""
    return torch.cat([network(batch).argmax(1) for batch in images.split(batch_size)])


def accuracy(network, images, labels):
    """The share of images whose predicted class is their label, 0 to 1."""
    return (predict(network, images) == labels).float().mean().item()


def confusion_matrix(network, images, labels):
    """(3, 3) int64: row the true class, column the predicted one, in the order of CLASSES."""
    pairs = labels * len(CLASSES) + predict(network, images)
    return torch.bincount(pairs, minlength=len(CLASSES) ** 2).view(len(CLASSES), len(CLASSES))


def new_network(architecture, seed=0):
    """An untrained classifier, the same one for the same seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = RockPaperScissorsClassifier(**architecture)
        for weight in network.parameters():
            if weight.ndim > 1:  # PyTorch's own start lets the signal fade through nine layers: a lost epoch
                torch.nn.init.kaiming_normal_(weight)
    return network


def train_network(network="small", data="hands", photos=None, folder=WEIGHTS):
    """Trains a classifier and writes its weights to `folder`, under the name that `load_network` takes.

    network "small" or "full"; data "hands" or "photographs", from the folder `photos` (None: fetched, see load_photos).
    Prints accuracy and confusion. Interrupted, it goes on from the last epoch that was finished when called again.
    """
    if (network, data) not in NAMES:
        known = " or ".join(" ".join(pair) for pair in NAMES)
        raise ValueError(f"network, data: expected {known}, got {network} {data}")
    architecture = SMALL if network == "small" else FULL
    if data == "hands":
        splits = {split: load_hands(split) for split in ("train", "validation", "test")}
    else:
        size = architecture["image_size"]
        splits = {split: load_photos(photos, split, image_size=size) for split in ("train", "validation", "test")}
    options = {"augmentation": augment, "epochs": 14 if data == "hands" else 40}
    if network == "full":
        options = {"learning_rate": 1e-4, "epochs": 10}
    path = Path(folder) / f"{NAMES[network, data]}.safetensors"
    checkpoint = path.with_suffix(".checkpoint")
    classifier = new_network(architecture).to("cuda" if torch.cuda.is_available() else "cpu")
    train(classifier, splits["train"].images, splits["train"].labels, checkpoint=checkpoint, **options)
    classifier.cpu()
    for split in ("validation", "test"):
        images, labels = splits[split].images, splits[split].labels
        print(f"{split} accuracy {accuracy(classifier, images, labels):.3f} of {len(labels)}")
    print(confusion_matrix(classifier, images, labels))
    save_network(classifier, path)
    checkpoint.unlink()
    return classifier


def main():
    parser = argparse.ArgumentParser(prog="python -m utils.rps.training", description="Trains a network anew.")
    parser.add_argument("--network", choices=("small", "full"), default="small")
    parser.add_argument("--data", choices=("hands", "photographs"), default="hands")
    parser.add_argument("--photos", help="folder of the photographs; without it they are fetched with kagglehub")
    options = parser.parse_args()
    try:
        train_network(**vars(options))
    except (ValueError, OSError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
