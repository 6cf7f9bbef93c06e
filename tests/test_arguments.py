"""Settings, numbers of workers and seeds of the wrong kind are named, with what to give."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from renaissance_kit import (
    Generator,
    KineticModels,
    KMRanges,
    Network,
    Perturbation,
    ReactorConditions,
    SteadyState,
    studies,
    train,
)
from renaissance_kit.analysis import map_of
from renaissance_kit.core import ParameterError, RenaissanceError, Run, run_chunks
from renaissance_kit.objectives import FastestDynamics, Incidence, SmoothIncidence, SoftMargin
from renaissance_kit.search import SearchSettings
from renaissance_kit.simulation import Tolerances
from renaissance_kit.training import TRAINERS, nes_of_states, split_states

NETWORK = Network.example("tiny")
MAKERS: dict[str, Callable[..., Any]] = {
    **{settings.__name__: settings for settings in TRAINERS},
    "Run": Run,
    "SearchSettings": SearchSettings,
    "Tolerances": Tolerances,
    "Perturbation": Perturbation,
    "Generator": lambda **given: Generator(KMRanges.of(NETWORK), **given),
    "ReactorConditions": lambda **given: ReactorConditions(
        **{"medium_mM": {}, "inoculum_gDW_L": 0.1, **given}
    ),
    **{kind.__name__: kind for kind in (Incidence, FastestDynamics, SmoothIncidence, SoftMargin)},
}
CLASSES = {"Generator": Generator, "ReactorConditions": ReactorConditions}
WRONG = {
    "int": (1.5, "3", True, None),
    "float": ("0.1", True, None, 1j),
    "bool": (1, "False", None),
    "str": (1, None, True),
    "int | None": (1.5, "3", True),
    "float | None": ("0.1", True),
    "tuple[int, ...]": (3, (1.5,), "12"),
}
CASES = [
    (name, field.name, value)
    for name, make in MAKERS.items()
    for field in fields(CLASSES.get(name, make))
    if not field.name.startswith("_")
    for value in WRONG.get(str(field.type), ())
]


@pytest.mark.parametrize(("name", "field", "value"), CASES)
def test_a_value_of_another_kind_is_named(name: str, field: str, value: Any) -> None:
    named = rf"{field} is {re.escape(repr(value))}; give (a |True|whole)"
    with pytest.raises(ParameterError, match=named):
        MAKERS[name](**{field: value})


def test_numbers_of_numpy_are_numbers() -> None:
    settings = Perturbation(size=np.float64(0.3), per_model=np.int64(2), seed=np.int32(4))
    assert (type(settings.size), type(settings.per_model)) == (float, int)
    assert Run(workers=np.int64(2)) == Run(workers=2)


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2"])
def test_threads_are_at_least_one(workers: Any, tiny, tiny_state) -> None:
    models = KineticModels(tiny, tiny_state, KMRanges.of(tiny).middle_mM)
    with pytest.raises(ParameterError, match=f"workers is {workers!r}; give a whole number from 1"):
        models.spectrum(workers=workers)
    with pytest.raises(ParameterError, match=f"workers is {workers!r}; give a whole number from 1"):
        train(tiny, tiny_state, seed=1, workers=workers)


def test_processes_are_at_least_one_or_counted_from_all_cores() -> None:
    with pytest.raises(ParameterError, match="workers is 0; give at least 1, or -1 for all cores"):
        Run(workers=0)
    assert Run(workers=-1).threads >= 1


def seeded(tiny: Network, state: SteadyState, states: Any) -> dict[str, Callable[[Any], Any]]:
    return {
        "train": lambda seed: train(tiny, state, seed=seed),
        "exact KM": lambda seed: studies.exact_km(tiny, state, 2, seed=seed, run=Run(1)),
        "map": lambda seed: map_of(np.random.default_rng(1).random((30, 4)), seed=seed),
        "split": lambda seed: split_states(10, 0.5, seed),
        "nes of states": lambda seed: nes_of_states(tiny, states, seed=seed, run=Run(1)),
        "unbiased sampling": lambda seed: studies.unbiased_sampling(
            tiny, state, 2, seed=seed, threshold_per_h=-2.5
        ),
    }


@pytest.mark.parametrize("seed", [1.5, -1, "1", True, None])
def test_a_seed_is_a_whole_number(seed: Any, tiny, tiny_state, one_tiny_state) -> None:
    for call in seeded(tiny, tiny_state, one_tiny_state()).values():
        with pytest.raises(ParameterError, match=r"seed is .*give a whole number from 0"):
            call(seed)


def test_no_seed_goes_past_the_check() -> None:
    """A stream from a seed that somebody passes is made by `core.seeds` alone."""
    package = Path(__file__).resolve().parents[1] / "renaissance_kit"
    for path in package.rglob("*.py"):
        code = [line for line in path.read_text().splitlines() if ">>>" not in line]
        if path.name != "seeds.py":
            assert "default_rng(seed)" not in "\n".join(code), path


@dataclass(frozen=True)
class Greedy:
    """Asks for more memory than there is."""

    def __call__(self, items: np.ndarray) -> dict[str, np.ndarray]:
        if 2 in items:
            raise MemoryError("Unable to allocate 7 EiB")
        return {"item": items}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_memory_is_said_with_the_items_and_the_remedy(tmp_path: Path, workers: int) -> None:
    with pytest.raises(RenaissanceError, match=r"memory is full at items 2 to 3; .*smaller chunks"):
        run_chunks(
            Greedy(), 6, name="greedy", settings={}, chunk=2, run=Run(workers, tmp_path / "s")
        )
