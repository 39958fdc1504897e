"""The measurement of the methods: it compares what is alike, counts what it says, and writes where it may."""

import itertools
import random
import re
import sys
from pathlib import Path

import bench
import numpy as np
import pytest
import torch
from captum import attr

import utils

README = Path(__file__).resolve().parents[1] / "README.md"
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:captum")
ROUGHLY = {"integrated_gradients": 40, "smoothgrad": 10}  # passes that still tell a right map from a wrong one


@pytest.fixture(autouse=True)
def threads_as_found():
    n = torch.get_num_threads()
    yield
    torch.set_num_threads(n)


def compared(method, **replaced):
    """bench.disagreement on two hands, with some of the contestants replaced by replaced[name](model, images, target).

    The large networks are compared by the benchmark itself, before it times them.
    """
    torch.manual_seed(0)  # captum's noise
    model, images, target = bench.load("hands", 2)
    calls = bench.contestants(method, "hands", model, images, target, ROUGHLY.get(method))
    maps = {name: call() for name, call in calls.items() if name not in replaced}
    maps |= {name: call(model, images, target) for name, call in replaced.items()}
    again = (
        utils.smoothgrad(utils.vanilla_gradient, model, images, target, n_samples=ROUGHLY[method], seed=1)
        if method == "smoothgrad"
        else None
    )
    return bench.disagreement(method, maps, again), maps


@pytest.mark.parametrize("method", bench.METHODS)
def test_all_contestants_compute_the_same_map(method):
    found, maps = compared(method)
    assert found == {}
    assert len(maps) == (4 if method == "grad_cam" else 2)
    assert all(each.abs().sum() > 0 for each in maps.values())


