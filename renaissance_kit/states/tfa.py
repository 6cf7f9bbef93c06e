"""The thermodynamic flux model: a pyTFA model made from our tables, and its directions.

Every reaction has a flux, and every reaction between metabolites of known energy also a
transformed energy ``ΔrG′ = ΔrG′° + RT Σ n ln c``, with ``sign(v) ΔrG′ < 0`` (Salvy et al. 2019
Bioinformatics 35:167). ΔrG′° is a variable within its error, since the network has no solution at
the nominal values.

What is corrected in pyTFA, and why. For a reaction across a membrane it lists the species found
on both sides and counts each with the larger of its two coefficients: NADH16pp pumps four protons
instead of three, and PIuabcpp, FDH4pp and the phosphotransferase GLCptspp, which changes the
molecule on its way, are off by 6 to 44 kJ/mol. It also refers bound hydrogens to the pH of their
compartment but not to its ionic strength, which gives plain diffusion of a neutral molecule a
spurious 0.8 kJ/mol for each hydrogen. `renaissance_kit.states.energies` counts what crosses
instead, for any reaction. The errors of ΔrG′° are those of the table; pyTFA would work them out
from group cues. Reactions are balanced on reading, so that pyTFA finds no protons to add.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from renaissance_kit.core.errors import InfeasibleError, ParameterError, nearest
from renaissance_kit.network.labels import ratio_of
from renaissance_kit.network.network import Network
from renaissance_kit.states._pytfa import ThermoModel, variables
from renaissance_kit.states.bounds import Bound
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.energies import prepared_model, with_reaction_energies
from renaissance_kit.states.requirements import Requirement, require_feasible

_BIG_ENERGY = 1000.0  # pyTFA's BIGM_THERMO
_TINY_ENERGY = 1e-6
_ANY_POOL_MM = (1e-9, 1e4)


@dataclass(frozen=True)
class ThermodynamicModel:
    """A pyTFA model with its constraints as requirements that can be let go.

    Attributes:
        tfa: the pyTFA model; never copy it (see `renaissance_kit.states._pytfa`).
        network, constraints: what it was made from.
        requirements: the constraints in it, all holding.
    """

    tfa: ThermoModel
    network: Network
    constraints: Constraints
    requirements: list[Requirement]

    @classmethod
    def of(cls, network: Network, constraints: Constraints) -> ThermodynamicModel:
        """Build the model of a network, with the constraints in it.

        Every kinetic reaction must carry at least the minimum flux one way or the other. Bounds
        that need directions, those of turnover and total flux, are added later.

        Args:
            network: every metabolite needs a formation energy, except by-products without formula.
            constraints: bounds.

        Raises:
            DataError: a metabolite has no formation energy.
            ParameterError: the constraints name what is not in the network.
        """
        constraints.check(network)
        network = with_reaction_energies(network)
        tfa = prepared_model(network, maximum_flux=constraints.maximum_flux, pool_mM=_ANY_POOL_MM)
        tfa.convert(verbose=False)
        tfa.solver.configuration.tolerances.feasibility = 1e-9
        model = cls(tfa, network, constraints, [])
        for add in (_flux_requirements, _concentration_requirements, _energy_requirements):
            model.requirements.extend(add(model))
        for requirement in model.requirements:
            requirement.hold()
        tfa.solver.update()
        return model

    @property
    def log_concentration(self) -> dict[str, Any]:
        """pyTFA's variables ln c (c in mol/L), by metabolite."""
        return self._variables(variables.LogConcentration)

    @property
    def energy(self) -> dict[str, Any]:
        """pyTFA's variables ΔrG′ in kJ/mol, by reaction."""
        return self._variables(variables.DeltaG)

    @property
    def standard_energy(self) -> dict[str, Any]:
        """pyTFA's variables ΔrG′° in kJ/mol, by reaction."""
        return self._variables(variables.DeltaGstd)

    @property
    def use(self) -> dict[int, dict[str, Any]]:
        """pyTFA's use variables, by direction (+1 and −1) and reaction."""
        kinds = {1: variables.ForwardUseVariable, -1: variables.BackwardUseVariable}
        return {sign: self._variables(kind) for sign, kind in kinds.items()}

    def magnitudes(self, reaction: str) -> dict[int, Any]:
        """Solver variables of the forward and the reverse flux of a reaction."""
        found = self.tfa.reactions.get_by_id(reaction)
        return {1: found.forward_variable, -1: found.reverse_variable}

    def add(self, requirement: Requirement) -> None:
        """Add a requirement and let it hold."""
        self.requirements.append(requirement)
        requirement.hold()

    def require_feasible(self) -> None:
        """Raise an InfeasibleError that names a minimal conflict, unless there is a solution."""
        self.minimise({})
        require_feasible(self.tfa.solver, self.requirements)

    def minimise(self, coefficients: Mapping[Any, float]) -> None:
        """Set a linear objective, {solver variable: coefficient}."""
        objective = self.tfa.problem.Objective(0, direction="min")
        self.tfa.solver.objective = objective
        self.tfa.solver.objective.set_linear_coefficients(dict(coefficients))

    def new_constraint(self, name: str, coefficients: Mapping[Any, float]) -> Any:
        """Add a linear constraint without limits to the solver model."""
        constraint = self.tfa.problem.Constraint(0, name=name)
        self.tfa.solver.add(constraint)
        self.tfa.solver.update()
        constraint.set_linear_coefficients(dict(coefficients))
        return constraint

    def _variables(self, kind: type) -> dict[str, Any]:
        return {v.id: v.variable for v in self.tfa.get_variables_of_type(kind)}


