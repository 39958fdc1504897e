"""Every exercise: right answers are right, wrong ones are told why, and what goes wrong otherwise gets a clear
sentence.
"""

import contextlib
import copy
import inspect
import math
import operator
import re
from functools import cache

import numpy as np
import pytest
import torch
from held_out import metrics, perturbation, relevance, sanity_checks, shapley
from scipy.stats import rankdata, spearmanr
from torch import nn
from torchvision.transforms.functional import gaussian_blur

from utils import load_network, methods
from utils.classroom import judge as judging
from utils.classroom.derived import derived
from utils.classroom.diagnosis import same
from utils.classroom.exercise import call, copied
from utils.classroom.exercises import EXERCISES, facts
from utils.classroom.judge import judge
from utils.classroom.surroundings import seed
from utils.methods import relu_rule

EVERY = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
MISCONCEPTIONS = [
    (exercise, misconception) for exercise in EXERCISES.values() for misconception in exercise.misconceptions
]


def all_cases(exercise):
    """The calls on which an answer is judged: the exercise's own and those derived from them."""
    return [*exercise.cases(), *derived(exercise)]


REMEMBERED = {}  # of the course's own functions, which give the same each time: what one gives on a case
work_out = judging._ours


def remembered(exercise, function, case):
    """What judge works out with `_ours`, once for all these tests."""
    key = exercise, function, case.what
    if key not in REMEMBERED:
        attempt = work_out(exercise, function, case)
        if attempt.error is not None:
            attempt.error.__traceback__ = None  # it holds all that was there
        REMEMBERED[key] = attempt._replace(case=None)
    return REMEMBERED[key]._replace(case=case)


@pytest.fixture(autouse=True)
def worked_out_once(monkeypatch):
    monkeypatch.setattr(judging, "_ours", remembered)


@cache
def outcomes_of(function, exercise):
    """What `function` gives on each case, or raises; where it is tried more than once, on each call."""
    outcomes = []
    if exercise.trial is not None:
        tried = exercise.trial(recording(function, outcomes))
        for case in all_cases(exercise):
            seed()
            with contextlib.suppress(Exception):
                call(tried, case, copied(case.arguments))
        return outcomes
    for case in all_cases(exercise):
        if exercise.read is None:
            attempt = remembered(exercise, function, case)
            outcomes.append(attempt.result if attempt.error is None else attempt.error)
            continue
        seed()
        arguments = copied(case.arguments)
        try:
            outcomes.append(with_its_slope(call(function, case, arguments), marked(arguments)))
        except Exception as error:
            outcomes.append(error)
    return outcomes


def recording(function, outcomes):
    """`function`, with all that it gives or raises put into the list."""

    def recorded(*given, **named):
        try:
            outcomes.append(function(*given, **named))
        except Exception as error:
            outcomes.append(error)
            raise
        return outcomes[-1]

    return recorded


def marked(arguments):
    """Those that a gradient is wanted for."""
    return [each for each in arguments if isinstance(each, torch.Tensor) and each.requires_grad]


def with_its_slope(outcome, leaves):
    """The outcome, and what its sum has for a gradient: it may be judged by that, too."""
    if isinstance(outcome, torch.Tensor) and outcome.requires_grad and leaves:
        (outcome.slope,) = torch.autograd.grad(outcome.sum(), leaves[0], retain_graph=True, allow_unused=True)
    return outcome


def answer(function, exercise):
    """What `function` gives on each case, worked out beforehand: the answer itself calls nothing of the course."""
    remaining = iter(outcomes_of(function, exercise))

    def replay(arguments):
        outcome = next(remaining, ValueError("refused"))  # after the cases come the calls that are to be refused
        if isinstance(outcome, Exception):
            raise outcome
        leaves = marked(arguments)
        if isinstance(outcome, torch.Tensor) and outcome.requires_grad and leaves:
            slope = getattr(outcome, "slope", None)
            change = (0 if slope is None else slope) * (leaves[0] - leaves[0].detach())
            return outcome.detach() + change.sum() / outcome.numel()  # its history leads to the images of this call
        if isinstance(outcome, torch.Tensor):
            return outcome.clone()
        holds_networks = isinstance(outcome, nn.Module) or exercise.trial is not None
        return copied([outcome])[0] if holds_networks else outcome  # some tests change what they are given

    return with_its_signature(exercise, replay)


def with_its_signature(exercise, function):
    """`function(arguments)` as an answer with the names and the defaults of the exercise."""
    given = ", ".join(
        f"{name}={exercise.defaults[name]!r}" if name in exercise.defaults else name for name in exercise.parameters
    )
    names = ", ".join(exercise.parameters)
    namespace = {"function": function}
    exec(f"def {exercise.name}({given}): return function(({names},))", namespace)
    return namespace[exercise.name]


def spoilt(exercise, spoil):
    """The right answer with its result, or its arguments, put through `spoil(result, arguments)`."""
    right = answer(exercise.reference, exercise)
    return with_its_signature(exercise, lambda arguments: spoil(right(*arguments), arguments))


def is_clear(message):
    """A sentence or two that a learner can read, and nothing from inside."""
    assert 15 < len(message) < 900
    for inside in ("Traceback", "utils/", "site-packages", "AssertionError", "object at 0x"):
        assert inside not in message
    return message


@EVERY
def test_the_reference_is_right(exercise):
    assert judge(exercise.name, answer(exercise.reference, exercise)).status == "right"


@EVERY
def test_the_reference_refuses_what_is_to_be_refused(exercise):
    for case in exercise.refused():
        with pytest.raises(ValueError):
            call(exercise.reference, case, copied(case.arguments))


@EVERY
def test_the_stub_is_not_attempted(exercise):
    def stub(*arguments):
        raise NotImplementedError("write your code here")

    assert judge(exercise.name, stub).status == "not attempted"


@EVERY
def test_at_least_three_misconceptions_with_sentences_of_their_own(exercise):
    sentences = [inspect.cleandoc(misconception.__doc__) for misconception in exercise.misconceptions]
    assert len(sentences) >= 3
    assert len(set(sentences)) == len(sentences)
    assert all(is_clear(sentence) for sentence in sentences)


@pytest.mark.parametrize(
    "exercise, misconception", MISCONCEPTIONS, ids=[f"{e.name}-{m.__name__}" for e, m in MISCONCEPTIONS]
)
def test_each_misconception_is_rejected_with_its_own_sentence(exercise, misconception):
    verdict = judge(exercise.name, answer(misconception, exercise))
    assert verdict.status == "wrong"
    assert verdict.message == inspect.cleandoc(misconception.__doc__)


# nuisances: name → (what is done to the right answer, words its verdict must have)


def numpy_array(result, arguments):
    return result.detach().numpy()


def wrong_shape(result, arguments):
    return result.detach()[None]


def integers(result, arguments):
    return (100 * result.detach()).to(torch.int32)


def nan(result, arguments):
    return torch.full_like(result, float("nan"))


def zeros(result, arguments):
    return torch.zeros_like(result)


def change_the_tensor(result, arguments):
    tensor = next(a for a in arguments if isinstance(a, torch.Tensor)).data
    tensor.logical_not_() if tensor.dtype == torch.bool else tensor.add_(1)
    return result


def mark_the_images(result, arguments):
    images = next(a for a in arguments if isinstance(a, torch.Tensor))
    images.grad = torch.ones_like(images)
    return result


def change_the_mode(result, arguments):
    arguments[0].train()
    return result


def fill_grad(result, arguments):
    for parameter in arguments[0].parameters():
        parameter.grad = torch.ones_like(parameter)
    return result


def freeze(result, arguments):
    for parameter in arguments[0].parameters():
        parameter.requires_grad_(not parameter.requires_grad)
    return result


def train(result, arguments):
    with torch.no_grad():
        for parameter in arguments[0].parameters():
            parameter += 1
    return result


def leave_a_hook(result, arguments):
    arguments[0].register_forward_hook(lambda *_: None)
    return result


RESULTS = {
    "a string": (lambda result, arguments: "0.5", "a str"),
    "a list of one": (lambda result, arguments: [0.5], "a list of 1"),
    "a numpy array": (numpy_array, "numpy"),
    "another shape": (wrong_shape, "shape"),
    "integers": (integers, "torch.int32"),
    "NaN": (nan, "NaN"),
    "zeros": (zeros, "not"),
}
SIDE_EFFECTS = {
    "changes its input": (change_the_tensor, "changed the tensor"),
    "marks the images": (mark_the_images, "requires_grad"),
    "leaves another mode": (change_the_mode, "another mode"),
    "fills .grad": (fill_grad, ".grad"),
    "freezes the model": (freeze, "requires_grad"),
    "trains the model": (train, "changed the model"),
    "leaves a hook": (leave_a_hook, "hook"),
}
ANY_NUMBER = {
    "relu_active",
    "saturating_gradient",
    "finite_difference",
    "noise_to_signal",
    "shapley_kernel",
}  # there the type is free
ONE_NUMBER = {
    "finite_difference",
    "noise_to_signal",
    "interaction_index",
    "krippendorff",
}  # there its dimensions are free
ON_A_MODEL = {"leaves another mode", "fills .grad", "freezes the model", "trains the model", "leaves a hook"}


def takes_a_model(exercise):
    return isinstance(exercise.cases()[0].arguments[0], nn.Module)


def pairs(names, fits):
    """Each exercise with each of the names that fits it, as parameters of a test."""
    return pytest.mark.parametrize(
        "exercise, name",
        [
            pytest.param(exercise, name, id=f"{exercise.name}-{name}")
            for exercise in EXERCISES.values()
            for name in names
            if fits(exercise, name)
        ],
    )


@pairs(
    RESULTS,
    lambda exercise, name: (
        exercise.read is None
        and exercise.trial is None
        and not (
            name == "integers"
            and exercise.name in ANY_NUMBER
            or name in {"another shape", "a numpy array"}
            and exercise.name in ONE_NUMBER
        )
    ),
)
def test_a_useless_result_is_told(exercise, name):
    spoil, words = RESULTS[name]
    verdict = judge(
        exercise.name, spoilt(exercise, (lambda result, arguments: spoil(torch.as_tensor(result), arguments)))
    )
    assert verdict.status == "wrong"
    if not any(inspect.cleandoc(m.__doc__) == verdict.message for m in exercise.misconceptions):
        assert words in is_clear(verdict.message)


def takes_a_tensor(exercise):
    return any(isinstance(argument, torch.Tensor) for argument in exercise.cases()[0].arguments)


@pairs(
    SIDE_EFFECTS,
    lambda exercise, name: takes_a_model(exercise) if name in ON_A_MODEL else takes_a_tensor(exercise),
)
def test_a_side_effect_is_told(exercise, name):
    spoil, words = SIDE_EFFECTS[name]
    verdict = judge(exercise.name, spoilt(exercise, spoil))
    assert verdict.status == "wrong"
    assert words in is_clear(verdict.message)
    assert verdict.message.startswith("Your values are right, but")


@EVERY
def test_nothing_returned_is_told(exercise):
    verdict = judge(exercise.name, spoilt(exercise, lambda result, arguments: None))
    assert verdict.status == "wrong"
    assert "return" in is_clear(verdict.message)


def test_of_gradients_is_spoken_only_where_they_are_asked_for():
    def cover(images, row, column, size, colour):
        images.clone()[:, :, row : row + size, column : column + size] = colour

    def vanilla_gradient(model, images, target):
        x = images.detach().clone().requires_grad_()
        return model(x)[torch.arange(len(x)), target].sum().backward()

    told = judge("cover", cover).message
    assert "returns nothing" in told and "backward" not in told
    assert "`.backward()` itself returns nothing" in judge("vanilla_gradient", vanilla_gradient).message


@EVERY
def test_an_exception_is_told_with_the_learners_own_line(exercise):
    def broken(*arguments):
        return arguments[0].no_such_thing

    verdict = judge(exercise.name, broken)
    assert verdict.status == "wrong"
    assert "AttributeError" in verdict.message and "return arguments[0].no_such_thing" in is_clear(verdict.message)


@EVERY
def test_much_printing_is_hidden_and_mentioned(exercise, capsys):
    def loud(result, arguments):
        print("\n".join(map(str, range(1000))))
        return result

    verdict = judge(exercise.name, spoilt(exercise, loud))
    assert verdict.status == "right"
    assert "prints" in is_clear(verdict.message)
    assert capsys.readouterr().out == ""


@EVERY
def test_the_courses_own_answer_is_not_an_attempt(exercise):
    assert judge(exercise.name, exercise.reference).status == "not attempted"


@EVERY
def test_an_answer_that_calls_the_courses_own_is_told_to_write_it(exercise):
    def borrowed(*arguments):
        return exercise.reference(*arguments)

    verdict = judge(exercise.name, borrowed)
    assert verdict.status == "wrong"
    assert "Write it out yourself" in is_clear(verdict.message)
    assert judge(exercise.name, answer(exercise.reference, exercise)).status == "right"  # and the seal is off again


def in_float64(thing):
    if isinstance(thing, list):
        return [in_float64(each) for each in thing]
    if isinstance(thing, torch.Tensor) and thing.is_floating_point():
        return thing.detach().double()
    return thing.double() if isinstance(thing, nn.Module) else thing


@EVERY
def test_float32s_rounding_is_no_fault(exercise):
    """Four times the rounding error of the reference itself: another order of operations may err as much."""

    def outcome(arguments):
        result = exercise.tried(exercise.reference)(*arguments)
        return torch.as_tensor(result if exercise.read is None else exercise.read(result, *arguments))

    for case in exercise.cases():
        plain = outcome(copy.deepcopy(case.arguments))
        exact = outcome([in_float64(argument) for argument in copy.deepcopy(case.arguments)])
        if plain.dtype == torch.bool:
            continue  # no rounding
        plain = exercise.normalise(plain.detach())
        off = (exact.detach() + 4 * (exact.detach() - plain)).to(plain.dtype)
        assert same(off, plain, exercise.normalise, exercise.floor), (case.what, (off - plain).abs().max())


@EVERY
def test_each_case_is_named_in_full(exercise):
    """It may be the only one that a learner is told of."""
    for case in exercise.cases():
        assert not re.match("(and |likewise|again|the same|as before)", case.what), case.what


