"""KM given that the model is valid, exactly: rejection sampling, nothing is trained.

All KM are drawn log-uniformly, measured ones uniformly within their ranges, and the valid models
are kept. They are independent draws of "KM given valid". That needs a steady state at which a fair
share of models is valid without training. What data change in this distribution is what they say
about the other constants; no generator can know more.

Reference: von Neumann 1951 Natl Bur Stand Appl Math Ser 12:36 (rejection sampling).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.seeds import derived_seed, require_seed
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import is_valid
from renaissance_kit.km.measurements import KMMeasurements
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates

CHUNK = 1_000  # draws; about a second
LEAST = 30
"""Valid models below which distributions are not compared."""
WITHOUT, AGAIN = "no data", "no data, other draws"
"""What the two samples without data are called; the second shows what chance does."""


@dataclass(frozen=True)
class ExactKM:
    """Valid models among unbiased ones: an exact sample of KM given validity.

    Attributes:
        network, state: where the models stand.
        ranges: from which the KM were drawn.
        seed: draw i has the stream ``[seed, i]``, so that more draws add to fewer.
        threshold_per_h: of a valid model.
        lambda_max_per_h: (draws,); NaN for a model without eigenvalues, which is not valid.
        number: (draws,) of each draw; 0, 1, … unless the run was stopped.
    """

    network: Network = field(repr=False)
    state: SteadyState = field(repr=False)
    ranges: KMRanges
    seed: int
    threshold_per_h: float
    lambda_max_per_h: Array = field(repr=False)
    number: NDArray[np.int64] = field(repr=False)

    @property
    def drawn(self) -> int:
        """Number of models that were drawn."""
        return len(self.number)

    @property
    def accepted(self) -> NDArray[np.int64]:
        """Numbers of the draws that are valid."""
        return self.number[is_valid(self.lambda_max_per_h, self.threshold_per_h)]

    @property
    def valid(self) -> int:
        """Number of valid models."""
        return len(self.accepted)

    @property
    def incidence(self) -> float:
        """Share of valid models among all that were drawn."""
        return self.valid / self.drawn

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the incidence."""
        return wilson_interval(self.valid, self.drawn)

    @property
    def enough(self) -> bool:
        """Whether there are `LEAST` valid models, so that distributions can be compared."""
        return self.valid >= LEAST

    @property
    def held(self) -> tuple[str, ...]:
        """Constants that are held to data."""
        named = zip(self.ranges.names, self.ranges.fixed, strict=True)
        return tuple(name for name, fixed in named if fixed)

    @property
    def km_mM(self) -> Array:
        """(valid, km) constants of the valid models."""
        return draws(self.ranges, self.seed, self.accepted)

    def parameters(self, kind: str = "km") -> pd.DataFrame:
        """Parameters of the valid models, (valid, parameters), columns named.

        Args:
            kind: ``km`` in mM, or ``vmax`` in mM/h.

        Raises:
            ParameterError: another kind.
        """
        if kind == "km":
            return pd.DataFrame(self.km_mM, columns=list(self.ranges.names))
        if kind != "vmax":
            raise ParameterError(f"kind is {kind!r}; choose km or vmax")
        reactions = list(self.network.kinetic_reactions)
        if not self.valid:
            return pd.DataFrame(np.empty((0, len(reactions))), columns=reactions)
        models = KineticModels(self.network, self.state, self.km_mM)
        return pd.DataFrame(models.vmax_mM_h, columns=reactions)


def draws(ranges: KMRanges, seed: int, numbers: NDArray[np.int64]) -> Array:
    """(numbers, km) unbiased KM in mM of some draws, each from a stream of its own."""
    made = np.empty((len(numbers), len(ranges.names)))
    for row, number in enumerate(numbers):
        made[row] = ranges.uniform(1, np.random.default_rng([seed, int(number)]))[0]
    return made


