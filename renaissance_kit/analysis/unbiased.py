"""What random constants give at many steady states: unbiased models, the same KM sets at all.

The sets are log-uniform within the bounds, without any search, so that states can be compared by
what they ask of the constants: how many models are valid, and how fast the fastest twentieth is. A
state *supports* valid dynamics when at least one of its N models is valid. That depends on N: a
state where one model in a thousand is valid rarely supports them by a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from renaissance_kit.core.datasets import Labelled, Layout, Variable
from renaissance_kit.core.errors import ParameterError, SteadyStateError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.seeds import require_seed
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import is_valid
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates

CHUNK = 10  # states; a second or two of work


@dataclass(frozen=True)
class UnbiasedModels(Labelled):
    """Unbiased models at each of many states.

    Attributes:
        dataset: ``lambda_max`` (state, model) in 1/h, NaN where a model has no eigenvalues, and
            ``km`` (model, km_name) in mM, the same at all states. The coordinate ``state`` is the
            number in the set of states. Attributes hold the threshold and the seed.
    """

    LAYOUT: ClassVar[Layout] = Layout(
        what="set of unbiased models",
        made_by="unbiased_models",
        rows="state",
        variables={
            "lambda_max": Variable(("state", "model"), "1/h"),
            "km": Variable(("model", "km_name"), "mM"),
        },
        attributes={
            "network_digest": str, "states_digest": str, "threshold_per_h": float, "seed": int,
        },
    )  # fmt: skip

    def __len__(self) -> int:
        return int(self.dataset.sizes["state"])

    @property
    def models(self) -> int:
        """Number of models at each state, N."""
        return int(self.dataset.sizes["model"])

    @property
    def numbers(self) -> NDArray[np.int64]:
        """(states,) which states these are."""
        return np.asarray(self.dataset.state.values)

    @property
    def threshold_per_h(self) -> float:
        """The bound on the real parts."""
        return float(self.dataset.attrs["threshold_per_h"])

    @property
    def lambda_max_per_h(self) -> Array:
        """(states, models)."""
        return np.asarray(self.dataset.lambda_max.values)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(states, models) True where λmax is at or below the threshold."""
        return is_valid(self.lambda_max_per_h, self.threshold_per_h)

    @property
    def supports(self) -> NDArray[np.bool_]:
        """(states,) True where at least one of the models is valid."""
        return np.asarray(self.valid.any(axis=1))

    @property
    def incidence(self) -> Array:
        """(states,) share of valid models."""
        return np.asarray(self.valid.mean(axis=1))

    @property
    def lambda_max_quantile_per_h(self) -> Array:
        """5 % quantile of λmax at each state: what the fastest twentieth of the models has."""
        return np.asarray(np.nanquantile(self.lambda_max_per_h, 0.05, axis=1))

    def select(self, which: NDArray[Any]) -> UnbiasedModels:
        """The states at positions, or where a mask is True."""
        index = np.flatnonzero(which) if np.asarray(which).dtype == bool else which
        return UnbiasedModels(self.dataset.isel(state=index))

    def each_model(
        self, network: Network, states: SteadyStates, chosen: Iterable[tuple[int, int]]
    ) -> Iterator[KineticModels]:
        """Single models, one after the other; compiled tables are shared.

        Args:
            states: in which these states are.
            chosen: position of the state and number of the model, of each.

        Raises:
            SteadyStateError: a state is not among these.
        """
        place = {int(state): i for i, state in enumerate(states.dataset.state.values)}
        models = None
        for position, model in chosen:
            number = int(self.numbers[position])
            if number not in place:
                raise SteadyStateError(
                    f"state {number} is not among these {len(states)} states; give the set that "
                    "the models were made at"
                )
            state, km = states[place[number]], self.dataset.km.values[model]
            models = KineticModels(network, state, km) if models is None else models.at(state)
            models = models.with_km(km)
            yield models


def unbiased_models(
    network: Network,
    states: SteadyStates,
    *,
    models: int,
    seed: int,
    threshold_per_h: float | None = None,
    run: Run = RUN,
) -> UnbiasedModels:
    """λmax of log-uniform KM sets at every state, the same sets at all.

    Args:
        network, states: states of that network; a slice such as ``states[:100]`` for a part.
        models: number of KM sets, from `KMRanges.uniform`.
        seed: of the KM sets.
        threshold_per_h: the network's ``eigenvalue_threshold`` if not given.
        run: workers, store, progress and stop; chunks of 10 states.

    Returns:
        The states in their order; those that are done if the run was stopped.

    Raises:
        SteadyStateError: a state is not one of this network.
        ParameterError: no model, or stopped before the first chunk was done.
    """
    if models < 1:
        raise ParameterError(f"models is {models}; give at least 1")
    if threshold_per_h is None:
        threshold_per_h = network.conditions["eigenvalue_threshold"].value
    ranges = KMRanges.of(network)
    task = UnbiasedTask(network, ranges, models, require_seed(seed), threshold_per_h)
    columns = run_chunks(
        task,
        len(states),
        name="unbiased",
        chunk=CHUNK,
        part=lambda items: [states[int(i)] for i in items],
        run=run,
        settings={
            "seed": seed,
            "models": models,
            "threshold_per_h": threshold_per_h,
            "network_digest": network.digest,
            "states_digest": states.digest,
            "ranges_digest": fingerprint(ranges),
        },
    )
    if not len(columns["item"]):
        raise ParameterError("stopped before any state was done; nothing to return")
    return UnbiasedModels.sealed(
        xr.Dataset(
            {
                "lambda_max": (("state", "model"), columns["lambda_max"], {"units": "1/h"}),
                "km": (("model", "km_name"), task.km_mM, {"units": "mM"}),
            },
            coords={
                "state": states.dataset.state.values[columns["item"]],
                "model": np.arange(models),
                "km_name": list(network.km_names),
            },
            attrs={
                "network": network.name,
                "network_digest": network.digest,
                "states_digest": states.digest,
                "threshold_per_h": threshold_per_h,
                "seed": seed,
            },
        )
    )


@dataclass(frozen=True)
class UnbiasedTask:
    """Makes the models of a chunk of states; goes to the worker processes."""

    network: Network
    ranges: KMRanges
    models: int
    seed: int
    threshold_per_h: float

    @property
    def km_mM(self) -> Array:
        """(models, km) the KM sets; drawn where they are needed, as they are large."""
        return self.ranges.uniform(self.models, np.random.default_rng(self.seed))

    def __call__(
        self, items: NDArray[np.int64], states: list[SteadyState]
    ) -> dict[str, NDArray[Any]]:
        models = KineticModels(self.network, states[0], self.km_mM)
        with single_threaded():
            spectra = [
                models.at(state).spectrum(threshold_per_h=self.threshold_per_h, workers=1)
                for state in states
            ]
        return {"lambda_max": np.stack([s.lambda_max_per_h for s in spectra])}
