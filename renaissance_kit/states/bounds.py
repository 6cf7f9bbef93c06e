"""A range that a number may have, and a measured number with its error bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

from renaissance_kit.core.errors import ParameterError


@dataclass(frozen=True)
class Bound:
    """A lower and an upper bound, and where they come from."""

    low: float
    high: float
    source: str = "given in the call"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ParameterError(f"a bound must be finite, not {self.low} to {self.high}")
        if self.low > self.high:
            raise ParameterError(f"a bound runs from {self.low:g} to {self.high:g}; swap the two")


@dataclass(frozen=True)
class Measured(Bound):
    """A measured concentration with its error bars; without any, low and high are the value."""

    value: float = math.nan

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.low <= self.value <= self.high:
            raise ParameterError(
                f"a measured concentration is {self.value:g} mM with error bars from {self.low:g} "
                f"to {self.high:g}; give 0 < low <= value <= high"
            )

    @classmethod
    def of(cls, value: float, low: float, high: float, source: str) -> Measured:
        """A measurement in mM; NaN for an error bar that is not known."""
        return cls(
            value if math.isnan(low) else low, value if math.isnan(high) else high, source, value
        )
