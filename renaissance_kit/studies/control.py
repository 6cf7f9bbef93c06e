"""What limits a flux: control coefficients of an ensemble, and what they miss of large changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from renaissance_kit.control.coefficients import ControlCoefficients
from renaissance_kit.control.responses import Responses
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.fit import measured_curves
from renaissance_kit.simulation.new_states import NewState, knock_outs, new_steady_states
from renaissance_kit.simulation.shifts import Step
from renaissance_kit.states.fermentation import FILE as FERMENTATION_FILE
from renaissance_kit.states.steady_state import SteadyState

SURE = 0.95
"""Share of the models that must agree on a sign for it to be called that of the ensemble."""

LEVELS = {"low": 0.05, "first_quarter": 0.25, "median": 0.5, "third_quarter": 0.75, "high": 0.95}
"""Columns of the tables of this file, and the quantiles over models that they hold."""


def target_fluxes(
    network: Network, state: SteadyState, wanted: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Reactions whose fluxes are asked for: release of what was measured, then growth.

    Args:
        wanted: reactions; if not given, those that release a metabolite whose course in a
            fermentation was measured, and growth. Without any, the last reaction that releases a
            constant metabolite.

    Raises:
        ParameterError: a reaction that is not in the network.

    >>> from renaissance_kit import Network, SteadyStates
    >>> network = Network.example()
    >>> target_fluxes(network, SteadyStates.example(network).default)
    ('ANTHtex', 'GROWTH')
    """
    if wanted is not None:
        network.require_reactions(wanted)
        return tuple(wanted)
    measured: set[str] = set()
    if network.folder is not None and (network.folder / FERMENTATION_FILE).is_file():
        measured = {curve.variable for curve in measured_curves(network) if not curve.inside}
    found = _releasing(network, state, measured)
    growth = () if network.growth is None else (network.growth,)
    return (*found, *growth) or _releasing(network, state, set(network.constant))[-1:]


def _releasing(network: Network, state: SteadyState, metabolites: set[str]) -> tuple[str, ...]:
    flux = dict(zip(network.kinetic_reactions, state.fluxes_mM_h, strict=True))
    return tuple(
        r for r in network.kinetic_reactions
        if r != network.growth
        and any(n * flux[r] > 0 for m, n in network.reactions[r].stoichiometry.items()
                if m in metabolites)
    )  # fmt: skip


def flux_names(network: Network, reactions: Sequence[str]) -> dict[str, str]:
    """What figures and sentences call the fluxes of reactions, by ``figures.csv``.

    A reaction without a name there goes by that of the exchange of what it releases.

    >>> from renaissance_kit import Network
    >>> flux_names(Network.example(), ["ANTHtex", "GROWTH", "PGI"])
    {'ANTHtex': 'anthranilate release', 'GROWTH': 'growth', 'PGI': 'PGI'}
    """
    labels = network.labels.get("flux", {})
    names = {}
    for reaction in reactions:
        released = [network.exchange_of(m) for m in network.reactions[reaction].stoichiometry]
        known = [labels[r] for r in (reaction, *released) if r is not None and r in labels]
        names[reaction] = known[0] if known else reaction
    return names


def coefficient_table(
    found: ControlCoefficients | Responses, targets: Sequence[str], groups: Mapping[str, str]
) -> pd.DataFrame:
    """Coefficients of some fluxes or concentrations over the models, largest medians first.

    Args:
        found: of an ensemble; models without coefficients are left out.
        targets: reactions or dynamic metabolites.
        groups: of each enzyme or parameter, such as its pathway.

    Returns:
        One row a target and parameter: target, name, group, `LEVELS`, sure (share of the models
        with the sign of the median), models.
    """
    rows = []
    for target in targets:
        values = found.of(target).to_numpy()[found.done]
        for name, column in zip(found.names, values.T, strict=True):
            rows.append({"target": target, "name": name, "group": groups.get(name, "")}
                        | _summary(column))  # fmt: skip
    return _ordered(pd.DataFrame(rows))


def with_most_control(table: pd.DataFrame, each: int = 1, most: int = 3) -> tuple[str, ...]:
    """The enzymes with the largest control of each target, each once.

    Args:
        table: as from `coefficient_table`.
        each: of each target, at first; more of the first target, until there are ``most``.
    """
    first = list(table.groupby("target", sort=False).head(each).name)
    rest = list(table[table.target == table.target.iloc[0]].name)
    return tuple(dict.fromkeys(first + rest))[:most]


