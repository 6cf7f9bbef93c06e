"""Published steady states: what makes the reconstruction trustworthy, and a table's faults."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Network,
    SteadyState,
    SteadyStates,
    studies,
)
from renaissance_kit.core import DataError, ParameterError
from renaissance_kit.laws import REGISTRY
from renaissance_kit.states import Constraints
from renaissance_kit.studies import exchanged, transport_table, unphysical


@pytest.fixture(scope="module")
def published(ecoli: Network) -> SteadyStates:
    return SteadyStates.published(ecoli)


def flux(states: SteadyStates, reaction: str) -> np.ndarray:
    return states.dataset.flux.sel(reaction=reaction).values


def test_they_are_the_ten_that_are_known(published: SteadyStates) -> None:
    assert list(published.dataset.state.values) == [
        1712, 1715, 1717, 2392, 2482, 3927, 4230, 4241, 4456, 4468,
    ]  # fmt: skip
    assert published.default.label == "1712"
    assert published.default.density_gDW_L == 331.5


def test_every_metabolite_balances_to_1e_9(ecoli: Network, published: SteadyStates) -> None:
    """Nothing in the reconstruction imposes it."""
    for state in published:
        terms = ecoli.stoichiometry * state.fluxes_mmol_gDW_h
        residual = np.abs(terms.sum(axis=1)) / np.abs(terms).max(axis=1)
        assert residual.max() < 1e-9


def test_exchanges_and_water_close_the_balances(ecoli: Network, published: SteadyStates) -> None:
    names = tuple(m.id for m in ecoli.metabolites.values() if m.charge is not None)
    counts = ecoli.stoichiometric_matrix(names, tuple(ecoli.reactions))
    values = published.dataset.flux.sel(reaction=list(ecoli.reactions)).values
    assert np.abs(values @ counts.T).max() < 1e-6
    np.testing.assert_allclose(flux(published, "EX_glc__D_e"), -flux(published, "GLCtex"))


def test_the_second_law_holds(ecoli: Network, published: SteadyStates) -> None:
    for state in published:
        for j, reaction in enumerate(ecoli.kinetic_reactions):
            if REGISTRY[ecoli.reactions[reaction].rate_law].reversible:
                assert state.fluxes_mmol_gDW_h[j] * state.log_displacement[j] < 0, reaction


def test_growth_and_maintenance_are_the_published_ones(published: SteadyStates) -> None:
    np.testing.assert_allclose(flux(published, "GROWTH"), math.log(2) / 134 * 60, rtol=2e-3)
    np.testing.assert_allclose(flux(published, "ATPM"), 8.39, rtol=1e-6)
    np.testing.assert_allclose(flux(published, "EX_glc__D_e"), -4.0, rtol=2e-3)


def test_moieties_and_ph(ecoli: Network, published: SteadyStates) -> None:
    c = published.dataset.concentration
    np.testing.assert_allclose(c.sel(metabolite="h_c"), 10**-4.5, rtol=1e-6)
    np.testing.assert_allclose(c.sel(metabolite=["h_p", "h_e"]), 1e-4, rtol=1e-6)


def test_passive_transport_is_near_equilibrium(ecoli: Network, published: SteadyStates) -> None:
    table = transport_table(ecoli, published).set_index("reaction")
    porins = table[table.transport == "porin"].drop(["AKGtex", "MALtex"])
    assert porins.high.max() < 2e-3
    assert table[table.transport == "diffusion"].high.max() < 0.05
    symport = table[table.transport == "symport"].drop("GLUt2rpp")
    assert symport.high.max() < 0.06


def test_what_is_not_physical_is_found(ecoli: Network, published: SteadyStates) -> None:
    table = unphysical(ecoli, published, Constraints.from_folder(ecoli)).set_index("metabolite")
    assert table.low_mM["o2_e"] > 130
    assert table.known["o2_e"] == "medium"
    assert table.fold["atp_c"] == pytest.approx(9.63 / table.high_mM["atp_c"])
    assert "glc__D_e" not in table.index


def test_few_unbiased_models_are_valid(ecoli: Network, published: SteadyStates) -> None:
    """Measured with 2,000 models: 1.35 % (and 0.85 % at 300 gDW/L)."""
    km = KMRanges.of(ecoli).uniform(400, np.random.default_rng(1))
    spectrum = KineticModels(ecoli, published.default, km).spectrum()
    assert 0.0005 < spectrum.incidence < 0.03


def test_exchanged_states_take_each_part_from_one_of_two(
    ecoli: Network, published: SteadyStates
) -> None:
    own = SteadyStates.example(ecoli).default
    found = exchanged(own, published.default)
    assert len(found) == 8
    mixed = found["own", "published", "own"]
    np.testing.assert_array_equal(mixed.fluxes_mmol_gDW_h, own.fluxes_mmol_gDW_h)
    np.testing.assert_array_equal(mixed.concentrations_mM, published.default.concentrations_mM)
    np.testing.assert_allclose(np.abs(mixed.log_displacement), np.abs(own.log_displacement))
    for state in found.values():
        state.check(ecoli)


def test_ratios_of_fluxes_beside_their_bounds(ecoli: Network, published: SteadyStates) -> None:
    constraints = Constraints.from_folder(ecoli)
    states = SteadyStates.example(ecoli)[:50]
    table = studies.ratio_table(states, constraints, published).set_index("ratio")
    pfl = flux(published, "PFL") / flux(published, "GLCtex")
    assert table.published_high["PFL : GLCtex"] == pytest.approx(pfl.max())
    malic = (flux(states, "ME1") + flux(states, "ME2")) / flux(states, "GLCtex")
    assert table["median"]["ME1 + ME2 : GLCtex"] == pytest.approx(np.median(malic))
    assert (table.low_95 >= table.low - 1e-9).all()
    assert (table.high_95 <= table.high + 1e-9).all()


# --- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("concentration,acald_c,mM", "concentration,acald_c,M", r"line \d+.*write 'mM'"),
        ("concentration,acald_c,", "concentration,acalt_c,", "did you mean 'acald_c'"),
        ("flux,ATPM,", "fluxes,ATPM,", "did you mean 'flux'"),
        ("state_1712", "1712x", "'1712x' is unknown"),
        ("density,dry_weight_density,gDW/L,331.5", "density,dry_weight_density,gDW/L,300",
         "differs between the states"),
    ],
)  # fmt: skip
def test_faults_of_the_table_name_the_line(
    ecoli: Network, tmp_path: Path, old: str, new: str, message: str
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(ecoli.folder, folder, ignore=shutil.ignore_patterns("*.nc"))
    table = folder / "published_states.csv"
    text = table.read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, 1)
    if new == "1712x":
        changed = changed.replace("state_", "s_")
    table.write_text(changed, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        SteadyStates.published(Network.from_folder(folder))


def test_fluxes_that_do_not_balance_are_refused(ecoli: Network, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(ecoli.folder, folder, ignore=shutil.ignore_patterns("*.nc"))
    table = folder / "published_states.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("flux,PGI,"))
    cells = lines[row].split(",")
    cells[3] = str(2 * float(cells[3]))
    lines[row] = ",".join(cells)
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"leave .* mmol/gDW/h of"):
        SteadyStates.published(Network.from_folder(folder))


def test_a_network_without_the_table_says_so(tiny: Network) -> None:
    with pytest.raises(DataError, match=r"published_states\.csv"):
        SteadyStates.published(tiny)


# --- which states a notebook takes ---------------------------------------------------------------


def test_notebooks_take_our_states_or_the_published_ones(ecoli: Network) -> None:
    own, _ = studies.states_of(ecoli, "nothing.nc")
    given, where = studies.states_of(ecoli, "nothing.nc", "published")
    assert len(own) == 5000
    assert given.default.label == "1712"
    assert where == "published_states.csv"
    with pytest.raises(ParameterError, match="did you mean 'published'"):
        studies.states_of(ecoli, "nothing.nc", "publishd")
    with pytest.raises(ParameterError, match="own, published"):
        studies.valid_ensemble(ecoli, 3, states="theirs")


def test_an_ensemble_of_the_other_states_is_not_taken(ecoli: Network, tmp_path: Path) -> None:
    """Both sets have a state 1712, so that its number does not tell them apart."""
    trained = tmp_path / "ensemble.nc"
    state = SteadyStates.example(ecoli).numbered(1712)
    km = KMRanges.of(ecoli).uniform(40, np.random.default_rng(1))
    stable = KineticModels(ecoli, state, km).spectrum().lambda_max_per_h < 0
    models = KineticModels(ecoli, state, km[stable][:2])
    ensemble = KineticEnsemble.from_models(models, models.spectrum(threshold_per_h=0.0))
    ensemble.save(trained)
    assert ensemble.valid.all()
    chosen, where = studies.valid_ensemble(ecoli, 2, trained=trained)
    assert where == str(trained)
    chosen, where = studies.valid_ensemble(ecoli, 2, trained=trained, states="published")
    assert where == "the network's folder"
    np.testing.assert_array_equal(
        chosen.models(ecoli).state.concentrations_mM,
        SteadyStates.published(ecoli).default.concentrations_mM,
    )


def test_the_papers_incidence_stands_beside_its_own_problem_only(
    ecoli: Network, tiny: Network, tiny_state: SteadyState, published: SteadyStates
) -> None:
    known = studies.published_incidence
    assert known(ecoli, published.default, threshold_per_h=-2.5) == 0.92
    assert known(ecoli, published.default, threshold_per_h=-10.0) is None
    assert known(ecoli, published[1], threshold_per_h=-2.5) is None
    ours = SteadyStates.example(ecoli)
    assert known(ecoli, ours.default, threshold_per_h=-2.5) is None
    assert known(ecoli, ours.numbered(1712), threshold_per_h=-2.5) is None, "a number of our own"
    assert known(tiny, tiny_state, threshold_per_h=-2.5) is None
