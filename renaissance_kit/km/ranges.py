"""Bounds of the Michaelis constants, and unbiased sampling between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.core.types import Array
from renaissance_kit.km.measurements import MeasuredRange
from renaissance_kit.network.network import Network


@compared_by_value
@dataclass(frozen=True)
class KMRanges:
    """Bounds of every Michaelis constant, and the measured ranges of those that are constrained.

    Attributes:
        names: the constants, ``reaction:metabolite``, and those of modifiers,
            ``reaction:metabolite:Ki``; as `Network.km_names`.
        low_mM, high_mM: (km,) bounds of each.
        fixed: (km,) True where the constant is drawn uniformly in KM within its bounds instead
            of being generated.
        sources: (km,) the measurements that a fixed range comes from; empty for the others.

    >>> from renaissance_kit import Network
    >>> KMRanges.of(Network.example("tiny"), fixed={"PGI:g6p_c": (0.1, 0.2)})
    <KMRanges: 10 constants, 0.0013 to 20 mM, 1 constrained>
    """

    names: tuple[str, ...]
    low_mM: Array
    high_mM: Array
    fixed: NDArray[np.bool_]
    sources: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Numbers and extremes, not the hundreds of bounds."""
        return (
            f"<KMRanges: {len(self.names)} constants, {self.low_mM.min():g} to "
            f"{self.high_mM.max():g} mM, {self.fixed.sum()} constrained>"
        )

    def __post_init__(self) -> None:
        if not self.sources:
            object.__setattr__(self, "sources", ("",) * len(self.names))
        for name, low, high in zip(self.names, self.low_mM, self.high_mM, strict=True):
            if not (0 < low < high < np.inf):
                swap = ": swap the two" if 0 < high < low < np.inf else ""
                raise ParameterError(
                    f"KM bounds of {name} are {low:g} to {high:g} mM; give 0 < low < high{swap}"
                )

    @classmethod
    def of(
        cls,
        network: Network,
        *,
        low_mM: float | None = None,
        high_mM: float | None = None,
        fixed: Mapping[str, tuple[float, float]] | None = None,
    ) -> KMRanges:
        """Bounds for a network.

        Args:
            low_mM, high_mM: bounds of the generated constants; the network's conditions
                ``km_lower_bound`` and ``km_upper_bound`` if not given.
            fixed: ranges in mM, (low, high), by name of the constant, such as
                `KMMeasurements.ranges` makes, which also say where they come from.

        Raises:
            ParameterError: an unknown constant, one number instead of two, or reversed bounds.
        """
        names = network.km_names
        low = network.conditions["km_lower_bound"].value if low_mM is None else low_mM
        high = network.conditions["km_upper_bound"].value if high_mM is None else high_mM
        lows, highs = np.full(len(names), low), np.full(len(names), high)
        is_fixed = np.zeros(len(names), dtype=bool)
        sources = [""] * len(names)
        if not isinstance(fixed, Mapping | None):
            raise ParameterError(
                f"fixed is a {type(fixed).__name__}; give {{'reaction:metabolite': (low, high)}}"
            )
        for name, bounds in (fixed or {}).items():
            if name not in network.km_index:
                raise ParameterError(
                    f"{name!r} is not a KM of {network.name}{nearest(name, names)} "
                    "Names are 'reaction:metabolite'."
                )
            i = network.km_index[name]
            lows[i], highs[i] = _pair(name, bounds)
            is_fixed[i] = True
            if isinstance(bounds, MeasuredRange):
                sources[i] = bounds.source
        return cls(names, lows, highs, is_fixed, tuple(sources))

    @property
    def provenance(self) -> dict[str, str]:
        """By name: ``measured`` (a range with a source), ``fixed`` (one without), ``generated``."""
        return {
            name: ("measured" if source else "fixed") if fixed else "generated"
            for name, fixed, source in zip(self.names, self.fixed, self.sources, strict=True)
        }

    @property
    def middle_mM(self) -> Array:
        """(km,) middle of the bounds on a logarithmic scale."""
        return np.sqrt(self.low_mM * self.high_mM)

    @property
    def n_generated(self) -> int:
        """Number of constants that the generator makes."""
        return int((~self.fixed).sum())

    def uniform(self, n: int, rng: np.random.Generator) -> Array:
        """Unbiased sampling: (n, km), log-uniform, fixed ones uniform within their range."""
        u = rng.random((n, len(self.names)))
        out = np.exp(np.log(self.low_mM) + u * np.log(self.high_mM / self.low_mM))
        return self.with_fixed(out, u)

    def with_fixed(self, km: Array, u: Array) -> Array:
        """Put the fixed constants into ``km``, (n, km), uniform in their range from u, 0 to 1."""
        if self.fixed.any():
            i = self.fixed
            km[:, i] = self.low_mM[i] + u[:, i] * (self.high_mM - self.low_mM)[i]
        return km


def _pair(name: str, given: object) -> tuple[float, float]:
    """Two numbers, or an error that says so."""
    try:
        numbers = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape == (2,):
        return float(numbers[0]), float(numbers[1])
    message = f"the measured range of {name} is {given!r}; give (low, high) in mM"
    if numbers.shape == () and numbers > 0:
        value = float(numbers)
        message += f", for 20 % either way ({0.8 * value:g}, {1.2 * value:g})"
    raise ParameterError(message)
