"""Relevance: a score is shared out among the inputs of each layer, from the last layer back to the image.

A rule says how one layer shares: rule(layer, a, relevance), with a the layer's input and relevance that at its output,
gives the relevance at a. layer has weight and bias, and tells whether it is `dense` and whether it is the `first`.
"""

import inspect
import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import nn

from .batches import all_scores_in_batches, rows_at_a_time
from .hygiene import UNRELATED, check_images, check_target, described, differentiable, gradient_of, left_as_found
from .integrated_gradients import as_stack
from .start_here import all_scores, class_score
from .walk import (
    ADDING,
    ELEMENTWISE,
    LAYERS,
    LINEAR,
    ROUTES,
    SUMS,
    THROUGH_ZERO,
    WINNERS,
    Layer,
    Walk,
    before_any_layer,
    carried,
    check_reached,
    layer_behind,
    unchanged,
)

PRODUCTS, QUOTIENTS = {"div", "mul", "multiply", "true_divide"}, {"div", "true_divide"}
AFFINE = PRODUCTS | {"add", "batch_norm", "neg", "sub", "subtract"}  # each value for itself

# One layer: rules -----------------------------------------------------------------------------------------------------


def share_out(z, inputs, relevance, epsilon=0.0):
    """R_i = Σ_j z_ij / (z_j + ε sign z_j) · R_j in four steps: z; s = R / z; c = ∂(Σ_j z_j s_j)/∂a, s held; R = a · c.

    z is the function that gives z of the inputs, a list of tensors; → the share of each input, in units of relevance.
    Here z = 0 counts as positive, and where z + ε sign z = 0 nothing is shared.
    Montavon et al. 2019, doi 10.1007/978-3-030-28954-6_10, section 10.3.1.
    """
    wide = torch.promote_types(inputs[0].dtype, torch.float32)
    with torch.enable_grad(), torch.autocast(inputs[0].device.type, enabled=False):
        inputs = [a.detach().to(wide).requires_grad_() for a in inputs]
        z_j = z(*inputs)
        s = _over(relevance, z_j.detach(), epsilon)
        c = torch.autograd.grad(z_j, inputs, s)
    return [a.detach() * c_i for a, c_i in zip(inputs, c, strict=True)]


def _over(relevance, z, epsilon):
    """relevance / (z + ε sign z) in the memory of z, 0 where that is 0."""
    if epsilon:
        z.add_(torch.full_like(z, epsilon).copysign_(z))
    return z.reciprocal_().nan_to_num_(math.nan, 0, 0).mul_(relevance)


def zero_rule(layer, a, relevance):
    """LRP-0: R_i = Σ_j a_i w_ij / z_j · R_j with z_j = Σ_i a_i w_ij + b_j. What the bias adds to z, nobody gets.

    Bach et al. 2015, doi 10.1371/journal.pone.0130140, eq. 56.
    """
    return epsilon_rule(layer, a, relevance, epsilon=0.0)


def epsilon_rule(layer, a, relevance, epsilon=1e-6):
    """LRP-ε: R_i = Σ_j a_i w_ij / (z_j + ε sign z_j) · R_j. ε, in units of z, keeps its part where z is small.

    Bach et al. 2015, eq. 58.
    """
    if isinstance(layer, Layer) and (known := layer.as_it_ran(a)):  # z need not be worked out again
        leaf, z = known
        return a * torch.autograd.grad(z, leaf, _over(relevance, z.detach().clone(), epsilon), retain_graph=True)[0]
    return share_out(lambda a: _applied(layer, a, layer.weight, layer.bias), [a], relevance, epsilon)[0]


def gamma_rule(layer, a, relevance, gamma=0.25):
    """LRP-γ: R_i = Σ_j a_i (w_ij + γ w_ij⁺) / (z_j of the same weights, the bias grown alike) · R_j, for a ≥ 0.

    Montavon et al. 2019, section 10.2.1, where the bias is the weight of an input that is always 1.
    """

    def grown(w):
        return None if w is None else w.detach().clamp(min=0).mul_(gamma).add_(w.detach())

    return share_out(lambda a: _applied(layer, a, grown(layer.weight), grown(layer.bias)), [a], relevance)[0]


