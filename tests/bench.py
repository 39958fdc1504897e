"""How long the methods take: against the passes they cannot do without, Captum and pytorch-grad-cam. `make bench`.

One setting is a method on a network, with so many images and threads. Its contestants are "ours", "floor" and the
libraries that have the method; first their maps are compared, then they are timed. In each round every contestant runs
once, in random order; the ratios are taken round by round, so that a machine that slows down slows both sides.

To measure a part: python tests/bench.py --methods grad_cam --networks resnet18 --batches 8 --threads 2 --rounds 3
"""

import argparse
import copy
import ctypes
import gc
import os
import platform
import random
import sys
import timeit
import warnings
from collections import namedtuple
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from captum import attr
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from tqdm import tqdm

import utils

README = Path(__file__).resolve().parents[1] / "README.md"
MARKERS = "<!-- bench -->", "<!-- /bench -->"
METHODS = ["vanilla_gradient", "deconvnet", "guided_backprop", "grad_cam", "integrated_gradients", "smoothgrad"]
MANY = ["integrated_gradients", "smoothgrad"]  # N_PASSES passes an image
N_PASSES = 50
NETWORKS = {"hands": "12", "squeezenet1_1": "classifier.1", "resnet18": "layer4"}  # with the layer for Grad-CAM
LIBRARIES = {"Captum": "captum", "pytorch-grad-cam": "grad-cam"}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}
ROWS = [1, 2, 5, 10, 25]  # at a time, each divides N_PASSES
NOISE = 0.15

Setting = namedtuple("Setting", "method network batch threads")
Result = namedtuple("Result", "setting label seconds ratios layout")  # ratios: {"floor": three quartiles, …}


@cache
def load(network, batch):
    """(model in eval mode, images (batch, 3, h, w), a class for each image); the weights of the large ones are random.

    The images are hands, each of them stretched to 0…1: captum's noise then has the same size as ours.
    """
    images = utils.load_hands("test").images[:batch]
    if network == "hands":
        model = utils.load_network("hands")
    else:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = torchvision.models.get_model(network, weights=None).eval()
        images = F.interpolate(images, (224, 224), mode="bilinear")
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    images = (images - low) / (high - low)
    with torch.no_grad():
        return model, images, model(images).argmax(1)


def contestants(method, network, model, images, target, n=N_PASSES):
    """{name: function() → maps}, all but the floor. Each has a model of its own, laid out as its user has it."""

    def own():
        copied = copy.deepcopy(model)
        return copied, copied.get_submodule(NETWORKS[network])

    ours, layer = own()
    calls = {
        "vanilla_gradient": lambda: utils.vanilla_gradient(ours, images, target),
        "deconvnet": lambda: utils.deconvnet(ours, images, target),
        "guided_backprop": lambda: utils.guided_backprop(ours, images, target),
        "grad_cam": lambda: utils.grad_cam(ours, images, target, layer),
        "integrated_gradients": lambda: utils.integrated_gradients(ours, images, target, n_steps=n),
        "smoothgrad": lambda: utils.smoothgrad(
            utils.vanilla_gradient, ours, images, target, noise_level=NOISE, n_samples=n
        ),
    }
    theirs, their_layer = own()
    if method in ("deconvnet", "guided_backprop"):
        without_in_place(theirs)  # captum's backward hooks need it
    size = images.shape[2:]
    captum = {
        "vanilla_gradient": lambda: attr.Saliency(theirs).attribute(images, target, abs=False),
        "deconvnet": lambda: attr.Deconvolution(theirs).attribute(images, target),
        "guided_backprop": lambda: attr.GuidedBackprop(theirs).attribute(images, target),
        "grad_cam": lambda: attr.LayerAttribution.interpolate(
            attr.LayerGradCam(theirs, their_layer).attribute(images, target, relu_attributions=True), size, "bilinear"
        ),
        "integrated_gradients": lambda: attr.IntegratedGradients(theirs).attribute(images, target=target, n_steps=n),
        "smoothgrad": lambda: attr.NoiseTunnel(attr.Saliency(theirs)).attribute(
            images, nt_samples=n, stdevs=NOISE, target=target, abs=False
        ),
    }
    found = {"ours": calls[method], "Captum": captum[method]}
    if method == "grad_cam":
        default, _ = own()
        found["ours, layer=None"] = lambda: utils.grad_cam(default, images, target)
        third, third_layer = own()

        def pytorch_grad_cam():
            with GradCAM(third, [third_layer]) as library:
                return torch.from_numpy(library(images, [ClassifierOutputTarget(c) for c in target.tolist()]))[:, None]

        found["pytorch-grad-cam"] = pytorch_grad_cam
    return found


