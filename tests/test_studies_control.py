"""What limits a flux, in tables, sentences and figures: against the coefficients themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_checks import require_caption, require_same_twice, require_units, texts
from monod import monod

from renaissance_kit import KineticEnsemble, KineticModels, KMRanges, Network, studies
from renaissance_kit.control import ControlCoefficients, control_coefficients, responses
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.figures import Source, control as figures
from renaissance_kit.studies.pages import answers, control as page

ONE = Run(workers=1)
SOURCE = Source("tiny", "tiny", 1, "smoke")


@pytest.fixture(scope="module")
def models(tiny: Network, tiny_state) -> KineticModels:
    return KineticModels(tiny, tiny_state, KMRanges.of(tiny).uniform(30, np.random.default_rng(7)))


@pytest.fixture(scope="module")
def found(models: KineticModels) -> ControlCoefficients:
    return control_coefficients(models)


@pytest.fixture(scope="module")
def groups(tiny: Network) -> dict[str, str]:
    return studies.reaction_pathways(tiny)


def test_the_fluxes_that_are_asked_for(ecoli: Network, tiny: Network, tiny_state, tmp_path) -> None:
    state = KineticEnsemble.example(ecoli).models(ecoli).state
    assert studies.target_fluxes(ecoli, state) == ("ANTHtex", "GROWTH")
    assert studies.target_fluxes(tiny, tiny_state) == ("FRUt",)
    growing = monod(tmp_path / "monod")
    assert studies.target_fluxes(growing.network, growing.state) == ("GROWTH",)
    assert studies.target_fluxes(ecoli, state, ["PGI"]) == ("PGI",)
    with pytest.raises(ParameterError, match=r"'PFKK' is not a reaction.*PFK"):
        studies.target_fluxes(ecoli, state, ["PFKK"])


def test_a_table_holds_quantiles_over_the_models(found, groups) -> None:
    table = studies.coefficient_table(found, ["FRUt", "atp_c"], groups)
    assert list(dict.fromkeys(table.target)) == ["FRUt", "atp_c"]
    assert len(table) == 10
    for row in table.itertuples():
        values = found.of(row.target)[row.name]
        assert row.median == pytest.approx(values.median())
        assert row.high == pytest.approx(values.quantile(0.95))
        assert row.sure == pytest.approx((np.sign(values) == np.sign(row.median)).mean())
        assert row.group == groups[row.name]
    first = table[table.target == "FRUt"]["median"].abs()
    assert first.is_monotonic_decreasing


def test_pathways_sum_their_enzymes(found, groups) -> None:
    table = studies.group_table(found, ["FRUt"], groups)
    assert table.enzymes.sum() == 5
    values = found.of("FRUt")
    for row in table.itertuples():
        members = [e for e in found.enzymes if groups[e] == row.name]
        assert row.median == pytest.approx(values[members].sum(axis=1).median())


def test_models_without_coefficients_are_left_out_and_counted(tiny, tiny_state, groups) -> None:
    km = np.ones((3, 10))
    km[1] = 1e-200
    found = control_coefficients(KineticModels(tiny, tiny_state, km))
    table = studies.coefficient_table(found, ["FRUt"], groups)
    assert (table.models == 2).all()
    assert np.isfinite(table["median"]).all()
    none = control_coefficients(KineticModels(tiny, tiny_state, km[1:2]))
    empty = studies.coefficient_table(none, ["FRUt"], groups)
    assert (empty.models == 0).all()
    assert "no model" in page.ranked(empty, {})
    assert figures.ranked(empty, source=SOURCE).to_dict()


def test_scans_agree_with_coefficients_where_changes_are_small(models, found) -> None:
    few = models.with_km(models.km_mM[:6])
    table = studies.scan_table(
        few, control_coefficients(few), ["HEX", "PGI"], ["FRUt"], [0.99, 1.01, 3.0], run=ONE
    )
    assert len(table) == 6
    assert (table.held == 6).all()
    near = table[table.factor < 2]
    np.testing.assert_allclose(near["median"], near.linear, atol=1e-4)
    far = table[table.factor > 2]
    assert (np.abs(far["median"] - far.linear) > 1e-3).any()
    text = page.scans(table, {})
    assert "HEX × 3: FRUt × " in text
    chart = figures.scans(table, source=SOURCE)
    specification = chart.to_dict()
    require_units(specification)
    require_caption(specification, "Network tiny", "6 models", width=figures.CAPTION)


def test_knock_outs_are_counted(models, groups) -> None:
    table = studies.knock_out_table(models.with_km(models.km_mM[:4]), ["FRUt"], groups, run=ONE)
    assert sorted(table.name) == sorted(models.network.kinetic_reactions)
    counted = table[["stable", "unstable", "lost", "cut_off"]].sum(axis=1)
    assert (counted == table.models).all()
    stable = table[table.stable > 0]
    np.testing.assert_allclose(stable.FRUt, 0.0, atol=1e-9)  # of a chain
    assert f"of {counted.sum()} knock-outs" in page.knock_outs(table)


def test_enzymes_with_the_most_control() -> None:
    table = pd.DataFrame(
        {"target": ["a"] * 4 + ["b"] * 4, "name": ["p", "q", "r", "s", "p", "s", "q", "r"]}
    )
    assert studies.with_most_control(table) == ("p", "q", "r")
    assert studies.with_most_control(table, most=2) == ("p", "q")
    assert studies.with_most_control(table.iloc[4:]) == ("p", "s", "q")


@pytest.mark.parametrize("of", ["enzyme", "pathway", "constant"])
def test_a_figure_of_ranks(models, found, groups, of: str, tmp_path: Path) -> None:
    if of == "pathway":
        table = studies.group_table(found, ["FRUt", "GLCt"], groups)
    else:
        source = found if of == "enzyme" else responses(models, "km", coefficients=found)
        table = studies.coefficient_table(source, ["FRUt", "GLCt"], {})
    chart = figures.ranked(table, rows=4, of=of, source=SOURCE)
    specification = chart.to_dict()
    require_units(specification)
    require_caption(specification, "Network tiny", "30 models", width=figures.CAPTION)
    assert table.name.iloc[0] in texts(specification["title"]["text"])
    require_same_twice(chart, figures.ranked(table, rows=4, of=of, source=SOURCE), of, tmp_path)


def test_a_sign_is_told_only_where_models_agree() -> None:
    def of(sure: float, models: int, median: float = 0.5) -> str:
        row = {"target": "t", "name": "E", "median": median, "low": 0.1, "high": 0.9, "sure": sure,
               "models": models}  # fmt: skip
        return answers.control(pd.DataFrame([row]), {"t": "release"}).text

    assert of(1.0, 200).startswith(
        "In 200 models (median, 5 to 95 %): release is limited most by E"
    )
    assert "+0.50 %" in of(1.0, 200)
    assert "held back" in of(1.0, 200, median=-0.5)
    assert "not 95 % of them agree" in of(0.8, 200)
    assert of(1.0, 5).startswith(answers.TOO_SMALL)


def test_sizes_have_a_value_at_every_scale_and_are_documented() -> None:
    assert page.Sizes.at("smoke") != page.Sizes.at("paper")
    assert all(name in page.Sizes.__doc__ for name in page.Sizes.table().index)
