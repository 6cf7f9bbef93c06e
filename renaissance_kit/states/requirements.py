"""Requirements on a solver model that can be let go one by one, and which of them conflict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from renaissance_kit.core.errors import InfeasibleError

_SECONDS = 5  # to decide on a subset of requirements with integers

Limits = tuple[float | None, float | None]


@dataclass(frozen=True)
class Requirement:
    """Something that the user asks of a steady state, as bounds in the solver model.

    Attributes:
        label: in words, with the numbers; it stands in error messages.
        parts: (variable or constraint of the solver, limits when it holds, limits when let go).
    """

    label: str
    parts: tuple[tuple[Any, Limits, Limits], ...]

    def hold(self) -> None:
        """Put the bounds into the model."""
        for target, limits, _ in self.parts:
            set_limits(target, limits)

    def let_go(self) -> None:
        """Take the bounds out of the model."""
        for target, _, limits in self.parts:
            set_limits(target, limits)


def set_limits(target: Any, limits: Limits) -> None:
    """Set both bounds of a solver variable or constraint without ever crossing them."""
    low, high = limits
    if low is not None and target.ub is not None and low > target.ub:
        target.ub = high
        target.lb = low
    else:
        target.lb = low
        target.ub = high


def require_feasible(model: Any, requirements: Sequence[Requirement]) -> None:
    """Raise unless the model has a solution.

    The conflict is looked for in the linear relaxation first, which is quick and finds all but the
    conflicts of directions that are still free; these are looked for with integers, where a subset
    that is not decided within a few seconds counts as consistent.

    Args:
        model: an optlang model in which all requirements hold.
        requirements: what may be let go; left holding.

    Raises:
        InfeasibleError: the message lists a minimal set of requirements that contradict each
            other: let go any one of them, and the rest of the set agrees.
    """
    if model.optimize() == "optimal":
        return

    def consistent(held: Sequence[Requirement]) -> bool:
        chosen = {id(r) for r in held}
        for requirement in requirements:
            if id(requirement) in chosen:
                requirement.hold()
            else:
                requirement.let_go()
        return bool(model.optimize() in ("optimal", "time_limit"))

    integers = [v for v in model.variables if v.type != "continuous"]
    timeout = model.configuration.timeout
    try:
        for variable in integers:
            variable.type = "continuous"
        linear = not consistent(requirements)
        if not linear:
            for variable in integers:
                variable.type = "binary"
            model.configuration.timeout = _SECONDS
        if not consistent([]):
            raise InfeasibleError(
                "no steady state, whatever the constraints: mass balance and the reaction energies "
                "within their errors already contradict each other. Look at the stoichiometry and "
                "at dgr0_kJ_mol in the tables"
            )
        conflict = minimal_conflict(list(requirements), consistent)
    finally:
        for variable in integers:
            variable.type = "binary"
        model.configuration.timeout = timeout
        for requirement in requirements:
            requirement.hold()
    listed = "\n".join(f"  {i}. {r.label}" for i, r in enumerate(conflict, 1))
    raise InfeasibleError(
        f"no steady state meets the constraints. These {len(conflict)} contradict each other, "
        f"given mass balance and the second law; relax at least one of them:\n{listed}"
    )


def minimal_conflict(items: list[Any], consistent: Callable[[Sequence[Any]], bool]) -> list[Any]:
    """A minimal subset of ``items`` that is not consistent (QuickXplain, Junker 2004 AAAI 167).

    Needs about k log(n / k) checks for a conflict of k among n.

    Args:
        items: not consistent together; among several conflicts, one of the first items is found.
        consistent: whether a subset can hold; must not become true by adding items.
    """

    def explain(background: list[Any], added: bool, rest: list[Any]) -> list[Any]:
        if added and not consistent(background):
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        of_second = explain(background + first, bool(first), second)
        of_first = explain(background + of_second, bool(of_second), first)
        return of_first + of_second

    return explain([], False, list(items))
