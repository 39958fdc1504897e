"""What the contracts of all exercises share: each fault planted in a right answer, and told."""

import copy
from importlib import import_module

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import utils
from utils import judge, relu_rule, vanilla_gradient
from utils.classroom.derived import PHOTOGRAPHS, derived, is_float, photographs
from utils.classroom.exercise import call
from utils.classroom.exercises import EXERCISES
from utils.classroom.surroundings import seed

EVERY = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
ON_ANY_NETWORK = [name for name, each in EXERCISES.items() if {"model"} < {*each.parameters} & {"model", *PHOTOGRAPHS}]


def replay(name, result_of):
    """An answer with the names and defaults of the exercise that gives `result_of(outcomes)` of the right outcomes."""
    exercise = EXERCISES[name]
    seed()
    cases = [*exercise.cases(), *derived(exercise)]
    made = []
    for case in cases:

        def recorded(*given, case=case, **named):
            made.append((case, exercise.reference(*given, **named)))
            return made[-1][1]

        call(exercise.tried(recorded), case, copy.deepcopy(case.arguments))
    outcomes = iter(made)
    given = ", ".join(n + (f"={exercise.defaults[n]!r}" if n in exercise.defaults else "") for n in exercise.parameters)

    def give():
        if (outcome := next(outcomes, None)) is None:
            raise ValueError("refused")  # after the cases come the calls that are to be refused
        return result_of(*outcome)

    namespace = {"give": give}
    exec(f"def {name}({given}): return give()", namespace)
    return namespace[name]


@EVERY
def test_every_exercise_is_tried_by_name_and_with_other_values(exercise):
    what = [case.what for case in derived(exercise)]
    assert any("each argument by its name" in each for each in what)
    takes_values = any(is_float(argument) for case in exercise.cases()[:2] for argument in case.arguments)
    assert any("once more" in each for each in what) == takes_values
    assert len(set(what)) == len(what) <= 20
    assert all(len(each) < 400 for each in what)


@pytest.mark.parametrize("name", ON_ANY_NETWORK)
def test_any_network_means_any(name):
    what = " ".join(case.what for case in derived(EXERCISES[name]))
    for words in ("no `nn.Sequential`", "frozen, no parameter", "frozen in part", "training mode", "the images marked"):
        assert words in what


@pytest.mark.parametrize("name", [name for name in ON_ANY_NETWORK if name not in ("finite_difference", "stability")])
def test_there_is_one_image_and_there_are_images_that_are_not_square(name):
    shapes = [
        photographs(dict(zip(EXERCISES[name].parameters, case.arguments, strict=False))).shape
        for case in [*EXERCISES[name].cases(), *derived(EXERCISES[name])]
    ]
    assert {1} < {shape[0] for shape in shapes}
    assert any(h > w for *_, h, w in shapes) and any(h < w for *_, h, w in shapes)


@pytest.mark.parametrize("name", ON_ANY_NETWORK)
def test_the_maps_of_the_derived_cases_say_something(name):
    """A map of zeros alone could not tell right from wrong."""
    exercise = EXERCISES[name]
    for case in derived(exercise):
        if "asked twice" not in case.what:  # for one class twice: the sensitivity is zero, as it should be
            assert torch.as_tensor(call(exercise.reference, case, copy.deepcopy(case.arguments))).any(), case.what


# names and defaults ---------------------------------------------------------------------------------------------------


def renamed(name, parameter, new):
    """The right answer with one of its parameters called otherwise."""
    theirs = replay(name, lambda case, result: result)
    exercise = EXERCISES[name]
    given = ", ".join(
        (new if n == parameter else n) + (f"={exercise.defaults[n]!r}" if n in exercise.defaults else "")
        for n in exercise.parameters
    )
    names = ", ".join(new if n == parameter else n for n in exercise.parameters)
    namespace = {"theirs": theirs}
    exec(f"def {name}({given}): return theirs({names})", namespace)
    return namespace[name]


@EVERY
def test_a_parameter_of_another_name_is_told(exercise):
    if exercise.name in ("class_score", "masked_objective"):
        return  # what is replayed has no history; below
    parameter = list(exercise.parameters)[-1]
    message = judge(exercise.name, renamed(exercise.name, parameter, "of_my_own")).message
    assert f"`{exercise.name}` is called with `{parameter}=…`; yours calls it `of_my_own`" in message


def test_a_parameter_of_another_name_is_told_of_a_score():
    def class_score(model, images, label):
        return score(model, images, label)

    def masked_objective(model, images, target, masks, fill, area, factor):
        values = masks.flatten(1).sort().values
        template = torch.zeros_like(values[0])
        template[round((1 - area) * len(template)) :] = 1
        return score(model, images * masks + fill * (1 - masks), target) - factor * ((values - template) ** 2).mean(1)

    assert "`target=…`; yours calls it `label`" in judge("class_score", class_score).message
    assert "`weight=…`; yours calls it `factor`" in judge("masked_objective", masked_objective).message


