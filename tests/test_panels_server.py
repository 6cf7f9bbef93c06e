"""`make panels` serves Python: only who has the token of the printed address may use it."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest
from patience import PATIENCE_S

pytest.importorskip("voila", reason="voila is not installed")
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]


def command() -> list[str]:
    """What the Makefile runs, after the variable in front."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    (line,) = re.findall(r"\$\(BIN\)/(voila .+)\$\(PANELS_ARGS\)", text)
    return [sys.executable, "-m", *shlex.split(line)]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def answer(address: str) -> tuple[int, str]:
    """Status and text, without following to another page."""
    opener = urllib.request.build_opener(NoRedirect)
    try:
        response: HTTPResponse = opener.open(address, timeout=PATIENCE_S)
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()
    return response.status, response.read().decode()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address that the server prints."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JUPYTER_PATH": str(ROOT / "tools" / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(folder),
        "JUPYTER_RUNTIME_DIR": str(folder),
    }
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command(), "--no-browser", f"--port={port}"],
            env=environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            end = time.monotonic() + PATIENCE_S
            while not (found := re.search(rf"http://\S+:{port}/\S*", log.read_text())):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
            yield found[0]
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def test_the_printed_address_opens_the_list_of_panels(printed: str) -> None:
    assert re.search(r"\?token=[0-9a-f]{32,}$", printed)
    status, page = answer(printed)
    assert status == 200
    assert "voila-tree-main" in page


@pytest.mark.parametrize(
    "path", ["", "voila/render/training.ipynb", "voila/tree/", "?token=", "?token=0123456789abcdef"]
)
def test_without_its_token_nothing_is_shown_and_no_kernel_starts(printed: str, path: str) -> None:
    status, page = answer(printed.partition("?")[0] + path)
    assert status in (302, 401, 403), page
    assert "training" not in page


def test_a_running_kernel_is_reached_with_the_token_only(printed: str) -> None:
    address, _, token = printed.partition("?")
    status, page = answer(f"{address}voila/render/training.ipynb?{token}")
    assert status == 200
    (kernel,) = set(re.findall(r'"kernelId": "([0-9a-f-]{36})"', page))
    channels = f"{address}api/kernels/{kernel}/channels"
    assert answer(channels)[0] == 403
    assert answer(f"{channels}?{token}")[0] == 400, "it asks for a web socket"
