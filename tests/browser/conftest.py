"""A real browser, headless, with a profile of its own for each test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the browser's tests on one worker: a browser is large."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


def chromium() -> str:
    """Return the browser's path; skip the test with the reason where there is none."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(named).is_file():
        pytest.skip(f"no Chromium at {named}: make browser installs it, or set $CHROMIUM")
    return named


@pytest.fixture(scope="module")
def driver():
    # Playwright keeps an event loop running: it ends with the module, for other tests have theirs.
    path = chromium()
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium, path


@pytest.fixture
def open_page(driver, tmp_path):
    """Open pages in a fresh profile; no script may fail and nothing may leave the machine."""
    kind, path = driver
    opened, faults = [], []

    def opening(url: str, *, scripts: bool = True, width: int = 1280):
        context = kind.launch_persistent_context(
            tmp_path / f"profile-{len(opened)}",
            executable_path=path,
            args=list(FLAGS),
            java_script_enabled=scripts,
            viewport={"width": width, "height": 900},
        )
        opened.append(context)
        page = context.pages[0] if context.pages else context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console", lambda m: faults.append(m.text) if "Content Security" in m.text else None
        )
        page.on("request", lambda r: faults.append(r.url) if "//127.0.0.1:" not in r.url else None)
        page.goto(url)
        return page

    yield opening
    for context in opened:
        context.close()
    assert faults == []
