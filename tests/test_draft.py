"""A network from a constraint-based model: rules, overrides, energies, fluxes."""

from __future__ import annotations

import random
import re
import tempfile
from pathlib import Path

import cobra
import numpy as np
import pandas as pd
import pytest
from cobra.flux_analysis import find_blocked_reactions
from hypothesis import given, settings, strategies as st
from scipy.optimize import linprog

from renaissance_kit import KineticModels, KMRanges, Network, sample_steady_states
from renaissance_kit.core import DataError
from renaissance_kit.draft import RULES, NetworkDraft
from renaissance_kit.states import Constraints, reaction_energies

ENERGIES = Path(__file__).parent / "data" / "e_coli_core_energies.csv"
GROWTH = "Biomass_Ecoli_core"


@pytest.fixture(scope="module")
def core() -> cobra.Model:
    return cobra.io.load_model("textbook")


@pytest.fixture(scope="module")
def draft(core: cobra.Model) -> NetworkDraft:
    return NetworkDraft.from_cobra(core, growth=GROWTH, energies=ENERGIES)


@pytest.fixture(scope="module")
def drafted(draft: NetworkDraft, tmp_path_factory) -> Network:
    return draft.write(tmp_path_factory.mktemp("draft") / "core")


def optimum(draft: NetworkDraft, growth: str) -> float:
    """Largest growth rate of the draft, with a solver and a matrix of its own."""
    reactions, species = list(draft.reactions.values()), list(draft.species)
    matrix = np.zeros((len(species), len(reactions)))
    for j, reaction in enumerate(reactions):
        for name, n in reaction.stoichiometry.items():
            matrix[species.index(name), j] = n
    aim = np.array([-float(r.id == growth) for r in reactions])
    bounds = [(r.low, r.high) for r in reactions]
    return -linprog(aim, A_eq=matrix, b_eq=np.zeros(len(species)), bounds=bounds).fun


def test_ten_lines_to_valid_models(drafted: Network) -> None:
    states = sample_steady_states(drafted, 8, seed=1, steps_per_dimension=2)
    km = KMRanges.of(drafted).uniform(100, np.random.default_rng(1))
    valid = [KineticModels(drafted, state, km).spectrum().valid.sum() for state in states]
    assert len(drafted.kinetic_reactions) == 69
    assert len(drafted.km_names) == 253
    assert np.median(valid) > 10  # of 100 random ones


def test_growth_is_that_of_flux_balance_analysis(draft: NetworkDraft, core: cobra.Model) -> None:
    assert optimum(draft, GROWTH) == pytest.approx(core.slim_optimize(), abs=1e-6)
    assert draft.growth_per_h == pytest.approx(core.slim_optimize(), abs=1e-9)


def test_blocked_reactions_are_those_of_cobrapy(draft: NetworkDraft, core: cobra.Model) -> None:
    table = draft.decisions().query("rule == 'keep'").set_index("subject")
    blocked = table.index[table.why.str.startswith("it carries no flux")]
    assert set(blocked) == set(find_blocked_reactions(core, processes=1))
    assert set(table.index) - set(blocked) == {"FRD7"}  # a cycle with SUCDi


def test_every_decision_has_a_rule_and_a_reason(draft: NetworkDraft) -> None:
    table = draft.decisions()
    assert set(table.rule) <= set(RULES)
    assert (table.why.str.len() > 0).all()
    assert draft.problems() == []


