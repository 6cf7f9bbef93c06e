"""Sets of constants of the tiny network with labels whose truth is known."""

from __future__ import annotations

import numpy as np

from renaissance_kit import KMRanges
from renaissance_kit.training import LabelledKM

THREE = ("HEX:glc__D_c", "PGI:f6p_c", "FRUK:atp_c")  # they decide, and nothing else does


def decided_by_three(network, n, seed):
    """The first below its middle, the second above it, the third in its upper two thirds."""
    ranges = KMRanges.of(network)
    km = ranges.uniform(n, np.random.default_rng(seed))
    low, width = np.log(ranges.low_mM), np.log(ranges.high_mM / ranges.low_mM)
    share = (np.log(km) - low) / width
    a, b, c = (share[:, network.km_index[name]] for name in THREE)
    return LabelledKM(km, (a < 0.5) & (b > 0.5) & (c > 1 / 3), "three constants decide")
