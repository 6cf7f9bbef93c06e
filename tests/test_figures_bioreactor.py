"""Figures of cultivations: units, captions, marks that must be there, the same twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import (
    nodes,
    require_caption,
    require_same_twice,
    require_thin_threshold,
    require_units,
    texts,
)

from renaissance_kit.figures import Source, bioreactor as figures, conditions, regulation, theme

SOURCE = Source("example", "7", 3, "smoke")
UNIT = {"biomass": "gDW/L", "glucose": "g/L", "anthranilate": "g/L"}
TIMES = np.arange(0.0, 61.0, 5.0)


def measured(strain: str = "host") -> pd.DataFrame:
    rows = []
    for quantity, unit in UNIT.items():
        for t in (0.0, 20.0, 40.0, 60.0):
            value = 1.0 + t / 60
            half = 0.0 if quantity == "biomass" else 0.1
            rows.append((quantity, unit, t, value, value - half, value + half, 0.2, strain))
    names = ["quantity", "unit", "time_h", "value", "low", "high", "uncertainty", "strain"]
    return pd.DataFrame(rows, columns=names)


def long(models: int, **columns: Any) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {"model": m, "quantity": q, "time_h": TIMES, "value": 1 + 0.1 * m + TIMES / 60,
             **columns}
        )
        for m in range(models)
        for q in UNIT
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def time_courses(front: str = "matching") -> pd.DataFrame:
    back = long(4, group="other")
    return pd.concat([back, long(2).assign(group=front, model=lambda t: t.model + 9)])


def fits() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.concat(
        [
            pd.DataFrame(
                {"group": group, "model": np.arange(n), "curve": name,
                 "goodness_of_fit": np.exp(rng.normal(mean, 0.4, n))}
            )
            for group, n, mean in (("valid", 60, 0.6), ("unbiased", 20, 1.8))
            for name in ("biomass", "glucose", "anthranilate", "all")
        ]
    )  # fmt: skip


MEDIA = {"given": "medium as given", "tryptophan": "tryptophan × 10", "both": "both"}
LEFT = {"trp__L_e": "tryptophan", "nh4_e": "ammonium", "glc__D_e": "glucose"}


def media() -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {"medium": name, "model": m, "finished": True, "time_h": TIMES,
             "biomass": 1 + k + TIMES / 60, "growth_rate": 0.3 * np.exp(-TIMES / 10),
             "trp__L_e": 0.1 * np.exp(-TIMES / 20), "nh4_e": 18 * np.exp(-TIMES / 9),
             "glc__D_e": 58 * np.exp(-TIMES / 12)}
        )
        for k, name in enumerate(MEDIA)
        for m in range(3)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def ceilings() -> pd.DataFrame:
    return pd.DataFrame(
        {"what": ["nitrogen", "tryptophan", "carbon"], "ceiling_gDW_L": [1.757, 1.818, 8.6]}
    )


def compared() -> pd.DataFrame:
    rows = [
        (start, changed, model, quantity, 0.5 + model + 0.2 * len(changed))
        for start in ("own", "published")
        for changed in ("nothing", "medium", "O2 supply")
        for model in range(3)
        for quantity in ("biomass", "glucose")
    ]
    table = pd.DataFrame(rows, columns=["start", "changed", "model", "quantity", "goodness_of_fit"])
    failed = (table.start == "own") & (table.changed == "medium") & (table.model == 2)
    return table.assign(goodness_of_fit=table.goodness_of_fit.mask(failed))


STRAINS = {"plasmid 1": ("DDPA",), "plasmid 2": ("DDPA", "TKT1")}


def predicted() -> pd.DataFrame:
    return pd.concat(
        [long(3, strain=s, factor=f).assign(value=lambda t, f=f: t.value + 0.1 * f)
         for s in STRAINS for f in (1.0, 2.0, 4.0, 8.0)]
    )  # fmt: skip


def inside() -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"model": m, "group": group, "metabolite": name, "time_h": TIMES,
                          "ratio": np.exp(-m * TIMES / 10)})
            for name in ("atp_c", "nadh_c")
            for m, group in ((0, "other"), (1, "other"), (2, "best"))
        ]
    )  # fmt: skip


def regulated() -> pd.DataFrame:
    names = ("regulated", "no feedback on DDPA", "no regulation")
    return pd.concat([long(3, regulation=n).assign(value=lambda t, i=i: t.value + i)
                      for i, n in enumerate(names)])  # fmt: skip


FIGURES: dict[str, Callable[[], Any]] = {
    "regulation": lambda: regulation.courses(regulated(), measured(), source=SOURCE),
    "courses": lambda: figures.time_courses(
        time_courses(), measured(), models=7, finished=6, threshold=1.0, source=SOURCE
    ),
    "goodness_of_fit": lambda: figures.goodness_of_fit(
        fits(), threshold=1.0, failed={"valid": 2, "unbiased": 0}, source=SOURCE
    ),
    "growth": lambda: figures.why_growth_stops(
        media(), best=0, media=MEDIA, left=LEFT, ceilings=ceilings(), source=SOURCE
    ),
    "strains": lambda: figures.engineered_strains(
        predicted(), pd.concat([measured(s) for s in STRAINS]), host=measured(), changed=STRAINS,
        default_factor=2.0, source=SOURCE,
    ),
    "inside": lambda: figures.inside_the_cell(
        inside(), titles={"atp_c": "ATP", "nadh_c": "NADH"}, source=SOURCE
    ),
    "conditions": lambda: conditions.one_change_at_a_time(
        compared(), threshold=1.0, source=SOURCE
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_units(name: str) -> None:
    require_units(FIGURES[name]().to_dict())


@pytest.mark.parametrize("name", FIGURES)
def test_caption_names_its_source(name: str) -> None:
    facts = ("example", "steady state 7", "seed 3", "scale smoke")
    require_caption(FIGURES[name]().to_dict(), *facts, width=theme.CAPTION_CHARACTERS + 40)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_renders_the_same_twice(name: str, tmp_path: Path) -> None:
    require_same_twice(FIGURES[name](), FIGURES[name](), name, tmp_path)


def marks(specification: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [n["mark"] for n in nodes(specification) if isinstance(n.get("mark"), dict)]
    return [mark for mark in found if mark["type"] == kind]


def test_courses_show_measurements_over_models() -> None:
    specification = FIGURES["courses"]().to_dict()
    lines = [mark["color"] for mark in marks(specification, "line")]
    assert lines == [theme.INVALID, theme.VALID] * 3
    assert [mark["color"] for mark in marks(specification, "point")] == [theme.MEASURED] * 3
    assert [mark["color"] for mark in marks(specification, "rule")] == [theme.MEASURED] * 3
    text = texts(specification)
    assert "2 matching" in text
    assert "4 other" in text
    caption = " ".join(specification["title"]["subtitle"])
    assert "7 valid models" in caption
    assert "6 reached 60 h" in caption
    assert "the 2 models that match all curves" in caption
    assert "none for biomass" in caption


def test_compared_conditions_name_what_is_changed_and_what_failed() -> None:
    specification = FIGURES["conditions"]().to_dict()
    rows = {
        row["row"] for data in specification["datasets"].values() for row in data if "row" in row
    }
    assert {"own", "own, published O2 supply", "published, own medium"} <= rows
    caption = " ".join(specification["title"]["subtitle"])
    assert caption.startswith("3 models, the same in every row")
    assert "1 simulation that did not finish" in caption


def test_courses_say_when_no_model_matches() -> None:
    chart = figures.time_courses(
        time_courses("best"), measured(), models=7, finished=6, threshold=1.0
    )
    caption = " ".join(chart.to_dict()["title"]["subtitle"])
    assert "No model matches all curves (goodness of fit ≤ 1)" in caption
    assert "the 2 models with the best fit of their worst curve" in caption


def test_courses_without_any_finished_model() -> None:
    chart = figures.time_courses(
        time_courses().iloc[:0], measured(), models=2, finished=0, threshold=1.0
    )
    specification = chart.to_dict()
    assert "0 reached 60 h" in " ".join(specification["title"]["subtitle"])
    assert len(marks(specification, "point")) == 3


def test_goodness_of_fit_counts_failed_models_and_shows_the_threshold() -> None:
    specification = FIGURES["goodness_of_fit"]().to_dict()
    require_thin_threshold(specification, "threshold 1")
    table = fits()
    valid = table[(table.group == "valid") & (table.curve == "all")].goodness_of_fit
    assert f"{(valid <= 1).sum()} of 62 valid match" in texts(specification)
    assert "did not finish (2 valid)" in " ".join(specification["title"]["subtitle"])
    rows = [r for d in specification["datasets"].values() for r in d if "share" in r]
    shares = pd.DataFrame(rows).groupby("group").share.sum()
    assert shares["valid"] == pytest.approx(4 * 60 / 62)
    assert shares["unbiased"] == pytest.approx(4.0)


def test_growth_names_media_and_ceilings() -> None:
    specification = FIGURES["growth"]().to_dict()
    text = texts(specification)
    assert all(label in text for label in [*MEDIA.values(), *LEFT.values()])
    caption = " ".join(specification["title"]["subtitle"])
    assert "nitrogen for 1.76, tryptophan for 1.82 gDW/L" in caption


def test_strains_show_what_was_measured_on_them_and_on_the_host() -> None:
    specification = FIGURES["strains"]().to_dict()
    points = marks(specification, "point")
    assert sum(mark["filled"] for mark in points) == 6
    assert sum(not mark["filled"] for mark in points) == 6
    domains = [n["scale"]["domain"] for n in nodes(specification) if n.get("title") == "Vmax ×"]
    assert domains
    assert all(domain == ["1", "2", "4", "8"] for domain in domains)
    assert "not used before" in " ".join(specification["title"]["subtitle"])


def test_concentrations_beyond_the_span_are_at_the_edge() -> None:
    chart = figures.inside_the_cell(inside(), titles={"atp_c": "ATP"}, span=10.0)
    rows = [r for d in chart.to_dict()["datasets"].values() for r in d if "model" in r]
    assert min(row["ratio"] for row in rows) == pytest.approx(0.1)


@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_a_shade_for_each_factor(n: int) -> None:
    shades = figures.shades_of([float(f) for f in range(n)])
    assert len(set(shades)) == n


@pytest.mark.parametrize(
    ("left", "title"),
    [
        (0.001, "Growth stops when tryptophan is used up, in 3 of 3 models"),
        (0.7, "Growth stops with nutrients left, in 3 of 3 models (at least 70 % of each, median)"),
    ],
)
def test_the_title_says_whether_growth_stops_for_lack_of_anything(left: float, title: str) -> None:
    table = media()
    start = table.groupby(["medium", "model"]).nh4_e.transform("first")
    table["biomass"] = np.where(table.time_h > 5, 2.0, 1.0)
    table = table.assign(nh4_e=0.9 * start, glc__D_e=0.9 * start, trp__L_e=start)
    table.loc[table.time_h > 0, "trp__L_e"] *= left
    for name in ("nh4_e", "glc__D_e"):
        table.loc[table.time_h == 0, name] = start
    chart = figures.why_growth_stops(
        table, best=0, media=MEDIA, left=LEFT, ceilings=ceilings(), source=SOURCE
    )
    assert chart.to_dict()["title"]["text"] == title
