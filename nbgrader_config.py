"""What nbgrader has to know of these notebooks: it looks for this file in the folder where it grades. Copy it there."""

from nbgrader.converters import GenerateAssignment

c = get_config()  # noqa: F821 (nbgrader hands it to this file)
(as_it_is,) = GenerateAssignment.preprocessors.default_args  # what it does to a notebook, in order
ours = "utils.classroom.course.EmptyOpenTask"  # by its name: JupyterLab reads this file, too, and need not import torch
c.GenerateAssignment.preprocessors = [ours, *as_it_is]
c.ClearSolutions.code_stub = {"python": '# Write your code here.\nraise NotImplementedError("write your code here")'}
c.ClearSolutions.text_stub = "*Write your answer here: double-click, type, then run the cell.*"
c.Execute.timeout = 600  # seconds a cell; its own default is 30, too short where several notebooks are run at once
