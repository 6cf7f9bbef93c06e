"""Notebook 00, start here: its sizes and its sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.spectrum import Spectrum, incidence_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent


@dataclass(frozen=True)
class Sizes(Scale):
    """How large the part on *E. coli* is.

    Attributes:
        models: with random KM, and from the generator.
        generations: of the training.
        population: generators tried in a generation.
        models_per_generator: that each of them is judged by.
    """

    models: int
    generations: int
    population: int
    models_per_generator: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "models": (60, 500, 2_000, 5_000),
        "generations": (2, 5, 15, 50),
        "population": (4, 10, 20, 20),
        "models_per_generator": (10, 40, 50, 100),
    }


def concentrations(network: Network, state: SteadyState) -> Text:
    """How far apart the concentrations of a steady state are."""
    values = dict(zip(network.species, state.concentrations_mM, strict=True))
    least, most = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    return Text(
        f"From {values[least]:.3g} mM of {network.names[least]} to {values[most]:.3g} mM of "
        f"{network.names[most]}."
    )


def eigenvalues(network: Network, spectrum: Spectrum) -> Text:
    """How fast the first model is, and why it has fewer eigenvalues than metabolites."""
    return Text(
        f"Model 0 has λmax = {spectrum.lambda_max_per_h[0]:.0f} 1/h, a time constant of "
        f"{60 * spectrum.dominant_time_constant_min[0]:.0f} seconds. {len(network.dynamic)} "
        f"metabolites give {spectrum.eigenvalues_per_h.shape[1]} eigenvalues, since "
        f"{len(network.moieties)} sums of metabolites are conserved."
    )


def strict_threshold(
    random: Spectrum, trained: Spectrum, threshold_per_h: float, models: int, seconds: float
) -> Text:
    """What training does about a threshold that few random models meet.

    Args:
        models, seconds: that the training took.
    """
    before = incidence_of(random.lambda_max_per_h, threshold_per_h)
    return Text(
        f"At a threshold of {threshold_per_h:.0f} 1/h, {percent(before, 0)} of the random models "
        f"are valid "
        f"and {percent(trained.incidence, 0)} of those of the generator, after {models:,} models "
        f"in "
        f"{seconds:.1f} s."
    )


def ecoli(random: Spectrum, trained: KineticEnsemble, threshold_per_h: float) -> Text:
    """Which way a short training moves the models of *E. coli*."""
    before, after = (np.nanmedian(of.lambda_max_per_h) for of in (random, trained))
    return Text(
        f"Of {len(trained):,} models each, {int(random.valid.sum()):,} with random KM and "
        f"{int(trained.valid.sum()):,} from the generator are valid (λmax at or below "
        f"{threshold_per_h:g} 1/h). The median λmax went from {before:.3g} to {after:.3g} 1/h."
    )
