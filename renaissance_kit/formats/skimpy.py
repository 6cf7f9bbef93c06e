"""Models in the YAML files of SKiMpy (Weilandt et al. 2023 Bioinformatics 39:btac787), read.

Such a file holds rate laws, stoichiometry and volumes. It has no formulas, charges or energies, so
balances are not checked, and no pH and no dry weight of the cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from renaissance_kit.core.errors import DataError, ParameterError, SteadyStateError, nearest
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.formats.skimpy_names import bigg_id
from renaissance_kit.formats.skimpy_parameters import NANOMOLAR, SkimpyParameters
from renaissance_kit.formats.skimpy_reactions import (
    ACTIVATION,
    Context,
    Unreadable,
    number_in,
    reaction_of,
    times,
)
from renaissance_kit.formats.skimpy_regulation import read_regulation
from renaissance_kit.formats.skimpy_tree import Part, read_tree
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.laws.sides import ACTIVATOR, ESSENTIAL_ACTIVATOR
from renaissance_kit.network.conditions import CONDITIONS
from renaissance_kit.network.network import Network
from renaissance_kit.network.records import Compartment, Metabolite, Quantity, Reaction
from renaissance_kit.states.steady_state import SteadyState

PARTS = ("reactions", "reactants", "boundary_conditions", "compartments")
KNOWN_PARTS = (
    *PARTS, "parameters", "initial_conditions", "constraints", "dependent_reactants", "name",
)  # fmt: skip
CONVENTIONS = {
    "dry_weight_density": 300.0, "eigenvalue_threshold": -2.5, "km_lower_bound": 1.3e-3,
    "km_upper_bound": 20.0,
}  # fmt: skip
_CONVENTION = "not in the file; as in Choudhury 2024 Nat Catal 7:1086"
_ROLES = {"c": "cytosol", "p": "periplasm"}


@compared_by_value
@dataclass(frozen=True)
class SkimpyModel:
    """A model of a SKiMpy file.

    Attributes:
        network: reactions, metabolites, compartments.
        parameters: numbers of the file by name, None where it leaves them open; in its own units.
        initial: initial concentrations of the file, by name; in its own units.
        file_ids: ids in the file by id of the network.
        growth_scale: what coefficients of growth are multiplied with in the file.
        notes: what was decided on reading, in words.
        tree: what the file says besides, for writing it again.
    """

    network: Network
    parameters: Mapping[str, float | None]
    initial: Mapping[str, float]
    file_ids: Mapping[str, str]
    growth_scale: float
    notes: tuple[str, ...]
    tree: Mapping[str, Any] = field(repr=False)

    @property
    def report(self) -> str:
        """What was read, what was decided, and the conserved moieties, a line each."""
        network = self.network
        lines = [repr(network), *self.notes, f"{len(network.moieties)} conserved moieties:"]
        return "\n".join([*lines, *(f"  {moiety}" for moiety in network.moieties)])

    def parameter_set(self, *, scaling: float = NANOMOLAR) -> SkimpyParameters:
        """The parameters of the file as a set of one, NaN where it leaves them open.

        Args:
            scaling: what concentrations in mol/L were multiplied with: 1e9 for nM, 1e6 for µM.

        Raises:
            ParameterError: with this scaling the numbers are impossible.
        """
        names = [name for name, value in self.parameters.items() if value is not None]
        values = np.array([[self.parameters[name] for name in names]], dtype=float)
        return SkimpyParameters.of(
            self.network, names, values, (self.network.name,), scaling=scaling,
            growth_scale=self.growth_scale,
        )  # fmt: skip

    def steady_state(
        self, density_gDW_L: float | None = None, *, scaling: float = NANOMOLAR
    ) -> SteadyState:
        """The steady state of a file that holds all parameters and concentrations.

        Args:
            density_gDW_L: dry weight per litre of cell, which is not in the file; that of the
                network's conditions if not given.
            scaling: as in `parameter_set`.

        Raises:
            SteadyStateError: the file leaves numbers open, or nothing is steady there.
            ParameterError: with this scaling the numbers are impossible.
        """
        network = self.network
        held = {m: self.parameters.get(self.file_ids[m]) for m in network.constant}
        given = {m: self.initial.get(self.file_ids[m]) for m in network.dynamic}
        sets = self.parameter_set(scaling=scaling)
        missing = [m for m, c in {**given, **held}.items() if c is None]
        missing += [r for r, v in zip(network.kinetic_reactions, sets.vmax_mM_h[0], strict=True)
                    if np.isnan(v)]  # fmt: skip
        missing += sets.missing
        if missing:
            raise SteadyStateError(
                f"the file has no number for {', '.join(missing[:5])}"
                + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
                + "; take the concentrations from elsewhere, and parameters from a set "
                "(SkimpyParameters.read)"
            )
        c = np.array([*given.values(), *held.values()], dtype=float) / (scaling / 1e3)
        return sets.state(0, c, density_gDW_L)


def read_skimpy(
    path: str | Path,
    *,
    regulation: str | Path | None = None,
    bigg_ids: bool = False,
    growth: str | None = None,
    growth_scale: float = 1.0,
    activation: str = "activation",
    conditions: Mapping[str, float] | None = None,
    ph: Mapping[str, float] | None = None,
) -> SkimpyModel:
    """Read a SKiMpy model from its YAML file.

    Args:
        path: of the file.
        regulation: a list as SKiMpy's ``load_enzyme_regulation`` takes it, CSV with the columns
            reaction_id, regulator, regulation.
        bigg_ids: call metabolites and reactions by BiGG ids (see `bigg_id`); if not, as the file.
        growth: id in the file of the reaction whose flux is the growth rate.
        growth_scale: what its coefficients in mmol/gDW were multiplied with, 5e5 in the published
            models of *E. coli* W3110 trpD9923; they are divided by it.
        activation: kind of modifier that an activation is: ``activation``, f · (1 + A/Ka), as in
            the published parameter sets of that strain, or ``essential_activation``,
            f · A/(Ka + A), as in SKiMpy's code since.
        conditions: quantities as in ``conditions.csv``, such as ``dry_weight_density``; where they
            are not given, conventional ones (300 gDW/L, λmax −2.5 1/h, KM 1.3e-3 to 20 mM).
        ph: pH by compartment, 7 where it is not given. Without energies nothing depends on it.

    Raises:
        DataError: everything that is wrong with the file, with its lines and the remedies.
        ParameterError: unknown ``growth``, ``activation`` or conditions, or a scale that is not
            positive.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from renaissance_kit import Network
    >>> from renaissance_kit.formats import read_skimpy, write_skimpy
    >>> with TemporaryDirectory() as folder:
    ...     write_skimpy(Path(folder) / "tiny.yaml", Network.example("tiny"))
    ...     read_skimpy(Path(folder) / "tiny.yaml").network
    Network('tiny': 5 kinetic reactions, 6 dynamic metabolites, 10 KM)
    """
    path = Path(path).expanduser()
    effects = (ACTIVATOR, ESSENTIAL_ACTIVATOR)
    kinds = [k.name for k in MODIFIERS.values() if k.constants[0][1] in effects]
    if activation not in kinds:
        raise ParameterError(f"activation {activation!r} is unknown; choose {' or '.join(kinds)}")
    if not (np.isfinite(growth_scale) and growth_scale > 0):
        raise ParameterError(f"growth_scale is {growth_scale}; it must be positive")
    tree = _checked(read_tree(path), path.name)
    rename = bigg_id if bigg_ids else str
    roles = _roles(tree, path.name)
    reactions = _reactions(tree, path.name, roles, Context(rename, activation, path.name))
    file_ids = {rename(name): name for name in (*tree["reactants"], *tree["reactions"])}
    if len(file_ids) < len(tree["reactants"]) + len(tree["reactions"]):
        ids = [rename(name) for name in (*tree["reactants"], *tree["reactions"])]
        twice = next(name for name in ids if ids.count(name) > 1)
        raise DataError(
            f"{path.name}: {twice!r} would be the id of two metabolites or reactions; rename one"
            + (", or read with bigg_ids=False" if bigg_ids else "")
        )
    notes = _notes(tree, reactions, activation)
    if growth is not None:
        if growth not in tree["reactions"]:
            raise ParameterError(
                f"growth {growth!r} is no reaction{nearest(growth, tree['reactions'])}"
            )
        lump = times(reactions[rename(growth)], 1 / growth_scale)
        reactions[rename(growth)] = replace(lump, role="growth")
        notes.append(f"{growth} is growth; its coefficients were divided by {growth_scale:g}")
    ours = {rename(m): role for m, role in roles.items()}
    if regulation is not None:
        reactions, passed = read_regulation(regulation, reactions, ours, rename, activation)
        count = sum(len(r.modifiers) for r in reactions.values())
        notes.append(
            f"{Path(regulation).name}: {count} modifiers; {passed} rows name what it does not have"
        )
    parameters = _numbers(tree, "parameters", path.name)
    metabolites = {rename(m): _metabolite(rename(m), part, roles[m], path.name)
                   for m, part in tree["reactants"].items()}  # fmt: skip
    network = Network(
        path.stem, metabolites, reactions,
        _compartments(tree, roles, parameters, ph or {}, path.name),
        _conditions(conditions or {}),
    )  # fmt: skip
    tree["parameters"] = parameters  # numbers, where YAML takes 1e-5 for text
    initial = {
        k: v for k, v in _numbers(tree, "initial_conditions", path.name).items() if v is not None
    }
    return SkimpyModel(
        network, parameters, initial, file_ids, growth_scale if growth else 1.0, tuple(notes), tree
    )  # fmt: skip


def _checked(tree: Part, file: str) -> Part:
    problems = [
        f"{file}: part {name!r} is {'no mapping' if name in tree else 'missing'}; a "
        f"SKiMpy model has {', '.join(PARTS)}"
        for name in PARTS
        if not isinstance(tree.get(name), Part)
        or (name != "boundary_conditions" and not tree[name])
    ]
    problems += [
        f"{file}: part {name!r} is unknown{nearest(name, KNOWN_PARTS)}"
        for name in tree
        if name not in KNOWN_PARTS
    ]
    if tree.get("constraints"):
        problems.append(f"{file}: constraints are not known; remove them if the model does without")
    if problems:
        raise DataError(*problems)
    return tree


def _roles(tree: Part, file: str) -> dict[str, str]:
    """Role of each metabolite, by id in the file."""
    roles = dict.fromkeys(tree["reactants"], "dynamic")
    problems = [
        f"{file}, line {getattr(part, 'line', tree['reactants'].line)} ({name}): it needs its own"
        " name, and a compartment that is among 'compartments'; write 'compartment: c'"
        for name, part in tree["reactants"].items()
        if not isinstance(part, Part)
        or part.get("compartment") not in tree["compartments"]
        or part.get("name", name) != name
    ]
    for key, part in tree["boundary_conditions"].items():
        line = f"{file}, line {getattr(part, 'line', tree['boundary_conditions'].line)} ({key})"
        written = part.get("class") if isinstance(part, Part) else None
        if written != "ConstantConcentration":
            problems.append(
                f"{line}: boundary condition {written!r} is unknown; only ConstantConcentration is"
            )
        elif set(part) - {"class", "reactant"}:
            unknown = min(set(part) - {"class", "reactant"})
            problems.append(f"{line}: {unknown!r} is unknown; remove it")
        elif part.get("reactant") not in roles:
            problems.append(
                f"{line}: {part.get('reactant')!r} is not among 'reactants'; add it there"
            )
        else:
            roles[part["reactant"]] = "constant"
    if problems:
        raise DataError(*problems)
    return roles


def _reactions(
    tree: Part, file: str, roles: Mapping[str, str], context: Context
) -> dict[str, Reaction]:
    problems, found = [], []
    for name, part in tree["reactions"].items():
        try:
            found.append(reaction_of(name, part, roles, context))
        except Unreadable as error:
            line = getattr(part, "line", tree["reactions"].line)
            problems.append(f"{file}, line {line} (reaction {name}): {error}")
    if not problems:
        used = {m for r in found for m in r.stoichiometry} | {
            m.metabolite for r in found for m in r.modifiers
        }
        problems = [
            f"{file}, line {tree['reactants'][m].line} ({m}): in no reaction; remove "
            "it, or see whether the file is cut off"
            for m in roles
            if context.rename(m) not in used
        ]
    if problems:
        raise DataError(*problems)
    return {reaction.id: reaction for reaction in found}


def _metabolite(name: str, part: Any, role: str, file: str) -> Metabolite:
    nan = float("nan")
    return Metabolite(
        name, name, {}, None, part["compartment"], role, False, nan, nan, nan, (), "", file
    )  # fmt: skip


def _compartments(
    tree: Part, roles: Mapping[str, str], parameters: Mapping[str, float | None],
    ph: Mapping[str, float], file: str,
) -> dict[str, Compartment]:  # fmt: skip
    """Compartments; one without dynamic metabolites is the medium."""
    known = [f"volume_{name}" in parameters for name in tree["compartments"]]
    if any(known) and not all(known):
        without = [n for n, has_one in zip(tree["compartments"], known, strict=True) if not has_one]
        raise DataError(
            f"{file}: no volume_{without[0]} among 'parameters'; add it, or take all away"
        )
    inside = {p["compartment"] for m, p in tree["reactants"].items() if roles[m] == "dynamic"}
    out = {}
    for name in tree["compartments"]:
        volume, cell = (parameters.get(f"{kind}_{name}") for kind in ("volume", "cell_volume"))
        fraction = 1.0 if volume is None else volume / (cell or 1.0)
        if name in inside and not 0 < fraction <= 1:
            raise DataError(
                f"{file}: volume_{name} is {volume} and cell_volume_{name} {cell}; compartment "
                f"{name} has dynamic metabolites, so its share must be above 0 and at most 1"
            )
        role = _ROLES.get(name, "organelle") if name in inside else "medium"
        out[name] = Compartment(
            name, name, role, fraction if name in inside else None,
            ph.get(name, 7.0), 0.0, {},
        )  # fmt: skip
    return out


def _conditions(given: Mapping[str, float]) -> dict[str, Quantity]:
    for name, value in given.items():
        if name not in CONDITIONS:
            raise ParameterError(f"condition {name!r} is unknown{nearest(name, CONDITIONS)}")
        known = CONDITIONS[name]
        if not known.least <= value <= known.most:
            raise ParameterError(
                f"{name} is {value} {known.unit}; it lies between {known.least:g} and "
                f"{known.most:g}"
            )
    nan = float("nan")
    return {
        name: Quantity(
            float(value), CONDITIONS[name].unit, nan, nan,
            "given on reading" if name in given else _CONVENTION,
        )
        for name, value in {**CONVENTIONS, **given}.items()
    }  # fmt: skip


def _numbers(tree: Part, part: str, file: str) -> dict[str, float | None]:
    found, problems = tree.get(part) or Part(), []
    if not isinstance(found, Part):
        raise DataError(f"{file}: part {part!r} is no mapping; write a number for each name")
    out: dict[str, float | None] = {}
    for name, value in found.items():
        try:
            out[name] = None if value is None else number_in(value, name)
        except Unreadable as error:
            problems.append(f"{file} ({part}): {error}")
        if name.startswith("hill_coefficient") and out.get(name) not in (None, 1.0):
            problems.append(
                f"{file}: {name} is {out[name]}; only Hill laws with coefficient 1 are known"
            )
    if problems:
        raise DataError(*problems)
    return out


def _notes(tree: Part, reactions: Mapping[str, Reaction], activation: str) -> list[str]:
    notes = [
        "no formulas and energies in the file: balances of elements are not checked",
        "no pH, ionic strength and dry weight: conventional ones are taken where none were given",
    ]
    idle = [
        r.id for r in reactions.values() if any(mode == "balance_only" for *_, mode in r.protons)
    ]
    if idle:
        notes.append(
            "small molecules that stand in the balances only, since an irreversible rate does not "
            f"depend on them: in {', '.join(idle)}"
        )
    if any(m.kind == activation for r in reactions.values() for m in r.modifiers):
        notes.append(f"{ACTIVATION} is read as {activation}, {MODIFIERS[activation].formula}")
    if not any(name.startswith("volume_") for name in tree.get("parameters") or ()):
        notes.append("no volumes in the file: each compartment is taken for the whole cell")
    return notes
