"""Models of SKiMpy, read and written; the truth is SKiMpy's formulas written down anew."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from external import FOLDER, external
from guides import guide_blocks
from skimpy_rates import balances, parameter_names, rates

from renaissance_kit import KineticEnsemble, KineticModels, Network, SteadyState, SteadyStates
from renaissance_kit.core import DataError, ParameterError, SteadyStateError
from renaissance_kit.formats import (
    SkimpyModel,
    SkimpyParameters,
    bigg_id,
    read_skimpy,
    skimpy_id,
    write_skimpy,
    write_skimpy_parameters,
    write_skimpy_regulation,
)
from renaissance_kit.kinetics import eigenvalues

MADE_UP = Path(__file__).parent / "data" / "skimpy.yaml"
FILES = ("skimpy_ecoli_varma.yml", "skimpy_ecoli_trpD9923.yaml", "skimpy_yeast_st10284.yaml")


def tree_of(path: Path) -> dict:
    """The plain tree of a file."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="module")
def model() -> SkimpyModel:
    return read_skimpy(MADE_UP)


@pytest.fixture
def changed(tmp_path: Path):
    """The made-up file with a piece of its text replaced."""

    def made(before: str, after: str) -> Path:
        text = MADE_UP.read_text(encoding="utf-8")
        assert before in text
        path = tmp_path / "mine.yaml"
        path.write_text(text.replace(before, after, 1), encoding="utf-8")
        return path

    return made


def state_of(network: Network) -> SteadyState:
    """A steady state of the made-up network, by hand: glucose at 1, growth at 1e-6."""
    lump, acetate = 1e-6, 0.2
    split = 1 - 205.3 * lump
    respired = 2 * split - acetate
    maintenance = 2 * respired - 1 - 59403.1415 * lump - 2 * acetate
    flux = {
        "GLCtex": 1, "GLCt": 1, "HEX": 1, "LMPD_bio_c_1_9": lump, "SPLIT": split, "JOIN": split,
        "PPA": split + 0.1, "DIM": 0.1, "LACX": 2 * split, "RESP": respired, "ATPM": maintenance,
        "ACS": acetate, "D-ACt": acetate, "ADK": acetate,
    }  # fmt: skip
    rng = np.random.default_rng(2)
    c = np.exp(rng.uniform(-3, 1, len(network.species)))
    for name in ("h_c", "h_p"):
        c[network.species_index[name]] = 1e-4
    irreversible = {"ATPM", "RESP", "LMPD_bio_c_1_9"}
    rho = [np.nan if r in irreversible else -0.7 for r in network.kinetic_reactions]
    v = np.array([flux[r] for r in network.kinetic_reactions])
    return SteadyState(c, v, np.array(rho), 300.0, "7", network.structure_digest)


@pytest.fixture(scope="module")
def models(model: SkimpyModel) -> KineticModels:
    rng = np.random.default_rng(4)
    km = np.exp(rng.uniform(-3, 2, (3, len(model.network.km_names))))
    return KineticModels(model.network, state_of(model.network), km)


# --- rates ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scaling", [1e9, 1e6, 1e3])
def test_rates_are_those_of_the_published_formulas(model, scaling):
    """Every mechanism and modifier, in the units of the file; powers of the scaling included."""
    agree(model, tree_of(MADE_UP), scaling)


def agree(model: SkimpyModel, tree: dict, scaling: float, regulation=()) -> None:
    rng = np.random.default_rng(1)
    network, per_mM = model.network, scaling / 1e3
    p = {n: float(np.exp(rng.uniform(-2, 2)) * per_mM) for n in parameter_names(tree, regulation)}
    c_mM = np.exp(rng.uniform(-2, 2, len(network.species)))
    ids = [model.file_ids[m] for m in network.species]
    c = dict(zip(ids, c_mM * per_mM, strict=True))
    sets = SkimpyParameters.of(
        network, list(p), np.array([[*p.values()]]), ["a"], scaling=scaling, growth_scale=1.0
    )
    assert not sets.missing
    assert not sets.unused
    ours = sets.rates_mM_h(0, c_mM) * per_mM
    theirs = rates(tree, p, c, regulation)
    expected = [theirs[model.file_ids[r]] for r in network.kinetic_reactions]
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


