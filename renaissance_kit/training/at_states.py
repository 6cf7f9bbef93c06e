"""Train a generator anew at each of many steady states, with natural evolution strategies.

The published study of intracellular states, and the way that does not learn from one state to the
next. Each state is a task of its own (`renaissance_kit.core.runs`): minutes of work on one core,
kept as it is done.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyState, SteadyStates
from renaissance_kit.training.fit import KineticObjective, train
from renaissance_kit.training.recipes import Recipe


def nes_of_states(
    network: Network,
    states: SteadyStates,
    *,
    seed: int,
    recipe: Recipe | None = None,
    models: int = 100,
    run: Run = RUN,
) -> xr.Dataset:
    """Train at each state, and draw models from each trained generator.

    Args:
        states: where to train; `SteadyStates` takes a slice for a part of them.
        seed: each state has a stream of its own, from this and its number, so that the result of
            a state does not depend on the others.
        recipe: `Recipe.study_of_states` if not given.
        models: drawn from each generator after its training.
        run: workers, store, progress and stop; chunks of one state.

    Returns:
        By ``state``: ``lambda_max_per_h`` of the drawn models, ``km_mM`` of the fastest of them,
        ``reward`` (mean over the population), ``incidence`` (of its models) and ``seconds`` of
        every generation. Of the states that were done, if the run was stopped.

    Raises:
        ParameterError: stopped before any state was done, or settings out of range.
        SteadyStateError: a state does not belong to the network.

    Reference: Choudhury et al. 2024 Nat Catal 7:1086 (intracellular states).
    """
    recipe = recipe or Recipe.study_of_states(network)
    if models < 1:
        raise ParameterError(f"asked for {models} models of each state; ask for at least 1")
    task = _Trainings(network, tuple(states), recipe, models, seed)
    columns = run_chunks(
        task, len(states), name="nes-of-states", chunk=1, settings=task.identity(), run=run,
    )  # fmt: skip
    if not len(columns["item"]):
        raise ParameterError("stopped before any state was done; nothing to return")
    of_generation = ("state", "generation")
    return xr.Dataset(
        {
            "lambda_max_per_h": (("state", "model"), columns["lambda_max_per_h"]),
            "km_mM": (("state", "km"), columns["km_mM"]),
            "reward": (of_generation, columns["reward"]),
            "incidence": (of_generation, columns["incidence"]),
            "seconds": (of_generation, columns["seconds"]),
        },
        coords={
            "state": [task.states[i].label for i in columns["item"]],
            "km": list(network.km_names),
        },
        attrs={
            "network_digest": network.digest,
            "recipe": recipe.label,
            "threshold_per_h": recipe.threshold_per_h,
            "seed": seed,
        },
    )


@dataclass(frozen=True)
class _Trainings:
    """Trains at some states; goes to the worker processes."""

    network: Network
    states: tuple[SteadyState, ...]
    recipe: Recipe
    models: int
    seed: int

    def identity(self) -> dict[str, Any]:
        """Everything that the results depend on."""
        hashed = hashlib.sha256()
        for state in self.states:
            objective = KineticObjective.of(self.network, state, self.recipe)
            hashed.update(f"{state.label} {objective.digest}".encode())
        return {
            "states_digest": hashed.hexdigest()[:16],
            "strategy": asdict(self.recipe.settings),
            "models": self.models,
            "seed": self.seed,
        }

    def __call__(self, items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # the processes share the cores
        try:
            rows = [self._one(self.states[i]) for i in items]
        finally:
            torch.set_num_threads(threads)
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}

    def _one(self, state: SteadyState) -> dict[str, NDArray[Any]]:
        path = int.from_bytes(hashlib.sha256(state.label.encode()).digest()[:4], "little")
        own, drawn = np.random.SeedSequence((self.seed, path)).generate_state(2)
        training = train(self.network, state, seed=int(own), recipe=self.recipe, workers=1)
        models = training.models(self.models, np.random.default_rng(int(drawn)))
        spectrum = models.spectrum(threshold_per_h=self.recipe.threshold_per_h, workers=1)
        lambda_max = spectrum.lambda_max_per_h.copy()
        history = training.state.history
        return {
            "lambda_max_per_h": lambda_max,
            "km_mM": models.km_mM[int(np.argmin(np.nan_to_num(lambda_max, nan=np.inf)))],
            "reward": np.array([record.rewards.mean() for record in history]),
            "incidence": np.array([record.population_incidence for record in history]),
            "seconds": np.array([record.seconds for record in history]),
        }
