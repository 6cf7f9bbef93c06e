"""What users get installed: the pyTFA pin, and one set of bounds for pip and for conda."""

import importlib.metadata
import logging
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from patience import PATIENCE_S

from renaissance_kit import Network
from renaissance_kit.states import reaction_energies

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"pytorch-cpu": "torch"}


def pyproject_bounds(*extras: str) -> dict[str, SpecifierSet]:
    optional = PROJECT["optional-dependencies"]
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in optional[extra])]
    requirements = [Requirement(text) for text in texts]
    bounds = {canonicalize_name(r.name): r.specifier for r in requirements}
    return bounds | {"python": SpecifierSet(PROJECT["requires-python"])}


def environment_bounds() -> dict[str, SpecifierSet]:
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip_entries = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    texts = [entry for entry in entries if isinstance(entry, str) and entry != "pip"]
    texts += [entry for entry in pip_entries if not entry.startswith("-e")]
    requirements = [Requirement(text) for text in texts]
    return {CONDA_NAMES.get(r.name, canonicalize_name(r.name)): r.specifier for r in requirements}


def test_conda_environment_has_the_bounds_of_pyproject() -> None:
    assert environment_bounds() == pyproject_bounds("docs", "pages")


def test_installed_pytfa_is_the_pinned_release() -> None:
    assert str(pyproject_bounds()["pytfa"]) == f"=={importlib.metadata.version('pytfa')}"


@pytest.mark.slow
def test_pytfa_imports_without_warning_and_leaves_no_stand_in() -> None:
    code = (
        "import sys, cobra, pandas; before = 'distutils' in sys.modules;"
        "from renaissance_kit.states import ThermodynamicModel;"
        "import pytfa; from pytfa.optim import variables;"
        "assert variables.get_binary_type() == 'binary';"
        "print(sys.version_info < (3, 12) or before == ('distutils' in sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "True"
    assert "Warning" not in run.stderr


def test_pytfa_models_write_no_log_folder(
    ecoli: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(reaction_energies(ecoli))
    loggers = [name for name in logging.root.manager.loggerDict if name.startswith("pytfa")]
    assert loggers
    assert not any(logging.getLogger(name).handlers for name in loggers)
    assert not list(tmp_path.iterdir())


def test_requirements_are_installed_within_their_bounds() -> None:
    for name, bounds in pyproject_bounds("docs", "pages").items():
        if name != "python":
            assert importlib.metadata.version(name) in bounds, name


def test_only_one_module_imports_pytfa() -> None:
    importers = {
        path.name
        for path in (ROOT / "renaissance_kit").rglob("*.py")
        if re.search(r"^\s*(import|from) pytfa\b", path.read_text(), re.MULTILINE)
    }
    assert importers == {"_pytfa.py"}


def test_version_is_stated_once_or_alike() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert importlib.metadata.version("renaissance_kit") == PROJECT["version"]
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