def test_energies_depend_neither_on_protonation_nor_on_order_nor_on_names(
    core: cobra.Model, drafted: Network, tmp_path: Path
) -> None:
    other = core.copy()
    for name, hydrogens in {"atp_c": 1, "adp_c": 1, "pi_e": 1, "pep_c": 1, "coa_c": -1}.items():
        metabolite = other.metabolites.get_by_id(name)
        elements = metabolite.elements
        elements["H"] += hydrogens
        metabolite.elements = elements
        metabolite.charge += hydrogens
        proton = other.metabolites.get_by_id(f"h_{metabolite.compartment}")
        for reaction in list(metabolite.reactions):
            if not reaction.boundary:
                n = reaction.metabolites[metabolite]
                reaction.add_metabolites({proton: -n * hydrogens})
    shuffled = [reaction.copy() for reaction in other.reactions]
    random.Random(3).shuffle(shuffled)
    another = cobra.Model("e_coli_core")
    another.add_reactions(shuffled)
    network = NetworkDraft.from_cobra(another, growth=GROWTH, energies=ENERGIES).write(
        tmp_path / "o"
    )
    ours, theirs = reaction_energies(drafted), reaction_energies(network)
    pd.testing.assert_frame_equal(ours.sort_index(), theirs.sort_index(), atol=1e-9)
    assert {r: network.reactions[r].stoichiometry for r in network.reactions} == {
        r: drafted.reactions[r].stoichiometry for r in drafted.reactions
    }


def test_energies_are_those_of_the_shipped_network(drafted: Network, ecoli: Network) -> None:
    """Of reactions inside the cytosol that both have, with the same formation energies."""
    ours = reaction_energies(drafted).dgr0_kJ_mol
    compared = 0
    for name, value in ours.items():
        one, other = drafted.reactions[name], ecoli.reactions.get(name)
        if other is None or not one.kinetic or one.stoichiometry != other.stoichiometry:
            continue
        if len({drafted.metabolites[m].compartment for m in one.stoichiometry}) == 1:
            assert value == pytest.approx(other.standard_energy_kJ_mol, abs=0.1), name
            compared += 1
    assert compared > 25


