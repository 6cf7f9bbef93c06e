"""Random streams: every derived seed and every resumed stream comes from here."""

from __future__ import annotations

import hashlib
import operator
from typing import Any

import numpy as np

from renaissance_kit.core.errors import CheckpointError, ParameterError


def require_seed(seed: Any) -> int:
    """The seed as a whole number from 0.

    Raises:
        ParameterError: it is none, such as None, 1.5 or "1".

    >>> require_seed(3)
    3
    """
    try:
        number = -1 if isinstance(seed, bool) else operator.index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise ParameterError(
            f"seed is {seed!r}; give a whole number from 0, so that the run can be repeated"
        )
    return number


def rng_of(seed: Any) -> np.random.Generator:
    """The random stream of a seed.

    Raises:
        ParameterError: it is no whole number from 0.
    """
    return np.random.default_rng(require_seed(seed))


def repeat_seeds(seed: int, n: int) -> tuple[int, ...]:
    """Seeds of n repeats, derived from one; the first ones do not depend on n."""
    return tuple(derived_seed(seed, i) for i in range(n))


def derived_seed(*path: int) -> int:
    """A seed that depends on every number of the path."""
    return int(np.random.SeedSequence([require_seed(p) for p in path]).generate_state(1)[0])


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
    seed = require_seed(seed)
    path = int.from_bytes(hashlib.sha256(label.encode()).digest()[:4], "little")
    return tuple(int(s) for s in np.random.SeedSequence((seed, path)).generate_state(n))
