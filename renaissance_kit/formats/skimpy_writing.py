"""Models and parameter sets written as SKiMpy reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.files import atomic_hdf5
from renaissance_kit.core.sheets import write_csv
from renaissance_kit.formats.skimpy import SkimpyModel
from renaissance_kit.formats.skimpy_names import parameters_of, skimpy_id
from renaissance_kit.formats.skimpy_parameters import NANOMOLAR, Units, numbers_of
from renaissance_kit.formats.skimpy_reactions import (
    PREFIX,
    mechanism_part,
    small_molecules,
    times,
)
from renaissance_kit.formats.skimpy_regulation import KINDS
from renaissance_kit.formats.skimpy_tree import write_tree
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.network.records import Reaction

_FIXED_HILL = ("uni_bi_reversible_hill", "bi_uni_reversible_hill")


def write_skimpy(
    path: str | Path,
    model: Network | SkimpyModel,
    *,
    models: KineticModels | KineticEnsemble | None = None,
    member: int = 0,
    scaling: float = NANOMOLAR,
    growth_scale: float | None = None,
    regulation: str | Path | None = None,
) -> None:
    """Write a model as a YAML file of SKiMpy.

    SKiMpy cannot read inhibition and activation from its YAML files. It takes them from a list
    (``load_enzyme_regulation``), which goes into a file of its own.

    Args:
        path: of the YAML file.
        model: a network; or what was read, which keeps the ids and remarks of the file.
        models: batch or ensemble whose parameters and concentrations are filled in; they are left
            open if not given.
        member: position of the model in ``models``.
        scaling: what concentrations in mol/L are multiplied with: 1e9 for nM, 1e6 for µM.
        growth_scale: what coefficients of growth are multiplied with; as in the file that was read
            if not given, else 1.
        regulation: where the list of regulation goes; needed where the network is regulated.

    Raises:
        ParameterError: another network in ``models``, no such member, a regulated network without
            ``regulation``, a kind of regulation that SKiMpy's list does not have.
        OSError: the file cannot be written.

    For an example see `renaissance_kit.formats.read_skimpy`.
    """
    network, file_ids, tree, scale = _taken(model, growth_scale)
    if network.regulated and regulation is None:
        raise ParameterError(
            "the network is regulated, which SKiMpy keeps in a list beside the model; give "
            "regulation='regulation.csv'"
        )
    numbers: Mapping[tuple[str, str], float] = {}
    if isinstance(models, KineticEnsemble):
        models = models.models(network)
    if models is not None:
        _require(models, network, member)
        numbers = numbers_of(models, member, Units.of(network, scaling, scale))
    if regulation is not None:
        write_skimpy_regulation(regulation, model)
    reactions = {r: network.reactions[r] for r in network.kinetic_reactions}
    if network.growth is not None:
        reactions[network.growth] = times(reactions[network.growth], scale)
    out = _tree_of(network, reactions, file_ids, tree, numbers)
    if models is not None:
        amounts = models.state.concentrations_mM[: len(network.dynamic)] * (scaling / 1e3)
        out["initial_conditions"] = {
            file_ids[m]: float(c) for m, c in zip(network.dynamic, amounts, strict=True)
        }
    write_tree(path, out)


def _tree_of(
    network: Network, reactions: Mapping[str, Reaction], file_ids: Mapping[str, str],
    tree: Mapping[str, Any], numbers: Mapping[tuple[str, str], float],
) -> dict[str, Any]:  # fmt: skip
    species = {m: {"compartment": network.metabolites[m].compartment, "name": file_ids[m]}
               for m in network.species}  # fmt: skip
    dependent = list(network.dependent)
    out: dict[str, Any] = {
        "boundary_conditions": {
            f"CC_{file_ids[m]}": {"class": "ConstantConcentration", "reactant": file_ids[m]}
            for m in network.constant
        },
        "compartments": {c: c for c in network.compartments},
        "constraints": {},
        "dependent_reactants": {file_ids[m]: dict(species[m]) for m in dependent},
        "initial_conditions": {},
        "name": network.name,
        "parameters": _parameters(network, file_ids, numbers),
        "reactants": {file_ids[m]: part for m, part in species.items()},
        "reactions": {
            file_ids[name]: _reaction(reaction, file_ids, tree)
            for name, reaction in reactions.items()
        },
    }
    if tree:  # what was read
        out["name"] = tree.get("name", network.name)
        for part in ("dependent_reactants", "initial_conditions"):
            out.pop(part)
            if part in tree:
                out[part] = tree[part]
        filled = {n: v for n, v in out["parameters"].items() if v is not None}
        out["parameters"] = {**tree.get("parameters", {}), **(filled if numbers else {})}
    return out


def _parameters(
    network: Network, file_ids: Mapping[str, str], numbers: Mapping[tuple[str, str], float]
) -> dict[str, float | None]:
    out: dict[str, float | None] = {**_volumes(network)}
    for m in network.constant:
        out[file_ids[m]] = numbers.get(("constant", m))
    for name in network.kinetic_reactions:
        reaction = network.reactions[name]
        plain = replace(reaction, modifiers=())
        for parameter in parameters_of(plain, file_ids[name], file_ids):
            out[parameter.name] = numbers.get((parameter.kind, parameter.ours))
        for parameter in parameters_of(reaction, file_ids[name], file_ids):
            if numbers and parameter.ours.count(":") == 2:  # SKiMpy passes by what it does not know
                out[parameter.name] = numbers[parameter.kind, parameter.ours]
        if reaction.rate_law in _FIXED_HILL:
            out[f"hill_coefficient_{file_ids[name]}"] = 1.0
    return out


def _volumes(network: Network) -> dict[str, float]:
    """Volumes of the compartments and of the cell, as a model and its sets name them."""
    out: dict[str, float] = {}
    for c in network.compartments.values():
        out[f"volume_{c.id}"] = 1.0 if c.volume_fraction is None else c.volume_fraction
        out[f"cell_volume_{c.id}"] = 1.0
    return out


def _reaction(
    reaction: Reaction, file_ids: Mapping[str, str], tree: Mapping[str, Any]
) -> dict[str, Any]:
    name = file_ids[reaction.id]
    read = tree.get("reactions", {}).get(name, {}).get("modifiers") or {}
    keys = {part.get("small_molecule"): (key, part["class"]) for key, part in read.items()}
    modifiers = {}
    for metabolite, n, kind in small_molecules(reaction):
        theirs = file_ids[metabolite]
        key, kind = keys.get(theirs, (f"{PREFIX[kind]}_{theirs}", kind))
        modifiers[key] = {
            "class": kind,
            "mechanism_stoichiometry": {"small_molecule": n},
            "small_molecule": theirs,
        }
    return {
        "enzyme": None,
        "mechanism": mechanism_part(reaction, file_ids),
        "modifiers": modifiers,
        "name": name,
    }


def write_skimpy_regulation(path: str | Path, model: Network | SkimpyModel) -> None:
    """Write the list of regulation of a network, as ``load_enzyme_regulation`` takes it.

    Raises:
        ParameterError: the network is not regulated, or has essential activation beside the other.
        OSError: the file cannot be written.
    """
    network, file_ids, _, _ = _taken(model)
    theirs = {ours: name for name, ours in KINDS.items()}
    kinds = {m.kind for r in network.reactions.values() for m in r.modifiers}
    if not kinds:
        raise ParameterError(f"{network.name} is not regulated; there is no list to write")
    if {"activation", "essential_activation"} <= kinds:
        raise ParameterError(
            "the network has activation and essential_activation; a list of SKiMpy has one word "
            "for both, so keep one of them"
        )
    rows = []
    for name in network.kinetic_reactions:
        for m in network.reactions[name].modifiers:
            if m.kind == "mixed_inhibition":
                words = ["competitive inhibition", "inhibition"]
            else:
                words = [theirs.get(m.kind, "activation")]
            rows += [(file_ids[name], file_ids[m.metabolite], word) for word in words]
    write_csv(path, pd.DataFrame(rows, columns=["reaction_id", "regulator", "regulation"]))


def write_skimpy_parameters(
    path: str | Path,
    models: KineticModels | KineticEnsemble | Sequence[KineticModels],
    *,
    network: Network | None = None,
    labels: Sequence[str] | None = None,
    scaling: float = NANOMOLAR,
    growth_scale: float | None = None,
    model: SkimpyModel | None = None,
) -> None:
    """Write parameter sets of models as an HDF5 file of SKiMpy.

    Args:
        path: of the file.
        models: a batch or an ensemble; or several batches of one network at different states.
        network: of an ensemble, where ``model`` is not given.
        labels: one a model, for ``index``; ``STATE,POSITION`` if not given, as published sets have.
        scaling: what concentrations in mol/L are multiplied with: 1e9 for nM, 1e6 for µM.
        growth_scale: what coefficients of growth are multiplied with in the model of the file; 1 if
            neither this nor ``model`` is given.
        model: that was read, whose ids are used; if not, those of the network.

    Raises:
        ParameterError: models of several networks, an ensemble without network, labels of another
            number or that stand twice.
        OSError: the file cannot be written.
    """
    if isinstance(models, KineticEnsemble):
        belongs = network or (model.network if model else None)
        if belongs is None:
            raise ParameterError("an ensemble does not hold its network; give network=")
        models = models.models(belongs)
    batches = [models] if isinstance(models, KineticModels) else list(models)
    if not batches:
        raise ParameterError("there are no models to write; give at least one batch")
    network = batches[0].network
    given, file_ids, _, scale = _taken(model or network, growth_scale)
    if any(batch.network.digest != given.digest for batch in batches):
        raise ParameterError("the models belong to several networks; write a file for each")
    units = Units.of(network, scaling, scale)
    names = {p.name: (p.kind, p.ours) for r in network.kinetic_reactions
             for p in parameters_of(network.reactions[r], file_ids[r], file_ids)}  # fmt: skip
    names |= {file_ids[m]: ("constant", m) for m in network.constant}
    sets, index = [], []
    for batch in batches:
        for member in range(len(batch)):
            numbers = numbers_of(batch, member, units)
            sets.append([numbers[key] for key in names.values()])
            index.append(f"{batch.state.label},{member}")
    volumes = _volumes(network)
    index = index if labels is None else [str(label) for label in labels]
    if len(index) != len(sets) or len(set(index)) < len(index):
        raise ParameterError(
            f"{len(index)} labels, {len(set(index))} of them different, for {len(sets)} models; "
            "give each model a label of its own"
        )
    text = h5py.string_dtype()
    with atomic_hdf5(path, checksum=False) as sink, h5py.File(sink, "w") as file:
        file["parameter_names"] = np.array([*names, *volumes], dtype=text)
        file["num_parameters_sets"] = len(sets)
        file["index"] = np.array(index, dtype=text)
        for i, values in enumerate(sets):
            file[f"parameter_set_{i}"] = np.array([*values, *volumes.values()])


def _taken(
    model: Network | SkimpyModel, growth_scale: float | None = None
) -> tuple[Network, Mapping[str, str], Mapping[str, Any], float]:
    """Network, ids in the file, what was read, and the scale of growth."""
    if isinstance(model, SkimpyModel):
        scale = model.growth_scale if growth_scale is None else growth_scale
        return model.network, model.file_ids, model.tree, scale
    ids = {m: skimpy_id(m) for m in model.species} | {r: r for r in model.kinetic_reactions}
    return model, ids, {}, 1.0 if growth_scale is None else growth_scale


def _require(models: KineticModels, network: Network, member: int) -> None:
    if models.network.digest != network.digest:
        raise ParameterError(
            "models belong to another network; give those of the one that is written"
        )
    if not 0 <= member < len(models):
        raise ParameterError(f"there is no member {member}; the batch holds 0 to {len(models) - 1}")
