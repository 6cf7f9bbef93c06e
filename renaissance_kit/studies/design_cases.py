"""What notebook 11 designs with: models at each set of states, the usual problem, known strains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.linalg import null_space

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.design.known import published_designs
from renaissance_kit.design.problem import LEAST_GROWTH, DesignProblem
from renaissance_kit.kinetics.ensembles import example_file
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
    shipped = at in (OWN, PUBLISHED) and _has(network, example_file(network, at))
    if steps == 0 and shipped:
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
        product: reaction; if not given, the one that releases the measured product (of several
            the last in ``fermentation.csv``), else the first of `target_fluxes`.
        uptake: reaction; if not given, the one that takes up the measured substrate, and none
            where none was measured.
        excluded: reactions whose enzyme stays; ATP maintenance if not given.
        least_growth: share of the growth rate, where the network grows.

    Raises:
        ParameterError: an unknown reaction, a field that is out of range, or no product is given
            and nothing is released.

    >>> from renaissance_kit import Network, SteadyStates
    >>> network = Network.example()
    >>> dict(yield_problem(network, SteadyStates.example(network).default).target)
    {'ANTHtex': 1.0, 'GLCtex': -1.0}
    """
    made, used = _measured(network)
    if product is None and made:
        product = _most(network, state, made[-1].variable, 1.0)
    if product is None and not (released := target_fluxes(network, state)):
        raise ParameterError(f"{network.name} releases nothing; name the product, a reaction")
    product = product or released[0]
    if uptake is None and used:
        uptake = _most(network, state, used[0].variable, -1.0)
    if excluded is None:
        excluded = without_enzyme(network)
    growth = {} if network.growth is None else {network.growth: (least_growth, np.inf)}
    return DesignProblem.of(
        network,
        product,
        uptake,
        excluded=tuple(excluded),
        enzymes=enzymes,
        highest_fold=highest_fold,
        lowest_fold=lowest_fold,
        concentration_fold=concentration_fold,
        flux_folds=growth,
    )


def product_and_substrate(
    network: Network, product: str | None = None, uptake: str | None = None
) -> tuple[MeasuredCurve, MeasuredCurve] | None:
    """The measured substance that is made, the last one released, and the first that is used up.

    Args:
        product: reaction whose flux a design raises; then the measured substance with whose release
            this flux always goes, as that of the reactions of a linear pathway does.
        uptake: the same of the substrate.

    Returns:
        None where one of the two was not measured.

    >>> from renaissance_kit import Network
    >>> network = Network.example()
    >>> [curve.quantity for curve in product_and_substrate(network, "ANS", "GLCtex")]
    ['anthranilate', 'glucose']
    >>> product_and_substrate(network, "SUCCtex") is None
    True
    """
    made, used = (
        curves if reaction is None else [c for c in curves if _goes_with(network, reaction, c)]
        for curves, reaction in zip(_measured(network), (product, uptake), strict=True)
    )
    return (made[-1], used[0]) if made and used else None


def _measured(network: Network) -> tuple[list[MeasuredCurve], list[MeasuredCurve]]:
    """Curves of substances of the medium that become more, and of those that are used up."""
    if not _has(network, FERMENTATION_TABLE.name):
        return [], []
    curves = [c for c in measured_curves(network) if not c.inside and c.variable != "biomass"]
    return [c for c in curves if not c.time_course.falls], [
        c for c in curves if c.time_course.falls
    ]


def _goes_with(network: Network, reaction: str, curve: MeasuredCurve) -> bool:
    """Whether the flux of a reaction is that of a substance into the medium, up to a factor."""
    crossing = [
        r for r in network.kinetic_reactions if curve.variable in network.reactions[r].stoichiometry
    ]
    if reaction in crossing or len(crossing) != 1:
        return reaction in crossing
    network.require_reactions([reaction])
    fluxes = null_space(network.stoichiometry[: len(network.dynamic)])
    one, two = (fluxes[network.reaction_index[r]] for r in (reaction, crossing[0]))
    return bool(abs(one @ two) > (1 - 1e-9) * np.linalg.norm(one) * np.linalg.norm(two))


def known_designs(network: Network) -> dict[str, dict[str, int]]:
    """Published designs and strains that were built, by name: 1 for up, −1 for down."""
    built = {name: dict.fromkeys(r, 1) for name, r in engineered_strains(network).items()}
    return published_designs(network) | built


def measured_yields(
    network: Network, strains: Sequence[str], product: str | None = None, uptake: str | None = None
) -> pd.DataFrame:
    """As `measured_folds`, over the first strain that was measured.

    Args:
        strains: those that were not measured are left out.
        product, uptake: as in `product_and_substrate`.

    Returns:
        Empty where none was measured.
    """
    curves = product_and_substrate(network, product, uptake)
    if curves is None:
        return pd.DataFrame(columns=["strain", "product_fold", "yield_fold"])
    made, used = (curve.quantity for curve in curves)
    rows = FERMENTATION_TABLE.read(network.file(FERMENTATION_TABLE.name))
    there = {(row["strain"], row["quantity"]) for row in rows}
    known = [name for name in strains if {(name, made), (name, used)} <= there]
    return measured_folds(network, known, curves[0].time_course.strain, made, used)


def freed_enzyme(network: Network) -> str | None:
    """The first engineered reaction that the network has inhibited; None without one.

    >>> from renaissance_kit import Network
    >>> freed_enzyme(Network.example(regulation="published")), freed_enzyme(Network.example())
    ('DDPA', None)
    """
    names = (name for names in engineered_strains(network).values() for name in names)
    return next(
        (
            name
            for name in names
            if any(m.kind.endswith("inhibition") for m in network.reactions[name].modifiers)
        ),
        None,
    )


def strain_factors(network: Network, freed: str, factor: float) -> dict[str, dict[str, float]]:
    """Factors on the other enzymes of each built strain whose enzyme is freed of feedback."""
    return {
        name: {r: factor for r in reactions if r != freed}
        for name, reactions in engineered_strains(network).items()
        if freed in reactions
    }


def _most(network: Network, state: SteadyState, metabolite: str, sign: float) -> str | None:
    """The reaction that makes most of a metabolite (sign 1), or uses most (−1)."""
    flux = dict(zip(network.kinetic_reactions, state.fluxes_mM_h, strict=True))
    moved = {
        r: sign * network.reactions[r].stoichiometry.get(metabolite, 0.0) * v
        for r, v in flux.items()
    }
    best = max(moved, key=lambda name: moved[name])
    return best if moved[best] > 0 else None


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
