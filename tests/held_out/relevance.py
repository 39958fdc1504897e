"""Lesson 10: right answers written otherwise, and wrong ones that are no listed misconception, with words that help."""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, vjp

from utils import methods

# right answers in many forms ------------------------------------------------------------------------------------------


def shares_by_loops(a, weight, bias, relevance, epsilon):
    shares = torch.zeros_like(a)
    for n in range(len(a)):
        for j in range(len(weight)):
            z = (a[n] * weight[j]).sum() + bias[j]
            below = z - epsilon if z < 0 else z + epsilon
            for i in range(a.shape[1]):
                shares[n, i] += a[n, i] * weight[j, i] / below * relevance[n, j]
    return shares


def shares_by_parts(a, weight, bias, relevance, epsilon):
    parts = a.unsqueeze(1) * weight.unsqueeze(0)
    z = parts.sum(2) + bias
    sign = torch.ones_like(z)
    sign[z < 0] = -1
    return (parts * (relevance / (z + epsilon * sign)).unsqueeze(2)).sum(1)


def shares_by_letters(a, weight, bias, relevance, epsilon):
    z = torch.einsum("nd,kd->nk", a, weight) + bias
    z += torch.sign(z + 1e-30) * epsilon
    return torch.einsum("nd,kd,nk,nk->nd", a, weight, 1 / z, relevance)


def shares_by_autograd(a, weight, bias, relevance, epsilon):
    x = a.clone().requires_grad_()
    z = F.linear(x, weight, bias)
    s = relevance / (z + epsilon * (2 * (z >= 0).to(z.dtype) - 1))
    (z * s.detach()).sum().backward()
    return a * x.grad


def shares_in_numpy(a, weight, bias, relevance, epsilon):
    a, weight, bias, relevance = (each.double().numpy() for each in (a, weight, bias, relevance))
    z = a @ weight.T + bias
    return torch.from_numpy(a * ((relevance / np.where(z < 0, z - epsilon, z + epsilon)) @ weight))


def step_by_backward(layer, a, relevance, change, epsilon):
    copied = copy.deepcopy(layer)
    if change is not None:
        copied.weight.data = change(copied.weight.data)
        copied.bias = None
    x = a.clone().detach().requires_grad_(True)
    z = copied(x)
    sign = torch.where(z >= 0, 1.0, -1.0)
    s = (relevance / (z + epsilon * sign)).data
    (z * s).sum().backward()
    return (x * x.grad).detach()


def step_by_kind(layer, a, relevance, change, epsilon):
    weight, bias = layer.weight.detach(), None if layer.bias is None else layer.bias.detach()
    if change is not None:
        weight, bias = change(weight), None

    def forward(a):
        if isinstance(layer, nn.Linear):
            return F.linear(a, weight, bias)
        return F.conv2d(a, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups)

    z, back = vjp(forward, a)
    (c,) = back(relevance / torch.where(z < 0, z - epsilon, z + epsilon))
    return a * c


def step_with_a_loan(layer, a, relevance, change, epsilon):
    weights = {name: each.detach() for name, each in layer.named_parameters()}
    if change:
        weights = {"weight": change(weights["weight"])} | ({"bias": torch.zeros(())} if "bias" in weights else {})
        weights = {name: each.expand(layer.bias.shape) if name == "bias" else each for name, each in weights.items()}
        weights = {name: each.to(a.dtype) for name, each in weights.items()}

    def forward(a):
        return functional_call(layer, weights, (a,))

    z = forward(a).detach()
    return a * torch.autograd.functional.vjp(forward, a, relevance / (z + (1 - 2 * (z < 0).to(z.dtype)) * epsilon))[1]


def step_by_columns(layer, a, relevance, change, epsilon):
    """c by the Jacobian, an output at a time."""
    with torch.no_grad():
        copied = copy.deepcopy(layer)
        if change is not None:
            copied.weight.copy_(change(layer.weight))
            if copied.bias is not None:
                copied.bias.zero_()
        z = copied(a)
        s = relevance / (z + epsilon * torch.copysign(torch.ones_like(z), z + 0.0))
        slopes = torch.autograd.functional.jacobian(lambda a: copied(a).flatten(), a)
        return a * (s.flatten() @ slopes.flatten(1)).view_as(a)


def grown_by_where(weight, gamma):
    return torch.where(weight > 0, (1 + gamma) * weight, weight)


def grown_by_relu(weight, gamma):
    return weight + F.relu(weight) * gamma


def grown_by_factor(weight, gamma):
    return weight * (1 + gamma * (weight > 0))


def grown_by_maximum(weight, gamma):
    return weight + gamma * torch.maximum(weight, torch.zeros_like(weight))


