"""Train a generator anew at each of many steady states, with natural evolution strategies.

The published study of intracellular states, and the way that does not learn from one state to the
next. Each state is a task of its own (`renaissance_kit.core.runs`): minutes of work on one core,
kept as it is done.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.seeds import labelled_seeds, require_seed
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.training.fit import train
from renaissance_kit.training.nes import NESSettings
from renaissance_kit.training.recipes import Recipe
from renaissance_kit.training.trainers import trainer_of


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
        every ``step``, which is a generation. Of the states that were done, if the run was stopped.

    Raises:
        ParameterError: stopped before any state was done, or settings out of range.
        SteadyStateError: a state does not belong to the network.

    Reference: Choudhury et al. 2024 Nat Catal 7:1086 (intracellular states).
    """
    recipe = recipe or Recipe.study_of_states(network)
    if not isinstance(recipe.settings, NESSettings):
        raise ParameterError(
            f"the recipe is of the method {recipe.settings.method!r}; give one of natural "
            "evolution strategies, such as Recipe.study_of_states"
        )
    if models < 1:
        raise ParameterError(f"asked for {models} models of each state; ask for at least 1")
    task = _Trainings(network, tuple(states), recipe, models, require_seed(seed))
    columns = run_chunks(
        task, len(states), name="nes-of-states", chunk=1, settings=task.identity(), run=run,
    )  # fmt: skip
    if not len(columns["item"]):
        raise ParameterError("stopped before any state was done; nothing to return")
    of_step = ("state", "step")
    return xr.Dataset(
        {
            "lambda_max_per_h": (("state", "model"), columns["lambda_max_per_h"]),
            "km_mM": (("state", "km"), columns["km_mM"]),
            "reward": (of_step, columns["reward"]),
            "incidence": (of_step, columns["incidence"]),
            "seconds": (of_step, columns["seconds"]),
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
        digests = [
            (state.label, trainer_of(self.network, state, self.recipe).digest)
            for state in self.states
        ]
        return {
            "states_digest": fingerprint(digests),
            "strategy": asdict(self.recipe.settings),
            "models": self.models,
            "seed": self.seed,
        }

    def __call__(self, items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        with single_threaded():  # the processes share the cores
            rows = [self._one(self.states[i]) for i in items]
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}

    def _one(self, state: SteadyState) -> dict[str, NDArray[Any]]:
        own, drawn = labelled_seeds(self.seed, state.label, 2)
        training = train(self.network, state, seed=own, recipe=self.recipe, workers=1)
        models = training.models(self.models, np.random.default_rng(drawn))
        spectrum = models.spectrum(threshold_per_h=self.recipe.threshold_per_h, workers=1)
        lambda_max = spectrum.lambda_max_per_h.copy()
        history = training.history
        return {
            "lambda_max_per_h": lambda_max,
            "km_mM": models.km_mM[int(np.argmin(np.nan_to_num(lambda_max, nan=np.inf)))],
            "reward": history.reward_mean.to_numpy(),
            "incidence": history.population_incidence.to_numpy(),
            "seconds": history.seconds.to_numpy(),
        }
