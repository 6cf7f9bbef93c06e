"""What inhibition and activation do to a fermentation: the same models with and without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.network.regulation import regulations
from renaissance_kit.simulation.bioreactor import Bioreactor, cultivate
from renaissance_kit.simulation.fit import MeasuredCurve, fit_of
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.bioreactor import times_of
from renaissance_kit.training.fit import train
from renaissance_kit.training.recipes import Recipe

REGULATED, UNREGULATED = "regulated", "no regulation"


def regulated_network(network: Network) -> Network | None:
    """The network itself if it is regulated, else with the first table of its folder; or None.

    >>> from renaissance_kit import Network
    >>> from renaissance_kit.studies import regulated_network
    >>> regulated_network(Network.example()).name
    'ecoli_w3110_trpd9923+published'
    >>> regulated_network(Network.example("tiny"))
    """
    if network.regulated or network.folder is None:
        return network if network.regulated else None
    named = regulations(network.folder)
    return Network.from_folder(network.folder, regulation=named[0]) if named else None


def feedback_networks(network: Network, reactions: Sequence[str]) -> dict[str, Network]:
    """A regulated network, without the modifiers of some reactions, and without any.

    Args:
        reactions: those that have no modifier are passed over.

    >>> from renaissance_kit import Network
    >>> from renaissance_kit.studies import feedback_networks
    >>> list(feedback_networks(Network.example(regulation="published"), ["DDPA", "TKT1"]))
    ['regulated', 'no feedback on DDPA', 'no regulation']
    """
    found = [r for r in dict.fromkeys(reactions) if network.reactions[r].modifiers]
    out = {REGULATED: network}
    if found:
        out[f"no feedback on {', '.join(found)}"] = network.without_modifiers(*found)
    return out | {UNREGULATED: network.without_modifiers()}


def trained_models(
    network: Network, state: SteadyState, n: int, *, seed: int, recipe: Recipe | None = None
) -> tuple[KineticModels, float]:
    """Valid models of a generator that is trained for them, and the share of valid ones drawn.

    Args:
        n: how many; twice as many are drawn.
        recipe: by gradient if not given, which takes the least time.

    Raises:
        ParameterError: fewer of those drawn are valid.
    """
    training = train(network, state, seed=seed, recipe=recipe or Recipe.by_gradient(network))
    ensemble = training.ensemble(max(2 * n, 100), seed=seed)
    valid = np.flatnonzero(ensemble.valid)
    if len(valid) < n:
        raise ParameterError(
            f"{len(valid)} of {len(ensemble)} models with regulation are valid, {n} are wanted; "
            "train longer, or look at fewer"
        )
    return ensemble.select(valid[:n]).models(network), len(valid) / len(ensemble)


def regulation_courses(
    models: KineticModels,
    networks: Mapping[str, Network],
    reactor: Bioreactor,
    curves: Sequence[MeasuredCurve],
    *,
    threshold: float = 1.0,
    every_h: float = 1.0,
    run: Run = RUN,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Grow the same models in networks with more and less regulation.

    The constants that remain and the steady state are the same; Vmax takes up the difference.

    Args:
        models: of the network with all modifiers.
        networks: by name, as from `feedback_networks`.
        threshold: largest goodness of fit of a curve that is matched.
        every_h: time between two points.
        run: workers, store, progress and stop of each simulation.

    Returns:
        Time courses, long (regulation, model, quantity, time_h, value, in the units of the
        measurements), and one row a network: models, finished, valid, how many match each curve
        and all of them, the medians of the goodness of fit, and the last value of each curve
        relative to the measured one.
    """
    courses, rows = [], []
    for name, network in networks.items():
        batch = models.in_network(network)
        result = cultivate(batch, reactor, run=run)
        fit = fit_of(result, curves, threshold)
        times = times_of(result, every_h)
        done = np.flatnonzero(fit.finished)
        row = {
            "regulation": name,
            "models": len(fit),
            "finished": len(done),
            "valid": int(batch.spectrum().valid.sum()),
            **dict(zip(fit.quantities, fit.matched.sum(axis=0).tolist(), strict=True)),
            "all": int(fit.matches.sum()),
        }
        for j, curve in enumerate(curves):
            values = curve.simulated(result, times)[done]
            courses.append(
                pd.DataFrame(
                    {
                        "regulation": name,
                        "model": np.repeat(fit.models[done], len(times)),
                        "quantity": curve.quantity,
                        "time_h": np.tile(times, len(done)),
                        "value": values.ravel(),
                    }
                )
            )
            last = curve.simulated(result)[done, -1] / curve.time_course.value[-1]
            row[f"{curve.quantity}, median"] = (
                float(np.median(fit.goodness_of_fit[done, j])) if len(done) else np.nan
            )
            row[f"{curve.quantity}, last/measured"] = (
                float(np.median(last)) if len(done) else np.nan
            )
        rows.append(row)
    return pd.concat(courses, ignore_index=True), pd.DataFrame(rows)
