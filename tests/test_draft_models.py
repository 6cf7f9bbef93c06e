"""Drafts of other models: another organism, genome scale, other notations, doubtful contents."""

from __future__ import annotations

from pathlib import Path

import cobra
import numpy as np
import pytest
from cobra.flux_analysis import find_blocked_reactions

from renaissance_kit import KineticModels, KMRanges, Network, sample_steady_states
from renaissance_kit.core import DataError, ParameterError
from renaissance_kit.draft import NetworkDraft
from renaissance_kit.network import meant
from renaissance_kit.states import Constraints

ENERGIES = Path(__file__).parent / "data" / "e_coli_core_energies.csv"
GROWTH = "Biomass_Ecoli_core"


@pytest.fixture
def core() -> cobra.Model:
    return cobra.io.load_model("textbook")


@pytest.fixture(scope="module")
def salmonella() -> cobra.Model:
    """The central metabolism of *Salmonella enterica* LT2, with the demand for precursors.

    Of iYS1720 (Seif et al. 2018 Nat Commun 9:3771), as cobrapy ships it, the reactions whose
    metabolites all have an energy, by their id and the atoms of their formula. Growth takes the
    precursors of *E. coli* (Orth et al. 2010 EcoSal Plus 4:10.2.1).
    """
    model = cobra.io.load_model("salmonella")
    records = {m.base: m.formula for m in Network.example().metabolites.values() if m.formula}
    records["actp"] = {"C": 2, "H": 3, "O": 5, "P": 1}

    def heavy(formula) -> dict[str, int]:
        return {e: n for e, n in formula.items() if e != "H"}

    known = {
        m for m in model.metabolites
        if (f := records.get(m.id.rpartition("_")[0])) and heavy(f) == heavy(m.elements)
    }  # fmt: skip
    left = [r for r in model.reactions if set(r.metabolites) - known]
    model.remove_reactions(left, remove_orphans=True)
    growth = cobra.Reaction("GROWTH", upper_bound=1000.0)
    model.add_reactions([growth])
    demand = cobra.io.load_model("textbook").reactions.get_by_id(GROWTH).metabolites
    growth.add_metabolites({model.metabolites.get_by_id(m.id): n for m, n in demand.items()})
    model.objective = growth
    return model


@pytest.mark.slow
def test_a_second_organism_goes_through(salmonella: cobra.Model, tmp_path: Path) -> None:
    draft = NetworkDraft.from_cobra(salmonella, growth="GROWTH", energies=ENERGIES)
    assert draft.problems() == []
    assert draft.growth_per_h == pytest.approx(salmonella.slim_optimize(), abs=1e-6)
    table = draft.decisions("keep")
    blocked = set(table.subject[table.why.str.startswith("it carries no flux")])
    assert blocked == set(find_blocked_reactions(salmonella, processes=1))
    network = draft.write(tmp_path / "salmonella")
    assert len(network.kinetic_reactions) == 130
    assert {c.role for c in network.compartments.values()} == {"cytosol", "medium", "periplasm"}
    states = sample_steady_states(network, 4, seed=1, steps_per_dimension=2)
    maintenance = states.dataset.flux.sel(reaction="ATPM").values
    np.testing.assert_allclose(maintenance, 8.39, rtol=1e-9)  # fixed by its bounds in the model
    km = KMRanges.of(network).uniform(50, np.random.default_rng(1))
    valid = [KineticModels(network, state, km).spectrum().valid.sum() for state in states]
    assert np.median(valid) > 5  # of 50 random ones


@pytest.mark.slow
def test_genome_scale_names_all_that_is_missing() -> None:
    """With energies of a tenth of its substances; the blocked ones are those of cobrapy."""
    model = cobra.io.load_model("iJO1366")
    draft = NetworkDraft.from_cobra(model)
    assert draft.growth_per_h == pytest.approx(0.9823718, abs=1e-6)
    missing = draft.missing_energies()
    assert len(missing) > 700
    assert missing.formula.str.len().min() > 0
    assert len(draft.problems()) < 20
    table = draft.decisions("keep")
    assert table.why.str.startswith("it carries no flux").sum() == 878  # as find_blocked_reactions


