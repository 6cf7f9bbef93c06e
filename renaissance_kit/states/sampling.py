"""Sampling of thermodynamically consistent steady states.

1. Directions: those of the fluxes of the least total magnitude that the constraints, growth and
   the second law allow (`renaissance_kit.states.tfa.parsimonious_fluxes`).
2. With the directions fixed, fluxes, and concentrations with reaction energies, are polytopes that
   share no variable. Both are read out of the pyTFA model and sampled uniformly.
3. Unmeasured concentrations are bounded by turnover at the least throughput that the fluxes allow
   (`renaissance_kit.states.turnover`), so any flux vector goes with any concentration vector.
4. Every state is checked against the tables, without pyTFA (`renaissance_kit.states.validation`).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from renaissance_kit.core.errors import DataError, InfeasibleError, ParameterError
from renaissance_kit.core.seeds import require_seed
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.diagnostics import effective_sample_size, split_rhat
from renaissance_kit.states.hit_and_run import STEPS_PER_DIMENSION, sample_polytope
from renaissance_kit.states.polytope import Polytope, joined, read_blocks
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.states.tfa import ThermodynamicModel, fix_directions, parsimonious_fluxes
from renaissance_kit.states.turnover import bound_total_flux, bound_turnover, least_throughputs_mM_h
from renaissance_kit.states.validation import require_valid

CHAINS = 4
PYTFA_TEMPERATURE_K = 298.15  # a constant in pyTFA
MIXED_RHAT = 1.1
"""Split R-hat up to which chains count as mixed."""
_NOTHING = 1e-9  # mmol/gDW/h, an exchange that does not run
_SIGNIFICANT_BITS = np.float32  # concentrations and energies are rounded to 7 digits


def sample_steady_states(
    network: Network,
    n: int = 5000,
    *,
    seed: int = 1,
    constraints: Constraints | None = None,
    turnover_time_min: float | None = None,
    directions: Mapping[str, int] | None = None,
    steps_per_dimension: int = STEPS_PER_DIMENSION,
) -> SteadyStates:
    """Draw steady states that meet the constraints and the second law.

    Args:
        network: with formation energies.
        n: number of states.
        seed: same seed, same states, on every processor (fluxes to 1e-11, the rest exactly).
        constraints: those of the network's folder if not given.
        turnover_time_min: replaces the one of the constraints; infinite for no such bound.
        directions: +1 or −1 by reaction; the parsimonious ones if not given. Reactions that are
            not named keep theirs.
        steps_per_dimension: coordinate steps between kept points, for each dimension.

    Returns:
        The states, each valid, with the diagnostics of the chains (effective sample size and
        split R-hat of every variable) and reaction energies in the data set. State i comes from
        chain i mod 4. Where the chains have not mixed, a warning says so (`not_mixed`).

    Raises:
        InfeasibleError: the constraints contradict each other; names a minimal set of them.
        SteadyStateError: a sampled state fails a check, which would be a defect of this program.

    >>> from renaissance_kit import Network
    >>> states = sample_steady_states(Network.example(), 4, seed=1, steps_per_dimension=1)
    >>> len(states)
    4
    """
    if n < 1:
        raise ParameterError(f"n is {n}; ask for at least one state")
    seed = require_seed(seed)
    _require_thermodynamics(network)
    chosen = constraints or Constraints.from_folder(network)
    if turnover_time_min is not None:
        chosen = replace(chosen, turnover_time_min=turnover_time_min)
    with single_threaded():  # so that rounding errors, and states, are the same
        found = StateSpace.of(network, chosen, directions).states(
            n, seed=seed, steps_per_dimension=steps_per_dimension
        )
    if text := not_mixed(found, steps_per_dimension):
        warnings.warn(text, stacklevel=2)
    return found


def not_mixed(states: SteadyStates, steps_per_dimension: int = STEPS_PER_DIMENSION) -> str:
    """What to know of sampled states whose chains have not mixed; empty where they have.

    Args:
        states: with diagnostics, as `sample_steady_states` returns them; nothing is said of others.
        steps_per_dimension: that they were sampled with.

    >>> from renaissance_kit import Network, SteadyStates
    >>> not_mixed(SteadyStates.example(Network.example()))
    ''
    """
    data = states.dataset
    rhat = data.rhat.values[np.isfinite(data.rhat.values)] if "rhat" in data else np.zeros(0)
    if rhat.max(initial=0.0) <= MIXED_RHAT:
        return ""
    return (
        f"the chains have not mixed (R-hat up to {rhat.max():.2f}, least effective sample size "
        f"{np.nanmin(data.ess.values):.0f}, {len(states):,} states): draw more states, or more "
        f"steps (steps_per_dimension={4 * steps_per_dimension}), before you trust "
        "how the states are spread"
    )


def _require_thermodynamics(network: Network) -> None:
    """Raise unless the network has what thermodynamic sampling needs."""
    temperature = network.conditions.get("temperature")
    if temperature is None:
        raise DataError("conditions.csv: the quantity 'temperature' (K) is missing; add a row")
    if temperature.value != PYTFA_TEMPERATURE_K:
        raise DataError(
            f"conditions.csv: temperature is {temperature.value:g} K, but pyTFA computes at "
            f"{PYTFA_TEMPERATURE_K:g} K, that of the tabulated energies; use that"
        )
    for compartment in network.compartments.values():
        others = set(network.compartments) - set(compartment.potential_mV)
        if others:
            raise DataError(
                f"compartments.csv ({compartment.id}): no membrane potential to "
                f"{', '.join(sorted(others))}; add columns potential_to_..._mV"
            )


@dataclass(frozen=True)
class StateSpace:
    """All steady states of one direction profile: polytopes and what their variables mean.

    Attributes:
        model: the pyTFA model with directions, total flux and turnover bounded.
        directions: +1 or −1 by reaction; 0 for an exchange that carries nothing.
        blocks: polytopes over the solver's variables.
        constants: values of solver variables that have no room.
        least_total_flux: Σ |v| of the parsimonious fluxes, mmol/gDW/h.
        least_throughputs_mM_h: by dynamic metabolite.
    """

    model: ThermodynamicModel
    directions: Mapping[str, int]
    blocks: list[Polytope]
    constants: Mapping[str, float]
    least_total_flux: float
    least_throughputs_mM_h: Mapping[str, float]

    @classmethod
    def of(
        cls,
        network: Network,
        constraints: Constraints,
        directions: Mapping[str, int] | None = None,
    ) -> StateSpace:
        """Choose the directions, bound what depends on them, and read out the polytopes.

        Raises:
            InfeasibleError: names a minimal conflicting set of constraints.
            ParameterError: an unknown reaction or metabolite, or a direction other than ±1.
        """
        model = ThermodynamicModel.of(network, constraints)
        if directions:
            fix_directions(model, directions)
        parsimonious = parsimonious_fluxes(model)
        signs = {r: _direction(network, r, v) for r, v in parsimonious.items()}
        total = sum(abs(parsimonious[r]) for r in network.kinetic_reactions)
        fix_directions(model, {r: s for r, s in signs.items() if r not in (directions or {})})
        bound_total_flux(model, total)
        model.require_feasible()
        fluxes = _flux_polytope(model, signs)
        least = least_throughputs_mM_h(network, fluxes, _signed(model, fluxes.names))
        bound_turnover(model, least)
        model.require_feasible()
        blocks, constants = read_blocks(model.tfa.solver)
        return cls(model, signs, blocks, constants, total, least)

    def states(
        self, n: int, *, seed: int, steps_per_dimension: int = STEPS_PER_DIMENSION
    ) -> SteadyStates:
        """Draw n states, with the diagnostics of the chains; each is checked.

        Raises:
            InfeasibleError: a block is empty or flat.
            SteadyStateError: a sampled state fails a check.
        """
        seed = require_seed(seed)
        with single_threaded():  # so that rounding errors are the same
            draws, values = self.sample(n, seed, steps_per_dimension)
            found = self.label(values, n, seed)
            _add_diagnostics(found, draws, self.names)
            require_valid(self.model.network, self.model.constraints, found, self.directions)
        return found

    def within(self, bounds: Mapping[str, tuple[float, float]]) -> StateSpace:
        """The part of the space where some fluxes and concentrations are inside further bounds.

        Args:
            bounds: (low, high) by ``flux REACTION`` in mmol/gDW/h (growth: 1/h), signed, and
                ``concentration METABOLITE`` in mM. What has no room anyway is left alone.

        Raises:
            ParameterError: an unknown name, or bounds that are no range.

        Sampling raises InfeasibleError where the bounds leave no room.
        """
        variable = {text: name for name, text in self.names.items()}
        limits: dict[str, tuple[float, float]] = {}
        for key, (low, high) in bounds.items():
            kind, _, name = key.partition(" ")
            if not low < high or (kind == "concentration" and not low > 0):
                raise ParameterError(f"{key} from {low:g} to {high:g} is no range")
            if kind == "flux" and name in self.directions:
                sign = self.directions[name]
                if not sign:
                    continue  # an exchange that carries nothing
                solver = self.model.magnitudes(name)[sign].name
                limits[solver] = (low, high) if sign > 0 else (-high, -low)
            elif kind == "concentration" and f"ln_c {name}" in variable:
                solver = variable[f"ln_c {name}"]
                limits[solver] = (math.log(low * 1e-3), math.log(high * 1e-3))
            else:
                network = self.model.network
                raise ParameterError(
                    f"{key!r} is no flux or concentration of {network.name}; write "
                    f"'flux {network.kinetic_reactions[0]}' or "
                    f"'concentration {network.dynamic[0]}'"
                )
        blocks = []
        for block in self.blocks:
            pairs = [limits.get(name, (-np.inf, np.inf)) for name in block.names]
            low_high = np.array(pairs, dtype=float)
            blocks.append(block.within(low_high[:, 0], low_high[:, 1]))
        return replace(self, blocks=blocks)

    def has_room(self) -> bool:
        """Whether every block has an inside."""
        try:
            for block in self.blocks:
                block.chebyshev_centre()
        except InfeasibleError:
            return False
        return True

    def sample(
        self, n: int, seed: int, steps_per_dimension: int
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Draw from every block.

        Returns:
            By solver variable, (chains, draws) for the diagnostics, and (n,) in the order of the
            states.
        """
        length = max(4, math.ceil(n / CHAINS))
        draws: dict[str, Array] = {}
        for block, child in zip(
            self.blocks, np.random.SeedSequence(seed).spawn(len(self.blocks)), strict=True
        ):
            z = sample_polytope(
                block, length, seed=child, chains=CHAINS, steps_per_dimension=steps_per_dimension
            )
            x = block.expand(z)
            draws.update({name: x[:, :, j] for j, name in enumerate(block.names)})
        flat = {name: x.T.ravel()[:n] for name, x in draws.items()}
        return draws, flat

    def label(self, values: Mapping[str, Array], n: int, seed: int) -> SteadyStates:
        """Turn solver variables into labelled fluxes, concentrations and energies."""
        network, model = self.model.network, self.model
        reactions = tuple(network.reactions)

        def column(name: str) -> Array:
            return values[name] if name in values else np.full(n, self.constants[name])

        fluxes = np.zeros((n, len(reactions)))
        for j, reaction in enumerate(reactions):
            sign = self.directions[reaction]
            if sign:
                fluxes[:, j] = sign * column(model.magnitudes(reaction)[sign].name)
        concentrations = np.empty((n, len(network.species)))
        log_concentration = model.log_concentration
        for j, metabolite in enumerate(network.species):
            if metabolite in log_concentration:
                log_c = column(log_concentration[metabolite].name)
                concentrations[:, j] = 1e3 * np.exp(log_c)
            else:  # a by-product without formula
                bound = model.constraints.medium_mM[metabolite]
                concentrations[:, j] = math.sqrt(bound.low * bound.high)
        energies = {r: column(v.name) for r, v in model.energy.items()}
        standard = {r: column(v.name) for r, v in model.standard_energy.items()}
        displacement = np.full((n, len(network.kinetic_reactions)), np.nan)
        for j, reaction in enumerate(network.kinetic_reactions):
            if REGISTRY[network.reactions[reaction].rate_law].reversible:
                displacement[:, j] = energies[reaction] / model.tfa.RT
        states = SteadyStates.from_arrays(
            network, fluxes, reactions, _rounded(concentrations), _rounded(displacement),
            self.provenance(seed),
        )  # fmt: skip
        data = states.dataset
        names = list(energies)
        data.coords["energy_reaction"] = names
        dims = ("state", "energy_reaction")
        for key, table, text in (
            ("reaction_energy", energies, "transformed reaction energy"),
            ("standard_energy", standard, "its standard part, sampled within its error"),
        ):
            matrix = np.column_stack([table[r] for r in names]).astype(np.float32)
            data[key] = (dims, matrix, {"units": "kJ/mol", "long_name": text})
        return states

    @property
    def names(self) -> dict[str, str]:
        """What each solver variable means, such as ``flux PGI`` or ``ln_c atp_c``."""
        model = self.model
        found = {v.name: f"flux {r}" for r in self.directions for v in model.magnitudes(r).values()}
        for prefix, table in (
            ("ln_c", model.log_concentration),
            ("energy", model.energy),
            ("standard_energy", model.standard_energy),
        ):
            found.update({variable.name: f"{prefix} {name}" for name, variable in table.items()})
        return found

    def provenance(self, seed: int) -> dict[str, Any]:
        """Everything that made the states."""
        return {
            "method": "pyTFA model; uniform coordinate hit-and-run in each polytope",
            "seed": seed,
            "chains": CHAINS,
            "constraints": self.model.constraints.to_dict(),
            "turnover_time_min": self.model.constraints.turnover_time_min,
            "directions": dict(self.directions),
            "least_total_flux_mmol_gDW_h": self.least_total_flux,
            "least_throughputs_mM_h": dict(self.least_throughputs_mM_h),
            "dimensions": [block.dimension for block in self.blocks],
        }


