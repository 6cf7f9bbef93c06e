"""What `pip install` gives: an sdist, a wheel built from it, and the kit installed from that alone.

Nothing is fetched. The installation sees the packages of the tests, but neither the clone nor a
home folder, and it cannot write beside itself: as on a shared machine or in a container.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "renaissance_kit", "data", "notebooks")


def test_every_package_is_listed() -> None:
    listed = SETTINGS["tool"]["setuptools"]["packages"]
    folders = [path.parent for path in (ROOT / "renaissance_kit").rglob("__init__.py")]
    names = [".".join(folder.relative_to(ROOT).parts) for folder in folders]
    mapped = SETTINGS["tool"]["setuptools"]["package-dir"]
    assert sorted(listed) == sorted([*names, *mapped])
    assert {ROOT / folder for folder in mapped.values()} == {ROOT / "data", ROOT / "notebooks"}


def test_every_example_network_is_listed() -> None:
    listed = SETTINGS["tool"]["setuptools"]["package-data"]["renaissance_kit.data"]
    tracked = subprocess.run(
        ["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not tracked:
        pytest.skip("no clone")
    folders = {path.split("/")[1] for path in tracked if path.count("/") > 1}
    assert sorted(listed) == sorted(["README.md", *(f"{name}/*" for name in folders)])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("wheel")
    yield place
    subprocess.run(["chmod", "-R", "u+w", str(place)], check=True)


@pytest.fixture(scope="module")
def sdist(place: Path) -> Path:
    """A source distribution of the working tree."""
    source = place / "source"
    source.mkdir()
    leave = shutil.ignore_patterns("__pycache__", ".*", "*.nb[ci]")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name, **({"ignore": leave} if copy is shutil.copytree else {}))
    build = "import setuptools.build_meta as backend; backend.build_sdist('..')"
    run([sys.executable, "-c", build], cwd=source)
    (found,) = place.glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def wheel(sdist: Path, place: Path) -> Path:
    """A wheel, built from the sdist without a network."""
    run([sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation",
         "--quiet", "--wheel-dir", str(place), str(sdist)])  # fmt: skip
    (found,) = place.glob("*.whl")
    return found


def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


class Installation:
    """The kit in an environment of its own, used from a folder of results."""

    def __init__(self, wheel: Path, place: Path) -> None:
        self.root, self.results = place / "bare", place / "results"
        self.results.mkdir()
        run([sys.executable, "-m", "venv", "--without-pip", str(self.root)])
        run([sys.executable, "-m", "pip", "--python", str(self.root / "bin" / "python"), "install",
             "--no-index", "--no-deps", "--no-compile", "--quiet", str(wheel)])  # fmt: skip
        (self.packages,) = (self.root / "lib").glob("python*/site-packages")
        others = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
        (self.packages / "of_the_tests.pth").write_text("\n".join(sorted(others)))
        for folder in [p for p in (self.packages / "renaissance_kit").rglob("*") if p.is_dir()]:
            (folder / "__pycache__").touch()  # a file in the way stops root as well
        run(["chmod", "-R", "a-w", str(self.root)])
        self.content = set(self.root.rglob("*"))

    def run(self, *command: str) -> str:
        """What a program of the installation prints; nothing may appear beside it."""
        done = run(
            [str(self.root / "bin" / command[0]), *command[1:]], cwd=self.results,
            env={
                "PATH": f"{self.root / 'bin'}:/usr/bin:/bin", "HOME": os.devnull,
                "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )  # fmt: skip
        assert set(self.root.rglob("*")) == self.content
        return done.stdout


@pytest.fixture(scope="module")
def installed(wheel: Path, place: Path) -> Installation:
    return Installation(wheel, place)


@pytest.mark.slow
def test_sdist_and_wheel_hold_all_that_is_shipped(sdist: Path, wheel: Path) -> None:
    shipped = {
        path.relative_to(ROOT)
        for folder, pattern in (("data/tiny", "*"), ("data/ecoli_w3110_trpd9923", "*"),
                                ("notebooks", "*.ipynb"), ("notebooks/panels", "*.ipynb"))
        for path in (ROOT / folder).glob(pattern)
    }  # fmt: skip
    code = {
        path.relative_to(ROOT)
        for pattern in ("*.py", "*.pyi", "*.js", "py.typed")
        for path in (ROOT / "renaissance_kit").rglob(pattern)
    }
    with tarfile.open(sdist) as archive:
        names = {Path(*Path(name).parts[1:]) for name in archive.getnames()}
    assert shipped | code | {Path("LICENSE"), Path("README.md")} <= names
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name) for name in archive.namelist()}
    assert {Path("renaissance_kit", path) for path in shipped} | code <= names
    outside = {p for p in names if p.parts[0] != "renaissance_kit" and "dist-info" not in str(p)}
    assert not outside


@pytest.mark.slow
def test_the_command_and_the_data_are_there(installed: Installation) -> None:
    assert "renaissance-kit train" in installed.run("renaissance-kit", "--help")
    assert "no problems" in installed.run("renaissance-kit", "check", "tiny")
    code = "import renaissance_kit as kit; print(kit.__file__, kit.Network.example())"
    assert str(installed.packages) in installed.run("python", "-c", code)
    code = "from renaissance_kit import panels; print([getattr(panels, n) for n in dir(panels)])"
    assert "TrainingPanel" in installed.run("python", "-c", code)


@pytest.mark.slow
def test_notebooks_are_copied_and_run_where_nothing_else_can_be_written(
    installed: Installation,
) -> None:
    installed.run("renaissance-kit", "notebooks", "mine")
    copied = {path.name for path in (installed.results / "mine").rglob("*.ipynb")}
    ours = {path.name for path in (ROOT / "notebooks").rglob("*.ipynb")}
    assert copied == {name for name in ours if "-checkpoint" not in name}  # JupyterLab's copies
    small = ["generations", "1", "population", "2", "models_per_generator", "2", "repeats", "1",
             "monitor_models", "2", "baseline_models", "2", "ensemble_models", "2",
             "paper_repeats", "1", "released_repeats", "1", "paper_generations", "1",
             "released_generations", "1", "km_sets", "10"]  # fmt: skip
    pairs = [word for i in range(0, len(small), 2) for word in ("-p", *small[i : i + 2])]
    installed.run("renaissance-kit", "run", "02", "--out", "trained", *pairs)
    assert (installed.results / "trained" / "02_generator_training.ipynb").is_file()
    left = {path.name for path in installed.results.iterdir()}
    assert left == {"mine", "trained"}