@EVERY
def test_a_case_is_handed_over_as_a_copy(exercise):
    """As `copy.deepcopy` makes it: nothing shared with the case, and a layer is one of its network's."""
    for case in all_cases(exercise):
        copies = copied(case.arguments)
        for name, argument, own, plain in zip(
            exercise.parameters, case.arguments, copies, copy.deepcopy(case.arguments), strict=False
        ):
            if not isinstance(argument, nn.Module):
                assert type(own) is type(plain) and same(own, plain) or own == plain
                continue
            assert name != "layer" or any(own is module for module in copies[0].modules())
            for module, mine, theirs in zip(argument.modules(), own.modules(), plain.modules(), strict=True):
                assert mine is not module and type(mine) is type(theirs)
                assert vars(mine).keys() == vars(theirs).keys()
                for key, value in vars(mine).items():
                    assert type(value) is type(vars(theirs)[key])
                    assert value is not vars(module)[key] or vars(theirs)[key] is value
            states = (each.state_dict().values() for each in (argument, own, plain))
            for before, mine, theirs in zip(*states, strict=True):
                assert torch.equal(mine, theirs) and mine.data_ptr() != before.data_ptr()


# answers that differ in an equally valid way --------------------------------------------------------------------------


def score_by_loop(model, images, target):
    targets = target.tolist() if isinstance(target, torch.Tensor) else [target] * len(images)
    return torch.stack([model(image[None])[0, t] for image, t in zip(images, targets, strict=True)])


def score_by_gather(model, images, target):
    return model(images).gather(1, torch.as_tensor(target).expand(len(images))[:, None])[:, 0]


def score_by_one_hot(model, images, target):
    scores = model(images)
    return (scores * nn.functional.one_hot(torch.as_tensor(target), scores.shape[1])).sum(1)


def cover_by_mask(images, row, column, size, colour):
    rows, columns = torch.arange(images.shape[2])[:, None], torch.arange(images.shape[3])
    inside = (rows >= row) & (rows < row + size) & (columns >= column) & (columns < column + size)
    return torch.where(inside, colour, images)


def occlusion_by_stacking(model, images, target, size, colour):
    height, width = images.shape[2:]
    drops = []
    for row in range(0, height, size):
        for column in range(0, width, size):
            covered = images.clone()
            covered[..., row : row + size, column : column + size] = colour
            drops.append(score_by_one_hot(model, images, target) - score_by_one_hot(model, covered, target))
    return torch.stack(drops, 1).view(len(images), 1, height // size, width // size)  # still attached: as good


def gradient_by_loop(model, images, target):
    maps = []
    for k, image in enumerate(images):
        x = image[None].detach().clone().requires_grad_()
        score = model(x)[0, target if isinstance(target, int) else target[k]]
        maps.append(torch.autograd.grad(score, x)[0])
    return torch.cat(maps)


def gradient_by_backward_on_frozen_parameters(model, images, target):
    wanted = [p.requires_grad for p in model.parameters()]
    for p in model.parameters():
        p.requires_grad_(False)
    x = images.clone().requires_grad_()
    score_by_one_hot(model, x, target).sum().backward()
    for p, w in zip(model.parameters(), wanted, strict=True):
        p.requires_grad_(w)
    return x.grad


def gradient_by_vector(model, images, target):
    x = images.detach().clone().requires_grad_(True)
    scores = score_by_gather(model, x, target)
    return torch.autograd.grad(scores, x, grad_outputs=torch.ones_like(scores), create_graph=True)[0]


def difference_by_unit_image(model, image, target, place, step=1e-3):
    unit = torch.zeros_like(image)
    unit[0][place] = step
    with torch.no_grad():
        return (model(image + unit)[0, target] - model(image - unit)[0, target]) / (2 * step)  # a tensor of shape ()


def estimate_by_loop(model, images, target, moved):
    gradients, starts = gradient_by_loop(model, images, target), score_by_loop(model, images, target)
    return torch.stack(
        [
            s + torch.dot(g.flatten(), (m - x).flatten())
            for s, g, m, x in zip(starts, gradients, moved, images, strict=True)
        ]
    )


def heatmap_by_loop(gradient):
    maps = []
    for one in gradient:
        size = one.abs().max(dim=0).values
        maps.append((size / size.max() if size.max() > 0 else size)[None])
    return torch.stack(maps)


def product_by_loop(model, images, target):
    return images * gradient_by_loop(model, images, target)


def active_as_bool(x):
    return x > 0


def active_as_long(x):
    return torch.heaviside(x, torch.tensor(0.0)).long()


def active_as_int(x):
    return (x > 0).int()


def active_as_double(x):
    return torch.from_numpy(np.where(x > 0, 1.0, 0.0))


def vanilla_by_where(x, grad):
    return torch.where(x > 0, grad, torch.zeros(()))


def vanilla_by_autograd(x, grad):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(x.relu(), x, grad)[0]


def deconvnet_by_clamp(x, grad):
    return grad.clamp(min=0)


def guided_by_index(x, grad):
    result = grad.clone()
    result[(x <= 0) | (grad <= 0)] = 0
    return result


def backward_by_columns(x, W, v, rule):
    at_h = rule(W @ x, v)
    return torch.tensor([float((W[:, d] * at_h).sum()) for d in range(len(x))])


def saturating_by_autograd(x):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad((1 - (1 - x[..., 0] - x[..., 1]).relu()).sum(), x)[0]


def saturating_by_stack(x):
    on = x[..., 0] + x[..., 1] < 1
    return torch.stack([on, on], dim=-1)


def std_by_loop(images, noise_level):
    return torch.stack([noise_level * (image.max() - image.min()).reshape(1, 1, 1) for image in images])


def smoothing_in_one_batch(method, model, images, target, noise, noise_level=0.15):
    copies = torch.cat([images + std_by_loop(images, noise_level) * one for one in noise])
    targets = target.repeat(len(noise)) if isinstance(target, torch.Tensor) else target
    return method(model, copies, targets).unflatten(0, (len(noise), len(images))).mean(0)


def smoothing_image_by_image(method, model, images, target, noise, noise_level=0.15):
    maps = []
    for k, image in enumerate(images):
        copies = image + noise_level * (image.max() - image.min()) * noise
        maps.append(method(model, copies, target if isinstance(target, int) else int(target[k])).sum(0) / len(copies))
    return torch.stack(maps)


def spread_in_one_pass(method, model, images, target, noise, noise_level=0.15):
    mean, squares = 0, 0  # Welford's way: no map is kept
    for k, one in enumerate(noise):
        new = method(model, images + std_by_loop(images, noise_level) * one, target)
        off = new - mean
        mean = mean + off / (k + 1)
        squares = squares + off * (new - mean)
    return squares / (len(noise) - 1)


def std_in_float64(images, noise_level):
    return std_by_loop(images.double(), noise_level)


def smoothing_in_float64(method, model, images, target, noise, noise_level=0.15):
    total = 0.0
    for one in noise:
        total = total + method(model, images + std_by_loop(images, noise_level) * one, target).double()
    return total / len(noise)


def smoothing_onto_the_first(method, model, images, target, noise, noise_level=0.15):
    sigma = std_by_loop(images, noise_level)
    total = method(model, images + sigma * noise[0], target).clone()
    for one in noise[1:]:
        total += method(model, images + sigma * one, target)
    return total / len(noise)


def spread_in_float64(method, model, images, target, noise, noise_level=0.15):
    sigma = std_by_loop(images, noise_level)
    return torch.stack([method(model, images + sigma * one, target).double() for one in noise]).var(0)


def spread_by_deviations(method, model, images, target, noise, noise_level=0.15):
    mean = smoothing_in_one_batch(method, model, images, target, noise, noise_level)
    sigma = std_by_loop(images, noise_level)
    squares = [(method(model, images + sigma * one, target) - mean) ** 2 for one in noise]
    return sum(squares) / (len(noise) - 1)


def ratio_by_means(maps):
    return maps.var(0).mean().sqrt() / (len(maps) * maps.mean(0).square().mean()).sqrt()  # the two counts cancel


def ratio_as_float(maps):
    return float(ratio_by_means(maps))


def ratio_of_shape_1(maps):
    return ratio_by_means(maps)[None]


def ratio_by_norms(maps):
    errors = maps.std(dim=0) / len(maps) ** 0.5
    return torch.linalg.vector_norm(errors) / torch.linalg.vector_norm(maps.mean(dim=0))


def conv_backward_by_loop(grad, weight, padding):
    height, width = grad.shape[2:]
    result = torch.zeros(len(grad), weight.shape[1], height + weight.shape[2] - 1, width + weight.shape[3] - 1)
    for a in range(weight.shape[2]):
        for b in range(weight.shape[3]):
            for k in range(len(weight)):
                for c in range(weight.shape[1]):
                    result[:, c, a : a + height, b : b + width] += grad[:, k] * weight[k, c, a, b]
    return result[:, :, padding : result.shape[2] - padding, padding : result.shape[3] - padding]


def conv_backward_by_turned_kernel(grad, weight, padding):
    turned = weight.flip(2, 3).transpose(0, 1)
    full = nn.functional.conv2d(grad, turned, padding=(weight.shape[2] - 1, weight.shape[3] - 1))
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]


def conv_backward_by_autograd(grad, weight, padding):
    x = torch.zeros(
        len(grad),
        weight.shape[1],
        grad.shape[2] + weight.shape[2] - 1 - 2 * padding,
        grad.shape[3] + weight.shape[3] - 1 - 2 * padding,
        requires_grad=True,
    )
    return torch.autograd.grad(nn.functional.conv2d(x, weight, padding=padding), x, grad)[0]


def conv_backward_by_fold(grad, weight, padding):
    m, n = weight.shape[2:]
    size = grad.shape[2] + m - 1 - 2 * padding, grad.shape[3] + n - 1 - 2 * padding
    return nn.functional.fold(weight.flatten(1).T @ grad.flatten(2), size, (m, n), padding=padding)


def unpool_by_autograd(grad, x):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(nn.functional.max_pool2d(x, 2), x, grad)[0]


def unpool_by_loop(grad, x):
    result = torch.zeros_like(x)
    for n, c, i, j in torch.cartesian_prod(*map(torch.arange, grad.shape)).tolist():
        window = x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].flatten()
        best = max(range(4), key=lambda place: float(window[place]))  # the first of the largest
        result[n, c, 2 * i + best // 2, 2 * j + best % 2] = grad[n, c, i, j]
    return result


def unpool_by_argmax(grad, x):
    windows = x.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)  # (N, C, h, w, 4)
    won = nn.functional.one_hot(windows.argmax(-1), 4) * grad[..., None]
    return won.unflatten(4, (2, 2)).transpose(3, 4).reshape(x.shape)


def walk_by_recursion(network, images, target, rule):
    def back(layers, x):
        if not layers:
            return nn.functional.one_hot(torch.tensor([target]), x.shape[1]).float().expand_as(x)
        layer, y = layers[0], layers[0](x)
        grad = back(layers[1:], y)
        if isinstance(layer, nn.ReLU):
            return rule(x, grad)
        return torch.autograd.functional.vjp(layer, x.detach(), grad)[1]  # a library's derivative of the other layers

    return back(list(network), images)


def ruled_by_context(rule):
    """The gradient under a rule; not the course's own methods, which are out of reach of an answer."""

    def method(model, images, target):
        with relu_rule(rule):
            x = images.detach().clone().requires_grad_()
            scores = score_by_gather(model, x, target)
        return torch.autograd.grad(scores.sum(), x)[0]  # outside: the rule stays with the ReLUs it has met

    return method


def ruled_by_hooks(rule):
    """The same with a hook on the gradient at each ReLU, as many tutorials have it: of `nn.ReLU` it knows, of `F.relu`
    not.
    """

    def method(model, images, target):
        relus, kept, handles = [m for m in model.modules() if isinstance(m, nn.ReLU)], {}, []
        for relu in relus:
            handles.append(
                relu.register_forward_hook(lambda module, args, output: kept.update({module: args[0].detach()}))
            )
            handles.append(relu.register_full_backward_hook(lambda module, into, out: (rule(kept[module], out[0]),)))
        maps = gradient_by_vector(model, images, target).detach()
        for handle in handles:
            handle.remove()
        return maps

    return method


def positive_gradient(x, grad):
    return grad.relu()


def positive_both(x, grad):
    return grad.relu() * (x > 0)


def weights_by_einsum(gradient):
    return torch.einsum("nkhw->nk", gradient) / gradient[0, 0].numel()


def weights_in_float64(gradient):
    return gradient.double().mean((2, 3))


def map_by_loop(activations, weights, relu=True):
    cam = torch.zeros_like(activations[:, :1])
    for k in range(activations.shape[1]):
        cam[:, 0] += weights[:, k, None, None] * activations[:, k]
    return cam.clamp(min=0) if relu else cam


def map_by_einsum(activations, weights, relu=True):
    cam = torch.einsum("nkhw,nk->nhw", activations, weights).unsqueeze(1)
    return torch.where(cam > 0, cam, 0.0) if relu else cam


def upsample_by_matrices(maps, size):
    def matrix(length, n):  # rows: where each of `length` places lies between the n values
        at = ((torch.arange(length) + 0.5) * n / length - 0.5).clamp(0, n - 1)
        return (1 - (at[:, None] - torch.arange(n)).abs()).clamp(min=0)

    return matrix(size[0], maps.shape[2]) @ maps @ matrix(size[1], maps.shape[3]).T


def upsample_by_module(maps, size):
    return nn.Upsample(size=tuple(size), mode="bilinear")(maps)


def cam_by_hook_on_the_tensor(model, images, target, layer):
    kept = {}

    def keep(module, args, output):
        kept["maps"] = output.detach().clone()
        output.register_hook(lambda gradient: kept.update(gradient=gradient))

    handle = layer.register_forward_hook(keep)
    wanted = images.detach().clone().requires_grad_()
    torch.autograd.grad(score_by_gather(model, wanted, target).sum(), wanted)
    handle.remove()
    return upsample_by_matrices(map_by_einsum(kept["maps"], weights_by_einsum(kept["gradient"])), images.shape[2:])


def cam_by_cutting_the_graph(model, images, target, layer):
    kept = []

    def cut(module, args, output):
        kept.append(output.detach().requires_grad_())
        return kept[0] * 1

    handle = layer.register_forward_hook(cut)
    scores = score_by_one_hot(model, images, target)
    handle.remove()
    (gradient,) = torch.autograd.grad(scores.sum(), kept[0])
    return upsample_by_module(map_by_loop(kept[0].detach(), weights_by_einsum(gradient)), images.shape[2:])