@pytest.mark.parametrize(
    "name, parameter, value",
    [(name, parameter, value) for name, each in EXERCISES.items() for parameter, value in each.defaults.items()],
)
@pytest.mark.parametrize("default", ["", "={value!r} + 1"])
def test_a_default_that_is_missing_or_wrong_is_told(name, parameter, value, default):
    theirs = replay(name, lambda case, result: result)
    names = ", ".join(EXERCISES[name].parameters)
    given = ", ".join(n + default.format(value=value) * (n == parameter) for n in EXERCISES[name].parameters)
    namespace = {"theirs": theirs}
    exec(f"def {name}({given}): return theirs({names})", namespace)
    if value is True and default:
        return  # 2 is true, as True is
    message = judge(name, namespace[name]).message
    assert f"`{parameter}={value}`" in message


def test_a_default_that_is_not_used_is_told():
    def smoothgrad(method, model, images, target, noise, noise_level=None):
        level = 0.3 if noise_level is None else noise_level
        sigma = level * (images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True))
        return torch.stack([method(model, images + sigma * one, target) for one in noise]).mean(0)

    assert "`noise_level=0.15`" in judge("smoothgrad", smoothgrad).message


@pytest.mark.parametrize(
    "answer",
    [
        lambda *both: both[1] * (both[0] > 0),
        lambda *both, **named: (named.get("grad") if named else both[1]) * ((named.get("x") if named else both[0]) > 0),
        lambda x, grad, *more, slope=1, **named: slope * grad * (x > 0),
        lambda x, /, grad: grad * (x > 0),
    ],
)
def test_names_of_any_kind_that_work_are_right(answer):
    assert judge("vanilla_rule", answer).status == "right"


def test_the_order_of_the_parameters_is_told():
    message = judge("vanilla_rule", lambda grad, x: grad * (x > 0)).message
    assert message == "`vanilla_rule` is called with (x, grad), in this order; yours takes (grad, x)."


# batches, sizes, values -----------------------------------------------------------------------------------------------


def score(model, images, target):
    return model(images)[torch.arange(len(images)), torch.as_tensor(target).expand(len(images))]


def gradient(model, images, target):
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(score(model, x, target).sum(), x)[0]


KEPT = {}


def from_the_shelf(model, images, target):
    key = type(model), images.shape, images.dtype, str(target)
    if key not in KEPT:
        KEPT[key] = gradient(model, images, target)
    return KEPT[key]


def layer_by_layer(model, images, target):
    x = start = images.detach().clone().requires_grad_()
    for layer in model:
        x = layer(x)
    return torch.autograd.grad(x[torch.arange(len(x)), target].sum(), start)[0]


def clipped_by_the_other_length(images, row, column, size, colour):
    covered = images.clone()
    bottom, right = min(row + size, images.shape[3]), min(column + size, images.shape[2])
    covered[:, :, row:bottom, column:right] = colour
    return covered


def change_squeezed(model, images, target, moved):
    change = (gradient(model, images, target) * (moved - images)).sum((1, 2, 3)).squeeze()
    return score(model, images, target).squeeze() + change


def same_squeezed(model, images, shift):
    return (model(images).argmax(1) == model(images + shift).argmax(1)).squeeze()


def by_whole_factors(maps, size):
    factors = size[0] / maps.shape[2], size[1] / maps.shape[3]
    if all(f == int(f) for f in factors):
        return F.interpolate(maps, size, mode="bilinear")
    return F.interpolate(maps, size, mode="nearest")


def with_number_for_one(model, images, target, baseline, n_steps=50):
    total = 0
    for k in range(n_steps):
        point = baseline + (k + 0.5) / n_steps * (images - baseline)
        if isinstance(target, int) and len(images) > 1:
            raise ValueError("a target for each, please")
        total = total + gradient(model, point, target)
    return (images - baseline) * total / n_steps


def baseline_for_each(attribution, model, images, target, baseline):
    start = baseline.reshape(images.shape)
    rise = score(model, images, target) - score(model, start, target)
    return (attribution.flatten(1).sum(1) - rise).detach()


def one_alpha_lost(images, baseline, alphas):
    return (baseline + alphas.reshape(-1, 1, 1, 1, 1) * (images - baseline)).squeeze(0)


def in_float64_alone(model, image, target, place, step=1e-3):
    up, down = image.double(), image.double().clone()
    up = up.clone()
    up[(0, *place)] += step
    down[(0, *place)] -= step
    return (score(model, up, target) - score(model, down, target)).item() / (2 * step)