def z_plus_rule(layer, a, relevance):
    """z⁺: R_i = Σ_j (a_i w_ij)⁺ / Σ_i′ (a_i′ w_i′j)⁺ · R_j, without the bias.

    What is shared is kept. A unit that its bias alone lifts above 0 has nothing to share among, and its R_j is lost.
    Montavon et al. 2017, arXiv:1512.02479.
    """
    return _share_of_sign(layer, a, relevance, 1)


def alpha_beta_rule(layer, a, relevance, alpha=2.0, beta=1.0, bias=True):
    """LRP-αβ: R_i = Σ_j (α z_ij⁺ / z_j⁺ − β z_ij⁻ / z_j⁻) · R_j, z_j⁺ the sum of the z_ij⁺ and of b_j⁺, z_j⁻ alike.

    α − β = 1, or ValueError. With bias=False the sums are without b; a unit with inputs of one sign alone does not
    keep the sum then either. Bach et al. 2015, eq. 60.
    """
    if not abs(alpha - beta - 1) < 1e-6:
        raise ValueError(f"alpha must be beta + 1, got alpha {alpha} and beta {beta}")
    result = alpha * _share_of_sign(layer, a, relevance, 1, bias)
    return result - beta * _share_of_sign(layer, a, relevance, -1, bias) if beta else result


def z_box_rule(layer, a, relevance, low=0.0, high=1.0):
    """z^B: R_i = Σ_j z_ij / Σ_i′ z_i′j · R_j with z_ij = a_i w_ij − l_i w_ij⁺ − h_i w_ij⁻, for inputs from l to h.

    low and high are numbers or tensors that a broadcasts with, (C, 1, 1) for a range per channel. ValueError for an a
    that is not between them. Montavon et al. 2017, arXiv:1512.02479.
    """
    ends = [torch.as_tensor(end, dtype=a.dtype, device=a.device).expand_as(a) for end in (low, high)]
    if (a < ends[0]).any() or (a > ends[1]).any():
        found = f"from {a.min().item():.3g} to {a.max().item():.3g}"
        raise ValueError(f"low and high must enclose what the layer is given, here values {found}")
    weights = [layer.weight, -layer.weight.clamp(min=0), -layer.weight.clamp(max=0)]
    parts = [(x, w) for x, w in zip([a, *ends], weights, strict=True) if x is a or x.any()]  # an end at 0 adds nothing

    def z(*inputs):
        return sum(_applied(layer, x, w, None) for x, (_, w) in zip(inputs, parts, strict=True))

    return sum(share_out(z, [x for x, _ in parts], relevance))


def flat_rule(layer, a, relevance):
    """Flat: R_i = Σ_j R_j / the number of inputs of unit j, whatever a and w. Lapuschkin 2019, arXiv:1902.10178."""
    ones = torch.ones_like(layer.weight)
    return share_out(lambda a: _applied(layer, a, ones, None), [torch.ones_like(a)], relevance)[0]


def _share_of_sign(layer, a, relevance, sign, bias=False):
    """Σ_j z_ij± / z_j± · R_j, of the contributions z_ij = a_i w_ij of one sign."""

    def of_sign(x, sign):
        return x.clamp(min=0) if sign > 0 else x.clamp(max=0)

    b = of_sign(layer.bias, sign) if bias and layer.bias is not None else None
    up = of_sign(layer.weight, sign)
    last = a.ndim == 4 and a.is_contiguous(memory_format=torch.channels_last)
    if (a.permute(0, 2, 3, 1) if last else a).min() >= 0:  # in the order of memory it takes a tenth of the time
        return share_out(lambda a: _applied(layer, a, up, b), [a], relevance)[0]
    down = of_sign(layer.weight, -sign)
    parts = [of_sign(a, 1), of_sign(a, -1)]
    return sum(share_out(lambda p, n: _applied(layer, p, up, b) + _applied(layer, n, down, None), parts, relevance))


def _applied(layer, a, weight, bias):
    """What the layer gives with this weight and bias. layer may be an nn.Linear or an nn.Conv2d, too."""
    weight, bias = weight.detach().to(a.dtype), None if bias is None else bias.detach().to(a.dtype)
    if isinstance(layer, nn.Linear):
        return F.linear(a, weight, bias)
    if isinstance(layer, nn.Conv2d):
        return layer._conv_forward(a, weight, bias)
    return layer(a, weight, bias)


# All layers -----------------------------------------------------------------------------------------------------------