def renamed(model: cobra.Model, metabolite, compartments: dict[str, str]) -> cobra.Model:
    """With other ids, in other compartments."""
    names = dict(model.compartments)
    for m in model.metabolites:
        m.id, m.compartment = metabolite(m), compartments[m.compartment]
    model.compartments = {compartments[c]: name for c, name in names.items()}
    model.repair()
    return model


@pytest.mark.parametrize(
    ("metabolite", "compartments"),
    [
        (lambda m: m.id, {"c": "C_c", "e": "C_e"}),
        (lambda m: f"{m.id[:-2].replace('__', '-')}[{m.compartment}]", {"c": "c", "e": "e"}),
        (lambda m: f"{m.id[:-2]}_{m.compartment}0", {"c": "c0", "e": "e0"}),
        (lambda m: m.id, {"c": "cytosol", "e": "outside"}),
    ],
    ids=["C_c", "[c]", "c0", "names"],
)
def test_ids_and_compartments_may_be_written_otherwise(
    core: cobra.Model, tmp_path: Path, metabolite, compartments: dict[str, str]
) -> None:
    plain = NetworkDraft.from_cobra(core.copy(), growth=GROWTH, energies=ENERGIES)
    other = renamed(core, metabolite, compartments)
    draft = NetworkDraft.from_cobra(other, growth=GROWTH, energies=ENERGIES)
    assert draft.problems() == []
    network = draft.write(tmp_path / "other")
    assert {m.base for m in network.metabolites.values()} == {
        m.base for m in plain.write(tmp_path / "plain").metabolites.values()
    }
    roles = draft.decisions("compartment role").set_index("subject").choice
    assert list(roles) == ["cytosol", "medium"]
    assert draft.growth_per_h == pytest.approx(plain.growth_per_h, abs=1e-9)


def as_of_model_seed(model: cobra.Model) -> cobra.Model:
    """The model as ModelSEED writes one: cpd00027_c0, rxn00001_c0, bio1, EX_cpd00027_e0.

    Substances without a single id of ModelSEED keep their names, as after a gap filling by hand.
    """
    own = {m.base: m.database_id for m in Network.example().metabolites.values()}
    for m in model.metabolites:
        base, room = m.id.rpartition("_")[::2]
        m.id = f"{own.get(base, base)}_{room}0"
        m.annotation = {"seed.compound": own[base]} if base in own else {"bigg.metabolite": base}
        m.compartment = f"{room}0"
    model.compartments = {"c0": "Cytosol_0", "e0": "Extracellular_0"}
    for i, r in enumerate(model.reactions):
        (first, *_) = r.metabolites
        r.id = f"EX_{first.id}" if r.boundary else f"rxn{i:05d}_c0"
        r.annotation = {"seed.reaction": f"rxn{i:05d}"}
    model.repair()
    (growth,) = (r for r in model.reactions if r.objective_coefficient)
    growth.id = "bio1"
    biomass = cobra.Metabolite("cpd11416_c0", name="Biomass", compartment="c0")
    growth.add_metabolites({biomass: 1})
    model.add_boundary(biomass, type="sink", reaction_id="SK_cpd11416_c0", lb=0, ub=1000)
    return model


def test_a_model_of_model_seed_gives_the_same_network(core: cobra.Model, tmp_path: Path) -> None:
    plain = NetworkDraft.from_cobra(core.copy(), growth=GROWTH, energies=ENERGIES)
    draft = NetworkDraft.from_cobra(as_of_model_seed(core), growth="bio1", energies=ENERGIES)
    assert draft.problems() == []
    assert draft.growth_per_h == pytest.approx(plain.growth_per_h, abs=1e-9)
    one, two = plain.write(tmp_path / "bigg"), draft.write(tmp_path / "seed")
    assert set(two.compartments) == {"c0", "e0"}
    assert two.growth == "bio1"
    seed = {m.database_id for m in two.metabolites.values()}
    assert {"cpd00027", "cpd00002"} <= seed
    assert "cpd00002_c0" in two.dynamic
    assert "EX_cpd00027_e0" in two.reactions
    records = zip(one.metabolites.values(), two.metabolites.values(), strict=True)
    for mine, theirs in records:  # in the same order
        same = ("name", "formula", "charge", "role", "currency", "formation_energy_kJ_mol", "pka")
        assert [getattr(mine, n) for n in same] == [getattr(theirs, n) for n in same], theirs.id
    laws = [[r.rate_law for r in network.reactions.values()] for network in (one, two)]
    assert laws[0] == laws[1]
    media = [list(Constraints.from_folder(n).medium_mM.values()) for n in (one, two)]
    assert media[0] == media[1]
    assert "here that is 'cpd00002_c0'" in meant(two, "cpd00002", two.species)


