"""Exact derivatives of the rightmost eigenvalues with respect to Michaelis constants.

An eigenvalue λ of J with right and left vectors u and w moves by dλ = wᴴ dJ u / (wᴴu). λmax
itself has kinks where eigenvalues change places, and is steeper than any bound where two meet.
The objective is a smooth maximum on the symmetric logarithmic scale s(λ) = asinh(Re λ / 1 h⁻¹),

    s = τ · ln Σ_i exp(s(λ_i)/τ),

over all eigenvalues, at most τ ln n above the true maximum. A complex pair counts twice, so
nothing jumps where two real eigenvalues become a pair. On this scale one step size suits models
at λmax = 1e5 and at −3 1/h.

The derivative is carried back through the linear map from slot derivatives to the Jacobian, and
through the curvature of the rate laws (`renaissance_kit.laws`), to ln KM.

**Multiple and defective eigenvalues.** Where the vectors of an eigenvalue cannot be told from
those of its neighbours in double precision, single derivatives have no meaning. The cluster is
then treated as one: the derivative of its mean, tr(P dJ)/k with the spectral projector P of its
invariant subspace, is well defined, and stands for each member.

References: Magnus 1985 Econometric Theory 1:179 (derivatives of eigenvalues); Kato 1995,
Perturbation Theory for Linear Operators, chapter II (mean of a cluster).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import scipy.linalg
import scipy.sparse.csgraph
from numpy.typing import NDArray

from renaissance_kit.core.arguments import require_whole
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.threads import in_threads, single_threaded
from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled
from renaissance_kit.kinetics.kernels import slot_gradient_kernel
from renaissance_kit.kinetics.lapack import (
    Routines,
    Vectors,
    Workspace,
    eigenvalues_kernel,
    routines,
    vectors_kernel,
)
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.slots import Slots

TAU = 0.2
CHUNK = 16  # models
NEGLIGIBLE = 1e-6  # an eigenvalue whose share in the sum is this much smaller has no part in it
MIXED = 1e-5  # vectors of two eigenvalues that mix by more than this belong to one cluster
CANCELLED = 1e-5  # so do those whose wᴴu is so small a part of its terms: nearly defective
SAME = 1e-12  # and eigenvalues this near, relative to their size


class GradientStatus(IntEnum):
    """How the derivative of a member of a batch was found."""

    EXACT = 0
    CLUSTERED = 1
    NONE = 2

    @property
    def meaning(self) -> str:
        """The status in words."""
        return {
            GradientStatus.EXACT: "from the vectors of single eigenvalues",
            GradientStatus.CLUSTERED: "multiple or defective eigenvalues, taken as one cluster",
            GradientStatus.NONE: "no eigenvalues or no projector; the derivative is set to 0",
        }[self]


@dataclass(frozen=True)
class SmoothMaximum:
    """Smooth maximum of the real parts and its derivative, for a batch.

    Attributes:
        value: (batch,) s, the maximum on the scale asinh(λ / 1 h⁻¹); NaN without eigenvalues.
        lambda_max_per_h: (batch,) the true largest real part.
        gradient: (batch, ...) ∂s/∂ln KM, or ∂s/∂J of matrices.
        status: (batch,) values of `GradientStatus`.
    """

    value: Array
    lambda_max_per_h: Array
    gradient: Array
    status: NDArray[np.int8]


def smooth_lambda_max(
    models: KineticModels, *, tau: float = TAU, workers: int = 2
) -> SmoothMaximum:
    """Smooth maximum of the eigenvalues' real parts, and its derivative by ln KM.

    Args:
        models: a batch at one steady state.
        tau: width of the maximum on the scale of s; near the threshold of −2.5 1/h, 0.2 is
            0.5 1/h.
        workers: threads.

    Returns:
        ``gradient`` is (models, km), 0 for constants that no rate depends on.

    Raises:
        ParameterError: tau is not positive, or no worker.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.kinetics import smooth_lambda_max
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((3, 10)))
    >>> smooth_lambda_max(models).gradient.shape
    (3, 10)
    """
    with single_threaded():
        return pinned_smooth_lambda_max(models, tau=tau, workers=workers)


def pinned_smooth_lambda_max(
    models: KineticModels, *, tau: float = TAU, workers: int = 2
) -> SmoothMaximum:
    """`smooth_lambda_max` for loops: the caller holds BLAS to one thread, which takes a while."""
    table = models.jacobian_map
    _ = models.log_keq  # before threads ask for it

    def one(start: int) -> SmoothMaximum:
        stop = min(start + chunk, len(models))
        part = eigenvalue_gradients(models._jacobians(start, stop, table), tau=tau)
        by_km = by_log_km(models, part.gradient, start=start)
        return SmoothMaximum(part.value, part.lambda_max_per_h, by_km, part.status)

    chunk = min(CHUNK, -(-len(models) // require_whole("workers", workers)))
    return _joined(in_threads(one, range(0, len(models), chunk), workers))


def by_log_km(models: KineticModels, by_entry: Array, *, start: int = 0) -> Array:
    """Carry derivatives by the entries of the Jacobians to ln KM.

    Args:
        models: a batch; a single model is that of all derivatives.
        by_entry: (part, n, n) derivatives of anything, by each entry of the reduced Jacobian.
        start: the model that the first of them is of; the others follow.

    Returns:
        (part, km), 0 for constants that no rate depends on.
    """
    table, state = models.jacobian_map, models.state
    if len(models) == 1:
        km = np.repeat(models.km_mM, len(by_entry), axis=0)
    else:
        km = models.km_mM[start : start + len(by_entry)]
    out = np.zeros_like(km)
    _to_km_kernel(
        models.laws.slots, table.row, table.column, table.start, table.slot, table.coefficient,
        state.concentrations_mM, km, state.fluxes_mM_h, by_entry, out,
    )  # fmt: skip
    return out


def _joined(parts: Sequence[SmoothMaximum]) -> SmoothMaximum:
    return SmoothMaximum(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS)
    )


_FIELDS = ("value", "lambda_max_per_h", "gradient", "status")


def eigenvalue_gradients(matrices: Array, *, tau: float = TAU) -> SmoothMaximum:
    """Smooth maximum of the real parts of matrices' eigenvalues, and its derivative.

    Args:
        matrices: (matrices, n, n) in 1/h.
        tau: width of the maximum.

    Returns:
        ``gradient`` is (matrices, n, n), ∂s by each entry.

    Raises:
        ParameterError: tau is not positive.

    >>> import numpy as np
    >>> from renaissance_kit.kinetics import eigenvalue_gradients
    >>> eigenvalue_gradients(np.diag([-1.0, -9.0])[None]).lambda_max_per_h
    array([-1.])
    """
    if not tau > 0:
        raise ParameterError(f"tau is {tau}; give a positive number")
    matrices = np.ascontiguousarray(matrices, dtype=np.float64)
    count, n = len(matrices), matrices.shape[-1]
    value, lambda_max = np.full(count, np.nan), np.full(count, np.nan)
    gradient = np.zeros((count, n, n))
    status = np.full(count, GradientStatus.NONE, dtype=np.int8)
    _smooth_maximum_kernel(
        routines(Routines), Workspace.of(n), matrices, tau, value, lambda_max, gradient, status
    )
    for m in np.flatnonzero(status == GradientStatus.CLUSTERED):
        found = _by_projectors(matrices[m], tau)
        if found is None:
            gradient[m], status[m] = 0.0, GradientStatus.NONE
        else:
            gradient[m] = found
    return SmoothMaximum(value, lambda_max, gradient, status)


@compiled
def _smooth_maximum_kernel(
    f: Routines, w: Workspace, matrices: Array, tau: float, value: Array, lambda_max: Array,
    gradient: Array, status: NDArray[np.int8],
) -> None:  # fmt: skip
    n = matrices.shape[1]
    share, real, imaginary = np.empty(n), np.empty(n), np.empty(n)
    chosen = np.empty(n, dtype=np.int64)
    right, left = np.empty((n, n), dtype=np.complex128), np.empty((n, n), dtype=np.complex128)
    for m in range(len(matrices)):
        if not np.isfinite(matrices[m]).all() or not eigenvalues_kernel(f, w, matrices[m]):
            continue
        real[:], imaginary[:] = w.real, w.imaginary
        largest = real.max()
        total = 0.0
        for i in range(n):
            share[i] = np.exp((np.arcsinh(real[i]) - np.arcsinh(largest)) / tau)
            total += share[i]
        lambda_max[m], value[m] = largest, np.arcsinh(largest) + tau * np.log(total)
        for i in range(n):
            share[i] /= total
            chosen[i] = share[i] > NEGLIGIBLE and imaginary[i] >= 0
        converged = vectors_kernel(f, w, chosen, right, left)
        k = chosen.sum()
        if not (converged and _distinct(right[:k], left[:k], imaginary[chosen != 0])):
            status[m] = GradientStatus.CLUSTERED
            continue
        status[m] = GradientStatus.EXACT
        k = 0
        for i in range(n):
            if chosen[i]:
                weight = share[i] / np.sqrt(1.0 + real[i] ** 2)
                if imaginary[i] > 0:
                    weight *= 2.0
                _add_derivative(right[k], left[k], weight, gradient[m])
                k += 1


@compiled
def _inner(left: Vectors, right: Vectors, conjugated: bool) -> tuple[float, float]:
    """|wᴴu| or |wᴴū|, and the sum of the sizes of its terms."""
    total, size = 0j, 0.0
    for i in range(len(left)):
        term = left[i].conjugate() * (right[i].conjugate() if conjugated else right[i])
        total += term
        size += abs(term)
    return abs(total), size


@compiled
def _distinct(right: Vectors, left: Vectors, imaginary: Array) -> bool:
    """Whether the vectors of every eigenvalue are orthogonal to those of the others."""
    own = np.empty(len(right))
    for i in range(len(right)):
        own[i], size = _inner(left[i], right[i], False)
        if not own[i] > CANCELLED * size:
            return False
    for i in range(len(right)):
        for j in range(len(right)):
            bound = MIXED * np.sqrt(own[i] * own[j])
            if i != j and not _inner(left[i], right[j], False)[0] <= bound:
                return False
            if imaginary[j] != 0 and not _inner(left[i], right[j], True)[0] <= bound:
                return False
    return True


@compiled
def _add_derivative(right: Vectors, left: Vectors, weight: float, out: Array) -> None:
    """Add weight · ∂Re λ/∂J."""
    product = 0j
    for i in range(len(left)):
        product += left[i].conjugate() * right[i]
    for i in range(len(left)):
        factor = weight * left[i].conjugate() / product
        for j in range(len(right)):
            out[i, j] += factor.real * right[j].real - factor.imag * right[j].imag


@compiled
def _to_km_kernel(
    slots: Slots, row: Index, column: Index, start: Index, slot: Index, coefficient: Array,
    c: Array, km: Array, flux: Array, by_entry: Array, out: Array,
) -> None:  # fmt: skip
    """From derivatives by entries of J, (models, n, n), to those by ln KM."""
    weights = np.empty(len(slots.species))
    for m in range(len(km)):
        weights[:] = 0.0
        for e in range(len(row)):
            for t in range(start[e], start[e + 1]):
                weights[slot[t]] += coefficient[t] * by_entry[m, row[e], column[e]]
        slot_gradient_kernel(slots, c, km[m], flux, weights, out[m])


def _by_projectors(matrix: Array, tau: float) -> Array | None:
    """Derivative of s by the entries of a matrix with clusters of eigenvalues; None if it fails."""
    balanced, transform = scipy.linalg.matrix_balance(matrix, separate=False)
    try:
        values, left, right = scipy.linalg.eig(balanced, left=True)
    except np.linalg.LinAlgError:
        return None
    share = np.exp((np.arcsinh(values.real) - np.arcsinh(values.real.max())) / tau)
    share /= share.sum()
    out = np.zeros_like(matrix)
    for members in _clusters(values, left, right):
        if share[members].max() <= NEGLIGIBLE:
            continue
        if len(members) == 1:
            u, w = right[:, members[0]], left[:, members[0]].conj()
            projector: Vectors | None = np.outer(u, w) / (w @ u)
        else:
            projector = _projector(balanced, values, members)
        if projector is None:
            return None
        weights = share[members] / np.sqrt(1.0 + values[members].real ** 2)
        out += weights.mean() * projector.real.T
    inverse = np.linalg.inv(transform)  # a permutation and scaling
    return np.asarray(inverse.T @ out @ transform.T)


def _clusters(values: Vectors, left: Vectors, right: Vectors) -> list[Index]:
    """Positions of the eigenvalues, those together whose vectors mix.

    Args:
        left, right: (n, n) eigenvectors in columns.
    """
    n = len(values)
    inner = np.abs(left.conj().T @ right)
    own = np.diag(inner)
    lost = own <= CANCELLED * (np.abs(left) * np.abs(right)).sum(axis=0)
    graph = inner > MIXED * np.sqrt(own[:, None] * own[None, :])
    distance = np.abs(values[:, None] - values[None, :])
    graph |= distance <= SAME * np.abs(values)
    np.fill_diagonal(distance, np.inf)
    graph[np.arange(n)[lost], distance.argmin(axis=1)[lost]] = True
    labels = scipy.sparse.csgraph.connected_components(graph, directed=False)[1]
    return [np.flatnonzero(labels == k) for k in np.unique(labels)]


def _projector(matrix: Array, values: Vectors, members: Index) -> Vectors | None:
    """Spectral projector of a cluster of eigenvalues; None if it cannot be split off."""
    k, n = len(members), len(values)
    if k == n:
        return np.eye(n, dtype=np.complex128)

    def inside(value: complex) -> bool:
        return int(np.abs(values - value).argmin()) in members

    triangle, vectors, found = scipy.linalg.schur(matrix, output="complex", sort=inside)
    if found != k:
        return None
    try:
        coupling = scipy.linalg.solve_sylvester(
            triangle[:k, :k], -triangle[k:, k:], triangle[:k, k:]
        )
    except np.linalg.LinAlgError:
        return None
    basis = vectors.conj().T[:k] + coupling @ vectors.conj().T[k:]
    return np.asarray(vectors[:, :k] @ basis)
