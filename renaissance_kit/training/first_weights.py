"""How the weights of a new network are drawn, layer by layer; biases begin at 0.

``he`` is normal with the variance that keeps activations near 1 through leaky rectifiers,
2/((1 + slope²) n_in), and 1/n_in in the last layer, which has none. ``glorot`` is uniform within
±√(6/(n_in + n_out)), the default of Keras, in which the published code is written.

References: He et al. 2015 ICCV (arXiv:1502.01852); Glorot & Bengio 2010 PMLR 9:249.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FIRST_WEIGHTS = ("he", "glorot")


def standard_deviation(kind: str, n_in: int, n_out: int, slope: float, *, last: bool) -> float:
    """Of a layer's first weights.

    Args:
        kind: one of `FIRST_WEIGHTS`.
        n_in, n_out: units before and after the layer.
        slope: of the leaky rectifiers for negative input.
        last: whether the layer is the last one, without rectifiers.
    """
    if kind == "glorot":
        return float(np.sqrt(2.0 / (n_in + n_out)))
    gain = 1.0 if last else np.sqrt(2.0 / (1.0 + slope**2))
    return float(gain / np.sqrt(n_in))


def unit_numbers(kind: str, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw numbers of the distribution with mean 0 and variance 1, (n,)."""
    if kind == "glorot":
        return (rng.random(n, dtype=np.float32) - np.float32(0.5)) * np.float32(np.sqrt(12.0))
    return rng.standard_normal(n, dtype=np.float32)
