"""Turnover numbers and amounts of enzymes, by hand and on real networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from guides import guide_blocks

from renaissance_kit import KineticEnsemble, KineticModels, KMRanges, sample_steady_states
from renaissance_kit.analysis import EnzymeCapacities
from renaissance_kit.core import DataError, InfeasibleError, ParameterError
from renaissance_kit.states import Constraints

GUIDE = Path(__file__).parents[1] / "docs" / "own-kcat.md"
SOURCE = "example numbers, not measured"


def table(*rows, columns=("reaction", "kcat_per_s", "enzyme_umol_gDW")):
    return pd.DataFrame(rows, columns=list(columns)).assign(source=SOURCE)


def test_capacities_by_hand(tiny):
    """kcat 50 1/s, 0.02 µmol/gDW: 50 · 3600 · 0.02e-3 = 3.6 mmol/gDW/h; × 300 gDW/L."""
    enzymes = EnzymeCapacities.of(tiny, table(("PGI", 50.0, 0.02), ("HEX", 10.0, 0.1)))
    assert list(enzymes.capacities) == ["HEX", "PGI"]  # in the order of the network
    assert enzymes.capacities["PGI"].forward_mmol_gDW_h == pytest.approx(3.6)
    np.testing.assert_allclose(enzymes.capacities_mM_h, [3.6 * 300, 3.6 * 300])
    per_litre = table(("PGI", 50.0, 6.0), columns=("reaction", "kcat_per_s", "enzyme_uM"))
    again = EnzymeCapacities.of(tiny, per_litre)  # 6 µM / 300 gDW/L = 0.02 µmol/gDW
    assert again.capacities["PGI"].forward_mmol_gDW_h == pytest.approx(3.6)


def test_isoenzymes_add_up(tiny):
    rows = table(("HEX", 10.0, 0.1), ("HEX", 20.0, 0.1)).assign(enzyme=["hexokinase 1", "2"])
    capacity = EnzymeCapacities.of(tiny, rows).capacities["HEX"]
    assert capacity.forward_mmol_gDW_h == pytest.approx(3 * 3.6)
    assert capacity.source == f"{SOURCE}; {SOURCE}"
    assert np.isnan(capacity.reverse_mmol_gDW_h)


def test_check_of_generated_vmax(tiny, tiny_state):
    """Vmax of PGI in closed form: v (1 + s/Ks + p/Kp) / (s/Ks · (1 − ρ))."""
    km = KMRanges.of(tiny).uniform(200, np.random.default_rng(1))
    models = KineticModels(tiny, tiny_state, km)
    s, p = (
        tiny_state.concentrations_mM[tiny.species_index[m]] / km[:, tiny.km_index[f"PGI:{m}"]]
        for m in ("g6p_c", "f6p_c")
    )
    vmax = 300.0 * (1 + s + p) / (s * (1 - 0.25))
    enzymes = EnzymeCapacities.of(tiny, table(("PGI", 50.0, 0.02)))
    ratio = vmax / (3.6 * 300)
    row = enzymes.check(models).loc["PGI"]
    assert row.ratio_median == pytest.approx(np.median(ratio))
    assert row.within == pytest.approx((ratio <= 1).mean())
    assert 0 < row.within < 1
    assert row.possible
    np.testing.assert_array_equal(enzymes.within(models), ratio <= 1)
    assert enzymes.check(models, slack=2.0).within["PGI"] == pytest.approx((ratio <= 2).mean())
    small = EnzymeCapacities.of(tiny, table(("PGI", 1.0, 0.02)))
    assert not small.check(models).possible["PGI"]
    assert not small.within(models).any()


def test_the_same_enzyme_twice_does_not_double_the_capacity(tiny):
    rows = table(("HEX", 10.0, 0.1), ("PGI", 1.0, 0.1), ("HEX", 10.0, 0.1))
    message = r"row 2.*: HEX stands already in row 0; .*remove .* or name each in a column enzyme"
    with pytest.raises(DataError, match=message):
        EnzymeCapacities.of(tiny, rows)
    with pytest.raises(DataError, match=r"row 2.*: HEX 1 stands already in row 0"):
        EnzymeCapacities.of(tiny, rows.assign(enzyme="1"))
    with pytest.raises(DataError, match=r"row 2.*: HEX has several rows; name each enzyme"):
        EnzymeCapacities.of(tiny, rows.assign(enzyme=["1", "", ""]))


def test_a_misspelt_reverse_kcat_is_not_ignored(tiny):
    rows = table(("HEX", 10.0, 0.1)).assign(kcat_reverse_per_sec=1.0)
    with pytest.raises(DataError, match="unknown; did you mean 'kcat_reverse_per_s'"):
        EnzymeCapacities.of(tiny, rows)


def test_the_reverse_vmax_follows_from_the_haldane_relation(tiny, tiny_state):
    """Keq of PGI is (0.5/2)/0.25 = 1, so that Vr = Vmax · K_f6p/(K_g6p · 1)."""
    km = KMRanges.of(tiny).uniform(200, np.random.default_rng(1))
    models = KineticModels(tiny, tiny_state, km)
    columns = ("reaction", "kcat_per_s", "kcat_reverse_per_s", "enzyme_umol_gDW")
    enzymes = EnzymeCapacities.of(tiny, table(("PGI", 1e8, 50.0, 0.02), columns=columns))
    g6p, f6p = (km[:, tiny.km_index[f"PGI:{m}"]] for m in ("g6p_c", "f6p_c"))
    reverse = models.vmax_mM_h[:, tiny.reaction_index["PGI"]] * f6p / g6p
    np.testing.assert_array_equal(enzymes.within(models), reverse <= 3.6 * 300)
    assert 0 < enzymes.check(models).within["PGI"] == (reverse <= 3.6 * 300).mean() < 1


def test_a_flux_from_right_to_left_is_held_against_the_reverse_capacity(ecoli):
    """No reverse Vmax is below the flux that it carries, whatever the rate law."""
    models = KineticEnsemble.example(ecoli).models(ecoli)
    columns = ("reaction", "kcat_per_s", "kcat_reverse_per_s", "enzyme_uM")
    flux = dict(zip(ecoli.kinetic_reactions, models.state.fluxes_mM_h, strict=True))
    names = [r for r in ecoli.kinetic_reactions if flux[r] < 0 and f"{r}:" in str(ecoli.km_names)]
    assert len(names) > 15
    for factor, possible in ((1.001, True), (0.999, False)):
        rows = [(r, 1e8, factor * -flux[r] / 3.6, 1.0) for r in names]
        found = EnzymeCapacities.of(ecoli, table(*rows, columns=columns)).check(models)
        assert (found.possible == possible).all()
        np.testing.assert_allclose(found.capacity_reverse_mM_h, -factor * found.flux_mM_h)
        assert (found.within == 0).all() or possible
    rows = table(*[(r, 1e8, np.nan, 1e6) for r in names], columns=columns)
    unknown = EnzymeCapacities.of(ecoli, rows).check(models)
    assert unknown.possible.all()
    assert (unknown.within == 1).all()


@pytest.mark.slow
def test_steady_states_meet_the_capacities(ecoli):
    """A cap within the range of sampled fluxes is met by every state that is sampled with it."""
    plain = Constraints.from_folder(ecoli)
    free = sample_steady_states(ecoli, 8, seed=1, steps_per_dimension=1)
    flux = free.dataset.flux.sel(reaction="ENO").values
    cap = float(flux.min() + 0.25 * (flux.max() - flux.min()))
    assert (flux > cap).any()
    enzymes = EnzymeCapacities.of(ecoli, table(("ENO", cap / 0.36, 0.1)))
    constraints = enzymes.constrain(plain)
    assert constraints.fluxes["ENO"].high == pytest.approx(cap)
    assert "kcat·E" in constraints.fluxes["ENO"].source
    held = sample_steady_states(ecoli, 8, seed=1, constraints=constraints, steps_per_dimension=1)
    assert (held.dataset.flux.sel(reaction="ENO").values <= cap * (1 + 1e-9)).all()


def test_both_directions_and_bounds_that_are_tighter(ecoli):
    plain = Constraints.from_folder(ecoli).with_flux("PGK", -5.0, -1.0).with_flux("ENO", 0.0, 2.0)
    columns = ("reaction", "kcat_per_s", "kcat_reverse_per_s", "enzyme_umol_gDW")
    rows = table(("PGK", 10.0, 20.0, 0.05), ("ENO", 100.0, np.nan, 0.1), columns=columns)
    enzymes = EnzymeCapacities.of(ecoli, rows)
    found = enzymes.constrain(plain).fluxes
    assert (found["PGK"].low, found["PGK"].high) == pytest.approx((-3.6, -1.0))
    assert (found["ENO"].low, found["ENO"].high) == pytest.approx((0.0, 2.0))
    assert enzymes.constrain(plain, slack=2.0).fluxes["PGK"].low == pytest.approx(-5.0)
    with pytest.raises(InfeasibleError, match="the flux of PGK is to be -5 to -4"):
        enzymes.constrain(plain.with_flux("PGK", -5.0, -4.0))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("HEXX", 1.0, 1.0), "row 0: 'HEXX' is no kinetic reaction of tiny; did you mean 'HEX'"),
        (("GLCt", 1.0, 1.0), "GLCt has no enzyme of its own"),
        (("HEX", 0.0, 1.0), "column kcat_per_s holds 0.0; it must be greater than 0"),
        (("HEX", 1.0, -1.0), "it must be greater than 0"),
    ],
)
def test_mistakes_name_row_and_remedy(tiny, row, message):
    with pytest.raises(DataError, match=message):
        EnzymeCapacities.of(tiny, table(row))


def test_an_amount_is_needed_once(tiny):
    rows = table(("HEX", 1.0, 1.0))
    with pytest.raises(DataError, match="enzyme_umol_gDW and enzyme_uM say the same"):
        EnzymeCapacities.of(tiny, rows.assign(enzyme_uM=1.0))
    with pytest.raises(DataError, match="no column enzyme_umol_gDW or enzyme_uM"):
        EnzymeCapacities.of(tiny, rows.drop(columns="enzyme_umol_gDW"))


def test_slack_and_network_are_checked(tiny, ecoli):
    enzymes = EnzymeCapacities.of(ecoli, table(("ENO", 1.0, 1.0)))
    with pytest.raises(ParameterError, match="slack is 0"):
        enzymes.constrain(Constraints.from_folder(ecoli), slack=0.0)


@pytest.mark.slow
def test_the_guide_runs(ecoli, tmp_path, monkeypatch, capsys):
    """Every block of docs/own-kcat.md runs."""
    (rows,) = guide_blocks(GUIDE, "csv")
    blocks = guide_blocks(GUIDE)
    assert len(blocks) == 4
    (tmp_path / "my_enzymes.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "data").symlink_to(ecoli.folder.parent)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in blocks:
        exec(block.replace("network, 100,", "network, 4, steps_per_dimension=1,"), names)
    assert "within" in capsys.readouterr().out
    flux = names["states"].dataset.flux.sel(reaction="PFK").values
    assert (flux <= names["enzymes"].capacities["PFK"].forward_mmol_gDW_h * (1 + 1e-9)).all()
    assert names["kept"].sum() <= names["ensemble"].valid.sum()
