"""Random streams: every derived seed and every resumed stream comes from here."""

from __future__ import annotations

from typing import Any

import numpy as np

from renaissance_kit.core.errors import CheckpointError


def repeat_seeds(seed: int, n: int) -> tuple[int, ...]:
    """Seeds of n repeats, derived from one; the first ones do not depend on n."""
    return tuple(derived_seed(seed, i) for i in range(n))


def derived_seed(*path: int) -> int:
    """A seed that depends on every number of the path."""
    return int(np.random.SeedSequence(path).generate_state(1)[0])


def rng_from(state: dict[str, Any]) -> np.random.Generator:
    """A generator that continues from a saved state of NumPy's PCG64.

    Raises:
        CheckpointError: the state is of another kind of bit generator.
    """
    if state.get("bit_generator") != "PCG64":
        raise CheckpointError("the random state is not PCG64; use numpy.random.default_rng(seed)")
    bits: Any = np.random.PCG64()
    bits.state = state
    return np.random.Generator(bits)