def test_missing_energies_are_all_named_at_once(core: cobra.Model, tmp_path: Path) -> None:
    draft = NetworkDraft.from_cobra(core, growth=GROWTH)
    assert any("actp (C2H3O5P, charge -2)" in p for p in draft.problems())
    with pytest.raises(DataError, match=r"1 problem:\n  1\. no formation energy of 1 substance"):
        draft.write(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_record_of_another_substance_is_refused(core: cobra.Model, tmp_path: Path) -> None:
    text = ENERGIES.read_text() + "pyr,C3H5O3,-1,-515.3,1,,lactate by mistake\n"
    text += "fum,C4H3O4,-2,-601.2,1,,a hydrogen without its charge\n"
    (tmp_path / "energies.csv").write_text(text)
    problems = "\n".join(
        NetworkDraft.from_cobra(core, growth=GROWTH, energies=tmp_path / "energies.csv").problems()
    )
    assert "pyr_c: hydrogens and charge do not agree" in problems
    assert "fum_c: hydrogens and charge do not agree" in problems
    (tmp_path / "energies.csv").write_text(ENERGIES.read_text() + "o2,O2S,0,1,1,,superoxide?\n")
    draft = NetworkDraft.from_cobra(core, growth=GROWTH, energies=tmp_path / "energies.csv")
    assert any("o2_c is O2 in the model, but" in p for p in draft.problems())


def test_decisions_are_edited_and_read_again(
    core: cobra.Model, draft: NetworkDraft, tmp_path: Path
) -> None:
    table = draft.decisions().set_index(["subject", "rule"])
    table.loc[("PFK", "rate law"), "choice"] = "irreversible_michaelis_menten"
    table.loc[("*", "doubling time"), "choice"] = "60"
    table.loc[("NH4t", "transport"), "choice"] = "diffusion"
    table.reset_index().to_csv(tmp_path / "d.csv", index=False)
    given_ = {"growth": GROWTH, "energies": ENERGIES, "decisions": tmp_path / "d.csv"}
    network = NetworkDraft.from_cobra(core, **given_).write(tmp_path / "again")
    assert network.reactions["PFK"].rate_law == "irreversible_michaelis_menten"
    assert network.reactions["NH4t"].transport == "diffusion"
    assert network.conditions["doubling_time"].value == 60
    table.loc[("PFK", "rate law"), "choice"] = "convenience_law"
    table.reset_index().to_csv(tmp_path / "d.csv", index=False)
    problems = NetworkDraft.from_cobra(core, **given_).problems()
    assert any("'convenience_law'; did you mean 'convenience'" in p for p in problems)
    table.reset_index().replace({"PFK": "PKF"}).to_csv(tmp_path / "d.csv", index=False)
    problems = NetworkDraft.from_cobra(core, **given_).problems()
    assert any("no reaction 'PKF'; did you mean" in p for p in problems)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("*,doubling time,soon", "choice 'soon'; write a number above 0, such as 47.59"),
        ("*,doubling time,-60", "choice '-60'; write a number above 0"),
        ("c,pH,acid", "choice 'acid'; write a number"),
        ("glc__D_e,medium,20", "choice '20'; write LOW to HIGH, such as 0.001 to 100"),
        ("glc__D_e,medium,20 to 10", "write LOW to HIGH"),
        ("PFK,transport,driven", "(PFK, transport): this rule decides nothing about PFK; remove"),
        ("pyr_c,medium,1 to 2", "this rule decides nothing about pyr_c"),
        ("*,doubling time,20", "(doubling time 20 min): the model reaches 0.8739 1/h"),
        ("glc__D_e,medium,1 to 60000", "write LOW to HIGH"),
        ("c,pH,15", "choice '15'; write a number from 0 to 14, such as 7.5"),
        ("*,eigenvalue threshold,3", "write a number from -1e+06 to 0"),
        ("*,dry weight density,5000", "write a number from 10 to 1000"),
        ("PFK,keep,rmove", "choice 'rmove'; did you mean 'remove'"),
        (f"{GROWTH},keep,remove", "choice 'remove'. Choose one of keep"),
        ("PFK,orientation,turned round", "this rule decides nothing about PFK; remove"),
        ("pyr_c,keep,remove", "pyr_c is a metabolite, and this rule is about a reaction; remove"),
        ("PFK,role,constant", "PFK is a reaction, and this rule is about a metabolite; remove"),
        ("*,pH,7", "* is the network, *, and this rule is about a compartment; remove"),
        ("c,doubling time,70", "c is a compartment, and this rule is about the network, *"),
        ("MALS_,moiety,1", "no metabolite 'MALS_'; did you mean"),
        ("FRD7,pH,7", "FRD7 is a reaction, and this rule is about a compartment; remove the row"),
        ("PFK,rat law,convenience", "no rule 'rat law'; did you mean 'rate law'"),
        ("*,upper KM,0.001", "the lower bound on KM, 0.0013 mM, is not below the upper one"),
    ],
)
def test_decisions_that_cannot_be_followed(
    core: cobra.Model, tmp_path: Path, row: str, message: str
) -> None:
    (tmp_path / "d.csv").write_text(f"subject,rule,choice\n{row}\n")
    problems = NetworkDraft.from_cobra(
        core, growth=GROWTH, energies=ENERGIES, decisions=tmp_path / "d.csv"
    ).problems()
    assert len(problems) == 1
    assert message in problems[0]
    assert problems[0].startswith("d.csv, line 2 (") or "doubling time 20" in row + problems[0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("*,doubling time,60\nBiomass_Ecoli_core,growth rate,0.1 to 0.2",
         "a doubling time of 60 min is a growth rate of 0.6931 1/h, which is not within 0.1"),
        ("*,lower KM,30\n*,upper KM,25", "the lower bound on KM, 30 mM, is not below the upper"),
        ("g6p_c,energy,f6p\ng6p_e,energy,g6p", None),
        ("pyr_c,energy,lac__D\npyr_e,energy,pyr",
         "pyr is one substance, and has the energies of lac__D and pyr"),
    ],
)  # fmt: skip
def test_decisions_that_contradict_each_other(
    core: cobra.Model, tmp_path: Path, rows: str, message: str | None
) -> None:
    (tmp_path / "d.csv").write_text(f"subject,rule,choice\n{rows}\n")
    problems = NetworkDraft.from_cobra(
        core, growth=GROWTH, energies=ENERGIES, decisions=tmp_path / "d.csv"
    ).problems()
    if message is None:
        assert "no metabolite 'g6p_e'" in problems[0]
        return
    (found,) = [p for p in problems if message in p]
    assert re.match(r"d\.csv, line [23] .* and d\.csv, line [23] .*correct one of them$", found)


