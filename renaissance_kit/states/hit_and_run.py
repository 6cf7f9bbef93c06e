"""Uniform sampling of a polytope by coordinate hit-and-run with rounding.

Hit-and-run along coordinates mixes fast where the polytope is round (Haraldsdóttir et al. 2017
Bioinformatics 33:1741). It is rounded twice: by the Hessian of the logarithmic barrier at the
analytic centre, then by the covariance of a pilot run. The walk itself is that of hopsy.

Linear algebra rounds differently on different processors, and a walk amplifies every bit. All that
is handed to the walk is therefore cut to fewer digits than are sure. The rounding transformation
may be any invertible matrix, so it keeps only those that its condition asks for.
"""

from __future__ import annotations

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.states._hopsy import hopsy
from renaissance_kit.states.polytope import Polytope

STEPS_PER_DIMENSION = 16
_PILOT = 1000  # points of the pilot run
_DECIMALS = 7  # that are kept of what the walk is given, relative to a row's largest value


def sample_polytope(
    polytope: Polytope,
    n: int,
    *,
    seed: np.random.SeedSequence,
    chains: int = 4,
    steps_per_dimension: int = STEPS_PER_DIMENSION,
) -> Array:
    """Draw points uniformly from a bounded polytope.

    Args:
        polytope: the polytope.
        n: points of each chain.
        seed: same seed, same points.
        chains: independent walks, from points of the pilot run; a tenth of each is burnt first.
        steps_per_dimension: coordinate steps between kept points, for each dimension.

    Returns:
        (chains, n, free) coordinates; `Polytope.expand` gives the variables.

    Raises:
        InfeasibleError: the polytope is empty or flat.
        ParameterError: no points asked for.
    """
    if n < 1 or chains < 1 or steps_per_dimension < 1:
        raise ParameterError("n, chains and steps_per_dimension must be at least 1")
    steps = steps_per_dimension * polytope.dimension
    centre, hessian = polytope.analytic_centre()
    transform = _few_digits(np.linalg.inv(np.linalg.cholesky(hessian)).T)
    seeds = [int(s) for s in seed.generate_state(chains + 1)]
    pilot = _walk(polytope, transform, [centre], _PILOT, seeds[:1], steps)[0, _PILOT // 4 :]
    transform = _few_digits(np.linalg.cholesky(np.atleast_2d(np.cov(pilot, rowvar=False))))
    starts = [pilot[-1 - i * (len(pilot) // chains)] for i in range(chains)]
    burn = 1 + n // 10
    return _walk(polytope, transform, starts, n + burn, seeds[1:], steps)[:, burn:]


def _walk(
    polytope: Polytope, transform: Array, starts: list[Array], n: int, seeds: list[int], steps: int
) -> Array:
    """(chains, n, free) points of walks along the columns of ``transform``."""
    origin = _rounded(starts[0], _DECIMALS)
    room = _rounded(
        np.column_stack([polytope.A @ transform, polytope.b - polytope.A @ origin]), _DECIMALS
    )
    walks = []
    for start in starts:
        inside = np.round(np.linalg.solve(transform, start - origin), _DECIMALS - 2)
        problem = hopsy.Problem(room[:, :-1], room[:, -1], starting_point=inside)
        walks.append(hopsy.MarkovChain(problem, hopsy.UniformCoordinateHitAndRunProposal))
    generators = [hopsy.RandomNumberGenerator(seed=s) for s in seeds]
    _, points = hopsy.sample(walks, generators, n_samples=n, thinning=steps)
    return np.asarray(origin + points @ transform.T)


def _few_digits(transform: Array) -> Array:
    """The matrix with as many decimals as its condition number has digits, at least 3."""
    return _rounded(transform, max(3, int(np.ceil(np.log10(np.linalg.cond(transform))))))


def _rounded(rows: Array, decimals: int) -> Array:
    """Values with so many decimals relative to the power of ten of each row's largest."""
    largest = np.abs(rows).max(axis=-1, keepdims=True)
    unit = 10.0 ** (np.floor(np.log10(np.where(largest > 0, largest, 1.0))) - decimals)
    return np.asarray(np.round(rows / unit) * unit)