def grown_in_place(weight, gamma):
    more = weight.clone()
    more[more > 0] *= 1 + gamma
    return more


def relevance_by_recursion(network, images, target, rule):
    layers = list(network)

    def explain(layers, a):
        if not layers:
            relevance = torch.zeros_like(a)
            for k in range(len(a)):
                c = target if isinstance(target, int) else int(target[k])
                relevance[k, c] = a[k, c]
            return relevance
        layer, *rest = layers
        relevance = explain(rest, layer(a).detach())
        if hasattr(layer, "weight"):
            return rule(layer, a, relevance)
        if isinstance(layer, nn.MaxPool2d):
            _, places = F.max_pool2d(a, 2, return_indices=True)
            return F.max_unpool2d(relevance, places, 2, output_size=a.shape)
        return relevance.view(a.shape)

    return explain(layers, images)


def relevance_by_hooks(network, images, target, rule):
    given, handles = {}, []
    for number, layer in enumerate(network):

        def keep(module, arguments, number=number):
            given[number] = arguments[0].detach()

        handles.append(layer.register_forward_pre_hook(keep))
    scores = network(images).detach()
    for handle in handles:
        handle.remove()
    mask = F.one_hot(torch.as_tensor(target).expand(len(scores)), scores.shape[1])
    relevance = scores * mask
    for number in range(len(network) - 1, -1, -1):
        a, layer = given[number], network[number]
        match layer:
            case nn.Linear() | nn.Conv2d():
                relevance = rule(layer, a, relevance)
            case nn.MaxPool2d():
                a = a.clone().requires_grad_()
                (relevance,) = torch.autograd.grad(layer(a), a, relevance)
            case nn.Flatten():
                relevance = relevance.unflatten(1, a.shape[1:])
    return relevance


def relevance_image_by_image(network, images, target, rule):
    targets = torch.as_tensor(target).expand(len(images)).tolist()
    maps = []
    for image, c in zip(images.split(1), targets, strict=True):
        relevance = None
        for n in reversed(range(len(network))):
            a = network[:n](image).detach()
            if relevance is None:
                score = network(image)[0, c].item()
                relevance = torch.zeros(1, network[n].out_features, dtype=images.dtype)
                relevance[0, c] = score
            if type(network[n]) in (nn.Linear, nn.Conv2d):
                relevance = rule(network[n], a, relevance)
            elif type(network[n]) is nn.MaxPool2d:
                relevance = torch.autograd.functional.vjp(network[n], a, relevance)[1]
            else:
                relevance = relevance.reshape(a.shape)
        maps.append(relevance)
    return torch.cat(maps)


def box_by_copies(layer, x, relevance, low, high):
    positive, negative = copy.deepcopy(layer), copy.deepcopy(layer)
    positive.weight.data.clamp_(min=0)
    negative.weight.data.clamp_(max=0)
    plain = copy.deepcopy(layer)
    plain.bias = positive.bias = negative.bias = None
    x, lows, highs = (
        each.detach().clone().requires_grad_() for each in (x, torch.full_like(x, low), torch.full_like(x, high))
    )
    z = plain(x) - positive(lows) - negative(highs)
    s = (relevance / (z + 1e-9)).detach()
    (z * s).sum().backward()
    return (x * x.grad + lows * lows.grad + highs * highs.grad).detach()


def box_by_two_distances(layer, x, relevance, low, high):
    """z_ij = (x_i − low) w_ij⁺ + (x_i − high) w_ij⁻."""
    w = layer.weight.detach()
    dense = isinstance(layer, nn.Linear)

    def z(up, down):
        parts = ((up, w.clamp(min=0)), (down, w.clamp(max=0)))
        if dense:
            return sum(part @ each.T for part, each in parts)
        # what is padded is no pixel: it adds nothing
        return sum(F.conv2d(part, each, None, layer.stride, layer.padding) for part, each in parts)

    pair = x - low, x - high
    result, back = vjp(z, *pair)
    return sum(part * c for part, c in zip(pair, back(relevance / (result + 1e-9)), strict=True))


def box_by_gradients(layer, x, relevance, low, high):
    with torch.enable_grad():
        w = layer.weight.detach()
        inputs = torch.stack([x, torch.full_like(x, low), torch.full_like(x, high)]).detach().requires_grad_()
        weights = (w, -w.relu(), (-w).relu())

        def applied(each, weight):
            if isinstance(layer, nn.Linear):
                return F.linear(each, weight)
            return F.conv2d(each, weight, stride=layer.stride, padding=layer.padding)

        z = sum(applied(each, weight) for each, weight in zip(inputs, weights, strict=True))
        (c,) = torch.autograd.grad(z, inputs, relevance / (z.detach() + 1e-9))
    return (inputs.detach() * c).sum(0)


