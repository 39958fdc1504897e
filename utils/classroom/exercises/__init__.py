"""The exercises, in the order of the lessons: name → Exercise."""

from . import (
    deconvnet,
    grad_cam,
    input_shift,
    integrated_gradients,
    metrics,
    perturbation,
    relevance,
    relu_rules,
    sanity_checks,
    shapley,
    smoothgrad,
    start_here,
    vanilla_gradient,
)

LESSONS = (
    start_here,
    relu_rules,
    vanilla_gradient,
    deconvnet,
    grad_cam,
    smoothgrad,
    integrated_gradients,
    input_shift,
    perturbation,
    shapley,
    relevance,
    sanity_checks,
    metrics,
)
EXERCISES = {exercise.name: exercise for lesson in LESSONS for exercise in lesson.EXERCISES}
