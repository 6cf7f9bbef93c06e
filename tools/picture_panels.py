"""Take a picture of each panel for docs/panels.md: python tools/picture_panels.py [NAME ...]

Serves the pages of `notebooks/panels` with Voilà on this machine, presses Run in each, waits for
the end, and saves what a laptop shows of it (1366 × 768) as `docs/images/panel-NAME.webp`. The
runs are shorter than those of the notebooks. Needs playwright and a Chromium; takes ten minutes.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jupytext
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "notebooks" / "panels"
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1366, "height": 768}
LARGEST_KB = 150
PATIENCE_S = 1200
FLAGS = ["--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-sync"]
SHORT = {
    "training": "generations=30, population=10, models_per_generator=60, ensemble_models=200",
    "robustness": "models=100",
    "bioreactor": "models=30",
    "states": "n_states=300, sampled=300, models=100",
    "control": "models=100",
    "km": "repeats=4, models=200",
}
"""Sizes of the runs; the settings of each panel are its own."""


def shortened(name: str, folder: Path) -> None:
    """Write the page of a panel as a notebook with a short run.

    It stands as deep in ``folder`` as in the repository, so that the panel names its results as it
    does for a user.
    """
    notebook = jupytext.read(PAGES / f"{name}.py")
    cell = notebook.cells[-1]
    place = f'folder="../../build/panels/{name}"'
    if place not in cell.source:
        raise SystemExit(f"{PAGES / name}.py: the last cell has no {place}")
    cell.source = cell.source.replace(place, f"{place}, {SHORT[name]}")
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    folder.mkdir(parents=True, exist_ok=True)
    jupytext.write(notebook, folder / f"{name}.ipynb")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Voilà on a free port of this machine; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = ["voila", str(folder), "--template=offline", f"--port={port}", "--no-browser"]
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_PATH": str(ROOT / "tools" / "jupyter"),
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    with (folder.parent / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], env=environment, cwd=folder, stdout=log, stderr=log
        )
        try:
            end = time.monotonic() + PATIENCE_S
            while time.monotonic() < end and process.poll() is None:
                try:
                    urllib.request.urlopen(address, timeout=5)
                    break
                except OSError:
                    time.sleep(0.3)
            yield address
        finally:
            process.terminate()
            process.wait(60)


def picture(page: Any, address: str, name: str) -> bytes:
    """Run a panel and take its picture, as PNG."""
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(f"{address}/voila/render/{name}.ipynb", wait_until="commit")
    page.wait_for_selector(".rk-panel input")
    page.locator(".rk-panel button").filter(has_text="Run").first.click()
    page.wait_for_function(
        "() => /^(done|failed)/.test(document.querySelector('.rk-status')?.textContent ?? '')"
    )
    said = page.locator(".rk-status").inner_text()
    if not said.startswith("done"):
        raise SystemExit(f"the panel {name} has {said}: {page.locator('.rk-panel').inner_text()}")
    page.locator(".rk-panel .vega-embed svg.marks").first.wait_for()
    page.wait_for_timeout(2000)  # the last chart
    page.locator(".rk-panel h3").first.evaluate(
        "heading => { heading.scrollIntoView(); scrollBy(0, -14); }"
    )
    return bytes(page.screenshot())


def save(png: bytes, path: Path) -> None:
    """As WebP, without loss where that is small enough."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for options in ({"lossless": True, "method": 6}, {"quality": 90}, {"quality": 75}):
        image.save(path, **options)
        if path.stat().st_size < 1000 * LARGEST_KB:
            return
    raise SystemExit(f"{path} has more than {LARGEST_KB} kB")


def main(names: list[str]) -> int:
    """Take the pictures of some panels, one after the other."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium on this machine; install one")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "notebooks" / "panels"
        for name in names:
            shortened(name, folder)
        with served(folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for name in names:
                page = browser.new_page(viewport=SIZE)
                save(picture(page, address, name), IMAGES / f"panel-{name}.webp")
                page.close()
                print(IMAGES / f"panel-{name}.webp", flush=True)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or sorted(SHORT)))