def rescaled_by_where(x, x0, grad):
    near = (x - x0).abs() < 1e-6
    mean = (x.clamp(min=0) - x0.clamp(min=0)) / torch.where(near, torch.ones_like(x), x - x0)
    return grad * torch.where(near, (x > 0).to(x.dtype), mean)


def rescaled_by_assignment(x, x0, grad):
    slope = (F.relu(x) - F.relu(x0)) / (x - x0)
    near = torch.abs(x - x0) < 1e-6
    slope[near] = (x[near] > 0).to(slope.dtype)
    return slope * grad


def rescaled_one_by_one(x, x0, grad):
    values = []
    for now, before, arriving in zip(x.flatten().tolist(), x0.flatten().tolist(), grad.flatten().tolist(), strict=True):
        if abs(now - before) < 1e-6:
            values.append(arriving if now > 0 else 0.0)
        else:
            values.append(arriving * (max(now, 0) - max(before, 0)) / (now - before))
    return torch.tensor(values, dtype=x.dtype).reshape(x.shape)


def rescaled_by_share_of_the_way(x, x0, grad):
    """The share of the way from x0 to x on which the ReLU is on."""
    low, high = torch.minimum(x, x0), torch.maximum(x, x0)
    share = high.clamp(min=0) - low.clamp(min=0)
    near = high - low < 1e-6
    share = share / (high - low).masked_fill(near, 1)
    return grad * share.where(~near, (x > 0).to(x.dtype))


def pattern_by_cov(x, y):
    together = torch.cov(torch.cat([x, y[:, None]], 1).T)
    return together[:-1, -1] / together[-1, -1]


def pattern_by_lines(x, y):
    """The slope of each input's line over y."""
    columns = torch.stack([y, torch.ones_like(y)], 1)
    return torch.linalg.lstsq(columns, x).solution[0]


def pattern_by_loops(x, y):
    n, d = x.shape
    mean = sum(y.tolist()) / n
    variance = sum((value - mean) ** 2 for value in y.tolist()) / n
    found = []
    for i in range(d):
        column = x[:, i].tolist()
        middle = sum(column) / n
        found.append(sum((v - middle) * (w - mean) for v, w in zip(column, y.tolist(), strict=True)) / n / variance)
    return torch.tensor(found, dtype=x.dtype)


def pattern_by_moments(x, y):
    x, y = x.double(), y.double()
    return ((x * y[:, None]).mean(0) - x.mean(0) * y.mean()) / ((y**2).mean() - y.mean() ** 2)


def pattern_in_numpy(x, y):
    found = [np.cov(column, y.numpy())[0, 1] for column in x.numpy().T]
    return torch.tensor(np.array(found) / np.var(y.numpy(), ddof=1))


EQUALLY_VALID = {
    "share_out": (shares_by_loops, shares_by_parts, shares_by_letters, shares_by_autograd, shares_in_numpy),
    "relevance_step": (step_by_backward, step_by_kind, step_with_a_loan, step_by_columns),
    "more_of_the_positive": (grown_by_where, grown_by_relu, grown_by_factor, grown_by_maximum, grown_in_place),
    "lrp": (relevance_by_recursion, relevance_by_hooks, relevance_image_by_image),
    "z_box": (box_by_copies, box_by_two_distances, box_by_gradients),
    "rescale_rule": (
        rescaled_by_where,
        rescaled_by_assignment,
        rescaled_one_by_one,
        rescaled_by_share_of_the_way,
    ),
    "pattern": (pattern_by_cov, pattern_by_lines, pattern_by_loops, pattern_by_moments, pattern_in_numpy),
}


# slips ----------------------------------------------------------------------------------------------------------------


def sharing(shares, below=lambda z, epsilon: z + torch.where(z < 0, -epsilon, epsilon)):
    """An answer to share_out: shares(a, weight, relevance, z, below, epsilon)."""

    def share_out(a, weight, bias, relevance, epsilon):
        z = a @ weight.T + bias
        return shares(a, weight, relevance, z, below(z, epsilon))

    return share_out


def plain_shares(a, weight, relevance, z, below):
    return a * ((relevance / below) @ weight)


def without_turning(a, weight, bias, relevance, epsilon):
    z = a @ weight + bias
    return a * ((relevance / z) @ weight)


def turned_on_the_way_back(a, weight, relevance, z, below):
    return a * ((relevance / below) @ weight.T)


def by_one_question(a, weight, bias, relevance, epsilon):
    z = a @ weight.T + bias
    z = z - epsilon if z < 0 else z + epsilon
    return a * ((relevance / z) @ weight)


