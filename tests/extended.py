"""A kinetic model in extended precision: balances, Jacobian and the whole spectrum, with mpmath."""

from __future__ import annotations

from collections.abc import Sequence

import mpmath
import numpy as np
import scipy.linalg
from test_rate_laws import rate_in_extended_precision

Matrix = Sequence[Sequence[mpmath.mpf]]


class ExtendedPrecision:
    """One model's balances in mpmath: Vmax from the fluxes, then dc/dt = S·v/φ."""

    def __init__(self, models, i):
        self.network, state = models.network, models.state
        self.km = [mpmath.mpf(x) for x in models.km_mM[i].tolist()]
        self.c = [mpmath.mpf(x) for x in state.concentrations_mM.tolist()]
        log_rho = dict(
            zip(self.network.kinetic_reactions, state.log_displacement.tolist(), strict=True)
        )
        self.log_keq = {r: self._log_quotient(r) - mpmath.mpf(x) for r, x in log_rho.items()}
        flux = zip(self.network.kinetic_reactions, state.fluxes_mM_h.tolist(), strict=True)
        self.vmax = {r: mpmath.mpf(v) / self.rate(r, self.c) for r, v in flux}
        self.reactions_of = {name: [] for name in self.network.species}
        for r in self.network.kinetic_reactions:
            law = self.network.reactions[r]
            for name in {m for m, *_ in law.substrates + law.products + law.protons}:
                self.reactions_of[name].append(r)

    def _log_quotient(self, r):
        law = self.network.reactions[r]
        terms = [(m, n) for m, n in law.products] + [(m, -n) for m, n in law.substrates]
        terms += [(m, n) for m, n, mode in law.protons if mode == "displacement"]
        return sum(n * mpmath.log(self.c[self.network.species_index[m]]) for m, n in terms)

    def rate(self, r, c):
        return rate_in_extended_precision(self.network, r, c, self.km, self.log_keq[r])

    def column(self, changes, step):
        """∂(dc/dt)/∂x of all dynamic metabolites, along a direction {metabolite: dc/dx}."""
        affected = {r for m in changes for r in self.reactions_of[m]}
        sides = []
        for sign in (1, -1):
            c = list(self.c)
            for m, slope in changes.items():
                c[self.network.species_index[m]] += sign * step * slope
            sides.append({r: self.vmax[r] * self.rate(r, c) for r in affected})
        out = [mpmath.mpf(0)] * len(self.network.dynamic)
        for r in affected:
            slope = (sides[0][r] - sides[1][r]) / (2 * step)
            for m, n in self.network.reactions[r].stoichiometry.items():
                i = self.network.species_index.get(m, len(out))
                if i < len(out):
                    out[i] += mpmath.mpf(n) * slope / mpmath.mpf(self.network.volume_fractions[i])
        return out

    def jacobian(self, *, reduced: bool = True) -> list[list[mpmath.mpf]]:
        """∂(dc/dt)/∂c in 1/h; without its moieties, a step in one member of a pool is taken from
        the dependent one, so that the total amount stays."""
        network = self.network
        phi = dict(zip(network.dynamic, network.volume_fractions, strict=True))
        names = network.independent if reduced else network.dynamic
        columns = []
        for name in names:
            changes = {name: mpmath.mpf(1)}
            for moiety in network.moieties if reduced else ():
                if name in moiety.coefficients:
                    amount = mpmath.mpf(moiety.coefficients[name]) * phi[name]
                    changes[moiety.dependent] = -amount / phi[moiety.dependent]
            smallest = min(self.c[network.species_index[m]] for m in changes)
            columns.append(self.column(changes, smallest * mpmath.mpf("1e-16")))
        return [[column[network.species_index[row]] for column in columns] for row in names]


def spectrum_in_extended_precision(matrix: Matrix, digits: int) -> list[mpmath.mpc]:
    """All eigenvalues of a real matrix, by falling real part.

    Each begins as LAPACK gives it, in double precision, and is refined with its vector by Newton's
    method on (J − λ) u = 0 (Peters and Wilkinson 1979 SIAM Rev 21:339): the residual is taken in
    extended precision, the correction from a factorisation in double precision. As many different
    eigenvalues as rows are all there are.

    Raises:
        AssertionError: two of them came to the same one, or did not converge.
    """
    doubles = np.array([[float(x) for x in row] for row in matrix])
    balanced, (scale, _) = scipy.linalg.matrix_balance(doubles, permute=False, separate=True)
    scaled = [
        [(j, x * mpmath.mpf(scale[j] / scale[i])) for j, x in enumerate(row) if x]
        for i, row in enumerate(matrix)
    ]  # scales are powers of two: nothing is rounded
    values, vectors = np.linalg.eig(balanced)
    found = []
    for value, vector in zip(values, vectors.T, strict=True):
        if value.imag >= 0:
            found.append(_refined(scaled, balanced, value, vector, digits))
            if value.imag > 0:
                found.append(mpmath.conj(found[-1]))
    found.sort(key=lambda z: -z.real)
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            assert abs(one - other) > mpmath.mpf(10) ** (8 - digits) * abs(one), (one, other)
    return found


def _refined(rows, balanced, value, vector, digits):
    """One eigenvalue; ``rows`` are those of the matrix without zeros, ``balanced`` in doubles."""
    n = len(rows)
    border = np.zeros((n + 1, n + 1), dtype=complex)
    border[:n, :n] = balanced - value * np.eye(n)
    border[:n, n], border[n, :n] = -vector, vector.conj()
    factors = scipy.linalg.lu_factor(border)
    u = [mpmath.mpmathify(complex(x)) for x in vector]
    z = mpmath.mpmathify(complex(value))
    small = mpmath.mpf(10) ** -digits
    for _ in range(200):
        residual = [z * u[i] - mpmath.fdot((x, u[j]) for j, x in row) for i, row in enumerate(rows)]
        size = max(abs(r) for r in residual)
        if size == 0:
            return z
        right = np.array([complex(r / size) for r in residual] + [0.0])
        step = scipy.linalg.lu_solve(factors, right)
        u = [a + size * mpmath.mpmathify(complex(b)) for a, b in zip(u, step[:-1], strict=True)]
        change = size * mpmath.mpmathify(complex(step[-1]))
        z += change
        if abs(change) < small * abs(z):
            return z
    raise AssertionError(f"{value} did not converge: {change}")
