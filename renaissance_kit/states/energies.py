"""Reaction energies of the pyTFA model, from our tables.

Inside a compartment pyTFA's own are used; across a membrane, what crosses is counted here (see
`renaissance_kit.states.tfa` for the reasons).
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import Any

import cobra
import pandas as pd

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.formulas import formula_text
from renaissance_kit.network.network import Network
from renaissance_kit.states._pytfa import ThermoModel

FARADAY_KJ = 96.485  # kJ/mol/V
DEFAULT_ERROR_KJ = 8.368
"""Error of a reaction energy where the table has none: 2 kcal/mol, as pyTFA takes it."""
_WIDE_MM = (1e-9, 1e4)


def reaction_energies(network: Network) -> pd.DataFrame:
    """Standard transformed reaction energies that follow from the formation energies.

    At the pH, ionic strength and potentials of ``compartments.csv`` and 298.15 K. Inside a
    compartment as pyTFA transforms them (Alberty 2003), across a membrane by what crosses, see
    `translocation_energy_kJ_mol`.

    Args:
        network: every metabolite needs a formation energy, except by-products without formula.

    Returns:
        Index: reactions between metabolites of known energy. Columns ``dgr0_kJ_mol`` and
        ``dgr0_error_kJ_mol``, the latter from ``reactions.csv`` where it is given, else 8.368.

    Raises:
        DataError: metabolites have no formation energy; names all of them.

    >>> from renaissance_kit import Network
    >>> from renaissance_kit.states import reaction_energies
    >>> float(reaction_energies(Network.example()).loc["PGI", "dgr0_kJ_mol"].round(2))
    -4.56
    """
    tfa = _transformed(network, maximum_flux=1.0, pool_mM=_WIDE_MM)
    found = {
        r.id: (r.thermo["deltaGR"], network.reactions[r.id].standard_energy_error_kJ_mol)
        for r in tfa.reactions
        if r.thermo["computed"]
    }
    table = pd.DataFrame.from_dict(
        found, orient="index", columns=["dgr0_kJ_mol", "dgr0_error_kJ_mol"]
    )
    table["dgr0_error_kJ_mol"] = table.dgr0_error_kJ_mol.fillna(DEFAULT_ERROR_KJ)
    return table.rename_axis("reaction")


def with_reaction_energies(network: Network) -> Network:
    """The network with the reaction energies that its table leaves empty, see `reaction_energies`.

    Raises:
        DataError: metabolites have no formation energy.
    """
    if all(
        math.isfinite(r.standard_energy_kJ_mol + r.standard_energy_error_kJ_mol)
        for r in network.reactions.values()
        if r.kinetic and r.role != "growth"
    ):
        return network
    reactions = dict(network.reactions)
    for name, energy, error in reaction_energies(network).itertuples(name=None):
        given = reactions[name]
        if not math.isfinite(given.standard_energy_kJ_mol):
            given = replace(given, standard_energy_kJ_mol=energy)
        if not math.isfinite(given.standard_energy_error_kJ_mol):
            given = replace(given, standard_energy_error_kJ_mol=error)
        reactions[name] = given
    return replace(network, reactions=reactions)


def prepared_model(
    network: Network, *, maximum_flux: float, pool_mM: tuple[float, float]
) -> ThermoModel:
    """A pyTFA model with all reaction energies, before its constraints are made.

    Args:
        network: every metabolite needs a formation energy, except by-products without formula;
            errors of the reaction energies as from `with_reaction_energies`.
        maximum_flux: bound on the magnitude of every flux, mmol/gDW/h.
        pool_mM: range of every concentration.

    Raises:
        DataError: metabolites have no formation energy.
    """
    tfa = _transformed(network, maximum_flux=maximum_flux, pool_mM=pool_mM)
    for reaction in tfa.reactions:
        if reaction.thermo["computed"]:
            given = network.reactions[reaction.id]
            reaction.thermo["deltaGRerr"] = given.standard_energy_error_kJ_mol
    return tfa


def _transformed(
    network: Network, *, maximum_flux: float, pool_mM: tuple[float, float]
) -> ThermoModel:
    """A pyTFA model whose reactions have their transformed energies."""
    tfa = ThermoModel(thermo_data=_compounds(network), model=_flux_model(network, maximum_flux))
    tfa.logger.setLevel(logging.ERROR)
    tfa.compartments = {
        c.id: {
            "name": c.name,
            "pH": c.ph,
            "ionicStr": c.ionic_strength_M,
            "membranePot": dict(c.potential_mV),
            "c_min": pool_mM[0] * 1e-3,
            "c_max": pool_mM[1] * 1e-3,
        }
        for c in network.compartments.values()
    }
    tfa.prepare()
    for reaction in tfa.reactions:
        across = len({m.compartment for m in reaction.metabolites}) > 1
        if reaction.thermo["computed"] and across:
            reaction.thermo["deltaGR"] = translocation_energy_kJ_mol(tfa, reaction)
    return tfa


def translocation_energy_kJ_mol(tfa: ThermoModel, reaction: cobra.Reaction) -> float:
    """ΔrG′° of a reaction across a membrane, from what crosses.

    ``Σ n ΔfG′° + Σ_k (H_k μ_k + F q_k φ_k)`` over the compartments k: H_k and q_k are the net
    hydrogens (bound and free) and charges that arrive in k, φ_k is its potential, and
    ``μ_k = −RT ln 10 · pH_k − 2.915 √I_k / (1 + 1.6 √I_k)`` the energy of a hydrogen to which the
    transformed energies of k refer (Alberty 2003, Thermodynamics of Biochemical Reactions, ch. 4;
    Jol et al. 2010 Biophys J 99:3139). At unit concentrations of all but the protons, whose
    concentration is that of the pH.

    Args:
        tfa: prepared, so that its metabolites have transformed energies.
        reaction: a reaction of it with metabolites in two compartments.

    Returns:
        kJ/mol.
    """
    energy = 0.0
    hydrogens: dict[str, float] = {}
    charges: dict[str, float] = {}
    for metabolite, n in reaction.metabolites.items():
        where, thermo = metabolite.compartment, metabolite.thermo
        if metabolite.formula != "H":
            energy += n * thermo.deltaGf_tr
        hydrogens[where] = hydrogens.get(where, 0.0) + n * thermo.nH_std
        charges[where] = charges.get(where, 0.0) + n * thermo.charge_std
    here, there = sorted(hydrogens)
    for where in (here, there):
        root = math.sqrt(tfa.compartments[where]["ionicStr"])
        energy += hydrogens[where] * (
            tfa.RT * math.log(10.0 ** -tfa.compartments[where]["pH"])
            - 2.91482 * root / (1 + tfa.Debye_Huckel_B * root)
        )
    against_there_V = tfa.compartments[there]["membranePot"][here] / 1000
    return energy + FARADAY_KJ * charges[here] * against_there_V


def _compounds(network: Network) -> dict[str, Any]:
    compounds = {}
    missing = [
        m.id
        for m in network.metabolites.values()
        if m.charge is not None and not math.isfinite(m.formation_energy_kJ_mol)
    ]
    if missing:
        raise DataError(
            f"metabolites.csv: no dgf0_kJ_mol of {', '.join(missing)}; thermodynamic flux analysis "
            "needs the energy of every metabolite that has a formula"
        )
    for m in network.metabolites.values():
        if m.charge is None:
            continue  # a by-product without formula, left out of the flux model
        compounds[m.database_id] = {
            "id": m.database_id,
            "name": m.name,
            "formula": formula_text(m.formula),
            "pKa": list(m.pka),
            "error": "Nil",
            "deltaGf_std": m.formation_energy_kJ_mol,
            "deltaGf_err": m.formation_energy_error_kJ_mol,
            "mass_std": 0.0,
            "nH_std": int(m.hydrogens),
            "charge_std": int(m.charge),
            "struct_cues": {},
        }
    return {"units": "kJ/mol", "cues": {}, "metabolites": compounds}


def _flux_model(network: Network, maximum_flux: float) -> cobra.Model:
    model = cobra.Model(network.name)
    model.solver = "glpk"
    species = {}
    for m in network.metabolites.values():
        if m.charge is not None:
            species[m.id] = cobra.Metabolite(
                m.id, formula=formula_text(m.formula), charge=m.charge, compartment=m.compartment
            )
            species[m.id].annotation = {"seed_id": m.database_id}
    reactions = []
    for r in network.reactions.values():
        reaction = cobra.Reaction(r.id, name=r.name)
        reaction.bounds = -maximum_flux, maximum_flux
        reaction.add_metabolites(
            {species[m]: n for m, n in r.stoichiometry.items() if m in species}
        )
        reactions.append(reaction)
    model.add_reactions(reactions)
    return model