def composite(choose):
    """The rule that choose(layer) names, a layer: composite(lambda layer: flat_rule if layer.first else zero_rule).

    layer.dense tells a linear layer from a convolution, layer.first that no other layer is between it and the images.
    """
    return lambda layer, a, relevance: choose(layer)(layer, a, relevance)


def deep_taylor_rule(layer, a, relevance, low=0.0, high=1.0):
    """Deep Taylor: z^B where the images come in, with values from low to high, z⁺ in all other layers.

    Montavon et al. 2017, arXiv:1512.02479.
    """
    return z_box_rule(layer, a, relevance, low, high) if layer.first else z_plus_rule(layer, a, relevance)


def lrp(model, images, target=None, *, rule=zero_rule):
    """The score S_c, shared out layer by layer by rule(layer, a, relevance), the last layer first.

    images (N, C, H, W) → (N, C, H, W), in units of the score, signed; kept says how much of the score has arrived.
    target is an int, a LongTensor (N,) or None: the predicted class.

    Layers are linear layers and convolutions, of modules or of functions, with the batch norm that follows directly
    folded in. ReLUs and activations like them hand the relevance on, a max pooling gives it to the winner, and sums,
    means and branches that meet share it by what each has added: LRP-0, constants and a batch norm on its own taking
    their part. A normalisation of the images before the first layer hands on. With zero_rule it is gradient_x_input
    (of the normalised images) for networks of ReLUs.

    Errors as for class_score. ValueError for a model without a layer, and for one that computes between the images and
    the score what has no rule or cannot be reached: products of two branches, attention, norms by the image's own
    statistics, sigmoid and softmax, scripted modules. ValueError where the relevance is not finite.
    Bach et al. 2015, doi 10.1371/journal.pone.0130140. For any network: Samek et al. 2021, arXiv:2003.07631.
    """
    if not callable(rule):
        raise TypeError(f"rule must be a function rule(layer, a, relevance), got {described(rule)}")
    walk = Walk(
        dict.fromkeys(LAYERS, lambda call: _at_layer(call, rule))
        | dict.fromkeys(SUMS, _at_sum)
        | dict.fromkeys(THROUGH_ZERO, _handed_on)
        | {"batch_norm": lambda call: _at_batch_norm(call, rule)},
        handed_on=THROUGH_ZERO,
    )
    model = getattr(model, "_orig_mod", model)  # a compiled one hides its functions: explain what it was compiled from
    with left_as_found(model):
        x = differentiable(images)
        with walk:
            score = class_score(model, x, target)
        check_reached(score, ROUTES | WINNERS, set(), "lrp")
        if before_any_layer(score):
            raise ValueError("model must compute a linear layer or a convolution, or no rule has anything to share out")
        relevance = gradient_of((score * score.detach()).sum(), x, UNRELATED)  # the score is what is handed back
    return _as_images(relevance, images)


def kept(relevance, model, images, target=None, *, batch_size=None):
    """Σ R / S_c, an image: the share of the score that has arrived; 1 where all of it was shared out.

    relevance and images (N, C, H, W) → (N,). target as for lrp; the model sees batch_size images at a time (None: a
    number that fits in memory). Errors as for class_score. Also ValueError for relevance of another shape and for a
    score of 0, of which there is nothing to share.
    """
    rows = rows_at_a_time(images, batch_size)
    if not isinstance(relevance, torch.Tensor) or relevance.shape != images.shape:
        raise ValueError(f"relevance must have the shape of images, {tuple(images.shape)}, got {described(relevance)}")
    scores = all_scores_in_batches(model, images, rows)
    score = scores.gather(1, check_target(target, scores)[:, None])[:, 0]
    if (score == 0).any():
        raise ValueError("images must have a score other than 0, or there is nothing to share out")
    return relevance.detach().sum((1, 2, 3)) / score


def _at_layer(call, rule):
    given = dict(zip(("input", "weight", "bias"), call.args, strict=False)) | call.kwargs
    a, weight, bias = given.pop("input"), given.pop("weight"), given.pop("bias", None)
    if len(call.inputs) > 1 or call.inputs[0] is not a:
        return None  # the images make the weights: a product
    rest = call.args[3:], {key: given[key] for key in call.kwargs.keys() & given.keys()}

    def function(a, weight, bias):
        return call.function(a, weight, bias, *rest[0], **rest[1])

    layer = Layer(function, weight, bias, dense=call.name == "linear", first=before_any_layer(a))
    return _with_rule(rule, layer, a, lambda: layer.run(a))