def test_the_jacobian_is_the_derivative_of_the_balances_in_their_volumes(model, models):
    """Against central differences of the rates; and zero modes are the conserved moieties."""
    network = model.network
    sets = SkimpyParameters(
        network, ("a",), models.km_mM[:1], models.vmax_mM_h[:1], models.log_keq[None],
        np.ones((1, len(network.constant))), (),
    )  # fmt: skip
    c, n = models.state.concentrations_mM, len(network.dynamic)
    balance = network.stoichiometry / network.volume_fractions[:, None]
    columns = []
    for i in range(n):
        up, down = c.copy(), c.copy()
        up[i] *= 1 + 1e-6
        down[i] *= 1 - 1e-6
        step = up[i] - down[i]
        columns.append(balance @ (sets.rates_mM_h(0, up) - sets.rates_mM_h(0, down)) / step)
    full = sets.jacobian_per_h(0, c, reduced=False)
    np.testing.assert_allclose(full, np.array(columns).T, rtol=1e-4, atol=1e-6 * np.abs(full).max())
    np.testing.assert_allclose(sets.jacobian_per_h(0, c), models.jacobians_per_h()[0], rtol=1e-9)
    moving = eigenvalues(sets.jacobian_per_h(0, c)[None])[0]
    every = eigenvalues(full[None])[0]
    zero = np.abs(every) < 1e-9 * np.abs(every).max()
    assert zero.sum() == len(network.moieties) == 2
    np.testing.assert_allclose(every[~zero], moving, rtol=1e-6)


# --- reading ---------------------------------------------------------------------------------


def test_what_is_read(model):
    network = model.network
    assert len(network.kinetic_reactions) == 14
    assert network.constant == ("ac_e", "co2_c", "glc_D_e", "h_c", "h_p")
    assert {c.id: (c.role, c.volume_fraction) for c in network.compartments.values()} == {
        "c": ("cytosol", 0.9), "p": ("periplasm", 0.1), "e": ("medium", None),
    }  # fmt: skip
    assert network.reactions["HEX"].substrates == (("glc_D_c", 1.0), ("atp_c", 1.0))
    assert network.reactions["ATPM"].protons == (("h_c", 1.0, "balance_only"),)
    assert network.reactions["RESP"].protons == (
        ("h_c", 1.5, "balance_only"), ("h_p", -1.5, "first_order"),
    )  # fmt: skip
    assert [(m.metabolite, m.kind) for m in network.reactions["LACX"].modifiers] == [
        ("cit_c", "mixed_inhibition"), ("_2pg_c", "competitive_inhibition"),
        ("g6p_c", "activation"),
    ]  # fmt: skip
    assert network.conditions["dry_weight_density"].value == 300
    assert "not in the file" in network.conditions["dry_weight_density"].source
    given = read_skimpy(MADE_UP, conditions={"dry_weight_density": 331.5}, ph={"c": 7.5}).network
    assert given.conditions["dry_weight_density"].value == 331.5
    assert (given.compartments["c"].ph, given.compartments["p"].ph) == (7.5, 7.0)
    assert model.parameters["h_c"] == 100.0  # YAML takes 1e2 for text


def test_the_report_says_what_was_decided_and_what_the_lump_leaves(model):
    assert "ATPM, LMPD_bio_c_1_9, RESP" in model.report
    assert "f · (1 + A/Ka)" in model.report
    assert "adp_c + amp_c + atp_c (left by rounding: -0.0001 in LMPD_bio_c_1_9)" in model.report


def test_bigg_ids_follow_a_rule_and_one_that_is_ambiguous_is_refused(changed):
    network = read_skimpy(MADE_UP, bigg_ids=True).network
    assert {"2pg_c", "glc__D_e", "acx_c"} <= set(network.species)
    assert "D_ACt" in network.kinetic_reactions
    assert [bigg_id(m) for m in ("acon_C_c", "glc__D_e", "_3pg_c")] == [
        "acon_C_c",
        "glc__D_e",
        "3pg_c",
    ]
    assert skimpy_id("3pg_c") == "_3pg_c"
    path = changed("  glc_D_p: {", "  glc__D_p: {compartment: p, name: glc__D_p}\n  glc_D_p: {")
    with pytest.raises(DataError, match="'glc__D_p' would be the id of two"):
        read_skimpy(path, bigg_ids=True)


