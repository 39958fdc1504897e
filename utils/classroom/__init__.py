"""What makes the course teach: the check, the exercises, the figures and the widgets."""
