"""What a user waits for first: import, help, and the first models on a fresh install."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from benchmarks.rows import Row, alone, at_most

NAMES = "from renaissance_kit import KineticModels, Network, Perturbation, perturb, train"
FIRST_MODELS = """
import numpy as np
from renaissance_kit import KineticModels, KMRanges, Network, SteadyStates
network = Network.example()
km = KMRanges.of(network).uniform(100, np.random.default_rng(1))
KineticModels(network, SteadyStates.example(network).default, km).spectrum()
"""
FIRST_COURSES = """
from renaissance_kit import KineticEnsemble, Network, perturb
from renaissance_kit.core import Run
network = Network.example()
models = KineticEnsemble.example(network).models(network)
perturb(models.with_km(models.km_mM[:1]), run=Run(workers=1))
"""


def start(tiny: bool) -> list[Row]:
    """Wall time of new processes, the least of three. Without a compile cache: NUMBA_CACHE_DIR in
    an empty folder, the least of two."""
    few = 1 if tiny else 3
    rows = [
        alone("import renaissance_kit", _least(["-c", "import renaissance_kit"], few), "s",
              at_most(1.0)),
        alone("renaissance-kit --help", _least(["-m", "renaissance_kit", "--help"], few), "s",
              at_most(0.7)),
        alone("import of the main path (numba and torch with it)", _least(["-c", NAMES], few), "s"),
    ]  # fmt: skip
    if tiny:
        return rows
    for what, code in (("100 models", FIRST_MODELS), ("a perturbed model", FIRST_COURSES)):
        rows += [
            alone(f"first {what}, without a compile cache", _least(["-c", code], 2, fresh=True),
                  "s", at_most(5.0)),
            alone(f"first {what}, compiled before", _least(["-c", code], few), "s"),
        ]  # fmt: skip
    return rows


def _least(arguments: list[str], repeats: int, *, fresh: bool = False) -> float:
    if not fresh:
        _run(arguments, dict(os.environ))
    times = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            changes = {"NUMBA_CACHE_DIR": folder} if fresh else {}
            begin = time.perf_counter()
            _run(arguments, {**os.environ, **changes})
            times.append(time.perf_counter() - begin)
    return min(times)


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL
    )