def test_ids_of_the_shipped_network_follow_the_rule(ecoli):
    """Back and forth for all that the rule can write."""
    for name in ecoli.species:
        assert bigg_id(skimpy_id(name)) == name
        assert bigg_id(skimpy_id(name.replace("__", "_"))) == name


def test_growth_is_what_the_user_says_with_its_scale(tmp_path, models):
    model = read_skimpy(MADE_UP, growth="LMPD_bio_c_1_9", growth_scale=1e3)
    growth = model.network.reactions["LMPD_bio_c_1_9"]
    assert model.network.growth == "LMPD_bio_c_1_9"
    assert growth.stoichiometry["atp_c"] == pytest.approx(-59.4031415, rel=1e-15)
    assert len(model.network.moieties) == 2
    write_skimpy(tmp_path / "mine.yaml", model, regulation=tmp_path / "r.csv")
    written = tree_of(tmp_path / "mine.yaml")["reactions"]["LMPD_bio_c_1_9"]["mechanism"]
    numbers = written["mechanism_stoichiometry"]
    assert numbers["substrate1"] == pytest.approx(-59403.1415, rel=1e-15)
    path = tmp_path / "sets.h5"
    write_skimpy_parameters(path, models)
    with pytest.raises(ParameterError, match="give growth_scale"):
        SkimpyParameters.read(path, model.network)
    j = model.network.reaction_index["LMPD_bio_c_1_9"]
    sets = SkimpyParameters.read(path, model.network, growth_scale=1e3)
    np.testing.assert_allclose(sets.vmax_mM_h[:, j], models.vmax_mM_h[:, j] * 1e3)


# --- round trips -------------------------------------------------------------------------------


def without_regulation(tree: dict) -> dict:
    """The tree without what goes into a list beside it."""
    for part in tree["reactions"].values():
        mechanism = part["mechanism"]
        for key in [key for key in mechanism if key.startswith("inhibitor")]:
            del mechanism[key]
        mechanism["class"] = mechanism["class"].removesuffix("Inhibited").split("_m")[0]
        part["modifiers"] = {
            key: m for key, m in part["modifiers"].items() if "small_molecule" in m
        }
    tree["reactions"]["DIM"]["mechanism"]["mechanism_stoichiometry"] = {
        "product1": 1.0, "substrate1": -2.0,
    }  # fmt: skip
    hexokinase = tree["reactions"]["HEX"]["mechanism"]
    hexokinase["mechanism_stoichiometry"] = {
        "product1": 1.0, "product2": 1.0, "substrate1": -1.0, "substrate2": -1.0,
    }  # fmt: skip
    lactate = tree["reactions"]["LACX"]["mechanism"]
    assert lactate["class"] == "H1GeneralizedReversibleHill"
    tree["parameters"]["h_c"] = 100.0
    return tree


def test_a_file_comes_back_as_it_was_and_regulation_as_a_list(model, tmp_path):
    write_skimpy(tmp_path / "mine.yaml", model, regulation=tmp_path / "list.csv")
    assert tree_of(tmp_path / "mine.yaml") == without_regulation(tree_of(MADE_UP))
    again = read_skimpy(tmp_path / "mine.yaml", regulation=tmp_path / "list.csv")
    assert again.network.digest == model.network.digest
    assert "0 rows" in again.notes[-1]


def test_a_network_goes_and_comes_without_what_was_read(model, tmp_path, ecoli, tiny):
    for network in (model.network, ecoli, tiny):
        path, beside = tmp_path / "mine.yaml", tmp_path / "list.csv"
        listed = beside if network.regulated else None
        write_skimpy(path, network, regulation=listed)
        again = read_skimpy(path, regulation=listed, bigg_ids=network is not model.network)
        kinetic = [network.reactions[r] for r in network.kinetic_reactions]
        for reaction in kinetic:
            other = again.network.reactions[reaction.id]
            net = reaction.stoichiometry
            dry = {m: n for m, n in net.items() if network.metabolites[m].role != "water"}
            assert other.stoichiometry == dry
            assert [m for m, _ in other.substrates] == [m for m, _ in reaction.substrates]
            assert [m for m, _ in other.products] == [m for m, _ in reaction.products]
            assert other.rate_law == reaction.rate_law
            assert set(other.protons) == set(reaction.protons)
            assert [(m.metabolite, m.kind) for m in other.modifiers] == [
                (m.metabolite, m.kind) for m in reaction.modifiers
            ]
        assert set(again.network.species) == set(network.species)