def undone_by_arithmetic(model, image, target, place, step=1e-3):
    image[(0, *place)] += step
    up = score(model, image, target).item()
    image[(0, *place)] -= 2 * step
    down = score(model, image, target).item()
    image[(0, *place)] += step
    return (up - down) / (2 * step)


def cam_that_learns(model, images, target, layer):
    kept = []

    def keep(module, arguments, output):
        kept.append(output)
        return output.clone()

    handle = layer.register_forward_hook(keep)
    scores = score(model, images, target)
    handle.remove()
    (slope,) = torch.autograd.grad(scores.sum(), kept[0])
    cam = (slope.mean((2, 3), keepdim=True) * kept[0]).sum(1, keepdim=True).relu()
    return F.interpolate(cam, images.shape[2:], mode="bilinear").detach()


def on_the_modules(model, images, target):
    handles = [
        module.register_full_backward_hook(lambda module, into, out: (into[0].clamp(min=0),))
        for module in model.modules()
        if isinstance(module, nn.ReLU)
    ]
    maps = gradient(model, images, target)
    for handle in handles:
        handle.remove()
    return maps


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("vanilla_gradient", from_the_shelf, "with other values"),
        ("vanilla_gradient", layer_by_layer, "Not every network is an `nn.Sequential`"),
        ("cover", clipped_by_the_other_length, "The shape is right, the values are not yet"),
        ("linear_estimate", change_squeezed, "A dimension of length 1 is one, too"),
        ("unchanged_predictions", same_squeezed, "A dimension of length 1 is one, too"),
        ("upsample_map", by_whole_factors, "to 7×10"),
        ("integrated_gradients", with_number_for_one, "one target and one baseline for both"),
        ("completeness_gap", baseline_for_each, "baseline (3, 6, 6)"),
        ("straight_path", one_alpha_lost, "a single α"),
        ("finite_difference", in_float64_alone, "in float32"),
        ("finite_difference", undone_by_arithmetic, "changed the tensor it was given, `image`"),
        ("grad_cam", cam_that_learns, "does not require grad"),
        ("guided_backprop", on_the_modules, "calls `F.relu`"),
    ],
)
def test_answers_that_a_single_case_would_let_through(name, answer, words, without_its_words):
    without_its_words(name)
    verdict = judge(name, answer)
    assert verdict.status == "wrong" and words in verdict.message


# what comes back changed ----------------------------------------------------------------------------------------------


def all_relus(model):
    return [module for module in model.modules() if isinstance(module, nn.ReLU)]


class Guided(nn.ReLU):
    pass


def exchange_a_layer(model):
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.ReLU):
            model.set_submodule(name, nn.ReLU().eval())


def exchange_a_parameter(model):
    owner = next(module for module in model.modules() if isinstance(module, nn.Linear))
    owner.weight = nn.Parameter(owner.weight.detach().clone(), owner.weight.requires_grad)


def thaw(model):
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for parameter in model.parameters():
        parameter.requires_grad_(True)


def turn(model):
    for module in all_relus(model):
        module.__class__ = Guided


def eval_and_train(model):
    model.eval()


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda model: model.double(), "changed the model"),
        (exchange_a_layer, "exchanged layers"),
        (turn, "exchanged layers"),
        (lambda model: [setattr(m, "forward", torch.relu) for m in all_relus(model)], "`forward`"),
        (lambda model: [setattr(m, "inplace", not m.inplace) for m in all_relus(model)], "`inplace`"),
        (lambda model: setattr(model, "kept", 1), "`kept`"),
        (lambda model: setattr(model, "_kept", torch.ones(1)), "`_kept`"),
        (lambda model: model.register_buffer("more", torch.ones(1)), "changed the model"),
        (lambda model: next(model.parameters()).data.add_(1e-6), "changed the model"),
        (lambda model: model.register_full_backward_hook(lambda *_: None), "hook"),
        (lambda model: model.register_forward_pre_hook(lambda *_: None), "hook"),
        (lambda model: [p.register_hook(lambda grad: grad) for p in model.parameters() if p.requires_grad], "hook"),
        (exchange_a_parameter, "other tensors in the place of"),
        (eval_and_train, "another mode"),
        (thaw, "another `requires_grad`"),
        (lambda model: [setattr(p, "grad", torch.zeros_like(p)) for p in model.parameters()], "`.grad`"),
    ],
)
def test_whatever_of_the_model_comes_back_changed_is_told(change, words):
    def vanilla_gradient(model, images, target):
        maps = gradient(model, images, target)
        change(model)
        return maps

    message = judge("vanilla_gradient", vanilla_gradient).message
    assert message.startswith("Your values are right, but") and words in message