def cam_with_its_history(model, images, target, layer):
    kept, images = [], images.detach().clone().requires_grad_()  # so that a frozen network has a history, too

    def keep(module, args, output):
        kept.append(output)
        return output.clone()

    handle = layer.register_forward_hook(keep)
    scores = score_by_one_hot(model, images, target)
    handle.remove()
    (gradient,) = torch.autograd.grad(scores.sum(), kept[0])
    return upsample_by_module(map_by_loop(kept[0], weights_by_einsum(gradient)), images.shape[2:])  # still attached


def guided_cam_by_parts(model, images, target, layer):
    return cam_by_cutting_the_graph(model, images, target, layer) * ruled_by_context(positive_both)(
        model, images, target
    )


def sensitivity_by_loop(method, model, images, first, second):
    values = []
    for image in images:
        one, other = method(model, image[None], first).flatten(), method(model, image[None], second).flatten()
        values.append(1 - torch.dot(one / one.norm(), other / other.norm()))
    return torch.stack(values)


def sensitivity_by(formula):
    """The two maps of each image as rows, put into a formula of one's own."""

    def class_sensitivity(method, model, images, first, second):
        return formula(method(model, images, first).flatten(1), method(model, images, second).flatten(1))

    class_sensitivity.__name__ = formula.__name__
    return class_sensitivity


def by_definition(u, v):
    return 1 - (u * v).sum(1) / ((u * u).sum(1).sqrt() * (v * v).sum(1).sqrt())


def by_guarded_norms(u, v):
    return 1 - (u * v).sum(1) / (u.norm(dim=1) * v.norm(dim=1)).clamp(min=1e-12)


def by_einsum(u, v):
    return 1 - torch.einsum("nd,nd->n", u, v) / torch.einsum("nd,nd,ne,ne->n", u, u, v, v).sqrt()


def by_numbers(u, v):
    return torch.tensor([1 - (a @ b).item() / (a.norm().item() * b.norm().item()) for a, b in zip(u, v, strict=True)])


def by_diagonal(u, v):
    return 1 - (nn.functional.normalize(u) @ nn.functional.normalize(v).T).diag()


def by_double(u, v):
    return by_definition(u.double(), v.double()).float()


def by_distance(u, v):
    return (nn.functional.normalize(u) - nn.functional.normalize(v)).square().sum(1) / 2


def path_by_loop(images, baseline, alphas):
    return torch.stack([(1 - alpha) * baseline + alpha * images for alpha in alphas])


def path_by_lerp(images, baseline, alphas):
    return torch.lerp(baseline.expand_as(images), images, alphas[:, None, None, None, None])


def path_in_float64(images, baseline, alphas):
    return path_by_loop(images.double(), baseline.double(), alphas.double())


def integration_by_loop(model, images, target, baseline, n_steps=50):
    total = torch.zeros_like(images)
    for k in range(n_steps):
        total += gradient_by_loop(model, baseline + (k + 0.5) / n_steps * (images - baseline), target)
    return (images - baseline) * total / n_steps


def integration_in_one_batch(model, images, target, baseline, n_steps=50):
    alphas = torch.linspace(0.5 / n_steps, 1 - 0.5 / n_steps, n_steps).reshape(-1, 1, 1, 1, 1)
    points = (baseline + alphas * (images - baseline)).flatten(0, 1)
    targets = target.repeat(n_steps) if isinstance(target, torch.Tensor) else target
    return (images - baseline) * gradient_by_vector(model, points, targets).unflatten(0, (n_steps, len(images))).mean(0)


def integration_point_by_point(model, images, target, baseline, n_steps=50):
    alphas, total = (torch.arange(n_steps) + 0.5) / n_steps, 0
    for k in range(n_steps):
        total = total + gradient_by_vector(model, path_by_loop(images, baseline, alphas[k : k + 1])[0], target)
    return (images - baseline) * total / n_steps


def gap_in_float64(attribution, model, images, target, baseline):
    return gap_by_loop(attribution, model, images, target, baseline).double()


def gap_by_loop(attribution, model, images, target, baseline):
    starts = torch.zeros_like(images) + baseline
    rise = score_by_loop(model, images, target) - score_by_loop(model, starts, target)
    return torch.stack([one.sum() for one in attribution]) - rise


def blur_by_hand(images, sigma):
    radius = int(torch.ceil(torch.tensor(3 * sigma)))
    at = torch.arange(-radius, radius + 1.0)
    bell = torch.exp(-(at[:, None] ** 2 + at**2) / (2 * sigma**2))
    padded = nn.functional.pad(images.flatten(0, 1)[:, None], (radius,) * 4, mode="reflect")
    return nn.functional.conv2d(padded, (bell / bell.sum())[None, None])[:, 0].view_as(images)


def blur_by_single_numbers(images, sigma):
    return gaussian_blur(images, 2 * math.ceil(3 * sigma) + 1, sigma)


def expectation_as_one_mean(model, images, target, baselines, n_steps=50):
    each = [integration_in_one_batch(model, images, target, one, n_steps) for one in baselines]
    return torch.stack(each).mean(0)


def expectation_by_running_mean(model, images, target, baselines, n_steps=50):
    mean = torch.zeros_like(images)
    for k, baseline in enumerate(baselines):
        mean += (integration_by_loop(model, images, target, baseline, n_steps) - mean) / (k + 1)
    return mean


def shift_by_torch_add(images, shift):
    return torch.add(images, torch.full_like(images, shift))


def predictions_by_loop(model, images, shift):
    answers = []
    for image in images:
        before, after = model(image[None]), model(image[None] + shift)
        answers.append(int(before.topk(1).indices) == int(after.topk(1).indices))
    return torch.tensor(answers)


def similarity_by_scipy(maps, others):
    rows = []
    for one, other in zip(maps.sum(1), others.sum(1), strict=True):
        flat = [float(each.max() - each.min()) == 0 for each in (one, other)]
        rows.append(float(all(flat)) if any(flat) else spearmanr(one.flatten(), other.flatten()).statistic)
    return torch.tensor(rows, dtype=torch.float64)


def similarity_by_counting(maps, others):
    """The mean rank of a place: how many lie below it, and half of those that tie with it."""
    ranks = []
    for each in (maps, others):
        values = each.sum(dim=1).flatten(1)
        below = (values[:, :, None] > values[:, None, :]).float().sum(2)
        ties = (values[:, :, None] == values[:, None, :]).float().sum(2)
        ranks.append(below + ties / 2)
    alike = []
    for a, b in zip(*ranks, strict=True):
        constant = int(a.std() == 0) + int(b.std() == 0)
        alike.append([torch.corrcoef(torch.stack([a, b]))[0, 1], torch.tensor(0.0), torch.tensor(1.0)][constant])
    return torch.stack(alike)


def stability_by_loop(method, model, images, shift):
    values = []
    for image in images.split(1):
        before, after = model(image).argmax(1), model(image + shift).argmax(1)
        if before.item() == after.item():
            one, other = method(model, image, before), method(model, image + shift, before)
            values.append(similarity_by_counting(one.detach(), other.detach()).item())
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return torch.tensor([np.mean(values), np.mean(values) - 1.96 * error, np.mean(values) + 1.96 * error])


class ShiftTakenBack(nn.Module):
    """Subtracts the shift before the convolution pads: another way to the same function."""

    def __init__(self, first, shift):
        super().__init__()
        self.first, self.shift = first, shift

    def forward(self, images):
        return self.first(images - self.shift)


def compensation_by_subtraction(model, shift):
    first, *rest = copy.deepcopy(model)
    return nn.Sequential(ShiftTakenBack(first, shift), *rest)


def compensation_by_hand(model, shift):
    old, *rest = copy.deepcopy(model)
    first = nn.Conv2d(old.in_channels, old.out_channels, old.kernel_size, old.stride)
    first.weight.data = old.weight.data
    first.bias.data = torch.stack([b - (w * shift).sum() for w, b in zip(old.weight, old.bias, strict=True)]).data
    return nn.Sequential(nn.Sequential(nn.ConstantPad2d(old.padding[0], shift), first), *rest)


def compensation_of_more_layers(model, shift):
    (pad, first), *rest = compensation_by_hand(model, shift)
    return nn.Sequential(pad, first, *rest)


EQUALLY_VALID = {
    "class_score": (score_by_loop, score_by_gather, score_by_one_hot),
    "cover": (cover_by_mask,),
    "occlusion_map": (occlusion_by_stacking,),
    "relu_active": (active_as_bool, active_as_long, active_as_int, active_as_double),
    "vanilla_rule": (vanilla_by_where, vanilla_by_autograd),
    "deconvnet_rule": (deconvnet_by_clamp,),
    "guided_rule": (guided_by_index,),
    "two_layer_backward": (backward_by_columns,),
    "saturating_gradient": (saturating_by_autograd, saturating_by_stack),
    "vanilla_gradient": (gradient_by_loop, gradient_by_backward_on_frozen_parameters, gradient_by_vector),
    "finite_difference": (difference_by_unit_image,),
    "linear_estimate": (estimate_by_loop,),
    "to_heatmap": (heatmap_by_loop,),
    "gradient_x_input": (product_by_loop,),
    "conv_backward": (
        conv_backward_by_loop,
        conv_backward_by_turned_kernel,
        conv_backward_by_fold,
    ),
    "unpool": (unpool_by_autograd, unpool_by_loop, unpool_by_argmax),
    "walk_back": (walk_by_recursion,),
    "deconvnet": (ruled_by_context(positive_gradient),),
    "guided_backprop": (ruled_by_context(positive_both),),
    "class_sensitivity": (
        sensitivity_by_loop,
        sensitivity_by(by_definition),
        sensitivity_by(by_guarded_norms),
        sensitivity_by(by_einsum),
        sensitivity_by(by_numbers),
        sensitivity_by(by_diagonal),
        sensitivity_by(by_double),
        sensitivity_by(by_distance),
    ),
    "channel_weights": (weights_by_einsum, weights_in_float64),
    "grad_cam_map": (map_by_loop, map_by_einsum),
    "upsample_map": (upsample_by_matrices, upsample_by_module),
    "grad_cam": (cam_by_hook_on_the_tensor, cam_by_cutting_the_graph),
    "guided_grad_cam": (guided_cam_by_parts,),
    "noise_std": (std_by_loop, std_in_float64),
    "smoothgrad": (
        smoothing_in_one_batch,
        smoothing_image_by_image,
        smoothing_in_float64,
        smoothing_onto_the_first,
    ),
    "noise_to_signal": (ratio_by_norms, ratio_by_means, ratio_as_float, ratio_of_shape_1),
    "vargrad": (spread_in_one_pass, spread_in_float64, spread_by_deviations),
    "straight_path": (path_by_loop, path_by_lerp, path_in_float64),
    "integrated_gradients": (integration_by_loop, integration_in_one_batch, integration_point_by_point),
    "completeness_gap": (gap_by_loop, gap_in_float64),
    "blurred_baseline": (blur_by_hand, blur_by_single_numbers),
    "expected_gradients": (expectation_by_running_mean, expectation_as_one_mean),
    "shift_images": (shift_by_torch_add,),
    "unchanged_predictions": (predictions_by_loop,),
    "map_similarity": (similarity_by_scipy, similarity_by_counting),
    "stability": (stability_by_loop,),
    "compensate_shift": (compensation_by_hand, compensation_by_subtraction),
    **perturbation.EQUALLY_VALID,
    **shapley.EQUALLY_VALID,
    **relevance.EQUALLY_VALID,
    **sanity_checks.EQUALLY_VALID,
    **metrics.EQUALLY_VALID,
}
VARIANTS = [(name, variant) for name, variants in EQUALLY_VALID.items() for variant in variants]


def test_each_exercise_has_an_equally_valid_answer():
    assert set(EQUALLY_VALID) >= set(EXERCISES)


@pytest.mark.parametrize("name, variant", VARIANTS, ids=[f"{name}-{variant.__name__}" for name, variant in VARIANTS])
def test_an_equally_valid_answer_is_right(name, variant):
    verdict = judge(name, variant)
    assert verdict.status == "right", verdict.message


# slips in Grad-CAM that no misconception covers -----------------------------------------------------------------------


def cam_with(keep, until_scored=True, called=False):
    """An answer to grad_cam whose hook is keep(kept, output); or one that calls the layer itself."""

    def grad_cam(model, images, target, layer):
        kept = []
        handle = layer.register_forward_hook(lambda module, args, output: keep(kept, output))
        if not until_scored:
            handle.remove()
        scores = score_by_one_hot(model, images, target)
        handle.remove()
        maps = layer(images) if called else kept[0]
        (gradient,) = torch.autograd.grad(scores.sum(), maps)
        return upsample_by_module(map_by_loop(maps.detach(), weights_by_einsum(gradient)), images.shape[2:])

    return grad_cam


def cam_of_cut_network(model, images, target, layer):
    first = list(model).index(layer) + 1
    maps = nn.Sequential(*list(model)[:first])(images)
    (gradient,) = torch.autograd.grad(
        score_by_one_hot(nn.Sequential(*list(model)[first:]), maps.clone(), target).sum(), maps
    )
    return upsample_by_module(map_by_loop(maps.detach(), weights_by_einsum(gradient)), images.shape[2:])


def cam_by_backward_hook(model, images, target, layer):
    kept = {}
    handles = [
        layer.register_forward_hook(lambda module, args, output: kept.update(maps=output.detach().clone())),
        layer.register_full_backward_hook(lambda module, into, out: kept.update(gradient=out[0].detach())),
    ]
    gradient_by_vector(model, images, target)
    for handle in handles:
        handle.remove()
    return upsample_by_module(map_by_loop(kept["maps"], weights_by_einsum(kept["gradient"])), images.shape[2:])


def map_without_default(activations, weights, relu):
    return map_by_loop(activations, weights, relu)


def predictions_by_least(model, images, shift):
    return model(images).argmin(1) == model(images + shift).argmax(1)


def predictions_of_the_first(model, images, shift):
    return predictions_by_loop(model, images[:1], shift).expand(len(images))


