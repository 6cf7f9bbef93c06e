"""The best design of a model: a mixed-integer linear problem, solved to optimality by HiGHS.

Each enzyme has a continuous variable y = ln(E/E⁰) and two binary ones, up and down:
lowest · down ≤ y ≤ highest · up, up + down ≤ 1 and Σ (up + down) ≤ the number of enzymes. An
integer cut leaves out a set of changes and all that contain it.

Reference: Tsouka et al. 2021 Metab Eng 66:191; HiGHS, Huangfu & Hall 2018 Math Program Comput
10:119.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from renaissance_kit.core.types import Array
from renaissance_kit.design.response import LinearResponse

Changes = tuple[tuple[int, int], ...]
"""Which enzymes go up (1) or down (−1): (lever, direction), by rising lever."""

UNCHANGED = 1e-5  # |ln fold| below which an enzyme counts as left alone
NODES = 200_000  # of the branch-and-bound tree; a bound that does not depend on the machine
OPTIMAL, LIMIT, INFEASIBLE = range(3)


@dataclass(frozen=True)
class Solution:
    """A design in one model.

    Attributes:
        log_folds: (levers,) ln of the fold of each enzyme; 0 where it is left alone.
        log_gain: ln fold of the target.
        proven: whether no other can be better; False where the search ended at its limit.
    """

    log_folds: Array
    log_gain: float
    proven: bool = True

    @property
    def changes(self) -> Changes:
        """The enzymes that change, with their directions."""
        changed = np.flatnonzero(np.abs(self.log_folds) > UNCHANGED)
        return tuple((int(j), int(np.sign(self.log_folds[j]))) for j in changed)


def best_folds(response: LinearResponse, changes: Changes) -> Solution | None:
    """The folds of given enzymes that gain most in a model; a linear problem.

    Args:
        changes: enzymes and their directions.

    Returns:
        None where no fold keeps the limits.
    """
    columns = [j for j, _ in changes]
    low = np.array([0.0 if way > 0 else response.lowest for _, way in changes])
    high = np.array([response.highest if way > 0 else 0.0 for _, way in changes])
    rows = response.rows[:, columns]
    upper, lower = np.isfinite(response.high), np.isfinite(response.low)
    found = linprog(
        -response.gain[columns],
        A_ub=np.vstack([rows[upper], -rows[lower]]),
        b_ub=np.concatenate([response.high[upper], -response.low[lower]]),
        bounds=np.column_stack([low, high]),
        method="highs",
    )
    if found.x is None:
        return None
    folds = np.zeros(len(response.levers))
    folds[columns] = found.x
    return Solution(folds, float(response.gain @ folds))


def best_design(
    response: LinearResponse,
    *,
    cuts: Iterable[Changes] = (),
    least_gain: float = -np.inf,
    nodes: int = NODES,
) -> tuple[Solution | None, int]:
    """The design that gains most in a model.

    Args:
        cuts: sets of changes that it must not contain.
        least_gain: ln fold of the target that it has to reach.
        nodes: limit of the branch-and-bound tree.

    Returns:
        The design, None where none was found; and ``OPTIMAL``, ``LIMIT`` (the tree was cut off)
        or ``INFEASIBLE`` (there is none).
    """
    n, eye = len(response.levers), sparse.eye_array(len(response.levers))
    none, gain = sparse.csr_array((n, n)), response.gain[None]
    wide = sparse.csr_array((len(response.rows), 2 * n))
    constraints = [
        LinearConstraint(sparse.hstack([response.rows, wide]), response.low, response.high),
        LinearConstraint(sparse.hstack([eye, -response.highest * eye, none]), -np.inf, 0.0),
        LinearConstraint(sparse.hstack([eye, none, -response.lowest * eye]), 0.0, np.inf),
        LinearConstraint(sparse.hstack([none, eye, eye]), -np.inf, 1.0),
        LinearConstraint(np.r_[np.zeros(n), np.ones(2 * n)][None], -np.inf, response.enzymes),
    ]
    if np.isfinite(least_gain):
        constraints.append(
            LinearConstraint(np.hstack([gain, np.zeros((1, 2 * n))]), least_gain, np.inf)
        )
    for changes in cuts:
        row = np.zeros((1, 3 * n))
        for j, way in changes:
            row[0, j + (n if way > 0 else 2 * n)] = 1.0
        constraints.append(LinearConstraint(row, -np.inf, len(changes) - 1))
    found = milp(
        np.concatenate([-response.gain, np.zeros(2 * n)]),
        integrality=np.r_[np.zeros(n), np.ones(2 * n)],
        bounds=Bounds(
            np.r_[np.full(n, response.lowest), np.zeros(2 * n)],
            np.r_[np.full(n, response.highest), np.ones(2 * n)],
        ),
        constraints=constraints,
        options={"node_limit": nodes, "mip_rel_gap": 1e-6},
    )
    if found.x is None:
        return None, INFEASIBLE if found.status == 2 else LIMIT
    rough = Solution(found.x[:n], 0.0)
    if not rough.changes:
        return Solution(np.zeros(n), 0.0), OPTIMAL if found.status == 0 else LIMIT
    exact = best_folds(response, rough.changes)  # without the tolerance of the integers
    if exact is None:
        return None, LIMIT
    proven = found.status == 0
    return Solution(exact.log_folds, exact.log_gain, proven), OPTIMAL if proven else LIMIT