def test_a_model_that_is_put_back_is_no_fault():
    def vanilla_gradient(model, images, target):
        flags, modes = [p.requires_grad for p in model.parameters()], [m.training for m in model.modules()]
        weights = {name: value.clone() for name, value in model.state_dict().items()}
        hook = model.register_full_backward_hook(lambda *_: None)
        try:
            model.requires_grad_(False).eval()
            return gradient(model, images, target)
        finally:
            hook.remove()
            model.load_state_dict(weights)
            for parameter, flag in zip(model.parameters(), flags, strict=True):
                parameter.requires_grad_(flag)
            for module, mode in zip(model.modules(), modes, strict=True):
                module.training = mode

    assert judge("vanilla_gradient", vanilla_gradient).status == "right"


def test_a_model_that_goes_through_eval_as_a_whole_is_no_fault():
    def class_score(model, images, target):
        was = model.training
        model.eval()
        scores = score(model, images, target)
        model.train(was)
        return scores

    assert judge("class_score", class_score).status == "right"


def test_marked_images_come_back_marked():
    def vanilla_gradient(model, images, target):
        images.requires_grad_(True)
        (maps,) = torch.autograd.grad(score(model, images, target).sum(), images)
        images.requires_grad_(False)
        return maps

    assert "came back without it" in judge("vanilla_gradient", vanilla_gradient).message


def test_backward_on_a_copy_of_marked_images_is_no_fault():
    def vanilla_gradient(model, images, target):
        model, x = copy.deepcopy(model), images.clone().requires_grad_()
        score(model, x, target).sum().backward()
        return x.grad

    verdict = judge("vanilla_gradient", vanilla_gradient)
    assert verdict.status == "right" and "warning" not in verdict.message


@pytest.mark.parametrize("spoil", [lambda x: x.t_(), lambda x: setattr(x, "kept", 1), lambda x: x.data.neg_()])
def test_whatever_of_a_tensor_comes_back_changed_is_told(spoil):
    def vanilla_rule(x, grad):
        result = grad * (x > 0)
        if x.dim() == 2:
            spoil(x)
        return result

    assert "Your values are right, but your function" in judge("vanilla_rule", vanilla_rule).message


# the seal -------------------------------------------------------------------------------------------------------------

PUBLIC = {name: part for part in (utils.methods, utils.evaluation) for name in EXERCISES if hasattr(part, name)}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_method_of_the_same_name_is_out_of_reach_under_every_alias(name):
    public = getattr(PUBLIC[name], name)
    module = import_module(public.__module__)
    for theirs in (getattr(utils, name), public, getattr(module, name)):
        verdict = judge(name, lambda *arguments, theirs=theirs: theirs(*arguments))
        assert verdict.status == "wrong" and "Write it out yourself" in verdict.message


def test_a_later_method_does_not_help_an_earlier_exercise():
    def vanilla_gradient(model, images, target):
        return utils.gradient_x_input(model, images, target) / images

    assert "the course's own `gradient_x_input`" in judge("vanilla_gradient", vanilla_gradient).message


def test_what_stands_beside_the_exercise_is_out_of_reach():
    from utils.classroom.exercises.integrated_gradients import along, steps
    from utils.classroom.exercises.vanilla_gradient import gradient_of

    def integrated_gradients(model, images, target, baseline, n_steps=50):
        return along(model, images, target, baseline, steps(n_steps) + 0.5 / n_steps, [1 / n_steps] * n_steps)

    assert "Write it out yourself" in judge("integrated_gradients", integrated_gradients).message
    assert (
        "Write it out yourself"
        in judge(
            "vanilla_gradient",
            lambda model, images, target: gradient_of(lambda x: score(model, x, target).sum(), images),
        ).message
    )


def test_earlier_methods_stay_within_reach():
    def deconvnet(model, images, target):
        with relu_rule(utils.deconvnet_rule):
            return vanilla_gradient(model, images, target)

    def stability(method, model, images, shift):
        stay = images[utils.unchanged_predictions(model, images, shift)]
        target = model(stay).argmax(1)
        values = utils.map_similarity(
            method(model, stay, target).detach(), method(model, utils.shift_images(stay, shift), target).detach()
        )
        reach = 1.96 * values.std() / len(values) ** 0.5
        return torch.stack([values.mean(), values.mean() - reach, values.mean() + reach])

    assert judge("deconvnet", deconvnet).status == "right"
    assert judge("stability", stability).status == "right"


def test_what_is_expected_is_not_worked_out_before_the_answer():
    import sys

    def peeking(x, grad):
        frame = sys._getframe()
        while frame := frame.f_back:
            for value in frame.f_locals.get("expected", ()) if frame.f_code.co_name == "_judge" else ():
                return value
        return torch.zeros_like(grad)

    assert judge("vanilla_rule", peeking).status == "wrong"
