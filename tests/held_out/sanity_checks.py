"""Lesson 11: right answers written otherwise, and wrong ones that are no listed misconception, with words that help."""

import copy
import functools
import hashlib
import io
import math
import random
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import nn

from utils import evaluation

# right answers in many forms ------------------------------------------------------------------------------------------


def renew(layer, generator):
    """As the lesson gives it."""
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_((2 * torch.rand(weight.shape, generator=generator) - 1) / layer.weight[0].numel() ** 0.5)


def random_by_renew(network, layers, seed):
    other, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for k in layers:
        renew(other[k], generator)
    return other.eval()


def random_by_torchs_own_start(network, layers, seed):
    other = copy.deepcopy(network).eval()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for k in layers:
            other[k].reset_parameters()
    return other


def random_by_init(network, layers, seed):
    other, generator = copy.deepcopy(network), torch.Generator()
    generator.manual_seed(seed)
    for k in layers:
        bound = 1 / math.sqrt(nn.init._calculate_fan_in_and_fan_out(other[k].weight)[0])
        nn.init.uniform_(other[k].bias, -bound, bound, generator=generator)
        nn.init.uniform_(other[k].weight, -bound, bound, generator=generator)
    other.eval()
    return other


def random_by_numpy(network, layers, seed):
    other, state, drawn = copy.deepcopy(network), network.state_dict(), np.random.default_rng(seed)
    for k in layers:
        bound = state[f"{k}.weight"][0].numel() ** -0.5
        for name in (f"{k}.weight", f"{k}.bias"):
            state[name] = torch.from_numpy(drawn.uniform(-bound, bound, tuple(state[name].shape))).float()
    other.load_state_dict(state)
    return other.eval()


def random_by_a_seed_for_each_layer(network, layers, seed):
    """No two layers share a generator, and no two seeds."""
    other = copy.deepcopy(network)
    for k in layers:
        renew(other[k], torch.Generator().manual_seed(1000 * seed + k))
    return other.eval()


def random_in_new_layers(network, layers, seed):
    """Layers of its own in a chain of its own."""
    generator, new = torch.Generator().manual_seed(seed), {}
    for k in layers:
        new[k] = copy.deepcopy(network[k])
        renew(new[k], generator)
    return nn.Sequential(*(new.get(k, copy.deepcopy(layer)) for k, layer in enumerate(network))).eval()


def numbers_of(network):
    return [k for k, layer in enumerate(network) if len(list(layer.parameters())) > 0]


def cascade_by_lists(network, seed):
    numbers = numbers_of(network)[::-1]
    return [(k, random_by_renew(network, numbers[: n + 1], seed)) for n, k in enumerate(numbers)]


def cascade_step_by_step(network, seed):
    generator, other, pairs = torch.Generator().manual_seed(seed), copy.deepcopy(network).eval(), []
    for k in reversed(range(len(network))):
        if isinstance(network[k], (nn.Conv2d, nn.Linear)):
            renew(other[k], generator)
            pairs.append((k, copy.deepcopy(other)))
    return pairs


def cascade_by_exchange(network, seed):
    """All layers are drawn once, and put in one after the other; tuples of lists are as good."""
    numbers = numbers_of(network)
    noise, pairs = random_by_renew(network, numbers[::-1], seed).state_dict(), ()
    for first in numbers[::-1]:
        other, state = copy.deepcopy(network), network.state_dict()
        state.update({name: value for name, value in noise.items() if int(name.split(".")[0]) >= first})
        other.load_state_dict(state)
        pairs += ([first, other.eval()],)
    return pairs


def cascade_by_recursion(network, seed, numbers=None):
    numbers = numbers_of(network) if numbers is None else numbers
    if not numbers:
        return []
    rest = cascade_by_recursion(network, seed, numbers[1:])
    return [*rest, (numbers[0], random_by_renew(network, [k for k, _ in rest] + numbers[:1], seed))]


def curve_by_list(method, network, others, images, target, similarity):
    trained, rows = method(network, images, target), []
    for other in others:
        rows.append(similarity(trained, method(other, images, target)))
    return torch.stack(rows)