def parsimonious_fluxes(model: ThermodynamicModel) -> dict[str, float]:
    """Fluxes of the least total magnitude that the constraints and the second law allow.

    Minimises Σ |v| over the kinetic reactions, a mixed-integer problem in which the direction of
    each reaction is free but must agree with its energy (flux minimisation, Holzhütter 2004 Eur J
    Biochem 271:2905; Lewis et al. 2010 Mol Syst Biol 6:390).

    Returns:
        By reaction, mmol/gDW/h.

    Raises:
        InfeasibleError: there is no solution; the message names a minimal conflicting set.
    """
    model.require_feasible()
    magnitudes = {r.id: model.magnitudes(r.id) for r in model.tfa.reactions}
    total = {v: 1.0 for r in model.network.kinetic_reactions for v in magnitudes[r].values()}
    model.minimise(total)
    status = model.tfa.solver.optimize()
    if status != "optimal":
        raise InfeasibleError(f"the solver found no parsimonious fluxes (status {status!r})")
    return {r: float(m[1].primal - m[-1].primal) for r, m in magnitudes.items()}


def fix_directions(model: ThermodynamicModel, directions: Mapping[str, int]) -> None:
    """Fix the direction of every reaction, which makes the model linear.

    The directions become requirements, so that they can be named in a conflict.

    Args:
        directions: +1 or −1 by reaction; 0 for an exchange that carries nothing.

    Raises:
        ParameterError: an unknown reaction, or a direction that it cannot have.
    """
    use = model.use
    for reaction, sign in directions.items():
        if reaction not in use[1]:
            raise ParameterError(
                f"direction of {reaction!r}, which is not in {model.network.name}"
                f"{nearest(reaction, use[1])}"
            )
        if sign == 0 and not model.network.reactions[reaction].kinetic:
            flows = model.magnitudes(reaction).values()
            none: list[Any] = [(flow, (0, 0), (0, None)) for flow in flows]
            none += [(use[way][reaction], (0, 0), (0, 1)) for way in use]
            model.add(Requirement(f"no flux of {reaction} (chosen)", tuple(none)))
            continue
        if sign not in use:
            raise ParameterError(f"the direction of {reaction} is {sign!r}; give 1 or -1")
        model.add(
            Requirement(
                f"direction of {reaction}: {'forward' if sign > 0 else 'backward'} (chosen)",
                ((use[sign][reaction], (1, 1), (0, 1)), (use[-sign][reaction], (0, 0), (0, 1))),
            )
        )
    model.tfa.solver.update()


def _flux_requirements(model: ThermodynamicModel) -> list[Requirement]:
    found = []
    constraints, use = model.constraints, model.use
    for reaction, bound in constraints.fluxes.items():
        flux = model.magnitudes(reaction)
        row = model.new_constraint(f"flux_{reaction}", {flux[1]: 1.0, flux[-1]: -1.0})
        unit = model.network.flux_unit(reaction)
        label = f"flux of {reaction} from {bound.low:g} to {bound.high:g} {unit} ({bound.source})"
        # An exchange that is let go keeps its sign: the medium does not turn into food.
        exchange = model.network.reactions[reaction].role == "exchange"
        loose = (0.0 if exchange and bound.low >= 0 else None,
                 0.0 if exchange and bound.high <= 0 else None)  # fmt: skip
        found.append(Requirement(label, ((row, (bound.low, bound.high), loose),)))
    found += [_ratio_requirement(model, text, bound) for text, bound in constraints.ratios.items()]
    found += [_pool_requirement(model, name) for name in constraints.enzyme_pools]
    for reaction, sign in constraints.directions.items():
        label = f"direction of {reaction}: {'forward' if sign > 0 else 'backward'} only"
        found.append(Requirement(label, ((use[-sign][reaction], (0, 0), (0, 1)),)))
    least = []
    for reaction in model.network.kinetic_reactions:
        flux = model.magnitudes(reaction)
        row = model.new_constraint(f"used_{reaction}", {use[s][reaction]: 1.0 for s in (1, -1)})
        least.append((row, (1.0, None), (None, None)))
        for sign, name in ((1, "forward"), (-1, "backward")):
            terms = {flux[sign]: 1.0, use[sign][reaction]: -constraints.minimum_flux}
            row = model.new_constraint(f"least_{name}_{reaction}", terms)
            least.append((row, (0.0, None), (None, None)))
    label = f"flux of at least {constraints.minimum_flux:g} mmol/gDW/h in every kinetic reaction"
    return [*found, Requirement(label, tuple(least))]