def predictions_in_training(model, images, shift):
    model.train()
    return predictions_by_loop(model, images, shift)


def compensation_tracked(model, shift):
    second = copy.deepcopy(model)
    second[0].bias -= shift * second[0].weight.sum((1, 2, 3))
    return second


def compensation_by_assignment(model, shift):
    second = copy.deepcopy(model)
    second[0].bias = second[0].bias - shift * second[0].weight.sum((1, 2, 3))
    return second


# slips in SmoothGrad that no misconception covers ---------------------------------------------------------------------


def smoothing_all_at_once(method, model, images, target, noise, noise_level=0.15):
    return method(model, images + std_by_loop(images, noise_level) * noise, target).mean(0, keepdim=True)


def smoothing_all_at_once_for_one(method, model, images, target, noise, noise_level=0.15):
    return method(model, images + std_by_loop(images, noise_level) * noise, target).mean(0)


def smoothing_in_pairs(method, model, images, target, noise, noise_level=0.15):
    sigma = std_by_loop(images, noise_level)
    pairs = zip(images, sigma, noise, strict=False)
    return torch.stack([method(model, (image + s * one)[None], target)[0] for image, s, one in pairs])


def smoothing_that_scales_the_draws(method, model, images, target, noise, noise_level=0.15):
    maps = []
    for one in noise:
        one *= std_by_loop(images, noise_level)[0]
        maps.append(method(model, images + one, target))
    return torch.stack(maps).mean(0)


def smoothing_with_scaled_draws(method, model, images, target, noise, noise_level=0.15):
    right = smoothing_in_one_batch(method, model, images, target, noise, noise_level)
    noise *= noise_level
    return right


def test_a_result_that_normalise_was_not_made_for_is_wrong_and_no_accident():
    assert not same(torch.ones(3), torch.tensor(1.0), lambda result: result.reshape(()))


# slips in integrated gradients that no misconception covers -----------------------------------------------------------


def path_for_three(images, baseline, alphas):
    return baseline + alphas.reshape(3, 1, 1, 1, 1) * (images - baseline)


def integration_by_backward(model, images, target, baseline, n_steps=50):
    total = torch.zeros_like(images)
    for k in range(n_steps):
        point = (baseline + (k + 0.5) / n_steps * (images - baseline)).requires_grad_()
        score_by_one_hot(model, point, target).sum().backward()
        total += point.grad
    return (images - baseline) * total / n_steps


def mean_of_gaps(attribution, model, images, target, baseline):
    return gap_by_loop(attribution, model, images, target, baseline).mean()


def blur_of_even_size(images, sigma):
    return gaussian_blur(images, 2 * math.ceil(3 * sigma), sigma)


def expectation_of_own_all_at_once(model, images, target, baselines, n_steps=50):
    return integration_by_loop(model, images, target, baselines, n_steps)


def expectation_counting_images(model, images, target, baselines, n_steps=50):
    each = [integration_by_loop(model, images, target, baselines[k], n_steps) for k in range(len(images))]
    return sum(each) / len(baselines)


@pytest.mark.parametrize(
    "name, slip, words",
    [
        ("unchanged_predictions", predictions_by_least, "got [False, "),
        ("unchanged_predictions", predictions_of_the_first, "got [False, False, False, False]"),
        ("unchanged_predictions", predictions_in_training, "Expected [False, "),
        ("unchanged_predictions", lambda *given: predictions_by_loop(*given).float(), "Leave True and False"),
        ("compensate_shift", ShiftTakenBack, "yours is a ShiftTakenBack"),
        ("compensate_shift", compensation_of_more_layers, "into one `nn.Sequential`, and that into `second[0]`"),
        ("compensate_shift", lambda model, shift: model.state_dict(), "yours is a OrderedDict"),
        ("compensate_shift", compensation_tracked, "under `with torch.no_grad():`"),
        ("compensate_shift", compensation_by_assignment, "`layer.bias -= …`, under `with torch.no_grad():`"),
        ("grad_cam", cam_with(lambda kept, output: kept.append(output.clone())), "of that very tensor"),
        ("grad_cam", cam_with(lambda kept, output: kept.append(output.clone()) or kept[0]), "must be two tensors"),
        ("grad_cam", cam_with(lambda kept, output: kept.append(output.detach())), "`output.detach().requires_grad_()`"),
        ("grad_cam", cam_with(lambda kept, output: None, called=True), "input is not the image"),
        ("grad_cam", cam_with(lambda kept, output: kept.append(output), until_scored=False), "never called"),
        ("grad_cam", cam_with_its_history, "keeps its history"),
        ("grad_cam", cam_of_cut_network, "no chain"),
        ("grad_cam", cam_by_backward_hook, "in-place ReLUs. Use `torch.autograd.grad(score.sum(), kept[0])`"),
        ("deconvnet", ruled_by_hooks(positive_gradient), "calls `F.relu`"),
        ("guided_backprop", ruled_by_hooks(positive_both), "calls `F.relu`"),
        ("grad_cam_map", map_without_default, "keep its default, `relu=True`"),
        ("channel_weights", lambda gradient: gradient.mean((0, 2, 3))[None], "Each keeps its own"),
        ("upsample_map", lambda maps, size: upsample_by_module(maps[:1], size), "treat the whole batch"),
        ("noise_to_signal", lambda maps: maps.var(0) / len(maps), "One number is asked for"),
        ("noise_to_signal", lambda maps: maps.var(0).sum(0), "One number is asked for"),
        ("smoothgrad", smoothing_all_at_once, "one at a time, `for one in noise:`"),
        ("smoothgrad", smoothing_all_at_once_for_one, "dimension of the images is gone"),
        ("smoothgrad", smoothing_in_pairs, "pair the images with the draws"),
        ("smoothgrad", smoothing_that_scales_the_draws, "σ of the first image"),
        ("smoothgrad", smoothing_with_scaled_draws, "changed the tensor it was given, `noise`"),
        ("straight_path", path_for_three, "any number of α"),
        ("integrated_gradients", integration_by_backward, "the score and what you differentiate by"),
        ("completeness_gap", mean_of_gaps, "a sum or a mean"),
        ("blurred_baseline", blur_of_even_size, "the one in the middle"),
        ("expected_gradients", expectation_of_own_all_at_once, "one baseline at a time"),
        ("expected_gradients", expectation_counting_images, "count the images"),
    ],
)
def test_a_slip_is_told(name, slip, words):
    verdict = judge(name, slip)
    assert verdict.status == "wrong"
    assert words in is_clear(verdict.message)
    assert "Every value is 1 times" not in verdict.message


# lessons 00 to 03: right answers in other styles ----------------------------------------------------------------------


def cover_with_pad(images, row, column, size, colour):
    height, width = images.shape[2:]
    square = torch.ones(1, 1, min(size, height - row), min(size, width - column), dtype=images.dtype)
    below, right = height - row - square.shape[2], width - column - square.shape[3]
    mask = nn.functional.pad(square, (column, right, row, below))
    return images * (1 - mask) + colour * mask


def cover_by_pixels(images, row, column, size, colour):
    covered = images.clone()
    for i in range(row, min(row + size, images.shape[2])):
        for j in range(column, min(column + size, images.shape[3])):
            covered[:, :, i, j] = colour[:, 0, 0]
    return covered


def occlusion_image_by_image(model, images, target, size, colour):
    maps = []
    for k, image in enumerate(images.split(1)):
        wanted = target if isinstance(target, int) else int(target[k])
        plain = model(image)[0, wanted].item()
        rows = [
            [
                plain - model(cover_by_mask(image, i, j, size, colour))[0, wanted].item()
                for j in range(0, image.shape[3], size)
            ]
            for i in range(0, image.shape[2], size)
        ]
        maps.append(torch.tensor(rows, dtype=images.dtype)[None])
    return torch.stack(maps)


