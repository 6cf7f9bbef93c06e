"""Designs beyond the linear response: new steady states, the bioreactor, the enzymes' expression.

A design is found with first derivatives. Here its folds, the same in all models, are given to the
equations themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.core.types import Array
from renaissance_kit.design.response import LinearResponse
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import (
    Bioreactor,
    BioreactorResult,
    cultivate,
    engineered,
)
from renaissance_kit.simulation.fit import MeasuredCurve, measured_curves
from renaissance_kit.simulation.new_states import NewState, new_steady_states
from renaissance_kit.simulation.shifts import Step
from renaissance_kit.studies.design import Candidates

EXPRESSED = (0.5, 1.5)  # of the intended fold: ±50 %, as Narayanan et al. 2024


def steady_state_table(
    models: KineticModels,
    candidates: Candidates,
    target: Mapping[str, float],
    which: Sequence[int],
    *,
    run: Run = RUN,
) -> pd.DataFrame:
    """New steady states of the cell, in a medium that stays as it is, beside the linear response.

    Args:
        models: those to which the candidates were taken, or the first of them.
        target: as of the `DesignProblem`.
        which: numbers of the designs.

    Returns:
        design, model, linear (fold of the target), fold (at the new steady state; negative where
        a flux of the target has turned, NaN where there is no stable state) and status (name of a
        `NewState`).
    """
    index = models.network.reaction_index
    steps = [Step(vmax_factors=candidates.vmax_factors(i)) for i in which]
    found, rows = new_steady_states(models, steps, run=run), []
    for j, i in enumerate(which):
        fold = np.ones(len(models))
        with np.errstate(invalid="ignore", divide="ignore"):
            for name, weight in target.items():
                rate = found.rates[:, j, index[name]]
                fold *= np.sign(rate) * np.abs(rate) ** weight
        stable = found.status[:, j] == NewState.STABLE
        rows.append(
            pd.DataFrame(
                {
                    "design": candidates.names[i],
                    "model": np.arange(len(models)),
                    "linear": np.exp(candidates.common.log_gain[i, : len(models)]),
                    "fold": np.where(stable, fold, np.nan),
                    "status": [NewState(s).name for s in found.status[:, j]],
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def reactor_table(
    models: KineticModels,
    reactor: Bioreactor,
    candidates: Candidates,
    which: Sequence[int],
    product: MeasuredCurve,
    substrate: MeasuredCurve,
    *,
    run: Run = RUN,
) -> pd.DataFrame:
    """Grow each design in the bioreactor, beside its host.

    Args:
        models: those to which the candidates were taken, or the first of them.
        product, substrate: which substances of the medium are meant; the measurements are not used.

    Returns:
        design (the host's is ``host``), model, linear (fold of the target; 1 of the host),
        product and biomass at the end in their units, yield (product per substrate used, in g/g or
        mol/mol), and all three over those of the same model's host (product_fold, biomass_fold,
        yield_fold). NaN where an integration ended early.
    """
    host = _ends(cultivate(models, reactor, run=run), product, substrate)
    frames = [_row("host", np.ones(len(models)), host, host)]
    for i in which:
        grown = cultivate(models, engineered(reactor, candidates.vmax_factors(i)), run=run)
        ends = _ends(grown, product, substrate)
        linear = np.exp(candidates.common.log_gain[i, : len(models)])
        frames.append(_row(candidates.names[i], linear, ends, host))
    return pd.concat(frames, ignore_index=True)


def feedback_table(
    models: KineticModels,
    reactor: Bioreactor,
    strains: Mapping[str, Mapping[str, float]],
    released: str,
    product: MeasuredCurve,
    substrate: MeasuredCurve,
    *,
    run: Run = RUN,
) -> pd.DataFrame:
    """Grow strains whose enzyme is free of its inhibition, as a feedback-resistant one is.

    The maximal velocity of the enzyme stays that of the host.

    Args:
        models: of a network in which the reaction has modifiers.
        strains: factors on further maximal velocities, by strain.
        released: the reaction without its modifiers.

    Returns:
        As `reactor_table`, with ``released``: how many times faster the reaction would run at the
        steady state of the host. ``linear`` is missing.

    Raises:
        ParameterError: the reaction has no modifier.
    """
    network = models.network.without_modifiers(released)
    index = network.reaction_index[released]
    frames = []
    for m in range(len(models)):
        one = models.with_km(models.km_mM[m : m + 1])
        free = one.in_network(network)
        ratio = float(one.vmax_mM_h[0, index] / free.vmax_mM_h[0, index])
        host = _ends(cultivate(one, reactor, run=run), product, substrate)
        for name, factors in strains.items():
            strain = engineered(reactor, {**factors, released: ratio * factors.get(released, 1.0)})
            ends = _ends(cultivate(free, strain, run=run), product, substrate)
            frame = _row(name, np.full(1, np.nan), ends, host)
            frames.append(frame.assign(model=m, released=ratio))
    return pd.concat(frames, ignore_index=True)


def expression_table(
    responses: Sequence[LinearResponse], candidates: Candidates, which: Sequence[int]
) -> pd.DataFrame:
    """What becomes of a design if an enzyme comes out at half or one and a half of its fold.

    Returns:
        design, enzyme (or ``all``), expressed (share of the intended fold), model, fold (of the
        target, linear) and kept (whether all limits are).
    """
    rows = []
    for i in which:
        y, changed = candidates.common.log_folds[i], [j for j, _ in candidates.changes[i]]
        parts = {candidates.levers[j]: [j] for j in changed}
        if len(changed) > 1:
            parts["all"] = changed
        for name, levers in parts.items():
            for share in (EXPRESSED[0], 1.0, EXPRESSED[1]):
                folds = y.copy()
                folds[levers] += np.log(share)
                for m, response in enumerate(responses):
                    if response.known:
                        rows.append(
                            {
                                "design": candidates.names[i],
                                "enzyme": name,
                                "expressed": share,
                                "model": m,
                                "fold": float(np.exp(response.gain @ folds)),
                                "kept": response.violation(folds)[0] <= 1e-6,
                            }
                        )
    return pd.DataFrame(rows)


def expression_in_reactor(
    models: KineticModels,
    reactor: Bioreactor,
    candidates: Candidates,
    design: int,
    product: MeasuredCurve,
    substrate: MeasuredCurve,
    *,
    run: Run = RUN,
) -> pd.DataFrame:
    """The same for one design in the bioreactor, one enzyme at a time.

    Returns:
        design, enzyme, expressed, model, and the folds over the host as `reactor_table`.
    """
    host = _ends(cultivate(models, reactor, run=run), product, substrate)
    linear, frames = np.full(len(models), np.nan), []
    for lever in (candidates.levers[j] for j, _ in candidates.changes[design]):
        for share in (EXPRESSED[0], 1.0, EXPRESSED[1]):
            factors = candidates.vmax_factors(design)
            factors |= {r: share * factors[r] for r in lever.split("+")}
            ends = _ends(
                cultivate(models, engineered(reactor, factors), run=run), product, substrate
            )
            frame = _row(candidates.names[design], linear, ends, host)
            frames.append(frame.assign(enzyme=lever, expressed=share))
    return pd.concat(frames, ignore_index=True).drop(columns="linear")


def nonlinear_table(checked: pd.DataFrame, fold: str) -> pd.DataFrame:
    """Linear and non-linear folds of each design: medians, central 95 % and how they go together.

    Args:
        checked: as from `steady_state_table` or `reactor_table`.
        fold: its column with the non-linear fold.

    Returns:
        design, models, finished, linear, fold, fold_low, fold_high, more (share of the models that
        were finished in which the fold is above 1) and rank (Spearman's correlation of both folds
        over the models; NaN below three).
    """
    rows = []
    for design, part in checked.groupby("design", sort=False):
        if design == "host":
            continue
        done = part[part[fold].notna()]
        rows.append(
            {
                "design": design,
                "models": len(part),
                "finished": len(done),
                "linear": float(part.linear.median()),
                "fold": float(done[fold].median()),
                "fold_low": float(done[fold].quantile(0.025)),
                "fold_high": float(done[fold].quantile(0.975)),
                "more": float((done[fold] > 1).mean()) if len(done) else np.nan,
                "rank": float(done.linear.corr(done[fold], method="spearman"))
                if len(done) > 2
                else np.nan,
            }
        )
    return pd.DataFrame(rows)


def measured_folds(
    network: Network, strains: Sequence[str], host: str, product: str, substrate: str
) -> pd.DataFrame:
    """What the built strains made, over their host: strain, product_fold, yield_fold.

    Args:
        product, substrate: quantities of ``fermentation.csv``.
    """
    ends = {
        name: [c.time_course for c in measured_curves(network, name, chosen=[product, substrate])]
        for name in (host, *strains)
    }
    made = {name: float(p.value[-1] - p.value[0]) for name, (p, _) in ends.items()}
    used = {name: float(s.value[0] - s.value[-1]) for name, (_, s) in ends.items()}
    return pd.DataFrame(
        {
            "strain": list(strains),
            "product_fold": [made[s] / made[host] for s in strains],
            "yield_fold": [made[s] / used[s] / (made[host] / used[host]) for s in strains],
        }
    )


def _ends(
    result: BioreactorResult, product: MeasuredCurve, substrate: MeasuredCurve
) -> dict[str, Array]:
    """Product, biomass and yield of each model at the end; NaN where it was not reached."""
    times = [0.0, float(result.dataset.time_h.values[-1])]
    made, used = product.simulated(result, times), substrate.simulated(result, times)
    biomass = result.at("biomass", times)[:, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (made[:, 1] - made[:, 0]) / (used[:, 0] - used[:, 1])
    found = {"product": made[:, 1], "biomass": biomass, "yield": share}
    return {name: np.where(result.finished, values, np.nan) for name, values in found.items()}


def _row(
    design: str, linear: Array, ends: dict[str, Array], host: dict[str, Array]
) -> pd.DataFrame:
    models = np.arange(len(linear))
    frame = pd.DataFrame({"design": design, "model": models, "linear": linear, **ends})
    return frame.assign(**{f"{name}_fold": ends[name] / host[name] for name in ends})