def without_in_place(model):
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False


def bare_passes(model, images, target, layout, *, gradient=True, n=1, rows=None):
    """A function that does n passes of each image, `rows` at a time (None: all), and nothing else.

    A pass is a forward, with gradient=True and the gradient of the class's score with respect to the image. The model
    is frozen, and model and images are laid out beforehand. Returns the gradients or the scores, batch by batch.
    """
    model = copy.deepcopy(model).requires_grad_(False).to(memory_format=layout)
    rows = rows or n * len(images)
    batches = images.repeat_interleave(n, 0).to(memory_format=layout).split(rows)
    classes = target.repeat_interleave(n)[:, None].split(rows)

    def one(x, c):
        if not gradient:
            with torch.no_grad():
                return model(x)
        x = x.detach().requires_grad_()
        return torch.autograd.grad(model(x).gather(1, c).sum(), x)[0]

    return lambda: [one(x, c) for x, c in zip(batches, classes, strict=True)]


def floor(setting, model, images, target, n=N_PASSES):
    """(bare_passes as many as the method needs, how they are laid out), the fastest of the layouts measured here."""
    gradient = setting.method != "grad_cam"
    if setting.method in MANY:
        layout, rows = fastest_rows(setting.network, setting.threads)
        return bare_passes(model, images, target, LAYOUTS[layout], n=n, rows=rows), f"{layout}, {rows} at a time"
    layout = fastest(
        {name: (bare_passes(model, images, target, layout, gradient=gradient), 1) for name, layout in LAYOUTS.items()}
    )
    return bare_passes(model, images, target, LAYOUTS[layout], gradient=gradient), layout


@cache
def fastest_rows(network, threads):
    """(layout, number of images at a time) in which an input gradient takes least time."""
    torch.set_num_threads(threads)
    model, images, target = load(network, 1)
    return fastest(
        {
            (name, rows): (bare_passes(model, images, target, layout, n=rows), rows)
            for name, layout in LAYOUTS.items()
            for rows in ROWS
        }
    )


def fastest(candidates, repeats=4):
    """The name of the candidate (function, its number of passes) with the least time a pass."""
    calls = {name: call for name, (call, _) in candidates.items()}
    seconds = measure(calls, repeats, lambda call: timed(call, 1), random.Random(0))  # the first run warms up
    return min(candidates, key=lambda name: seconds[name].min() / candidates[name][1])


def disagreement(method, maps, second_seed=None):
    """{library: sentence} for each whose maps are not ours, by rank correlation, the worst image.

    Two means of 50 noisy maps are not equal: SmoothGrad's have to be as alike as `second_seed`, ours with other noise.
    """
    least = {"integrated_gradients": 0.98}.get(method, 0.99)  # the libraries' points on the path are others
    if second_seed is not None:
        least = utils.map_similarity(maps["ours"], second_seed).min().item() - 0.05
    found = {}
    for library in LIBRARIES.keys() & maps.keys():
        alike = utils.map_similarity(maps["ours"], maps[library].detach()).min().item()
        if alike < least:
            found[library] = f"{library}'s {method} is another map: rank correlation {alike:.2f}, not {least:.2f}"
    return found


def timed(call, number):
    """Seconds of one call, the mean of `number`."""
    gc.collect()  # what one contestant leaves behind is not on another's bill
    return timeit.timeit(call, number=number) / number


def measure(calls, rounds, clock, order, after_round=lambda: None):
    """{name: its seconds in each round, (rounds,)}: every call runs once a round, shuffled by `order`."""
    seconds = {name: [] for name in calls}
    for _ in range(rounds):
        for name in order.sample(list(calls), len(calls)):
            seconds[name].append(clock(calls[name]))
        after_round()
    return {name: np.array(each) for name, each in seconds.items()}


