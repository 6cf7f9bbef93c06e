"""What notebook 11 designs with: models at each set of states, the usual problem, known strains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit.design.known import published_designs
from renaissance_kit.design.problem import LEAST_GROWTH, DesignProblem
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import Bioreactor, batch_of
from renaissance_kit.simulation.fit import MeasuredCurve, measured_curves
from renaissance_kit.simulation.strains import engineered_strains
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import OWN, PUBLISHED
from renaissance_kit.states.tables import FERMENTATION_TABLE, PUBLISHED_STATE_TABLE
from renaissance_kit.studies.control import target_fluxes
from renaissance_kit.studies.design_checks import measured_folds
from renaissance_kit.studies.models import states_of, valid_ensemble
from renaissance_kit.studies.regulation import trained_models
from renaissance_kit.training.recipes import Recipe

FEW_STEPS = 60  # of a training, enough for some valid models


def states_for_design(network: Network, made: str | Path, first: str) -> dict[str, SteadyState]:
    """The default state of each set that a network has, by the set's name, one of them first.

    Args:
        made: states that notebook 01 left, for a network without any.
        first: ``own`` or ``published``.
    """
    there = [OWN]
    if _has(network, PUBLISHED_STATE_TABLE.name):
        there.append(PUBLISHED)
    return {
        name: states_of(network, made, name)[0].default
        for name in sorted(there, key=lambda name: name != first)
    }


def models_for_design(
    network: Network, at: str, state: SteadyState, n: int, *, steps: int, seed: int
) -> KineticModels:
    """Valid models at a state, from a generator that is trained for them by gradient.

    Args:
        at: name of the set of states, or of a condition.
        state: where the generator is trained.
        n: how many.
        steps: of the training; 0 takes the shipped ensemble where there is one of this set, and
            trains for `FEW_STEPS` elsewhere.

    Raises:
        ParameterError: fewer of those drawn are valid.
    """
    if steps == 0 and at in (OWN, PUBLISHED):
        return valid_ensemble(network, n, states=at)[0].models(network)
    recipe = Recipe.by_gradient(network, steps=steps or FEW_STEPS)
    return trained_models(network, state, n, seed=seed, recipe=recipe)[0]


def reactor_for_design(network: Network, at: str) -> Bioreactor:
    """The bioreactor with the conditions of a set of states; those of ``own`` for any other."""
    return batch_of(network, at if at in (OWN, PUBLISHED) else OWN)


def yield_problem(
    network: Network,
    state: SteadyState,
    product: str | None = None,
    uptake: str | None = None,
    *,
    excluded: Sequence[str] | None = None,
    enzymes: int = 3,
    highest_fold: float = 5.0,
    lowest_fold: float = 0.01,
    concentration_fold: float = 3.0,
    least_growth: float = LEAST_GROWTH,
) -> DesignProblem:
    """More product per substrate; see `DesignProblem`.

    Args:
        product: reaction; if not given, the one that releases the measured product.
        uptake: reaction; if not given, the one that takes up the measured substrate, and none
            where none was measured.
        excluded: reactions whose enzyme stays; ATP maintenance if not given.
        least_growth: share of the growth rate, where the network grows.

    Raises:
        ParameterError: an unknown reaction, or a field that is out of range.

    >>> from renaissance_kit import Network, SteadyStates
    >>> network = Network.example()
    >>> dict(yield_problem(network, SteadyStates.example(network).default).target)
    {'ANTHtex': 1.0, 'GLCtex': -1.0}
    """
    curves = product_and_substrate(network)
    if uptake is None and curves is not None:
        uptake = _taking_up(network, state, curves[1].variable)
    if excluded is None:
        excluded = without_enzyme(network)
    growth = {} if network.growth is None else {network.growth: (least_growth, np.inf)}
    return DesignProblem.of(
        network,
        product or target_fluxes(network, state)[0],
        uptake,
        excluded=tuple(excluded),
        enzymes=enzymes,
        highest_fold=highest_fold,
        lowest_fold=lowest_fold,
        concentration_fold=concentration_fold,
        flux_folds=growth,
    )


def product_and_substrate(network: Network) -> tuple[MeasuredCurve, MeasuredCurve] | None:
    """The last measured substance that is released, and the first that is used up; or None."""
    if not _has(network, FERMENTATION_TABLE.name):
        return None
    curves = [c for c in measured_curves(network) if not c.inside and c.variable != "biomass"]
    made = [c for c in curves if not c.time_course.falls]
    used = [c for c in curves if c.time_course.falls]
    return (made[-1], used[0]) if made and used else None


def known_designs(network: Network) -> dict[str, dict[str, int]]:
    """Published designs and strains that were built, by name: 1 for up, −1 for down."""
    built = {name: dict.fromkeys(r, 1) for name, r in engineered_strains(network).items()}
    return published_designs(network) | built


def measured_yields(network: Network, strains: Sequence[str]) -> pd.DataFrame:
    """As `measured_folds`, over the first strain that was measured; empty where none was."""
    curves = product_and_substrate(network)
    if curves is None or not strains:
        return pd.DataFrame(columns=["strain", "product_fold", "yield_fold"])
    product, substrate = curves
    host = product.time_course.strain
    return measured_folds(network, strains, host, product.quantity, substrate.quantity)


def freed_enzyme(network: Network) -> str | None:
    """The first engineered reaction on which the network has feedback; None without one.

    >>> from renaissance_kit import Network
    >>> freed_enzyme(Network.example(regulation="published")), freed_enzyme(Network.example())
    ('DDPA', None)
    """
    names = (name for names in engineered_strains(network).values() for name in names)
    return next((name for name in names if network.reactions[name].modifiers), None)


def strain_factors(network: Network, freed: str, factor: float) -> dict[str, dict[str, float]]:
    """Factors on the other enzymes of each built strain whose enzyme is freed of feedback."""
    return {
        name: {r: factor for r in reactions if r != freed}
        for name, reactions in engineered_strains(network).items()
        if freed in reactions
    }


def _taking_up(network: Network, state: SteadyState, metabolite: str) -> str | None:
    """The reaction that takes most of a metabolite."""
    flux = dict(zip(network.kinetic_reactions, state.fluxes_mM_h, strict=True))
    taken = {
        r: -network.reactions[r].stoichiometry.get(metabolite, 0.0) * v for r, v in flux.items()
    }
    best = max(taken, key=lambda name: taken[name])
    return best if taken[best] > 0 else None


def _has(network: Network, table: str) -> bool:
    return network.folder is not None and (network.folder / table).is_file()


def without_enzyme(network: Network) -> list[str]:
    """Reactions that nothing can be expressed for: those without a gene rule.

    Empty for a network that has no rules at all, of which nothing can be told.

    >>> from renaissance_kit import Network, studies
    >>> "ATPM" in studies.without_enzyme(Network.example())
    True
    """
    rules = network.gene_rules
    return [name for name in network.kinetic_reactions if name not in rules] if rules else []