def by_softmax(a, weight, relevance, z, below):
    return ((a[:, None] * weight).softmax(2) * relevance[..., None]).sum(1)


def written_over(a, weight, bias, relevance, epsilon):
    z = a @ weight.T + bias
    a *= (relevance / (z + torch.where(z < 0, -epsilon, epsilon))) @ weight
    return a


def in_a_list(a, weight, relevance, z, below):
    return [a_i * c_i for a_i, c_i in zip(a, (relevance / below) @ weight, strict=True)]


def what_the_bias_had_taken_off(a, weight, relevance, z, below):
    bias = z - a @ weight.T
    return a * (((relevance - relevance * bias / z) / below) @ weight)


def with_the_sign_of_math(z, epsilon):
    return z + math.copysign(epsilon, z)


def letters_exchanged(a, weight, relevance, z, below):
    return a * torch.einsum("nk,dk->nd", relevance / below, weight)


def relevance_over_its_size(a, weight, relevance, z, below):
    return a * ((relevance / (z**2).sum(1, keepdim=True).sqrt()) @ weight)


def in_whole_numbers(a, weight, bias, relevance, epsilon):
    return shares_by_loops(a, weight, bias, relevance, epsilon).round()


def stepping(prepared=None, quotient=None, derived=None, last=lambda a, c: a * c, start=None):
    """An answer to relevance_step with one of its steps done otherwise."""

    def relevance_step(layer, a, relevance, change, epsilon):
        if prepared is None:
            copied = copy.deepcopy(layer)
            if change is not None:
                copied.weight, copied.bias = nn.Parameter(change(layer.weight.detach())), None
        else:
            copied = prepared(layer, change)
        a = a.detach().clone().requires_grad_() if start is None else start(a)
        z = copied(a)
        below = z + torch.where(z < 0, -epsilon, epsilon)
        s = (relevance / below).detach() if quotient is None else quotient(relevance, below)
        c = torch.autograd.grad((z * s).sum(), a)[0] if derived is None else derived(z, s, a, copied)
        return last(a, c).detach()

    return relevance_step


def weight_put_in_as_it_is(layer, change):
    copied = copy.deepcopy(layer)
    if change is not None:
        copied.weight, copied.bias = change(layer.weight.detach()), None
    return copied


def never_asked_for_none(layer, change):
    copied = copy.deepcopy(layer)
    copied.weight.data = change(copied.weight.data)
    copied.bias = None
    return copied


def the_layer_itself(layer, change):
    if change is not None:
        layer.weight.data = change(layer.weight.data)
        layer.bias = None
    return layer


def bias_at_zero(layer, change):
    copied = copy.deepcopy(layer)
    if change is not None:
        copied.weight.data = change(layer.weight.data)
        copied.bias.data.zero_()
    return copied


def bias_like_it(layer, change):
    copied = copy.deepcopy(layer)
    if change is not None:
        copied.weight.data, copied.bias = change(layer.weight.data), nn.Parameter(torch.zeros_like(layer.bias))
    return copied


def bias_changed_unasked(layer, change):
    copied = copy.deepcopy(layer)
    if change is not None:
        copied.weight, copied.bias = (nn.Parameter(change(each)) for each in (layer.weight, layer.bias))
    return copied


def a_linear_layer_anew(layer, change):
    copied = nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None)
    copied.load_state_dict(layer.state_dict())
    if change is not None:
        copied.weight.data, copied.bias = change(layer.weight.data), None
    return copied


def marked_in_place(a):
    return a.requires_grad_()


def step_by_matrices(layer, a, relevance, change, epsilon):
    weight = layer.weight if change is None else change(layer.weight)
    z = a @ weight.T + (layer.bias if change is None and layer.bias is not None else 0)
    return a * ((relevance / (z + torch.where(z < 0, -epsilon, epsilon))) @ weight)


def step_by_matrices_and_bias(layer, a, relevance, change, epsilon):
    weight = layer.weight if change is None else change(layer.weight)
    z = a @ weight.T + layer.bias
    return a * ((relevance / (z + torch.where(z < 0, -epsilon, epsilon))) @ weight)


def from_grad(z, s, a, copied):
    (z * s).sum()
    return a.grad


def pair_of_one(z, s, a, copied):
    return torch.autograd.grad((z * s).sum(), a)


def without_a_sum(z, s, a, copied):
    return torch.autograd.grad(z * s, a)[0]


def by_the_weight(z, s, a, copied):
    return torch.autograd.grad((z * s).sum(), copied.weight)[0]


def z_held(z, s, a, copied):
    return torch.autograd.grad((z.detach() * s).sum(), a)[0]


