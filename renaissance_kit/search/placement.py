"""Newton steps that move the slowest eigenvalues to the left together.

At the end of a descent some six to twelve eigenvalues have met, each with its left and right
vectors almost at a right angle. Their single derivatives are then huge and hold for no finite
step. What is smooth there are the symmetric functions of such a cluster: with B the k × k block of
J on its invariant subspace, a its centre and ρ its radius, the power sums

    q_m = tr ((B − a)/ρ)ᵐ,   dq_m = (m/ρ) tr ((B − a)/ρ)ᵐ⁻¹ dB,   m = 1 … k,

have derivatives that stay right over finite steps, and they determine the k eigenvalues. So each
step asks for eigenvalues that are wanted, those right of a front moved to it and the others as
they are, and solves for the power sums by Newton's method: of all changes of ln KM that meet the
linearised equations the one of least norm, with constants at their bounds held there. A few
iterations converge quadratically. The front goes left by a step that grows where this succeeds
and shrinks where it does not.

The power sums of a cluster differ in size by orders of magnitude, each more sensitive than the one
before. Rows are scaled to one length and solved by singular values; eigenvalues that lie apart
form clusters of their own, as one large cluster would be ill-conditioned.

Slow modes come from inverse iteration (`renaissance_kit.search.tracking`), which finds clusters of
small eigenvalues to five digits. Fast modes with little damping are taken from all eigenvalues and
kept left of the front by their single derivatives. What counts in the end are all eigenvalues as
`renaissance_kit.kinetics.spectrum` computes them near a threshold, of the model and of copies whose
constants differ in the twelfth digit: so the verdict does not hang on rounding.

Reference: Kato 1995, Perturbation Theory for Linear Operators, chapter II (smoothness of symmetric
functions of a cluster).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse.csgraph
from numpy.typing import NDArray
from scipy.linalg.lapack import dgees, dtrsen, dtrsyl, zgetrf, zgetrs
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits

from renaissance_kit.core.types import Array, Mask
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import eigenvalues
from renaissance_kit.search.tracking import SlowBlock, SlowModes

Complex = NDArray[np.complex128]

# Lengths on the axis of λ are relative to 1 h⁻¹ + the size of λmax.
FIRST, LEAST, MOST = 6e-3, 3e-6, 0.15  # steps of the front
GROW = 1.6  # after a step that took few iterations
ENOUGH = 0.5  # of a step, that the front has to go
ITERATIONS = 8  # of Newton's method
LINK = 0.5  # eigenvalues nearer than this, relative to their size, are of one cluster
LINKS = (1.0, 0.7, 1.4)  # times that, in turn, while steps fail
BESIDE = 0.3  # clusters within this distance of the front are held
WIDER, WIDEST = 1.5, 1.2  # that distance grows while steps fail
FAR = 0.3  # root mean square of a step in ln KM that is not believed
SMALLEST = 1e-12  # singular values, relative to the largest
COPIES, DIFFER = 8, 1e-12  # models that have to be beyond the target too; change of their ln KM


@dataclass(frozen=True)
class Placed:
    """Where the steps ended.

    Attributes:
        log_km: (km,).
        lambda_max_per_h: there, from all eigenvalues; the largest of the copies if the target was
            met.
        history_per_h: λmax of the models on the way, from all eigenvalues.
    """

    log_km: Array
    lambda_max_per_h: float
    history_per_h: list[float]


def place_slowest(
    models: KineticModels,
    log_km: Array,
    low: Array,
    high: Array,
    *,
    target_per_h: float,
    most: int,
) -> Placed:
    """Move the slowest eigenvalues left until they are beyond a target.

    Args:
        models: any model at the state.
        log_km: (km,) ln KM / mM where it starts, best at the end of a descent.
        low, high: (km,) bounds.
        target_per_h: for λmax, of the copies too.
        most: models, copies aside; as many again as long as the last of them went at least half of
            the way that was left to the target.

    Returns:
        The start where nothing better was found, or where the network has no more metabolites
        than modes are followed.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.search import place_slowest
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones(10))
    >>> x = np.zeros(10)
    >>> place_slowest(models, x, x - 3, x + 3, target_per_h=-1e9, most=20).history_per_h
    []
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _Steps(models, low, high, target_per_h).run(log_km, most)


@dataclass
class _Point:
    """A model with its slow block, the Schur form of that, and what lies beyond."""

    log_km: Array
    model: KineticModels
    block: SlowBlock
    schur: Array
    rotation: Array
    slow: Complex  # eigenvalues of the block
    fast: Complex  # the others, one of each pair
    front: float  # largest real part
    exact: float  # the same from all eigenvalues


@dataclass(frozen=True)
class _Cluster:
    label: int
    centre: float
    radius: float
    sums: Array  # (1,) mean for single eigenvalues and pairs, else the power sums
    single: bool