def test_what_follows_from_another_row_follows_its_edit(
    core: cobra.Model, draft: NetworkDraft, tmp_path: Path
) -> None:
    """A table of all rows is edited in one place: the others go on by their rules."""
    table = draft.decisions().set_index(["subject", "rule"])
    table.loc[("*", "doubling time"), "choice"] = "120"
    table.loc[("SUCDi", "keep"), :] = ["remove", "keep", "", ""]
    table.reset_index().to_csv(tmp_path / "all.csv", index=False)
    (tmp_path / "few.csv").write_text(
        "subject,rule,choice\n*,doubling time,120\nSUCDi,keep,remove\n"
    )
    edited, alone = (
        NetworkDraft.from_cobra(
            core, growth=GROWTH, energies=ENERGIES, decisions=tmp_path / f"{name}.csv"
        )
        for name in ("all", "few")
    )
    assert edited.problems() == alone.problems() == []
    pd.testing.assert_frame_equal(edited.decisions(), alone.decisions())
    choices = edited.decisions().set_index(["subject", "rule"]).choice
    assert choices["*", "eigenvalue threshold"] == "-2.792"
    assert choices[GROWTH, "growth rate"] == "0.3119 to 0.3812"
    assert "FRD7" in edited.reactions  # which the cycle with SUCDi had kept out


def test_growth_follows_the_doubling_time(core: cobra.Model, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("subject,rule,choice\n*,doubling time,120\n")
    network = NetworkDraft.from_cobra(
        core, growth=GROWTH, energies=ENERGIES, decisions=tmp_path / "d.csv"
    ).write(tmp_path / "slow")
    rate = np.log(2) / 2
    bound = Constraints.from_folder(network).fluxes[GROWTH]
    assert (bound.low, bound.high) == pytest.approx((0.9 * rate, 1.1 * rate), rel=1e-3)
    assert network.conditions["eigenvalue_threshold"].value == pytest.approx(-2.5 * 134 / 120, 1e-3)


def test_a_reaction_may_be_left_out(core: cobra.Model, draft: NetworkDraft, tmp_path: Path) -> None:
    table = draft.decisions()
    row = {"subject": "GLUSy", "rule": "keep", "choice": "remove"}
    pd.concat([table, pd.DataFrame([row])]).to_csv(tmp_path / "d.csv", index=False)
    smaller = NetworkDraft.from_cobra(
        core, growth=GROWTH, energies=ENERGIES, decisions=tmp_path / "d.csv"
    )
    assert set(draft.reactions) - set(smaller.reactions) == {"GLUSy"}


def test_nothing_is_overwritten_unasked(draft: NetworkDraft, tmp_path: Path) -> None:
    draft.write(tmp_path)
    kept = (tmp_path / "reactions.csv").read_bytes()
    with pytest.raises(DataError, match=r"holds compartments\.csv, .* already; .*force=True"):
        draft.write(tmp_path)
    draft.write(tmp_path, force=True)
    assert (tmp_path / "reactions.csv").read_bytes() == kept


@pytest.mark.parametrize(
    ("name", "text"),
    [("none.json", None), ("broken.json", "{"), ("broken.xml", "<sbml>"), ("model.txt", "x")],
)
def test_files_that_are_no_model(tmp_path: Path, name: str, text: str | None) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=name):
        NetworkDraft.from_cobra(path, growth=GROWTH)


def test_formats_give_the_same_draft(
    core: cobra.Model, draft: NetworkDraft, tmp_path: Path
) -> None:
    cobra.io.save_json_model(core, tmp_path / "m.json")
    cobra.io.write_sbml_model(core, tmp_path / "m.xml")
    for path in (tmp_path / "m.json", tmp_path / "m.xml"):
        again = NetworkDraft.from_cobra(path, growth=GROWTH, energies=ENERGIES)
        assert {r: v.stoichiometry for r, v in again.reactions.items()} == {
            r: v.stoichiometry for r, v in draft.reactions.items()
        }


