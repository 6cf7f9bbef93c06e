"""The smooth maximum along a path of models, from the slowest modes alone.

Neighbours on a path have nearly the same slow modes. Instead of all eigenvalues of J, one step of
inverse iteration on J and on Jᵀ carries the bases Q and P of the k slowest modes, right and left,
from one model to the next. With L = P (QᵀP)⁻¹, so that LᵀQ = 1, the k × k matrix

    M = Lᵀ J Q

has their eigenvalues, with errors of the order of the product of both bases' errors, and the
derivative of the smooth maximum of M goes back to J as L (∂s/∂M) Qᵀ.

Inverse iteration finds the eigenvalues nearest to zero. One far to the right would be missed, so
all eigenvalues are computed again after a number of models that doubles while both agree, and
starts at one where they do not.

Reference: Golub & Van Loan 2013, Matrix Computations, section 7.3.2 (subspace iteration); Stewart
1976 Numer. Math. 25:123 (both sides at once).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgeqrf, dgetrf, dgetrs, dorgqr

from renaissance_kit.gradients import by_log_km, eigenvalue_gradients, pinned_smooth_lambda_max
from renaissance_kit.kinetics import KineticModels

Array = NDArray[np.float64]

MODES = 16
LONGEST = 32  # models from one comparison with all eigenvalues to the next
WARM = 6  # inverse iterations where nothing is known of the modes
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


class SlowModes:
    """Follows the slowest modes of models at one steady state.

    Args:
        models: any model at that state.
        modes: how many; networks with fewer metabolites are computed with all eigenvalues.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.tracking import SlowModes
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
        self._right, self._left = rng.standard_normal((2, len(c), modes))
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

    def _follow(self, model: KineticModels, tau: float) -> Followed | None:
        """From the slowest modes; None where J has no inverse or the bases are lost."""
        matrix = model.jacobians_per_h()[0] * self._scale
        factors, pivots, failed = dgetrf(matrix)
        if failed or not np.isfinite(factors).all():
            return None
        right, left = self._right, self._left
        for _ in range(self._turns):
            right = _basis(dgetrs(factors, pivots, right)[0])
            left = _basis(dgetrs(factors, pivots, left, trans=1)[0])
        try:
            dual = left @ np.linalg.inv(right.T @ left)
        except np.linalg.LinAlgError:
            return None
        found = eigenvalue_gradients((dual.T @ (matrix @ right))[None], tau=tau)
        by_entry = (dual @ found.gradient[0] @ right.T) * self._scale
        self._right, self._left, self._turns = right, left, 1
        return Followed(
            float(found.lambda_max_per_h[0]), by_log_km(model, by_entry[None])[0], False
        )


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
