"""Two conditions of a bioreactor compared at the same models, one difference at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import Bioreactor, cultivate
from renaissance_kit.simulation.conditions import OWN, ReactorConditions, condition_names
from renaissance_kit.simulation.fit import MeasuredCurve, fit_of

NOTHING, PUBLISHED = "nothing", "published"
_Taking = Callable[[ReactorConditions, ReactorConditions], ReactorConditions]


def compared_conditions(network: Network, chosen: str) -> tuple[str, ...]:
    """Names of the own conditions of a folder and of those to compare them with, if there are any.

    Args:
        chosen: compared where these are not the own ones; else the published ones, or the first.

    >>> from renaissance_kit import Network
    >>> compared_conditions(Network.example(), "own")
    ('own', 'published')
    """
    names = condition_names(network)
    others = [n for n in (chosen, PUBLISHED, *names) if n in names and n != OWN]
    return (OWN, *others[:1]) if OWN in names else ()


def supplied_otherwise(one: ReactorConditions, other: ReactorConditions) -> tuple[str, ...]:
    """Metabolites of the medium that are held, finite or exchanged with a gas in another way."""
    named = [*one.held, *other.held, *one.transfer, *other.transfer]
    return tuple(m for m in dict.fromkeys(named) if _supply(one, m) != _supply(other, m))


def differences(
    network: Network, one: ReactorConditions, other: ReactorConditions
) -> dict[str, tuple[ReactorConditions, ReactorConditions]]:
    """What tells two conditions apart, by name: each of the two with this taken from the other.

    The medium goes without the metabolites that are supplied in another way; these are a
    difference of their own.

    >>> from renaissance_kit import Network, ReactorConditions
    >>> network = Network.example()
    >>> own, published = (
    ...     ReactorConditions.from_folder(network, name) for name in ("own", "published")
    ... )
    >>> list(differences(network, own, published))
    ['medium', 'O2 supply', 'densities', 'dilution', 'inoculum']
    """
    supplied = [network.metabolites[m].name for m in supplied_otherwise(one, other)]
    parts: Mapping[str, _Taking] = {
        "medium": _with_medium,
        f"{', '.join(supplied)} supply": _with_supply,
        "densities": _with("growth_density_gDW_L", "exchange_density_gDW_L"),
        "dilution": _with("dilution"),
        "inoculum": _with("inoculum_gDW_L"),
        "duration": _with("duration_h"),
        "feed and events": _with("volume_L", "feed_mM", "events"),
    }
    changed = {name: (take(one, other), take(other, one)) for name, take in parts.items()}
    return {name: pair for name, pair in changed.items() if pair != (one, other)}


def conditions_table(
    models: KineticModels,
    reactors: Mapping[str, Bioreactor],
    curves: Sequence[MeasuredCurve],
    *,
    evaluations: int = 300_000,
    run: Run = RUN,
) -> pd.DataFrame:
    """The same models under two conditions, and under each with one difference from the other.

    Args:
        reactors: two, by the names of their conditions.
        curves: measured ones.
        evaluations: of the right-hand side allowed for one simulation, at most. Most take below
            30,000; a cell that loses its balance under foreign conditions may take millions.
        run: workers, store, progress and stop of each simulation.

    Returns:
        Columns start (name of the conditions), changed (what is taken from the other ones, or
        ``nothing``), model, quantity and goodness_of_fit, NaN where a simulation did not finish.
    """
    (first, one), (second, other) = reactors.items()
    found = differences(models.network, one.conditions, other.conditions)
    plan = [(first, NOTHING, one.conditions)]
    plan += [(first, name, pair[0]) for name, pair in found.items()]
    plan += [(second, NOTHING, other.conditions)]
    plan += [(second, name, pair[1]) for name, pair in found.items()]
    parts = []
    for start, changed, conditions in plan:
        reactor = reactors[start]
        limits = replace(
            reactor.tolerances, evaluations=min(evaluations, reactor.tolerances.evaluations)
        )
        reactor = replace(reactor, conditions=conditions, times_h=None, tolerances=limits)
        fit = fit_of(cultivate(models, reactor, run=run), curves)
        parts.append(
            pd.DataFrame(
                {
                    "start": start,
                    "changed": changed,
                    "model": np.repeat(fit.models, len(curves)),
                    "quantity": np.tile(list(fit.quantities), len(fit)),
                    "goodness_of_fit": fit.goodness_of_fit.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def conditions_summary(table: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Matches and median goodness of fit: one row a simulation, in the order of the table.

    Args:
        table: as from `conditions_table`.
        threshold: largest goodness of fit of a curve that is matched.

    Returns:
        Columns start, changed, models, finished; how many match each curve (``biomass`` and so on)
        and all of them (``all``); and the median of the goodness of fit of those that finished
        (``biomass, median``).
    """
    rows = []
    for (start, changed), part in table.groupby(["start", "changed"], sort=False):
        by_model = part.pivot(index="model", columns="quantity", values="goodness_of_fit")
        by_model = by_model[list(dict.fromkeys(part.quantity))]
        matched = by_model <= threshold
        matching = {str(name): int(n) for name, n in matched.sum().items()}
        rows.append(
            {
                "start": start,
                "changed": changed,
                "models": len(by_model),
                "finished": int(by_model.notna().all(axis=1).sum()),
                **matching,
                "all": int(matched.all(axis=1).sum()),
                **{f"{name}, median": by_model[name].median() for name in by_model},
            }
        )
    return pd.DataFrame(rows)


def _supply(conditions: ReactorConditions, metabolite: str) -> object:
    return conditions.transfer.get(metabolite, metabolite in conditions.held)


def _with(*names: str) -> _Taking:
    return lambda one, other: replace(one, **{name: getattr(other, name) for name in names})


def _with_medium(one: ReactorConditions, other: ReactorConditions) -> ReactorConditions:
    apart = supplied_otherwise(one, other)
    return replace(one, medium_mM=_part(other.medium_mM, one.medium_mM, apart))


def _with_supply(one: ReactorConditions, other: ReactorConditions) -> ReactorConditions:
    apart = supplied_otherwise(one, other)
    held = [m for m in one.held if m not in apart] + [m for m in other.held if m in apart]
    return replace(
        one,
        medium_mM=_part(one.medium_mM, other.medium_mM, apart),
        held=tuple(held),
        transfer=_part(one.transfer, other.transfer, apart),
    )


def _part(most: Mapping[str, Any], few: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """A table without some names, and these from another one."""
    rest = {name: value for name, value in most.items() if name not in names}
    return rest | {name: value for name, value in few.items() if name in names}