def test_growth_that_is_none_names_the_nearest(core: cobra.Model) -> None:
    with pytest.raises(DataError, match="did you mean 'Biomass_Ecoli_core'"):
        NetworkDraft.from_cobra(core, growth="Biomass_Ecoli_cor")
    starved = core.copy()
    starved.reactions.EX_glc__D_e.lower_bound = 0
    with pytest.raises(DataError, match="does not grow"):
        NetworkDraft.from_cobra(starved, growth=GROWTH, energies=ENERGIES)


def test_rounded_growth_is_made_exact(core: cobra.Model, tmp_path: Path) -> None:
    other = core.copy()
    reaction = other.reactions.get_by_id(GROWTH)
    atp = other.metabolites.get_by_id("nadph_c")
    reaction.add_metabolites({atp: 1e-5})  # leaves 1e-5 of what nothing makes
    for name in ("nadph_c",):  # a source, so that the model grows at all
        other.add_boundary(other.metabolites.get_by_id(name), type="sink", lb=-1, ub=1)
    draft = NetworkDraft.from_cobra(other, growth=GROWTH, energies=ENERGIES)
    assert any("takes nadph_c out of the cell or into it without a rate" in p
               for p in draft.problems())  # fmt: skip
    made = draft.decisions().query("rule == 'moiety'")
    assert list(made.subject) == ["nadp_c"] or list(made.subject) == ["nadph_c"]
    net = draft.reactions[GROWTH].stoichiometry
    assert net["nadp_c"] + net["nadph_c"] == pytest.approx(0.0, abs=1e-15)


@st.composite
def models(draw) -> cobra.Model:
    """Small chains and branches of known substances, some of them wrong."""
    names = ["glc__D", "g6p", "f6p", "pyr", "lac__D", "ac", "xyz"]
    formulas = ["C6H12O6", "C6H11O9P", "C6H11O9P", "C3H3O3", "C3H5O3", "C2H3O2", "C2H3O2"]
    charges = [0, -2, -2, -1, -1, -1, draw(st.sampled_from([-1, 0, None]))]
    model = cobra.Model("random")
    made = {}
    for name, formula, charge in zip(names, formulas, charges, strict=True):
        for c in "ce":
            made[f"{name}_{c}"] = cobra.Metabolite(
                f"{name}_{c}", formula=formula, charge=charge, compartment=c
            )
    for c in "ce":
        made[f"h_{c}"] = cobra.Metabolite(f"h_{c}", formula="H", charge=1, compartment=c)
    ids = sorted(made)
    count = draw(st.integers(1, 6))
    for i in range(count):
        reaction = cobra.Reaction(f"R{i}")
        terms = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True))
        sizes = [draw(st.sampled_from([-2, -1, -0.5, 1, 1, 2])) for _ in terms]
        reaction.bounds = draw(st.sampled_from([(-1000, 1000), (0, 1000), (-1000, 0), (0, 0)]))
        model.add_reactions([reaction])
        reaction.add_metabolites({made[t]: s for t, s in zip(terms, sizes, strict=True)})
    outside = [name for name in ids if name.endswith("_e")]
    for name in draw(st.lists(st.sampled_from(outside), max_size=4, unique=True)):
        if made[name] in model.metabolites:
            model.add_boundary(model.metabolites.get_by_id(name), type="exchange",
                               reaction_id=f"EX_{name}", lb=-10, ub=1000)  # fmt: skip
    model.objective = "R0"
    return model


@settings(max_examples=150)
@given(models())
def test_any_small_model_gives_a_network_or_all_its_problems(model: cobra.Model) -> None:
    try:
        draft = NetworkDraft.from_cobra(model, growth="R0", energies=ENERGIES)
    except DataError:  # it does not grow, or nothing can run at once
        return
    problems = draft.problems()
    with tempfile.TemporaryDirectory() as folder:
        if problems:
            with pytest.raises(DataError, match="problem") as caught:
                draft.write(folder, force=True)
            assert all(p in str(caught.value) for p in problems)
        else:
            assert draft.write(folder, force=True).growth == "R0"
