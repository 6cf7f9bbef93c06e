"""Eigenvalues of Jacobians, dominant time constants, and whether a model is valid.

Entries of these Jacobians span 12 orders of magnitude; LAPACK's ``geev`` balances the matrix
first, which keeps the rightmost eigenvalue to 1e-8 relative where an unbalanced one loses a
third of it. NumPy calls ``geev`` with balancing, in double precision; so do we, and for matrices
of middle size its parts (`renaissance_kit.kinetics.qr`).

Where many slow eigenvalues have met, that is not enough. LAPACK's errors are those of a change of
J by 1e-16 of its largest entries, and a cluster of k eigenvalues with nearly parallel vectors moves
by the k-th root of it: 0.2 1/h were seen. In J⁻¹, which elimination gives with errors that do not
grow with the fast rows, the slow eigenvalues are the large ones, and keep five digits. So models
near the threshold are looked at twice. A Newton step from each of their rightmost eigenvalues, by
elimination, says for most of them that LAPACK's are right; the others get their slow eigenvalues
from J⁻¹ where both ways disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.core.arguments import require_whole
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.threads import in_threads, single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.qr import LARGEST, SMALLEST, plain_eigenvalues

CHUNK = 50  # models; about 3 MB of matrices, which stay in the cache
NEAR = 0.25  # times 1 h⁻¹ + the size of the threshold: how near to it λmax is looked at twice
AGREE = 1e-6  # relative difference of λmax up to which LAPACK's values stay
ASIDE = 0.1  # times 1 h⁻¹ + the size of the threshold: how far from λmax eigenvalues are confirmed
OFF = 1e-9  # relative distance from an eigenvalue at which its Newton step begins
GAP = 0.05  # in ln |λ|, between eigenvalues from the inverse and from the matrix


class Status(IntEnum):
    """What the eigenvalues say of a model. Only VALID models meet the threshold."""

    VALID = 0
    SLOW = 1
    UNSTABLE = 2
    NOT_FINITE = 3
    NOT_CONVERGED = 4

    @property
    def meaning(self) -> str:
        """The status in words."""
        return {
            Status.VALID: "all eigenvalues at or below the threshold",
            Status.SLOW: "stable, but slower than the threshold",
            Status.UNSTABLE: "an eigenvalue with a positive real part",
            Status.NOT_FINITE: "the Jacobian has NaN or infinite entries; counted apart",
            Status.NOT_CONVERGED: "LAPACK did not find all eigenvalues; counted apart",
        }[self]


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of a batch of models.

    Attributes:
        eigenvalues_per_h: (models, metabolites) complex, by falling real part; NaN where none.
            Those of models near the threshold are looked at twice, see the head of this file.
        status: (models,) values of `Status`.
        threshold_per_h: the bound on the real parts.
    """

    eigenvalues_per_h: NDArray[np.complex128]
    status: NDArray[np.int8]
    threshold_per_h: float

    @property
    def lambda_max_per_h(self) -> Array:
        """(models,) largest real part; NaN where there are no eigenvalues."""
        return self.eigenvalues_per_h[:, 0].real

    @property
    def dominant_time_constant_min(self) -> Array:
        """(models,) −60/λmax in minutes; infinite for a model that does not settle."""
        return time_constant_min(self.lambda_max_per_h)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(models,) True where the status is VALID."""
        return self.status == Status.VALID

    @property
    def incidence(self) -> float:
        """Share of valid models among all, those without eigenvalues included."""
        return float(self.valid.mean())

    def counts(self) -> dict[str, int]:
        """Number of models by status."""
        return {s.name: int((self.status == s).sum()) for s in Status}


def time_constant_min(lambda_max_per_h: Array) -> Array:
    """−60/λmax in minutes; infinite for a model that does not settle, NaN where λmax is NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        settles = np.where(lambda_max_per_h < 0, -60.0 / lambda_max_per_h, np.inf)
    return np.where(np.isnan(lambda_max_per_h), np.nan, settles)


def require_threshold(threshold_per_h: float) -> float:
    """The threshold, if it can be one.

    Raises:
        ParameterError: it is positive or not finite.
    """
    if not -np.inf < threshold_per_h <= 0:
        raise ParameterError(
            f"threshold_per_h is {threshold_per_h:g}; a model whose eigenvalues may be positive "
            "does not settle, so give 0 or less"
        )
    return float(threshold_per_h)


