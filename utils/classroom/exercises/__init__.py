"""The exercises, in the order of the lessons: name → Exercise."""

from . import relu_rules, start_here, vanilla_gradient

EXERCISES = {exercise.name: exercise
             for lesson in (start_here, relu_rules, vanilla_gradient) for exercise in lesson.EXERCISES}
