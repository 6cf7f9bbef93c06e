"""Draw docs/images/method.png: one steady state, two sets of KM, what becomes of each.

    python tools/draw_method.py

The slow model is the first unbiased one of the default state that is stable and not valid; the
valid one is the first that is shipped. Nothing is drawn by hand.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
from PIL import Image

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Network,
    Perturbation,
    SteadyStates,
    perturb,
)
from renaissance_kit.figures import save, theme, use_theme

ROOT = Path(__file__).resolve().parents[1]
SHOWN_MIN = 60.0
POOL = "g6p_c"
CONSTANTS = 8
KINDS = ["random KM: slow", "trained KM: valid"]
FASTEST_PER_H = -100.0  # of the eigenvalues that are drawn
HEIGHT = 250


def two_models(network: Network) -> KineticModels:
    """A slow model and a valid one at the default state."""
    state = SteadyStates.example(network).default
    rng = np.random.default_rng(1)
    drawn = KineticModels(network, state, KMRanges.of(network).uniform(200, rng))
    lambda_max = drawn.spectrum().lambda_max_per_h
    slow = np.flatnonzero((lambda_max < -0.2) & (lambda_max > -1))[0]
    ensemble = KineticEnsemble.example(network)
    valid = ensemble.select(ensemble.valid).models(network)
    return valid.with_km(np.vstack([drawn.km_mM[slow], valid.km_mM[0]]))


def main() -> None:
    """Draw and write the figure."""
    network = Network.example("ecoli_w3110_trpd9923")
    models = two_models(network)
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=KINDS, range=[theme.INVALID, theme.VALID]),
        legend=alt.Legend(title=None, orient="bottom", symbolOpacity=1),
    )
    names = [n for n in network.km_names if n.split(":")[1] == POOL][:CONSTANTS]
    places = [network.km_names.index(n) for n in names]
    km = pd.concat(
        pd.DataFrame({"kind": k, "name": [n.split(":")[0] for n in names], "km": row[places]})
        for k, row in zip(KINDS, models.km_mM, strict=True)
    )
    constants = (
        alt.Chart(km)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=alt.X("km:Q", scale=alt.Scale(type="log"), title="KM for g6p (mM)",
                    axis=alt.Axis(values=[0.001, 0.01, 0.1, 1, 10], format="~g")),
            y=alt.Y("name:N", title=None),
            color=colour,
        )
        .properties(width=190, height=HEIGHT, title=sub("1. Constants", "a generator makes them"))
    )  # fmt: skip
    eigenvalues = models.spectrum().eigenvalues_per_h
    modes = pd.concat(
        pd.DataFrame({"kind": k, "real": row.real[row.real > FASTEST_PER_H]})
        for k, row in zip(KINDS, eigenvalues, strict=True)
    )
    threshold = network.conditions["eigenvalue_threshold"].value
    ticks = alt.Chart(modes).mark_tick(thickness=2, size=60).encode(
        x=alt.X("real:Q", title="slowest eigenvalues, real part (1/h)",
                scale=alt.Scale(type="symlog", constant=1, domain=[FASTEST_PER_H, 0]),
                axis=alt.Axis(values=[-100, -30, -10, -3, -1, 0])),
        y=alt.Y("kind:N", title=None, axis=None, sort=KINDS),
        color=colour,
    )  # fmt: skip
    mark = pd.DataFrame({"x": [threshold], "text": ["−2.5"]})
    rule = alt.Chart(mark).mark_rule(color=theme.THRESHOLD, strokeWidth=2).encode(x="x:Q")
    named = alt.Chart(mark).mark_text(
        color=theme.darker(theme.THRESHOLD), align="left", dx=6
    ).encode(x="x:Q", y=alt.value(HEIGHT / 2), text="text:N")  # fmt: skip
    spectrum = alt.layer(ticks, rule, named).properties(
        width=290,
        height=HEIGHT,
        title=sub("2. Eigenvalues", "valid: left of the threshold", 24),
    )
    lines = (
        alt.Chart(course_table(models))
        .mark_line(strokeWidth=2, clip=True, opacity=0.55)
        .encode(
            x=alt.X("time_min:Q", title="time after the perturbation (min)",
                    scale=alt.Scale(domain=[0, SHOWN_MIN])),
            y=alt.Y("ratio:Q", title="concentration / steady state",
                    scale=alt.Scale(domain=[0.4, 1.8])),
            detail="variable:N",
            color=colour,
        )
        .properties(width=290, height=HEIGHT, title=sub("3. Return", "after ±50 %", 20))
    )  # fmt: skip
    use_theme()
    figure = alt.hconcat(constants, spectrum, lines, spacing=90, bounds="flush").properties(
        title=alt.Title(
            "One steady state, two sets of Michaelis constants",
            subtitle=(
                "Both models have the same fluxes and concentrations. The constants decide how "
                "fast they come back."
            ),
        )
    )
    with tempfile.TemporaryDirectory() as made:
        png, _ = save(figure, Path(made) / "method", scale=1.6)
        image = Image.open(png).convert("RGB").quantize(128)
    image.save(ROOT / "docs" / "images" / "method.png", optimize=True)


def sub(title: str, text: str, offset: int = 26) -> alt.Title:
    """A heading of a plot; what stands out at its top edge takes part of the offset."""
    return alt.Title(title, subtitle=text, fontSize=17, anchor="start", offset=offset)


def course_table(models: KineticModels) -> pd.DataFrame:
    """Time courses of every fourth cytosolic pool after one perturbation, one row a point."""
    found = perturb(models, Perturbation(size=0.5, seed=3)).dataset
    pools = [str(name) for name in found.variable.values if str(name).endswith("_c")][::4]
    early = found.deviation.isel(perturbation=0).sel(variable=pools)
    early = early.where(early.time_min <= SHOWN_MIN, drop=True)
    table = early.to_series().rename("deviation").reset_index()
    return table.assign(
        ratio=1 + table.deviation.astype(float), kind=[KINDS[i] for i in table.model]
    )[["kind", "variable", "time_min", "ratio"]]


if __name__ == "__main__":
    main()
