"""Figures of the routes: units, marks that must be there, and the same twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import require_caption, require_same_twice, require_units, texts

from renaissance_kit.figures import Source, routes, theme

SOURCE = Source("example", "7", 3, "smoke")


def history() -> pd.DataFrame:
    parts = []
    for i, route in enumerate(routes.COLOURS):
        if route == "without seeing the state":
            continue
        for state in ("7", "9"):
            steps = np.arange(6)
            parts.append(
                pd.DataFrame(
                    {
                        "route": route, "state": state, "seed": i, "evaluations": 100 * steps,
                        "seconds": 0.5 * steps * (i + 1), "incidence": steps / (5 + i),
                        "models": 200, "fastest_per_h": -3.0,
                    }
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def diversity() -> pd.DataFrame:
    names = [name for name in routes.COLOURS if name != "without seeing the state"]
    n = len(names)
    return pd.DataFrame(
        {
            "route": names, "state": ["79"[i % 2] for i in range(n)], "seed": 1,
            "incidence": np.linspace(0, 1, n), "valid": 80, "std_mean": [2.0] * (n - 1) + [np.nan],
            "joint_deficit": np.linspace(-0.01, 0.5, n), "coverage": [np.nan] + [0.5] * (n - 1),
        }
    )  # fmt: skip


def held_out() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        [
            {"generator": name, "state": str(i), "incidence": float(rng.random()), "models": 40,
             "lambda_max_median_per_h": -3.0, "spread": 2.0}
            for name in ("conditional", "without seeing the state", "gradient")
            for i in range(20)
        ]
    )  # fmt: skip


FIGURES: dict[str, Callable[[], Any]] = {
    "cost": lambda: routes.incidence_over_cost(
        history(), states={"7": "State 7 (default profile)"}, source=SOURCE
    ),
    "diversity": lambda: routes.diversity_against_incidence(
        diversity(),
        log_uniform={"std_mean": 2.77, "joint_deficit": 0.0, "coverage": 0.9},
        source=SOURCE,
    ),
    "held_out": lambda: routes.held_out_incidence(held_out(), trained_at=4000, source=SOURCE),
}


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


def test_every_route_is_named_with_its_end_in_its_colour() -> None:
    text = texts(FIGURES["cost"]().to_dict())
    for name in set(history().route):
        assert routes.COLOURS[name] in text
        assert theme.darker(routes.COLOURS[name]) in text
    assert "NES 100 %" in text
    assert "State 7 (default profile)" in text
    assert "state 9" in text


def test_held_out_shows_every_state_and_its_interval() -> None:
    specification = FIGURES["held_out"]().to_dict()
    shown = [row for rows in specification["datasets"].values() for row in rows if "share" in row]
    assert len(shown) == 60
    caption = " ".join(specification["title"]["subtitle"])
    assert "20 states held back" in caption
    assert "trained at 4,000 other states" in caption
    assert "95 % intervals: gradient" in caption


def test_runs_without_valid_models_are_left_out() -> None:
    table = diversity()
    text = texts(routes.diversity_against_incidence(
        table, log_uniform={"std_mean": 2.77, "joint_deficit": 0.0, "coverage": 0.9}
    ).to_dict())  # fmt: skip
    assert table.route.iloc[-1] not in text
    assert "samples of 80 each" in text