def history_kept(layer, a, relevance, change, epsilon):
    """a is marked, and its product with c leads back to it."""
    copied = copy.deepcopy(layer)
    if change is not None:
        copied.weight, copied.bias = nn.Parameter(change(layer.weight.detach())), None
    a = a.detach().clone().requires_grad_()
    z = copied(a)
    s = relevance / torch.where(z < 0, z - epsilon, z + epsilon)
    (z * s.detach()).sum().backward()
    return a * a.grad


def under_no_grad(layer, a, relevance, change, epsilon):
    with torch.no_grad():
        return stepping()(layer, a, relevance, change, epsilon)


def walking(start=None, at=None, finish=lambda relevance, images: relevance, asked=None, forward=None):
    """An answer to lrp: start(scores, target), then at(layer, a, relevance) where it has something to say."""

    def lrp(network, images, target, rule):
        inputs, x = [], images
        for layer in network:
            inputs.append(x)
            x = layer(x).detach()
        if forward is not None:
            inputs = forward(inputs, x)
        relevance = torch.zeros_like(x)
        rows = torch.arange(len(x))
        if start is None:
            relevance[rows, target] = x[rows, target]
        else:
            relevance = start(x, target)
        for layer, a in zip(reversed(network), reversed(inputs), strict=False):
            if at is not None and (found := at(layer, a, relevance)) is not None:
                relevance = found
            elif isinstance(layer, (nn.Linear, nn.Conv2d)):
                relevance = (asked or (lambda rule, *given: rule(*given)))(rule, layer, a, relevance)
            elif isinstance(layer, nn.MaxPool2d):
                _, places = F.max_pool2d(a, 2, return_indices=True)
                relevance = F.max_unpool2d(relevance, places, 2, output_size=a.shape)
            else:
                relevance = relevance.reshape(a.shape)
        return finish(relevance, images)

    return lrp


def by_item(scores, target):
    start = torch.zeros_like(scores)
    for k in range(len(scores)):
        start[k, target[k]] = scores[k, target[k]]
    return start


def margin_to_the_next(scores, target):
    rows, start = torch.arange(len(scores)), torch.zeros_like(scores)
    others = scores.clone()
    others[rows, target] = -math.inf
    start[rows, target] = scores[rows, target] - others.amax(1)
    return start


def centred_score(scores, target):
    rows, start = torch.arange(len(scores)), torch.zeros_like(scores)
    start[rows, target] = (scores - scores.mean(1, keepdim=True))[rows, target]
    return start


def rule_everywhere(layer, a, relevance):
    return None if isinstance(layer, (nn.Linear, nn.Conv2d)) else methods.epsilon_rule(layer, a, relevance)


def pooling_forgotten(layer, a, relevance):
    return relevance if isinstance(layer, nn.MaxPool2d) else None


def enlarged_at_the_pooling(layer, a, relevance):
    return F.interpolate(relevance, size=a.shape[2:], mode="bilinear") if isinstance(layer, nn.MaxPool2d) else None


def walk_under_no_grad(network, images, target, rule):
    with torch.no_grad():
        return walking()(network, images, target, rule)


def walk_from_the_front(network, images, target, rule):
    relevance = network(images).detach()
    a = images
    for layer in network:
        relevance = rule(layer, a, relevance)
        a = layer(a)
    return relevance


def boxing(ends=None, below=lambda z: z + 1e-9, bias=False, parts=None, above=None):
    """An answer to z_box with one thing done otherwise."""

    def z_box(layer, x, relevance, low, high):
        w = layer.weight.detach()
        lows, highs = ends(x, low, high) if ends else (torch.full_like(x, low), torch.full_like(x, high))
        weights = parts(w) if parts else (w, -w.clamp(min=0), -w.clamp(max=0))
        inputs = [each.detach().clone().requires_grad_() for each in (x, lows, highs)]

        def applied(each, weight):
            if isinstance(layer, nn.Linear):
                return F.linear(each, weight)
            return F.conv2d(each, weight, stride=layer.stride, padding=layer.padding)

        z = sum(applied(each, weight) for each, weight in zip(inputs, weights, strict=True))
        s = (relevance / below(z)).detach()
        c = torch.autograd.grad((z * s).sum(), inputs)
        if above:
            return above(inputs, c).detach()
        return sum(each.detach() * c_i for each, c_i in zip(inputs, c, strict=True))

    return z_box


def box_of_numbers(layer, x, relevance, low, high):
    copied = copy.deepcopy(layer)
    copied.weight.data.clamp_(min=0)
    return layer(x) - copied(low)


def box_by_matrices(layer, x, relevance, low, high):
    w = layer.weight.detach()
    z = x[:, None] * w - low * w.clamp(min=0) - high * w.clamp(max=0)
    return (z / (z.sum(2, keepdim=True) + 1e-9) * relevance[..., None]).sum(1)