def occlusion_in_one_batch(model, images, target, size, colour):
    places = [(i, j) for i in range(0, images.shape[2], size) for j in range(0, images.shape[3], size)]
    covered = torch.cat([cover_by_pixels(images, i, j, size, colour) for i, j in places])
    targets = target.repeat(len(places)) if isinstance(target, torch.Tensor) else target
    drops = score_by_gather(model, images, target) - score_by_gather(model, covered, targets).view(len(places), -1)
    return drops.T.reshape(len(images), 1, images.shape[2] // size, images.shape[3] // size).detach()


def vanilla_by_masked_fill(x, grad):
    return grad.masked_fill(x <= 0, 0)


def deconvnet_by_maximum(x, grad):
    return torch.maximum(grad, torch.zeros_like(grad))


def deconvnet_by_masked_fill(x, grad):
    return grad.masked_fill(grad < 0, 0)


def guided_in_two_steps(x, grad):
    return deconvnet_by_clamp(x, vanilla_by_where(x, grad))


def guided_by_product(x, grad):
    return grad.relu() * (x > 0)


def backward_in_three_steps(x, W, v, rule):
    h = torch.mv(W, x)
    at_h = rule(h, v)
    return torch.einsum("hd,h->d", W, at_h)


def backward_by_row(x, W, v, rule):
    return rule(W @ x, v) @ W


def backward_with_a_batch_of_one(x, W, v, rule):
    return (rule((W @ x)[None], v[None]) @ W)[0]


def saturating_by_heaviside(x):
    on = torch.heaviside(1 - x.sum(-1, keepdim=True), torch.zeros(()))
    return on * torch.ones_like(x)


def difference_by_flat_index(model, image, target, place, step=1e-3):
    channel, row, column = place
    k = (channel * image.shape[2] + row) * image.shape[3] + column
    scores = []
    for sign in (1, -1):
        flat = image.detach().clone().flatten()
        flat[k] += sign * step
        scores.append(float(score_by_one_hot(model, flat.view(image.shape), target).detach()))
    return (scores[0] - scores[1]) / (2 * step)


def difference_as_numpy(model, image, target, place, step=1e-3):
    up, down = image.clone(), image.clone()
    up[0][place] += step
    down[0][place] -= step
    with torch.no_grad():
        pair = model(torch.cat([up, down]))[:, target].numpy()
    return (pair[0] - pair[1]) / (2 * step)


def estimate_by_einsum(model, images, target, moved):
    change = torch.einsum("nchw,nchw->n", gradient_by_vector(model, images, target), moved - images)
    return (score_by_gather(model, images, target) + change).detach()


def estimate_by_forward_mode(model, images, target, moved):
    score, change = torch.func.jvp(
        lambda x: score_by_one_hot(model, x, target), (images.detach(),), ((moved - images).detach(),)
    )
    return score + change


def heatmap_with_a_trace(gradient):
    size = gradient.abs().max(dim=1, keepdim=True).values
    return size / (size.flatten(1).max(dim=1).values.view(-1, 1, 1, 1) + 1e-8)


def heatmap_by_nan_to_num(gradient):
    size = torch.maximum(gradient.amax(1, keepdim=True), -gradient.amin(1, keepdim=True))
    return (size / size.amax((2, 3), keepdim=True)).nan_to_num(nan=0.0)


def heatmap_in_float64(gradient):
    return heatmap_by_loop(gradient.double())


def product_by_vjp(model, images, target):
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(score_by_gather(model, x, target).sum(), x)[0].mul(images)


def product_by_log_scale(model, images, target):
    """∂S/∂s of S(s · x) at s = 1, value by value."""
    scale = torch.ones_like(images).requires_grad_()
    return torch.autograd.grad(score_by_gather(model, scale * images, target).sum(), scale)[0]


def walk_by_index(network, images, target, rule):
    with torch.no_grad():
        inputs = [images]
        for layer in network:
            inputs.append(layer(inputs[-1]))
        grad = torch.eye(inputs[-1].shape[1])[target].repeat(len(images), 1)
        for i in range(len(network) - 1, -1, -1):
            layer, x = network[i], inputs[i]
            match type(layer).__name__:
                case "Linear":
                    grad = (layer.weight.T @ grad.T).T
                case "Flatten":
                    grad = grad.unflatten(1, x.shape[1:])
                case "MaxPool2d":
                    grad = unpool_by_argmax(grad, x)
                case "ReLU":
                    grad = rule(x, grad)
                case "Conv2d":
                    grad = conv_backward_by_fold(grad, layer.weight, layer.padding[0])
    return grad


def walk_by_a_table(network, images, target, rule):
    back = {
        nn.Linear: lambda layer, x, grad: torch.einsum("no,oi->ni", grad, layer.weight),
        nn.Flatten: lambda layer, x, grad: grad.view_as(x),
        nn.MaxPool2d: lambda layer, x, grad: unpool_by_autograd(grad, x),
        nn.ReLU: lambda layer, x, grad: rule(x, grad),
        nn.Conv2d: lambda layer, x, grad: conv_backward_by_loop(grad, layer.weight, layer.padding[0]),
    }
    steps, x = [], images
    for layer in network:
        steps.append((layer, x.detach()))
        x = layer(x)
    grad = nn.functional.one_hot(torch.full((len(images),), target), x.shape[1]).to(x.dtype)
    while steps:
        layer, x = steps.pop()
        grad = back[type(layer)](layer, x, grad)
    return grad.detach()


def ruled_by_a_lambda(passes):
    """The gradient under a rule written on the spot."""

    def method(model, images, target):
        x = images.detach().requires_grad_()
        with relu_rule(lambda before, arriving: torch.where(passes(before, arriving), arriving, 0)):
            (maps,) = torch.autograd.grad(score_by_one_hot(model, x, target).sum(), x)
        return maps

    return method


def ruled_image_by_image(rule):
    one = ruled_by_context(rule)

    def method(model, images, target):
        targets = [target] * len(images) if isinstance(target, int) else target.tolist()
        return torch.cat([one(model, image, wanted) for image, wanted in zip(images.split(1), targets, strict=True)])

    return method


OTHER_STYLES = {
    "cover": (cover_with_pad, cover_by_pixels),
    "occlusion_map": (occlusion_image_by_image, occlusion_in_one_batch),
    "vanilla_rule": (vanilla_by_masked_fill,),
    "deconvnet_rule": (deconvnet_by_maximum, deconvnet_by_masked_fill),
    "guided_rule": (guided_in_two_steps, guided_by_product),
    "two_layer_backward": (backward_in_three_steps, backward_by_row, backward_with_a_batch_of_one),
    "saturating_gradient": (saturating_by_heaviside,),
    "finite_difference": (difference_by_flat_index, difference_as_numpy),
    "linear_estimate": (estimate_by_einsum, estimate_by_forward_mode),
    "to_heatmap": (heatmap_with_a_trace, heatmap_by_nan_to_num, heatmap_in_float64),
    "gradient_x_input": (product_by_vjp, product_by_log_scale),
    "walk_back": (walk_by_index, walk_by_a_table),
    "deconvnet": (ruled_by_a_lambda(lambda x, grad: grad > 0), ruled_image_by_image(positive_gradient)),
    "guided_backprop": (
        ruled_by_a_lambda(lambda x, grad: (x > 0) & (grad > 0)),
        ruled_image_by_image(positive_both),
    ),
}
STYLES = [(name, style) for name, styles in OTHER_STYLES.items() for style in styles]
FIRST_LESSONS = ("start_here", "relu_rules", "vanilla_gradient", "deconvnet")


def test_each_exercise_of_the_first_lessons_is_answered_in_three_styles():
    for name, exercise in EXERCISES.items():
        if exercise.lesson in FIRST_LESSONS:
            assert len({*EQUALLY_VALID[name], *OTHER_STYLES.get(name, ())}) >= 3, name


@pytest.mark.parametrize("name, style", STYLES, ids=[f"{name}-{style.__name__}" for name, style in STYLES])
def test_an_answer_in_another_style_is_right(name, style):
    verdict = judge(name, style)
    assert verdict.status == "right", verdict.message


# lessons 04 to 07: right answers of other styles ----------------------------------------------------------------------


def weights_by_pooling(gradient):
    return nn.functional.adaptive_avg_pool2d(gradient, 1).flatten(1)


def weights_by_numpy(gradient):
    return torch.from_numpy(gradient.detach().numpy().mean(axis=(2, 3)))


def map_by_matrix_product(activations, weights, relu=True):
    n, _, h, w = activations.shape
    cam = torch.bmm(weights[:, None], activations.flatten(2)).reshape(n, 1, h, w)
    return nn.functional.threshold(cam, 0.0, 0.0) if relu else cam


def map_by_grouped_convolution(activations, weights, relu=True):
    n, k = weights.shape
    one = activations.reshape(1, n * k, *activations.shape[2:])
    cam = nn.functional.conv2d(one, weights[:, :, None, None], groups=n).transpose(0, 1)
    return cam * (cam > 0) if relu else cam


def upsample_by_grid(maps, size):
    height, width = size
    y, x = ((torch.arange(n) + 0.5) * 2 / n - 1 for n in (height, width))
    grid = torch.stack([x.expand(height, width), y[:, None].expand(height, width)], -1).expand(len(maps), -1, -1, -1)
    return nn.functional.grid_sample(maps, grid, mode="bilinear", padding_mode="border", align_corners=False)


def cam_image_by_image(model, images, target, layer):
    cams = []
    for k, image in enumerate(images.split(1)):
        kept = []
        handle = layer.register_forward_hook(
            lambda module, args, out, kept=kept: kept.append(out.detach()) or kept[-1] * 1
        )
        try:
            model(image)
        finally:
            handle.remove()
        maps = kept.pop().requires_grad_()
        handle = layer.register_forward_hook(lambda module, args, out, maps=maps: maps + 0)
        try:
            scores = model(image)[0]
        finally:
            handle.remove()
        (gradient,) = torch.autograd.grad(scores[target if isinstance(target, int) else target[k]], maps)
        small = torch.tensordot(gradient[0].mean((1, 2)), maps.detach()[0], dims=1).relu()
        cams.append(upsample_by_grid(small[None, None], images.shape[2:]))
    return torch.cat(cams)


def guided_cam_by_einsum(model, images, target, layer):
    guided = ruled_by_context(positive_both)(model, images, target)
    return torch.einsum("nchw,nohw->nchw", guided, cam_by_hook_on_the_tensor(model, images, target, layer))


def guided_cam_colour_by_colour(model, images, target, layer):
    cam = cam_image_by_image(model, images, target, layer)
    guided = ruled_by_context(lambda x, grad: torch.where((x > 0) & (grad > 0), grad, 0.0))(model, images, target)
    return torch.cat([colour * cam for colour in guided.split(1, dim=1)], dim=1)


def std_by_sorting(images, noise_level):
    values = images.flatten(1).sort(dim=1).values
    return (noise_level * (values[:, -1] - values[:, 0])).view(-1, 1, 1, 1)


def gap_by_one_batch(attribution, model, images, target, baseline):
    both = torch.cat([images, baseline.expand_as(images)])
    scores = model(both).detach().unflatten(0, (2, -1))
    rise = (scores[0] - scores[1]).gather(1, torch.as_tensor(target).expand(len(images))[:, None]).squeeze(1)
    return torch.einsum("nchw->n", attribution) - rise


def blur_by_matrices(images, sigma):
    radius = math.ceil(3 * sigma)

    def matrix(n):  # rows: the weights with which each pixel sees the others, those beyond the border mirrored
        weights = torch.zeros(n, n)
        for i in range(n):
            for step in range(-radius, radius + 1):
                j = abs(i + step)
                weights[i, j if j < n else 2 * (n - 1) - j] += math.exp(-(step**2) / (2 * sigma**2))
        return weights / weights.sum(1, keepdim=True)

    return matrix(images.shape[2]) @ images @ matrix(images.shape[3]).T


def expectation_image_by_image(model, images, target, baselines, n_steps=50):
    targets = [target] * len(images) if isinstance(target, int) else target.tolist()
    rows = []
    for image, each in zip(images.split(1), targets, strict=True):
        many = image.expand_as(baselines)
        rows.append(integration_in_one_batch(model, many, each, baselines, n_steps).mean(0, keepdim=True))
    return torch.cat(rows)


def shift_by_numpy(images, shift):
    return torch.from_numpy(images.detach().numpy() + np.float32(shift))


def shift_by_a_copy(images, shift):
    moved = images.clone()
    for c in range(images.shape[1]):
        moved[:, c] = moved[:, c] + shift
    return moved


def predictions_by_sorting(model, images, shift):
    with torch.no_grad():
        scores = model(torch.cat([images, images + shift]))
    before, after = scores.sort(dim=1).indices[:, -1].split(len(images))
    return before.eq(after)


def predictions_by_difference(model, images, shift):
    classes = [model(each).detach().max(dim=1).indices for each in (images, images + shift)]
    return ~(classes[0] - classes[1]).bool()


def similarity_by_numpy(maps, others):
    rows = []
    for one, other in zip(maps.sum(1).flatten(1).tolist(), others.sum(1).flatten(1).tolist(), strict=True):
        ranks = [[sum(b < a for b in each) + (each.count(a) + 1) / 2 for a in each] for each in (one, other)]
        if len(set(one)) == 1 or len(set(other)) == 1:
            rows.append(float(len(set(one)) == len(set(other))))
        else:
            rows.append(float(np.corrcoef(*ranks)[0, 1]))
    return torch.tensor(rows)


def stability_in_one_batch(method, model, images, shift):
    both = torch.cat([images, images + shift])
    before, after = model(both).argmax(1).chunk(2)
    maps = method(model, both, torch.cat([before, before])).detach().chunk(2)
    values = similarity_by_scipy(*maps)[before == after]
    mean, variance = values.mean(), ((values - values.mean()) ** 2).sum() / (len(values) - 1)
    ends = torch.tensor([0.0, -1.0, 1.0], dtype=torch.float64)
    return (mean + ends * 1.96 * (variance / len(values)) ** 0.5).float()


def stability_by_masks(method, model, images, shift):
    keep = predictions_by_difference(model, images, shift)
    target = model(images[keep]).argmax(1)
    alike = similarity_by_counting(method(model, images[keep], target), method(model, images[keep] + shift, target))
    low, high = (alike.mean() + sign * 1.96 * alike.std(correction=1) / keep.sum().sqrt() for sign in (-1, 1))
    return torch.cat([alike.mean()[None], low[None], high[None]])


class PaddedWith(nn.Module):
    def __init__(self, layer, value):
        super().__init__()
        self.layer, self.value, self.pad = layer, value, layer.padding
        layer.padding = (0, 0)

    def forward(self, images):
        rows, columns = self.pad
        return self.layer(nn.functional.pad(images, (columns, columns, rows, rows), value=self.value))


def compensation_beside_the_same_layers(model, shift):
    first = copy.deepcopy(model[0])
    first.bias = nn.Parameter((first.bias - first.weight.flatten(1).sum(1) * shift).detach())
    return nn.Sequential(PaddedWith(first, shift), *model[1:])


OF_OTHER_STYLES = {
    "channel_weights": (weights_by_pooling, weights_by_numpy),
    "grad_cam_map": (map_by_matrix_product, map_by_grouped_convolution),
    "upsample_map": (upsample_by_grid,),
    "grad_cam": (cam_image_by_image,),
    "guided_grad_cam": (guided_cam_by_einsum, guided_cam_colour_by_colour),
    "noise_std": (std_by_sorting,),
    "completeness_gap": (gap_by_one_batch,),
    "blurred_baseline": (blur_by_matrices,),
    "expected_gradients": (expectation_image_by_image,),
    "shift_images": (shift_by_numpy, shift_by_a_copy),
    "unchanged_predictions": (predictions_by_sorting, predictions_by_difference),
    "map_similarity": (similarity_by_numpy,),
    "stability": (stability_in_one_batch, stability_by_masks),
    "compensate_shift": (compensation_beside_the_same_layers,),
    **perturbation.OF_OTHER_STYLES,
}
LATER_STYLES = [(name, style) for name, styles in OF_OTHER_STYLES.items() for style in styles]


@pytest.mark.parametrize("name, style", LATER_STYLES, ids=[f"{name}-{style.__name__}" for name, style in LATER_STYLES])
def test_another_style_is_right(name, style):
    verdict = judge(name, style)
    assert verdict.status == "right", verdict.message


# lessons 00 to 03: slips ----------------------------------------------------------------------------------------------


def grid(images, size):
    return [(i, j) for i in range(images.shape[2] // size) for j in range(images.shape[3] // size)]


def occlusion_into(room, place=lambda i, j: (slice(None), 0, i, j), step=1):
    """An occlusion map that fills what room(images, rows, columns) makes, at place(i, j)."""

    def occlusion_map(model, images, target, size, colour):
        drops = room(images, images.shape[2] // size, images.shape[3] // size)
        with torch.no_grad():
            plain = score_by_gather(model, images, target)
            for i, j in grid(images, size):
                covered = cover_by_mask(images, i * size, j * size, size, colour)
                drops[place(i * step, j * step)] = plain - score_by_gather(model, covered, target)
        return drops

    return occlusion_map


def occlusion_without_a_batch(model, images, target, size, colour):
    drops = torch.zeros(1, 1, images.shape[2] // size, images.shape[3] // size)
    for i, j in grid(images, size):
        covered = cover_by_mask(images, i * size, j * size, size, colour)
        drops[0, 0, i, j] = score_by_loop(model, images, target).item() - score_by_loop(model, covered, target).item()
    return drops


def active_by_loops(x):
    return torch.tensor([[float(value > 0) for value in row] for row in x])


def saturating_by_unpacking(x):
    x1, x2 = x
    return torch.ones_like(x) if x1 + x2 < 1 else torch.zeros_like(x)


def gradient_of_other_images(model, images, target):
    score = score_by_gather(model, images.clone().requires_grad_(), target).sum()
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(score, x)[0]


def gradient_by_graphs_walked_twice(model, images, target):
    x = images.detach().clone().requires_grad_()
    scores = score_by_gather(model, x, target)
    return torch.stack([torch.autograd.grad(score, x)[0] for score in scores])


def difference_with_history(model, image, target, place, step=1e-3):
    unit = torch.zeros_like(image)
    unit[0][place] = step
    return (score_by_gather(model, image + unit, target) - score_by_gather(model, image - unit, target)) / (2 * step)


def difference_in_float64(model, image, target, place, step=1e-3):
    return difference_by_unit_image(model, image.double(), target, place, step)


def heatmap_by_pairs(gradient):
    largest = gradient.abs().max(dim=1, keepdim=True)
    return largest / largest.max()


def heatmap_stretched(gradient):
    size = gradient.abs().amax(1, keepdim=True)
    size = size - size.amin((2, 3), keepdim=True)
    return size / size.amax((2, 3), keepdim=True)


def conv_by_library(grad, weight, padding):
    return nn.functional.conv_transpose2d(grad, weight, padding=padding)


def conv_by_module(grad, weight, padding):
    layer = nn.ConvTranspose2d(*weight.shape[:2], weight.shape[2:], padding=padding, bias=False)
    layer.weight.data = weight
    return layer(grad).detach()


def conv_by_its_gradient(grad, weight, padding):
    height, width = (g + w - 1 - 2 * padding for g, w in zip(grad.shape[2:], weight.shape[2:], strict=True))
    return torch.nn.grad.conv2d_input((len(grad), weight.shape[1], height, width), weight, grad, padding=padding)


def conv_in_room_of(extra, channels=1, sum_filters="nkhw,kc->nchw"):
    """A walk back through a convolution whose padded input is `extra` rows and columns larger than grad."""

    def conv_backward(grad, weight, padding):
        h, w = grad.shape[2:]
        m, n = weight.shape[2:]
        more = extra(m, padding), extra(n, padding)
        full = torch.zeros(len(grad), weight.shape[channels], h + more[0], w + more[1])
        for a in range(m):
            for b in range(n):
                full[:, :, a : a + h, b : b + w] += torch.einsum(sum_filters, grad, weight[:, :, a, b])
        return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]

    return conv_backward


def unpool_by_wrong_pair(grad, x):
    switches, _ = nn.functional.max_pool2d(x, 2, return_indices=True)
    return nn.functional.max_unpool2d(grad, switches, 2)


def walk_in_order(order):
    """A walk through the (layer, input) pairs in the order given."""

    def walk_back(network, images, target, rule):
        inputs, x = [], images
        for layer in network:
            inputs.append(x)
            x = layer(x)
        grad = torch.zeros_like(x).detach()
        grad[:, target] = 1
        for layer, x in order(list(network), inputs):
            if isinstance(layer, nn.Linear):
                grad = grad @ layer.weight.detach()
            elif isinstance(layer, nn.Flatten):
                grad = grad.reshape(x.shape)
            elif isinstance(layer, nn.MaxPool2d):
                grad = unpool_by_argmax(grad, x)
            elif isinstance(layer, nn.ReLU):
                grad = rule(x, grad)
            else:
                grad = conv_backward_by_fold(grad, layer.weight.detach(), layer.padding[0])
        return grad

    return walk_back


class Ruled(torch.autograd.Function):
    """A ReLU with a rule, as relu_rule makes it."""

    @staticmethod
    def forward(ctx, x, rule):
        ctx.save_for_backward(x)
        ctx.rule = rule
        return x.relu()

    @staticmethod
    def backward(ctx, grad):
        return ctx.rule(ctx.saved_tensors[0], grad), None


def walk_by_autograd(network, images, target, rule):
    x = images.detach().clone().requires_grad_()
    y = x
    for layer in network:
        y = Ruled.apply(y, rule) if isinstance(layer, nn.ReLU) else layer(y)
    return torch.autograd.grad(y[:, target].sum(), x)[0]


def ruled_with_a_result(model, images, target):
    with relu_rule(positive_both(images, 1)):
        return gradient_by_vector(model, images, target)


def sensitivity_of_lengths_of_all(method, model, images, first, second):
    u, v = method(model, images, first).flatten(1), method(model, images, second).flatten(1)
    return 1 - (u * v).sum(dim=1) / torch.linalg.norm(u) / torch.linalg.norm(v)


def sensitivity_nobody_thought_of(method, model, images, first, second):
    u, v = method(model, images, first).flatten(1), method(model, images, second).flatten(1)
    return 1 - (u * v).sum(1) / (u + v).square().sum(1)


def zeros_for_all(images, rows, columns):
    return torch.zeros(len(images), 1, rows, columns)


FIRST_SLIPS = [
    ("class_score", lambda model, images, target: model(images)[target, range(len(images))], "first picks the image"),
    ("class_score", lambda model, images, target: model(images)[0, target].item(), "without `.item()`"),
    ("class_score", lambda model, images, target: score_by_gather(model, images, target).squeeze(), "single image"),
    ("class_score", lambda model, images, target: score_by_gather(model, images, target).mean(), "take the mean"),
    ("class_score", lambda model, images, target: model(images).gather(1, target[:, None])[:, 0], "plain number"),
    ("class_score", lambda model, images, target: load_network("hands")(images)[:, target], "Use the model that it is"),
    ("cover", lambda images, row, column, size, colour: images.copy(), "copied by `.clone()`"),
    ("cover", lambda images, row, column, size, colour: (images.clone)[0], "called with brackets"),
    (
        "cover",
        lambda images, row, column, size, colour: cover_by_mask(images, row, column, size, colour[0]),
        "first of",
    ),
    (
        "cover",
        lambda images, row, column, size, colour: cover_by_mask(images, 0, 0, size, colour),
        "top left corner of",
    ),
    (
        "cover",
        lambda images, row, column, size, colour: cover_by_mask(images, row, column, size, colour)[0],
        "one image",
    ),
    (
        "occlusion_map",
        occlusion_into(lambda n, rows, columns: torch.zeros(rows, columns), lambda *ij: ij),
        "for one image",
    ),
    ("occlusion_map", occlusion_into(lambda n, *size: torch.zeros(1, 1, *size)), "room for all"),
    ("occlusion_map", occlusion_into(zeros_for_all, lambda i, j: (slice(None), 0, i, j), step=2), "row // size"),
    ("occlusion_map", occlusion_into(zeros_for_all, lambda i, j: (slice(None), 0, 0, 0)), "Entry (n, 0, i, j)"),
    ("occlusion_map", occlusion_without_a_batch, "Do without `.item()`"),
    ("relu_active", torch.sign, "gives −1"),
    ("relu_active", lambda x: torch.nonzero(x > 0), "where the positive entries stand"),
    ("relu_active", active_by_loops, "No loop is needed"),
    ("vanilla_rule", lambda x, grad: torch.where(x > 0, x, 0), "keep the input"),
    ("vanilla_rule", lambda x, grad: torch.where(x > 0, 0, grad), "the other way round"),
    ("deconvnet_rule", lambda x, grad: torch.max(grad, 0), "takes the 0 for a dimension"),
    ("deconvnet_rule", lambda x, grad: torch.gt(grad, 0), "as True and False"),
    ("guided_rule", lambda x, grad: torch.where(x * grad > 0, grad, 0), "make a plus"),
    ("guided_rule", lambda x, grad: grad.relu() + torch.where(x > 0, grad, 0), "counts double"),
    ("guided_rule", lambda x, grad: grad.relu() * torch.where(x > 0, grad, 0), "comes in twice"),
    ("two_layer_backward", lambda x, W, v, rule: rule((W @ x).clamp(min=0), v) @ W, "the ReLU's output, relu(W x)"),
    ("two_layer_backward", lambda x, W, v, rule: W @ rule(W @ x, v), "leads back"),
    ("two_layer_backward", lambda x, W, v, rule: rule(W @ x.clamp(min=0), v) @ W, "apply a ReLU to x"),
    ("saturating_gradient", lambda x: (x.sum(-1) < 1).float(), "two derivatives"),
    ("saturating_gradient", lambda x: (1 - x.sum() > 0) * torch.ones_like(x), "over all the points"),
    ("saturating_gradient", saturating_by_unpacking, "`x[..., 0]` is x₁"),
    ("vanilla_gradient", gradient_of_other_images, "from other images"),
    ("vanilla_gradient", gradient_by_graphs_walked_twice, "Differentiate once"),
    ("vanilla_gradient", lambda model, images, target: gradient_by_vector(model, images, target)[0], "`[0]` more"),
    ("finite_difference", difference_with_history, "of shape (1,)"),
    ("finite_difference", difference_in_float64, "in the type they have"),
    ("finite_difference", lambda *given: abs(difference_by_unit_image(*given)), "Keep the sign"),
    (
        "linear_estimate",
        lambda m, x, t, y: score_by_loop(m, y, t) + estimate_by_loop(m, x, t, y) - score_by_loop(m, x, t),
        "start from the score at `moved`",
    ),
    ("linear_estimate", lambda *given: estimate_by_loop(*given).squeeze(), "bare `.squeeze()`"),
    ("to_heatmap", heatmap_stretched, "shift the smallest value to 0"),
    ("to_heatmap", heatmap_by_pairs, "gives two things"),
    ("to_heatmap", lambda gradient: heatmap_by_loop(gradient)[:, 0], "dimension of the channels is gone"),
    ("gradient_x_input", lambda *given: product_by_loop(*given).sum((1, 2, 3)), "to one number"),
    ("gradient_x_input", lambda model, images, target: gradient_by_loop(model, images, target) @ images, "as matrices"),
    ("conv_backward", conv_by_library, "write it out"),
    ("conv_backward", conv_by_module, "write it out"),
    ("conv_backward", conv_by_its_gradient, "write it out"),
    ("conv_backward", conv_backward_by_autograd, "write it out"),
    ("conv_backward", conv_in_room_of(lambda m, padding: 2 * padding), "h + m − 1 rows"),
    ("conv_backward", conv_in_room_of(lambda m, padding: m), "one row too high"),
    ("conv_backward", conv_in_room_of(lambda m, padding: m - 1, channels=0), "the result C channels"),
    ("conv_backward", conv_in_room_of(lambda m, padding: m - 1, sum_filters="nkhw,ck->nchw"), "shape (K, C)"),
    ("unpool", unpool_by_wrong_pair, "second the switches"),
    ("unpool", lambda grad, x: unpool_by_argmax(grad.clamp(min=0), x), "lose the negative gradients"),
    ("walk_back", walk_in_order(lambda layers, inputs: zip(layers, inputs, strict=True)), "Walk backwards"),
    ("walk_back", walk_in_order(lambda layers, inputs: zip(layers[::-1], inputs, strict=True)), "Walk backwards"),
    ("walk_back", walk_in_order(lambda layers, inputs: zip(layers, inputs[::-1], strict=True)), "Walk backwards"),
    (
        "walk_back",
        walk_in_order(lambda layers, inputs: list(zip(layers, inputs, strict=True))[:0:-1]),
        "before the first layer",
    ),
    ("walk_back", walk_by_autograd, "Autograd walks for you"),
    ("deconvnet", lambda model, images, target: score_by_gather(model, images, target), "You return the score"),
    ("guided_backprop", ruled_with_a_result, "neither called nor in quotes"),
    ("class_sensitivity", sensitivity_of_lengths_of_all, "lengths of the whole batch"),
    ("class_sensitivity", lambda *given: sensitivity_by_loop(*given).squeeze(), "bare `.squeeze()`"),
    ("class_sensitivity", lambda *given: sensitivity_by_loop(*given)[0], "of the first image"),
    ("class_sensitivity", sensitivity_nobody_thought_of, "1 − Σ uv"),
]


@pytest.mark.parametrize(
    "name, slip, words", FIRST_SLIPS, ids=[f"{name}-{k}" for k, (name, *_) in enumerate(FIRST_SLIPS)]
)
def test_a_slip_in_the_first_lessons_is_told(name, slip, words):
    verdict = judge(name, slip)
    assert verdict.status == "wrong"
    assert words in is_clear(verdict.message)


def test_the_later_lessons_have_three_right_answers_of_an_exercise():
    for exercise in EXERCISES.values():
        if exercise.lesson not in FIRST_LESSONS:
            assert len(EQUALLY_VALID[exercise.name]) + len(OF_OTHER_STYLES.get(exercise.name, ())) >= 3, exercise.name


# lessons 04 to 07: honest mistakes, each with words that put it right -------------------------------------------------


def weighted(activations, weights):
    return weights[:, :, None, None] * activations


def cam_from(maps_and_gradient):
    """An answer to grad_cam: the hook is right, then maps_and_gradient(maps, gradient) → the small map."""

    def grad_cam(model, images, target, layer):
        kept = []

        def keep(module, arguments, output):
            kept.append(output.detach().requires_grad_())
            return kept[0].clone()

        handle = layer.register_forward_hook(keep)
        scores = score_by_one_hot(model, images, target)
        handle.remove()
        (gradient,) = torch.autograd.grad(scores.sum(), kept[0])
        return upsample_by_module(maps_and_gradient(kept[0].detach(), gradient), images.shape[2:])

    return grad_cam


def cam_of_the_first_score(model, images, target, layer):
    kept = []
    handle = layer.register_forward_hook(
        lambda module, args, out: kept.append(out.detach().requires_grad_()) or kept[0] * 1
    )
    scores = score_by_one_hot(model, images, target)
    handle.remove()
    (gradient,) = torch.autograd.grad(scores[0], kept[0])
    return upsample_by_module(map_by_loop(kept[0].detach(), weights_by_einsum(gradient)), images.shape[2:])


def cam_with_a_tuple(model, images, target, layer):
    kept = []
    handle = layer.register_forward_hook(
        lambda module, args, out: kept.append(out.detach().requires_grad_()) or kept[0] * 1
    )
    scores = score_by_one_hot(model, images, target)
    handle.remove()
    return torch.autograd.grad(scores.sum(), kept[0]).mean((2, 3))


def cam_that_needs_a_history(model, images, target, layer):
    kept = []
    handle = layer.register_forward_hook(lambda module, args, out: kept.append(out) or out.clone())
    scores = score_by_one_hot(model, images, target)
    handle.remove()
    (gradient,) = torch.autograd.grad(scores.sum(), kept[0])
    return upsample_by_module(map_by_loop(kept[0].detach(), weights_by_einsum(gradient.detach())), images.shape[2:])


def smoothed(copies, divide=len):
    """An answer to smoothgrad: the sum of the maps of copies(images, σ, a draw), divided by divide(noise)."""

    def smoothgrad(method, model, images, target, noise, noise_level=0.15):
        sigma, total = std_by_loop(images, noise_level), 0
        for one in noise:
            total = total + method(model, copies(images, sigma, one), target)
        return total / divide(noise)

    return smoothgrad


def varied(combine):
    """An answer to vargrad: combine(the maps, (n, N, C, h, w))."""

    def vargrad(method, model, images, target, noise, noise_level=0.15):
        sigma = std_by_loop(images, noise_level)
        return combine(torch.stack([method(model, images + sigma * one, target) for one in noise]))

    return vargrad


def integrated(alphas, each=lambda gradient: gradient, divide=lambda n: n):
    """An answer to integrated_gradients with other α, with something done to each gradient, divided otherwise."""

    def integrated_gradients(model, images, target, baseline, n_steps=50):
        total = torch.zeros_like(images)
        for alpha in alphas(n_steps).tolist():
            total = total + each(gradient_by_loop(model, baseline + alpha * (images - baseline), target))
        return (images - baseline) * total / divide(n_steps)

    return integrated_gradients


def middles(n):
    return (torch.arange(n) + 0.5) / n


def integration_of_all_points(model, images, target, baseline, n_steps=50):
    points = (baseline + middles(n_steps).reshape(-1, 1, 1, 1, 1) * (images - baseline)).flatten(0, 1)
    scores = model(points.requires_grad_())
    rows = torch.arange(len(points))
    gradient = torch.autograd.grad(scores[rows, torch.as_tensor(target).repeat_interleave(n_steps)].sum(), points)[0]
    return (images - baseline) * gradient.unflatten(0, (n_steps, len(images))).mean(0)


def gap_with(rise):
    """An answer to completeness_gap with another rise(model, images, target, baselines as a batch)."""

    def completeness_gap(attribution, model, images, target, baseline):
        return attribution.flatten(1).sum(1) - rise(model, images, target, torch.zeros_like(images) + baseline)

    return completeness_gap


def blurred(size):
    return lambda images, sigma: gaussian_blur(images, size(sigma), sigma)


def expected_from(combine):
    """An answer to expected_gradients: combine(the attributions, (B, N, C, H, W))."""

    def expected_gradients(model, images, target, baselines, n_steps=50):
        return combine(torch.stack([integration_by_loop(model, images, target, one, n_steps) for one in baselines]))

    return expected_gradients


def predicted_by(compare):
    """An answer to unchanged_predictions: compare(scores before, scores after)."""

    def unchanged_predictions(model, images, shift):
        with torch.no_grad():
            return compare(model(images), model(images + shift))

    return unchanged_predictions


def ranked(rank, flat=None):
    """An answer to map_similarity with rank(values, (N, h·w)) and flat(maps); by default, flat is what has no order."""

    def map_similarity(maps, others):
        values = [each.detach().sum(1).flatten(1) for each in (maps, others)]
        first, second = (torch.as_tensor(rank(each)).double() for each in values)
        first, second = first - first.mean(1, keepdim=True), second - second.mean(1, keepdim=True)
        one, other = map(flat, (maps, others)) if flat else ((each == each[:, :1]).all(1) for each in values)
        rho = (first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))
        return torch.where(one | other, (one & other).double(), rho).float()

    return map_similarity


def steady(end, choose=lambda before, after: before == after):
    """An answer to stability: end(the similarities) → three numbers; choose says which images stay."""

    def stability(method, model, images, shift):
        before, after = model(images).argmax(1), model(images + shift).argmax(1)
        kept, target = images[choose(before, after)], before[choose(before, after)]
        return end(
            similarity_by_scipy(method(model, kept, target).detach(), method(model, kept + shift, target).detach())
        )

    return stability


def ends(values, reach):
    return torch.stack([values.mean(), values.mean() - reach, values.mean() + reach]).float()


def compensating(bias, size=lambda layer: layer.padding[0], order=1):
    """An answer to compensate_shift: the bias lowered by m · bias(weights), padded by size(layer)."""

    def compensate_shift(model, shift):
        second = copy.deepcopy(model)
        layer = second[0]
        with torch.no_grad():
            layer.bias -= shift * bias(layer.weight)
        pad = nn.ConstantPad2d(size(layer), shift)
        layer.padding = (0, 0)
        second[0] = nn.Sequential(*[pad, layer][::order])
        return second

    return compensate_shift


def classes_of(model, images, shift):
    """Before the shift and after it."""
    return model(images).argmax(1), model(images + shift).argmax(1)


def all_weights(weight):
    return weight.sum((1, 2, 3))


@pytest.mark.parametrize(
    "name, slip, words",
    [
        ("channel_weights", lambda gradient: gradient.sum(2).sum(2) / gradient.size(2) ** 2, "height squared"),
        ("channel_weights", lambda gradient: gradient.mean(-1), "The places are rows and columns"),
        ("channel_weights", lambda gradient: gradient.mean((2, 3)).clamp(min=0), "set negative weights to zero"),
        (
            "grad_cam_map",
            lambda activations, weights, relu=True: (
                weighted(activations, weights)
                .max(1, keepdim=True)[0]
                .clamp(min=0 if relu else None, max=None if relu else 1e9)
            ),
            "Add all the channels up",
        ),
        (
            "grad_cam_map",
            lambda activations, weights, relu=True: map_by_loop(activations, weights.abs(), relu),
            "Keep their signs",
        ),
        (
            "grad_cam_map",
            lambda activations, weights, relu=True: map_by_loop(activations, weights[:1].repeat(len(weights), 1), relu),
            "Each image has its own",
        ),
        (
            "grad_cam_map",
            lambda activations, weights, relu=True: (weights * activations).sum(1, keepdim=True),
            "(N, K, 1, 1)",
        ),
        (
            "upsample_map",
            lambda maps, size: nn.functional.interpolate(
                maps, scale_factor=(size[0] // maps.size(2), size[1] // maps.size(3)), mode="bilinear"
            ),
            "whole number of times",
        ),
        ("upsample_map", lambda maps, size: upsample_by_module(maps, (size[1], size[1])), "width for the height"),
        ("grad_cam", cam_of_the_first_score, "Start from the sum of all"),
        ("grad_cam", cam_with_a_tuple, "`(gradient,) = …`"),
        ("grad_cam", cam_that_needs_a_history, "serves a frozen network"),
        (
            "grad_cam",
            cam_from(lambda maps, gradient: map_by_loop(gradient, weights_by_einsum(maps))),
            "exchanged maps and gradient",
        ),
        (
            "grad_cam",
            cam_from(lambda maps, gradient: map_by_loop(maps, weights_by_einsum(maps))),
            "They are those of the gradient",
        ),
        (
            "grad_cam",
            cam_from(lambda maps, gradient: map_by_loop(maps.relu(), weights_by_einsum(gradient))),
            "Take the layer as it is",
        ),
        (
            "guided_grad_cam",
            lambda model, images, target, layer: guided_cam_by_parts(model, images, target, layer).sum(1, True),
            "Keep them: (N, C, H, W)",
        ),
        (
            "guided_grad_cam",
            lambda model, images, target, layer: guided_cam_by_parts(model, images, target, layer).clamp(min=0),
            "is signed",
        ),
        (
            "noise_std",
            lambda images, noise_level: std_by_loop(images[:1], noise_level).repeat(len(images), 1, 1, 1),
            "range of the first image",
        ),
        ("noise_std", lambda images, noise_level: std_by_loop(images, 1.0), "multiply by `noise_level`"),
        (
            "noise_std",
            lambda images, noise_level: noise_level * (images.max((1, 2, 3)) - images.min((1, 2, 3))),
            "`amax` and `amin`",
        ),
        ("smoothgrad", smoothed(lambda images, sigma, one: images + sigma**2 * one), "You square σ"),
        ("smoothgrad", smoothed(lambda images, sigma, one: sigma * one + images * 0), "Add the images"),
        (
            "smoothgrad",
            smoothed(lambda images, sigma, one: images + sigma * one, lambda noise: len(noise) - 1),
            "a mean divides by n",
        ),
        ("noise_to_signal", lambda maps: maps.var(0).sum().div(len(maps)).sqrt() / maps.mean(), "mean map"),
        (
            "noise_to_signal",
            lambda maps: (maps.var() / len(maps)).sqrt() / maps.mean(0).norm(),
            "Each value has its own",
        ),
        ("noise_to_signal", lambda maps: (maps.std(0).norm() / maps.mean(0).norm()) ** 2, "leave out the roots"),
        ("vargrad", varied(lambda maps: (maps - maps.mean(0)).abs().sum(0) / (len(maps) - 1)), "adds up their squares"),
        ("vargrad", varied(lambda maps: maps.var(0) / len(maps)), "variance of single maps"),
        ("vargrad", varied(lambda maps: maps.var(0, keepdim=True)), "leave out the `keepdim`"),
        (
            "straight_path",
            lambda images, baseline, alphas: torch.cat([baseline + a * (images - baseline) for a in alphas]),
            "`torch.stack` in place of `torch.cat`",
        ),
        (
            "straight_path",
            lambda images, baseline, alphas: (baseline + alphas.view(-1, 1, 1, 1, 1) * (images - baseline)).squeeze(0),
            "single α",
        ),
        (
            "straight_path",
            lambda images, baseline, alphas: baseline - alphas.view(-1, 1, 1, 1, 1) * (images - baseline),
            "away from the image",
        ),
        ("integrated_gradients", integrated(middles, torch.abs), "without their signs"),
        ("integrated_gradients", integrated(lambda n: torch.arange(1, n + 1) / n + 0.5 / n), "one interval too far"),
        ("integrated_gradients", integrated(middles, divide=lambda n: n - 1), "divide by `n_steps`"),
        ("integrated_gradients", integration_of_all_points, "`target.repeat(n_steps)`"),
        (
            "completeness_gap",
            gap_with(lambda model, images, target, start: model(images)[:, target] - model(start)[:, target]),
            "gives each image its own",
        ),
        (
            "completeness_gap",
            gap_with(
                lambda model, images, target, start: (
                    score_by_loop(model, start, target) - score_by_loop(model, images, target)
                )
            ),
            "One sign is turned",
        ),
        (
            "completeness_gap",
            gap_with(
                lambda model, images, target, start: (
                    score_by_loop(model, images, target) - score_by_loop(model, start, target)
                ).abs()
            ),
            "the score falls",
        ),
        ("blurred_baseline", blurred(lambda sigma: 2 * int(3 * sigma) + 1), "math.ceil(3 * sigma)"),
        ("blurred_baseline", blurred(lambda sigma: 6 * math.ceil(sigma) + 1), "Multiply first"),
        ("blurred_baseline", lambda images, sigma: gaussian_blur(images, 2 * 3 * sigma + 1, sigma), "whole number"),
        ("expected_gradients", expected_from(lambda maps: maps.mean(1)), "The baselines are dimension 0"),
        ("expected_gradients", expected_from(lambda maps: maps.mean((0, 1))), "Average over the baselines alone"),
        ("expected_gradients", expected_from(lambda maps: maps.sum(0) / maps.shape[1]), "`len(baselines)`"),
        ("shift_images", lambda images, shift: images + abs(shift), "Keep its sign"),
        ("shift_images", lambda images, shift: (images + shift).clamp(-1, 2), "Do not clip at all"),
        (
            "unchanged_predictions",
            predicted_by(lambda before, after: (before.argmax(1) == after.argmax(1)).squeeze()),
            "single image",
        ),
        (
            "unchanged_predictions",
            predicted_by(lambda before, after: before.argmax(0) == after.argmax(0)),
            "for each class",
        ),
        (
            "unchanged_predictions",
            predicted_by(lambda before, after: True if before.argmax(1) == after.argmax(1) else False),
            "without `if`",
        ),
        ("map_similarity", ranked(lambda values: values.argsort(1)), "the number that each place has"),
        ("map_similarity", ranked(lambda values: rankdata(values, axis=1, method="max")), "the largest of their ranks"),
        (
            "map_similarity",
            ranked(
                lambda values: rankdata(values, axis=1), lambda maps: (maps == maps[:, :1, :1, :1]).flatten(1).all(1)
            ),
            "channels may cancel",
        ),
        ("map_similarity", ranked(lambda values: rankdata(values)), "ranks each row"),
        (
            "stability",
            steady(lambda values: ends(values, 1.96 * values.std() / (len(values) - 1) ** 0.5)),
            "divide by √n",
        ),
        (
            "stability",
            steady(lambda values: ends(values.abs(), 1.96 * values.abs().std() / len(values) ** 0.5)),
            "negative",
        ),
        ("stability", steady(lambda values: values.mean().float()), "the two ends"),
        ("compensate_shift", compensating(all_weights, lambda layer: 1), "`layer.padding[0]`"),
        ("compensate_shift", compensating(all_weights, lambda layer: layer.padding), "left and right alone"),
        ("compensate_shift", compensating(all_weights, order=-1), "Pad in front"),
        ("compensate_shift", compensating(lambda weight: weight[:, 0].sum((1, 2))), "through all of them"),
        ("compensate_shift", compensating(lambda weight: weight.sum((2, 3))), "one number is left for each output"),
        ("channel_weights", lambda gradient: gradient.mean(2, 3), "go together in brackets"),
        ("channel_weights", lambda gradient: gradient.mean(), "one number for everything"),
        ("channel_weights", lambda gradient: gradient.sum((2, 3)) / (gradient != 0).sum((2, 3)), "a zero counts, too"),
        (
            "grad_cam_map",
            lambda activations, weights, relu=True: relu(weighted(activations, weights)),
            "True or False and no function",
        ),
        (
            "upsample_map",
            lambda maps, size: nn.functional.interpolate(maps, size[0], mode="bilinear"),
            "`size` as it is",
        ),
        ("unchanged_predictions", lambda *given: torch.equal(*classes_of(*given)), "as `torch.equal` and `is` do"),
        ("unchanged_predictions", lambda *given: operator.is_(*classes_of(*given)), "stand for one object"),
        (
            "unchanged_predictions",
            lambda model, images, shift: model(images).max(1) == model(images + shift).max(1),
            "two pairs cannot be compared: take `argmax(1)`",
        ),
        (
            "expected_gradients",
            lambda model, images, target, baselines, n_steps=50: torch.stack(
                [integration_by_loop(model, images, target, baseline, n_steps) for baseline in baselines]
            ).median(0),
            "Asked for is the mean over the baselines",
        ),
        (
            "smoothgrad",
            lambda method, model, images, target, noise, noise_level=0.15: [range(noise)],
            "`len(noise)` is their number",
        ),
        ("stability", steady(lambda values: torch.cat([values.mean(), values.std()])), "`torch.stack` gives them"),
        ("stability", steady(lambda values: tuple(ends(values, 1.96 * values.std()))), "makes one tensor of them"),
        (
            "compensate_shift",
            lambda model, shift: compensating(lambda weight: all_weights(weight) / shift**2)(model, shift),
            "You divide the sum of the weights by m",
        ),
    ],
)
def test_an_honest_mistake_is_put_right(name, slip, words):
    verdict = judge(name, slip)
    assert verdict.status == "wrong"
    assert words in is_clear(verdict.message)


def test_what_is_told_to_write_out_is_open_again_afterwards():
    assert judge("conv_backward", conv_by_library).status == "wrong"
    grad, weight = torch.randn(1, 2, 3, 3), torch.randn(2, 1, 3, 3)
    assert torch.allclose(conv_by_library(grad, weight, 1), conv_backward_by_loop(grad, weight, 1), atol=1e-5)
    assert judge("conv_backward", conv_backward_by_loop).status == "right"


@pytest.mark.parametrize("name", perturbation.EQUALLY_VALID)
def test_what_is_asked_for_in_perturbation_is_what_the_course_uses(name):
    exercise = EXERCISES[name]
    for case in all_cases(exercise):
        arguments = dict(zip(exercise.parameters, copied(case.arguments), strict=True))
        got, expected = getattr(methods, name)(**arguments), exercise.reference(**arguments)
        assert same(torch.as_tensor(got), torch.as_tensor(expected)), case.what


HELD_OUT = perturbation, shapley, relevance, sanity_checks, metrics
SLIPS = [slip for lesson in HELD_OUT for slip in lesson.SLIPS]


@pytest.mark.parametrize("name, slip, words", SLIPS, ids=[f"{name}-{k}" for k, (name, *_) in enumerate(SLIPS)])
def test_a_slip_that_was_held_out_is_told(name, slip, words):
    verdict = judge(name, slip)
    assert verdict.status == "wrong"
    assert not any(inspect.cleandoc(m.__doc__) == verdict.message for m in EXERCISES[name].misconceptions)
    assert words in is_clear(verdict.message)


@pytest.mark.parametrize("name, slip, words", metrics.KNOWN_SLIPS)
def test_a_listed_slip_is_known_in_another_hand(name, slip, words):
    verdict = judge(name, slip)
    assert verdict.status == "wrong" and words in is_clear(verdict.message)


@pytest.mark.parametrize("lesson", HELD_OUT, ids=lambda lesson: lesson.__name__.split(".")[-1])
def test_each_exercise_has_slips_and_right_answers_that_are_held_out(lesson):
    names = [name for name, exercise in EXERCISES.items() if exercise.lesson == lesson.__name__.split(".")[-1]]
    slips = [name for name, *_ in lesson.SLIPS]
    assert names and set(slips) | set(lesson.EQUALLY_VALID) == set(names)
    for name in names:
        assert slips.count(name) >= 7 and len(lesson.EQUALLY_VALID[name]) >= 2, name


def test_what_is_asked_for_in_relevance_is_what_the_course_uses():
    def agree(got, expected):
        return torch.allclose(got.double(), expected.double(), rtol=1e-6, atol=1e-6)

    for case in EXERCISES["share_out"].cases():
        a, weight, bias, arriving, epsilon = case.arguments
        layer = nn.Linear(*weight.T.shape).to(a.dtype)
        layer.weight.data, layer.bias.data = weight, bias
        expected = methods.epsilon_rule(layer, a, arriving, epsilon)
        assert agree(EXERCISES["share_out"].reference(*case.arguments), expected), case.what
    step, grown = EXERCISES["relevance_step"].reference, EXERCISES["more_of_the_positive"].reference
    for case in EXERCISES["relevance_step"].cases():
        layer, a, arriving, _, epsilon = case.arguments
        assert agree(step(layer, a, arriving, None, epsilon), methods.epsilon_rule(layer, a, arriving, epsilon))
        bare = copy.deepcopy(layer)
        bare.bias = None
        expected = methods.gamma_rule(bare, a.abs(), arriving, gamma=3.0)
        assert agree(step(layer, a.abs(), arriving, lambda weight: grown(weight, 3.0), 1e-9), expected)
        expected = methods.z_plus_rule(layer, a.abs(), arriving)
        assert agree(step(layer, a.abs(), arriving, lambda weight: weight.clamp(min=0), 1e-9), expected)
    for case in EXERCISES["lrp"].cases():
        network, images, target, rule = case.arguments
        if rule in (methods.zero_rule, methods.z_plus_rule, methods.gamma_rule, methods.flat_rule):
            expected = methods.lrp(network, images, target, rule=rule)
            assert agree(EXERCISES["lrp"].reference(*case.arguments), expected), case.what


def test_the_exercises_of_relevance_give_what_was_worked_out_by_hand():
    """x = (2, 1), h = ReLU(x1 + x2, x1 − x2, x2 − x1) = (3, 1, 0), S = 2 h1 − h2 + 3 h3 = 5; and smaller ones."""
    share, step, grown, box = (
        EXERCISES[name].reference for name in ("share_out", "relevance_step", "more_of_the_positive", "z_box")
    )
    x, h, score = torch.tensor([[2.0, 1.0]]), torch.tensor([[3.0, 1.0, 0.0]]), torch.tensor([[5.0]])
    first, last = nn.Linear(2, 3, bias=False), nn.Linear(3, 1, bias=False)
    first.weight.data = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    last.weight.data = torch.tensor([[2.0, -1.0, 3.0]])
    for change, epsilon, hidden, shares in (
        (None, 0.0, (6, -1, 0), (2, 3)),
        (None, 1.0, (5, -5 / 6, 0), (5 / 3, 5 / 3)),
        (lambda weight: grown(weight, 1.0), 1e-9, (60 / 11, -5 / 11, 0), (100 / 33, 65 / 33)),
        (lambda weight: weight.clamp(min=0), 1e-9, (5, 0, 0), (10 / 3, 5 / 3)),
    ):
        between = step(last, h, score, change, epsilon)
        assert torch.allclose(between, torch.tensor([hidden], dtype=torch.float32))
        assert torch.allclose(step(first, x, between, change, epsilon), torch.tensor([shares]).float())
    for bias, shares in ((-2.0, (2, 1)), (0.0, (2 / 3, 1 / 3))):
        given = x, torch.ones(1, 2), torch.tensor([bias]), torch.ones(1, 1), 0.0
        assert torch.allclose(share(*given), torch.tensor([shares]).float())
    opposed = nn.Linear(2, 1)
    opposed.weight.data = torch.tensor([[1.0, -1.0]])
    shares = box(opposed, torch.tensor([[0.5, 0.25]]), torch.ones(1, 1), 0.0, 1.0)
    assert torch.allclose(shares, torch.tensor([[0.4, 0.6]]))
    rows, y = torch.tensor([[2.0, 1.0], [0.0, -1.0], [0.0, 1.0], [-2.0, -1.0]]), torch.tensor([1.0, 1.0, -1.0, -1.0])
    assert torch.allclose(EXERCISES["pattern"].reference(rows, y), torch.tensor([1.0, 0.0]))
    at_3 = [torch.tensor([each]) for each in (3.0, -1.0, 4.0)]
    assert EXERCISES["rescale_rule"].reference(*at_3).item() == 3.0


@pytest.mark.parametrize("name", ["randomise", "cascade", "permute_labels", "idle_map"])
def test_each_way_in_which_a_fact_fails_has_a_sentence(name):
    exercise = EXERCISES[name]
    right = remembered(exercise, exercise.reference, exercise.cases()[0]).result
    words = {"randomise": facts.SAYS_RANDOMISED, "cascade": facts.SAYS_CASCADED}
    words |= {"permute_labels": facts.SAYS_PERMUTED, "idle_map": facts.SAYS_IDLE}
    assert right.eq(1).all() and len(right) == len(words[name])
    assert exercise.explain(right) == "" == exercise.explain(None)
    for place, said in enumerate(words[name]):
        assert 0.0 in said or 2.0 in said
        for value, sentence in said.items():
            wrong = right.clone()
            wrong[place] = value
            assert exercise.explain(wrong) == sentence == is_clear(sentence)


def another_bias_and_weight(result, arguments):
    """A network between the right one and nothing."""
    return nn.Sequential(*result[:-1], nn.Sequential(result[-1], Thirds()))


class Thirds(nn.Module):
    def forward(self, x):
        return x / 3 + 0.17


def a_third_and_a_bit(result, arguments):
    return torch.as_tensor(result).detach().float() / 3 + 0.17


def twice_as_far(result, arguments):
    """Random layers beyond their range: of a network, or of each in a list of pairs."""
    for _, network in result if isinstance(result, list) else [(None, result)]:
        with torch.no_grad():
            for weight in network.parameters():
                if weight.abs().max() <= 1:
                    weight *= 2
    return result


def sevens(result, arguments):
    """Of labels."""
    return torch.full_like(result, 7)


def with_the_image(result, arguments):
    """Of a map that depends on nothing but the weights."""
    return result + arguments[1].detach().mean(1, keepdim=True)


def a_third_of_what_it_gives(result, arguments):
    """Of a function of maps."""
    return lambda maps, others: result(maps, others) / 3 + 0.17


def other_places(result, arguments):
    """Of whole numbers."""
    return [7 * place + 5 for place in result]


def the_first_one_turned(result, arguments):
    """Of True and False, which are no numbers to divide."""
    return torch.cat([~result[:1], result[1:]])


@EVERY
def test_a_slip_without_a_sentence_of_its_own_recalls_what_is_asked_for(exercise):
    """Values that no misconception gives: a third of the right ones and a bit."""
    spoil = {
        "compensate_shift": another_bias_and_weight,
        "unchanged_predictions": the_first_one_turned,
        "window_starts": other_places,
        "randomise": twice_as_far,
        "cascade": twice_as_far,
        "permute_labels": sevens,
        "idle_map": with_the_image,
        "without_sign": a_third_of_what_it_gives,
    }
    verdict = judge(exercise.name, spoilt(exercise, spoil.get(exercise.name, a_third_and_a_bit)))
    assert verdict.status == "wrong"
    assert exercise.recall and is_clear(verdict.message).endswith(exercise.recall)


@EVERY
def test_an_exception_without_a_cure_recalls_what_is_asked_for(exercise):
    def stopped(arguments):
        raise RuntimeError("something nobody has foreseen")

    message = judge(exercise.name, with_its_signature(exercise, stopped)).message
    assert "something nobody has foreseen" in message and is_clear(message).endswith(exercise.recall)


def test_the_cases_of_an_exercise_are_the_same_each_time():
    """A network made anew for each call must not depend on the random numbers of others."""
    for exercise in EXERCISES.values():
        torch.manual_seed(1)
        first = exercise.cases()
        torch.manual_seed(2)
        for one, other in zip(first, exercise.cases(), strict=True):
            for a, b in zip(one.arguments, other.arguments, strict=True):
                if isinstance(a, nn.Module):
                    a, b = (
                        torch.cat([p.detach().flatten() for p in m.parameters()] or [torch.zeros(1)]) for m in (a, b)
                    )
                if isinstance(a, torch.Tensor):
                    assert torch.equal(a, b), (exercise.name, one.what)


def test_the_exercises_of_metrics_give_what_was_worked_out_by_hand():
    replace, area, point, sensitive, alpha = (
        EXERCISES[name].reference
        for name in ("replace_top", "area_under", "pointing_game", "sensitivity_n", "krippendorff")
    )
    picture, ranked = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), torch.tensor([[[4.0, 1.0], [2.0, 3.0]]])
    for share, left in ((0, (1, 2, 3, 4)), (0.25, (0, 2, 3, 4)), (0.5, (0, 2, 3, 0)), (1, (0, 0, 0, 0))):
        assert replace(picture, ranked, share, 0 * picture).flatten().tolist() == list(left)
    with pytest.raises(ValueError, match="fill must have the shape of images"):
        replace(picture, ranked, 0.5, 0 * picture[0])
    for points, under in (((1, 0.5, 0), 1 / 2), ((1, 0, 0), 1 / 4), ((1, 1, 1, 0), 5 / 6)):
        assert area(torch.tensor([points]).float()).item() == pytest.approx(under)
    mask, values = torch.zeros(1, 1, 5, 6).bool(), torch.zeros(1, 5, 6)
    mask[..., 0, 0], values[0, 3, 4] = True, 1
    assert [point(values, mask, margin).item() for margin in (4, 5)] == [0, 1]
    values[0, 0, 0] = 1
    assert point(values, mask, 4).item() == 0.5
    linear, singles = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), torch.eye(4).bool().view(4, 2, 2)
    linear[1].weight.data = torch.tensor([[1.0, 2.0, -3.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    foretold = torch.tensor([[[1.0, 4.0], [-9.0, 0.0]]])  # w · x of class 0
    for values, target, r in ((foretold, 0, 1), (-foretold, 0, -1), (0 * foretold, 0, 0)):
        assert sensitive(linear, picture, values, target, singles).item() == pytest.approx(r, abs=1e-6)
    assert 0 < sensitive(linear, picture, linear[1].weight.detach()[:1].view(1, 2, 2), 0, singles).item() < 0.999
    for ratings, agreement in (
        ([[1, 2, 3], [1, 2, 3]], 1),
        ([[1, 2, 3], [3, 2, 1]], -2 / 3),
        ([[1, 2, 3], [2, 1, 3]], 7 / 12),
        ([[1, 2, 3], [1, 2, 3], [1, 3, 2]], 19 / 27),
    ):
        assert alpha(torch.tensor(ratings)) == pytest.approx(agreement)


WRONG_WEIGHTS = {
    "equal": lambda s, n: 1.0,
    "of a size": lambda s, n: 1 / (s * (n - s)),
    "one over the number of coalitions": lambda s, n: 1 / math.comb(n, s),
    "squared": lambda s, n: ((n - 1) / (math.comb(n, s) * s * (n - s))) ** 2,
    "rooted": lambda s, n: ((n - 1) / (math.comb(n, s) * s * (n - s))) ** 0.5,
}


@pytest.mark.parametrize("weight", WRONG_WEIGHTS.values(), ids=WRONG_WEIGHTS)
def test_wrong_kernel_weights_are_told_although_small_games_hide_them(weight):
    """Two or three players, or interactions of pairs alone, give the same shares whatever the weights, as long as these
    are the same for s and n − s. So a case needs four players and an interaction of three.
    """
    shap = EXERCISES["kernel_shap"]
    assert judge("shapley_kernel", shapley.weighing(weight)).status == "wrong"
    whatever_is_given = with_its_signature(
        shap,
        lambda given: shapley.shap_by_lagrange(
            *given[:2], shapley.weighing(weight)(given[0].sum(1), given[0].shape[1]).to(given[1].dtype), *given[3:]
        ),
    )
    assert judge("kernel_shap", whatever_is_given).status == "wrong"

    def off(values):
        n = len(values).bit_length() - 1
        coalitions = ((torch.arange(len(values))[:, None] >> torch.arange(n)) & 1 == 1)[1:-1]
        weights = shapley.weighing(weight)(coalitions.sum(1), n).double()
        shares = shapley.shap_by_lagrange(coalitions, values[1:-1], weights, values[0].item(), values[-1].item())
        return (shares - shapley.shares_by_recursion(values)).abs().max()

    generator = torch.Generator().manual_seed(1)
    values = torch.randn(2**4, generator=generator).double()
    players = (torch.arange(2**4)[:, None] >> torch.arange(4)) & 1
    pairs_alone = (players.double() @ torch.randn(4, 4, generator=generator).double() * players).sum(1)
    assert off(values[:8]) < 1e-9 and off(pairs_alone) < 1e-9 and off(values) > 0.01
    everything = next(case for case in shap.cases() if "all 14" in case.what)
    right, wrong = (answer(*everything.arguments) for answer in (shap.reference, whatever_is_given))
    assert not same(wrong, right, shap.normalise), "the case of all coalitions tells the weights apart by itself"


def test_to_spread_evenly_is_right_for_all_coalitions_and_wrong_for_drawn_ones():
    exercise = EXERCISES["kernel_shap"]
    evenly = next(m for m in exercise.misconceptions if m.__name__ == "spread_evenly")
    right = {
        case.what: same(evenly(*case.arguments), exercise.reference(*case.arguments), exercise.normalise)
        for case in exercise.cases()
    }
    assert all(good for what, good in right.items() if what.startswith("all"))
    assert not any(good for what, good in right.items() if "drawn" in what)
