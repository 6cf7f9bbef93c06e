"""Why is my model slow: displacement from equilibrium of passive transport, and what it decides."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from renaissance_kit.analysis.unbiased import unbiased_models
from renaissance_kit.core.runs import Run
from renaissance_kit.core.seeds import rng_of
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.hit_and_run import STEPS_PER_DIMENSION
from renaissance_kit.states.sampling import sample_steady_states
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates

FREE = "no bound"
PARTS = ("fluxes", "concentrations", "displacements")
OWN, PUBLISHED = "own", "published"


def transport_table(network: Network, states: SteadyStates) -> pd.DataFrame:
    """Size of ln ρ of every reaction that crosses a membrane and has a class of transport.

    Returns:
        reaction, transport (as in ``reactions.csv``), and low, median, high: the least, the median
        and the largest of |ln ρ| over the states.
    """
    rows = []
    for reaction in network.kinetic_reactions:
        transport = network.reactions[reaction].transport
        size = np.abs(states.dataset.log_displacement.sel(kinetic_reaction=reaction).values)
        if transport and np.isfinite(size).all():
            rows.append((reaction, transport, size.min(), np.median(size), size.max()))
    return pd.DataFrame(rows, columns=["reaction", "transport", "low", "median", "high"])


def states_by_displacement(
    network: Network,
    n: int,
    *,
    seed: int,
    constraints: Constraints,
    steps_per_dimension: int = STEPS_PER_DIMENSION,
) -> dict[str, SteadyStates]:
    """Sample states with the bounds on displacement taken away, and with one class after another.

    Args:
        n: states of each kind.
        constraints: with bounds on displacement.

    Returns:
        By what is bounded: `FREE`, then the classes of transport in the order in which
        ``constraints.csv`` names them, each with those before it, the last with all bounds.
        Empty without bounds on displacement.
    """
    bounds = constraints.displacements
    classes = list(dict.fromkeys(network.reactions[r].transport for r in bounds))
    found: dict[str, SteadyStates] = {}
    for k in range(len(classes) + 1 if bounds else 0):
        held = {r: b for r, b in bounds.items() if network.reactions[r].transport in classes[:k]}
        name = " + ".join(c or "others" for c in classes[:k]) or FREE
        found[name] = sample_steady_states(
            network,
            n,
            seed=seed,
            constraints=replace(constraints, displacements=held),
            steps_per_dimension=steps_per_dimension,
        )
    return found


def unbiased_by_state(
    network: Network,
    samples: Mapping[str, SteadyStates],
    *,
    n_states: int,
    models: int,
    threshold_per_h: float,
    seed: int,
    workers: int = 2,
) -> pd.DataFrame:
    """What log-uniform KM sets are worth at the first states of some samples, the same sets at all.

    Args:
        n_states: of each sample.
        models: KM sets at each state.

    Returns:
        One row a state: sample, state, incidence (share of valid models), stable (share of models
        with λmax < 0), lambda_max_per_h (median).
    """
    rows = []
    for name, sample in samples.items():
        unbiased = unbiased_models(
            network, sample[:n_states], models=models, seed=seed, threshold_per_h=threshold_per_h,
            run=Run(workers),
        )  # fmt: skip
        for i, values in enumerate(unbiased.lambda_max_per_h):
            rows.append(
                {
                    "sample": name,
                    "state": i,
                    "incidence": float(unbiased.incidence[i]),
                    "stable": float(np.mean(values < 0)),
                    "lambda_max_per_h": float(np.nanmedian(values)),
                }
            )
    columns = ["sample", "state", "incidence", "stable", "lambda_max_per_h"]
    return pd.DataFrame(rows, columns=columns)


def exchanged(own: SteadyState, published: SteadyState) -> dict[tuple[str, str, str], SteadyState]:
    """All states made of the fluxes, concentrations and displacements of two.

    The size of ln ρ is taken; its sign follows the flux. Equilibrium constants follow from
    concentrations and ln ρ, so that each combination is a steady state, if not one that the
    tables of energies allow.

    Returns:
        By origin of `PARTS`, each `OWN` or `PUBLISHED`.
    """
    of = {OWN: own, PUBLISHED: published}
    found = {}
    for parts in itertools.product(of, of, of):
        fluxes, concentrations, displacements = (of[p] for p in parts)
        size = np.abs(displacements.log_displacement)
        found[parts] = replace(
            own,
            fluxes_mmol_gDW_h=fluxes.fluxes_mmol_gDW_h,
            concentrations_mM=concentrations.concentrations_mM,
            log_displacement=-np.sign(fluxes.fluxes_mmol_gDW_h) * size,
            label=" / ".join(parts),
        )
    return found


def exchange_table(
    network: Network,
    own: SteadyState,
    published: SteadyState,
    *,
    models: int,
    threshold_per_h: float,
    seed: int,
    workers: int = 2,
) -> pd.DataFrame:
    """What unbiased models are worth at each state of `exchanged`.

    Returns:
        One row a combination: `PARTS`, models, valid, stable (counts) and lambda_max_per_h
        (median), the largest number of valid models first.
    """
    km = KMRanges.of(network).uniform(models, rng_of(seed))
    rows = []
    for parts, state in exchanged(own, published).items():
        spectrum = KineticModels(network, state, km).spectrum(
            threshold_per_h=threshold_per_h, workers=workers
        )
        values = spectrum.lambda_max_per_h
        rows.append(
            {
                **dict(zip(PARTS, parts, strict=True)),
                "models": models,
                "valid": int(spectrum.valid.sum()),
                "stable": int(np.sum(values < 0)),
                "lambda_max_per_h": float(np.nanmedian(values)),
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values("valid", ascending=False, kind="stable").reset_index(drop=True)


def unphysical(
    network: Network, states: SteadyStates, constraints: Constraints, *, fold: float = 10.0
) -> pd.DataFrame:
    """Concentrations of given states that lie far from what is measured or possible.

    Args:
        states: such as the published ones.
        constraints: measured and medium concentrations to compare with.
        fold: by how much a concentration lies outside at least, in every state.

    Returns:
        metabolite, low_mM and high_mM (range over the states), known_low_mM and known_high_mM,
        known (``measured`` or ``medium``) and fold, the farthest first.
    """
    rows = []
    for name in network.species:
        values = states.dataset.concentration.sel(metabolite=name).values
        if name in constraints.measured_mM:
            known = (constraints.measured_mM[name].value,) * 2
        elif name in constraints.medium_mM:
            known = (constraints.medium_mM[name].low, constraints.medium_mM[name].high)
        else:
            continue
        low, high = float(values.min()), float(values.max())
        off = max(known[0] / high, low / known[1])
        if off >= fold:
            kind = "measured" if name in constraints.measured_mM else "medium"
            rows.append((name, low, high, *known, kind, off))
    columns = ["metabolite", "low_mM", "high_mM", "known_low_mM", "known_high_mM", "known", "fold"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("fold", ascending=False, kind="stable").reset_index(drop=True)
