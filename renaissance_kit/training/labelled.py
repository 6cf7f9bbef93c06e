"""Labelled sets of Michaelis constants: what REKINDLE, iSCHRUNK and the flow learn from.

A set is *relevant* if its model at the steady state meets the threshold on λmax. The sets are
unbiased samples, as ORACLE's, unless others are given: where hardly any unbiased model is relevant,
take the output of another generator. They are made anew from their seed when a run is resumed, so
that no checkpoint holds them.

References: Miskovic & Hatzimanikatis 2010 Trends Biotechnol 28:391 (ORACLE).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.training.trainer import Settings

UNBIASED = "unbiased sampling"
EDGE = 1e-6  # of a range, on either side: where a share is cut before it becomes a normal number
_OUTSIDE = 1e-5  # relative; single precision rounds


@compared_by_value
@dataclass(frozen=True)
class LabelledKM:
    """Sets of Michaelis constants to learn from.

    Attributes:
        km_mM: (sets, km) in mM, in the order of `Network.km_names`.
        relevant: (sets,) True for those that are wanted; if None, a set is relevant where λmax of
            its model is at or below the recipe's threshold.
        source: what the sets are, in a few words; kept with every ensemble.

    Raises:
        ParameterError: arrays whose shapes do not fit, or constants that are no positive numbers.

    >>> import numpy as np
    >>> from renaissance_kit.training import LabelledKM
    >>> LabelledKM(np.ones((3, 10)), source="all 1 mM")
    <LabelledKM: 3 sets, all 1 mM>
    """

    km_mM: Array
    relevant: NDArray[np.bool_] | None = None
    source: str = "given sets"

    def __post_init__(self) -> None:
        require_kinds(self)
        km = np.asarray(self.km_mM, dtype=np.float64)
        if km.ndim != 2 or not len(km) or not (np.isfinite(km) & (km > 0)).all():
            raise ParameterError(
                f"data has sets of constants of shape {km.shape}; give (sets, km) of positive "
                "numbers in mM"
            )
        object.__setattr__(self, "km_mM", km)
        if self.relevant is not None:
            relevant = np.asarray(self.relevant)
            if relevant.shape != (len(km),) or relevant.dtype != bool:
                raise ParameterError(
                    f"relevant is {relevant.shape} {relevant.dtype}; give one True or False for "
                    f"each of the {len(km)} sets"
                )
            object.__setattr__(self, "relevant", relevant)

    def __repr__(self) -> str:
        """The number of sets, not the sets."""
        return f"<LabelledKM: {len(self)} sets, {self.source}>"

    def __len__(self) -> int:
        return len(self.km_mM)

    @classmethod
    def of(cls, data: LabelledKM | KineticEnsemble | Array) -> LabelledKM:
        """From an ensemble, or from sets of constants (sets, km) in mM.

        The labels of an ensemble are not taken over: it may stand at another steady state.
        """
        if isinstance(data, LabelledKM):
            return data
        if isinstance(data, KineticEnsemble):
            about = data.dataset.attrs
            made = (
                f"generator {about['generator_digest']}" if about["generator_digest"] else UNBIASED
            )
            return cls(
                data.dataset.km.values, None, f"ensemble at {about['steady_state']} of {made}"
            )
        return cls(np.asarray(data))

    def check(self, ranges: KMRanges) -> None:
        """Raise ParameterError unless the sets have these constants, within their bounds."""
        if self.km_mM.shape[1] != len(ranges.names):
            raise ParameterError(
                f"data has {self.km_mM.shape[1]} constants a set; the network has "
                f"{len(ranges.names)}, see network.km_names"
            )
        outside = outside_of(ranges, self.km_mM).sum(axis=0)
        for i in np.flatnonzero(outside)[:1]:
            raise ParameterError(
                f"{ranges.names[i]} is out of its bounds, {ranges.low_mM[i]:g} to "
                f"{ranges.high_mM[i]:g} mM, in {outside[i]} of the {len(self)} sets of data; give "
                "sets within them, or ranges= that hold the sets"
            )


@dataclass(frozen=True)
class DataSettings(Settings):
    """What the methods that learn from labelled sets have in common.

    Args:
        samples: labelled sets, which are made in the first step; the number of those given, if
            any are.
        monitor_models: fresh models of the generator before each step, made to watch the
            progress; they do not take part in the training.
        source: what the sets are; `Recipe` fills it in.

    Raises:
        ParameterError: a value out of its range.
    """

    models_per_step: ClassVar[int] = 0  # all of them are made in the first

    samples: int = 20_000
    monitor_models: int = 100
    source: str = UNBIASED

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in (self.length, "samples"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} is {getattr(self, name)}; give at least 1")
        if self.monitor_models < 0:
            raise ParameterError("monitor_models must not be negative")

    def models_evaluated(self, steps: int) -> int:
        """All labelled sets from the first step on."""
        return self.samples if steps else 0

    def require_positive(self, *names: str) -> None:
        """Raise ParameterError unless these settings are positive and finite."""
        for name in names:
            if not 0 < getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a positive number")

    def require_shares(self, *names: str) -> None:
        """Raise ParameterError unless these settings are between 0 and 1."""
        for name in names:
            if not 0 < getattr(self, name) < 1:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a share from 0 to 1")


def outside_of(ranges: KMRanges, km_mM: Array) -> NDArray[np.bool_]:
    """(sets, km) True where a constant is out of its bounds, by more than rounding."""
    low, high = ranges.low_mM * (1 - _OUTSIDE), ranges.high_mM * (1 + _OUTSIDE)
    return np.asarray((km_mM < low) | (km_mM > high))


def shares_of(ranges: KMRanges, km_mM: Array) -> NDArray[np.float32]:
    """Where ln KM of the generated constants stand between their bounds, (sets, generated km)."""
    free = ~ranges.fixed
    low, high = np.log(ranges.low_mM[free]), np.log(ranges.high_mM[free])
    return np.clip((np.log(km_mM[:, free]) - low) / (high - low), 0.0, 1.0).astype(np.float32)


def km_of_shares(ranges: KMRanges, shares: NDArray[Any], rng: np.random.Generator) -> Array:
    """KM in mM, (sets, km), from shares of the generated ones; fixed ones are drawn."""
    free = ~ranges.fixed
    low, high = np.log(ranges.low_mM[free]), np.log(ranges.high_mM[free])
    generated = np.exp(low + np.clip(shares, 0.0, 1.0).astype(np.float64) * (high - low))
    generated = np.clip(generated, ranges.low_mM[free], ranges.high_mM[free])
    if free.all():
        return generated
    km = np.empty((len(shares), len(free)))
    km[:, free] = generated
    return ranges.with_fixed(km, rng.random(km.shape))


def normal_of_shares(shares: NDArray[Any]) -> NDArray[np.float32]:
    """Φ⁻¹ of shares: unbiased ones become standard normal numbers, at most 4.75 from 0."""
    return ndtri(np.clip(shares.astype(np.float64), EDGE, 1 - EDGE)).astype(np.float32)