def test_the_name_of_a_compartment_goes_before_its_id(core: cobra.Model) -> None:
    core.add_metabolites([cobra.Metabolite("x_p", formula="C1", charge=0, compartment="p")])
    core.compartments = {"c": "cytoplasm", "e": "extracellular space", "p": "peroxisome"}
    draft = NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES)
    roles = draft.decisions("compartment role").set_index("subject").choice
    assert roles.to_dict() == {"c": "cytosol", "e": "medium", "p": "organelle"}


def test_substances_are_known_by_annotation_and_formula_or_by_the_user(
    core: cobra.Model, tmp_path: Path
) -> None:
    for old, new, annotation in (
        ("atp_c", "s_1_c", {"bigg.metabolite": "atp"}),
        ("pyr_c", "s_2_c", {"seed.compound": ["cpd00020"]}),
        ("o2_c", "s_3_c", {"bigg.metabolite": "h2o"}),  # wrong: the formula says so
    ):
        m = core.metabolites.get_by_id(old)
        m.id, m.annotation = new, annotation
    core.repair()
    draft = NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES)
    assert draft.decisions("energy").set_index("subject").choice.to_dict() == {
        "s_1_c": "atp", "s_2_c": "cpd00020",
    }  # fmt: skip
    assert len(draft.problems()) == 1
    assert "no formation energy of 1 substance: s_3 (O2, charge 0)" in draft.problems()[0]
    assert list(draft.missing_energies().metabolite) == ["s_3"]
    rows = "subject,rule,choice\ns_3_c,energy,{}\n"
    (tmp_path / "d.csv").write_text(rows.format("o2"))
    given = {"growth": GROWTH, "energies": ENERGIES, "decisions": tmp_path / "d.csv"}
    assert NetworkDraft.from_cobra(core, **given).problems() == []
    (tmp_path / "d.csv").write_text(rows.format("oxygen"))
    problems = "\n".join(NetworkDraft.from_cobra(core, **given).problems())
    assert "no energy of 'oxygen'" in problems
    (tmp_path / "d.csv").write_text(rows.format("h2o"))
    problems = "\n".join(NetworkDraft.from_cobra(core, **given).problems())
    assert "s_3_c is O2 in the model, but the energy" in problems


def test_the_table_of_missing_energies_is_filled_in_and_read(
    core: cobra.Model, tmp_path: Path
) -> None:
    draft = NetworkDraft.from_cobra(core, growth=GROWTH)
    table = draft.missing_energies()
    assert table.iloc[0, :3].to_list() == ["actp", "C2H3O5P", "-2"]
    table.loc[0, ["dgf0_kJ_mol", "dgf0_error_kJ_mol", "source"]] = ["-1226.4", "8.4", "a test"]
    table.to_csv(tmp_path / "energies.csv", index=False)
    again = NetworkDraft.from_cobra(core, growth=GROWTH, energies=tmp_path / "energies.csv")
    assert again.problems() == []
    assert again.missing_energies().empty
    table.assign(metabolite="aktp").to_csv(tmp_path / "energies.csv", index=False)
    again = NetworkDraft.from_cobra(core, growth=GROWTH, energies=tmp_path / "energies.csv")
    assert "Rows of energies for nothing in the model: aktp" in again.problems()[0]


def test_what_formulas_do_not_tell_is_one_problem(core: cobra.Model) -> None:
    for name in ("pyr_c", "akg_c", "mal__L_c"):
        core.metabolites.get_by_id(name).formula = ""
    core.metabolites.get_by_id("cit_c").formula = "C6H5O7(n)"
    core.metabolites.get_by_id("fum_c").charge = None
    problems = NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES).problems()
    assert len(problems) == 3
    assert problems[0].startswith("no formula: akg_c, mal__L_c, pyr_c.")
    assert problems[1].startswith("formulas that cannot be read: cit_c (C6H5O7(n)).")
    assert problems[2].startswith("no charge: fum_c.")


