"""Random streams: every derived seed and every resumed stream comes from here."""

from __future__ import annotations

import hashlib
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


def child_rng(rng: np.random.Generator) -> np.random.Generator:
    """A stream of its own, begun from another; what is drawn from it leaves the other alone."""
    return np.random.default_rng(int(rng.integers(2**63)))


def labelled_seeds(seed: int, label: str, n: int) -> tuple[int, ...]:
    """Seeds of something that has a label: they depend on this and ``seed``, not on its number."""
    path = int.from_bytes(hashlib.sha256(label.encode()).digest()[:4], "little")
    return tuple(int(s) for s in np.random.SeedSequence((seed, path)).generate_state(n))
