"""`make lab`, in a browser: the first lesson is there, and nothing else. No question, no news, no warning."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LESSON = "00_start_here.ipynb"


@pytest.fixture
def lab(tmp_path):
    """`make lab` in a copy of the project that is set up already, for somebody who has never opened a JupyterLab, but
    for one setting. → (the address it prints, a function that ends it and returns all it printed).
    """
    if not shutil.which("make"):
        pytest.skip("make is not here")
    project, home = tmp_path / "a course", tmp_path / "home"
    (project / "course").mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "nbgrader_config.py", f"course/{LESSON}"):
        shutil.copy(ROOT / name, project / name)
    shutil.copytree(ROOT / "utils/classroom/lab", project / "utils/classroom/lab")
    python = project / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (project / ".venv/ready-registry").write_text(f"{project}\n")
    own = {
        "jupyter_server_config.json": {"ServerApp": {"allow_root": True, "port": 0, "open_browser": False}},
        "lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings": {"theme": "JupyterLab Dark"},
    }
    for name, values in own.items():
        path = home / ".jupyter" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    theirs = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "MAKE", "PYTHONPATH"))}
    printed = (tmp_path / "printed").open("w+")
    server = subprocess.Popen(
        ["make", "lab"], cwd=project, env=theirs | {"HOME": str(home)}, stdout=printed, stderr=printed
    )

    def said():
        return (tmp_path / "printed").read_text()

    def end():
        if server.poll() is None:
            server.terminate()
            server.wait(30)
        printed.close()
        return said()

    try:
        for _ in range(240):
            if found := re.search(r"http://127\S+", said()):
                break
            assert server.poll() is None, said()
            time.sleep(0.25)
        yield found[0], end
    finally:
        end()


@pytest.mark.long
def test_it_opens_without_a_question_news_or_a_warning(chromium, lab):
    from playwright.sync_api import sync_playwright

    address, end = lab
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.set_default_timeout(60_000)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address, wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')  # the kernel is chosen and there
        page.wait_for_timeout(3000)  # the question about news came within one
        assert page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts() == []
        assert page.locator(".lm-TabBar-tab.jp-mod-current").first.inner_text() == LESSON
        assert not [url for url in asked if re.search("/lab/api/(news|update|build)", url)]
        assert page.evaluate("document.body.dataset.jpThemeLight") == "false"  # what one has set counts
        browser.close()
    printed = end()
    assert not re.search(r"warning|error|\[[WEI] ", printed, re.IGNORECASE), printed
