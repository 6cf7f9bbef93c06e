"""Figures of perturbed models: units, marks that must be there, and the same twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import nodes, require_caption, require_same_twice, require_units, texts
from perturbed import perturbation_result

from renaissance_kit import studies
from renaissance_kit.figures import (
    Source,
    criteria,
    returns as returned_map,
    robustness,
    theme,
)
from renaissance_kit.simulation import Outcome, PerturbationResult
from renaissance_kit.studies import CYTOSOL

SOURCE = Source("example", "7", 3, "smoke")
TIMES = np.arange(61.0)
GROUPS = {
    "growth": ("growth",), "ATP": ("atp_c",), "NADH": ("nadh_c",), "NADPH": ("nadph_c",),
    CYTOSOL: ("atp_c", "nadh_c", "nadph_c", "trp__L_c"),
}  # fmt: skip
PAPER = {
    ("growth", 24.0): 1.0,
    ("ATP", 24.0): 0.999,
    (CYTOSOL, 24.0): 0.754,
    (CYTOSOL, 34.0): 0.931,
}
NAMES = (*GROUPS[CYTOSOL], "h_p", "growth")
PATHWAYS = {
    "atp_c": "Carriers", "nadh_c": "Carriers", "nadph_c": "Carriers",
    "trp__L_c": "Aromatic amino acids", "h_p": "Periplasm",
}  # fmt: skip


def perturbed(models: int = 20) -> PerturbationResult:
    """Exponential returns at various speeds; model 4 goes away, model 6 failed."""
    rng = np.random.default_rng(0)
    start = rng.uniform(-0.5, 0.5, (models, 1, 1, len(NAMES)))
    rate = rng.uniform(0.1, 0.4, (models, 1, 1, len(NAMES)))
    deviation = start * np.exp(-rate * TIMES[:, None])
    deviation[4, 0, :, 3] = 0.2 * np.exp(0.1 * TIMES)
    outcome = np.full((models, 1), Outcome.FINISHED)
    outcome[6], deviation[6, 0, 5:] = Outcome.FAILED, np.nan
    return perturbation_result(deviation, variables=NAMES, times_min=TIMES, outcome=outcome)


def shares(tolerances: list[float], times: Any) -> pd.DataFrame:
    return studies.return_shares(perturbed(), GROUPS, times_min=times, tolerances=tolerances)


def by_criterion(paper: dict[tuple[str, float], float] | None = PAPER) -> Any:
    result = perturbed()
    results = {"slow": result, "fast": result}
    speeds = {"slow": np.full(20, -3.0), "fast": np.full(20, -9.0)}
    table = studies.criteria_shares(
        results, list(PAPER), GROUPS, studies.all_criteria([0.01, 0.1], size=0.5), paper=paper
    )
    generators = studies.generator_table(results, speeds, tolerance=0.01)
    return criteria.by_criterion(table, generators, paper=paper, source=SOURCE)


def trajectories() -> Any:
    result = perturbed()
    chosen = studies.extremes(result, GROUPS[CYTOSOL], 0.01)
    return robustness.trajectories(
        studies.time_courses(result, chosen), titles={"first": "Model 1", "last": "Model 4"},
        groups=GROUPS, tolerance=0.01, source=SOURCE,
    )  # fmt: skip


def returns(linear: bool = True, never: bool = True) -> pd.DataFrame:
    result = perturbed()
    table = studies.return_table(
        result, -np.linspace(3, 9, 20), GROUPS[CYTOSOL], tolerance=0.01,
        linear=result if linear else None,
    )  # fmt: skip
    return table if never else table[np.isfinite(table.return_min)]


def against(table: pd.DataFrame) -> Any:
    return robustness.return_against_stability(
        table, size=0.5, tolerance=0.01, until_min=60.0, source=SOURCE
    )


SOME = [0.001, 0.01, 0.1]
FIGURES: dict[str, Callable[[], Any]] = {
    "returned": lambda: robustness.returned_over_time(
        shares([0.01], TIMES), paper=PAPER, source=SOURCE
    ),
    "map": lambda: returned_map.return_map(
        studies.return_map(perturbed(), PATHWAYS, tolerance=0.01),
        tolerance=0.01, perturbed=20, names={"trp__L_c": "tryptophan (cytosol)"}, source=SOURCE,
    ),
    "trajectories": trajectories,
    "tolerance": lambda: criteria.tolerance_dependence(
        shares(SOME, [24.0, 34.0]), used=0.01, paper=PAPER, source=SOURCE
    ),
    "criteria": by_criterion,
    "linear": lambda: against(returns()),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_units(name: str) -> None:
    require_units(FIGURES[name]().to_dict())


@pytest.mark.parametrize("name", FIGURES)
def test_caption_names_its_source(name: str) -> None:
    facts = ("example", "steady state 7", "seed 3", "scale smoke")
    require_caption(FIGURES[name]().to_dict(), *facts, width=150)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_renders_the_same_twice(name: str, tmp_path: Path) -> None:
    require_same_twice(FIGURES[name](), FIGURES[name](), name, tmp_path)


def marks(specification: dict[str, Any]) -> list[dict[str, Any]]:
    return [n["mark"] for n in nodes(specification) if isinstance(n.get("mark"), dict)]


@pytest.mark.parametrize("name", ["returned", "tolerance"])
def test_the_paper_is_a_dashed_black_line_with_its_number(name: str) -> None:
    specification = FIGURES[name]().to_dict()
    dashed = [m for m in marks(specification) if m["type"] == "rule" and m.get("strokeDash")]
    assert dashed
    assert {m["color"] for m in dashed} == {theme.PAPER}
    assert re.search(r"paper (at 24 min: )?75.4 %", texts(specification))
    assert re.search(r"paper (at 34 min: )?93.1 %", texts(specification))
    assert "area" in {m["type"] for m in marks(specification)}, "intervals are shown"


def test_without_a_paper_there_is_none() -> None:
    specification = robustness.returned_over_time(shares([0.01], TIMES), source=SOURCE).to_dict()
    assert "paper" not in texts(specification)


@pytest.mark.parametrize("name", ["returned", "trajectories"])
def test_the_times_of_the_paper_are_marked(name: str) -> None:
    text = texts(FIGURES[name]().to_dict())
    assert '"24 min"' in text
    assert '"34 min"' in text


@pytest.mark.parametrize("name", ["returned", "tolerance", "trajectories"])
def test_the_same_variable_has_the_same_colour(name: str) -> None:
    text = texts(FIGURES[name]().to_dict())
    for group, colour in robustness.colours_of(GROUPS).items():
        if group != CYTOSOL or name != "trajectories":  # there, each metabolite is a grey line
            assert colour in text
            assert theme.darker(colour) in text
            assert group in text


def test_map_has_every_metabolite_once_and_its_median_return() -> None:
    specification = FIGURES["map"]().to_dict()
    text = texts(specification)
    assert all(f"'{name}'" in text for name in PATHWAYS if name != "trp__L_c")
    assert "'tryptophan (cytosol)'" in text, "a name for readers where there is one"
    assert all(pathway in text for pathway in PATHWAYS.values())
    assert {"rect", "tick"} <= {m["type"] for m in marks(specification)}


def test_each_time_course_is_named_as_it_was_chosen() -> None:
    """And not as the metabolite whose line is named last."""
    specification = trajectories().to_dict()
    assert [panel["title"]["text"] for panel in specification["hconcat"]] == ["Model 1", "Model 4"]


def test_trajectories_end_where_a_failed_course_ends() -> None:
    table = studies.time_courses(perturbed(), {"failed": (6, 0)})
    chart = robustness.trajectories(
        table, titles={"failed": "Model 6"}, groups=GROUPS, tolerance=0.01
    ).to_dict()
    times = [r["time_min"] for rows in chart["datasets"].values() for r in rows if "variable" in r]
    assert max(times) == 4.0


def test_models_that_do_not_return_are_counted_and_drawn() -> None:
    specification = FIGURES["linear"]().to_dict()
    assert "Grey triangles: 2 not back within 60 min" in " ".join(
        specification["title"]["subtitle"]
    )
    assert "not back" in texts(specification)
    without = against(returns(never=False)).to_dict()
    assert "Grey triangles" not in texts(without)


def test_without_linear_responses_there_is_one_panel() -> None:
    assert len(FIGURES["linear"]().to_dict()["hconcat"]) == 2
    assert len(against(returns(linear=False)).to_dict()["hconcat"]) == 1


def test_a_map_of_nothing_that_returned_and_few_points_still_draw() -> None:
    table = returns().assign(return_min=np.inf)
    require_units(against(table).to_dict())
    one = returns(never=False).iloc[:1]
    assert "Rank correlation" not in texts(against(one).to_dict())


def test_a_label_of_the_paper_names_its_time_and_leaves_the_other_line_alone() -> None:
    specification = FIGURES["returned"]().to_dict()
    rows = [r for data in specification["datasets"].values() for r in data if "text" in r]
    said = [r["text"] for r in rows if r["text"].startswith("paper")]
    assert set(said) == {"paper at 24 min: 75.4 %", "paper at 34 min: 93.1 %"}
    aligned = {
        (node["mark"]["align"], node["encoding"]["x"]["field"])
        for node in nodes(specification)
        if isinstance(node.get("mark"), dict) and node["mark"].get("color") == theme.PAPER
        and node["mark"]["type"] == "text"
    }  # fmt: skip
    assert aligned == {("right", "time_min"), ("left", "end")}


def test_the_title_of_the_map_follows_the_data() -> None:
    table = studies.return_map(perturbed(), PATHWAYS, tolerance=0.01)
    one = table.metabolite == table.metabolite.iloc[0]
    draw = partial(returned_map.return_map, tolerance=0.01, perturbed=20)
    first = draw(table.assign(median_return_min=np.where(one, 12.0, 3.0))).to_dict()
    assert first["title"]["text"].endswith("have back, after 12 min")
    never = draw(table.assign(median_return_min=np.where(one, np.inf, 3.0))).to_dict()
    assert never["title"]["text"].startswith("1 metabolite of ")


def test_a_course_that_runs_away_does_not_stretch_the_axis() -> None:
    table = studies.time_courses(perturbed(), {"last": (4, 0)})
    table.loc[table.variable == "trp__L_c", "deviation"] *= 1e6
    chart = robustness.trajectories(
        table, titles={"last": "Model 4"}, groups=GROUPS, tolerance=0.01
    ).to_dict()
    assert "that ends at 10,000 %" in " ".join(chart["title"]["subtitle"])
    shown = [r["percent"] for rows in chart["datasets"].values() for r in rows if "variable" in r]
    assert max(shown) == 10_000


def test_generators_stand_from_the_slowest_with_every_criterion_and_the_paper() -> None:
    specification = by_criterion().to_dict()
    panels = specification["hconcat"]
    assert [p["title"]["text"] for p in panels] == ["slow", "fast"]
    assert "λmax −9 1/h" in panels[1]["title"]["subtitle"]
    text = texts(specification)
    assert '"75.4"' in text
    assert '"93.1"' in text
    assert all(c.label in text for c in studies.all_criteria([0.01, 0.1], size=0.5))
    assert "paper" not in texts(by_criterion(None).to_dict())