def test_a_regulated_network_needs_a_place_for_its_list(model, tiny, tmp_path):
    with pytest.raises(ParameterError, match=r"give regulation='regulation.csv'"):
        write_skimpy(tmp_path / "mine.yaml", model)
    with pytest.raises(ParameterError, match="is not regulated"):
        write_skimpy_regulation(tmp_path / "list.csv", tiny)
    assert not list(tmp_path.iterdir())


def test_the_reference_jacobians_survive_a_file(reference, tmp_path):
    """SKiMpy's own numbers, at 1e-9, from the network written and read."""
    ecoli = reference.network
    write_skimpy(tmp_path / "ecoli.yaml", ecoli)
    network = read_skimpy(tmp_path / "ecoli.yaml", bigg_ids=True).network
    order = [ecoli.species_index[m] for m in network.species]
    reactions = [ecoli.reaction_index[r] for r in network.kinetic_reactions]
    km = [ecoli.km_index[k] for k in network.km_names]
    state, models = reference.states[0], reference.models[0]
    again = SteadyState(
        state.concentrations_mM[order], state.fluxes_mmol_gDW_h[reactions],
        state.log_displacement[reactions], state.density_gDW_L, "0", network.structure_digest,
    )  # fmt: skip
    basis = network.link_matrix[[network.species_index[m] for m in reference.independent]]
    jacobians = KineticModels(network, again, models.km_mM[:, km]).jacobians_per_h()
    found = basis @ jacobians @ np.linalg.inv(basis)
    expected = reference.jacobians_per_h[0]
    scale = np.abs(expected).max(axis=2, keepdims=True)
    assert (np.abs(found - expected) / scale).max() < 1e-9


# --- parameter sets ----------------------------------------------------------------------------


@pytest.mark.parametrize("scaling", [1e9, 1e6])
def test_parameter_sets_come_back(model, models, scaling, tmp_path):
    path = tmp_path / "sets.h5"
    write_skimpy_parameters(path, models, scaling=scaling, model=model)
    with h5py.File(path) as file:
        assert [n.decode() for n in file["index"]] == ["7,0", "7,1", "7,2"]
        names = {n.decode() for n in file["parameter_names"]}
        assert int(file["num_parameters_sets"][()]) == 3
    assert set(parameter_names(tree_of(MADE_UP))) <= names
    assert {"volume_c", "cell_volume_c", "glc_D_e"} <= names
    sets = SkimpyParameters.read(path, model.network, scaling=scaling)
    assert sets.missing == ()
    np.testing.assert_allclose(sets.km_mM, models.km_mM, rtol=1e-14)
    np.testing.assert_allclose(sets.vmax_mM_h, models.vmax_mM_h, rtol=1e-13)
    np.testing.assert_allclose(sets.log_keq, [models.log_keq] * 3, rtol=1e-12, atol=1e-13)
    held = models.state.concentrations_mM[len(model.network.dynamic) :]
    np.testing.assert_allclose(sets.constant_mM, [held] * 3, rtol=1e-14)


def test_a_state_follows_from_a_set_and_concentrations(model, models, tmp_path):
    write_skimpy_parameters(tmp_path / "sets.h5", models)
    sets = SkimpyParameters.read(tmp_path / "sets.h5", model.network)
    c = models.state.concentrations_mM
    state = sets.state(1, c, 300.0)
    np.testing.assert_allclose(state.fluxes_mmol_gDW_h, models.state.fluxes_mmol_gDW_h, rtol=1e-11)
    assert sets.state(1, c) == state
    again = sets.models(1, state)
    np.testing.assert_allclose(again.vmax_mM_h, sets.vmax_mM_h[1:2], rtol=1e-11)
    with pytest.raises(SteadyStateError, match=r"do not balance|against its displacement"):
        sets.state(1, c * np.linspace(1, 2, len(c)), 300.0)


