"""The smooth maximum along a path of models, from the slowest modes alone.

Neighbours on a path have nearly the same slow modes. Instead of all eigenvalues of J, one step of
inverse iteration on J and on Jᵀ carries the bases Q and P of the k slowest modes, right and left,
from one model to the next. With L = P (QᵀP)⁻¹, so that LᵀQ = 1, the k × k matrix

    M = Lᵀ J Q

has their eigenvalues, with errors of the order of the product of both bases' errors, and the
derivative of the smooth maximum of M goes back to J as L (∂s/∂M) Qᵀ.

Inverse iteration finds the eigenvalues nearest to zero. One far to the right would be missed, so
all eigenvalues are computed again after a number of models that doubles while both agree, and
goes back to one where they do not.

Reference: Golub & Van Loan 2013, Matrix Computations, section 7.3.2 (subspace iteration); Stewart
1976 Numer. Math. 25:123 (both sides at once).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dgeqrf, dgetrf, dgetrs, dorgqr

from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.gradients import (
    by_log_km,
    eigenvalue_gradients,
    pinned_smooth_lambda_max,
)
from renaissance_kit.kinetics.models import KineticModels

MODES = 16
LONGEST = 32  # models from one comparison with all eigenvalues to the next
WARM = 6  # inverse iterations where nothing is known of the modes
PARTED = 0.02  # least singular value of QᵀP; where the bases part, M has eigenvalues that J has not
AGREE = (0.01, 0.1)  # of λmax relative to 1 h⁻¹ + its size, and of the derivative


@dataclass(frozen=True)
class Followed:
    """One model on the path.

    Attributes:
        lambda_max_per_h: largest real part.
        gradient: (km,) of the smooth maximum by ln KM.
        exact: whether all eigenvalues were computed.
    """

    lambda_max_per_h: float
    gradient: Array
    exact: bool


@dataclass(frozen=True)
class SlowBlock:
    """A Jacobian restricted to its slow modes.

    Attributes:
        jacobian: (n, n) J in 1/h.
        scaled: (n, n) the same in logarithms of concentrations, to which all below belongs.
        matrix: (k, k) M, with the eigenvalues of the slow modes.
        left, right: (n, k) L and Q, LᵀQ = 1.
    """

    jacobian: Array
    scaled: Array
    matrix: Array
    left: Array
    right: Array

    def by_entry(self, by_matrix: Array) -> Array:
        """A derivative by the entries of M, (k, k), as one by those of ``scaled``, (n, n)."""
        return np.asarray(self.left @ by_matrix @ self.right.T)


class SlowModes:
    """Follows the slowest modes of models at one steady state.

    Args:
        models: any model at that state.
        modes: how many; networks with fewer metabolites are computed with all eigenvalues.

    Attributes:
        bases: (n, k) each, orthonormal: of the slow modes of the last model, right and left.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.search import SlowModes
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones(10))
    >>> SlowModes(models)(np.zeros(10), tau=0.2).exact
    True
    """

    def __init__(self, models: KineticModels, modes: int = MODES) -> None:
        self.models, self.modes = models, modes
        network = models.network
        c = models.state.concentrations_mM[
            [network.species_index[name] for name in network.independent]
        ]
        self._scale = c / c[:, None]  # to logarithms of concentrations, which are alike
        rng = np.random.default_rng(0)  # any basis does: it turns to the slow modes at once
        right, left = rng.standard_normal((2, len(c), modes))
        self.bases = right, left
        self._turns, self._interval, self._since = WARM, 1, 0

    def __call__(self, log_km: Array, *, tau: float, confirm_below: float = -np.inf) -> Followed:
        """λmax and the derivative of the smooth maximum at the next point of the path.

        Args:
            log_km: (km,) ln KM / mM.
            tau: width of the smooth maximum.
            confirm_below: with a smaller λmax than this, all eigenvalues are computed.
        """
        model = self.models.with_km(np.exp(log_km))
        if self.modes >= len(self._scale):
            return _exact(model, tau)
        followed = self._follow(model, tau)
        self._since += 1
        due = self._since >= self._interval
        if followed is not None and not due and followed.lambda_max_per_h >= confirm_below:
            return followed
        exact = _exact(model, tau)
        if not _agree(followed, exact):
            self._turns, self._interval = WARM, 1
        elif due:
            self._interval = min(2 * self._interval, LONGEST)
        self._since = 0
        return exact

    def block(self, model: KineticModels, turns: int) -> SlowBlock | None:
        """J on its slow modes, from the bases of the last model; None if they are lost.

        Args:
            model: one model at this state.
            turns: inverse iterations.
        """
        jacobian = model.jacobians_per_h()[0]
        matrix = jacobian * self._scale
        factors, pivots, failed = dgetrf(matrix)
        if failed or not np.isfinite(factors).all():
            return None
        right, left = self.bases
        for _ in range(turns):
            right = _basis(dgetrs(factors, pivots, right)[0])
            left = _basis(dgetrs(factors, pivots, left, trans=1)[0])
        between = right.T @ left
        if np.linalg.svd(between, compute_uv=False)[-1] < PARTED:
            return None
        dual = left @ np.linalg.inv(between)
        self.bases = right, left
        return SlowBlock(jacobian, matrix, dual.T @ (matrix @ right), dual, right)

    def by_log_km(self, model: KineticModels, by_entry: Array) -> Array:
        """Derivatives by the entries of J in logarithms of concentrations, carried to ln KM.

        Args:
            model: one model at this state.
            by_entry: (parts, n, n).

        Returns:
            (parts, km).
        """
        return by_log_km(model, by_entry * self._scale)

    def _follow(self, model: KineticModels, tau: float) -> Followed | None:
        """From the slowest modes; None where J has no inverse or the bases are lost."""
        block = self.block(model, self._turns)
        if block is None:
            return None
        self._turns = 1
        found = eigenvalue_gradients(block.matrix[None], tau=tau)
        gradient = self.by_log_km(model, block.by_entry(found.gradient[0])[None])[0]
        return Followed(float(found.lambda_max_per_h[0]), gradient, False)


def _exact(model: KineticModels, tau: float) -> Followed:
    found = pinned_smooth_lambda_max(model, tau=tau, workers=1)
    return Followed(float(found.lambda_max_per_h[0]), found.gradient[0], True)


def _agree(followed: Followed | None, exact: Followed) -> bool:
    if followed is None:
        return False
    near = abs(followed.lambda_max_per_h - exact.lambda_max_per_h)
    turned = np.linalg.norm(followed.gradient - exact.gradient)
    return bool(
        near <= AGREE[0] * (1.0 + abs(exact.lambda_max_per_h))
        and turned <= AGREE[1] * np.linalg.norm(exact.gradient)
    )


def _basis(vectors: Array) -> Array:
    """Orthonormal columns that span the same space."""
    reflectors, factors, _, _ = dgeqrf(vectors)
    return np.asarray(dorgqr(reflectors, factors)[0])
