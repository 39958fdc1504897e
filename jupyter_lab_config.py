"""What a JupyterLab reads that is started in this folder. It asks nothing, and fetches neither news nor updates: the
defaults in utils/classroom/lab say so. What you have set in JupyterLab yourself counts before them.
"""

from pathlib import Path

c = get_config()  # noqa: F821 (JupyterLab hands it to this file)
c.LabApp.app_settings_dir = str(Path(__file__).parent / "utils/classroom/lab")
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
c.LabApp.log_level = "WARN"
