"""Signs of control coefficients as an objective: values, derivatives, data, training."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from renaissance_kit import KineticEnsemble, KineticModels, KMRanges, Network, Recipe, train
from renaissance_kit.control import control_by_log_km, control_coefficients
from renaissance_kit.core import DataError, ParameterError
from renaissance_kit.objectives import (
    ControlSigns,
    DifferentiableObjective,
    Scored,
    SmoothIncidence,
    WantedSign,
    all_of,
    named_objective,
    objectives_for,
)

SIGNS = ControlSigns(
    (WantedSign("FRUt", ("HEX",), 1), WantedSign("g6p_c", ("PGI", "FRUK"), -1)), least=0.4
)


@pytest.fixture
def models(tiny, tiny_state) -> KineticModels:
    return KineticModels(tiny, tiny_state, KMRanges.of(tiny).uniform(40, np.random.default_rng(3)))


def test_scores_are_those_of_the_coefficients(models: KineticModels) -> None:
    found = control_coefficients(models)
    first = found.of("FRUt")["HEX"].to_numpy() - 0.4
    second = -found.of("g6p_c")[["PGI", "FRUK"]].sum(axis=1).to_numpy() - 0.4
    scores = SIGNS.evaluate(models)
    np.testing.assert_array_equal(scores.met, (first > 0) & (second > 0))
    assert 0 < scores.share < 1
    expected = sum(1 / (1 + np.exp(-margin / 0.05)) for margin in (first, second)) / 2
    np.testing.assert_allclose(scores.score, expected, rtol=1e-12)
    assert set(scores.values) == {"FRUt by HEX", "g6p_c by PGI + FRUK"}
    assert scores.cost == {"factorisations": 40}


def differences(models: KineticModels, value, columns, step: float) -> np.ndarray:
    out = []
    for column in columns:
        sides = []
        for sign in (1, -1):
            km = models.km_mM.copy()
            km[:, column] *= np.exp(sign * step)
            sides.append(value(models.with_km(km)))
        out.append((sides[0] - sides[1]) / (2 * step))
    return np.array(out).T


def test_the_derivative_of_the_score_against_differences(models: KineticModels) -> None:
    found = SIGNS.derivative(models)
    np.testing.assert_allclose(found.score, SIGNS.evaluate(models).score, rtol=1e-12)
    expected = differences(models, lambda m: SIGNS.evaluate(m).score, range(10), 1e-5)
    np.testing.assert_allclose(found.by_log_km, expected, rtol=1e-5, atol=1e-8)
    assert isinstance(SIGNS, DifferentiableObjective)


@pytest.mark.parametrize("name", ["ecoli_w3110_trpd9923", "ecoli_w3110_trpd9923+published"])
@pytest.mark.parametrize("target", ["ANTHtex", "pep_c"])
def test_the_derivative_of_a_coefficient_against_differences(name: str, target: str) -> None:
    """Every tenth constant, those of modifiers too, of two shipped models."""
    network = Network.open(name)
    models = KineticEnsemble.example(network).models(network)
    models = models.with_km(models.km_mM[:2])
    enzymes = ["DDPA", "TKT1"]
    found = control_coefficients(models)
    value, slope = control_by_log_km(models, found, target, enzymes)
    np.testing.assert_allclose(value, found.of(target)[enzymes].sum(axis=1), rtol=1e-12)
    columns = [*range(0, len(network.km_names), 10)]
    columns += [i for i, n in enumerate(network.km_names) if n.startswith("DDPA:")]

    def of(moved: KineticModels) -> np.ndarray:
        return control_coefficients(moved).of(target)[enzymes].sum(axis=1).to_numpy()

    expected = differences(models, of, columns, 1e-5)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(slope[:, columns], expected, rtol=1e-4, atol=1e-7)


def test_a_model_without_coefficients_fails_and_has_no_slope(tiny, tiny_state) -> None:
    km = np.ones((2, 10))
    km[1] = 1e-200
    models = KineticModels(tiny, tiny_state, km)
    scores = SIGNS.evaluate(models)
    assert scores.status.tolist() == [Scored.NOT_MET, Scored.FAILED]
    assert scores.score[1] == 0
    found = SIGNS.derivative(models)
    assert found.score[1] == 0
    assert (found.by_log_km[1] == 0).all()


def test_signs_of_the_strains_that_were_built(ecoli: Network, tiny: Network) -> None:
    """Both released more anthranilate than the wild type (Balderas-Hernandez 2009)."""
    signs = ControlSigns.of_strains(ecoli)
    assert [str(sign) for sign in signs.wanted] == [
        "ANTHtex by DDPA", "ANTHtex by DDPA + TKT1 + TKT2",
    ]  # fmt: skip
    assert {sign.sign for sign in signs.wanted} == {1}
    with pytest.raises(DataError, match="no engineered strain"):
        ControlSigns.of_strains(tiny)
    assert "control" not in objectives_for(tiny)
    assert "control" in objectives_for(ecoli)
    models = KineticEnsemble.example(ecoli).models(ecoli)
    scores = named_objective(ecoli, "control").evaluate(models.with_km(models.km_mM[:50]))
    assert scores.share > 0.5


def test_strains_may_be_measured_in_another_unit_than_the_host(
    ecoli: Network, tmp_path: Path
) -> None:
    folder = tmp_path / "in_mM"
    shutil.copytree(ecoli.file(""), folder)
    table = pd.read_csv(folder / "fermentation.csv", dtype=str, keep_default_na=False)
    rows = (table.quantity == "anthranilate") & (table.strain == table.strain[0])
    for column in ("value", "low", "high"):
        table.loc[rows, column] = (table.loc[rows, column].astype(float) / 0.137).map(str)
    table.loc[rows, ["unit", "weighed_as"]] = ["mM", ""]
    table.to_csv(folder / "fermentation.csv", index=False)
    assert ControlSigns.of_strains(Network.from_folder(folder)) == ControlSigns.of_strains(ecoli)


def test_a_generator_is_trained_for_signs_by_gradient(tiny, tiny_state) -> None:
    falls = ControlSigns((WantedSign("FRUt", ("HEX",), 1),), least=0.4, width=0.1)
    recipe = Recipe.by_gradient(tiny, steps=60, models_per_step=32, diversity=0.1)
    trained = train(tiny, tiny_state, seed=1, recipe=recipe.but(objective=falls))
    drawn = trained.models(200, np.random.default_rng(1))
    unbiased = drawn.with_km(KMRanges.of(tiny).uniform(200, np.random.default_rng(1)))
    assert falls.evaluate(drawn).share > falls.evaluate(unbiased).share + 0.3
    both = all_of(fast=SmoothIncidence(), sign=falls)
    assert isinstance(both, DifferentiableObjective)


def test_messages(tiny, models: KineticModels) -> None:
    with pytest.raises(ParameterError, match="no sign is wanted"):
        ControlSigns(())
    with pytest.raises(ParameterError, match="give 1 or −1"):
        WantedSign("FRUt", ("HEX",), 2)
    with pytest.raises(ParameterError, match="no enzyme for FRUt"):
        WantedSign("FRUt", (), 1)
    with pytest.raises(ParameterError, match=r"'HEXX' is not a reaction.*HEX"):
        ControlSigns((WantedSign("FRUt", ("HEXX",), 1),)).evaluate(models)
    with pytest.raises(ParameterError, match=r"'g6p' is neither .*g6p_c"):
        ControlSigns((WantedSign("g6p", ("HEX",), 1),)).evaluate(models)
    with pytest.raises(ParameterError, match="least is -1"):
        ControlSigns((WantedSign("FRUt", ("HEX",), 1),), least=-1.0)