def test_sets_of_several_states_and_of_an_ensemble(tiny, tiny_state, tmp_path):
    km = np.ones((2, len(tiny.km_names)))
    models = KineticModels(tiny, tiny_state, km)
    ensemble = KineticEnsemble.from_models(models, models.spectrum())
    path = tmp_path / "sets.h5"
    write_skimpy_parameters(path, ensemble, network=tiny)
    assert SkimpyParameters.read(path, tiny).labels == ("tiny,0", "tiny,1")
    with pytest.raises(ParameterError, match="give network="):
        write_skimpy_parameters(path, ensemble)
    write_skimpy(tmp_path / "tiny.yaml", tiny, models=ensemble)
    assert read_skimpy(tmp_path / "tiny.yaml").steady_state(tiny_state.density_gDW_L)
    write_skimpy_parameters(path, [ensemble.models(tiny), models], labels=["a", "b", "c", "d"])
    sets = SkimpyParameters.read(path, tiny)
    assert sets.labels == ("a", "b", "c", "d")
    np.testing.assert_allclose(sets.vmax_mM_h[:2], sets.vmax_mM_h[2:])
    for labels in (["a", "a", "b", "c"], ["a"]):
        with pytest.raises(ParameterError, match="a label of its own"):
            write_skimpy_parameters(path, [models, models], labels=labels)


def test_a_wrong_scaling_shows_and_the_right_one_is_named(model, models, tmp_path):
    path = tmp_path / "sets.h5"
    write_skimpy_parameters(path, models, scaling=1e9)
    with pytest.raises(ParameterError, match=r"h_c is at pH 4.0; give scaling=1e\+09 \(nM\)"):
        SkimpyParameters.read(path, model.network, scaling=1e6)
    for scaling in (0, -1, float("nan")):
        with pytest.raises(ParameterError, match="must be positive"):
            SkimpyParameters.read(path, model.network, scaling=scaling)


def test_a_wrong_scaling_shows_in_the_constants_of_a_network_without_protons(ecoli, tmp_path):
    states = SteadyStates.published(ecoli)
    ensemble = KineticModels(ecoli, states[0], np.full((1, len(ecoli.km_names)), 0.2))
    write_skimpy_parameters(tmp_path / "sets.h5", ensemble)
    with h5py.File(tmp_path / "sets.h5", "r+") as file:
        names = [n.decode().replace("h_e", "x_e") for n in file["parameter_names"]]
        del file["parameter_names"]
        file["parameter_names"] = np.array(names, dtype=h5py.string_dtype())
    with pytest.raises(ParameterError, match=r"median of all KM is 2e\+02 mM; give scaling=1e\+09"):
        SkimpyParameters.read(tmp_path / "sets.h5", ecoli, scaling=1e6, growth_scale=1)


def test_sets_with_regulation_need_the_network_with_it(model, models, tmp_path):
    path, plain = tmp_path / "sets.h5", tmp_path / "plain.yaml"
    write_skimpy_parameters(path, models)
    write_skimpy(plain, model, regulation=tmp_path / "list.csv")
    with pytest.raises(DataError, match=r"sets.h5: 5 constants of .* its regulation"):
        SkimpyParameters.read(path, read_skimpy(plain).network)


def test_a_file_that_holds_everything_has_a_state(model, models, tmp_path):
    path, beside = tmp_path / "full.yaml", tmp_path / "list.csv"
    write_skimpy(path, model, models=models, member=2, scaling=1e6, regulation=beside)
    full = read_skimpy(path, regulation=beside)
    state = full.steady_state(300.0, scaling=1e6)
    np.testing.assert_allclose(state.fluxes_mmol_gDW_h, models.state.fluxes_mmol_gDW_h, rtol=1e-11)
    again = full.parameter_set(scaling=1e6).models(0, state)
    np.testing.assert_allclose(again.km_mM, models.km_mM[2:], rtol=1e-14)
    with pytest.raises(
        SteadyStateError, match=r"no number for _2pg_c.* and \d+ more; take the conc"
    ):
        model.steady_state(300.0)


