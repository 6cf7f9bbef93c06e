"""Eigenvalue placement: Newton steps that move the slowest eigenvalues to the left together.

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

from dataclasses import dataclass

import numpy as np

from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import eigenvalues
from renaissance_kit.search.clusters import (
    Complex,
    SchurForm,
    cluster_labels,
    eigenvalue_derivative,
    matched_labels,
    power_sum_derivatives,
    power_sums,
    restricted,
)
from renaissance_kit.search.tracking import SlowBlock, SlowModes

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
    """Where the placement ended.

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
        log_km: (km,) ln KM / mM of the initial point, best the end of a descent.
        low, high: (km,) bounds.
        target_per_h: for λmax, of the copies too.
        most: models, copies aside; as many again as long as the last of them went at least half of
            the way that was left to the target.

    Returns:
        The initial point where nothing better was found, or where the network has no more
        metabolites than modes are followed.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.search import place_slowest
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones(10))
    >>> x = np.zeros(10)
    >>> place_slowest(models, x, x - 3, x + 3, target_per_h=-1e9, most=20).history_per_h
    []
    """
    with single_threaded():
        return _Steps(models, low, high, target_per_h).run(log_km, most)


@dataclass
class _Point:
    """A model with its slow block, the Schur form of that, and the eigenvalues beyond."""

    log_km: Array
    model: KineticModels
    block: SlowBlock
    schur: SchurForm
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
        schur = SchurForm.of(block.matrix)
        every = eigenvalues(block.jacobian[None], near=self.target)[0]
        exact = float(every[0].real)
        self.history.append(exact)
        if schur is None or not np.isfinite(exact):
            return None
        rest = every[np.argsort(np.abs(every), kind="stable")][len(schur.values) :]
        fast = rest[rest.imag >= 0]
        front = float(max(schur.values.real.max(), fast.real.max(initial=-np.inf)))
        if exact > front + BESIDE * (1.0 + abs(front)):
            front = exact  # the block has lost a mode
        return _Point(log_km, model, block, schur, fast, front, exact)

    def _try(
        self, here: _Point, step: float, beside: float, link: float
    ) -> tuple[_Point | None, bool]:
        """One step of the front by Newton's method; None if it fails. And whether it took few
        iterations."""
        front = here.front - step
        wanted = np.minimum(here.schur.values.real, front) + 1j * here.schur.values.imag
        labels = cluster_labels(here.schur.values, link)
        clusters = [
            _cluster(int(label), here.schur.values[labels == label], wanted[labels == label])
            for label in np.unique(labels)
            if here.schur.values.real[labels == label].max() >= front - beside
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
            change = least_change(rows, missing, point.log_km - self.low, self.high - point.log_km)
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
            matched = matched_labels(found.schur.values, wanted, labels)
            if matched is None or (loose and not len(found.fast)):
                return None, False
            point, now = found, matched
            loose = [(found.fast[np.abs(found.fast - v).argmin()], goal) for v, goal in loose]
        return None, False

    def _equations(
        self,
        point: _Point,
        clusters: list[_Cluster],
        labels: Index,
        loose: list[tuple[complex, float]],
    ) -> tuple[Array, Array] | None:
        """Rows ∂q/∂ln KM of length 1, (equations, km), and what is missing; None if it fails."""
        by_entry, missing = [], []
        for cluster in clusters:
            chosen = labels == cluster.label
            part = restricted(point.block, point.schur, chosen)
            if part is None:
                return None
            if cluster.single:
                missing.append(cluster.sums[0] - np.trace(part.matrix) / len(part.matrix))
                by_entry.append(part.by_entry(np.eye(len(part.matrix)) / len(part.matrix)))
                continue
            sums = power_sums(point.schur.values[chosen], cluster.centre, cluster.radius)
            missing.extend(cluster.sums - sums)
            by_entry.extend(
                part.by_entry(d)
                for d in power_sum_derivatives(part.matrix, cluster.centre, cluster.radius)
            )
        for value, goal in loose:
            missing.append(goal - value.real)
            by_entry.append(eigenvalue_derivative(point.block.scaled, value))
        if not by_entry:
            return None
        rows = self.modes.by_log_km(point.model, np.array(by_entry))
        length = np.linalg.norm(rows, axis=1)
        if not (np.isfinite(length) & (length > 0)).all():
            return None
        return rows / length[:, None], np.array(missing) / length


def _cluster(label: int, values: Complex, wanted: Complex) -> _Cluster:
    centre = float(wanted.real.mean())
    radius = max(float(np.abs(np.concatenate([values, wanted]) - centre).max()), 0.05)
    single = len(values) == 1 or (len(values) == 2 and values[0].imag != 0)
    sums = np.array([centre]) if single else power_sums(wanted, centre, radius)
    return _Cluster(label, centre, radius, sums, single)


def least_change(rows: Array, missing: Array, below: Array, above: Array) -> Array | None:
    """Least x with rows · x = missing and −below ≤ x ≤ above.

    Coordinates that would leave their bounds are set there, and the others solved for again.

    Args:
        rows: (equations, n).
        missing: (equations,).
        below, above: (n,) how far each coordinate may go.

    Returns:
        (n,), or None where too few coordinates are free.
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