def _ratio_requirement(model: ThermodynamicModel, text: str, bound: Bound) -> Requirement:
    """low · B ≤ A ≤ high · B and B ≥ 0, with sums A and B of net fluxes."""
    above, below = ratio_of(text)
    parts = []
    for name, weights, limits in (
        ("least", (1.0, -bound.low), (0.0, None)),
        ("most", (1.0, -bound.high), (None, 0.0)),
        ("below", (0.0, 1.0), (0.0, None)),
    ):
        terms: dict[Any, float] = {}
        for weight, reactions in zip(weights, (above, below), strict=True):
            for reaction in reactions:
                for sign, variable in model.magnitudes(reaction).items():
                    terms[variable] = terms.get(variable, 0.0) + sign * weight
        row = model.new_constraint(f"ratio_{name}_{text}".replace(" ", "_"), terms)
        parts.append((row, limits, (None, None)))
    label = f"ratio of fluxes {text} from {bound.low:g} to {bound.high:g} ({bound.source})"
    return Requirement(label, tuple(parts))


def _pool_requirement(model: ThermodynamicModel, name: str) -> Requirement:
    """Σ cost · |v| ≤ limit."""
    pool = model.constraints.enzyme_pools[name]
    terms = {}
    for reaction, costs in pool.costs.items():
        flux = model.magnitudes(reaction)
        terms.update({flux[1]: costs[0], flux[-1]: costs[1]})
    row = model.new_constraint(f"pool_{name}".replace(" ", "_"), terms)
    label = (
        f"enzyme pool {name!r}: {len(pool.costs)} reactions share {pool.limit:g} {pool.unit} "
        f"({pool.source})"
    )
    return Requirement(label, ((row, (None, pool.limit), (None, None)),))


def _concentration_requirements(model: ThermodynamicModel) -> list[Requirement]:
    found, pools = [], []
    constraints, log_concentration = model.constraints, model.log_concentration
    loose = _log_limits(*_ANY_POOL_MM)
    for metabolite, variable in log_concentration.items():
        known = model.network.metabolites[metabolite]
        if known.role == "water" or known.is_proton:
            continue  # fixed by pyTFA: water at activity 1, protons at the pH
        if metabolite in constraints.measured_mM:
            bound = constraints.measured_range_mM(metabolite)
            low, high, kind = bound.low, bound.high, "measured, see measured_fold"
        elif metabolite in constraints.medium_mM:
            bound = constraints.medium_mM[metabolite]
            low, high, kind = bound.low, bound.high, "medium"
        elif metabolite in constraints.pools_mM:
            bound = constraints.pools_mM[metabolite]
            low, high, kind = bound.low, bound.high, "constraints"
        else:
            limits = _log_limits(constraints.pool_mM.low, constraints.pool_mM.high)
            pools.append((variable, limits, loose))
            continue
        label = f"concentration of {metabolite} from {low:.3g} to {high:.3g} mM ({kind}"
        label += f"; {bound.source})" if bound.source else ")"
        found.append(Requirement(label, ((variable, _log_limits(low, high), loose),)))
    low, high = constraints.pool_mM.low, constraints.pool_mM.high
    return [
        *found,
        Requirement(f"every other concentration from {low:g} to {high:g} mM", tuple(pools)),
    ]


def _energy_requirements(model: ThermodynamicModel) -> list[Requirement]:
    constraints, energy = model.constraints, model.energy
    found = []
    bounded = [
        (reaction, f"energy of {reaction} from {b.low:g} to {b.high:g} kJ/mol", b, 1.0)
        for reaction, b in constraints.energies_kJ_mol.items()
    ] + [
        (reaction, f"ln displacement of {reaction} from {b.low:g} to {b.high:g}", b, model.tfa.RT)
        for reaction, b in constraints.displacements.items()
    ]
    for number, (reaction, text, bound, unit) in enumerate(bounded):
        if reaction not in energy:
            raise ParameterError(f"{reaction} has no reaction energy to bound; remove the bound")
        row = model.new_constraint(f"energy_{number}_{reaction}", {energy[reaction]: 1.0})
        limits = (bound.low * unit, bound.high * unit)
        found.append(Requirement(f"{text} ({bound.source})", ((row, limits, (None, None)),)))
    least = constraints.driving_force_kJ_mol
    couplings = [
        coupling.constraint
        for kind in ("forward_delta_g_coupling", "backward_delta_g_coupling")
        for coupling in getattr(model.tfa, kind)
    ]
    parts = tuple(
        (c, (None, _BIG_ENERGY - least), (None, _BIG_ENERGY - _TINY_ENERGY)) for c in couplings
    )
    return [*found, Requirement(f"driving force of at least {least:g} kJ/mol everywhere", parts)]


def _log_limits(low_mM: float, high_mM: float) -> tuple[float, float]:
    return math.log(low_mM * 1e-3), math.log(high_mM * 1e-3)
