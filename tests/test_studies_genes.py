"""What notebook 12 computes, says and draws."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import nodes, require_caption, require_units, texts

from renaissance_kit import Network, Recipe, SteadyStates, sample_steady_states, studies
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.figures import Source, genes as figures
from renaissance_kit.omics import Expression, OmicsFit, remi
from renaissance_kit.studies.pages import answers, genes as page

SOURCE = Source("example", "example", 3, "smoke")
ONE, TWO = "batch", "chemostat"


@pytest.fixture(scope="module")
def fit(ecoli: Network) -> OmicsFit:
    """Two that exclude each other, one that always holds, one that never does."""
    ratios = {"ICL": 3.0, "MALS": 0.3, "GLCabcpp": 4.0, "ANS": 3.0}
    return remi(ecoli, ratios, ONE, TWO, alternatives=5)


@pytest.fixture(scope="module")
def states(ecoli: Network, fit: OmicsFit) -> dict[str, SteadyStates]:
    return {
        name: sample_steady_states(ecoli, 6, seed=1, constraints=of, steps_per_dimension=1)
        for name, of in fit.of_alternative().items()
    }


def test_outcomes_of_ratios(ecoli: Network, fit: OmicsFit) -> None:
    table = studies.ratio_outcomes(ecoli, fit).set_index("name")
    assert table.index.tolist() == ["GLCabcpp", "ICL", "ANS", "MALS"]
    assert table.outcome.to_dict() == {
        "GLCabcpp": "followed",
        "ICL": "followed in some of the alternatives",
        "MALS": "followed in some of the alternatives",
        "ANS": "forbidden by the constraints",
    }
    assert table.loc["ANS", "genes"] == "b1263 and b1264"
    said = page.outcomes(table.reset_index(), fit)
    assert "At most 2 of 4 ratios can be followed together, in 2 ways" in said
    assert "1 in all of them. 1 are forbidden" in said


def test_states_of_one_condition_follow_its_levels(ecoli: Network) -> None:
    expression = Expression.example(ecoli)
    fit, sample = studies.states_in_condition(ecoli, expression, "glucose batch", 12, seed=1)
    assert len(sample) == 12
    assert sample.default_label in sample.dataset.state.values
    bounds = fit.of_alternative()["glucose batch"].fluxes
    met = fit.table().set_index("name").met
    assert met.any()
    for name in met.index[met]:
        flux = sample.dataset.flux.sel(reaction=name).values
        bound = bounds[name]
        assert (flux >= bound.low - 1e-9).all(), name
        assert (flux <= bound.high + 1e-9).all(), name


def test_a_condition_that_was_not_measured_is_named(ecoli: Network) -> None:
    expression = Expression.example(ecoli)
    with pytest.raises(ParameterError, match="glucose batch"):
        studies.states_in_condition(ecoli, expression, "glucose bach", 12, seed=1)


def test_levels_are_not_left_out_silently(ecoli: Network) -> None:
    assert studies.expression_for(ecoli, None, None) is None
    shipped = studies.expression_for(ecoli, "glucose batch", None)
    assert shipped is not None
    assert shipped.conditions == Expression.example(ecoli).conditions
    table = ecoli.file("expression.csv")
    with pytest.raises(ParameterError, match=r"condition is not given; give one of.*glucose batch"):
        studies.expression_for(ecoli, None, table)
    with pytest.raises(ParameterError, match="did you mean 'glucose batch'"):
        studies.expression_for(ecoli, "glucose bach", table)


def test_fluxes_of_two_conditions(ecoli: Network, states: dict[str, SteadyStates]) -> None:
    apart = studies.fluxes_apart(ecoli, states).set_index("name")
    assert len(apart) == len(ecoli.kinetic_reactions)
    assert apart.apart.is_monotonic_decreasing
    assert apart.apart.between(0.5, 1).all()
    assert apart.loc["GLCabcpp", "apart"] == 1
    assert apart.loc["GLCabcpp", "ratio"] >= 4
    flux = np.abs(states[ONE].dataset.flux.sel(reaction="PGI").values)
    assert apart.loc["PGI", ONE] == pytest.approx(np.median(flux))
    table = studies.condition_fluxes(states, ["PGI", "ICL"])
    assert table[["name", "condition"]].to_numpy().tolist() == [
        ["PGI", ONE], ["PGI", TWO], ["ICL", ONE], ["ICL", TWO]
    ]  # fmt: skip
    assert table.loc[0, "median"] == pytest.approx(np.median(flux))
    with pytest.raises(ParameterError, match="give two"):
        studies.fluxes_apart(ecoli, {ONE: states[ONE]})
    table = apart.reset_index()
    turned = table.assign(ratio=1 / table.ratio)
    assert studies.common_fluxes([table, table]) == set(table.name[table.apart == 1])
    assert studies.common_fluxes([table, turned]) == set()
    said = page.sampled(states, [table, turned])
    assert said.startswith("6 of batch and 6 of chemostat.")
    assert f"ratios {studies.differing_fluxes(table)} do, and 0 with all of them" in said


def test_trainings_have_states_and_seeds_of_their_own(
    ecoli: Network, states: dict[str, SteadyStates]
) -> None:
    said: list[str] = []
    groups = studies.trained_in_conditions(
        ecoli, states, Recipe.by_gradient(ecoli, steps=1, models_per_step=4), trainings=2,
        models=5, seed=1, run=Run(1, None, said.append),
    )  # fmt: skip
    assert list(groups) == [ONE, TWO]
    runs = [run for group in groups.values() for run in group]
    labels = {run.ensemble.models(ecoli).state.label for run in runs}
    assert len({run.seed for run in runs}) == len(labels) == 4
    assert said[0].startswith("batch, 0")
    assert "valid models of 4 generators: batch" in page.trained([groups])


def changes(q: float, least: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"name": ["A:x", "A:y", "B:x", "B:z"], "shift": [0.5, -0.1, 0.0, 0.2],
         "q_shift": [q, 0.9, 0.9, 0.9], "q_distance": [q, 0.9, q, 0.9], "p_least": least}
    )  # fmt: skip


def answered(q: float, least: float, differ: int, *others: pd.DataFrame) -> str:
    apart = pd.DataFrame(
        {"name": [f"R{i}" for i in range(20)], "ratio": 2.0,
         "apart": [1.0] * differ + [0.6] * (20 - differ)}
    )  # fmt: skip
    found: Any = SimpleNamespace(met=3)
    outcomes = pd.DataFrame({"outcome": ["followed"] * 5})
    tables = [changes(q, least), *others]
    return answers.genes(outcomes, found, [apart] * len(tables), tables).text


def test_the_answer_follows_the_numbers() -> None:
    assert answered(0.01, 0.3, 1).startswith(answers.TOO_SMALL)
    assert answered(0.01, 0.001, 1).startswith(
        "Few fluxes and some Michaelis constants: fluxes can"
    )
    assert answered(0.5, 0.001, 15).startswith("Most fluxes and no Michaelis constants")
    assert "3 of 5 changed levels, 1 of 20 fluxes" in answered(0.01, 0.001, 1)
    assert "A:x most, by +0.50 decades from a to b" in page.differences(changes(0.01, 0.001), "ab")
    assert "no p-value" in page.differences(changes(0.01, 0.3), "ab")
    assert "The median of no constant" in page.differences(changes(0.5, 0.001), "ab")


def test_what_holds_with_one_set_of_ratios_only_is_not_the_answer() -> None:
    same, none = changes(0.01, 0.001), changes(0.5, 0.001)
    turned = same.assign(shift=-same["shift"])
    assert "1 and 1 of 4 constants" in answered(0.01, 0.001, 1, same)
    assert "; in both ways alike 1 fluxes and 1 constants (" in answered(0.01, 0.001, 1, same)
    for other in (none, turned):
        text = answered(0.01, 0.001, 1, other)
        assert text.startswith("Few fluxes and no Michaelis constants: fluxes can follow 3 of 5 ")
        assert "in 2 ways, 1 and 1 of 20 fluxes" in text
    assert "much the same in both" in page.compared([same, same])
    assert "depends on which of the largest sets" in page.compared([same, turned])
    assert "nothing to compare" in page.compared([same])
    assert "no p-value" in page.compared([same, changes(0.01, 0.3)])


def test_figures(ecoli: Network, fit: OmicsFit, states: dict[str, SteadyStates]) -> None:
    table = studies.ratio_outcomes(ecoli, fit)
    drawn = figures.ratios(table, ONE, TWO, source=SOURCE).to_dict()
    require_units(drawn)
    require_caption(drawn, "Each row a reaction", "seed 3", width=96)
    assert drawn["title"]["text"] == "Fluxes can follow 3 of 4 changed levels, not all at once"
    assert "contradicted" not in texts(drawn["layer"][1]["encoding"]["color"]["scale"])
    plain = figures.ratios(table[table.outcome == "followed"], ONE, TWO).to_dict()
    assert plain["title"]["text"] == "Fluxes can follow 1 of 1 changed levels"
    fluxes = figures.fluxes(
        studies.condition_fluxes(states, ["PGI", "ICL"]), ONE, TWO, source=SOURCE
    ).to_dict()
    require_units(fluxes)
    require_caption(fluxes, "Grey: batch; blue: chemostat", width=96)
    shown = studies.condition_fluxes(states, ["PGI", "ICL"])
    one, two = (shown[shown.condition == c].set_index("name") for c in (ONE, TWO))
    apart = sum(
        two.low_95[n] > one.high_95[n] or one.low_95[n] > two.high_95[n] for n in ("PGI", "ICL")
    )
    assert fluxes["title"]["text"].startswith(f"{apart} of the 2 fluxes shown lie apart")
    turned = changes(0.01, 0.001).assign(shift=[-0.5, 0.1, 0.0, 0.2])
    both = figures.alternatives(changes(0.01, 0.001), turned, source=SOURCE).to_dict()
    require_units(both)
    require_caption(both, "Each point a Michaelis constant", width=70)
    assert both["title"]["text"].endswith("correlation −0.77")
    marks = [n["mark"]["type"] for n in nodes(fluxes) if isinstance(n.get("mark"), dict)]
    assert marks == ["rule", "bar", "circle"] * 2
