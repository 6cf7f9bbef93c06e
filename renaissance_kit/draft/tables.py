"""The tables of a draft, as rows to be written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from renaissance_kit.core.formulas import formula_text
from renaissance_kit.draft.decisions import POSITIVE, RANGE, Decisions, between, range_of
from renaissance_kit.draft.model import FluxModel
from renaissance_kit.draft.reactions import DraftReaction, sides
from renaissance_kit.draft.rooms import Room
from renaissance_kit.draft.species import Species
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.conditions import CONDITIONS
from renaissance_kit.network.writing import number_text, terms_text

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]

_CURRENCY = {  # by the ids of BiGG and of ModelSEED
    "h", "h2o", "atp", "adp", "amp", "nad", "nadh", "nadp", "nadph", "pi", "ppi", "coa",
    "cpd00067", "cpd00001", "cpd00002", "cpd00008", "cpd00018", "cpd00003", "cpd00004", "cpd00006",
    "cpd00005", "cpd00009", "cpd00012", "cpd00010",
}  # fmt: skip
_PH = {"cytosol": 7.5, "medium": 7.0, "periplasm": 7.0, "organelle": 7.5}
_IONIC_M = {"cytosol": 0.25, "medium": 0.0, "periplasm": 0.0, "organelle": 0.25}
_POTENTIAL_MV = 150.0  # of the cytosol against the outside, negative inside
_STUDY = {"threshold_per_h": -2.5, "doubling_time_min": 134.0}
_PER_H = 60 * math.log(2)  # growth rate (1/h) times doubling time (min)
LEAST_FLUX, _LARGEST_FLUX = 0.005, 50.0  # mmol/gDW/h
RULE = "rule of the draft, see decisions.csv"
CONVENTION = "convention of this toolkit"


def compartment_rows(rooms: Sequence[Room], decisions: Decisions) -> Table:
    """``compartments.csv``: shares of the volume, pH, ionic strength and potentials."""
    ids = [r.id for r in rooms]
    header = [
        "id", "name", "role", "volume_fraction", "pH", "ionic_strength_M",
        *(f"potential_to_{i}_mV" for i in ids), "source",
    ]  # fmt: skip
    inside = {r.id: r.role in ("cytosol", "organelle") for r in rooms}
    rows = []
    for room in rooms:
        fraction = "" if room.volume_fraction is None else f"{room.volume_fraction:g}"
        values = {}
        for rule, value, may_be in (
            ("volume fraction", fraction, between(1e-6, 1)),
            ("pH", f"{_PH[room.role]:g}", between(0, 14)),
            ("ionic strength", f"{_IONIC_M[room.role]:g}", between(0, 5)),
        ):
            why = f"default of a {room.role}"
            values[rule] = decisions.choose(room.id, rule, value, why, may_be)
        potentials = [
            _POTENTIAL_MV * (inside[room.id] - inside[other.id])
            if {room.role, other.role} != {"cytosol", "organelle"} else 0.0
            for other in rooms
        ]  # fmt: skip
        rows.append([room.id, room.name, room.role, *values.values(),
                     *(f"{p:g}" for p in potentials), CONVENTION])  # fmt: skip
    return header, rows


def metabolite_rows(species: Iterable[Species]) -> Table:
    """``metabolites.csv``."""
    header = [
        "id", "name", "formula", "charge", "compartment", "role", "currency", "dgf0_kJ_mol",
        "dgf0_error_kJ_mol", "n_h", "pka", "seed_id", "source",
    ]  # fmt: skip
    rows = []
    for s in species:
        record = s.record
        energies: list[Any] = ["", "", "", "", s.id]
        if record is not None:
            energies = [
                f"{record.energy_kJ_mol:.6g}" if record.energy_kJ_mol == round(
                    record.energy_kJ_mol, 3) and abs(record.energy_kJ_mol) < 100
                else repr(record.energy_kJ_mol),
                repr(record.error_kJ_mol), record.formula.get("H", 0),
                ";".join(f"{p:g}" for p in record.pka), record.database_id,
            ]  # fmt: skip
        source = "the model" if record is None else f"the model; energy: {record.source}"
        rows.append([
            s.id, s.name, formula_text(s.formula), "" if s.charge is None else f"{s.charge:g}",
            s.compartment, s.role, 1 if s.names & _CURRENCY else "", *energies, source,
        ])  # fmt: skip
    return header, rows


def reaction_rows(
    reactions: Iterable[DraftReaction], species: Mapping[str, Species], source: str
) -> Table:
    """``reactions.csv``; reaction energies are left empty, they follow from those of formation."""
    header = [
        "id", "name", "equation", "subsystem", "transport", "ec", "gpr", "gpr_source", "role",
        "rate_law", "substrates", "products", "proton_terms", "balance_exempt", "dgr0_kJ_mol",
        "dgr0_error_kJ_mol", "dgr0_note", "source",
    ]  # fmt: skip
    rows = []
    for r in reactions:
        net = r.stoichiometry
        left, right = sides(net, species) if r.rate_law else ([], [])
        rows.append([
            r.id, r.name, f"{_terms(net, -1)} <=> {_terms(net, 1)}".strip(), r.subsystem,
            r.transport, r.ec, r.gpr, source if r.gpr else "", r.role, r.rate_law,
            _terms({m: net[m] for m in left}, -1),
            _terms({m: net[m] for m in right}, 1), _protons(r, species),
            "growth: one gram of dry weight leaves the balance" if r.role == "growth" else "",
            "", "", "", source,
        ])  # fmt: skip
    return header, rows


def _terms(net: Mapping[str, float], sign: int) -> str:
    return terms_text(tuple((m, abs(n)) for m, n in net.items() if n * sign > 0))


def _protons(r: DraftReaction, species: Mapping[str, Species]) -> str:
    if not r.rate_law:
        return ""
    reversible = REGISTRY[r.rate_law].reversible
    terms = []
    for m, n in r.stoichiometry.items():
        if species[m].is_proton and species[m].role != "dynamic":
            mode = "displacement" if reversible else "first_order" if n < 0 else "balance_only"
            terms.append(f"{mode} {number_text(n)} {m}")
    return "; ".join(terms)


def other_id_rows(model: FluxModel, kept: Iterable[str], used: Iterable[str], source: str) -> Table:
    """``ids.csv``: what the model's annotations call reactions and substances in databases.

    Args:
        kept, used: ids of the reactions and metabolites of the draft.
    """
    named = [(r, model.reactions[r].other_ids) for r in kept]
    named += [(model.metabolites[m].base, model.metabolites[m].other_ids) for m in used]
    rows = {(here, *other): [here, *other, source] for here, others in named for other in others}
    return ["id", "database", "other_id", "source"], [
        row for (here, _, other), row in rows.items() if here != other
    ]


def growth_range(
    growth: str, optimum_per_h: float, decisions: Decisions, problems: list[str]
) -> tuple[float, float, float]:
    """Doubling time, min, and the least and the largest growth rate of a state, 1/h.

    Args:
        growth: id of the growth reaction.
        optimum_per_h: largest growth rate of the model.
        problems: gets a growth that the model does not reach.
    """
    by_rule = f"{_PER_H / optimum_per_h:.4g}"
    doubling = decisions.choose(
        "*", "doubling time", by_rule,
        "min, of the largest growth rate of the model; give the measured one", POSITIVE,
    )  # fmt: skip
    low, high, why = optimum_per_h / 2, optimum_per_h, "half to all of the largest one of the model"
    if doubling != by_rule:
        rate = _PER_H / float(doubling)
        low, high = 0.9 * rate, min(1.1 * rate, optimum_per_h)
        why = "within a tenth of that of the doubling time"
    text = decisions.choose(growth, "growth rate", _range(low, high), f"1/h; {why}", RANGE)
    least, most = range_of(text)
    rate = _PER_H / float(doubling)
    asked = {("*", "doubling time"), (growth, "growth rate")}
    if asked <= set(decisions.given) and not 0.999 * least <= rate <= 1.001 * most:
        decisions.contradict(
            sorted(asked), f"a doubling time of {doubling} min is a growth rate of {rate:.4g} 1/h, "
            f"which is not within {text} 1/h",
        )  # fmt: skip
    if not least <= optimum_per_h * (1 + 1e-4):
        problems.append(
            f"growth of {text} 1/h (doubling time {doubling} min): the model reaches "
            f"{optimum_per_h:.4g} 1/h; correct the rule 'doubling time' or 'growth rate', or the "
            "medium of the model"
        )
    return float(doubling), min(least, optimum_per_h), min(most, optimum_per_h)


def condition_rows(doubling_min: float, density_gDW_L: float, decisions: Decisions) -> Table:
    """``conditions.csv``."""
    threshold = _STUDY["threshold_per_h"] * _STUDY["doubling_time_min"] / doubling_min
    threshold_text = decisions.choose(
        "*", "eigenvalue threshold", f"{threshold:.4g}",
        "1/h; as many times faster than growth as in the study (-2.5 1/h at 134 min)",
        _between("eigenvalue_threshold"),
    )  # fmt: skip
    density = decisions.choose(
        "*", "dry weight density", f"{density_gDW_L:g}", "gDW per litre of cell",
        _between("dry_weight_density"),
    )  # fmt: skip
    low, high = (
        decisions.choose("*", rule, value, "mM, as in the study", _between("km_lower_bound"))
        for rule, value in (("lower KM", "0.0013"), ("upper KM", "20"))
    )
    if not float(low) < float(high):
        decisions.contradict(
            [("*", "lower KM"), ("*", "upper KM")],
            f"the lower bound on KM, {low} mM, is not below the upper one, {high} mM",
        )
    study = "Choudhury 2024 Nat Catal 7:1086"
    return ["quantity", "value", "low", "high", "unit", "source", "note"], [
        ["dry_weight_density", density, "", "", "gDW/L", "given to the draft", ""],
        ["temperature", "298.15", "", "", "K", "temperature of the tabulated energies", ""],
        ["doubling_time", f"{doubling_min:.4g}", "", "", "min", RULE, ""],
        ["eigenvalue_threshold", threshold_text, "", "", "1/h", RULE, "by the doubling time"],
        ["km_lower_bound", low, "", "", "mM", study, "range of generated Michaelis constants"],
        ["km_upper_bound", high, "", "", "mM", study, "range of generated Michaelis constants"],
    ]


def constraint_rows(
    reactions: Iterable[DraftReaction],
    growth: str,
    growth_per_h: tuple[float, float],
    threshold_per_h: float,
    least_flux: float,
    decisions: Decisions,
) -> Table:
    """``constraints.csv``: general rules, bounds and directions of the model, passive transport."""
    rows: list[Sequence[Any]] = []

    def add(
        subject: str, kind: str, low: Any, high: Any, unit: str, source: str, note: str
    ) -> None:
        rows.append([subject, kind, low, high, unit, source, note])

    turnover = decisions.choose(
        "*", "turnover time", f"{60 / abs(threshold_per_h) / 6:.3g}",
        "min; a sixth of the slowest time constant that is asked for, as in the study's strain",
        POSITIVE,
    )  # fmt: skip
    total = decisions.choose(
        "*", "total flux", "1.5", "times the least possible sum of fluxes", between(1.001, 1000)
    )
    add("*", "every_flux", least_flux, _LARGEST_FLUX, "mmol/gDW/h", CONVENTION, "")
    add("*", "total_flux", "", total, "1", CONVENTION, "")
    add("*", "driving_force", 0.02477, "", "kJ/mol", CONVENTION, "ln displacement 0.01")
    add("*", "measured_fold", "", 2, "1", CONVENTION, "")
    add("*", "pool", 0.0001, 50, "mM", CONVENTION, "every concentration that is not measured")
    add("*", "unmeasured", "", "", "1", RULE, "until concentrations.csv holds measured ones")
    add("*", "turnover_time", "", turnover, "min", RULE, "")
    classes = {r.transport for r in reactions if r.transport} - {"driven"}
    for name, width in (("porin", 0.05), ("diffusion", 0.1), ("symport", 0.1)):
        if name in classes:
            add(name, "displacement", -width, width, "1", CONVENTION,
                "ln rho of passive transport; see the page on slow models")  # fmt: skip
    for r in reactions:
        if r.id == growth:
            low, high = growth_per_h
            add(
                r.id,
                "flux",
                number_text(round(low, 6)),
                number_text(round(high, 6)),
                "1/h",
                RULE,
                "",
            )
        elif r.role == "exchange":
            low, high = (max(-_LARGEST_FLUX, min(_LARGEST_FLUX, b)) for b in (r.low, r.high))
            add(
                r.id,
                "flux",
                number_text(low),
                number_text(high),
                "mmol/gDW/h",
                "bounds of the model",
                "",
            )
        elif r.rate_law:
            if r.low > 0 or r.high < _LARGEST_FLUX:
                low, high = (max(-_LARGEST_FLUX, min(_LARGEST_FLUX, b)) for b in (r.low, r.high))
                add(r.id, "flux", number_text(low), number_text(high), "mmol/gDW/h",
                    "bounds of the model", "")  # fmt: skip
            elif r.low >= 0:
                add(r.id, "direction", 1, 1, "1", "bounds of the model", "")
    return ["id", "kind", "low", "high", "unit", "source", "note"], rows


def medium_rows(
    species: Iterable[Species], reactions: Iterable[DraftReaction], decisions: Decisions
) -> Table:
    """``medium.csv``: a wide range for every constant metabolite but water and protons."""
    rows = []
    taken_up = {m for r in reactions if r.role == "exchange" and r.low < 0 for m in r.stoichiometry}
    for s in species:
        if s.role != "constant" or s.is_proton:
            continue
        low, high = (0.001 if s.id in taken_up else 1e-6), 100.0
        if dict(s.formula) == {"O": 2}:
            low, high = 0.02, 0.25  # up to saturation with air
        text = decisions.choose(
            s.id, "medium", _range(low, high),
            f"mM; a wide range for a {'nutrient' if s.id in taken_up else 'product'}: give the "
            "concentration of your medium", RANGE,
        )  # fmt: skip
        a, b = range_of(text)
        rows.append([s.id, f"{math.sqrt(a * b):.4g}", number_text(a), number_text(b), RULE, ""])
    return ["metabolite", "value_mM", "low_mM", "high_mM", "source", "note"], rows


def _between(condition: str) -> str:
    known = CONDITIONS[condition]
    return between(known.least, known.most)


def _range(low: float, high: float) -> str:
    return f"{low:.4g} to {high:.4g}"