def is_valid(lambda_max_per_h: ArrayLike, threshold_per_h: float) -> NDArray[np.bool_]:
    """Whether models meet the threshold: λmax at or below it. The one place that says so.

    Args:
        lambda_max_per_h: (...,) largest real parts in 1/h; NaN where a model has none.
        threshold_per_h: the bound in 1/h, 0 or less.

    Returns:
        (...,) False where λmax is NaN.

    Raises:
        ParameterError: as from `require_threshold`.

    >>> from renaissance_kit.kinetics import is_valid
    >>> is_valid([-3.0, -2.5, -2.0, float("nan")], -2.5)
    array([ True,  True, False, False])
    """
    return np.asarray(lambda_max_per_h, dtype=np.float64) <= require_threshold(threshold_per_h)


def incidence_of(lambda_max_per_h: ArrayLike, threshold_per_h: float) -> float:
    """Share of valid models among all, those without eigenvalues included.

    Args:
        lambda_max_per_h: (models,) largest real parts in 1/h; NaN where a model has none.
        threshold_per_h: the bound in 1/h.

    Returns:
        NaN where there are no models.

    >>> from renaissance_kit.kinetics import incidence_of
    >>> incidence_of([-3.0, -2.5, -2.0, float("nan")], -2.5)
    0.5
    """
    valid = is_valid(lambda_max_per_h, threshold_per_h)
    return float(valid.mean()) if valid.size else float("nan")


def spectrum_of(
    n_models: int,
    jacobians: Callable[[int, int], Array],
    *,
    threshold_per_h: float,
    workers: int = 2,
) -> Spectrum:
    """Eigenvalues of a batch, whose Jacobians are made chunk by chunk.

    Args:
        n_models: size of the batch.
        jacobians: function of (start, stop) that returns (stop − start, n, n) in 1/h.
        threshold_per_h: a model is valid when no real part exceeds this.
        workers: threads; LAPACK and the compiled kernels release the interpreter lock, and BLAS
            is held to one thread in each.

    Raises:
        ParameterError: an empty batch, no worker, or a threshold that is positive or no number.
    """
    if n_models < 1:
        raise ParameterError("no models in the batch; give at least one set of KM")
    require_threshold(threshold_per_h)
    require_whole("workers", workers)

    def one(start: int) -> NDArray[np.complex128]:
        return eigenvalues(jacobians(start, min(start + CHUNK, n_models)), near=threshold_per_h)

    with single_threaded():
        parts = in_threads(one, range(0, n_models, CHUNK), workers)
    values = np.concatenate(parts)
    lambda_max = values[:, 0].real
    status = np.full(n_models, Status.NOT_FINITE, dtype=np.int8)
    status[np.isinf(lambda_max)] = Status.NOT_CONVERGED
    status[is_valid(lambda_max, threshold_per_h)] = Status.VALID
    status[(lambda_max > threshold_per_h) & (lambda_max <= 0)] = Status.SLOW
    status[(lambda_max > 0) & np.isfinite(lambda_max)] = Status.UNSTABLE
    values[status == Status.NOT_CONVERGED] = np.nan
    return Spectrum(values, status, threshold_per_h)


def eigenvalues(matrices: Array, *, near: float | None = None) -> NDArray[np.complex128]:
    """Eigenvalues by falling real part, (matrices, n).

    A matrix with NaN or infinite entries gives NaN; one at which LAPACK fails gives infinity.

    Args:
        matrices: (matrices, n, n).
        near: a real part. Where the largest one is near it and not `confirmed`,
            `with_slow_from_inverse` is used.

    >>> import numpy as np
    >>> from renaissance_kit.kinetics import eigenvalues
    >>> eigenvalues(np.array([[[-3.0, 1.0], [0.0, -1e6]]]), near=-2.5).real
    array([[-3.e+00, -1.e+06]])
    """
    out = np.full(matrices.shape[:-1], np.nan, dtype=np.complex128)
    finite = np.isfinite(matrices).all(axis=(-1, -2))
    usable = matrices if finite.all() else matrices[finite]
    if len(usable):
        values = _all_eigenvalues(usable)
        order = np.argsort(-values.real, axis=-1, kind="stable")
        out[finite] = np.take_along_axis(values, order, axis=-1)
    if near is not None and np.isfinite(near):
        for i in np.flatnonzero(np.abs(out[:, 0].real - near) <= NEAR * (1 + abs(near))):
            if not confirmed(matrices[i], out[i], ASIDE * (1 + abs(near))):
                out[i] = with_slow_from_inverse(matrices[i], out[i])
    return out


