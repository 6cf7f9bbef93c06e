"""Clusters of eigenvalues: which belong together, and quantities of them that are smooth.

Single eigenvalues of a cluster have derivatives that are huge and hold for no finite change. The
power sums of `renaissance_kit.search.placement` are smooth, and so is the invariant subspace that
belongs to the cluster, which a reordered Schur form gives.

Reference: Kato 1995, Perturbation Theory for Linear Operators, chapter II; Bai & Demmel 1993 Linear
Algebra Appl 186:73 (reordering of the Schur form).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse.csgraph
from numpy.typing import NDArray
from scipy.linalg.lapack import dgees, dtrsen, dtrsyl, zgetrf, zgetrs
from scipy.optimize import linear_sum_assignment

from renaissance_kit.core.types import Array, Index, Mask
from renaissance_kit.search.tracking import SlowBlock

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class SchurForm:
    """Real Schur form of a matrix, V T Vᵀ.

    Attributes:
        matrix: (k, k) T.
        rotation: (k, k) V.
        values: (k,) eigenvalues, in the order in which they stand in T.
    """

    matrix: Array
    rotation: Array
    values: Complex

    @classmethod
    def of(cls, matrix: Array) -> SchurForm | None:
        """None where LAPACK finds none."""
        schur, _, real, imaginary, rotation, _, failed = dgees(_no_order, matrix)
        return None if failed else cls(schur, rotation, real + 1j * imaginary)


def power_sums(values: Complex, centre: float, radius: float) -> Array:
    """(k,) Σ_i ((λ_i − a)/ρ)ᵐ for m = 1 … k, of k eigenvalues that are real or in pairs."""
    z = (values - centre) / radius
    return np.array([(z**m).sum().real for m in range(1, len(z) + 1)])


def power_sum_derivatives(matrix: Array, centre: float, radius: float) -> Array:
    """(k, k, k) ∂q_m by the entries of a (k, k) matrix.

    >>> import numpy as np
    >>> from renaissance_kit.search import power_sum_derivatives
    >>> power_sum_derivatives(np.diag([1.0, 3.0]), 2.0, 1.0)[1]
    array([[-2.,  0.],
           [ 0.,  2.]])
    """
    k = len(matrix)
    scaled, power, out = (matrix - centre * np.eye(k)) / radius, np.eye(k), np.empty((k, k, k))
    for m in range(k):
        out[m] = (m + 1) / radius * power.T
        power = power @ scaled
    return out


def cluster_labels(values: Complex, link: float) -> Index:
    """Clusters of eigenvalues, by numbers; complex pairs are never divided.

    Args:
        values: (k,).
        link: two are of one cluster when their distance is at most this times 0.3 + the smaller
            size, directly or through others.
    """
    size = np.abs(values)
    distance = np.abs(values[:, None] - values[None, :])
    near = distance <= link * (0.3 + np.minimum(size[:, None], size[None, :]))
    near |= np.abs(values[:, None] - values[None, :].conj()) <= 1e-9 * (1.0 + size)
    return np.asarray(scipy.sparse.csgraph.connected_components(near, directed=False)[1])


def matched_labels(values: Complex, wanted: Complex, labels: Index) -> Index | None:
    """Labels of eigenvalues from those of the nearest wanted ones; None if a pair is divided.

    Args:
        values, wanted: (k,), matched one to one with the least sum of distances.
        labels: (k,) of the wanted ones.
    """
    cost = np.abs(values.real[:, None] - wanted.real[None, :])
    cost += np.abs(np.abs(values.imag)[:, None] - np.abs(wanted.imag)[None, :])
    of, to = linear_sum_assignment(cost)
    matched = np.empty_like(labels)
    matched[of] = labels[to]
    partner = np.abs(values[:, None] - values[None, :].conj()).argmin(axis=1)
    return matched if (matched[partner] == matched).all() else None


def restricted(block: SlowBlock, schur: SchurForm, chosen: Mask) -> SlowBlock | None:
    """A slow block restricted further, to the invariant subspace of some eigenvalues.

    Args:
        block: with the matrix that ``schur`` is the Schur form of.
        chosen: (k,) which of ``schur.values``.

    Returns:
        None if a complex pair would be divided.
    """
    n, k = len(chosen), int(chosen.sum())
    form, rotation, *_ = dtrsen(
        chosen.astype(np.int32), schur.matrix, schur.rotation, lwork=n * n, liwork=n * n
    )
    if k < n and form[k, k - 1] != 0.0:
        return None
    right = left = rotation[:, :k]
    if k < n:
        solved, scale, _ = dtrsyl(form[:k, :k], form[k:, k:], form[:k, k:], isgn=-1)
        left = left + rotation[:, k:] @ (solved / scale).T
    return replace(block, matrix=form[:k, :k], left=block.left @ left, right=block.right @ right)


def eigenvalue_derivative(matrix: Array, value: complex) -> Array:
    """∂Re λ by the entries of a matrix, (n, n), by inverse iteration at a simple eigenvalue λ."""
    factors, pivots, _ = zgetrf(matrix - value * (1.0 + 1e-9) * np.eye(len(matrix)))
    right = left = np.ones(len(matrix), dtype=np.complex128)
    for _ in range(3):
        right = zgetrs(factors, pivots, right)[0]
        left = zgetrs(factors, pivots, left, trans=2)[0]
        right, left = right / np.linalg.norm(right), left / np.linalg.norm(left)
    return np.asarray((np.outer(left.conj(), right) / (left.conj() @ right)).real)


def _no_order(real: float, imaginary: float) -> int:
    return 0