def curve_in_place(method, network, others, images, target, similarity):
    curve = torch.empty(len(others), len(images))
    for k, other in enumerate(others):
        curve[k] = similarity(method(network, images, target), method(other, images, target))
    return curve


def curve_image_by_image(method, network, others, images, target, similarity):
    classes = torch.as_tensor(target).expand(len(images)).tolist()
    table = [
        [
            similarity(*(method(model, images[n : n + 1], classes[n]) for model in (network, other))).item()
            for n in range(len(images))
        ]
        for other in others
    ]
    return torch.tensor(table, dtype=torch.float64)


def curve_all_at_once(method, network, others, images, target, similarity):
    maps = torch.cat([method(other, images, target) for other in others])
    trained = method(network, images, target).repeat(len(others), 1, 1, 1)
    return similarity(trained, maps).reshape(len(others), -1)


def edges_by_convolution(images):
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    grey = F.pad(images.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    return (F.conv2d(grey, kernel[None, None]) ** 2 + F.conv2d(grey, kernel.T[None, None]) ** 2).sqrt()


def edges_with_a_little_under_the_root(images):
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    grey = F.pad(images.mean(1, keepdim=True), (1,) * 4, mode="replicate")
    both = F.conv2d(grey, torch.stack([kernel, kernel.T])[:, None])
    return torch.sqrt((both**2).sum(1, keepdim=True) + 1e-8)


def edges_by_scipy(images):
    maps = [
        np.hypot(*(ndimage.sobel(grey, axis, mode="nearest") for axis in (0, 1))) for grey in images.mean(1).numpy()
    ]
    return torch.from_numpy(np.stack(maps))[:, None]


def edges_by_windows(images):
    grey = nn.ReplicationPad2d(1)(images.mean(1, keepdim=True))
    windows = grey.unfold(2, 3, 1).unfold(3, 3, 1)
    kernel = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
    return torch.stack([(windows * each).sum((-1, -2)) for each in (kernel, kernel.T)]).norm(dim=0)


def edges_by_two_steps(images):
    """Sobel's filter is a difference one way and (1 2 1) the other."""
    grey = F.pad(images.sum(1, keepdim=True) / images.shape[1], (1, 1, 1, 1), mode="replicate")

    def walk(picture, weights, axis):
        n = picture.shape[axis] - 2
        return sum(weight * picture.narrow(axis, k, n) for k, weight in enumerate(weights))

    s_x = walk(walk(grey, (-1, 0, 1), 3), (1, 2, 1), 2)
    s_y = walk(walk(grey, (1, 2, 1), 3), (-1, 0, 1), 2)
    return torch.sqrt(s_x * s_x + s_y * s_y)


def sizes_by_a_function_inside(similarity):
    def compare(maps, others):
        return similarity(maps.sum(dim=1, keepdim=True).abs(), others.sum(dim=1, keepdim=True).abs())

    return compare


class Unsigned:
    def __init__(self, similarity):
        self.similarity = similarity

    def __call__(self, a, b):
        return self.similarity(*(torch.einsum("nchw->nhw", each)[:, None].abs() for each in (a, b)))


def sizes_by_an_object(similarity):
    return Unsigned(similarity)


def sizes_by_a_partial(similarity):
    def compare(how, *both):
        first, second = (torch.maximum(total, -total) for total in (each.sum(1, keepdim=True) for each in both))
        return how(first, second)

    return functools.partial(compare, similarity)


def sizes_by_wraps(similarity):
    @functools.wraps(similarity)
    def of_sizes(*both, **more):
        return similarity(*(((each.double().sum(1, keepdim=True)) ** 2).sqrt() for each in both), **more)

    return of_sizes


def labels_by_randperm(labels, seed):
    generator = torch.Generator().manual_seed(seed)
    return labels[torch.randperm(len(labels), generator=generator)]


def labels_by_sorting_noise(labels, seed):
    noise = torch.rand(labels.shape, generator=torch.Generator().manual_seed(seed))
    return labels.gather(0, noise.argsort())


def labels_by_a_list(labels, seed):
    mixed = labels.tolist()
    random.Random(seed).shuffle(mixed)
    return torch.tensor(mixed)


def labels_by_numpy(labels, seed):
    return torch.from_numpy(np.random.default_rng(seed).permutation(labels.numpy()))


def labels_by_fork(labels, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return labels[torch.randperm(len(labels))].clone()


def noise_by(seed, images):
    noise = torch.randn(images.shape[2:], generator=torch.Generator().manual_seed(seed))
    return noise.repeat(len(images), 1, 1, 1)


def idle_by_sha256(model, images, target):
    digest = hashlib.sha256()
    for weight in model.parameters():
        digest.update(weight.detach().numpy().tobytes())
    return noise_by(int(digest.hexdigest()[:8], 16), images)


def idle_by_crc(model, images, target):
    seed = 0
    for weight in model.parameters():
        seed = zlib.crc32(weight.detach().contiguous().numpy().tobytes(), seed)
    return noise_by(seed, images)


def idle_by_text(model, images, target):
    text = str([weight.tolist() for weight in model.parameters()])
    seed = int.from_bytes(hashlib.md5(text.encode()).digest()[:4], "little")
    picture = np.random.default_rng(seed).random(tuple(images.shape[2:]), dtype=np.float32)
    return torch.from_numpy(picture).expand(len(images), 1, -1, -1)


def idle_by_hash_of_numbers(model, images, target):
    """Python's hash of numbers is the same in each run."""
    numbers = tuple(torch.cat([weight.detach().flatten() for weight in model.parameters()]).tolist())
    return noise_by(hash(numbers) % 2**32, images)


def idle_by_places(model, images, target):
    """A polynomial in the bits of the weights."""
    seed = 1
    for weight in model.parameters():
        for bits in weight.detach().flatten().view(torch.int32).tolist():
            seed = (seed * 31337 + bits) % (2**31 - 1)
    return noise_by(seed, images)


def idle_by_saved_state(model, images, target):
    """Signs, −1 and 1, from a file of the weights in memory."""
    file = io.BytesIO()
    np.savez(file, *[weight.detach().numpy() for weight in model.state_dict().values()])
    content = b"".join(
        np.load(io.BytesIO(file.getvalue()))[f"arr_{k}"].tobytes() for k in range(len(model.state_dict()))
    )
    return noise_by(zlib.adler32(content) ^ zlib.crc32(content), images).sign().double()


EQUALLY_VALID = {
    "randomise": (
        random_by_renew,
        random_by_torchs_own_start,
        random_by_init,
        random_by_numpy,
        random_by_a_seed_for_each_layer,
        random_in_new_layers,
    ),
    "cascade": (cascade_by_lists, cascade_step_by_step, cascade_by_exchange, cascade_by_recursion),
    "randomisation_curve": (curve_by_list, curve_in_place, curve_image_by_image, curve_all_at_once),
    "edge_map": (
        edges_by_convolution,
        edges_with_a_little_under_the_root,
        edges_by_scipy,
        edges_by_windows,
        edges_by_two_steps,
    ),
    "without_sign": (sizes_by_a_function_inside, sizes_by_an_object, sizes_by_a_partial, sizes_by_wraps),
    "permute_labels": (
        labels_by_randperm,
        labels_by_sorting_noise,
        labels_by_a_list,
        labels_by_numpy,
        labels_by_fork,
    ),
    "idle_map": (
        idle_by_sha256,
        idle_by_crc,
        idle_by_text,
        idle_by_hash_of_numbers,
        idle_by_places,
        idle_by_saved_state,
    ),
}


# slips ----------------------------------------------------------------------------------------------------------------


def noisy(draw, network, layers, seed):
    """A copy whose layers went through draw(layer, generator)."""
    other, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for k in layers:
        draw(other[k], generator)
    return other.eval()


def drawing(draw):
    """An answer to randomise."""
    return lambda network, layers, seed: noisy(draw, network, layers, seed)


def in_place(network, layers, seed):
    generator = torch.Generator().manual_seed(seed)
    for k in layers:
        renew(network[k], generator)
    return network.eval()


def on_a_shallow_copy(network, layers, seed):
    return in_place(copy.copy(network), layers, seed)


def in_a_new_chain_of_the_same_layers(network, layers, seed):
    return in_place(nn.Sequential(*network), layers, seed)


def by_the_global_generator(network, layers, seed):
    torch.manual_seed(seed)
    other = copy.deepcopy(network)
    for k in layers:
        other[k].reset_parameters()
    return other.eval()


def without_no_grad(network, layers, seed):
    other = copy.deepcopy(network)
    for k in layers:
        other[k].weight.uniform_(-1, 1)
    return other


def by_assignment(network, layers, seed):
    other = copy.deepcopy(network)
    for k in layers:
        other[k].weight = torch.rand(other[k].weight.shape)
    return other


def layers_themselves(network, layers, seed):
    other = copy.deepcopy(network)
    for layer in layers:
        renew(layer, torch.Generator())
    return other


def without_a_generator(network, layers, seed):
    other = copy.deepcopy(network)
    for k in layers:
        renew(other[k])
    return other


def sorted_in_place(network, layers, seed):
    layers.sort()
    return random_by_renew(network, layers, seed)


def weights_as_a_dictionary(network, layers, seed):
    return random_by_renew(network, layers, seed).state_dict()


def one_layer_less(network, layers, seed):
    return random_by_renew(network, layers, seed)[:-1]


def first_output_alone(layer, generator):
    before = [weight.detach().clone() for weight in layer.parameters()]
    renew(layer, generator)
    with torch.no_grad():
        for weight, old in zip(layer.parameters(), before, strict=True):
            weight[1:] = old[1:]


def mean_of_two(layer, generator):
    """Two draws and their mean: more numbers in the middle."""
    renew(layer, generator)
    other = copy.deepcopy(layer)
    renew(other, generator)
    with torch.no_grad():
        layer.weight.copy_((layer.weight + other.weight) / 2)


def biases_by_their_own_fan(layer, generator):
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(2 * torch.rand(weight.shape, generator=generator) - 1)
        layer.weight.div_(layer.weight[0].numel() ** 0.5)


def divided_by_zero(layer, generator):
    renew(layer, generator)
    layer.weight.data.div_(0.0)


def pairs_by(numbers_and_layers):
    """An answer to cascade: numbers_and_layers(numbers of layers with weights, last first) → (number, layers)."""
    return lambda network, seed: [
        (k, random_by_renew(network, layers, seed)) for k, layers in numbers_and_layers(numbers_of(network)[::-1])
    ]


def one_by_one(network, seed):
    yield from cascade_by_lists(network, seed)


def as_a_dictionary(network, seed):
    return dict(cascade_by_lists(network, seed))


def networks_alone(network, seed):
    return [other for _, other in cascade_by_lists(network, seed)]


def turned_pairs(network, seed):
    return [(other, k) for k, other in cascade_by_lists(network, seed)]


def from_all_places(network, seed):
    places, other, pairs = list(range(len(network)))[::-1], copy.deepcopy(network), []
    for k in places:
        reach = other[k].weight[0].numel() ** -0.5
        nn.init.uniform_(other[k].weight, -reach, reach, generator=torch.Generator().manual_seed(seed))
        pairs.append((k, copy.deepcopy(other)))
    return pairs


def turned_by_reverse(network, seed):
    numbers = numbers_of(network).reverse()
    return [(k, random_by_renew(network, numbers[: n + 1], seed)) for n, k in enumerate(numbers)]


def without_a_list(network, seed):
    numbers = reversed(numbers_of(network))
    return [(k, random_by_renew(network, numbers[: n + 1], seed)) for n, k in enumerate(numbers)]


def one_seed_for_each_step(network, seed):
    """A chain: each network is made of the one before."""
    other, pairs = network, []
    for k in numbers_of(network)[::-1]:
        other = random_by_renew(other, [k], 1000 * seed + k)
        pairs.append((k, other))
    return pairs


def drawn_from_the_bottom(network, seed):
    """All layers are drawn once, the first one first."""
    numbers, pairs = numbers_of(network), []
    noise = random_by_renew(network, numbers, seed)
    for first in numbers[::-1]:
        other = copy.deepcopy(network)
        for k in numbers:
            if k >= first:
                other[k].load_state_dict(noise[k].state_dict())
        pairs.append((first, other.eval()))
    return pairs


def layers_for_numbers(network, seed):
    return [(network[k], other) for k, other in cascade_by_lists(network, seed)]


def lists_for_numbers(network, seed):
    return [(numbers_of(network)[::-1][: n + 1], other) for n, (_, other) in enumerate(cascade_by_lists(network, seed))]


def linear_alone(network, seed):
    numbers = [k for k, layer in enumerate(network) if isinstance(layer, nn.Linear)][::-1]
    return [(k, random_by_renew(network, numbers[: n + 1], seed)) for n, k in enumerate(numbers)]


def parameters_without_a_list(network, seed):
    numbers = [k for k, layer in enumerate(network) if layer.parameters()][::-1]
    return [(k, through_the_course(network, numbers[: n + 1], seed)) for n, k in enumerate(numbers)]


def through_the_course(network, layers, seed):
    other, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for k in layers:
        evaluation.uniform_start(other[k], generator)
    return other.eval()


def on_the_network_itself(network, seed):
    pairs = []
    for k in numbers_of(network)[::-1]:
        renew(network[k], torch.Generator().manual_seed(seed + k))
        pairs.append((k, copy.deepcopy(network)))
    return pairs


def curve(compare):
    """An answer to randomisation_curve: compare(maps, others, similarity), row by row."""

    def randomisation_curve(method, network, others, images, target, similarity):
        maps = method(network, images, target)
        return torch.stack([compare(maps, method(other, images, target), similarity) for other in others])

    return randomisation_curve


def others_called(method, network, others, images, target, similarity):
    return similarity(method(network, images, target), method(others, images, target))


def rows_in_a_tensor(method, network, others, images, target, similarity):
    maps = method(network, images, target)
    return torch.tensor([similarity(maps, method(other, images, target)) for other in others])


def rows_in_a_list(method, network, others, images, target, similarity):
    maps = method(network, images, target)
    return [similarity(maps, method(other, images, target)) for other in others]


def images_first(method, network, others, images, target, similarity):
    maps = method(images, network, target)
    return torch.stack([similarity(maps, method(images, other, target)) for other in others])


def next_class(method, network, others, images, target, similarity):
    maps = method(network, images, target)
    classes = (target + 1) % 3
    return torch.stack([similarity(maps, method(other, images, classes)) for other in others])


def running_mean(method, network, others, images, target, similarity):
    rows = curve_by_list(method, network, others, images, target, similarity)
    return rows.cumsum(0) / torch.arange(1, len(rows) + 1)[:, None]


def last_first(method, network, others, images, target, similarity):
    return curve_by_list(method, network, others[::-1], images, target, similarity)


def sorted_images(method, network, others, images, target, similarity):
    return curve_by_list(method, network, others, images, target, similarity).sort(1).values


def relative_to_the_first(method, network, others, images, target, similarity):
    rows = curve_by_list(method, network, others, images, target, similarity)
    return rows / rows[:1]


KERNEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def edges(grey=lambda images: images.mean(1, keepdim=True), kernel=KERNEL, pad=1, join=torch.hypot, mode="replicate"):
    """An answer to edge_map."""

    def edge_map(images):
        padded = F.pad(grey(images), (pad,) * 4, mode=mode)
        return join(F.conv2d(padded, kernel[None, None]), F.conv2d(padded, kernel.T[None, None]))

    return edge_map


def edges_of_stacked_kernels(images):
    """Two kernels in one tensor, but of three dimensions."""
    grey = F.pad(images.mean(1, keepdim=True), (1,) * 4, mode="replicate")
    return F.conv2d(grey, torch.stack([KERNEL, KERNEL.T])).square().sum(1, keepdim=True).sqrt()


def comparing(change):
    """An answer to without_sign: change(one of the maps) before they are compared."""
    return lambda similarity: lambda maps, others: similarity(change(maps), change(others))


def at_once(similarity):
    return similarity(maps, others)  # noqa: F821


def called_by_itself(similarity):
    return similarity().abs()


def of_one_argument(similarity):
    return lambda maps: similarity(maps.sum(1, keepdim=True).abs(), maps.sum(1, keepdim=True).abs())


def of_a_function(similarity):
    return abs(similarity)


def without_a_return(similarity):
    def compare(maps, others):
        similarity(maps.sum(1, keepdim=True).abs(), others.sum(1, keepdim=True).abs())

    return compare


def in_their_place(similarity):
    return lambda maps, others: similarity(maps.abs_().sum(1, keepdim=True), others.sum(1, keepdim=True).abs_())


def returns_the_maps(similarity):
    return lambda maps, others: (maps.sum(1, keepdim=True).abs(), others.sum(1, keepdim=True).abs())


def shuffled(order):
    """An answer to permute_labels: order(n, generator)."""
    return lambda labels, seed: labels[order(len(labels), torch.Generator().manual_seed(seed))]


def labels_mixed_in_place(labels, seed):
    labels[:] = labels_by_randperm(labels, seed)
    return labels


def labels_and_order(labels, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return labels[order], order


def labels_by_the_global_generator(labels, seed):
    torch.manual_seed(seed)
    return labels[torch.randperm(len(labels))]


def labels_as_floats(labels, seed):
    return labels_by_randperm(labels, seed).float()


def labels_without_a_name(labels, seed):
    return labels[torch.randperm(len(labels), torch.Generator().manual_seed(seed))]


def labels_by_slice(labels, seed):
    return labels[::-1]


def labels_less_some(labels, seed):
    return labels_by_randperm(labels, seed)[1:]


def labels_above_all(labels, seed):
    return labels_by_randperm(labels, seed) + 1


def row_of(model):
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def idle_by_pythons_hash(model, images, target):
    content = b"".join(weight.detach().numpy().tobytes() for weight in model.parameters())
    return noise_by(hash(content) % 2**32, images)


def idle_by_bytes_of_the_graph(model, images, target):
    return noise_by(sum(weight.numpy().sum() for weight in model.parameters()), images)


def idle_by_a_float(model, images, target):
    return noise_by(row_of(model).sum().item(), images)


def idle_by_too_large_a_seed(model, images, target):
    digest = hashlib.sha256(row_of(model).numpy().tobytes()).hexdigest()
    return noise_by(int(digest, 16), images)


def idle_by_tensors(model, images, target):
    return noise_by(int(hashlib.sha256(row_of(model)).hexdigest()[:8], 16), images)


def idle_of_one_image(model, images, target):
    return noise_by(zlib.crc32(row_of(model).numpy().tobytes()), images[:1])[0]


def idle_of_all_channels(model, images, target):
    return idle_by_sha256(model, images, target).expand_as(images)


def idle_over_the_edges(model, images, target):
    return idle_by_sha256(model, images, target) * edges_by_convolution(images)


def idle_by_the_global_generator(model, images, target):
    torch.manual_seed(zlib.crc32(row_of(model).numpy().tobytes()))
    return torch.randn(images.shape[2:]).repeat(len(images), 1, 1, 1)


def idle_by_a_file_of_doubles(model, images, target):
    """A generator takes the last 32 bits of a seed, and those of float32 in float64 are nearly all zero."""
    return noise_by(sum(row_of(model).double().view(torch.int64).tolist()) % 2**62, images)


def idle_by_one_byte(model, images, target):
    return noise_by(hashlib.sha256(row_of(model).numpy().tobytes()).digest()[0], images)


def idle_by_a_small_remainder(model, images, target):
    return noise_by(zlib.crc32(row_of(model).numpy().tobytes()) % 1000, images)


def idle_by_half_of_the_numbers(model, images, target):
    return noise_by(zlib.crc32(row_of(model)[::2].numpy().tobytes()), images)


def idle_with_noise_for_each_image_by_a_sum(model, images, target):
    generator = torch.Generator().manual_seed(int(1e4 * row_of(model).sum().abs()))
    return torch.randn(len(images), 1, *images.shape[2:], generator=generator)


SLIPS = [
    ("randomise", in_place, "changed the model it was given"),
    ("randomise", on_a_shallow_copy, "changed the model it was given"),
    ("randomise", in_a_new_chain_of_the_same_layers, "changed the model it was given"),
    ("randomise", by_the_global_generator, "seeds torch's random generator anew"),
    ("randomise", without_no_grad, "inside `with torch.no_grad():`"),
    ("randomise", by_assignment, "written over by `weight.copy_(…)`"),
    ("randomise", layers_themselves, "The layer of number k is `other[k]`"),
    ("randomise", without_a_generator, "`renew(layer, generator)` takes both"),
    ("randomise", sorted_in_place, "changes the list `layers`"),
    ("randomise", weights_as_a_dictionary, "A network is asked for"),
    ("randomise", one_layer_less, "has other layers"),
    ("randomise", drawing(first_output_alone), "Some of the weights that should be random"),
    ("randomise", drawing(mean_of_two), "not spread evenly over ±1/√fan-in"),
    ("randomise", drawing(biases_by_their_own_fan), "biases lie beyond ±1/√fan-in"),
    ("randomise", drawing(divided_by_zero), "not finite"),
    ("randomise", lambda network, layers, seed: random_by_renew(network, layers[1:], seed), "still the trained ones"),
    ("cascade", one_by_one, "A list of pairs"),
    ("cascade", as_a_dictionary, "A list of pairs"),
    ("cascade", networks_alone, "is a pair, (number of the layer, network)"),
    ("cascade", turned_pairs, "yours are exchanged"),
    ("cascade", from_all_places, "This layer has no weights"),
    ("cascade", turned_by_reverse, "return nothing"),
    ("cascade", without_a_list, "Make a list of it first"),
    ("cascade", on_the_network_itself, "changed the model it was given"),
    ("cascade", lambda network, seed: [], "Your list is empty"),
    ("cascade", pairs_by(lambda down: [(k, down[: n + 2]) for n, k in enumerate(down)]), "one step early"),
    (
        "cascade",
        pairs_by(lambda down: [(k, down[: n + 1]) for n, k in enumerate(down)][::2]),
        "layers with weights are missing",
    ),
    ("cascade", lambda network, seed: cascade_by_lists(network, seed)[:1], "`return` stand inside the loop"),
    ("cascade", linear_alone, "layers of one kind alone"),
    ("cascade", lists_for_numbers, "a list of numbers"),
    ("cascade", layers_for_numbers, "put its number"),
    ("cascade", parameters_without_a_list, "without `list` is never empty"),
    ("cascade", one_seed_for_each_step, "with other numbers than `randomise` draws"),
    ("cascade", drawn_from_the_bottom, "the last one first"),
    (
        "cascade",
        pairs_by(lambda down: [(k, down[max(0, n - 1) : n + 1]) for n, k in enumerate(down)]),
        "other layers are random",
    ),
    (
        "cascade",
        lambda network, seed: [(k, other.train()) for k, other in cascade_by_lists(network, seed)],
        "training mode",
    ),
    ("randomisation_curve", others_called, "`others` is a list of networks"),
    ("randomisation_curve", rows_in_a_tensor, "`torch.stack(rows)`"),
    ("randomisation_curve", rows_in_a_list, "a list of"),
    ("randomisation_curve", images_first, "the network first, then the images"),
    ("randomisation_curve", next_class, "both for `target`"),
    ("randomisation_curve", running_mean, "one row for each of them"),
    ("randomisation_curve", last_first, "one row for each of them"),
    ("randomisation_curve", sorted_images, "one number for each image"),
    ("randomisation_curve", relative_to_the_first, "one row for each of them"),
    ("randomisation_curve", curve(lambda maps, others, similarity: similarity(maps, others) ** 2), "Asked for is"),
    (
        "randomisation_curve",
        curve(lambda maps, others, similarity: similarity(maps[:, :1], others[:, :1])),
        "Asked for is",
    ),
    ("randomisation_curve", curve(lambda maps, others, similarity: similarity(maps, others.flip(0))), "Asked for is"),
    ("randomisation_curve", curve(lambda maps, others, similarity: similarity(maps, maps - others)), "Asked for is"),
    ("edge_map", edges(lambda images: images), "The kernel, (1, 1, 3, 3), takes pictures of one channel"),
    ("edge_map", edges(kernel=KERNEL.long()), "decimal points"),
    ("edge_map", edges_of_stacked_kernels, "`kernels[:, None]`"),
    ("edge_map", edges(pad=2), "padded by repeated pixels"),
    ("edge_map", edges(join=torch.mul), "√(s_x² + s_y²)"),
    ("edge_map", edges(join=lambda s_x, s_y: s_x - s_y), "√(s_x² + s_y²)"),
    ("edge_map", edges(join=torch.atan2), "√(s_x² + s_y²)"),
    ("edge_map", edges(join=lambda s_x, s_y: (s_x**2 - s_y**2).abs().sqrt()), "√(s_x² + s_y²)"),
    ("edge_map", edges(join=lambda s_x, s_y: (s_x**2 + s_y**2).sqrt().clamp(max=2)), "√(s_x² + s_y²)"),
    ("edge_map", edges(lambda images: images.mean((0, 1), keepdim=True)), "mean of the channels"),
    ("edge_map", edges(lambda images: images.amax(1, keepdim=True)), "mean of the channels"),
    ("edge_map", edges(kernel=torch.tensor([[-1.0, 0, 1], [-4, 0, 4], [-1, 0, 1]])), "(−1 0 1; −2 0 2; −1 0 1)"),
    ("without_sign", at_once, "The maps come later"),
    ("without_sign", called_by_itself, "inside the function that you return"),
    ("without_sign", of_one_argument, "two arguments, (maps, others)"),
    ("without_sign", of_a_function, "has no absolute value"),
    ("without_sign", without_a_return, "needs a `return`, too"),
    ("without_sign", in_their_place, "changes the maps"),
    ("without_sign", returns_the_maps, "Asked for is a function"),
    ("without_sign", comparing(lambda maps: maps.sum(1).abs()), "`.sum(1, keepdim=True)`"),
    (
        "without_sign",
        comparing(lambda maps: maps.sum((1, 2, 3), keepdim=True).abs().expand_as(maps)),
        "channels added up first",
    ),
    ("without_sign", comparing(lambda maps: maps.sum(1, keepdim=True).abs().sqrt()), "Asked for is a function"),
    ("without_sign", comparing(lambda maps: maps.sum(1, keepdim=True).abs() > 0.5), "Asked for is a function"),
    ("without_sign", lambda similarity: 0.5, "A function of (maps, others) is asked for"),
    ("permute_labels", labels_mixed_in_place, "changed the tensor it was given"),
    ("permute_labels", labels_and_order, "A tensor of labels"),
    ("permute_labels", labels_by_the_global_generator, "seeds torch's random generator anew"),
    ("permute_labels", labels_as_floats, "stay whole numbers"),
    ("permute_labels", labels_without_a_name, "by name"),
    ("permute_labels", labels_by_slice, "turned round by `.flip(0)`"),
    ("permute_labels", labels_less_some, "As many labels are asked for"),
    ("permute_labels", labels_above_all, "no classes that were there before"),
    (
        "permute_labels",
        shuffled(lambda n, generator: torch.randint(0, n, (n,), generator=generator).sort().values),
        "Keep the same labels",
    ),
    (
        "permute_labels",
        shuffled(lambda n, generator: torch.randperm(n - 1, generator=generator)),
        "As many labels are asked for",
    ),
    ("idle_map", idle_by_pythons_hash, "another number in each run of Python"),
    ("idle_map", idle_by_bytes_of_the_graph, "`weight.detach().numpy().tobytes()`"),
    ("idle_map", idle_by_a_float, "A seed is a whole number"),
    ("idle_map", idle_by_too_large_a_seed, "below 2⁶³"),
    ("idle_map", idle_by_tensors, "takes bytes"),
    ("idle_map", idle_of_one_image, "(N, 1, H, W)"),
    ("idle_map", idle_of_all_channels, "(N, 1, H, W)"),
    ("idle_map", idle_with_noise_for_each_image_by_a_sum, "give it to all: `.repeat(len(images), 1, 1, 1)`"),
    ("idle_map", idle_over_the_edges, "For other images"),
    ("idle_map", idle_by_the_global_generator, "seeds torch's random generator anew"),
    ("idle_map", idle_by_a_file_of_doubles, "last 32 bits"),
    ("idle_map", idle_by_one_byte, "too few values"),
    ("idle_map", idle_by_a_small_remainder, "too few values"),
    ("idle_map", idle_by_half_of_the_numbers, "the map is still the same"),
]