def group_table(
    found: ControlCoefficients | Responses, targets: Sequence[str], groups: Mapping[str, str]
) -> pd.DataFrame:
    """Sums of control coefficients by pathway, the largest medians first.

    All groups together control a flux by 1 and a concentration by 0, in each model.

    Returns:
        One row a target and group: target, name (of the group), enzymes (how many it has),
        `LEVELS`, sure, models.
    """
    rows = []
    for target in targets:
        values = found.of(target)[found.done]
        names = pd.Series([groups[n] for n in values.columns], index=values.columns)
        for group, members in names.groupby(names, sort=False).groups.items():
            total = values[list(members)].sum(axis=1).to_numpy()
            rows.append({"target": target, "name": group, "enzymes": len(members)}
                        | _summary(total))  # fmt: skip
    return _ordered(pd.DataFrame(rows))


def _summary(values: Array) -> dict[str, float]:
    if not len(values):
        return {**dict.fromkeys(LEVELS, np.nan), "sure": np.nan, "models": 0}
    quantiles = dict(zip(LEVELS, np.quantile(values, list(LEVELS.values())), strict=True))
    sure = float((np.sign(values) == np.sign(quantiles["median"])).mean())
    return {**quantiles, "sure": sure, "models": len(values)}


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Targets as they come, in each the largest medians first."""
    return pd.concat(
        [
            part.sort_values("median", key=np.abs, ascending=False, kind="stable")
            for _, part in table.groupby("target", sort=False)
        ],
        ignore_index=True,
    )


def scan_table(
    models: KineticModels,
    coefficients: ControlCoefficients,
    enzymes: Sequence[str],
    targets: Sequence[str],
    factors: Sequence[float],
    *,
    run: Run = RUN,
) -> pd.DataFrame:
    """Fluxes after Vmax of one enzyme at a time is multiplied, beside what coefficients predict.

    Args:
        models: a batch.
        coefficients: of the same models.
        factors: of Vmax; positive.

    Returns:
        One row an enzyme, target and factor: `LEVELS` of the flux over its first value, among the
        models that are at a stable steady state; linear (median of factor to the power of the
        coefficient), models, held (how many of them are at a stable steady state).
    """
    changes = [Step(vmax_factors={e: float(f)}) for e in enzymes for f in factors]
    found = new_steady_states(models, changes, run=run)
    rows = []
    for number, change in enumerate(changes):
        ((enzyme, factor),) = change.vmax_factors.items()
        stable = found.status[:, number] == NewState.STABLE
        for target in targets:
            ratio = found.rates[stable, number, models.network.reaction_index[target]]
            control = coefficients.of(target)[enzyme].to_numpy()
            summary = _summary(ratio)
            rows.append(
                {"enzyme": enzyme, "target": target, "factor": factor}
                | {level: summary[level] for level in LEVELS}
                | {
                    "linear": float(np.nanmedian(factor**control)),
                    "models": len(models),
                    "held": int(stable.sum()),
                }
            )
    return pd.DataFrame(rows)


def knock_out_table(
    models: KineticModels,
    targets: Sequence[str],
    groups: Mapping[str, str],
    *,
    run: Run = RUN,
) -> pd.DataFrame:
    """What becomes of the models without each of their enzymes, one at a time.

    Returns:
        One row an enzyme: name, group, models, and how many of them are at a stable steady state
        (stable), an unstable one (unstable), lose their steady state before the enzyme is gone
        (lost), or have a pool cut off (cut_off); then a column a target with the median of its flux
        over that of the wild type, among the stable ones.
    """
    found = knock_outs(models, run=run)
    rows = []
    for number, enzyme in enumerate(models.network.kinetic_reactions):
        status = found.status[:, number]
        stable = status == NewState.STABLE
        row = {
            "name": enzyme,
            "group": groups.get(enzyme, ""),
            "models": len(models),
            "stable": int(stable.sum()),
            "unstable": int((status == NewState.UNSTABLE).sum()),
            "lost": int((status == NewState.LOST).sum()),
            "cut_off": int((status == NewState.NOT_UNIQUE).sum()),
        }
        for target in targets:
            ratio = found.rates[stable, number, models.network.reaction_index[target]]
            row[target] = float(np.median(ratio)) if len(ratio) else np.nan
        rows.append(row)
    return pd.DataFrame(rows).sort_values("stable", ascending=False, kind="stable")
