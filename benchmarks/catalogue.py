"""All benchmarks, by name, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from benchmarks.rows import Row

Benchmark = Callable[[bool], list[Row]]

_PLACES = {
    "start": "start:start",
    "validity": "models:validity",
    "verdicts": "verdicts:verdicts",
    "parts": "models:parts",
    "second": "models:second_look",
    "cores": "models:cores",
    "growth": "growth:growth",
    "incidence": "training_runs:seconds_to_incidence",
    "training": "training_runs:paper_size",
    "million": "streaming:million_sets",
    "perturbation": "courses:perturbations",
    "roadrunner": "roadrunners:against_roadrunner",
    "bioreactor": "courses:cultivations",
    "states": "sampling:steady_states",
    "control": "control:coefficients",
    "new_states": "control:steady_states",
    "control_roadrunner": "control:against_roadrunner",
    "survey": "surveys:surveys",
    "tracking": "surveys:tracking",
}
NAMES = tuple(_PLACES)


def benchmark(name: str) -> Benchmark:
    """A function of ``tiny``: True for sizes at which numbers say nothing and nothing takes long.

    Raises:
        KeyError: no benchmark of that name.
    """
    module, _, function = _PLACES[name].partition(":")
    found: Benchmark = getattr(import_module(f"benchmarks.{module}"), function)
    return found