class _Steps:
    def __init__(self, models: KineticModels, low: Array, high: Array, target: float) -> None:
        self.models, self.low, self.high, self.target = models, low, high, target
        self.modes = SlowModes(models)
        self.history: list[float] = []

    def run(self, log_km: Array, most: int) -> Placed:
        if len(self.models.network.independent) <= self.modes.modes:
            return Placed(log_km, np.inf, [])
        self._point(log_km, 8)
        here = self._point(log_km, 8)
        best, smallest = log_km, np.inf if here is None else self._exact(here)
        step, beside, fails = FIRST, BESIDE, 0
        until, began = most, smallest
        while here is not None and smallest > self.target:
            if len(self.history) >= until:
                if smallest - self.target > began - smallest:
                    break
                until, began = until + most, smallest
            size = 1.0 + abs(here.front)
            kept = self.modes.bases
            link = LINK * LINKS[fails % len(LINKS)]
            there, few = self._try(here, step * size, beside * size, link)
            if there is None:
                self.modes.bases = kept
                fails, step, beside = fails + 1, step / 2, min(beside * WIDER, WIDEST)
                if step < LEAST:
                    break
                continue
            here, fails, beside = there, 0, max(BESIDE, beside / WIDER)
            if few:
                step = min(step * GROW, MOST)
            exact = self._exact(here)
            if exact < smallest:
                best, smallest = here.log_km, exact
        return Placed(best, smallest, self.history)

    def _exact(self, here: _Point) -> float:
        """λmax from all eigenvalues; if it meets the target, the largest of the copies."""
        if here.exact > self.target:
            return here.exact
        noise = np.random.default_rng(0).standard_normal((COPIES, len(here.log_km)))
        near = np.clip(here.log_km + DIFFER * noise, self.low, self.high)
        jacobians = self.models.with_km(np.exp(near)).jacobians_per_h()
        copies = eigenvalues(jacobians, near=self.target)
        worst = float(copies[:, 0].real.max())
        return np.inf if np.isnan(worst) else max(here.exact, worst)

    def _point(self, log_km: Array, turns: int = 3) -> _Point | None:
        model = self.models.with_km(np.exp(log_km))
        block = self.modes.block(model, turns)
        if block is None:
            return None
        schur, _, real, imaginary, rotation, _, failed = dgees(_no_order, block.matrix)
        every = eigenvalues(block.jacobian[None], near=self.target)[0]
        exact = float(every[0].real)
        self.history.append(exact)
        if failed or not np.isfinite(exact):
            return None
        rest = every[np.argsort(np.abs(every), kind="stable")][len(real) :]
        fast = rest[rest.imag >= 0]
        front = float(max(real.max(), fast.real.max(initial=-np.inf)))
        if exact > front + BESIDE * (1.0 + abs(front)):
            front = exact  # the block has lost a mode
        slow = real + 1j * imaginary
        return _Point(log_km, model, block, schur, rotation, slow, fast, front, exact)

    def _try(
        self, here: _Point, step: float, beside: float, link: float
    ) -> tuple[_Point | None, bool]:
        """One step of the front by Newton's method; None if it fails. And whether it was easy."""
        front = here.front - step
        wanted = np.minimum(here.slow.real, front) + 1j * here.slow.imag
        labels = _labels(here.slow, link)
        clusters = [
            _cluster(int(label), here.slow[labels == label], wanted[labels == label])
            for label in np.unique(labels)
            if here.slow.real[labels == label].max() >= front - beside
        ]
        loose = [(value, min(value.real, front)) for value in here.fast]
        loose = [pair for pair in loose if pair[0].real > front - beside]
        point, now, last = here, labels, np.inf
        for i in range(ITERATIONS):
            equations = self._equations(point, clusters, now, loose)
            if equations is None:
                return None, False
            rows, missing = equations
            error = float(np.abs(missing).max())
            if i > 1 and error > last:
                return None, False
            change = _least_change(rows, missing, point.log_km - self.low, self.high - point.log_km)
            if change is None:
                return None, False
            log_km = np.clip(point.log_km + change, self.low, self.high)
            if not np.sqrt(np.mean((log_km - here.log_km) ** 2)) < FAR:
                return None, False
            found, last = self._point(log_km), error
            if found is None:
                return None, False
            if found.front <= here.front - ENOUGH * step:
                return found, i <= 3
            matched = _matched(found.slow, wanted, labels)
            if matched is None or (loose and not len(found.fast)):
                return None, False
            point, now = found, matched
            loose = [(found.fast[np.abs(found.fast - v).argmin()], goal) for v, goal in loose]
        return None, False

    def _equations(
        self,
        point: _Point,
        clusters: list[_Cluster],
        labels: NDArray[np.int64],
        loose: list[tuple[complex, float]],
    ) -> tuple[Array, Array] | None:
        """Rows ∂q/∂ln KM of length 1, (equations, km), and what is missing; None if it fails."""
        by_entry, missing = [], []
        for cluster in clusters:
            chosen = labels == cluster.label
            part = _restricted(point, chosen)
            if part is None:
                return None
            if cluster.single:
                missing.append(cluster.sums[0] - np.trace(part.matrix) / len(part.matrix))
                by_entry.append(part.by_entry(np.eye(len(part.matrix)) / len(part.matrix)))
                continue
            sums = power_sums(point.slow[chosen], cluster.centre, cluster.radius)
            missing.extend(cluster.sums - sums)
            by_entry.extend(
                part.by_entry(d)
                for d in power_sum_derivatives(part.matrix, cluster.centre, cluster.radius)
            )
        for value, goal in loose:
            missing.append(goal - value.real)
            by_entry.append(_single_derivative(point.block.scaled, value))
        if not by_entry:
            return None
        rows = self.modes.by_log_km(point.model, np.array(by_entry))
        length = np.linalg.norm(rows, axis=1)
        if not (np.isfinite(length) & (length > 0)).all():
            return None
        return rows / length[:, None], np.array(missing) / length


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


