"""Figures of strain designs: units, captions, marks that must be there, the same twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import require_caption, require_same_twice, require_units, texts

from renaissance_kit.figures import Source, design as figures, theme

SOURCE = Source("example", "7", 3, "smoke")
DESIGNS = ["ANS ↑, DDPA ↑", "DDPA ↑, GLUDy ↓"]
YIELD = "yield of anthranilate"


def found() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "design": DESIGNS, "found": [3, 1], "models": 4, "share": [0.75, 0.25],
            "share_low": [0.3, 0.05], "share_high": [0.95, 0.7], "fold": [2.0, 1.5],
            "fold_low": [1.5, 1.1], "fold_high": [3.0, 2.0], "common_fold": [2.1, 1.4],
            "common_low": [1.6, 1.2], "common_high": [3.0, 1.9],
        }
    )  # fmt: skip


def known(near: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["d-1", "plasmid"], "design": DESIGNS, "fold": [1.4, 1.2],
            "fold_low": [1.1, 1.0], "fold_high": [1.8, 1.3], "raises": [1.0, 0.75],
            "near_best": [near, 0.0], "in_best": [0.0, 0.5],
        }
    )  # fmt: skip


def measured() -> pd.DataFrame:
    return pd.DataFrame({"strain": ["plasmid"], "product_fold": [1.5], "yield_fold": [1.6]})


def grown(lost: int = 1) -> pd.DataFrame:
    linear = np.linspace(1.2, 3.0, 5)
    fold = linear**0.8
    fold[:lost] = np.nan
    parts = [pd.DataFrame({"design": d, "linear": linear, "yield_fold": fold}) for d in DESIGNS]
    return pd.concat([pd.DataFrame({"design": "host", "linear": 1.0, "yield_fold": [1.0]}), *parts])


def expressed() -> pd.DataFrame:
    rows = [
        (d, e, share, m, 1.5 * share**0.4 + 0.1 * m, True)
        for d in DESIGNS
        for e in ("DDPA", "all")
        for share in (0.5, 1.0, 1.5)
        for m in range(4)
    ]
    return pd.DataFrame(rows, columns=["design", "enzyme", "expressed", "model", "fold", "kept"])


FIGURES: dict[str, Callable[[], Any]] = {
    "found": lambda: figures.found_designs(found(), target=YIELD, source=SOURCE),
    "known": lambda: figures.known_designs(
        known(), target=YIELD, measured=measured(), source=SOURCE
    ),
    "grown": lambda: figures.linear_and_not(
        grown(), fold="yield_fold", target=YIELD, where="in the bioreactor", source=SOURCE
    ),
    "expressed": lambda: figures.expression(expressed(), target=YIELD, source=SOURCE),
}


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_units_and_captions_their_facts(name: str) -> None:
    specification = FIGURES[name]().to_dict()
    require_units(specification)
    require_caption(
        specification, "Network example, steady state 7; seed 3, scale smoke.",
        width=theme.CAPTION_CHARACTERS,
    )  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_twice(name: str, tmp_path: Path) -> None:
    require_same_twice(FIGURES[name](), FIGURES[name](), name, tmp_path)


def title_of(name: str) -> str:
    return str(FIGURES[name]().to_dict()["title"]["text"])


def test_titles_say_what_the_data_say() -> None:
    assert title_of("found") == "ANS ↑, DDPA ↑: best, or near it, in 3 of 4 models"
    assert title_of("known") == "In no model is a known design the best of its size, or near it"
    near = figures.known_designs(known(0.4), target=YIELD).to_dict()["title"]["text"]
    assert near == "d-1 is near the best of its size in 40 % of the models"
    assert title_of("grown") == "In the bioreactor: 8 of 8 give more"
    assert title_of("expressed").startswith("Expressed at half or one and a half, the median")


def test_what_is_left_out_is_said() -> None:
    few = figures.found_designs(found(), target=YIELD, most=1).to_dict()
    assert "1 further design not shown." in " ".join(few["title"]["subtitle"])
    caption = " ".join(FIGURES["grown"]().to_dict()["title"]["subtitle"])
    assert "Without an end, left out: 2." in caption
    whole = figures.linear_and_not(grown(0), fold="yield_fold", target=YIELD, where="grown")
    assert "left out" not in " ".join(whole.to_dict()["title"]["subtitle"])


def test_measured_strains_stand_beside() -> None:
    assert "Diamond: measured" in texts(FIGURES["known"]().to_dict())
    without = figures.known_designs(known(), target=YIELD).to_dict()
    assert "Diamond" not in texts(without)