def _direction(network: Network, reaction: str, flux: float) -> int:
    """Of a parsimonious flux: an exchange that carries nothing has none."""
    if not network.reactions[reaction].kinetic and abs(flux) < _NOTHING:
        return 0
    return 1 if flux > 0 else -1


def _flux_polytope(model: ThermodynamicModel, signs: Mapping[str, int]) -> Polytope:
    """All fluxes, in their magnitudes: fluxes that are fixed may part the others into blocks."""
    names = {model.magnitudes(r)[s].name for r, s in signs.items() if s}
    blocks, constants = read_blocks(model.tfa.solver)
    return joined(
        [b for b in blocks if names & set(b.names)],
        {name: value for name, value in constants.items() if name in names},
    )


def _signed(model: ThermodynamicModel, names: tuple[str, ...]) -> Array:
    """(all reactions, variables) that turns magnitudes into fluxes."""
    position = {name: j for j, name in enumerate(names)}
    signed = np.zeros((len(model.network.reactions), len(names)))
    for i, reaction in enumerate(model.network.reactions):
        for sign, variable in model.magnitudes(reaction).items():
            if variable.name in position:
                signed[i, position[variable.name]] = sign
    return signed


def _rounded(values: Array) -> Array:
    """Round to 7 digits, which loses nothing and makes the file half as large."""
    return values.astype(_SIGNIFICANT_BITS).astype(np.float64)


def _add_diagnostics(
    states: SteadyStates, draws: Mapping[str, Array], meaning: Mapping[str, str]
) -> None:
    stacked = np.stack(list(draws.values()), axis=-1)
    data = states.dataset
    data.coords["sampled_variable"] = [meaning[name] for name in draws]
    for key, values, text in (
        ("ess", effective_sample_size(stacked), "effective sample size over all chains"),
        ("rhat", split_rhat(stacked), "split R-hat"),
    ):
        data[key] = ("sampled_variable", values, {"units": "1", "long_name": text})
