"""judge and check: what they say, what they hand back, and that an answer cannot get around them."""

import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

import utils
from utils import check, judge
from utils.classroom.check import NotRight
from utils.classroom.diagnosis import diagnose, same
from utils.classroom.exercises import EXERCISES
from utils.classroom.judge import PASSED


@pytest.fixture(autouse=True)
def not_graded(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def vanilla_rule(x, grad):
    return grad * (x > 0)


def deconvnet_rule(x, grad):
    return grad * (x > 0)  # the wrong rule


def guided_rule(x, grad):
    raise NotImplementedError


# check ----------------------------------------------------------------------------------------------------------------


def test_a_right_answer_is_handed_back(capsys):
    assert check(vanilla_rule) is vanilla_rule
    assert capsys.readouterr().out == "✓ vanilla_rule: Right.\n"


def test_for_a_wrong_answer_the_reference_is_handed_back(capsys):
    assert check(deconvnet_rule) is utils.deconvnet_rule
    assert capsys.readouterr().out.startswith("✗ deconvnet_rule: You stop the gradient where the input was negative")


def test_for_a_stub_the_reference_is_handed_back(capsys):
    assert check(guided_rule) is utils.guided_rule
    assert capsys.readouterr().out.startswith("○ guided_rule: Not attempted yet")


def test_what_was_handed_back_is_not_taken_for_an_answer(capsys):
    assert check(check(deconvnet_rule)) is utils.deconvnet_rule
    assert capsys.readouterr().out.splitlines()[1].startswith("○ deconvnet_rule: This is the course's own")


@pytest.mark.parametrize("execution", ["autograde", "validate"])
def test_when_graded_only_a_right_answer_passes(monkeypatch, execution):
    monkeypatch.setenv("NBGRADER_EXECUTION", execution)
    assert check(vanilla_rule) is vanilla_rule
    for function in (deconvnet_rule, guided_rule, utils.guided_rule):
        with pytest.raises(NotRight, match=function.__name__):
            check(function)


def test_the_learner_sees_the_sentence_and_no_frame_from_inside(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    shell = InteractiveShell.instance()
    shell.run_cell("from utils import check\ndef guided_rule(x, grad):\n    return x\nguided_rule = check(guided_rule)")
    shown = capsys.readouterr().out
    assert "✗ guided_rule" in shown
    assert "Traceback" not in shown and "judge.py" not in shown and "check.py" not in shown


def test_the_verdict_has_its_sign_and_words_in_both_forms():
    from utils.classroom.check import Note

    note = Note(judge("deconvnet_rule", lambda x, grad: x < grad))
    assert repr(note).startswith("✗ deconvnet_rule: ")
    assert "✗ deconvnet_rule: " in note._repr_html_()
    assert "<script" not in Note(judge("deconvnet_rule", lambda x, grad: "<script>"))._repr_html_()


def test_check_wants_the_function_itself():
    with pytest.raises(TypeError, match="function: .*check\\(class_score\\).*Tensor"):
        check(torch.zeros(3))


def test_a_function_of_another_name_is_told_so_without_frames_from_inside(capsys):
    InteractiveShell.instance().run_cell("from utils import check\ndef guided(x): pass\nguided = check(guided)")
    shown = capsys.readouterr().out
    assert "there is no exercise 'guided'" in shown and "own name" in shown
    assert "judge.py" not in shown


def test_a_lambda_is_told_to_take_a_name(monkeypatch):
    monkeypatch.setitem(globals(), "channel_weights", lambda gradient: gradient.mean((2, 3)))
    with pytest.raises(ValueError, match=r"A lambda has no name.* def channel_weights\("):
        check(globals()["channel_weights"])


def test_a_warning_is_not_called_printing():
    def warned(x, grad):
        print("UserWarning: a word", file=sys.stderr)  # as `warnings` does, outside pytest
        return grad * (x > 0)

    message = judge("vanilla_rule", warned).message
    assert message.startswith("Right.") and "sets off a warning" in message and "prints" not in message


def test_grad_mode_is_as_it_was():
    def careless(x, grad):
        torch.set_grad_enabled(False)
        return grad * (x > 0)

    assert "gradient mode" in judge("vanilla_rule", careless).message
    assert torch.is_grad_enabled()
    with torch.no_grad():
        judge("vanilla_rule", careless)
        assert not torch.is_grad_enabled()


@pytest.mark.parametrize(
    "cut",
    [
        lambda x: x.detach(),
        lambda x: x.clone().detach(),
        lambda x: x.detach().requires_grad_(),
        lambda x: torch.tensor(x.tolist()),
    ],
)
def test_a_score_that_does_not_lead_back_to_the_images(cut):
    verdict = judge("class_score", lambda model, images, target: model(cut(images))[torch.arange(len(images)), target])
    assert (
        verdict.status == "wrong"
        and "cut off from the images" in verdict.message
        or "follow them back" in verdict.message
    )


def test_a_hard_coded_batch_is_not_taken_for_something_else():
    message = judge("class_score", lambda model, images, target: model(images)[torch.arange(3), target]).message
    assert "IndexError" in message and "row" not in message.split("IndexError")[0]


def test_two_errors_at_once_get_the_sentence_of_the_first():
    message = judge(
        "vanilla_gradient",
        lambda model, images, target: torch.autograd.grad(
            model(x := images.clone().requires_grad_()).softmax(1)[:, target].sum(), x
        )[0],
    ).message
    assert "softmax" in message


def test_a_right_earlier_answer_is_used_as_it_is():
    """…so that what would fail in the notebook fails in the check."""
    notebook = {"torch": torch}
    exec(
        "def vanilla_gradient(model, images, target):\n    x = images.detach().clone().requires_grad_()\n"
        "    scores = model(x)[torch.arange(len(x)), target]\n    return torch.autograd.grad(scores.sum(), x)[0]\n"
        "def gradient_x_input(model, images, target):\n    with torch.no_grad():\n"
        "        return vanilla_gradient(model, images, target) * images",
        notebook,
    )
    assert (
        judge("gradient_x_input", notebook["gradient_x_input"]).status == "right"
    )  # with the course's, which can do it
    assert judge("vanilla_gradient", notebook["vanilla_gradient"]).status == "right"
    message = judge("gradient_x_input", notebook["gradient_x_input"]).message
    assert "does not require grad" in message and "no_grad" in message


def test_an_unknown_name_is_told_the_nearest():
    with pytest.raises(ValueError, match="name: .*'class_scores'.*'class_score'"):
        judge("class_scores", vanilla_rule)


# judge ----------------------------------------------------------------------------------------------------------------


def test_something_that_is_no_function():
    verdict = judge("class_score", 3.0)
    assert verdict.status == "wrong" and "float" in verdict.message and "not a function" in verdict.message


def test_other_arguments():
    verdict = judge("class_score", lambda model, images: 0)
    assert verdict.message == "`class_score` is called with (model, images, target); yours takes (model, images)."


def test_more_arguments_are_fine_where_they_have_defaults():
    assert judge("vanilla_rule", lambda x, grad, extra=1: grad * (x > 0)).status == "right"
    assert judge("vanilla_rule", lambda *both: both[1] * (both[0] > 0)).status == "right"


def test_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(5), np.random.seed(5), random.seed(5)
    expected = torch.rand(1), np.random.rand(), random.random()
    torch.manual_seed(5), np.random.seed(5), random.seed(5)
    judge("vanilla_rule", lambda x, grad: torch.rand(3))
    assert (torch.rand(1), np.random.rand(), random.random()) == expected


def test_a_loop_without_end_that_is_interrupted():
    def endless(x, grad):
        raise KeyboardInterrupt

    verdict = judge("vanilla_rule", endless)
    assert verdict.status == "wrong" and "loop" in verdict.message


def test_an_answer_that_exits():
    assert "SystemExit" in judge("vanilla_rule", lambda x, grad: exit(3)).message


def test_it_tells_what_came_out_right_before_the_exception():
    def only_numbers(model, images, target):
        if not isinstance(target, int):
            raise TypeError("one class only")
        return model(images)[:, target]

    message = judge("class_score", only_numbers).message
    assert "TypeError: one class only" in message and "3 cases" in message
    assert "a tensor with a target for each" in message


def test_it_tells_the_smallest_case_where_an_unforeseen_answer_differs():
    def three_times(x, grad):
        return 3 * grad * (x > 0)

    message = judge("vanilla_rule", three_times).message
    assert "Expected [[0.4, 0], [0, 0]], got [[1.2, 0], [0, 0]]" in message
    assert "the matrices X and G of the lesson" in message


@pytest.mark.parametrize(
    "function, words",
    [
        (lambda x, grad: grad if x > 0 else 0 * grad, "one truth value"),
        (lambda x, grad: grad * (x > 0 & grad > 0), "brackets around each comparison"),
        (lambda x, grad: torch.autograd.grad(x.clone().requires_grad_().relu(), x), "sum the values first"),
        (lambda x, grad: torch.autograd.grad(x.relu().sum(), x)[0], "`.requires_grad_()`"),
    ],
)
def test_what_pytorch_says_comes_with_a_cure(function, words):
    verdict = judge("guided_rule", function)
    assert verdict.status == "wrong" and words in verdict.message


def test_the_stubs_last_line_left_behind():
    def forgotten(x, grad):
        grad * (x > 0)
        raise NotImplementedError("write your code here")

    verdict = judge("vanilla_rule", forgotten)
    assert verdict.status == "not attempted" and "`raise NotImplementedError` is still there" in verdict.message


def test_a_mark_names_the_argument_it_is_left_on():
    verdict = judge("vanilla_rule", lambda x, grad: grad * (x.requires_grad_() > 0))
    assert "`x` came back marked" in verdict.message and "images" not in verdict.message


def test_only_the_learners_own_lines_are_blamed():
    def quoted(model, images, target):
        with utils.relu_rule("deconvnet"):
            return utils.vanilla_gradient(model, images, target)

    message = judge("deconvnet", quoted).message
    assert '`with utils.relu_rule("deconvnet"):`' in message and "Give the function itself" in message
    assert "self.gen" not in message


def test_a_with_block_that_the_map_missed():
    def too_late(model, images, target):
        with utils.relu_rule(utils.guided_rule):
            images = images.clone()
        return utils.vanilla_gradient(model, images, target)

    message = judge("guided_backprop", too_late).message
    assert "Indent the line that computes the map" in message and "scripted" not in message


def first_alone(method):
    return lambda model, images, target: method(model, images[:1], target)


@pytest.mark.parametrize(
    "name, answer",
    [
        ("deconvnet", first_alone(lambda *a: gradient_under(utils.deconvnet_rule, *a))),
        (
            "class_sensitivity",
            lambda method, model, images, first, second: (
                1 - torch.cosine_similarity(*(method(model, images[:1], c).flatten(1) for c in (first, second)))
            ),
        ),
    ],
)
def test_one_result_for_several_images(name, answer):
    message = judge(name, answer).message
    assert "One result for several images: treat the whole batch" in message and "expand_as" not in message


def gradient_under(rule, model, images, target):
    x = images.detach().clone().requires_grad_()
    with utils.relu_rule(rule):
        (gradient,) = torch.autograd.grad(model(x)[:, target].sum(), x)
    return gradient


def test_the_mean_over_the_channels_is_not_cured_by_keepdim():
    right = torch.ones(2, 3, 4, 4)
    assert "Do not sum or average" in diagnose("two images", right, right.mean(1))
    assert "keepdim=True" in diagnose("two images", right[:, :1], right[:, 0])


# lines, shapes and words ----------------------------------------------------------------------------------------------


def in_a_notebook(source, name, file="<ipython-input-3>", **names):
    """The function `name` of a cell with this source, in a namespace like a notebook's."""
    notebook = {"torch": torch, **{each: getattr(utils, each) for each in utils.__all__}, **names}
    exec(compile(source, file, "exec"), notebook)
    return notebook[name]


RULE_CALLED = """
def guided_backprop(model, images, target):
    with relu_rule(guided_rule(images, 1)):
        return vanilla_gradient(model, images, target)
"""


@pytest.mark.parametrize("file", ["<ipython-input-3>", "/tmp/ipykernel_1/123.py", "<string>", "cell.py"])
def test_the_line_is_the_learners_own(file):
    message = judge("guided_backprop", in_a_notebook(RULE_CALLED, "guided_backprop", file)).message
    assert "in line 3 of your cell" in message and "Give the function itself" in message


BY_RELATIVE_PATH = """
import sys
from pathlib import Path

sys.path.insert(0, ".")  # relative: so are then the names of its files
import utils
exec(compile(Path("cell.txt").read_text(), "<ipython-input-3>", "exec"), notebook := {"utils": utils})
message = utils.judge("guided_backprop", notebook["guided_backprop"]).message
assert "in line 3 of your cell" in message, message
"""


def test_the_line_is_the_learners_own_also_where_utils_is_imported_by_a_relative_path(tmp_path):
    root = Path(utils.__file__).resolve().parents[1]
    (tmp_path / "utils").symlink_to(root / "utils")
    (tmp_path / "cell.txt").write_text(
        RULE_CALLED.replace("relu_rule", "utils.relu_rule", 1)
        .replace("guided_rule(", "utils.guided_rule(")
        .replace("vanilla_gradient(", "utils.vanilla_gradient(")
    )
    (tmp_path / "run.py").write_text(BY_RELATIVE_PATH)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "run.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_line_in_another_cell_is_named_if_it_is_the_learners():
    notebook = {"torch": torch}
    exec(compile("def helper(x):\n    return x.nothing\n", "<ipython-input-1>", "exec"), notebook)
    exec(compile("def vanilla_rule(x, grad):\n\n    return helper(x)\n", "<ipython-input-2>", "exec"), notebook)
    assert "in line 2 of your cell" in judge("vanilla_rule", notebook["vanilla_rule"]).message


@pytest.mark.parametrize("name", ["relu_active", "F", "np"])
def test_a_name_that_is_not_known_is_made_above(name):
    answer = in_a_notebook(f"def vanilla_rule(x, grad):\n    return {name} * grad", "vanilla_rule")
    answer.__globals__.pop(name, None)
    assert "run the cells above, all of them after a restart" in judge("vanilla_rule", answer).message


def test_a_name_of_nothing_is_not_made_above():
    answer = in_a_notebook("def vanilla_rule(x, grad):\n    return gradd * (x > 0)", "vanilla_rule")
    message = judge("vanilla_rule", answer).message
    assert "name 'gradd' is not defined" in message and "cells above" not in message


def test_the_shapes_that_met_are_named(without_its_words):
    without_its_words("two_layer_backward")
    message = judge("two_layer_backward", lambda x, W, v, rule: W @ rule(W @ x, v)).message
    assert "The shapes here: x (2,), W (3, 2), v (3,)." in message


def test_the_first_line_of_a_warning_is_shown():
    def warned(x, grad):
        warnings.warn("beware\nof the rest", stacklevel=1)
        return grad * (x > 0)

    assert judge("vanilla_rule", warned).message == "Right. (Your function sets off a warning: beware)"


def test_the_mode_is_named_where_it_spoils_the_values():
    def class_score(model, images, target):
        model.train()
        return model(images)[torch.arange(len(images)), torch.as_tensor(target).expand(len(images))]

    assert judge("class_score", class_score).message.startswith("The model came back in another mode")


def test_one_case_that_came_right_by_chance_is_not_praised():
    def by_single_argsort(maps, others):
        first, second = (each.sum(1).flatten(1).argsort(1, stable=True).double() for each in (maps, others))
        first, second = (each - each.mean(1, keepdim=True) for each in (first, second))
        return ((first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))).nan_to_num(1).float()

    assert "came out right" not in judge("map_similarity", by_single_argsort).message


def test_a_misconception_that_the_answer_has_not_is_not_held_against_it():
    """One of those that the exercise lists makes one number of the whole batch, as this does of a single image."""

    def squeezed(attribution, model, images, target, baseline):
        start = baseline.expand_as(images)
        targets = torch.as_tensor(target).expand(len(images))
        rise = [model(x)[torch.arange(len(x)), targets] for x in (images, start)]
        return (attribution.flatten(1).sum(1) - rise[0] + rise[1]).detach().squeeze()

    message = judge("completeness_gap", squeezed).message
    assert "squeeze" in message and "one number of the whole batch" not in message


@pytest.mark.parametrize(
    "expected, got, words",
    [
        (torch.ones(2), torch.tensor(1.0), "Return one for each image, (N,)"),
        (torch.ones(1), torch.tensor(1.0), "Return one for each image, (N,)"),
        (torch.tensor([-1.0, -2.0]), torch.tensor([1.0, 2.0]), "or is an absolute value taken?"),
        (torch.full((5, 5), 0.15921), torch.full((5, 5), 0.159249), "expected 0.15921, got 0.159249"),
        (torch.tensor([0.0, 10.0, -20.0]), torch.tensor([0.0, 10.0, 0.0]), "Expected [0, 10, -20], got [0, 10, 0]"),
        (torch.ones(2, 3), torch.tensor([[1.0, float("inf"), 1.0]] * 2), "2 came out infinite"),
        (torch.ones(4, 3), torch.tensor([[0, 1, 2]]), "indices"),
        (torch.ones(1, 1, 2, 2), torch.ones(1, 2, 2), "Keep both"),
        (torch.ones(2, 2), torch.ones(2, 2).max(dim=0), "take `.values`"),
    ],
)
def test_the_words_fit_the_difference(expected, got, words):
    assert words in diagnose("two images", expected, got)


def test_a_pair_is_named_by_functions_that_exist():
    pairs = torch.ones(2, 2)
    assert "use `amax`" in diagnose("two images", pairs, pairs.max(dim=0))
    for pair in (pairs.median(dim=0), pairs.sort(dim=0), pairs.mode(dim=0)):
        message = diagnose("two images", pairs, pair)
        assert "`.values`" in message and "use `" not in message
    assert ".values" not in diagnose("two images", pairs, torch.aminmax(pairs, dim=0))


@pytest.mark.parametrize(
    "got, words",
    [
        (torch.nn.ReLU(), "`nn.ReLU()(…)`"),
        ([torch.ones(2), torch.ones(2)], "`torch.stack(…)`"),
        ((1.0, 2.0), "`torch.tensor(…)`"),
        (torch.ones(2, 2).numpy(), "`torch.from_numpy(…)`"),
    ],
)
def test_what_is_no_tensor_is_told_how_to_become_one(got, words):
    assert words in diagnose("one case", torch.ones(2, 2), got)


def test_a_mask_is_to_be_multiplied_by_what_it_picks():
    assert "Multiply by it" in diagnose("one case", X.relu(), X > 0)
    assert "`.to(x.dtype)`" in diagnose("one case", (X > 0).float(), X > 0)


def test_expanding_is_advised_only_where_it_makes_the_values_right():
    right = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert "expand_as" in diagnose("one case", right[:, :1].expand(2, 2), right[:, :1])
    assert "expand_as" not in diagnose("one case", right, right[:, :1])
    wide = torch.arange(4.0).reshape(1, 1, 1, 4)
    assert "expand_as" not in diagnose("one map of 1×2, to 1×4", wide, wide[..., :1])


def test_one_result_for_several_images_is_told_by_how_it_came_about():
    right = torch.rand(3, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    assert "the mean over all of them" in diagnose("three images", right, right.mean(0, keepdim=True))
    assert "the sum over all of them" in diagnose("three images", right, right.sum(0, keepdim=True))
    assert "treat the whole batch" in diagnose("three images", right, right[:1])


def test_too_many_dimensions_are_told_by_the_values():
    right = torch.tensor([1.0, 2.0, 4.0])
    assert "with a dimension of length 1 too many" in diagnose("three images", right, right[:, None])
    assert "Each meets every other" in diagnose("three images", right, right[:, None] + right)
    message = diagnose("one image", right[:1], torch.tensor([[3.0]]))
    assert "2 dimensions where 1 is asked for" in message and "arrangement" not in message


def test_an_infinite_value_is_like_no_number_and_makes_no_other_alike():
    infinite = torch.tensor([1.0, float("inf")])
    for other in (torch.tensor([1.0, 2.0]), torch.tensor([2.0, float("inf")]), -infinite):
        assert not same(infinite, other) and not same(other, infinite)
    assert same(infinite, infinite.clone())
    nothing = torch.tensor([float("inf"), float("nan")])
    assert same(nothing, nothing.clone()) and not same(nothing, nothing.flip(0))


def test_values_set_to_zero_are_so_called_only_where_there_are_several():
    expected = torch.tensor([0.0, 10.0, -20.0])
    assert "set to zero" not in diagnose("one window", expected, expected.relu())


# sealing --------------------------------------------------------------------------------------------------------------

ALIASES = {
    "by its name in utils": lambda x, grad: utils.vanilla_rule(x, grad),
    "by its module": lambda x, grad: __import__("utils.methods.relu_rules", fromlist=["x"]).vanilla_rule(x, grad),
    "by an alias made before": lambda x, grad, rule=utils.vanilla_rule: rule(x, grad),
    "out of the registry": lambda x, grad: EXERCISES["vanilla_rule"].reference(x, grad),
    "by a later exercise": lambda x, grad: EXERCISES["guided_rule"].reference(x, grad) + utils.vanilla_rule(x, grad),
}


@pytest.mark.parametrize("how", ALIASES)
def test_the_reference_is_out_of_reach(how):
    verdict = judge("vanilla_rule", ALIASES[how])
    assert verdict.status == "wrong" and "Write it out yourself" in verdict.message
    assert utils.vanilla_rule(torch.ones(1), torch.ones(1)) == 1  # within reach again


def test_the_reference_is_out_of_reach_also_where_the_exception_is_swallowed():
    def sly(x, grad):
        try:
            return utils.vanilla_rule(x, grad)
        except Exception:
            return grad * (x > 0)

    assert "Write it out yourself" in judge("vanilla_rule", sly).message


def test_the_seal_is_lifted_after_an_exception():
    judge("vanilla_rule", lambda x, grad: 1 / 0)
    assert utils.vanilla_rule(torch.ones(1), torch.ones(1)) == 1


def test_a_short_way_that_leads_past_the_exercise_is_closed():
    def by_context(network, images, target, rule):
        with torch.enable_grad():
            return gradient_under(rule, network, images, target)

    message = judge("walk_back", by_context).message
    assert "walk back by hand" in message and "the course's own" not in message
    with utils.relu_rule(utils.vanilla_rule):  # within reach again
        torch.ones(1).relu()


@pytest.mark.parametrize("passed", [True, False])
def test_a_walk_for_five_kinds_of_layer_is_not_for_any_network(passed):
    notebook = {"five": EXERCISES["walk_back"].reference, "rule": utils.deconvnet_rule}
    exec(
        "def walk_back(network, images, target, rule):\n    return five(network, images, target, rule)\n"
        "def deconvnet(model, images, target):\n    return walk_back(model, images, target, rule)",
        notebook,
    )
    theirs = notebook["walk_back"]
    if passed:
        PASSED.add(theirs)
    message = judge("deconvnet", notebook["deconvnet"]).message
    assert "five kinds of layer" in message and "Dropout" not in message
    assert notebook["walk_back"] is theirs


def test_an_answer_may_build_on_earlier_exercises():
    def product(model, images, target):
        return utils.vanilla_gradient(model, images, target) * images

    assert judge("gradient_x_input", product).status == "right"


def test_one_error_costs_once():
    """A wrong vanilla_gradient in the learner's notebook does not make a right gradient_x_input wrong."""
    notebook = {}
    exec(
        "def vanilla_gradient(model, images, target):\n    raise NotImplementedError\n"
        "def gradient_x_input(model, images, target):\n    return vanilla_gradient(model, images, target) * images",
        notebook,
    )
    theirs = notebook["vanilla_gradient"]
    assert judge("gradient_x_input", notebook["gradient_x_input"]).status == "right"
    assert notebook["vanilla_gradient"] is theirs
    assert judge("vanilla_gradient", theirs).status == "not attempted"


def test_a_result_that_claims_to_be_equal_to_everything():
    class Equal(torch.Tensor):
        def __eq__(self, other):
            return True

        @classmethod
        def __torch_function__(cls, function, types, arguments=(), keywords=None):
            return torch.tensor(True)

    verdict = judge("vanilla_rule", lambda x, grad: torch.zeros(2, 2).as_subclass(Equal))
    assert verdict.status == "wrong"


# diagnosis ------------------------------------------------------------------------------------------------------------

X = torch.tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0], [0.5, 7.0, 2.0]])


