"""Subjects: labelled data sets, made by small runs and read as users read them."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Network,
    Perturbation,
    ReactorConditions,
    SteadyState,
    SteadyStates,
    cultivate,
    perturb,
)
from renaissance_kit.analysis import UnbiasedModels, unbiased_models
from renaissance_kit.core import Run
from renaissance_kit.search import SearchSettings, Survey, survey_states
from renaissance_kit.simulation import Bioreactor, BioreactorResult, PerturbationResult

from .mutations_of_data_sets import Kind
from .oracle import Meaning
from .readers import Subject
from .written_data_sets import of_data_sets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from monod import monod

ONE = Run(workers=1)


@cache
def tiny() -> Network:
    """The teaching network."""
    return Network.example("tiny")


@cache
def tiny_state() -> SteadyState:
    """Its steady state."""
    return SteadyState.from_folder(tiny())


@cache
def tiny_states() -> SteadyStates:
    """Four states of it, which differ in the concentrations."""
    state = tiny_state()
    scale = np.array([1.0, 1.5, 0.5, 2.0])[:, None]
    n = len(scale)
    return SteadyStates.from_arrays(
        tiny(),
        np.tile(state.fluxes_mmol_gDW_h, (n, 1)),
        tiny().kinetic_reactions,
        state.concentrations_mM * scale,
        np.tile(state.log_displacement, (n, 1)),
        {"method": "made for a test", "seed": 1, "default_state": 2, "default_rule": "none"},
    )


@cache
def tiny_models() -> KineticModels:
    """Five models of it, of which some are valid."""
    km = KMRanges.of(tiny()).uniform(5, np.random.default_rng(3))
    return KineticModels(tiny(), tiny_state(), km)


# --- what is saved, and what it says -------------------------------------------------------------


def _states(path: Path) -> Meaning:
    states = SteadyStates.load(path)
    for state in states:
        state.check(tiny())
    each = [
        (s.label, s.concentrations_mM, s.fluxes_mmol_gDW_h, s.log_displacement, s.density_gDW_L)
        for s in states
    ]
    return Meaning(None, {"states": each, "default": states.default.label, **states.provenance})


def _ensemble_of(network: Network) -> Callable[[Path], Meaning]:
    def read(path: Path) -> Meaning:
        ensemble = KineticEnsemble.load(path)
        models = ensemble.models(network)
        frame = ensemble.to_dataframe()
        rest: dict[str, Any] = {"/".join(name): frame[name].to_numpy() for name in frame}
        state = models.state
        rest |= {
            "km": models.km_mM, "vmax": models.vmax_mM_h, "valid": ensemble.valid,
            "lambda": ensemble.lambda_max_per_h, "state": state.label,
            "threshold": float(ensemble.dataset.attrs["threshold_per_h"]),
            "numbers": [state.concentrations_mM, state.fluxes_mmol_gDW_h, state.log_displacement],
            "density": state.density_gDW_L,
        }  # fmt: skip
        return Meaning(None, rest)

    return read


def _survey(path: Path) -> Meaning:
    survey = Survey.load(path)
    found = list(survey.each_model(tiny(), tiny_states(), range(len(survey))))
    return Meaning(
        None,
        {
            "km": [m.km_mM for m in found], "states": [m.state.label for m in found],
            "fast": survey.fast, "lambda": survey.lambda_max_per_h, "counts": survey.counts(),
            "first": survey.first_lambda_max_per_h, "at first": survey.first_descent,
            "settings": repr(survey.settings), "threshold": survey.threshold_per_h,
        },
    )  # fmt: skip


def _unbiased(path: Path) -> Meaning:
    found = UnbiasedModels.load(path)
    chosen = [(i, j) for i in range(len(found)) for j in range(found.models)]
    models = list(found.each_model(tiny(), tiny_states(), chosen))
    return Meaning(
        None,
        {
            "km": [m.km_mM for m in models], "states": [m.state.label for m in models],
            "lambda": found.lambda_max_per_h, "valid": found.valid, "share": found.incidence,
            "quantile": found.lambda_max_quantile_per_h,
        },
    )  # fmt: skip


def _perturbed(path: Path) -> Meaning:
    result = PerturbationResult.load(path)
    names = sorted(result.variables)
    back = result.return_time_min(variables=names)
    courses = {name: result.dataset.deviation.sel(variable=name).values for name in names}
    return Meaning(
        None,
        {
            "status": result.status(), "finished": result.finished, "back": back, "names": names,
            "by 20 min": result.returned_by(20.0), "courses": courses,
            "times": result.dataset.time_min.values,
        },
    )  # fmt: skip


def _cultivated(path: Path) -> Meaning:
    result = BioreactorResult.load(path)
    names = sorted(str(v) for v in result.dataset.variable.values)
    return Meaning(
        None,
        {
            "finished": result.finished, "names": names,
            "courses": {name: result.time_course(name) for name in names},
            "between": {name: result.at(name, [0.3, 4.0]) for name in names},
            "volume": result.dataset.volume.values,
            "growth": result.dataset.growth_rate.values, "times": result.dataset.time_h.values,
        },
    )  # fmt: skip


def _make_ensemble() -> KineticEnsemble:
    models = tiny_models()
    return KineticEnsemble.from_models(
        models, models.spectrum(), seed=1, generator_digest="abc",
        km_provenance={"PGI:g6p_c": "measured"}, km_sources={"PGI:g6p_c": "a paper of 1984"},
        attributes={"note": "five models", "seed": 1},
    )  # fmt: skip


def _make_survey() -> Survey:
    settings = SearchSettings(steps=20, restarts=0)
    return survey_states(tiny(), tiny_states(), seed=1, settings=settings, run=ONE)


def _make_perturbed() -> PerturbationResult:
    times = np.array([0.0, 1.0, 5.0, 20.0, 60.0])
    return perturb(tiny_models(), Perturbation(per_model=2, times_min=times), run=ONE)


@cache
def _monod() -> KineticModels:
    with tempfile.TemporaryDirectory() as folder:
        one = monod(Path(folder) / "monod")
    return one.with_km(np.vstack([one.km_mM, 0.5 * one.km_mM]))


def _make_cultivated() -> BioreactorResult:
    conditions = ReactorConditions({"glc__D_e": 2.0, "fru_e": 0.0}, 0.1, duration_h=6.0)
    return cultivate(_monod(), Bioreactor(conditions, times_h=np.linspace(0, 6, 7)), run=ONE)


def _make_monod_ensemble() -> KineticEnsemble:
    return KineticEnsemble.from_models(_monod(), _monod().spectrum(), seed=1)


_STATE_NUMBERS = ("concentration", "flux", "log_displacement")
_SPECTRUM = ("eigenvalue_real", "eigenvalue_imag", "status")
KINDS: dict[str, tuple[Callable[[], Any], Callable[[Path], Meaning], Kind, tuple[str, ...]]] = {
    "states": (
        tiny_states, _states,
        Kind(
            ("reaction", "metabolite", "kinetic_reaction"), ("state",), (), ("concentration",),
            ("flux",), _STATE_NUMBERS,
            ("network_digest", "dry_weight_density_gDW_L", "provenance"), ("network_digest",),
            ("provenance",),
        ),
        ("set of steady states", "steady state"),
    ),
    "ensemble": (
        _make_ensemble, _ensemble_of(tiny()),
        Kind(
            ("km_name", "reaction", "metabolite"), ("model",),
            ("km", "vmax", *_SPECTRUM, *_STATE_NUMBERS), ("km", "vmax", "concentration"), ("flux",),
            ("km", "vmax", "status", "eigenvalue_real", *_STATE_NUMBERS),
            (
                "network_digest", "dry_weight_density_gDW_L", "threshold_per_h", "steady_state",
                "provenance",
            ),
            ("network_digest", "dry_weight_density_gDW_L", "threshold_per_h"), ("provenance",),
        ),
        ("ensemble",),
    ),
    "survey": (
        _make_survey, _survey,
        Kind(
            ("km_name",), ("state",), ("lambda_max", "km", "status"), ("km",), (),
            ("lambda_max", "first_lambda_max", "status", "km"),
            ("network_digest", "states_digest", "threshold_per_h", "settings"),
            ("network_digest", "states_digest", "threshold_per_h"), ("settings",),
        ),
        ("survey",),
    ),
    "unbiased": (
        lambda: unbiased_models(tiny(), tiny_states(), models=3, seed=1, run=ONE), _unbiased,
        Kind(
            ("km_name",), ("state",), ("lambda_max", "km"), ("km",), (), ("lambda_max", "km"),
            ("network_digest", "states_digest", "threshold_per_h"),
            ("network_digest", "states_digest"),
        ),
        ("unbiased models",),
    ),
    "perturbation": (
        _make_perturbed, _perturbed,
        Kind(
            ("variable",), ("model",), (), (), (), ("deviation", "outcome"),
            ("network_digest", "settings"), (), ("settings",), named=False,
        ),
        ("perturbation result",),
    ),
    "bioreactor": (
        _make_cultivated, _cultivated,
        Kind(
            ("variable",), ("model",), (), (), (), ("state", "outcome", "growth_rate", "volume"),
            ("network_digest", "settings", "growth_density_gDW_L"), (), ("settings",), named=False,
        ),
        ("bioreactor result",),
    ),
}  # fmt: skip


@cache
def _saved(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        KINDS[name][0]().save(Path(folder) / "it.nc")
        return (Path(folder) / "it.nc").read_bytes()


@cache
def _other_network() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _make_monod_ensemble().save(Path(folder) / "it.nc")
        return (Path(folder) / "it.nc").read_bytes()


def _data_set(name: str, place: Path) -> Subject:
    make, read, kind, places = KINDS[name]
    content = _saved(name)
    others = {f"of the kind {other}": _saved(other) for other in ("states", "unbiased")}
    others.pop(f"of the kind {name}", None)
    if name == "ensemble":
        others["of another network"] = _other_network()
    place.write_bytes(content)
    made = type(make())
    with xr.open_dataset(place, engine="h5netcdf") as opened:
        raw = opened.load()
    loaded = made.load(place).dataset

    def save(data: xr.Dataset, path: Path) -> None:
        made(data).save(path)

    target = f"{name}.nc"
    ids = (*tiny().species, *tiny().kinetic_reactions)
    return Subject(
        f"results/{target}", {target: content}, target, lambda folder: read(folder / target),
        of_data_sets(raw, kind, save, loaded, place, others),
        (target, place.name, "the data set", *places, *ids),
    )  # fmt: skip


def subjects(folder: Path) -> Mapping[str, Callable[[], Subject]]:
    """What makes each subject, by its name.

    Args:
        folder: for a file that changes are written to.
    """
    place = folder / "changed.nc"
    return {f"results/{name}.nc": lambda n=name: _data_set(n, place) for name in KINDS}