def quartiles(seconds, others):
    """Quartiles of the ratio, taken round by round."""
    return np.percentile(seconds / others, [25, 50, 75])


def rounds_of(setting, rounds):
    """A third where each call is itself made of N_PASSES passes: it takes as much longer as it varies less."""
    return max(3, rounds // 3) if setting.method in MANY else rounds


def run(setting, rounds, order, bar):
    """The results of one setting (two for Grad-CAM: the layer given, and layer=None), and what to warn of."""
    torch.set_num_threads(setting.threads)
    model, images, target = load(setting.network, setting.batch)
    calls = contestants(setting.method, setting.network, model, images, target)
    maps = {name: call() for name, call in calls.items()}  # also the warm-up
    again = (
        utils.smoothgrad(utils.vanilla_gradient, model, images, target, noise_level=NOISE, seed=1)
        if setting.method == "smoothgrad"
        else None
    )
    differing = disagreement(setting.method, maps, again)
    calls["floor"], layout = floor(setting, model, images, target)
    number = max(1, round(0.02 / min(timeit.repeat(calls["floor"], number=1, repeat=2))))
    calls = {name: call for name, call in calls.items() if name not in differing}
    seconds = measure(calls, rounds, lambda call: timed(call, number), order, bar.update)

    results = []
    for label in sorted(calls.keys() & {"ours", "ours, layer=None"}):
        against = [name for name in ("floor", *LIBRARIES) if name in calls and (label == "ours" or name == "floor")]
        results.append(
            Result(
                setting,
                label,
                np.median(seconds[label]),
                {name: quartiles(seconds[label], seconds[name]) for name in against},
                layout,
            )
        )
    return results, list(differing.values())


def peak_memory(n_steps):
    """MiB that integrated_gradients takes at its peak above what the process had just before; Linux only.

    One image, squeezenet1_1, in a process of its own. The peak is the kernel's, reset before the call: ru_maxrss would
    also hold that of the imports. What earlier calls freed and malloc keeps is given back first, or it would hide some.
    """
    model, images, target = load("squeezenet1_1", 1)
    utils.vanilla_gradient(model, images, target)  # what PyTorch sets up once is not the method's
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    utils.integrated_gradients(model, images, target, n_steps=n_steps)
    return _resident("VmHWM") - before


def _resident(name):
    lines = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def memory(repeats=3, steps=(25, 200)):
    """A sentence on the peak memory at each number of steps, the median of processes started anew in turn."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        peaks = np.array(list(pool.map(peak_memory, steps * repeats))).reshape(repeats, len(steps))
    few, many = np.median(peaks, axis=0)
    low, high = peaks.min(axis=0), peaks.max(axis=0)
    return (
        f"Peak memory of `integrated_gradients` on squeezenet1_1, one image, above what the process had before: "
        f"{few:.0f} MiB ({low[0]:.0f}–{high[0]:.0f}) with {steps[0]} steps, "
        f"{many:.0f} MiB ({low[1]:.0f}–{high[1]:.0f}) with {steps[1]}, {many / few:.2f} times as much. "
        f"Median of {repeats} fresh processes (lowest–highest)."
    )


def table(results, layouts=False):
    """A Markdown table, a row for each result."""
    columns = ["", "network", "images", "threads", "time", "÷ floor", *[f"÷ {name}" for name in LIBRARIES]]
    lines = [
        "| " + " | ".join(columns + ["floor's layout"] * layouts) + " |",
        "|" + " --- |" * 2 + " ---: |" * (len(columns) - 2) + " --- |" * layouts,
    ]
    for setting, label, seconds, ratios, layout in results:
        name = f"`{setting.method}`" + label.removeprefix("ours")
        time = f"{1000 * seconds:.{0 if seconds > 0.1 else 1}f} ms"
        cells = [name, setting.network, setting.batch, setting.threads, time]
        for other in ("floor", *LIBRARIES):
            cells.append("**{1:.2f}** ({0:.2f}–{2:.2f})".format(*ratios[other]) if other in ratios else "–")
        lines.append("| " + " | ".join(map(str, cells + [layout] * layouts)) + " |")
    return "\n".join(lines)


def summary(results):
    """Of each method on each network the largest setting: most images, most threads."""
    largest = {}
    for result in results:
        key = METHODS.index(result.setting.method), result.label, list(NETWORKS).index(result.setting.network)
        largest[key] = max(result, largest.get(key, result), key=lambda r: (r.setting.batch, r.setting.threads))
    return [largest[key] for key in sorted(largest)]


def report(results, warned, rounds, memory_sentence):
    """What stands in the README between the markers."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "captum", "grad-cam"))
    fewer = rounds_of(Setting(MANY[0], "hands", 1, 1), rounds)
    parts = [
        "Time of one call, divided by that of another for the same maps; below 1 is faster. *Floor*: the passes the "
        "method cannot do without, and nothing else, in the fastest layout: one forward for Grad-CAM, one forward and "
        f"input gradient for the three gradients, {N_PASSES} an image for integrated gradients and SmoothGrad. Each "
        f"library is called with its defaults. Median (quartiles) of the ratios in {rounds} rounds, {fewer} for the "
        "last two methods; in each round every contestant runs once, in random order, in one process. "
        f"{versions}; {cpu()}.",
        table(summary(results)),
        *warned,
        *[memory_sentence] * bool(memory_sentence),
        f"<details><summary>All {len(results)} rows</summary>",
        table(results, layouts=True),
        "</details>",
    ]
    return "\n\n".join(parts)


def cpu():
    """The processor's name and number of cores; nothing that names the machine."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.partition(": ")[2] for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return f"{(names or [platform.processor() or platform.machine()])[0]}, {os.cpu_count()} cores"


def put_between(text, new):
    """The text with what stands between the two markers replaced."""
    start, end = MARKERS
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise ValueError(f"expected {start} and, behind it, {end}, each of them once")
    before, after = text.partition(start)[0], text.partition(end)[2]
    return f"{before}{start}\n{new}\n{end}{after}"


def settings(methods, networks, batches, threads):
    """Those to measure. The large networks see one image where N_PASSES passes are needed, or it would take minutes."""
    return [
        Setting(method, network, batch, n)
        for network in networks
        for batch in batches
        for n in threads
        for method in methods
        if not (method in MANY and network != "hands" and batch > 1)
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8], metavar="N")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N")
    parser.add_argument("--rounds", type=int, default=12, help=f"a third where a call is {N_PASSES} passes")
    parser.add_argument("--write", action="store_true", help="put the table into README.md; all of it is measured")
    asked = parser.parse_args()
    chosen = settings(asked.methods, asked.networks, asked.batches, asked.threads)
    if asked.write:
        put_between(README.read_text(encoding="utf-8"), "")  # it fails now rather than at the end
    if asked.write and chosen != settings(METHODS, NETWORKS, [1, 8], [1, 2]):
        parser.error("--write is for the whole table: leave the choices out")
    if not chosen:
        parser.error(
            f"nothing to measure: on a large network {' and '.join(MANY)} are measured with one image only, --batches 1"
        )

    warnings.simplefilter("ignore")  # captum's on hooks and gradients
    torch.manual_seed(0)  # captum's noise
    gc.freeze()  # what the imports made is not looked through again at each gc.collect()
    about = (
        memory()
        if {"integrated_gradients", "squeezenet1_1"} <= {*asked.methods, *asked.networks} and sys.platform == "linux"
        else ""
    )
    results, warned, order = [], [], random.Random(0)
    with tqdm(total=sum(rounds_of(setting, asked.rounds) for setting in chosen)) as bar:
        for setting in chosen:
            bar.set_description("{1}, {2} images, {3} threads: {0}".format(*setting))
            found, differing = run(setting, rounds_of(setting, asked.rounds), order, bar)
            results += found
            warned += [f"**Not compared** on {setting.network}, {setting.batch} images: {each}" for each in differing]
    text = report(results, list(dict.fromkeys(warned)), asked.rounds, about)
    gc.unfreeze()  # or PyTorch's bindings complain of leaks at the end
    print(text)
    if asked.write:
        README.write_text(put_between(README.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
