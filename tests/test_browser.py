"""The panels in a real browser: JupyterLab and Voilà on this machine, driven by Chromium.

Nothing may leave the machine. Pictures go to build/screenshots/. Skipped only where there is no
playwright or no Chromium.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from patience import PATIENCE_S

from renaissance_kit import Network, SteadyStates
from renaissance_kit.cli import batch, write_gallery

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it to run this test"),
]

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "build" / "screenshots"
TOKEN = "secret-of-the-test"
FLAGS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-default-apps", "--disable-domain-reliability",
]  # fmt: skip
SMALL = {"generations": 40, "population": 6, "models_per_generator": 30, "ensemble_models": 60}
EXTENSIONS = {
    "jupyterlab": True, "jupyter_lsp": False, "jupyter_server_terminals": False,
    "jupyterlab_jupytext": False, "notebook_shim": False, "voila.server_extension": False,
}  # fmt: skip


@dataclass
class Visit:
    """A page and what it did that it should not have done."""

    page: Any
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def another(self) -> Visit:
        """Another page, whose doings are noted here as well."""
        made = Visit(self.page.context.new_page(), self.outside, self.errors)
        made.listen()
        return made

    def listen(self) -> None:
        """Note errors of the page and connections to elsewhere."""

        def socket_opened(opened: Any) -> None:
            if not opened.url.startswith("ws://127.0.0.1:"):
                self.outside.append(opened.url)

        self.page.on("websocket", socket_opened)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def button(self, name: str) -> Any:
        """A button of the panel; its name begins with an icon."""
        return self.page.locator(".rk-panel button").filter(has_text=re.compile(rf"{name}$"))

    def status(self) -> str:
        return str(self.page.locator(".rk-status").inner_text())

    def wait_for_status(self, pattern: str, timeout_s: float = PATIENCE_S) -> float:
        """Seconds until the line beside the buttons matches."""
        began = time.perf_counter()
        self.page.wait_for_function(
            "pattern => new RegExp(pattern).test("
            "document.querySelector('.rk-status')?.textContent ?? '')",
            arg=pattern,
            timeout=1000 * timeout_s,
        )
        return time.perf_counter() - began

    def picture(self, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Visit]:
    """A page that is cut off from everything but this machine."""
    context = chromium.new_context(viewport={"width": 1360, "height": 1500})
    context.set_default_timeout(1000 * PATIENCE_S)
    made = Visit(context.new_page())

    def guard(route: Any) -> None:
        if re.match(r"(https?://127\.0\.0\.1[:/]|data:|blob:|file:)", route.request.url):
            route.continue_()
        else:
            made.outside.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    made.listen()
    yield made
    made.picture("last")  # where a test failed
    context.close()


@contextmanager
def server(command: list[str], folder: Path, *, plain: bool = False) -> Iterator[str]:
    """Run a server on a free port of this machine; gives its address.

    Args:
        plain: as a user has it, with the settings in the repository and no others.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = folder / "jupyter"
    lab = configuration / "labconfig"
    lab.mkdir(parents=True)
    ours = ROOT / "tools" / "jupyter" / "config"
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    needed = {"ServerApp": {"jpserver_extensions": EXTENSIONS}}
    if not plain:
        (lab / "page_config.json").write_text(json.dumps(quiet))
        (configuration / "jupyter_server_config.json").write_text(json.dumps(needed))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "JUPYTER_CONFIG_DIR": str(configuration),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_PATH": str(ROOT / "tools" / "jupyter"),
        **({"JUPYTER_CONFIG_PATH": str(ours)} if plain else {}),
    }
    address = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, f"--port={port}", "--no-browser"],
            env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_until_it_answers(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the server does not answer: {log.read_text()}")


@contextmanager
def in_jupyterlab(visit: Visit, notebook: Path, folder: Path) -> Iterator[None]:
    """Open a notebook in JupyterLab and run it; ends when a panel can be seen."""
    page = visit.page
    command = [
        "jupyterlab", "--allow-root", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={notebook.parent}", "--ServerApp.port_retries=0",
        "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    with server(command, folder) as address:
        page.goto(f"{address}/lab/tree/{notebook.name}?token={TOKEN}")
        page.wait_for_function(KERNEL_READY)
        page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")
        page.wait_for_selector(".rk-panel button")
        page.evaluate("() => { jupyterapp.shell.collapseLeft(); }")
        yield
    assert visit.outside == []
    assert visit.errors == []


def require_labels_in_full(page: Any) -> None:
    cut = page.evaluate(
        "() => [...document.querySelectorAll('.rk-panel .widget-label')]"
        ".filter(label => label.scrollWidth > label.clientWidth + 1)"
        ".map(label => label.textContent)"
    )
    assert cut == []


def small_copy(folder: Path) -> Path:
    """The page of the training panel with fewer models, as a notebook of its own."""
    notebook = jupytext.read(ROOT / "notebooks" / "panels" / "training.py")
    cell = notebook.cells[-1]
    size = ", ".join(f"{name}={value}" for name, value in SMALL.items())
    assert 'folder="../../build/panels/training"' in cell.source
    cell.source = cell.source.replace(
        'folder="../../build/panels/training"', f"folder={str(folder / 'panel')!r}, {size}"
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    for made in notebook.cells:
        made.metadata = nbformat.NotebookNode()
    path = folder / "pages" / "training.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return path


def require_two_columns(page: Any, panel: str = ".rk-panel") -> None:
    """At the sizes of old and of common laptops: Run in sight, charts beside, nothing cut."""
    for width, height in ((1024, 700), (1366, 768)):
        page.set_viewport_size({"width": width, "height": height})
        page.locator(f"{panel} h3").first.scroll_into_view_if_needed()
        until(lambda: page.evaluate(LAYOUT, panel)["beside"])
        found = page.evaluate(LAYOUT, panel)
        assert found["run"] <= height, (width, found)
        assert found["outside"] == [], (width, found)
        require_labels_in_full(page)


LAYOUT = """panel => {
    const root = document.querySelector(panel);
    const at = name => root.querySelector(name).getBoundingClientRect();
    const edge = root.getBoundingClientRect().right + 1;
    const parts = root.querySelectorAll("button, input, select, svg.marks, .widget-html-content");
    return {
        beside: at(".rk-results").left >= at(".rk-controls").right,
        run: at(".rk-run button").bottom,
        outside: [...parts]
            .filter(part => part.getBoundingClientRect().right > Math.min(edge, innerWidth))
            .map(part => part.outerHTML.slice(0, 90)),
    };
}"""
KERNEL_READY = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
RESTART = """async () => {
    await jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();
}"""
ROUND_TRIPS = """async () => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const times = [];
    for (let i = 0; i < 15; i++) {
        const began = performance.now();
        await kernel.requestKernelInfo();
        times.push((performance.now() - began) / 1000);
        await new Promise(done => setTimeout(done, 60));
    }
    return times;
}"""


def test_training_panel_in_jupyterlab(
    visit: Visit, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    page = visit.page
    notebook = small_copy(tmp_path)
    with in_jupyterlab(visit, notebook, tmp_path):
        require_labels_in_full(page)

        # Wrong input is explained beside the control; the slider moves with the keyboard.
        sigma = page.get_by_role("textbox", name="Step σ")
        sigma.fill("0,1")
        sigma.press("Enter")
        page.wait_for_selector("text=write a decimal point, not a comma")
        visit.picture("training-1-wrong-input")
        sigma.fill("0.04")
        sigma.press("Enter")
        handle = page.get_by_role("slider", name="Step σ")
        handle.focus()
        for _ in range(4):
            before = sigma.input_value()
            page.keyboard.press("ArrowRight")
            until(lambda before=before: sigma.input_value() != before)
        moved = float(sigma.input_value())
        assert 0.04 < moved < 0.2

        # Run, by keyboard: something to see within a second.
        visit.button("Run").focus()
        page.keyboard.press("Enter")
        first = visit.wait_for_status(r"generation \d+ of 40", 20)
        line = page.locator(".rk-panel .vega-embed svg.marks").first
        line.wait_for()
        visit.wait_for_status(r"generation [1-9]\d* of 40.*left")
        before = line.inner_html()
        times = page.evaluate(ROUND_TRIPS)
        visit.wait_for_status(r"generation ([4-9]|\d\d) of 40")
        assert "generation" in visit.status(), "it should still train while round trips are timed"
        page.wait_for_function(
            "([svg, before]) => svg.innerHTML !== before", arg=[line.element_handle(), before]
        )
        visit.picture("training-2-running")

        visit.button("Pause").click()
        visit.wait_for_status("^paused")
        paused = visit.status()
        visit.button("Resume").click()
        visit.button("Stop").click()
        visit.wait_for_status("^stopped")
        stopped = generation(visit.status())
        assert stopped >= generation(paused)
        assert visit.button("Run").is_enabled()
        visit.picture("training-3-stopped")

        visit.button("Resume").click()
        visit.wait_for_status(rf"generation ({'|'.join(map(str, range(stopped + 1, 41)))}) of 40")
        visit.button("Stop").click()
        visit.wait_for_status("^stopped")

        page.get_by_text("The same as a batch run").click()
        area = page.locator(".rk-panel textarea")
        area.wait_for()
        until(lambda: f"-p sigma {moved}" in area.input_value())
        assert page.locator(".rk-panel textarea").is_visible()
        visit.button("Save settings").click()
        page.wait_for_selector("text=written:")
        visit.picture("training-4-batch")
    saved = json.loads((tmp_path / "panel" / "parameters.json").read_text())
    assert saved["sigma"] == moved
    measured = {
        "first_progress_s": first,
        "round_trip_median_s": statistics.median(times),
        "round_trip_longest_s": max(times),
    }
    for name, value in measured.items():
        record_property(name, round(value, 3))
    print(measured)
    # A record, no limit: how long it takes depends on what else the machine does.


PANELS = """from renaissance_kit import Network
from renaissance_kit.panels import RobustnessPanel
from renaissance_kit.panels.states import StatesPanel
network = Network.example("ecoli_w3110_trpd9923")
display(RobustnessPanel(network, folder={robustness!r}, workers=1, models=4))
display(StatesPanel(network, generic={generic!r}, folder={states!r}, workers=1,
                    n_states=12, models=10))"""


def test_points_are_clicked_and_states_brushed_in_jupyterlab(
    visit: Visit, tmp_path: Path, ecoli: Network
) -> None:
    page = visit.page
    SteadyStates.example(ecoli)[:2400:200].save(tmp_path / "few.nc")
    names = {"robustness": "r", "states": "s", "generic": "few.nc"}
    code = PANELS.format(**{k: str(tmp_path / name) for k, name in names.items()})
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    (tmp_path / "pages").mkdir()
    nbformat.write(notebook, tmp_path / "pages" / "two.ipynb")
    with in_jupyterlab(visit, tmp_path / "pages" / "two.ipynb", tmp_path):
        page.wait_for_function("() => document.querySelectorAll('.rk-panel').length == 2")
        require_labels_in_full(page)
        robustness, states = page.locator(".rk-panel").nth(0), page.locator(".rk-panel").nth(1)

        robustness.locator("button", has_text="Run").click()
        robustness.locator(".rk-status", has_text="done").wait_for()
        charts = robustness.locator(".vega-embed svg.marks")
        charts.nth(2).wait_for()
        chosen = robustness.get_by_label("Model in the time courses", exact=True)
        first, before = selected(chosen), charts.nth(2).inner_html()
        visit.picture("robustness-1-done")
        point = charts.nth(1).locator(".mark-symbol").first.locator("path").nth(1)
        point.click(force=True)
        until(lambda: selected(chosen) != first)
        until(lambda: charts.nth(2).inner_html() != before)
        visit.picture("robustness-2-clicked")

        states.locator("button", has_text="Run").click()
        states.locator(".rk-status", has_text="done").wait_for()
        charts = states.locator(".vega-embed svg.marks")
        charts.nth(1).wait_for()
        chosen = states.get_by_label("Neighbourhood", exact=True)
        assert selected(chosen).startswith("cell")
        before = charts.nth(1).inner_html()
        charts.nth(0).scroll_into_view_if_needed()
        box = charts.nth(0).bounding_box()
        page.mouse.move(box["x"] + 0.15 * box["width"], box["y"] + 0.3 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=4)
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.88 * box["height"], steps=4)
        page.mouse.up()
        until(lambda: selected(chosen) == "rectangle on the map")
        until(lambda: charts.nth(1).inner_html() != before)
        ring = charts.nth(0).locator("g.mark-symbol").last.locator("path").first
        until(lambda: ring.get_attribute("opacity") == "0")  # the rectangle has taken their place
        visit.picture("states-brushed")
        assert states.locator("button", has_text="Draw new states").is_enabled()

        require_two_columns(page)
        visit.picture("robustness-3-on-a-laptop")

        # What another version began is not gone on with; a fresh folder is offered beside the word.
        for path in (tmp_path / "r").rglob("run.json"):
            content = json.loads(path.read_text())
            content["made_with"]["numpy"] = "1.0"
            path.write_text(json.dumps(content))
        anew = robustness.get_by_role("button", name="Start anew")
        assert anew.count() == 0
        robustness.locator("button", has_text="Run").click()
        robustness.locator(".rk-status", has_text="failed").wait_for()
        robustness.get_by_text("begun with other versions").wait_for()
        anew.wait_for()
        page.evaluate("() => document.querySelector('.rk-panel').scrollIntoView()")
        visit.picture("robustness-4-begun-by-another-version")
        anew.click()
        robustness.locator(".rk-status", has_text="done").wait_for()
        anew.wait_for(state="hidden")
        assert (tmp_path / "r" / "anew" / "outcomes.csv").is_file()

        # Without its kernel a panel says so, and its buttons cannot be pressed.
        page.evaluate(RESTART)
        page.wait_for_function("() => document.querySelectorAll('.rk-panel .rk-lost').length == 2")
        assert "Run the cell" in page.locator(".rk-lost").first.inner_text()
        assert page.evaluate(
            "() => Boolean(document.querySelector('.rk-panel button').closest('[inert]'))"
        )
        assert page.evaluate(LAYOUT, ".rk-panel")["beside"]
        visit.picture("robustness-5-restarted")


def selected(menu: Any) -> str:
    text = str(menu.evaluate("menu => menu.selectedOptions[0]?.textContent ?? ''"))
    return text.replace("\xa0", " ")


def until(true: Any) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "nothing has changed"
        time.sleep(0.1)


def generation(status: str) -> int:
    found = re.search(r"generation (\d+)", status)
    assert found, status
    return int(found[1])


def test_voila_serves_each_panel_as_a_page(visit: Visit, tmp_path: Path) -> None:
    pytest.importorskip("voila", reason="voila is not installed")
    pages = sorted((ROOT / "notebooks" / "panels").glob("*.ipynb"))
    (tmp_path / "served").mkdir()
    for page in pages:
        shutil.copy(page, tmp_path / "served")
    command = ["voila", str(tmp_path / "served"), "--template=offline"]
    with server(command, tmp_path) as address:
        visit.page.goto(address)  # the list
        for page in pages:
            visit.page.get_by_text(page.name).wait_for()
        visit.picture("voila-list")
        opened = {page.stem: visit.another() for page in pages}
        for name, each in opened.items():  # their kernels start at the same time
            each.page.goto(f"{address}/voila/render/{name}.ipynb", wait_until="commit")
        for name, each in opened.items():
            each.page.wait_for_selector(".rk-panel button")
            each.page.wait_for_selector(".rk-panel input")
            assert each.button("Run").is_enabled()
            require_labels_in_full(each.page)
            require_two_columns(each.page)
            each.picture(f"voila-{name}")
    assert len(opened) == 6
    assert visit.outside == []
    assert visit.errors == []


def lab_command() -> list[str]:
    """What `make lab` runs, without the variable in front."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ").replace("$(CURDIR)", str(ROOT))
    (line,) = re.findall(r"\$\(BIN\)/jupyter (lab .+)\$\(LAB_ARGS\)", text)
    return ["jupyterlab", *shlex.split(line)[1:]]


def test_make_lab_opens_the_first_notebook_and_asks_nothing(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    command = [*lab_command(), "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    with server(command, tmp_path, plain=True) as address:
        page.goto(f"{address}/?token={TOKEN}")
        page.wait_for_selector(".jp-Notebook h1")
        page.wait_for_selector(".jp-DirListing-itemText")
        assert page.url.endswith("/notebooks/00_start_here.ipynb")
        assert page.locator(".jp-Notebook h1").first.inner_text().startswith("Start here")
        page.wait_for_timeout(3000)  # for what might still be asked
        listed = page.locator(".jp-DirListing-itemText").all_inner_texts()
        assert sorted(listed) == sorted(
            [path.name for path in (ROOT / "notebooks").glob("*.ipynb")]
            + [
                path.name
                for path in (ROOT / "notebooks").iterdir()
                if path.is_dir() and not path.name.startswith((".", "__"))
            ]
        )
        assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0
        visit.picture("lab")
    assert visit.outside == []
    assert visit.errors == []


def test_the_first_screen_of_the_gallery_holds_all_questions_and_answers(
    visit: Visit, tmp_path: Path
) -> None:
    """Of all notebooks with answers as long as they are, on a common laptop."""
    n = len(batch.NOTEBOOKS)
    for number in range(n):
        folder = tmp_path / f"{number:02}_name"
        folder.mkdir()
        title = nbformat.v4.new_markdown_cell("# Does a question of this length fit in?")
        nbformat.write(nbformat.v4.new_notebook(cells=[title]), folder / f"{folder.name}.ipynb")
        about = {"scale": "smoke", "answer": "Yes: 82 % (69 to 90 %). " + "of all " * 22,
                 "paper": "75 % within 24 min and 93 % within 34 min"}  # fmt: skip
        (folder / "summary.json").write_text(json.dumps(about))
        visit.page.screenshot(path=folder / "figure.png")
    page = visit.page
    page.goto(write_gallery(tmp_path).page.as_uri())
    for width, height in ((1366, 768), (1024, 700)):
        page.set_viewport_size({"width": width, "height": height})
        cards = [page.locator(".answers li").nth(i).bounding_box() for i in range(n)]
        assert all(card["x"] + card["width"] <= width for card in cards)
        if width == 1366:
            assert max(card["y"] + card["height"] for card in cards) <= height
        visit.picture(f"gallery-{width}")
    assert visit.outside == []
    assert visit.errors == []