def _cluster(label: int, values: Complex, wanted: Complex) -> _Cluster:
    centre = float(wanted.real.mean())
    radius = max(float(np.abs(np.concatenate([values, wanted]) - centre).max()), 0.05)
    single = len(values) == 1 or (len(values) == 2 and values[0].imag != 0)
    sums = np.array([centre]) if single else power_sums(wanted, centre, radius)
    return _Cluster(label, centre, radius, sums, single)


def _labels(values: Complex, link: float) -> NDArray[np.int64]:
    """Clusters of eigenvalues, by numbers; pairs are never divided."""
    size = np.abs(values)
    distance = np.abs(values[:, None] - values[None, :])
    near = distance <= link * (0.3 + np.minimum(size[:, None], size[None, :]))
    near |= np.abs(values[:, None] - values[None, :].conj()) <= 1e-9 * (1.0 + size)
    return np.asarray(scipy.sparse.csgraph.connected_components(near, directed=False)[1])


def _matched(
    values: Complex, wanted: Complex, labels: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Labels of eigenvalues from those of the nearest wanted ones; None if a pair is divided."""
    cost = np.abs(values.real[:, None] - wanted.real[None, :])
    cost += np.abs(np.abs(values.imag)[:, None] - np.abs(wanted.imag)[None, :])
    of, to = linear_sum_assignment(cost)
    matched = np.empty_like(labels)
    matched[of] = labels[to]
    partner = np.abs(values[:, None] - values[None, :].conj()).argmin(axis=1)
    return matched if (matched[partner] == matched).all() else None


def _restricted(point: _Point, chosen: Mask) -> SlowBlock | None:
    """The slow block restricted further, to the invariant subspace of some eigenvalues."""
    n, k = len(chosen), int(chosen.sum())
    schur, rotation, *_ = dtrsen(
        chosen.astype(np.int32), point.schur, point.rotation, lwork=n * n, liwork=n * n
    )
    if k < n and schur[k, k - 1] != 0.0:
        return None
    right = left = rotation[:, :k]
    if k < n:
        solved, scale, _ = dtrsyl(schur[:k, :k], schur[k:, k:], schur[:k, k:], isgn=-1)
        left = left + rotation[:, k:] @ (solved / scale).T
    block = point.block
    return replace(block, matrix=schur[:k, :k], left=block.left @ left, right=block.right @ right)


def _single_derivative(matrix: Array, value: complex) -> Array:
    """∂Re λ by the entries of a matrix, by inverse iteration at a simple eigenvalue."""
    factors, pivots, _ = zgetrf(matrix - value * (1.0 + 1e-9) * np.eye(len(matrix)))
    right = left = np.ones(len(matrix), dtype=np.complex128)
    for _ in range(3):
        right = zgetrs(factors, pivots, right)[0]
        left = zgetrs(factors, pivots, left, trans=2)[0]
        right, left = right / np.linalg.norm(right), left / np.linalg.norm(left)
    return np.asarray((np.outer(left.conj(), right) / (left.conj() @ right)).real)


def _least_change(rows: Array, missing: Array, below: Array, above: Array) -> Array | None:
    """Least x with rows · x = missing and −below ≤ x ≤ above; None without freedom.

    Coordinates that would leave their bounds are set there, and the others solved for again.
    """
    change, free = np.zeros(rows.shape[1]), np.ones(rows.shape[1], dtype=bool)
    for _ in range(10):
        if free.sum() < len(rows):
            return None
        rest = missing - rows[:, ~free] @ change[~free]
        change[free] = np.linalg.lstsq(rows[:, free], rest, rcond=SMALLEST)[0]
        if not np.isfinite(change).all():
            return None
        out = free & ((change < -below - 1e-12) | (change > above + 1e-12))
        if not out.any():
            break
        change[out] = np.clip(change[out], -below[out], above[out])
        free &= ~out
    return change


def _no_order(real: float, imaginary: float) -> int:
    return 0
