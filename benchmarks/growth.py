"""How the cost of each stage grows with the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import least_seconds
from benchmarks.rows import Row, alone, at_most
from renaissance_kit import (
    KineticModels,
    KMRanges,
    Network,
    Recipe,
    SteadyState,
    SteadyStates,
    train,
)
from renaissance_kit.analysis import unsaturated_ranges
from renaissance_kit.kinetics import smooth_lambda_max
from renaissance_kit.laws.record import Terms
from renaissance_kit.network.records import Reaction
from renaissance_kit.simulation import Dynamics

COPIES, FEW = (1, 2, 5), 20  # FEW: models


def growth(tiny: bool) -> list[Row]:
    """Stages of an evaluation, one thread, in networks of 1, 2 and 5 copies of that of *E. coli*
    side by side in one cell (n = 85, 170 and 425), which share the medium; the exponent of n is
    the slope of a straight line through the logarithms. Then a training by gradient of 60 steps at
    the largest, from bounds with the constants of substrates above their concentrations, on all
    cores."""
    cases = {k: _models(k, 2 if tiny else FEW) for k in (COPIES[:2] if tiny else COPIES)}
    sizes = [len(m.network.independent) for m in cases.values()]
    rows = []
    for name, stage in _STAGES.items():
        calls = [stage(models) for models in cases.values()]
        for call in calls:
            call()  # compile
        with threadpool_limits(1, user_api="blas"):
            times = least_seconds(*calls, repeats=1 if tiny else 5)
        each = [1e3 * t / len(m) for t, m in zip(times, cases.values(), strict=True)]
        rows += [alone(f"{name}, n = {n}", t, "ms") for n, t in zip(sizes, each, strict=True)]
        slope = np.polyfit(np.log(sizes), np.log(times), 1)[0]
        rows.append(alone(f"{name}, exponent of n", slope, ""))
    models = cases[1] if tiny else list(cases.values())[-1]
    return [*rows, *_training(models, tiny)]


def _training(models: KineticModels, tiny: bool) -> list[Row]:
    network, state = models.network, models.state
    n, ranges = len(network.independent), unsaturated_ranges(network, state)
    before = models.with_km(ranges.uniform(20 if tiny else 200, np.random.default_rng(1)))
    share = float(before.spectrum().valid.mean())
    recipe = Recipe.by_gradient(network, ranges=ranges, steps=2 if tiny else 60)
    begin = time.perf_counter()
    trained = train(network, state, seed=1, recipe=recipe)
    seconds = time.perf_counter() - begin
    after = trained.ensemble(20 if tiny else 200, seed=1).valid.mean()
    name = f"training by gradient, n = {n}"
    return [
        alone(name, seconds, "s", at_most(600.0), f"valid {share:.1%} before, {after:.1%} after")
    ]


def _rates(models: KineticModels) -> Callable[[], object]:
    return lambda: models.with_km(models.km_mM).jacobians_per_h()


def _eigenvalues(models: KineticModels) -> Callable[[], object]:
    jacobians = models.jacobians_per_h()
    return lambda: np.linalg.eigvals(jacobians)


def _whole(models: KineticModels) -> Callable[[], object]:
    return lambda: models.spectrum(workers=1)


def _derivative(models: KineticModels) -> Callable[[], object]:
    return lambda: smooth_lambda_max(models, workers=1)


def _right_hand_side(models: KineticModels) -> Callable[[], object]:
    cell = Dynamics(models)
    n = len(cell.names)
    system, out, feed = cell.system(0), np.empty(n), np.zeros(n)
    return lambda: [
        system.derivative(cell.steady_state, out, 0.0, feed) for _ in range(len(models))
    ]


_STAGES: Mapping[str, Callable[[KineticModels], Callable[[], object]]] = {
    "Vmax and Jacobian": _rates,
    "eigenvalues": _eigenvalues,
    "validity": _whole,
    "validity with its derivative": _derivative,
    "right-hand side": _right_hand_side,
}


def _models(copies: int, n: int) -> KineticModels:
    """Unbiased models of a cell with so many copies of the network of *E. coli* at the default
    state."""
    one = Network.example()
    state = SteadyStates.example(one).default
    network = one if copies == 1 else _side_by_side(one, copies)
    c = dict(zip(one.species, state.concentrations_mM, strict=True))
    v = dict(zip(one.kinetic_reactions, state.fluxes_mmol_gDW_h, strict=True))
    rho = dict(zip(one.kinetic_reactions, state.log_displacement, strict=True))
    at = SteadyState(
        np.array([c[_original(name)] for name in network.species]),
        np.array([v[_original(name)] for name in network.kinetic_reactions]),
        np.array([rho[_original(name)] for name in network.kinetic_reactions]),
        state.density_gDW_L, state.label, network.digest,
    )  # fmt: skip
    km = KMRanges.of(network).uniform(n, np.random.default_rng(1))
    return KineticModels(network, at, km)


def _side_by_side(network: Network, copies: int) -> Network:
    shared = {n for n, m in network.metabolites.items() if m.role != "dynamic"}
    metabolites, reactions = {}, {}
    for copy in range(1, copies + 1):
        for name, metabolite in network.metabolites.items():
            new = name if name in shared else f"{name}_copy{copy}"
            metabolites[new] = replace(metabolite, id=new)
        for name, reaction in network.reactions.items():
            if reaction.role == "exchange" and copy > 1:
                continue
            new = f"{name}_copy{copy}"
            reactions[new] = _renamed(reaction, new, copy, shared)
    return Network(
        f"{network.name} x {copies}", metabolites, reactions, network.compartments,
        network.conditions,
    )  # fmt: skip


def _renamed(reaction: Reaction, new: str, copy: int, shared: set[str]) -> Reaction:
    def name(metabolite: str) -> str:
        return metabolite if metabolite in shared else f"{metabolite}_copy{copy}"

    def terms(of: Terms) -> Terms:
        return tuple((name(m), n) for m, n in of)

    role = "kinetic" if reaction.role == "growth" and copy > 1 else reaction.role
    return replace(
        reaction, id=new, role=role, left=terms(reaction.left), right=terms(reaction.right),
        substrates=terms(reaction.substrates), products=terms(reaction.products),
        protons=tuple((name(m), n, mode) for m, n, mode in reaction.protons),
    )  # fmt: skip


def _original(name: str) -> str:
    return name.partition("_copy")[0]
