"""Formulas of SBML as functions of decimal numbers, precise enough to look at their limits.

With 80 digits a concentration of 1e150 is plenty for a rate law, 1e-150 next to nothing, and beside
that 1e-3000 nothing at all, so that its constants are read from how it behaves there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from decimal import Context, Decimal, localcontext
from typing import Any

import libsbml

from renaissance_kit.core.errors import ParameterError

Formula = Callable[[Mapping[str, Decimal]], Decimal]
ABSENT, TINY, HUGE = Decimal("1e-3000"), Decimal("1e-150"), Decimal("1e150")
_UNARY: dict[int, Callable[[Decimal], Decimal]] = {
    libsbml.AST_FUNCTION_EXP: Decimal.exp,
    libsbml.AST_FUNCTION_LN: Decimal.ln,
}


_TWO = (libsbml.AST_DIVIDE, libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER)


class UnknownFormula(Exception):
    """A formula uses what no rate law of the registry has; the message says what."""


def precise() -> AbstractContextManager[Context]:
    """80 digits, in a block."""
    return localcontext(Context(prec=80, Emax=10**9, Emin=-(10**9)))


def formula_of(node: libsbml.ASTNode) -> tuple[Formula, frozenset[str]]:
    """A formula as a function of the values of the names in it, and these names.

    Raises:
        UnknownFormula: it has another function than powers, exp and ln.
        ParameterError: another package has replaced the classes of libSBML.
    """
    kind = node.getType()
    if not isinstance(kind, int):
        raise ParameterError(
            "another package of this process, such as libSEDML, has replaced the classes of "
            "libSBML, so that formulas cannot be read; read SBML in a process without it"
        )
    if node.isNumber():
        number = _number(node)
        return (lambda values: number), frozenset()
    if kind == libsbml.AST_NAME:
        name = node.getName()
        return (lambda values: values[name]), frozenset([name])
    parts = [formula_of(node.getChild(i)) for i in range(node.getNumChildren())]
    names = frozenset().union(*(n for _, n in parts))
    functions = [f for f, _ in parts]
    least = 2 if kind in _TWO else 1 if kind == libsbml.AST_MINUS or kind in _UNARY else 0
    if len(functions) < least:
        raise UnknownFormula("something is missing in it")
    return _combined(kind, functions, node), names


def _combined(kind: int, of: list[Formula], node: Any) -> Formula:
    if kind == libsbml.AST_PLUS:
        return lambda values: sum((f(values) for f in of), Decimal(0))
    if kind == libsbml.AST_TIMES:

        def multiplied(values: Mapping[str, Decimal]) -> Decimal:
            total = Decimal(1)
            for f in of:
                total *= f(values)
            return total

        return multiplied
    if kind == libsbml.AST_MINUS and len(of) == 1:
        return lambda values: -of[0](values)
    if kind == libsbml.AST_MINUS:
        return lambda values: of[0](values) - of[1](values)
    if kind == libsbml.AST_DIVIDE:
        return lambda values: of[0](values) / of[1](values)
    if kind in (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER):
        return lambda values: _power(of[0](values), of[1](values))
    if kind in _UNARY:
        return lambda values: _UNARY[kind](of[0](values))
    raise UnknownFormula(f"it uses {node.getName() or node.getOperatorName() or 'a function'}")


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if exponent == exponent.to_integral_value():
        return base ** int(exponent)
    return base**exponent


def _number(node: libsbml.ASTNode) -> Decimal:
    if node.getType() == libsbml.AST_RATIONAL:
        return Decimal(node.getNumerator()) / Decimal(node.getDenominator())
    if node.isInteger():
        return Decimal(node.getInteger())
    return Decimal(repr(node.getReal()))