def test_a_plain_file_that_holds_everything_has_a_state(tiny, tiny_state, tmp_path):
    models = KineticModels(tiny, tiny_state, np.ones((1, len(tiny.km_names))))
    write_skimpy(tmp_path / "full.yaml", tiny, models=models)
    full = read_skimpy(tmp_path / "full.yaml")
    state = full.steady_state(tiny_state.density_gDW_L)
    np.testing.assert_allclose(state.fluxes_mmol_gDW_h, tiny_state.fluxes_mmol_gDW_h, rtol=1e-12)
    lambda_max = full.parameter_set().models(0, state).spectrum().lambda_max_per_h
    np.testing.assert_allclose(lambda_max, models.spectrum().lambda_max_per_h, rtol=1e-9)


# --- the guide -----------------------------------------------------------------------------------


def test_the_guide_runs_as_it_is_written(model, models, here, capsys):
    write_skimpy(here / "model.yaml", model, regulation=here / "regulation.csv")
    write_skimpy_parameters(here / "sets.hdf5", models, model=model)
    network, c = model.network, models.state.concentrations_mM
    rows = [f"{m},{value!r}" for m, value in zip(network.species, c.tolist(), strict=True)]
    (here / "concentrations.csv").write_text("\n".join(["metabolite,value_mM", *rows]))
    names: dict = {}
    for block in guide_blocks(Path(__file__).parents[1] / "docs" / "skimpy.md"):
        exec(block, names)
    assert "2 conserved moieties" in capsys.readouterr().out
    assert read_skimpy(here / "mine.yaml", regulation=here / "mine.csv").steady_state(300.0)
    assert len(SkimpyParameters.read(here / "mine.hdf5", network)) == 1


# --- mistakes ----------------------------------------------------------------------------------


JOINED = "substrate2: pyr_c"
LUMPED = "substrate2: -205.3"
PORIN = "mechanism_stoichiometry: {small_molecule: -1.0}"
MISTAKES = [
    ("BiUniReversibleHill", "BiUniHill", r"reaction JOIN\): mechanism 'BiUniHill' is unknown"),
    ("class: BiUniReversibleHill", "class: RandBiBi_2", "Known are ReversibleMichaelisMenten"),
    ("      substrate2: pyr_c\n", "", r"\(reaction JOIN\).*takes 2 substrate"),
    (JOINED, "substrate3: pyr_c", "substrate2 is missing; number the substrates"),
    (JOINED, "substrate2: pyr_x", "'pyr_x' is not among 'reactants'; did you mean"),
    (JOINED, "substrate2: _2pg_c", "_2pg_c stands twice in the rate law"),
    (JOINED, "substrate2: 5", "write the id of a metabolite"),
    (JOINED, "substrat: pyr_c", "'substrat' is unknown"),
    ("    modifiers: {}\n", "    modifier: {}\n", "ACS.*did you mean 'modifiers'"),
    ("    modifiers: {}\n", "", "ACS.*'modifiers' is missing"),
    ("      mechanism_stoichiometry: {product1: 2.0, substrate1: -1.0}\n", "",
     "PPA.*'mechanism_stoichiometry' is missing"),
    ("      inhibitor1: amp_c\n", "", "ConvenienceInhibited with 0 inhibitors"),
    (JOINED, f"{JOINED}\n      inhibitor1: ac_c", "BiUniReversibleHill with 1 inhibitors"),
    ("  volume_p: 4.0\n", "", "no volume_p among 'parameters'"),
    ("\nreactants:\n", "\nreactants:\n  x_c: {compartment: c, name: x_c}\n", "x_c.: in no reac"),
    ("    name: PPA", "    name: PPB", "name 'PPB' inside"),
    ("name: ac_c}", "name: ad_c}", "needs its own name"),
    ("{activator: g6p_c,", "{k: 1, activator: g6p_c,", "'k' is unknown"),
    ("reactant: h_c}", "reactant: h_c, value: 1}", "'value' is unknown"),
    (LUMPED, "substrate2: 205.3", "below 0 for substrates"),
    (LUMPED, "substrate2: many", "'many'; write a number"),
    ("        substrate2: -205.3\n", "", "stoichiometry of substrate2 is None"),
    ("{product1: 2.0, substrate1: -1.0}", "{product1: 2.5, substrate1: -1.0}", "PPA.*whole"),
    ("enzyme: null", "enzyme: E", "rates by enzyme amount"),
    ("class: ActivationModifier", "class: HillActivationModifier", "mean 'ActivationModifier'"),
    ("{activator: g6p_c, ", "{", "has no activator"),
    ("{small_molecule: -1.5}", "{small_molecule: 0}", "stoichiometry 0; remove it"),
    (f"class: DisplacementSmallMoleculeModifier\n        {PORIN}",
     f"class: FirstOrderSmallMoleculeModifier\n        {PORIN}", "for irreversible laws only"),
    ("class: ConstantConcentration, reactant: h_c", "class: BoundaryFlux, reactant: h_c",
     r"CC_h_c\): boundary condition 'BoundaryFlux' is unknown"),
    ("reactant: h_c}", "reactant: h_x}", "'h_x' is not among 'reactants'"),
    ("  ac_c: {compartment: c,", "  ac_c: {compartment: x,", r"line 34 \(ac_c\).*compartments"),
    ("hill_coefficient_JOIN: 1.0", "hill_coefficient_JOIN: 2.0", "only Hill laws with coeff"),
    ("volume_c: 36.0", "volume_c: 360", "share must be above 0 and at most 1"),
    ("h_c: 1e2", "h_c: acid", "h_c is 'acid'; write a number"),
    ("reactions:", "reaction:", "part 'reactions' is missing"),
    ("constraints: {}", "constraints: {a: 1}", "constraints are not known"),
    ("enzyme: null", "enzyme: [", "line .*no YAML"),
    ("enzyme: null", "enzyme: null\n    enzyme: null", "'enzyme' stands twice"),
    ("  PPA:\n", "  1:\n", "line .*1 is no name"),
    ("  PPA:\n", "  ACS:\n", "'ACS' stands twice"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "message"), MISTAKES)
