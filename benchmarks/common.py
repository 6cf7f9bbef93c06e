"""What the benchmarks share: the models they run on, and how they take time."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from renaissance_kit import KineticModels, KMRanges, Network, SteadyStates


def default_models(n: int, seed: int = 1) -> KineticModels:
    """n unbiased KM sets at the default profile of E. coli."""
    network = Network.example()
    km = KMRanges.of(network).uniform(n, np.random.default_rng(seed))
    return KineticModels(network, SteadyStates.example(network).default, km)


def seconds(*functions: Callable[[], object], repeats: int = 5) -> list[float]:
    """Median wall time of each function; they take turns, so that drift hits all alike."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats):
        for function, collected in zip(functions, times, strict=True):
            begin = time.perf_counter()
            function()
            collected.append(time.perf_counter() - begin)
    return [float(np.median(t)) for t in times]
