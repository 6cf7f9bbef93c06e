"""Compiled control coefficients of one network at one steady state, for many models.

With ln x of the independent metabolites as unknowns, each balance divided by its turnover t and
each elasticity scaled, the system is

    A y = −N v/t,     A = (1/t) N_R diag(v) ε (1/x) L diag(x_independent)

for the response y = d ln x/d ln Vmax. All entries are of the order of elasticities then, while
those of the Jacobian span twelve orders of magnitude. Each model takes one factorisation of A; each
reaction is one right-hand side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled
from renaissance_kit.kinetics.lu import LURoutines, LUWorkspace, solve_kernel
from renaissance_kit.kinetics.models import KineticModels

LEAST_CONDITION = 1e-15
"""Reciprocal condition number below which a steady state has no control coefficients."""

DONE, SINGULAR, NOT_FINITE = range(3)
"""What becomes of a model; see `ControlStatus`."""


class Tables(NamedTuple):
    """What all models of a batch share.

    ``row``, ``column``, ``start``, ``slot`` and ``coefficient`` make A from scaled elasticities, as
    in `renaissance_kit.kinetics.JacobianMap`. ``sides`` is −N v/t, (reactions, independent). Entry
    e of the link adds ``weight[e]`` · y[``independent[e]``] to metabolite ``metabolite[e]``.
    ``to_elasticity`` is c/v of each slot, ``variable`` its dynamic metabolite, −1 where it is held.
    """

    row: Index
    column: Index
    start: Index
    slot: Index
    coefficient: Array
    sides: Array
    metabolite: Index
    independent: Index
    weight: Array
    to_elasticity: Array
    reaction: Index
    variable: Index

    @classmethod
    def of(cls, models: KineticModels) -> Tables:
        """Make the tables of a batch."""
        network, state, table = models.network, models.state, models.jacobian_map
        slots, reaction = models.laws.slots, models.laws.slot_reaction
        c, v = state.concentrations_mM, state.fluxes_mM_h
        n, rows = len(network.dynamic), [network.species_index[m] for m in network.independent]
        terms = (network.stoichiometry * v / network.volume_fractions[:, None])[rows]
        turnover = np.abs(terms).sum(axis=1) / 2
        per_entry = np.diff(table.start)
        scale = np.repeat(c[rows][table.column] / turnover[table.row], per_entry)
        to_elasticity = c[slots.species] / v[reaction]
        link = network.link_matrix * c[rows] / c[:n, None]
        metabolite, independent = np.nonzero(link)
        return cls(
            table.row, table.column, table.start, table.slot,
            table.coefficient * scale / to_elasticity[table.slot],
            np.ascontiguousarray(-(terms / turnover[:, None]).T),
            metabolite, independent, link[metabolite, independent], to_elasticity, reaction,
            np.where(slots.species < n, slots.species, -1),
        )  # fmt: skip


@compiled
def control_kernel(
    f: LURoutines, w: LUWorkspace, t: Tables, g: Array, flux: Array, concentration: Array,
    status: NDArray[np.int8],
) -> None:  # fmt: skip
    """Fill the coefficients of a batch.

    Args:
        g: (models, slots) derivatives of the rates, Vmax · ∂f/∂c.
        flux: (models, reactions, reactions) to be filled with d ln v/d ln Vmax.
        concentration: (models, dynamic, reactions) to be filled with d ln x/d ln Vmax.
        status: (models,) `DONE`, `SINGULAR` or `NOT_FINITE`; what is not done holds NaN.
    """
    n = len(w.factors)
    matrix, sides = np.empty((n, n)), np.empty(t.sides.shape)
    elasticity, responses = np.empty(g.shape[1]), np.empty(t.sides.shape[::-1])
    for m in range(len(g)):
        for k in range(len(elasticity)):
            elasticity[k] = g[m, k] * t.to_elasticity[k]
        matrix[:, :] = 0.0
        for e in range(len(t.row)):
            total = 0.0
            for i in range(t.start[e], t.start[e + 1]):
                total += t.coefficient[i] * elasticity[t.slot[i]]
            matrix[t.row[e], t.column[e]] = total
        sides[:, :] = t.sides
        condition = solve_kernel(f, w, matrix, sides)
        if not condition > LEAST_CONDITION:
            status[m] = NOT_FINITE if np.isnan(condition) else SINGULAR
            flux[m, :, :], concentration[m, :, :] = np.nan, np.nan
            continue
        status[m] = DONE
        for r in range(len(sides)):
            for i in range(n):
                responses[i, r] = sides[r, i]
        concentration[m, :, :] = 0.0
        for e in range(len(t.metabolite)):
            row, weight = responses[t.independent[e]], t.weight[e]
            out = concentration[m, t.metabolite[e]]
            for r in range(len(row)):
                out[r] += weight * row[r]
        flux[m, :, :] = 0.0
        for r in range(flux.shape[1]):
            flux[m, r, r] = 1.0
        for k in range(len(elasticity)):
            if t.variable[k] >= 0:
                row, slope = concentration[m, t.variable[k]], elasticity[k]
                out = flux[m, t.reaction[k]]
                for r in range(len(row)):
                    out[r] += slope * row[r]
