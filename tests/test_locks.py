"""The lock files: complete, within the bounds, hashed, for every Python, without addresses."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from test_packaging import PROJECT, pyproject_bounds

ROOT = Path(__file__).resolve().parents[1]
FILES = ("installers.txt", "notebooks.txt", "tests.txt")
TEXTS = {name: (ROOT / "locks" / name).read_text(encoding="utf-8") for name in FILES}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SETS = {
    "notebooks.txt": (("notebooks.txt",), ("dev", "pages", "docs")),
    "tests.txt": (("notebooks.txt", "tests.txt"), tuple(PROJECT["optional-dependencies"])),
}


def entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """Requirement and hashes of each entry of a file."""
    found = []
    for entry in re.findall(r"^[^#\s].*(?:\n +.*)*", TEXTS[name], re.MULTILINE):
        first, *rest = entry.replace("\\", "").split("--hash=")
        found.append((Requirement(first.strip()), [text.strip() for text in rest]))
    return found


def locked(names: tuple[str, ...], python: str, system: str = "linux") -> dict[str, str]:
    """Versions by name, for a Python on a system."""
    here = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system],
    }
    versions: dict[str, str] = {}
    for name in names:
        for requirement, _ in entries(name):
            if requirement.marker is None or requirement.marker.evaluate(here):
                key = canonicalize_name(requirement.name)
                (pin,) = requirement.specifier
                assert versions.setdefault(key, pin.version) == pin.version, f"two of {key}"
    return versions


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_pinned_with_hashes_and_no_server_is_named(name: str) -> None:
    found = entries(name)
    assert found
    for requirement, hashes in found:
        (pin,) = requirement.specifier
        assert pin.operator == "==", requirement
        assert hashes, requirement
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement
    assert "://" not in TEXTS[name]
    assert not re.search(r"^\s*--?(?!hash)\w", TEXTS[name], re.MULTILINE), "no option"


@pytest.mark.parametrize("system", ["linux", "darwin"])
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", SETS)
def test_all_that_pyproject_asks_for_is_locked_within_its_bounds(
    name: str, python: str, system: str
) -> None:
    files, extras = SETS[name]
    versions = locked(files, python, system)
    bounds = pyproject_bounds(*extras)
    assert python + ".1" in bounds.pop("python")
    del bounds["torch"]
    outside = {n: versions.get(n) for n, b in bounds.items() if versions.get(n, "0") not in b}
    assert not outside, "run: make lock"


def test_every_python_that_pyproject_names_is_locked() -> None:
    named = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))
    assert tuple(named) == PYTHONS
    setup = (ROOT / "tools" / "setup_venv.sh").read_text()
    assert "(3, 11) <= sys.version_info[:2] <= (3, 14)" in setup
    assert "3.15" not in pyproject_bounds()["python"]


def test_torch_is_pinned_by_the_makefile_and_what_it_needs_is_locked() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (pin,) = re.findall(r"^TORCH \?= (torch==\S+)$", makefile, re.MULTILINE)
    assert Requirement(pin).specifier.contains("2.13.0")
    assert pin in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    for python in PYTHONS:
        versions = locked(("notebooks.txt",), python)
        assert not [name for name in versions if re.match("torch|nvidia|triton|cuda", name)]
        for text in importlib.metadata.requires("torch") or ():
            needed = Requirement(text)
            name = canonicalize_name(needed.name)
            if needed.marker is None and not re.match("nvidia|triton|cuda", name):
                assert versions[name] in needed.specifier, text


def test_what_builds_and_what_is_built_agree() -> None:
    first = locked(("installers.txt",), "3.12")
    assert set(first) == {"uv", "setuptools"}
    assert first["setuptools"] == locked(("notebooks.txt",), "3.12")["setuptools"]


def test_setup_stops_where_there_is_no_python_for_it(tmp_path: Path) -> None:
    run = subprocess.run(
        ["bash", str(ROOT / "tools" / "setup_venv.sh"), "notebooks"],
        capture_output=True, text=True,
        env={"PATH": "/usr/bin:/bin", "VENV": str(tmp_path / "venv"), "PYTHON": "no-such-python"},
        check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "no Python 3.11 to 3.14 found (tried: no-such-python)" in run.stderr
    assert not (tmp_path / "venv").exists()