@pytest.mark.parametrize(
    "got, words",
    [
        (-X, "wrong sign"),
        (X.abs(), "lost their sign"),
        (X.relu(), "set to zero"),
        (0 * X, "All of yours are zero"),
        (2.5 * X, "2.5 times"),
        (X + 0.25, "too large by 0.25"),
        (X - 0.25, "too small by 0.25"),
        (X.T, "Rows and columns"),
        (X.flip(1), "left and right"),
        (X.flip(0), "top and bottom"),
        (torch.cat([X[:1], X[1:] ** 2]), "row 0 came out right, the others did not"),
        (X.flatten(), "arrangement"),
        (X.sum(), "One number came out, and 9 are asked for"),
        (X.half(), "torch.float16"),
        (X / 0, "values"),
        (torch.full_like(X, float("nan")), "9 came out as NaN"),
        (None, "`None`"),
        ((X, X), "a tuple of 2"),
        (X.tolist(), "a list of 3"),
    ],
)
def test_a_difference_is_put_into_words(got, words):
    assert not same(got, X)
    assert words in diagnose("one case", X, got)


def test_float32_rounding_is_no_difference():
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(1000, 50, generator=generator)
    assert same(values.sum(1), values.flip(1).sum(1))
    assert not same(values.sum(1), values.sum(1) + 0.02)
    assert not same(0 * X, 1e-9 * X), "a gradient of small values is not the same as zero"
    assert same(0 * X + 1e-8, 0 * X)


def test_what_is_smaller_than_the_floor_is_zero():
    noise, floor = torch.tensor([0.0, 1.2e-7]), 1e-6
    assert not same(0 * noise, noise) and same(0 * noise, noise, floor=floor)
    message = diagnose("two images", noise, torch.tensor([0.3, 0.3 + 1e-7]), floor=floor)
    assert "Expected [0, 0], got [0.3, 0.3]" in message
    assert "too large" not in message and "times" not in message


def test_a_history_is_asked_for_only_where_the_reference_keeps_it():
    attached = X.clone().requires_grad_() * 1
    assert same(attached, X) and not same(X, attached)


def test_a_fault_of_our_own_words_is_not_the_learners(monkeypatch):
    """Where `diagnose` itself fails, the verdict stands and no traceback comes through."""

    def broken(*_):
        raise RuntimeError("ours")

    monkeypatch.setattr("utils.classroom.judge.diagnose", broken)
    verdict = judge("shift_images", lambda images, shift: images + shift**3)
    assert verdict.status == "wrong"
    assert verdict.message.startswith("The result is not right yet. It was tried on: one 2×2 image")
