"""What is wanted of a strain, and what it may cost: the problem of a network response analysis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from renaissance_kit.core.arguments import require_kinds, require_whole
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.network.network import Network

_WHOLE_EC = re.compile(r"\d+\.\d+\.\d+\.n?\d+")
LEAST_GROWTH = 0.8  # of the growth rate of the host, Narayanan et al. 2024 Nat Commun 15:723


@dataclass(frozen=True)
class DesignProblem:
    """A target, the enzymes that may be changed, and the limits that a strain has to keep.

    All is said in folds, changes relative to the steady state of the host: 1 is no change.

    Args:
        target: weights of ln(flux fold), by reaction. ``{"ANS": 1, "GLCtex": -1}`` is the yield on
            glucose, ``{"ANS": 1}`` the flux itself.
        enzymes: how many a design may change at most; tied reactions count once.
        highest_fold: of an enzyme.
        lowest_fold: of an enzyme. A logarithm has no knock-out; a hundredth stands for it.
        concentration_fold: largest change of any dynamic metabolite, up or down.
        concentration_folds: the same for some metabolites; ``inf`` for no limit.
        flux_folds: lowest and highest fold of some fluxes, such as ``{"GROWTH": (0.8, inf)}``.
        tied: reactions of one enzyme, which change together, such as ``(("TKT1", "TKT2"),)``.
        excluded: reactions whose enzyme stays as it is, or that have none.
        second_law: whether ΔrG′ of every reversible reaction has to keep its sign.
        may_turn: reversible reactions that need not.

    Raises:
        ParameterError: folds or numbers that are out of range, or a reaction that is tied twice.

    >>> DesignProblem({"ANS": 1.0}, enzymes=2).highest_fold
    5.0
    """

    target: Mapping[str, float]
    enzymes: int = 3
    highest_fold: float = 5.0
    lowest_fold: float = 0.01
    concentration_fold: float = 3.0
    concentration_folds: Mapping[str, float] = field(default_factory=dict)
    flux_folds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    tied: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[str, ...] = ()
    second_law: bool = True
    may_turn: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_kinds(self)
        require_whole("enzymes", self.enzymes)
        if not any(self.target.values()) or not np.isfinite(list(self.target.values())).all():
            raise ParameterError("target has no flux with a weight; give one, such as {'ANS': 1.0}")
        if not (1 <= self.highest_fold < np.inf and 0 < self.lowest_fold <= 1):
            raise ParameterError(
                f"an enzyme may change from {self.lowest_fold:g}-fold to {self.highest_fold:g}"
                "-fold; the first must be above 0 and at most 1, the second at least 1"
            )
        for name, fold in {"any": self.concentration_fold, **self.concentration_folds}.items():
            if not fold >= 1:
                raise ParameterError(f"largest fold of {name} metabolite is {fold}; give 1 or more")
        for name, (low, high) in self.flux_folds.items():
            if not 0 <= low <= 1 <= high:
                raise ParameterError(
                    f"folds of {name} are {low:g} to {high:g}; the host, 1, must lie between them"
                )
        names = [name for group in self.tied for name in group]
        for name in {n for n in names if names.count(n) > 1}:
            raise ParameterError(f"{name} is tied twice; let it stand in one group")

    @classmethod
    def of(
        cls,
        network: Network,
        product: str,
        uptake: str | None = None,
        *,
        membranes: bool = False,
        **changes: Any,
    ) -> DesignProblem:
        """The usual problem: more product per substrate, at no less than 80 % of the growth rate.

        Growth and what crosses a membrane are excluded. Reactions with the same EC numbers are
        tied, where one of these is complete: ``2.7.1.-`` alone is a class, not an enzyme.
        What crosses a membrane may turn: a passive exchange of by-products is near equilibrium,
        and would stop nearly every design for a flux that matters to nobody.

        Args:
            product: a reaction that makes it.
            uptake: the reaction that takes up the substrate; the flux itself counts if not given.
            membranes: whether transport and the respiratory chain may be changed as well; porins
                and diffusion never are.
            changes: fields to replace; ``excluded`` adds to those above.

        Raises:
            ParameterError: an unknown reaction, one that is both, or a field that is out of range.

        >>> from renaissance_kit import Network
        >>> problem = DesignProblem.of(Network.example(), "ANS", "GLCtex")
        >>> problem.tied
        (('ACONTa', 'ACONTb'), ('TKT1', 'TKT2'))
        """
        if product == uptake:
            raise ParameterError(
                f"{product} is both product and uptake, and a yield of itself is always 1; leave "
                "out the uptake, or name the reaction that takes up the substrate"
            )
        crossing = [r for r in network.kinetic_reactions if _crosses(network, r)]
        fixed = [network.growth] if network.growth else []
        fixed += [
            r
            for r in crossing
            if not membranes or network.reactions[r].transport in ("porin", "diffusion")
        ]
        growth = {} if network.growth is None else {network.growth: (LEAST_GROWTH, np.inf)}
        more = changes.pop("excluded", ())
        problem = cls(
            {product: 1.0} | ({} if uptake is None else {uptake: -1.0}),
            flux_folds=growth,
            tied=_by_ec(network, fixed),
            excluded=tuple(dict.fromkeys([*fixed, *more])),
            may_turn=tuple(crossing),
        )
        problem = replace(problem, **changes)
        problem.check(network)
        return problem

    def check(self, network: Network) -> None:
        """Raise ParameterError for a name that the network does not have."""
        reactions = (*self.target, *self.flux_folds, *(n for g in self.tied for n in g))
        network.require_reactions((*reactions, *self.excluded, *self.may_turn))
        for name in self.concentration_folds:
            if name not in network.dynamic:
                raise ParameterError(
                    f"{name!r} is no dynamic metabolite{nearest(name, network.dynamic)}"
                )
        if not self.levers(network):
            raise ParameterError("every reaction is excluded; leave some enzyme to be changed")

    def levers(self, network: Network) -> tuple[tuple[str, ...], ...]:
        """The reactions of each enzyme that may be changed, in the order of the network.

        An enzyme is left out where one of its reactions is excluded.
        """
        group = {name: names for names in self.tied for name in names}
        found = dict.fromkeys(group.get(r, (r,)) for r in network.kinetic_reactions)
        return tuple(names for names in found if not set(names) & set(self.excluded))


def lever_name(reactions: Iterable[str]) -> str:
    """What an enzyme is called: its reactions.

    >>> lever_name(("TKT1", "TKT2"))
    'TKT1+TKT2'
    """
    return "+".join(reactions)


def _crosses(network: Network, reaction: str) -> bool:
    """Whether a reaction is transport, or has metabolites in more than one compartment."""
    found = network.reactions[reaction]
    names = (name for name, _ in found.left + found.right)
    return bool(found.transport) or len({network.metabolites[n].compartment for n in names}) > 1


def _by_ec(network: Network, fixed: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Reactions with the same EC numbers, one of them complete, where there are several."""
    groups: dict[frozenset[str], tuple[str, ...]] = {}
    for name in network.kinetic_reactions:
        codes = frozenset(code.strip() for code in network.reactions[name].ec.split(";"))
        if any(map(_WHOLE_EC.fullmatch, codes)) and name not in fixed:
            groups[codes] = (*groups.get(codes, ()), name)
    return tuple(names for names in groups.values() if len(names) > 1)
