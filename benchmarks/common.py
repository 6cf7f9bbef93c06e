"""What the benchmarks share: the models they run on, and how they take time."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from renaissance_kit import KineticEnsemble, KineticModels, KMRanges, Network, SteadyStates


def default_models(n: int, seed: int = 1) -> KineticModels:
    """n unbiased KM sets at the default profile of E. coli."""
    network = Network.example()
    km = KMRanges.of(network).uniform(n, np.random.default_rng(seed))
    return KineticModels(network, SteadyStates.example(network).default, km)


def shipped_models(n: int) -> KineticModels:
    """The first n valid models that are shipped."""
    network = Network.example()
    models = KineticEnsemble.example(network).models(network)
    return models.with_km(models.km_mM[:n])


def seconds(*functions: Callable[[], object], repeats: int = 5) -> list[float]:
    """Median wall time of each function; they take turns, so that drift hits all alike."""
    return [float(np.median(t)) for t in _turns(functions, repeats)]


def least_seconds(*functions: Callable[[], object], repeats: int = 5) -> list[float]:
    """Least wall time of each function, in turns: what others do on the machine adds, and never
    takes away. For short functions on a busy machine."""
    return [min(t) for t in _turns(functions, repeats)]


def _turns(functions: tuple[Callable[[], object], ...], repeats: int) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats):
        for function, collected in zip(functions, times, strict=True):
            begin = time.perf_counter()
            function()
            collected.append(time.perf_counter() - begin)
    return times
