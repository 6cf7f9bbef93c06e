"""Has a Markov chain converged? Effective sample size and split R-hat.

Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021 Bayesian Analysis 16:667, without the rank
normalisation: the variables here are bounded, so their moments exist.
"""

from __future__ import annotations

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array


def split_rhat(draws: Array) -> Array:
    """Potential scale reduction of chains cut in half; 1 when they agree.

    Args:
        draws: (chains, draws, variables), at least 4 draws.

    Returns:
        (variables,); NaN for a constant.
    """
    halves = _split(draws)
    n = halves.shape[1]
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = n * halves.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(((n - 1) / n * within + between / n) / within))


def effective_sample_size(draws: Array) -> Array:
    """Number of independent draws that would tell the mean as well, over all chains.

    Autocorrelations of the split chains are added up to Geyer's initial monotone sequence.

    Args:
        draws: (chains, draws, variables), at least 4 draws.

    Returns:
        (variables,); NaN for a constant.
    """
    halves = _split(draws)
    m, n, _ = halves.shape
    centred = halves - halves.mean(axis=1, keepdims=True)
    size = 2 ** int(np.ceil(np.log2(2 * n)))
    spectrum = np.fft.rfft(centred, size, axis=1)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), size, axis=1)[:, :n].mean(axis=0) / n
    within = covariance[0] * n / (n - 1)
    between = halves.mean(axis=1).var(axis=0, ddof=1)
    total = covariance[0] + between  # (n−1)/n W + B/n
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = 1 - (within - covariance * n / (n - 1)) / total
    correlation[0] = 1.0
    pairs = correlation[: n // 2 * 2].reshape(n // 2, 2, -1).sum(axis=1)
    positive = np.cumprod(pairs > 0, axis=0).astype(bool)
    monotone = np.minimum.accumulate(np.where(positive, pairs, 0.0), axis=0)
    time = np.maximum(-1 + 2 * monotone.sum(axis=0), 1 / np.log10(m * n))
    return np.where(within > 0, m * n / time, np.nan)


def _split(draws: Array) -> Array:
    if draws.ndim != 3 or draws.shape[1] < 4:
        raise ParameterError(
            f"draws have shape {draws.shape}; give (chains, at least 4 draws, variables)"
        )
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])
