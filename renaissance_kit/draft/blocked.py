"""Reactions that cannot carry a flux: blocked ones, and those that run in internal cycles only.

In a kinetic model every reaction has a rate, so all reactions of a draft must be able to run at
once. A pair such as fumarate reductase and succinate dehydrogenase cannot: each runs alone, both
together are a cycle without a driving force, which the second law forbids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.types import Array, Index, Mask
from renaissance_kit.draft.model import FluxModel

ZERO = 1e-6  # mmol/gDW/h, as cobrapy's
_LARGEST = 1000.0  # mmol/gDW/h, where the model has no bound
_SECONDS = 30.0
_DRIVES = 1000.0  # a cycle-free driving force is between 1 and this, without a unit
_ROUNDS = 2
_LITTLE = 0.01  # mmol/gDW/h
_TRACES = 1000.0  # by which all bounds grow, to see fluxes of traces above a solver's errors
_GOLDEN = 0.6180339887498949  # its multiples are as even as a lot, and the same every time


@dataclass(frozen=True)
class Fluxes:
    """The steady states of a constraint-based model: S v = 0 within bounds.

    Attributes:
        names: of the reactions.
        matrix: metabolites × reactions.
        low, high: mmol/gDW/h.
    """

    names: tuple[str, ...]
    matrix: csr_array
    low: Array
    high: Array

    @classmethod
    def of(cls, model: FluxModel, without: Collection[str] = ()) -> Fluxes:
        """Those of a model, where some reactions may be left out."""
        reactions = [r for r in model.reactions.values() if r.id not in without]
        row = {m: i for i, m in enumerate(model.metabolites)}
        cells = [
            (row[m], j, n) for j, r in enumerate(reactions) for m, n in r.stoichiometry.items()
        ]
        i, j, n = zip(*cells, strict=True) if cells else ((), (), ())
        matrix = csr_array((n, (i, j)), shape=(len(row), len(reactions)), dtype=float)
        low, high = (
            np.clip([getattr(r, end) for r in reactions], -_LARGEST, _LARGEST)
            for end in ("low", "high")
        )
        return cls(tuple(r.id for r in reactions), matrix, low, high)

    def best(self, weights: Array) -> Array | None:
        """The fluxes of the largest weighted sum; None where there are none at all."""
        found = linprog(
            -np.asarray(weights), A_eq=self.matrix, b_eq=np.zeros(self.matrix.shape[0]),
            bounds=np.column_stack([self.low, self.high]), method="highs",
        )  # fmt: skip
        return found.x if found.status == 0 else None

    def largest(self, name: str) -> float:
        """The largest flux of one reaction, one way or the other, in its magnitude."""
        weights = np.array([float(n == name) for n in self.names])
        found = [self.best(sign * weights) for sign in (1, -1)]
        return max((abs(float(v[self.names.index(name)])) for v in found if v is not None),
                   default=0.0)  # fmt: skip

    def idle(self) -> set[str]:
        """Reactions that carry no flux in any of these steady states.

        Each linear problem lets as many as possible of the reactions that had no flux yet carry a
        little, in directions that are drawn by lot where a reaction has two. Where some of them can
        run, the optimum for a lot or for its opposite is not zero, but by a coincidence of the
        weights. So a few linear problems do for thousands of reactions (Vlassis et al. 2014 PLoS
        Comput Biol 10:e1003424).
        """
        idle = np.ones(len(self.names), dtype=bool)
        turn, quiet = 0, 0
        while idle.any() and quiet < _ROUNDS:
            turn += 1
            lot = np.modf((np.arange(len(idle)) + 1) * turn * _GOLDEN)[0]
            before = idle.sum()
            for sign in (1.0, -1.0):
                ways = np.where(np.modf(lot * 97.0)[0] < 0.5, -sign, sign)
                ways = np.where(self.low >= 0, 1.0, np.where(self.high <= 0, -1.0, ways))
                idle &= np.abs(self._most_running(np.flatnonzero(idle), ways, 0.5 + lot)) < ZERO
            quiet = quiet + 1 if idle.sum() == before else 0
        return {n for n, i in zip(self.names, idle, strict=True) if i}

    def _most_running(self, which: Index, ways: Array, weights: Array) -> Array:
        """Fluxes where Σ w min(way · v, a little) over some reactions is largest."""
        n, count = len(self.names), len(which)
        if not count:
            return np.zeros(n)
        steps = csr_array((-ways[which], (np.arange(count), which)), shape=(count, n))
        found = linprog(
            np.concatenate([np.zeros(n), -weights[which]]),
            A_ub=hstack([steps, eye_array(count)], format="csr"), b_ub=np.zeros(count),
            A_eq=hstack([self.matrix, csr_array((self.matrix.shape[0], count))], format="csr"),
            b_eq=np.zeros(self.matrix.shape[0]),
            bounds=np.column_stack([
                np.concatenate([self.low, np.full(count, -_LARGEST)]),
                np.concatenate([self.high, np.full(count, _LITTLE)]),
            ]),
            method="highs",
        )  # fmt: skip
        return found.x[:n] if found.status == 0 else np.zeros(n)


def growth_optimum(model: FluxModel) -> float:
    """Largest growth rate, 1/h, by flux balance analysis.

    Raises:
        DataError: the model does not grow.
    """
    fluxes = Fluxes.of(model)
    weights = np.array([float(n == model.growth) for n in fluxes.names])
    found = fluxes.best(weights)
    rate = 0.0 if found is None else float(found @ weights)
    if rate < ZERO:
        why = (
            "no fluxes balance within its bounds" if found is None
            else f"{model.growth} carries no flux"
        )  # fmt: skip
        exchanges = any(r.boundary for r in model.reactions.values())
        raise DataError(
            f"the model does not grow ({why}); "
            + ("look at the bounds of its exchanges, which are its medium" if exchanges
               else "it has no exchange, a reaction of one metabolite; add them, and remove "
               "metabolites of a compartment that stands for the boundary")
        )  # fmt: skip
    return rate


def blocked_reactions(model: FluxModel) -> set[str]:
    """Reactions that carry no flux in any steady state of the model in its medium.

    Those that carry less than 1e-6 mmol/gDW/h count as blocked, as in cobrapy, unless growth needs
    them: a cofactor of which cells hold traces.
    """
    fluxes = Fluxes.of(model)
    blocked = fluxes.idle()
    kept = np.array([n not in blocked for n in fluxes.names])
    grows = np.array([float(n == model.growth) for n in fluxes.names])
    rest = replace(fluxes, low=fluxes.low * kept, high=fluxes.high * kept)
    first, without = fluxes.best(grows), rest.best(grows)
    if first is not None and (without is None or (first - without) @ grows > ZERO):
        blocked &= replace(
            fluxes, low=fluxes.low * _TRACES, high=fluxes.high * _TRACES
        ).idle()  # fmt: skip
    return blocked


@dataclass(frozen=True)
class Together:
    """What must be left out so that all others can run at once.

    Attributes:
        cycles: reactions that are left out, since they would close internal cycles.
        proven: no smaller set does; else the search ran out of time.
        least_flux: mmol/gDW/h that every other reaction can carry.
        slowest: the reaction that carries no more; empty where all can carry what was asked for.
    """

    cycles: frozenset[str] = frozenset()
    proven: bool = True
    least_flux: float = 0.0
    slowest: str = ""


def running_together(
    model: FluxModel, out: Collection[str], least_growth: float, least_flux: float
) -> Together:
    """The fewest reactions without which all others can run at once, without internal cycles.

    A mixed-integer problem: as many internal reactions as possible carry at least the least flux,
    one way or the other, where no internal cycle may run (Schellenberger et al. 2011 Biophys J
    100:544). Among equally many, those that carry flux in the parsimonious optimum stay. Where the
    solver runs out of time, reactions of cycles that the parsimonious optimum does not use are
    left out.

    Args:
        out: reactions that are left out anyway.
        least_growth: 1/h, at which this is asked.
        least_flux: mmol/gDW/h.

    Raises:
        DataError: no fluxes balance at this growth rate.
    """
    fluxes = Fluxes.of(model, out)
    inner = np.array([not model.reactions[n].boundary for n in fluxes.names])
    grows = np.array([n == model.growth for n in fluxes.names])
    fluxes = replace(fluxes, low=np.where(grows, least_growth, fluxes.low))
    wanted = _parsimonious(fluxes, inner)
    if wanted is None:
        raise DataError(
            f"no fluxes balance at a growth rate of {least_growth:.3g} 1/h without "
            f"{_few(out)}; look at the bounds of the fluxes, and at what was removed"
        )
    shut = Fluxes(
        fluxes.names, fluxes.matrix, np.where(inner, np.sign(fluxes.low).clip(max=0), 0.0),
        np.where(inner, np.sign(fluxes.high).clip(min=0), 0.0),
    )  # fmt: skip
    idle = shut.idle()
    looping = np.array([n not in idle for n in fluxes.names])
    used = np.abs(wanted) > ZERO
    found = _most_at_once(fluxes, inner, looping, used, least_flux)
    runs, proven = (~looping | used, False) if found is None else found
    cycles = {n for n, c, r in zip(fluxes.names, looping, runs, strict=True) if c and not r}
    rest = Fluxes.of(model, {*out, *cycles})
    slow = {n: rest.largest(n)
            for n, i, r in zip(fluxes.names, inner, runs, strict=True)
            if i and not r and n not in cycles}  # fmt: skip
    slow = {n: v for n, v in slow.items() if v < 2 * least_flux}
    if not slow:
        return Together(frozenset(cycles), proven, least_flux)
    slowest = min(slow, key=lambda n: slow[n])
    return Together(frozenset(cycles), proven, slow[slowest] / 4, slowest)


def _few(names: Iterable[str], most: int = 8) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return (", ".join(listed[:most]) or "any reaction") + more


def _parsimonious(fluxes: Fluxes, inner: Mask) -> Array | None:
    """Fluxes of the least total magnitude."""
    n = len(fluxes.names)
    split = Fluxes(
        fluxes.names * 2, csr_array(hstack([fluxes.matrix, -fluxes.matrix])),
        np.concatenate([fluxes.low.clip(min=0), (-fluxes.high).clip(min=0)]),
        np.concatenate([fluxes.high.clip(min=0), (-fluxes.low).clip(min=0)]),
    )  # fmt: skip
    found = split.best(np.tile(-1.0 * inner, 2))
    return None if found is None else found[:n] - found[n:]


def _most_at_once(
    fluxes: Fluxes, inner: Mask, looping: Mask, wanted: Mask, least_flux: float
) -> tuple[Mask, bool] | None:
    """Which reactions run where as many as possible do, and whether that is proven.

    None where the solver found nothing in its time.

    Variables are the fluxes v, for each reaction whether it runs forward f and backward b, for
    each of those in cycles the direction d that it may run in, and potentials p of the
    metabolites. A reaction of a cycle runs only down the potential, which no cycle can.
    """
    n, m, c = len(fluxes.names), fluxes.matrix.shape[0], int(looping.sum())
    one = eye_array(n, format="csr")
    low, high = fluxes.low, fluxes.high

    def rows(**parts: csr_array) -> csr_array:
        count = next(iter(parts.values())).shape[0]
        sizes = {"v": n, "f": n, "b": n, "d": c, "p": m}
        blocks = [parts.get(k, csr_array((count, size))) for k, size in sizes.items()]
        return csr_array(hstack(blocks))

    def scaled(numbers: Array) -> csr_array:
        return csr_array(one * np.asarray(numbers)[:, None])

    pick, unit = one[looping], eye_array(c, format="csr")
    drop = csr_array(fluxes.matrix.T)[looping]
    parts: list[tuple[csr_array, Any, Any]] = [
        (rows(v=fluxes.matrix), 0.0, 0.0),
        (rows(v=one, f=scaled(low - least_flux)), low, np.inf),
        (rows(v=one, b=scaled(high + least_flux)), -np.inf, high),
        (rows(f=one, b=one), -np.inf, 1.0),
    ]
    if c:
        parts += [  # down the potential: d = 1 forward, d = 0 backward
            (rows(v=pick, d=-unit * high[looping].clip(min=0)[:, None]), -np.inf, 0.0),
            (rows(v=pick, d=unit * low[looping].clip(max=0)[:, None]),
             low[looping].clip(max=0), np.inf),
            (rows(d=unit * (_DRIVES + 1), p=drop), 1.0, _DRIVES),
        ]  # fmt: skip
    sizes = [p[0].shape[0] for p in parts]
    lower, upper = (
        np.concatenate([np.broadcast_to(p[k], s) for p, s in zip(parts, sizes, strict=True)])
        for k in (1, 2)
    )
    two_ways = (low < 0) & (high > 0)
    gain = np.where(inner, np.where(looping, 1.0, 2.0) + 0.1 * wanted, 0.0)
    ways = two_ways & inner
    found = milp(
        -np.concatenate([np.zeros(n), gain, gain, np.zeros(c + m)]),
        integrality=np.concatenate(
            [np.zeros(n), ways | looping, ways | looping, np.ones(c), np.zeros(m)]
        ),
        bounds=Bounds(
            np.concatenate([low, np.zeros(2 * n + c), np.full(m, -_DRIVES)]),
            np.concatenate(
                [high, high > 0, low < 0, np.ones(c), np.full(m, _DRIVES)]
            ).astype(float),
        ),
        constraints=LinearConstraint(csr_array(vstack([p[0] for p in parts])), lower, upper),
        options={"time_limit": _SECONDS, "mip_rel_gap": 1e-4},
    )  # fmt: skip
    if found.x is None:
        return None
    return (found.x[n : 2 * n] + found.x[2 * n : 3 * n]) > 0.5, found.status == 0