def test_mistakes_are_named_with_place_and_remedy(before, after, message, changed):
    with pytest.raises(DataError, match=message) as error:
        read_skimpy(changed(before, after))
    assert "mine.yaml" in str(error.value)


def test_all_mistakes_are_listed_at_once(changed):
    path = changed("class: BiUniReversibleHill", "class: Nothing")
    path.write_text(path.read_text().replace("class: UniBi", "class: Uni"), encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_skimpy(path)
    assert len(error.value.problems) == 2


def test_python_objects_are_never_made(changed, tmp_path):
    touched = tmp_path / "touched"
    path = changed("name: made up", f"name: !!python/object/apply:pathlib.Path.touch [{touched}]")
    with pytest.raises(DataError, match=r"line \d+: a value is marked .*never read"):
        read_skimpy(path)
    assert not touched.exists()


@pytest.mark.parametrize(
    "content", [b"", b"a: 1", b"- a", b"\xff\xfe\x00", b"[" * 3000, b"x: 2025-13-45"]
)
def test_what_is_no_model_is_refused(content, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"mine\.yaml"):
        read_skimpy(path)
    with pytest.raises(DataError, match="does not exist"):
        read_skimpy(tmp_path / "absent.yaml")


def test_wrong_arguments_are_named(tmp_path):
    for words, message in (
        ({"growth": "LMPD_bio"}, "did you mean 'LMPD_bio_c_1_9'"),
        ({"growth_scale": 0}, "growth_scale is 0"),
        ({"activation": "inhibition"}, "choose activation or essential_activation"),
        ({"conditions": {"dry_weight": 300}}, "did you mean 'dry_weight_density'"),
        ({"conditions": {"dry_weight_density": 3e5}}, "lies between 10 and 1000"),
    ):
        with pytest.raises(ParameterError, match=message):
            read_skimpy(MADE_UP, **words)


def test_mistakes_of_a_list_of_regulation(tmp_path, changed):
    path = tmp_path / "list.csv"
    path.write_text("reaction_id,regulator,regulation\nHEX,g6p_c,stimulation\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 2.*stimulation"):
        read_skimpy(MADE_UP, regulation=path)
    path.write_text("reaction_id,regulator,regulation\nLACX,g6p_c,activation\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2: the model's file names regulators of LACX"):
        read_skimpy(MADE_UP, regulation=path)


def test_a_row_of_a_list_of_regulation_that_stands_again_is_one_regulator(model, tmp_path):
    """Published lists repeat rows: SERD_L of the E. coli list has three inhibitors, each twice."""
    once, again = tmp_path / "once.csv", tmp_path / "again.csv"
    plain = tmp_path / "plain.yaml"
    write_skimpy(plain, model, regulation=once)
    header, *rows = once.read_text(encoding="utf-8").splitlines()
    again.write_text("\n".join([header, *rows, *rows]) + "\n", encoding="utf-8")
    first, second = (read_skimpy(plain, regulation=path).network for path in (once, again))
    assert first.km_names == second.km_names == model.network.km_names


def test_mistakes_of_parameter_sets(model, models, tmp_path, tiny):
    path = tmp_path / "sets.h5"
    write_skimpy_parameters(path, models)
    with pytest.raises(DataError, match="no parameter in the file belongs"):
        SkimpyParameters.of(tiny, ["vmax_forward_PFL"], np.ones((1, 1)), ["a"])
    with pytest.raises(DataError, match="k_equilibrium_HEX is not positive"):
        SkimpyParameters.of(tiny, ["k_equilibrium_HEX"], np.zeros((1, 1)), ["a"])
    for change, message in (
        (lambda f: f.__delitem__("index"), "no 'index'"),
        (lambda f: f.__delitem__("parameter_set_1"), "cannot be read"),
        (
            lambda f: f["parameter_set_2"].__setitem__(3, np.nan),
            "parameter_set_2 has no number for",
        ),
        (lambda f: f["parameter_names"].__setitem__(1, f["parameter_names"][0]), "stands twice"),
    ):
        write_skimpy_parameters(path, models)
        with h5py.File(path, "r+") as file:
            change(file)
        with pytest.raises(DataError, match=message):
            SkimpyParameters.read(path, model.network)
    path.write_bytes(b"no HDF5")
    with pytest.raises(DataError, match="cannot be read"):
        SkimpyParameters.read(path, model.network)
    with pytest.raises(DataError, match="does not exist"):
        SkimpyParameters.read(tmp_path / "absent.h5", model.network)
    with pytest.raises(ParameterError, match="another network"):
        write_skimpy(tmp_path / "mine.yaml", tiny, models=models)
    with pytest.raises(ParameterError, match="no member 3"):
        write_skimpy(
            tmp_path / "mine.yaml", model, models=models, member=3, regulation=tmp_path / "list.csv"
        )


# --- the published files, which the project does not ship ----------------------------------------


@external
@pytest.mark.parametrize(("file", "moieties"), [*zip(FILES, (6, 5, 28), strict=True)])
def test_a_published_file_is_read_and_written_again(file, moieties, tmp_path):
    path = FOLDER / file
    model = read_skimpy(path)
    assert len(model.network.moieties) == moieties
    write_skimpy(tmp_path / file, model)
    tree = tree_of(path)
    assert tree_of(tmp_path / file) == tree
    agree(model, tree, 1e6)


@external
def test_the_published_sets_of_ecoli(ecoli):
    """Ten regulated models: balances by the formulas, Vmax, λmax at the threshold or below."""
    folder = FOLDER
    files = folder / FILES[1], folder / "nomad_regulation.csv"
    model = read_skimpy(files[0], regulation=files[1])
    sets = SkimpyParameters.read(folder / "skimpy_ecoli_parameters.hdf5", model.network)
    shipped = Network.example(regulation="published")
    ours = SkimpyParameters.read(folder / "skimpy_ecoli_parameters.hdf5", shipped, growth_scale=5e5)
    published = SteadyStates.published(ecoli)
    tree = tree_of(files[0])
    assert sets.missing == ours.missing == ()
    for i, label in enumerate(sets.labels):
        number = label.partition(",")[0]
        (state,) = [s for s in published if s.label.endswith(number)]
        order = [ecoli.species_index[bigg_id(m)] for m in model.network.species]
        found = sets.state(i, state.concentrations_mM[order], 331.5)
        v = dict(zip(model.network.kinetic_reactions, found.fluxes_mmol_gDW_h, strict=True))
        assert max(balances(tree, v).values()) < 1e-9
        first = sets.models(i, found)
        second = KineticModels(shipped, state, ours.km_mM[i])
        np.testing.assert_allclose(second.vmax_mM_h[0], ours.vmax_mM_h[i], rtol=1e-10)
        np.testing.assert_allclose(
            first.spectrum().lambda_max_per_h, second.spectrum().lambda_max_per_h, rtol=1e-6
        )
        assert first.spectrum().valid.all()
