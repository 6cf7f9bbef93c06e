"""What a network is made of: metabolites, reactions, compartments and quantities.

`renaissance_kit.network.reading` reads them, `renaissance_kit.network.network` puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from renaissance_kit.core import formulas
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.laws.record import Terms
from renaissance_kit.network.elements import molar_mass_g_mol


@compared_by_value
@dataclass(frozen=True)
class Metabolite:
    """A metabolite in one compartment.

    Attributes:
        role: ``dynamic``, ``constant`` (held at its steady-state value in a single cell) or
            ``water`` (in the mass and energy balances only).
        currency: takes part in reactions everywhere, so that it does not tell which reactions are
            near each other.
        charge: at the reference protonation; None where it is unknown.
        formation_energy_kJ_mol: standard Gibbs energy of formation, NaN where unknown.
    """

    id: str
    name: str
    formula: Mapping[str, int]
    charge: float | None
    compartment: str
    role: str
    currency: bool
    formation_energy_kJ_mol: float
    formation_energy_error_kJ_mol: float
    hydrogens: float
    pka: tuple[float, ...]
    database_id: str
    source: str

    @property
    def base(self) -> str:
        """The id without the compartment: the same for one substance everywhere."""
        return self.id.removesuffix(f"_{self.compartment}")

    @property
    def is_proton(self) -> bool:
        """Whether it is a proton, whose concentration the pH fixes."""
        return formulas.is_proton(self.formula)

    @property
    def molar_mass_g_mol(self) -> float:
        """Of the formula in the table.

        Raises:
            DataError: no formula, or an element without atomic weight.
        """
        return molar_mass_g_mol(self.formula)


@dataclass(frozen=True)
class Regulation:
    """A metabolite that inhibits or activates a reaction; a row of ``regulation.csv``.

    Attributes:
        kind: name in `renaissance_kit.laws.MODIFIERS`.
    """

    metabolite: str
    kind: str
    source: str


@compared_by_value
@dataclass(frozen=True)
class Reaction:
    """A reaction, ``left <=> right``; substrates and products in the order of its rate law.

    Attributes:
        role: ``kinetic``, ``growth`` (kinetic as well; its flux is the growth rate),
            ``water_transport`` or ``exchange``.
        transport: how it crosses a membrane, a class that ``constraints.csv`` may name; empty for
            other reactions.
        rate_law: name in `renaissance_kit.laws.REGISTRY`, empty where the reaction is not kinetic.
        protons: (metabolite, coefficient, mode) with mode ``displacement``, ``first_order``
            or ``balance_only``; see `renaissance_kit.laws`.
        standard_energy_kJ_mol: standard transformed reaction energy, NaN where unknown.
        modifiers: what inhibits or activates it.
        gpr: gene rule, see `renaissance_kit.network.GeneRule`; empty where no gene is known, or
            where the reaction needs none.
        gpr_source: where the rule comes from; empty where it is that of the row.
    """

    id: str
    name: str
    left: Terms
    right: Terms
    subsystem: str
    transport: str
    ec: str
    role: str
    rate_law: str
    substrates: Terms
    products: Terms
    protons: tuple[tuple[str, float, str], ...]
    standard_energy_kJ_mol: float
    standard_energy_error_kJ_mol: float
    standard_energy_note: str
    source: str
    modifiers: tuple[Regulation, ...] = ()
    gpr: str = ""
    gpr_source: str = ""

    @property
    def kinetic(self) -> bool:
        """Whether it has a rate law."""
        return self.role in ("kinetic", "growth")

    @property
    def stoichiometry(self) -> dict[str, float]:
        """Net coefficients, products positive."""
        net: dict[str, float] = {}
        for sign, terms in ((-1.0, self.left), (1.0, self.right)):
            for name, coefficient in terms:
                net[name] = net.get(name, 0.0) + sign * coefficient
        return {name: value for name, value in net.items() if value != 0.0}


@compared_by_value
@dataclass(frozen=True)
class Compartment:
    """Volume fraction of the cell (None outside it), pH, ionic strength and potentials in mV.

    Attributes:
        role: ``cytosol``, ``periplasm``, ``organelle`` or ``medium`` (outside the cell).
    """

    id: str
    name: str
    role: str
    volume_fraction: float | None
    ph: float
    ionic_strength_M: float
    potential_mV: Mapping[str, float]


@compared_by_value
@dataclass(frozen=True)
class Quantity:
    """A number with its unit, its range where one is known, and its source."""

    value: float
    unit: str
    low: float
    high: float
    source: str
