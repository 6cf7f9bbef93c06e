"""Powers and their sums, which rate laws are made of."""

from __future__ import annotations


def power(x: float, n: float) -> float:
    """x**n, quick for the exponents that occur."""
    if n == 1.0:
        return x
    if n == 0.0:
        return 1.0
    if n == 2.0:
        return x * x
    if n == -1.0:
        return 1.0 / x
    return x**n


def polynomial(x: float, degree: int) -> tuple[float, float]:
    """Σ_{k≤degree} xᵏ and its derivative."""
    if degree == 1:
        return 1.0 + x, 1.0
    value, slope, factor = 1.0, 0.0, 1.0
    for k in range(1, degree + 1):
        slope += k * factor
        factor *= x
        value += factor
    return value, slope


def log_polynomial(x: float, degree: int) -> tuple[float, float, float]:
    """p = Σ_{k≤degree} xᵏ, and the first and second derivative of ln p with respect to ln x."""
    value, first, second, factor = 1.0, 0.0, 0.0, 1.0
    for k in range(1, degree + 1):
        factor *= x
        value += factor
        first += k * factor
        second += k * k * factor
    slope = first / value
    return value, slope, second / value - slope * slope