def confirmed(matrix: Array, values: NDArray[np.complex128], aside: float) -> bool:
    """Whether an eigenvalue lies within `AGREE` of each of the rightmost ones.

    Whether one is missing among them is not seen; LAPACK finds as many as there are. From σ beside
    an eigenvalue the vectors x of (A − σ)x = b and y of yᵀ(A − σ) = bᵀ come close to its own, and
    the Newton step from σ is yᵀb / yᵀx (the two-sided Rayleigh quotient, less σ). At one of k that
    have met it is a k-th of the distance.

    Args:
        matrix: (n, n).
        values: (n,) its eigenvalues by falling real part.
        aside: those are looked at whose real part is below the first by no more than this.

    Reference: Ostrowski 1959 Arch Ration Mech Anal 3:325 (two-sided quotient).

    >>> import numpy as np
    >>> matrix = np.array([[-3.0, 1e6], [0.0, -3.0]])
    >>> confirmed(matrix, np.array([-3.0 + 0j, -3.0]), 0.5)
    True
    >>> confirmed(matrix, np.array([-2.99 + 0j, -3.01]), 0.5)
    False
    """
    chosen = values[(values.real >= values[0].real - aside) & (values.imag >= 0)]
    b = np.ones(len(matrix))
    for shifts in (chosen[chosen.imag == 0].real, chosen[chosen.imag > 0]):
        shifts = shifts * (1 + OFF)
        moved = matrix - shifts[:, None, None] * np.eye(len(matrix))
        try:
            x = np.linalg.solve(moved, b[:, None])[:, :, 0]
            y = np.linalg.solve(moved.swapaxes(1, 2), b[:, None])[:, :, 0]
        except np.linalg.LinAlgError:
            return False
        with np.errstate(all="ignore"):
            steps = np.abs(y.sum(axis=1) / (y * x).sum(axis=1))
        if not (steps <= AGREE * np.abs(values[0].real)).all():
            return False
    return True


def with_slow_from_inverse(matrix: Array, values: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Eigenvalues of a matrix, the slow ones from its inverse.

    Errors grow with the largest eigenvalue in the matrix and with the smallest in the inverse. So
    the two lists, by size, are joined near the geometric mean of these, at a gap that is in both:
    then each eigenvalue is taken once.

    Args:
        matrix: (n, n).
        values: (n,) its eigenvalues as LAPACK gives them.

    Returns:
        By falling real part; as given where λmax agrees to `AGREE`, where the matrix has no inverse
        or an eigenvalue 0, and where there is no common gap.
    """
    try:
        inverse = np.linalg.eigvals(np.linalg.inv(matrix))
    except np.linalg.LinAlgError:
        return values
    if len(values) < 2 or not ((np.abs(inverse) > 0).all() and (np.abs(values) > 0).all()):
        return values
    slow = (1.0 / inverse)[np.argsort(-np.abs(inverse), kind="stable")]
    fast = values[np.argsort(np.abs(values), kind="stable")]
    a, b = np.log(np.abs(slow)), np.log(np.abs(fast))
    ends, starts = np.maximum(a[:-1], b[:-1]), np.minimum(a[1:], b[1:])
    cuts = np.flatnonzero(starts - ends > GAP)
    if not len(cuts):
        return values
    cut = cuts[np.abs(starts[cuts] + ends[cuts] - a[0] - b[-1]).argmin()] + 1
    joined = np.concatenate([slow[:cut], fast[cut:]])
    joined = joined[np.argsort(-joined.real, kind="stable")]
    agree = abs(joined[0].real - values[0].real) <= AGREE * abs(values[0].real)
    return values if agree else joined


def _all_eigenvalues(matrices: Array) -> NDArray[np.complex128]:
    if SMALLEST <= matrices.shape[-1] <= LARGEST and np.isrealobj(matrices):
        values = plain_eigenvalues(matrices)
        for i in np.flatnonzero(np.isnan(values[:, 0])):
            values[i] = _eigenvalues_or_inf(matrices[i])
        return values
    try:
        return np.linalg.eigvals(matrices).astype(np.complex128, copy=False)
    except np.linalg.LinAlgError:
        return np.array([_eigenvalues_or_inf(m) for m in matrices])


def _eigenvalues_or_inf(matrix: Array) -> NDArray[np.complex128]:
    try:
        return np.linalg.eigvals(matrix).astype(np.complex128)
    except np.linalg.LinAlgError:
        return np.full(len(matrix), np.inf, dtype=np.complex128)
