"""TEX-FBA: fluxes of one condition that follow high and low levels of genes.

Reactions whose level is in the upper fifth should carry a flux, those in the lower fifth as little
as possible. From the least magnitude a and the largest b that each can have,
``|v| ≥ a + 0.002 (b − a)`` is wanted of the high ones and ``|v| ≤ a + 0.00002 (b − a)`` of the low
ones. The number of levels followed is maximised; further sets of the same size are found by integer
cuts.

Reference: Pandey, Hernandez Gardiol, Chiappino-Pepe & Hatzimanikatis 2019 bioRxiv 536235.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.network.network import Network
from renaissance_kit.omics.agreement import SECONDS, Agreement, Demand, Program
from renaissance_kit.omics.expression import Expression
from renaissance_kit.omics.fit import OmicsFit
from renaissance_kit.omics.fluxes import FluxProgram, within
from renaissance_kit.states.bounds import Bound
from renaissance_kit.states.constraints import Constraints

LEAST_RANGE = 0.1  # mmol/gDW/h
LEAST_GROWTH = 0.1  # 1/h


@single_threaded()
def tex_fba(
    network: Network,
    expression: Expression,
    condition: str,
    *,
    constraints: Constraints | None = None,
    low: float = 20.0,
    high: float = 80.0,
    share_high: float = 2e-3,
    share_low: float = 2e-5,
    least_growth_per_h: float | None = None,
    alternatives: int = 1,
    seconds: float = SECONDS,
) -> OmicsFit:
    """Follow high and low levels of genes in one condition as far as possible.

    Reactions across a membrane, and those whose flux can vary by less than 0.1 mmol/gDW/h, are
    left out.

    Args:
        network: with gene rules and formation energies.
        expression: levels of genes.
        condition: one of its conditions.
        constraints: those of the network's folder if not given.
        low, high: percentiles of the levels of the reactions, 0 to 100.
        share_high, share_low: share of its range that the flux of a high reaction must have, and
            that of a low one may have.
        least_growth_per_h: of the states; if not given, what the constraints have as the lower
            bound of growth, and 0.1 where they have none above 0.
        alternatives: most sets to look for, of as many levels as the largest.
        seconds: for each set.

    Raises:
        ParameterError: an unknown condition, percentiles that are none, more growth than the
            constraints allow, or levels none of which is high or low.
        InfeasibleError: the constraints contradict each other; names a minimal set of them.

    >>> from renaissance_kit import Network
    >>> from renaissance_kit.omics import Expression, tex_fba
    >>> network = Network.example()
    >>> fit = tex_fba(network, Expression.example(network), "glucose batch")
    >>> fit.met <= len(fit.wanted)
    True
    """
    if not 0 <= low < high <= 100:
        raise ParameterError(f"percentiles {low:g} and {high:g}; give 0 <= low < high <= 100")
    if not 0 < share_low < share_high < 1:
        raise ParameterError(
            f"share_low is {share_low:g} and share_high {share_high:g}; give "
            "0 < share_low < share_high < 1"
        )
    levels = expression.reaction_levels(condition)
    chosen = _growing(network, constraints or Constraints.from_folder(network), least_growth_per_h)
    flux = FluxProgram.of(network, chosen)
    wanted = _wanted(network, levels, (low, high), (share_low, share_high), flux, seconds)
    program = Program(flux.base, [_demand(row, flux) for row in _rows(wanted)])
    found = program.agreements(alternatives, seconds=seconds)
    bounded = tuple({condition: _bounds(a, wanted, flux, chosen)} for a in found)
    return OmicsFit(network, "TEX-FBA", (condition,), wanted, tuple(found), bounded, program)


def _growing(network: Network, constraints: Constraints, wanted: float | None) -> Constraints:
    """Constraints with at least some growth."""
    if network.growth is None:
        return constraints
    old = constraints.fluxes.get(network.growth)
    if wanted is None and old is not None and old.low > 0:
        return constraints
    least = LEAST_GROWTH if wanted is None else wanted
    if old is not None and old.high < least:
        raise ParameterError(
            f"{network.growth} is at most {old.high:g} 1/h by the constraints ({old.source}), and "
            f"at least {least:g} is asked for; give a smaller least_growth_per_h"
        )
    new = within(old, least, math.inf, constraints.maximum_flux, "least growth of TEX-FBA")
    if old is not None and old.low >= least:
        return constraints
    return replace(constraints, fluxes={**constraints.fluxes, network.growth: new})


def _wanted(
    network: Network,
    levels: dict[str, float],
    percentiles: tuple[float, float],
    shares: tuple[float, float],
    flux: FluxProgram,
    seconds: float,
) -> pd.DataFrame:
    ends = np.percentile(list(levels.values()) or [0.0], percentiles)
    program = Program(flux.base, [])
    rows = []
    for name, level in levels.items():
        high, low = bool(level >= ends[1]), bool(level <= ends[0])
        if high == low or _crosses(network, name):  # both: so many are alike that it says nothing
            continue
        a, b = program.extremes({flux.forward[name]: 1.0, flux.reverse[name]: 1.0}, seconds)
        if b - a < LEAST_RANGE:
            continue
        limit = a + shares[high] * (b - a)
        words = f"|{name}| {'at least' if high else 'at most'} {limit:.3g}"
        rows.append((name, words, "high" if high else "low", level, a, b, limit))
    columns = ["name", "wanted", "kind", "level", "least", "largest", "limit"]
    if not rows:
        raise ParameterError(
            "no reaction with a high or low level can vary; widen the percentiles or the bounds, "
            "or give more levels that differ"
        )
    return pd.DataFrame(rows, columns=columns)


def _crosses(network: Network, reaction: str) -> bool:
    names = network.reactions[reaction].stoichiometry
    return len({network.metabolites[m].compartment for m in names}) > 1


Row = tuple[str, str, str, float, float, float, float]


def _rows(wanted: pd.DataFrame) -> list[Row]:
    return list(wanted.itertuples(index=False, name=None))


def _demand(row: Row, flux: FluxProgram) -> Demand:
    name, label, kind, *_, limit = row
    sign = 1.0 if kind == "high" else -1.0
    terms = {flux.forward[name]: sign, flux.reverse[name]: sign}
    return Demand(name, label, ((terms, sign * limit),))


def _bounds(
    agreement: Agreement, wanted: pd.DataFrame, flux: FluxProgram, old: Constraints
) -> Constraints:
    """Constraints whose states all follow the levels that are met."""
    fluxes: dict[str, Bound] = dict(old.fluxes)
    for name, label, kind, *_, limit in _rows(wanted):
        if name in agreement.met:
            low, high = -limit, limit
            if kind == "high":
                forward = flux.flux(name, agreement.values) > 0
                low, high = (limit, math.inf) if forward else (-math.inf, -limit)
            fluxes[name] = within(
                fluxes.get(name), low, high, old.maximum_flux, f"TEX-FBA: {label}"
            )
    return replace(old, fluxes=fluxes)