def _at_batch_norm(call, rule):
    """Behind a layer it belongs to the layer; elsewhere its shift is one more thing added."""
    x, behind = call.inputs[0], layer_behind(call.inputs[0])
    if call.function is not F.batch_norm or len(call.inputs) > 1:
        return None
    if behind is None or behind[0].dense and x.ndim > 2:
        return _at_sum(call)
    layer, a = behind
    norm = inspect.signature(F.batch_norm).bind(*call.args, **call.kwargs)
    norm.apply_defaults()
    mean, variance, gain, shift, training, _, eps = list(norm.arguments.values())[1:]
    if training or mean is None:
        return None
    scale = (variance + eps).rsqrt() * (1 if gain is None else gain)
    bias = (-mean if layer.bias is None else layer.bias - mean) * scale + (0 if shift is None else shift)
    weight = layer.weight * scale.reshape(-1, *[1] * (layer.weight.ndim - 1))
    return _with_rule(rule, replace(layer, weight=weight, bias=bias, ran=()), a, call.compute)


def _with_rule(rule, layer, a, compute):
    given = unchanged(a)

    def back(arriving):
        (a,) = given()
        result = rule(layer, layer.ran[0] if layer.ran else a, arriving)
        if not isinstance(result, torch.Tensor) or result.shape != a.shape:
            raise ValueError(f"rule must return relevance of the shape of a, {tuple(a.shape)}, got {described(result)}")
        return [result]

    return carried(compute, back, a, layer=layer)


def _at_sum(call):
    """What is linear and has no weights shares by what each has added; a normalisation of the images hands on."""
    inputs = call.inputs
    if call.name in PRODUCTS and (len(inputs) > 1 or inputs[0] is not call.args[0] and call.name in QUOTIENTS):
        return None
    if call.name in AFFINE and len(inputs) == 1 and before_any_layer(inputs[0]):
        return _handed_on(call)
    given = unchanged(*inputs)
    return carried(call.compute, lambda arriving: share_out(call.of, given(), arriving), *inputs)


def _handed_on(call):
    if len(call.inputs) > 1:
        return None
    return carried(call.compute, lambda arriving: [arriving], *call.inputs)  # autograd adds up what was broadcast


def _as_images(relevance, images):
    if not relevance.isfinite().all():
        raise ValueError(
            "rule must give finite relevance, here NaN or infinity: a layer has a z near 0, which epsilon_rule is for"
        )
    return torch.empty_like(images, requires_grad=False).copy_(relevance)


# A difference of scores -----------------------------------------------------------------------------------------------


def deeplift(model, images, target=None, *, baseline=0.0):
    """DeepLIFT, rescale rule: (x − x′) · m, with m the gradient whose every activation has its mean slope from x′ to x.

    images (N, C, H, W) → (N, C, H, W), in units of the score, signed; an image's values add up to S_c(x) − S_c(x′),
    which completeness_gap tells. baseline x′ and target as for integrated_gradients. A max pooling charges the winner
    of x for what its maximum is above that of x′, and the winner of x′ for what it is below.

    Errors as for class_score. Also TypeError or ValueError for a baseline of another shape, dtype or with NaN, and
    ValueError for a model that computes what is neither linear, nor elementwise, nor F.max_pool2d, or that takes
    another way for the baseline than for the images.
    Shrikumar, Greenside & Kundaje 2017, arXiv:1704.02685, section 3.5.
    """
    check_images(images)
    baselines, model = as_stack(baseline, images), getattr(model, "_orig_mod", model)
    return sum(_deeplift(model, images, target, each) for each in baselines) / len(baselines)