def box_in_place(layer, x, relevance, low, high):
    layer.bias = None
    w = layer.weight.data.clone()
    layer.weight.data.clamp_(min=0)
    return boxing(parts=lambda _: (w, -w.clamp(min=0), -w.clamp(max=0)))(layer, x, relevance, low, high)


def box_of_one_copy(layer, x, relevance, low, high):
    copied = copy.deepcopy(layer)
    copied.weight.clamp_(min=0)
    return copied(x)


def box_with_pairs(layer, x, relevance, low, high):
    inputs = [each.clone().requires_grad_() for each in (x, torch.full_like(x, low), torch.full_like(x, high))]
    w = layer.weight.detach()
    applied = F.linear if isinstance(layer, nn.Linear) else F.conv2d
    z = applied(inputs[0], w) - applied(inputs[1], w.clamp(min=0)) - applied(inputs[2], w.clamp(max=0))
    return torch.autograd.grad((z * (relevance / z).detach()).sum(), inputs)


def near_by_if(x, x0, grad):
    if abs(x - x0) < 1e-6:
        return grad * (x > 0)
    return grad * (x.relu() - x0.relu()) / (x - x0)


def rescaling(slope):
    """An answer to rescale_rule: grad times slope(x, x0), and the slope at x where the two are alike."""

    def rescale_rule(x, x0, grad):
        near = (x - x0).abs() < 1e-6
        return grad * torch.where(near, (x > 0).to(x.dtype), slope(x, x0, torch.where(near, 1.0, x - x0)))

    return rescale_rule


def near_in_a_few(x, x0, grad):
    slope = (x.relu() - x0.relu()) / (x - x0)
    near = (x - x0).abs() < 1e-6
    slope[near] = (x > 0).to(x.dtype)
    return grad * slope


def max_of_a_dimension(x, x0, grad):
    return grad * (torch.max(x, 0) - torch.max(x0, 0)) / (x - x0)


def max_of_two_kinds(x, x0, grad):
    return grad * (torch.maximum(x, 0) - torch.maximum(x0, 0)) / (x - x0)


def written_over_grad(x, x0, grad):
    grad *= rescaled_by_where(x, x0, torch.ones_like(x))
    return grad


def of_the_path(x, x0, grad):
    return grad * torch.stack([(x0 + (x - x0) * k / 4 > 0).to(x.dtype) for k in range(1, 5)]).mean(0)


def patterning(of):
    """An answer to pattern: of(x, y), their means taken off."""
    return lambda x, y: of(x - x.mean(0), y - y.mean())


def pattern_of_columns(x, y):
    return torch.stack([torch.dot(x, y) for x in x]) / y.var()


def pattern_without_room(x, y):
    return ((x - x.mean(0)) * (y - y.mean())).mean(0) / y.var(unbiased=False)


def pattern_by_torch_cov(x, y):
    return torch.cov(x, y) / torch.var(y)


def pattern_by_numpy_cov(x, y):
    return np.cov(x.T, y)[:-1, -1] / np.var(y, ddof=1)


SHARES = "the sum over the outputs j of a_i w_ij / (z_j + ε sign z_j) · R_j"
STEPS = "s = R / (z + ε sign z) held still"
GROWN = "Asked for is w + γ · max(w, 0), for each weight"
HANDED_BACK = "handed back layer by layer"
BOXED = "z_ij = x_i w_ij − low · max(w_ij, 0) − high · min(w_ij, 0)"
RESCALED = "grad · (max(x, 0) − max(x0, 0)) / (x − x0)"
RISING = "its covariance with y, divided by the variance of y"

