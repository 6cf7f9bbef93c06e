"""REMI: fluxes of two conditions that follow as many ratios of gene levels as possible.

Two copies of the flux model, each with the second law. For a reaction whose level goes up by r,
``v₂ ≥ r v₁`` is wanted of its forward and of its reverse flux, so that it runs the same way in
both; for one that goes down, ``v₂ ≤ r v₁``. The number of ratios met is maximised; further sets of
the same size are found by integer cuts. Ratios of metabolites ask the same of concentrations.

The states of two conditions are sampled one without the other. So each ratio that is met is parted
into two bounds about a threshold t, ``v₁ ≤ t`` and ``r t ≤ v₂``, which any pair of states meets. t
lies half-way, on the scale of logarithms, between v₁ and v₂/r at the analytic centre of all fluxes
that the ratios allow.

Reference: Pandey, Hadadi & Hatzimanikatis 2019 PLoS Comput Biol 15:e1007036.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import InfeasibleError, ParameterError, nearest
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.network.network import Network
from renaissance_kit.omics.agreement import SECONDS, Agreement, Demand, Program
from renaissance_kit.omics.expression import LARGEST_RATIO, LEAST_RATIO, Expression
from renaissance_kit.omics.fit import OmicsFit
from renaissance_kit.omics.fluxes import FluxProgram, beside, within
from renaissance_kit.states.bounds import Bound
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.polytope import LinearProgram

THRESHOLD = 2.0
MARGIN = 0.01


@single_threaded()
def remi(
    network: Network,
    ratios: Expression | Mapping[str, float],
    before: str,
    after: str,
    *,
    constraints: Constraints | Mapping[str, Constraints] | None = None,
    metabolite_ratios: Mapping[str, float] | None = None,
    threshold: float = THRESHOLD,
    alternatives: int = 1,
    margin: float = MARGIN,
    seconds: float = SECONDS,
) -> OmicsFit:
    """Follow the ratios of gene levels between two conditions as far as possible.

    Args:
        network: with gene rules and formation energies.
        ratios: levels of genes, or by reaction the level after over the level before.
        before, after: the two conditions.
        constraints: of both, or by condition; those of the network's folder if not given.
        metabolite_ratios: by metabolite, concentration after over concentration before. One that
            is met becomes a range of the pool in place of its measurement, and the turnover of the
            pool is then bounded as that of an unmeasured one.
        threshold: a ratio counts if it is above this, or below 1 over this.
        alternatives: most sets to look for, of as many ratios as the largest.
        margin: by how much more than its ratio a reaction must change, so that the states of both
            conditions have room.
        seconds: for each set.

    Raises:
        ParameterError: an unknown condition, reaction or metabolite, or no ratio that counts.
        InfeasibleError: the constraints contradict each other; names the condition and a minimal
            set of them.

    >>> from renaissance_kit import Network
    >>> from renaissance_kit.omics import remi
    >>> fit = remi(Network.example(), {"PPC": 3.0, "ICL": 0.3}, "batch", "chemostat")
    >>> fit.met, fit.table().wanted.tolist()
    (2, ['PPC × 3 or more', 'ICL × 0.3 or less'])
    """
    if not threshold >= 1 or not margin > 0:
        raise ParameterError(
            f"threshold is {threshold:g} and margin {margin:g}; give at least 1, and more than 0"
        )
    if isinstance(ratios, Expression):
        ratios = ratios.reaction_ratios(before, after)
    of = _by_condition(network, constraints, (before, after))
    wanted = _wanted(network, ratios, metabolite_ratios or {}, threshold)
    one, two = (
        _program(network, of[name], name).called(prefix)
        for name, prefix in ((before, "before"), (after, "after"))
    )
    program = Program(
        beside(one.base, two.base), [_demand(row, one, two, margin) for row in _rows(wanted)]
    )
    found = program.agreements(alternatives, seconds=seconds)
    bounded = tuple(
        dict(zip((before, after), pair, strict=True))
        for pair in (_bounds(a, wanted, program, one, two, (of[before], of[after])) for a in found)
    )
    return OmicsFit(network, "REMI", (before, after), wanted, tuple(found), bounded, program)


def _program(network: Network, constraints: Constraints, condition: str) -> FluxProgram:
    """The program of one condition, which an error names."""
    try:
        return FluxProgram.of(network, constraints)
    except InfeasibleError as error:
        raise InfeasibleError(f"{condition}: {error}") from error


def _by_condition(
    network: Network,
    given: Constraints | Mapping[str, Constraints] | None,
    names: tuple[str, ...],
) -> dict[str, Constraints]:
    """Constraints of each condition."""
    if len(set(names)) < len(names):
        raise ParameterError(f"{names[0]!r} is named twice; give two conditions")
    if given is None:
        given = Constraints.from_folder(network)
    if isinstance(given, Constraints):
        return dict.fromkeys(names, given)
    for name in names:
        if name not in given:
            raise ParameterError(f"no constraints of {name!r}{nearest(name, given)}")
    return {name: given[name] for name in names}


def _wanted(
    network: Network,
    ratios: Mapping[str, float],
    metabolites: Mapping[str, float],
    threshold: float,
) -> pd.DataFrame:
    rows = []
    for kind, given, known in (
        ("flux", ratios, network.reaction_index),
        ("concentration", metabolites, network.species_index),
    ):
        for name, ratio in given.items():
            if name not in known:
                raise ParameterError(
                    f"ratio of {name!r}, which is not in {network.name}{nearest(name, known)}"
                )
            if kind == "concentration":
                metabolite = network.metabolites[name]
                if metabolite.is_proton or metabolite.charge is None:
                    raise ParameterError(
                        f"the concentration of {name} is no variable of the flux model (protons "
                        "follow the pH); leave out its ratio"
                    )
            if not ratio >= 0:
                raise ParameterError(f"the ratio of {name} is {ratio}; give a number above 0")
            clipped = min(max(ratio, LEAST_RATIO), LARGEST_RATIO)
            if clipped > threshold or clipped < 1 / threshold:
                more = "more" if clipped > 1 else "less"
                rows.append((name, f"{name} × {clipped:.3g} or {more}", kind, clipped))
    if not rows:
        raise ParameterError(
            f"no ratio is above {threshold:g} or below {1 / threshold:g}; lower the threshold, or "
            "compare other conditions"
        )
    return pd.DataFrame(rows, columns=["name", "wanted", "kind", "ratio"])


def _rows(wanted: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    return list(wanted.itertuples(index=False, name=None))


def _demand(
    row: tuple[str, str, str, float], one: FluxProgram, two: FluxProgram, margin: float
) -> Demand:
    name, label, kind, ratio = row
    sign = 1.0 if ratio > 1 else -1.0
    if kind == "concentration":
        terms = {two.log_concentration[name]: sign, one.log_concentration[name]: -sign}
        least = sign * math.log(ratio) + math.log(1 + margin)
        return Demand(name, label, ((terms, least),))
    asked = ratio * (1 + margin) ** sign
    return Demand(
        name, label,
        tuple(
            ({way(two): sign, way(one): -sign * asked}, 0.0)
            for way in (lambda p: p.forward[name], lambda p: p.reverse[name])
        ),
    )  # fmt: skip


def _bounds(
    agreement: Agreement,
    wanted: pd.DataFrame,
    program: Program,
    one: FluxProgram,
    two: FluxProgram,
    old: tuple[Constraints, Constraints],
) -> tuple[Constraints, Constraints]:
    """Constraints of both conditions such that any two of their states meet the ratios."""
    held = [row for row in _rows(wanted) if row[0] in agreement.met]
    centre = _centre(agreement, held, program, one, two)
    pair = [dict(c.fluxes) for c in old]
    pools = [dict(c.pools_mM) for c in old]
    medium = [dict(c.medium_mM) for c in old]
    measured = [dict(c.measured_mM) for c in old]
    for name, label, kind, ratio in held:
        source = f"REMI: {label}"
        if kind == "concentration":
            logs = [centre[p.log_concentration[name]] for p in (one, two)]
            middle = 1e3 * math.exp((logs[0] + logs[1] - math.log(ratio)) / 2)
            for i, least in ((0, ratio < 1), (1, ratio > 1)):
                limit = middle * ratio**i
                was = _concentration_bound(old[i], name)
                low, high = (max(was.low, limit), was.high) if least else (
                    was.low, min(was.high, limit))  # fmt: skip
                of = medium[i] if name in medium[i] else pools[i]
                of[name] = Bound(low, high, source)
                measured[i].pop(name, None)
            continue
        fluxes = [p.flux(name, centre) for p in (one, two)]
        middle = math.sqrt(fluxes[0] * fluxes[1] / ratio)
        for i, least in ((0, ratio < 1), (1, ratio > 1)):
            limit = middle * ratio**i
            low, high = (limit, math.inf) if least else (0.0, limit)
            if fluxes[0] < 0:
                low, high = -high, -low
            pair[i][name] = within(pair[i].get(name), low, high, old[i].maximum_flux, source)
    first, second = (
        replace(c, fluxes=f, pools_mM=p, medium_mM=e, measured_mM=m)
        for c, f, p, e, m in zip(old, pair, pools, medium, measured, strict=True)
    )
    return first, second


def _concentration_bound(constraints: Constraints, name: str) -> Bound:
    """What the concentration of a metabolite may be without ratios, mM."""
    if name in constraints.measured_mM:
        return constraints.measured_range_mM(name)
    return constraints.medium_mM.get(name, constraints.pools_mM.get(name, constraints.pool_mM))


def _centre(
    agreement: Agreement,
    held: list[tuple[str, str, str, float]],
    program: Program,
    one: FluxProgram,
    two: FluxProgram,
) -> dict[str, float]:
    """Analytic centre of what the ratios allow, with the directions of the agreement.

    Raises:
        InfeasibleError: there is no room about a point where they hold.
    """
    fixed = program.fixed(agreement.values)
    demands = [_demand(row, one, two, 0.0) for row in held]
    rows = [(program.row(terms), least) for d in demands for terms, least in d.rows]
    joint = LinearProgram(
        fixed.names,
        np.vstack([fixed.matrix, *(row[None] for row, _ in rows)]),
        np.concatenate([fixed.low, [least for _, least in rows]]),
        np.concatenate([fixed.high, np.full(len(rows), np.inf)]),
        fixed.lower,
        fixed.upper,
        fixed.integer,
    )
    blocks, values = joint.blocks()
    asked = {name for d in demands for terms, _ in d.rows for name in terms}
    for block in blocks:
        if asked & set(block.names):
            try:
                point = block.expand(block.analytic_centre()[0])
            except InfeasibleError as error:
                raise InfeasibleError(
                    "the ratios that can be met leave no room for states: the constraints allow "
                    "them at single points only; raise margin, or widen the bounds of fluxes"
                ) from error
            values.update(zip(block.names, point.tolist(), strict=True))
    return values