def exact_km(
    network: Network,
    state: SteadyState,
    n: int,
    *,
    seed: int,
    ranges: KMRanges | None = None,
    threshold_per_h: float | None = None,
    run: Run = RUN,
) -> ExactKM:
    """Draw n unbiased models and keep the valid ones.

    Args:
        n: models to draw; all of them are evaluated, about a millisecond each.
        seed: of the draws. Samples that are compared need different seeds.
        ranges: bounds of the KM, and the ranges of those held to data; the network's bounds without
            data if not given.
        threshold_per_h: the network's condition ``eigenvalue_threshold`` if not given.
        run: workers, store, progress and stop; chunks of 1,000 draws.

    Raises:
        SteadyStateError: the state is not one of this network.
        ParameterError: nothing to draw, or stopped before the first chunk was done.

    >>> from renaissance_kit import Network, SteadyState, studies
    >>> from renaissance_kit.core import Run
    >>> network = Network.example("tiny")
    >>> state = SteadyState.from_folder(network)
    >>> found = studies.exact_km(network, state, 100, seed=1, run=Run(workers=1))
    >>> found.drawn, found.valid == len(found.parameters())
    (100, True)
    """
    ranges = ranges or KMRanges.of(network)
    if threshold_per_h is None:
        threshold_per_h = network.conditions["eigenvalue_threshold"].value
    seed = require_seed(seed)
    state.check(network)
    columns = run_chunks(
        _Task(network, state, ranges, threshold_per_h, seed),
        n,
        name="exact_km",
        chunk=CHUNK,
        run=run,
        settings={
            "seed": seed,
            "threshold_per_h": threshold_per_h,
            "network_digest": network.digest,
            "state": fingerprint(state),
            "ranges": fingerprint(ranges),
        },
    )
    if not len(columns["item"]):
        raise ParameterError("stopped before any model was drawn; nothing to return")
    return ExactKM(
        network, state, ranges, seed, threshold_per_h, columns["lambda_max"], columns["item"]
    )


def exact_samples(
    network: Network,
    state: SteadyState,
    n: int,
    data: Mapping[str, KMMeasurements],
    *,
    seed: int,
    run: Run = RUN,
) -> dict[str, ExactKM]:
    """Independent samples without data, twice, and with some sets of data.

    Args:
        n: models to draw for each.
        data: measurements to hold to their ranges, by a name for the set.

    Returns:
        By name: `WITHOUT`, `AGAIN`, then one for each set of data.
    """
    held = {WITHOUT: None, AGAIN: None, **data}
    samples = {}
    for i, (name, measured) in enumerate(held.items()):
        fixed = None if measured is None else measured.ranges()
        samples[name] = exact_km(
            network, state, n, seed=derived_seed(seed, i), run=run,
            ranges=KMRanges.of(network, fixed=fixed),
        )  # fmt: skip
    return samples


def exact_states(states: SteadyStates) -> list[SteadyState]:
    """The states at which to sample exactly: where it is cheapest, and the default one.

    Cheapest is the examined state with the lowest 5 % quantile of λmax over random KM
    (``lambda_max_quantile`` of the set). Only the default one where none was examined.
    """
    if "lambda_max_quantile" not in states.dataset:
        return [states.default]
    quantile = states.dataset.lambda_max_quantile.values
    if not np.isfinite(quantile).any():
        return [states.default]
    chosen = states[int(np.nanargmin(quantile))]
    return [chosen] + [states.default] * (chosen.label != states.default.label)


@dataclass(frozen=True)
class _Task:
    """Evaluates a chunk of draws; goes to the worker processes."""

    network: Network
    state: SteadyState
    ranges: KMRanges
    threshold_per_h: float
    seed: int

    def __call__(self, items: NDArray[np.int64]) -> Mapping[str, NDArray[Any]]:
        models = KineticModels(self.network, self.state, draws(self.ranges, self.seed, items))
        spectrum = models.spectrum(threshold_per_h=self.threshold_per_h, workers=1)
        return {"lambda_max": spectrum.lambda_max_per_h.copy()}