SLIPS = [
    ("share_out", without_turning, "Forward it is `a @ weight.T`"),
    ("share_out", sharing(turned_on_the_way_back), "back it is `(relevance / …) @ weight`"),
    ("share_out", by_one_question, "`torch.where(z < 0, -epsilon, epsilon)` answers for all"),
    ("share_out", sharing(by_softmax), SHARES),
    ("share_out", written_over, "changed the tensor it was given, `a`"),
    ("share_out", sharing(in_a_list), "`torch.stack(…)` makes one tensor"),
    ("share_out", sharing(what_the_bias_had_taken_off), "z_j = Σ_i a_i w_ij + b_j"),
    ("share_out", sharing(plain_shares, with_the_sign_of_math), "has a value for each of them"),
    ("share_out", sharing(plain_shares, lambda z, epsilon: z + epsilon * torch.sign(epsilon)), "ε is a number"),
    ("share_out", sharing(letters_exchanged), SHARES),
    ("share_out", sharing(relevance_over_its_size), SHARES),
    ("share_out", in_whole_numbers, SHARES),
    ("share_out", sharing(plain_shares, lambda z, epsilon: z * (1 + epsilon * z.sign())), SHARES),
    ("share_out", sharing(plain_shares, lambda z, epsilon: (z**2 + epsilon**2).sqrt()), "the sign of 0 positive"),
    ("share_out", sharing(lambda a, weight, relevance, z, below: a * (relevance @ weight) / (z @ weight)), SHARES),
    ("relevance_step", stepping(weight_put_in_as_it_is), "`copied.weight = nn.Parameter(change(layer.weight))`"),
    ("relevance_step", stepping(never_asked_for_none), "Ask `if change is not None:` first"),
    ("relevance_step", stepping(the_layer_itself), "changed the model it was given"),
    ("relevance_step", stepping(a_linear_layer_anew), "`copy.deepcopy(layer)` copies either kind"),
    ("relevance_step", stepping(start=marked_in_place), "came back marked by your function"),
    ("relevance_step", stepping(start=lambda a: a), "Mark a copy of it before z is computed"),
    ("relevance_step", step_by_matrices, "Call the copy, `z = copied(a)`"),
    ("relevance_step", step_by_matrices_and_bias, "`layer.bias` is None: this layer has no bias. Ask"),
    ("relevance_step", stepping(bias_at_zero), "Is it a bias? A layer may have none"),
    ("relevance_step", stepping(bias_like_it), "`layer.bias` is None: this layer has no bias. Ask"),
    ("relevance_step", stepping(bias_changed_unasked), "`change` is for the weight alone"),
    ("relevance_step", stepping(derived=from_grad), "`.grad` is None"),
    ("relevance_step", stepping(derived=pair_of_one), "`(c,) = …` takes it out"),
    ("relevance_step", stepping(derived=without_a_sum), "`(z * s).sum()`"),
    ("relevance_step", stepping(derived=by_the_weight), "c = ∂(Σ z s)/∂a"),
    ("relevance_step", stepping(derived=z_held), "detach s alone, not z"),
    ("relevance_step", under_no_grad, "no_grad"),
    ("relevance_step", history_kept, "multiply `a.detach()` by c in step 4"),
    ("relevance_step", stepping(last=lambda a, c: c / a), "Asked for is a · c"),
    ("relevance_step", stepping(quotient=lambda relevance, below: (below / relevance).detach()), STEPS),
    ("relevance_step", stepping(lambda layer, change: change(layer) if change else layer), "Give `change` the weight"),
    ("relevance_step", stepping(lambda layer, change: layer.copy()), "A layer is copied by `copy.deepcopy(layer)`"),
    (
        "relevance_step",
        lambda layer, a, relevance, change, epsilon: methods.epsilon_rule(layer, a, relevance, epsilon),
        "Write the four steps out",
    ),
    (
        "more_of_the_positive",
        lambda weight, gamma: weight + gamma * torch.max(weight, 0),
        "takes the 0 for a dimension",
    ),
    ("more_of_the_positive", lambda weight, gamma: weight + gamma * torch.maximum(weight, 0), "wants two tensors"),
    ("more_of_the_positive", lambda weight, gamma: weight + gamma * max(weight, 0), "`.clamp(min=0)` is max(w, 0)"),
    ("more_of_the_positive", lambda weight, gamma: weight + gamma * weight.clamp(max=1), GROWN),
    ("more_of_the_positive", lambda weight, gamma: weight + gamma * weight**2, GROWN),
    ("more_of_the_positive", lambda weight, gamma: weight + gamma * weight.sigmoid(), GROWN),
    ("more_of_the_positive", lambda weight, gamma: torch.where(weight > 0, weight ** (1 + gamma), weight), GROWN),
    (
        "more_of_the_positive",
        lambda weight, gamma: torch.where(weight > 0, weight * (1 + gamma), weight / (1 + gamma)),
        GROWN,
    ),
    (
        "more_of_the_positive",
        lambda weight, gamma: weight.add_(gamma * weight.clamp(min=0)),
        "changed the tensor it was given, `weight`",
    ),
    (
        "more_of_the_positive",
        lambda weight, gamma: weight + gamma * weight.weight.clamp(min=0),
        "a tensor here, not a layer",
    ),
    ("lrp", walking(by_item), "`relevance[torch.arange(N), target]` takes either"),
    ("lrp", walking(margin_to_the_next), "the score of target, at its place"),
    ("lrp", walking(centred_score), "the score of target, at its place"),
    ("lrp", walking(at=rule_everywhere), "The rule is for layers that have weights"),
    ("lrp", walking(at=pooling_forgotten), "at a pooling it is `unpool(relevance, a)`"),
    ("lrp", walking(at=enlarged_at_the_pooling), "`unpool(relevance, a)` at poolings"),
    ("lrp", walk_under_no_grad, "inside `torch.no_grad()` it cannot"),
    ("lrp", walk_from_the_front, "The rule is for layers that have weights"),
    ("lrp", walking(asked=lambda rule, layer, a, relevance: rule(layer, relevance, a)), "rule(layer, a, relevance)"),
    ("lrp", walking(asked=lambda rule, layer, a, relevance: rule(a, relevance)), "A rule has three arguments"),
    ("lrp", walking(asked=lambda rule, layer, a, relevance: rule(layer, layer(a), relevance)), "a the layer's input"),
    ("lrp", walking(asked=lambda rule, layer, a, relevance: relevance + rule(layer, a, relevance)), "three arguments"),
    ("lrp", walking(forward=lambda inputs, x: [*inputs[1:], x]), "each layer with what it got"),
    ("lrp", walking(finish=lambda relevance, images: relevance.mean(0, keepdim=True)), "Each keeps its own"),
    ("z_box", boxing(ends=lambda x, low, high: (low, high)), "`torch.full_like(x, low)` makes inputs of them"),
    ("z_box", box_of_numbers, "`torch.full_like(x, low)` makes an input"),
    ("z_box", box_by_matrices, "for nn.Linear and nn.Conv2d alike"),
    ("z_box", box_in_place, "changed the model it was given"),
    ("z_box", box_of_one_copy, "nn.Parameter(layer.weight.detach().clamp(min=0))"),
    ("z_box", box_with_pairs, "for each input, the sum over the outputs"),
    ("z_box", boxing(below=lambda z: z**2 + 1e-9), "(Σ_i′ z_i′j + 1e-9)"),
    ("z_box", boxing(below=lambda z: z.sum() + 1e-9), "(Σ_i′ z_i′j + 1e-9)"),
    ("z_box", boxing(above=lambda inputs, c: (inputs[0] - inputs[1]) * c[0]), BOXED),
    ("z_box", boxing(above=lambda inputs, c: torch.stack([c_i * each for each, c_i in zip(inputs, c)])), "be summed"),  # noqa: B905
    ("z_box", boxing(parts=lambda w: (w.abs(), -w.clamp(min=0), -w.clamp(max=0))), BOXED),
    ("rescale_rule", near_by_if, "`torch.where(near, …, …)` chooses for each entry"),
    ("rescale_rule", near_in_a_few, "Pick the same places on both sides"),
    ("rescale_rule", max_of_a_dimension, "takes the 0 for a dimension"),
    ("rescale_rule", max_of_two_kinds, "wants two tensors"),
    ("rescale_rule", rescaling(lambda x, x0, step: (x.relu() - x0.relu()) / step.abs().max()), RESCALED),
    ("rescale_rule", written_over_grad, "changed the tensor it was given, `grad`"),
    ("rescale_rule", of_the_path, RESCALED),
    ("rescale_rule", rescaling(lambda x, x0, step: (x.sigmoid() - x0.sigmoid()) / step), RESCALED),
    ("rescale_rule", rescaling(lambda x, x0, step: step / (x.relu() - x0.relu())), RESCALED),
    ("rescale_rule", rescaling(lambda x, x0, step: (x.relu() - x0.relu()) / step**2), RESCALED),
    ("rescale_rule", rescaling(lambda x, x0, step: (x.relu() + x0.relu()) / (x + x0)), RESCALED),
    ("rescale_rule", rescaling(lambda x, x0, step: (x.abs() - x0.abs()) / step), RESCALED),
    ("pattern", pattern_of_columns, "`y @ x`, or `x.T @ y`, is (D,)"),
    ("pattern", pattern_without_room, "`y[:, None]`"),
    ("pattern", pattern_by_torch_cov, "a row for each variable"),
    ("pattern", pattern_by_numpy_cov, "Stay with tensors"),
    ("pattern", patterning(lambda x, y: torch.dot(x, y) / (y @ y)), "`torch.dot` takes two vectors"),
    ("pattern", patterning(lambda x, y: (y @ x / (y @ y)).softmax(0)), RISING),
    ("pattern", patterning(lambda x, y: (y @ x / (y @ y)) ** 2), RISING),
    ("pattern", patterning(lambda x, y: y.sign() @ x / y.abs().sum()), RISING),
    ("pattern", patterning(lambda x, y: y @ x / (y @ y + 1)), RISING),
    ("pattern", patterning(lambda x, y: torch.linalg.solve(x, y)), "No equations are to be solved"),
    ("pattern", patterning(lambda x, y: x.corr(y)), "The covariance by hand"),
]