def _deeplift(model, images, target, baseline):
    met = []

    def note(call):
        if len(call.inputs) == 1:
            met.append((call.name, unchanged(call.inputs[0])))

    def rescaled(rule):
        def put(call):
            if len(call.inputs) > 1:
                return None
            name, (x0,) = (met[0][0], met.pop(0)[1]()) if met else (None, (None,))
            (x,) = call.inputs
            if name != call.name or x0.shape[1:] != x.shape[1:]:
                raise ValueError("model must compute the same functions for the baseline as for the images")
            given = unchanged(x)
            return carried(call.compute, lambda m: [rule(*given(), x0, m, call)], x)

        return put

    with left_as_found(model):
        x, x0 = differentiable(images), differentiable(baseline[:1] if baseline.stride(0) == 0 else baseline)
        with Walk(dict.fromkeys(ELEMENTWISE | {"max_pool2d"}, note)):
            all_scores(model, x0)
        at_activation = rescaled(lambda x, x0, m, call: rescale_rule(x, x0, m, call.of))
        at_pooling = rescaled(_rescaled_pooling)
        with Walk(dict.fromkeys(ELEMENTWISE, at_activation) | {"max_pool2d": at_pooling}):
            score = class_score(model, x, target)
        check_reached(score, ROUTES | ADDING, LINEAR, "deeplift")
        multiplier = gradient_of(score.sum(), x, UNRELATED)
    return _as_images(multiplier * (x.detach() - x0.detach()), images)


def rescale_rule(x, x0, grad, function=torch.relu):
    """grad · (f(x) − f(x0)) / (x − x0), an elementwise f's mean slope from x0 to x; where they are within 1e-6, f′(x).

    x, x0 and grad of one shape → a tensor of that shape. Shrikumar et al. 2017.
    """
    wide = torch.promote_types(x.dtype, torch.float32)
    x, x0 = x.detach().to(wide), x0.detach().to(wide)
    step = x - x0
    near = step.abs() < 1e-6
    slope = (function(x) - function(x0)) / torch.where(near, 1.0, step)
    if near.any():
        with torch.enable_grad():
            at = x.requires_grad_()
            (local,) = torch.autograd.grad(function(at).sum(), at)
        slope = torch.where(near, local, slope)
    return grad * slope


def _rescaled_pooling(x, x0, m, call):
    """The multiplier at a max pooling: its winner in x pays for max(y, y′) − y′, that in x′ for y − max(y, y′)."""
    wide = torch.promote_types(x.dtype, torch.float32)
    x, x0, m = x.to(wide), x0.to(wide).expand(x.shape), m.to(wide)
    options = {key: value for key, value in call.kwargs.items() if key != "input"} | {"return_indices": True}
    (y, at), (y0, at0) = (F.max_pool2d(v, *call.args[1:], **options) for v in (x, x0))
    top, step = torch.maximum(y, y0), x - x0
    paid = torch.zeros_like(x, memory_format=torch.contiguous_format).flatten(2)
    paid.scatter_add_(2, at.flatten(2), (m * (top - y0)).flatten(2))
    paid.scatter_add_(2, at0.flatten(2), (m * (y - top)).flatten(2))
    gradient = torch.zeros_like(paid).scatter_add_(2, at.flatten(2), m.flatten(2)).view_as(x)
    near = step.abs() < 1e-6
    return torch.where(near, gradient, paid.view_as(x) / torch.where(near, 1.0, step))


# Signal and distractor ------------------------------------------------------------------------------------------------


def pattern(x, y):
    """a = cov(x, y) / var(y): how much each input rises where a linear unit's output y rises by 1.

    x (N, D), y (N,) → (D,), in units of x by those of y. The weights w say how to read y off x, and spend themselves on
    cancelling what is no signal; w ⊙ a is a unit's own part of y, input by input. TypeError for what is no float
    tensor, ValueError for other shapes, less than two rows, NaN, and for a y that never changes.
    Kindermans et al. 2017, arXiv:1705.05598, the linear estimator.
    """
    for name, each in {"x": x, "y": y}.items():
        if not isinstance(each, torch.Tensor) or not each.is_floating_point():
            raise TypeError(f"{name} must be a float tensor, got {described(each)}")
    if x.ndim != 2 or len(x) < 2:
        raise ValueError(f"x must have the shape (N, D) with two rows or more, got {described(x)}")
    if y.shape != x.shape[:1]:
        raise ValueError(f"y must have a value for each row of x, shape ({len(x)},), got {described(y)}")
    for name, each in {"x": x, "y": y}.items():
        if not each.isfinite().all():
            raise ValueError(f"{name} must be finite, got {described(each)} with NaN or infinity in it")
    if (y == y[0]).all():
        raise ValueError("y must change from row to row, or nothing can rise with it")
    x, y = x - x.mean(0), y - y.mean()
    return y @ x / (y @ y)