def test_biomass_that_growth_makes_stands_for_the_cell(core: cobra.Model, tmp_path: Path) -> None:
    biomass = cobra.Metabolite("biomass_c", compartment="c")
    core.reactions.get_by_id(GROWTH).add_metabolites({biomass: 1.0})
    core.add_boundary(biomass, type="demand", reaction_id="DM_biomass")
    draft = NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES)
    assert draft.problems() == []
    assert list(draft.decisions("biomass").subject) == ["biomass_c"]
    assert draft.growth_per_h == pytest.approx(0.8739215, abs=1e-6)
    draft.decisions().to_csv(tmp_path / "d.csv", index=False)
    again = NetworkDraft.from_cobra(
        core, growth=GROWTH, energies=ENERGIES, decisions=tmp_path / "d.csv"
    )
    assert again.problems() == []


def test_exchanges_may_be_written_the_other_way_round(core: cobra.Model, tmp_path: Path) -> None:
    plain = NetworkDraft.from_cobra(core.copy(), growth=GROWTH, energies=ENERGIES)
    for reaction in core.exchanges:
        low, high = reaction.bounds
        reaction.add_metabolites({m: -2 * n for m, n in reaction.metabolites.items()})
        reaction.bounds = -high, -low
    other = NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES)
    assert other.growth_per_h == pytest.approx(plain.growth_per_h, abs=1e-9)
    for name in ("EX_glc__D_e", "EX_co2_e"):
        one, two = plain.reactions[name], other.reactions[name]
        assert (one.stoichiometry, one.low, one.high) == (two.stoichiometry, two.low, two.high)


def test_metabolites_of_a_boundary_compartment_are_explained(core: cobra.Model) -> None:
    """Old models write exchanges to a compartment of their own, which must not be balanced."""
    for reaction in list(core.exchanges):
        (m,) = reaction.metabolites
        outside = cobra.Metabolite(f"{m.id[:-2]}_b", formula=m.formula, compartment="b")
        reaction.add_metabolites({outside: 1.0})
    with pytest.raises(DataError, match=r"it has no exchange.*stands for the boundary"):
        NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES)


def test_traces_that_growth_needs_are_kept(core: cobra.Model) -> None:
    """A reaction that cannot carry the usual least flux is no cycle, and lowers that of all."""
    growth = core.reactions.get_by_id(GROWTH)
    gln = core.metabolites.get_by_id("gln__L_c")
    core.reactions.GLNS.bounds = 0, 0
    trace = core.reactions.GLNS.copy()
    trace.id, trace.bounds = "GLNS2", (0, 1000)
    core.add_reactions([trace])
    growth.add_metabolites({gln: 0.2557 - 1e-4})  # what it takes of it is a trace now
    for name in ("GLUSy", "GLUN"):
        core.reactions.get_by_id(name).bounds = 0, 0
    draft = NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES)
    assert "GLNS2" in draft.reactions
    (row,) = draft.decisions("least flux").itertuples()
    assert float(row.choice) < 1e-4
    assert "since GLNS2 can carry hardly more" in row.why


def test_constraints_of_its_own_are_named(core: cobra.Model) -> None:
    same = core.problem.Constraint(
        core.reactions.PFK.flux_expression - core.reactions.FBA.flux_expression,
        lb=0, ub=100, name="pfk_fba",
    )  # fmt: skip
    core.add_cons_vars(same)
    draft = NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES)
    (row,) = draft.decisions("own constraints").itertuples()
    assert "pfk_fba" in row.why


def test_decisions_in_short(core: cobra.Model, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("subject,rule,choice\n*,doubling time,60\n")
    draft = NetworkDraft.from_cobra(
        core, growth=GROWTH, energies=ENERGIES, decisions=tmp_path / "d.csv"
    )
    assert repr(draft) == (
        "NetworkDraft(e_coli_core: 69 kinetic reactions, 50 dynamic metabolites, "
        f"{len(draft.decisions())} decisions, 0 problems)"
    )
    table = draft.summary()
    assert table.decisions.sum() == len(draft.decisions())
    assert len(table) < 25
    assert table.loc["doubling time", ["given by the user", "choices"]].to_list() == [1, "60"]
    assert table.loc["keep", "choices"] == "remove (9)"
    assert set(draft.decisions("transport").rule) == {"transport"}
    with pytest.raises(ParameterError, match="no rule 'transports'; did you mean 'transport'"):
        draft.decisions("transports")
