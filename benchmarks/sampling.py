"""Steady states, against cobrapy's OptGP on the same polytope."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.rows import Row, at_least, faster
from renaissance_kit import Network
from renaissance_kit.states import (
    Constraints,
    Polytope,
    StateSpace,
    effective_sample_size,
    sample_polytope,
)

CHAINS = 4


def steady_states(tiny: bool) -> list[Row]:
    """Seconds for 1,000 effective samples (the least over all coordinates) of the largest block of
    the default state space of *E. coli*, one core. OptGP gets the same polytope, A z + s = b with
    slacks s ≥ 0 as reactions, and its own set-up (warm-up points) is counted as ours is (centre and
    pilot run)."""
    network = Network.example()
    space = StateSpace.of(network, Constraints.from_folder(network))
    block = max(space.blocks, key=lambda b: b.dimension)
    n, thinning = (20, 5) if tiny else (1250, 100)
    begin = time.perf_counter()
    ours = sample_polytope(block, n, seed=np.random.SeedSequence(1), chains=CHAINS)
    mine = _per_thousand(time.perf_counter() - begin, ours)
    begin = time.perf_counter()
    theirs = _optgp(block, n // 5, thinning)
    its = _per_thousand(time.perf_counter() - begin, theirs)
    return [
        faster(f"1,000 effective samples in {block.dimension} dimensions", mine, its, "s",
               "cobrapy's OptGP", at_least(50.0)),
    ]  # fmt: skip


def _per_thousand(seconds: float, draws: np.ndarray) -> float:
    return 1000 * seconds / float(np.nanmin(effective_sample_size(draws)))


def _optgp(block: Polytope, n: int, thinning: int) -> np.ndarray:
    """(chains, n, free) of OptGP."""
    import cobra
    from cobra.sampling import OptGPSampler

    centre = block.chebyshev_centre()  # as origin, so that all coordinates are near zero
    model = cobra.Model("polytope")
    rows = [cobra.Metabolite(f"row{i}", compartment="c") for i in range(len(block.A))]
    reactions = []

    def variable(name: str, column: np.ndarray, low: float, high: float) -> None:
        reaction = cobra.Reaction(name, lower_bound=low, upper_bound=high)
        used = np.flatnonzero(column)
        reaction.add_metabolites({rows[i]: float(column[i]) for i in used})
        reactions.append(reaction)

    for j in range(block.dimension):
        variable(f"z{j}", block.A[:, j], -1e4, 1e4)
    for i, unit in enumerate(np.eye(len(block.A))):
        variable(f"s{i}", unit, 0.0, 1e4)
    variable("one", -(block.b - block.A @ centre), 1.0, 1.0)
    model.add_reactions(reactions)
    found = []
    for seed in range(1, CHAINS + 1):
        sampler = OptGPSampler(model, processes=1, thinning=thinning, seed=seed)
        found.append(sampler.sample(n).to_numpy()[:, : block.dimension])
    return np.array(found)