WRONG = {
    "vanilla_gradient, its size": lambda m, x, t: attr.Saliency(m).attribute(x, t),
    "vanilla_gradient, of another class": lambda m, x, t: attr.Saliency(m).attribute(x, (t + 1) % 3, abs=False),
    "deconvnet, guided": lambda m, x, t: attr.GuidedBackprop(m).attribute(x, t),
    "guided_backprop, deconvnet": lambda m, x, t: attr.Deconvolution(m).attribute(x, t),
    "grad_cam, another layer": lambda m, x, t: utils.grad_cam(m, x, t, m[10]),
    "integrated_gradients, from white": lambda m, x, t: attr.IntegratedGradients(m).attribute(x, 1.0, t, n_steps=40),
    "smoothgrad, more noise": lambda m, x, t: attr.NoiseTunnel(attr.Saliency(m)).attribute(
        x, nt_samples=10, stdevs=0.6, target=t, abs=False),
    "smoothgrad, squares": lambda m, x, t: attr.NoiseTunnel(attr.Saliency(m)).attribute(
        x, "smoothgrad_sq", nt_samples=10, stdevs=0.15, target=t, abs=False),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_another_map_is_noticed(case):
    method = case.partition(",")[0]
    found, _ = compared(method, Captum=WRONG[case])
    assert list(found) == ["Captum"] and method in found["Captum"]


def test_a_library_with_another_map_is_named_and_not_timed(monkeypatch):
    right = bench.contestants

    def one_wrong(*args):
        return right(*args) | {"Captum": lambda: -right(*args)["Captum"]()}

    monkeypatch.setattr(bench, "contestants", one_wrong)
    monkeypatch.setattr(bench, "timed", lambda call, number: 1.0)
    setting = bench.Setting("grad_cam", "hands", 1, 1)
    results, warned = bench.run(setting, 2, random.Random(0), SilentBar())
    assert len(warned) == 1 and "Captum" in warned[0]
    assert results[0].ratios.keys() == {"floor", "pytorch-grad-cam"}


class SilentBar:
    def update(self):
        pass


def counted(model):
    """[rows of each forward] that a model and its copies make, with what they were allowed to keep."""
    seen = []
    model.register_forward_hook(lambda module, args, output: seen.append((len(args[0]), output.requires_grad)))
    return seen


class TestFloor:
    @pytest.fixture(autouse=True)
    def not_timed(self, monkeypatch):
        monkeypatch.setattr(bench, "timed", lambda call, number: len(call()))

    def of(self, method, batch, n=bench.N_PASSES):
        model, images, target = bench.load("hands", batch)
        model = bench.copy.deepcopy(model)
        seen = counted(model)
        call, _ = bench.floor(bench.Setting(method, "hands", batch, 1), model, images, target, n)
        seen.clear()
        return call(), seen

    @pytest.mark.parametrize("method", ["vanilla_gradient", "deconvnet", "guided_backprop"])
    def test_is_one_gradient_an_image(self, method):
        (gradient,), seen = self.of(method, 2)
        assert seen == [(2, True)]
        torch.testing.assert_close(gradient, utils.vanilla_gradient(*bench.load("hands", 2)), atol=1e-5, rtol=1e-4)

    def test_is_one_forward_for_grad_cam(self):
        (scores,), seen = self.of("grad_cam", 2)
        assert seen == [(2, False)]
        model, images, _ = bench.load("hands", 2)
        torch.testing.assert_close(scores, model(images).detach(), atol=1e-4, rtol=1e-4)

    @pytest.mark.parametrize("method", bench.MANY)
    def test_is_n_gradients_an_image_for_the_others(self, method, monkeypatch):
        monkeypatch.setattr(bench, "fastest_rows", lambda network, threads: ("channels last", 4))
        gradients, seen = self.of(method, 2, n=5)
        assert seen == [(4, True), (4, True), (2, True)]
        one = utils.vanilla_gradient(*bench.load("hands", 2))
        torch.testing.assert_close(torch.cat(gradients), one[[0] * 5 + [1] * 5], atol=1e-5, rtol=1e-4)

    def test_takes_the_fastest_a_pass(self, monkeypatch):
        seconds = {"one": itertools.cycle([9, 2]), "ten": itertools.cycle([60, 10]), "slow": itertools.cycle([5, 4])}
        monkeypatch.setattr(bench, "timed", lambda call, number: next(seconds[call()]))  # at best 2, 1 and 4 a pass
        candidates = {"one": (lambda: "one", 1), "ten": (lambda: "ten", 10), "slow": (lambda: "slow", 1)}
        assert bench.fastest(candidates) == "ten"


class TestMeasure:
    def test_ratios_are_taken_round_by_round(self):
        """A machine that gets ten times as slow each round: the medians' own ratio, 40 / 10, would be another."""
        speeds = [1, 10, 100]
        costs = {"ours": [2, 4, 3], "floor": [1, 1, 1]}
        timed = itertools.count()
        rounds = {name: iter(each) for name, each in costs.items()}

        def clock(call):
            return speeds[next(timed) // len(costs)] * next(rounds[call])

        seconds = bench.measure({name: name for name in costs}, 3, clock, random.Random(0))
        assert seconds["ours"].tolist() == [2, 40, 300] and seconds["floor"].tolist() == [1, 10, 100]
        assert bench.quartiles(seconds["ours"], seconds["floor"]).tolist() == [2.5, 3, 3.5]

    def test_every_call_once_a_round_in_changing_order(self):
        met, ended = [], []
        bench.measure(
            {name: name for name in "abcd"},
            20,
            lambda call: met.append(call) or 1.0,
            random.Random(0),
            lambda: ended.append(len(met)),
        )
        rounds = ["".join(met[i : i + 4]) for i in range(0, 80, 4)]
        assert all(sorted(each) == list("abcd") for each in rounds) and len(set(rounds)) > 5
        assert ended == list(range(4, 81, 4))

    def test_time_is_that_of_one_call(self, monkeypatch):
        monkeypatch.setattr(bench.timeit, "timeit", lambda call, number: 3.0 * number)
        assert bench.timed(None, 7) == 3.0

    @pytest.mark.skipif(sys.platform != "linux", reason="the kernel's peak is read from /proc")
    def test_peak_memory_is_that_of_the_call(self, monkeypatch):
        monkeypatch.setattr(bench, "load", lambda network, batch: (None, None, None))
        monkeypatch.setattr(utils, "vanilla_gradient", lambda *args: np.ones(2**24))  # 128 MiB, before
        monkeypatch.setattr(utils, "integrated_gradients", lambda *args, n_steps: np.ones(n_steps * 2**17).sum())
        assert 63 < bench.peak_memory(64) < 70  # 64 of a MiB each


RESULTS = [
    bench.Result(bench.Setting("grad_cam", "hands", batch, threads), label, 0.0123 * batch,
                 {"floor": np.array([1.0, 1.25, 1.5])} | extra, "channels last")
    for batch in (1, 8) for threads in (1, 2)
    for label, extra in (("ours", {"Captum": np.array([0.5, 0.6, 0.7])}), ("ours, layer=None", {}))
]  # fmt: skip


class TestReport:
    def test_a_row_says_what_is_compared(self):
        head, _, first, second, *_ = bench.table(RESULTS).splitlines()
        assert head == "|  | network | images | threads | time | ÷ floor | ÷ Captum | ÷ pytorch-grad-cam |"
        assert first == ("| `grad_cam` | hands | 1 | 1 | 12.3 ms | **1.25** (1.00–1.50) | **0.60** (0.50–0.70) | – |")
        assert second == "| `grad_cam`, layer=None | hands | 1 | 1 | 12.3 ms | **1.25** (1.00–1.50) | – | – |"
        assert all(line.count("|") == 10 for line in bench.table(RESULTS, layouts=True).splitlines())

    def test_the_summary_has_the_largest_setting_of_each(self):
        found = [(each.setting.batch, each.setting.threads, each.label) for each in bench.summary(RESULTS)]
        assert found == [(8, 2, "ours"), (8, 2, "ours, layer=None")]

    def test_it_names_versions_and_warnings_and_no_machine(self):
        text = bench.report(RESULTS, ["**Not compared**: Captum"], 12, "Peak memory: 1 MiB")
        assert f"torch {torch.__version__.partition('+')[0]}" in text and "**Not compared**: Captum" in text
        assert "Peak memory: 1 MiB" in text and "12 rounds, 4 for the last two" in text
        assert bench.platform.node() not in text

    def test_only_what_stands_between_the_markers_is_replaced(self):
        start, end = bench.MARKERS
        before, after = "# Title\n\\1 | a table |\n", "\n## Licence\n"
        once = bench.put_between(f"{before}{start}\nold\n{end}{after}", "new \\g<0>")
        assert once == f"{before}{start}\nnew \\g<0>\n{end}{after}"
        assert bench.put_between(once, "new \\g<0>") == once

    @pytest.mark.parametrize("text", ["none", "{0}", "{1}", "{1} {0}", "{0} {0} {1}", "{0} {1} {1}"])
    def test_without_its_markers_it_is_left_alone(self, text):
        with pytest.raises(ValueError, match="bench"):
            bench.put_between(text.format(*bench.MARKERS), "new")

    def test_the_readme_has_them(self):
        text = README.read_text(encoding="utf-8")
        old = re.search("{}\n(.*)\n{}".format(*bench.MARKERS), text, re.DOTALL)[1]
        assert bench.put_between(text, old) == text


class TestCommand:
    def test_a_part_is_measured_and_printed(self, monkeypatch, capsys):
        monkeypatch.setattr(
            sys, "argv", "bench --methods grad_cam --networks hands --batches 1 --threads 1 --rounds 1".split()
        )
        bench.main()
        printed = capsys.readouterr().out
        rows = [line for line in printed.splitlines() if line.startswith("| `grad_cam`")]
        assert len(rows) == 4 and "Not compared" not in printed  # two above, the same two folded away
        assert re.search(r"\| hands \| 1 \| 1 \| [\d.]+ ms \|( \*\*[\d.]+\*\* \([\d.]+–[\d.]+\) \|){3}$", rows[0])

    @pytest.mark.parametrize(
        "choice", ["--methods smoothgrad --write", "--networks resnet18 --methods smoothgrad --batches 8"]
    )
    def test_what_cannot_be_asked(self, choice, monkeypatch, capsys):
        before = README.read_bytes()
        monkeypatch.setattr(sys, "argv", ["bench", *choice.split()])
        with pytest.raises(SystemExit):
            bench.main()
        assert re.search("error: .*(the whole table|--batches 1)", capsys.readouterr().err)
        assert README.read_bytes() == before

    def test_all_of_it(self):
        chosen = bench.settings(bench.METHODS, bench.NETWORKS, [1, 8], [1, 2])
        # six methods on hands in four ways; on each large network four in four ways, two with one image
        assert len(set(chosen)) == len(chosen) == 6 * 4 + 2 * (4 * 4 + 2 * 2)
        assert {
            each for each in chosen if each.method in bench.MANY and each.network != "hands" and each.batch > 1
        } == set()
        assert {bench.rounds_of(each, 12) for each in chosen if each.method in bench.MANY} == {4}
        assert {bench.rounds_of(each, 12) for each in chosen if each.method not in bench.MANY} == {12}
