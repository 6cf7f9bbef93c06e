"""Controls and measures of the methods that learn from labelled sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from guides import guide_blocks
from labelled_sets import decided_by_three

from renaissance_kit import KMRanges, Recipe, train
from renaissance_kit.core import ParameterError
from renaissance_kit.studies import fresh_table, label_controls

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "methods-compared.md"


def test_controls_see_what_there_is_and_nothing_where_there_is_nothing(tiny, rng):
    data = decided_by_three(tiny, 2_000, seed=1)
    found = label_controls(data.km_mM, data.relevant, seed=1).set_index("classifier")
    assert found.accuracy["majority"] == pytest.approx(1 - data.relevant.mean(), abs=0.01)
    assert found.auc["majority"] == 0.5
    assert found.auc["boosted trees"] > 0.98  # they cut along the constants, as the truth does
    assert found.auc["logistic regression"] > 0.85
    chance = label_controls(data.km_mM, rng.permutation(data.relevant), seed=1)
    assert chance.auc.between(0.3, 0.7).all()


def test_controls_need_some_of_either_kind(tiny):
    km = KMRanges.of(tiny).uniform(50, np.random.default_rng(1))
    with pytest.raises(ParameterError, match="0 of 50 sets are relevant"):
        label_controls(km, np.zeros(50, dtype=bool), seed=1)


def test_fresh_sets_of_boxes(tiny, tiny_state):
    """The share that boxes hold of all sets, s, of the relevant, c: p of them becomes p c / s."""
    recipe = Recipe.ischrunk(tiny, threshold_per_h=-270.0, rounds=1, samples=2_000, leaves=4)
    training = train(tiny, tiny_state, seed=1, recipe=recipe)
    table = fresh_table(training, models=4_000, seed=1).set_index("sets")
    unbiased, trained = table.loc["unbiased"], table.loc["trained"]
    boxes = training.generator.boxes(training.weights)
    held = np.prod(boxes.high.astype(float) - boxes.low, axis=1).sum()  # of one tree, apart
    if len(boxes) == 1:
        assert trained.share == pytest.approx(unbiased.share * trained.coverage / held, abs=0.04)
    assert trained.share > 2 * unbiased.share
    assert 0.5 < trained.coverage <= 1 == unbiased.coverage
    assert trained.std_mean < unbiased.std_mean


def test_fresh_sets_of_other_methods_have_no_coverage(tiny, tiny_state):
    recipe = Recipe.flow(tiny, threshold_per_h=-260.0, samples=500, epochs=1)
    table = fresh_table(train(tiny, tiny_state, seed=1, recipe=recipe), models=200, seed=1)
    assert table.coverage.isna().all()
    assert table.mean_divergence.between(0, 10).all()


@pytest.mark.slow
def test_the_guide_runs(tmp_path, monkeypatch):
    """Every block of docs/methods-compared.md, with fewer sets."""
    monkeypatch.chdir(tmp_path)
    code = "\n".join(guide_blocks(GUIDE))
    for large, small in (
        ("rounds=6", "rounds=2, samples=1500, least=20"), ("km(4_000", "km(1_000"),
        ("models=500", "models=300"), ("steps=2)", "steps=1, epochs_per_step=1)"),
        ("steps=1)", "steps=1, epochs_per_step=1)"), ("epochs=10", "epochs=2"),
    ):  # fmt: skip
        assert large in code
        code = code.replace(large, small)
    names: dict = {}
    exec(compile(code, str(GUIDE), "exec"), names)
    assert names["second"].models_evaluated == 1_000
