"""Make the results that a network's folder ships: steady states, and valid models at the defaults.

    python tools/make_shipped.py states     # steady_states.nc, some minutes
    python tools/make_shipped.py models     # valid_models.nc and valid_models_published.nc
    python tools/make_shipped.py regulated  # the same two with the published regulation, fewer

What they hold is described in data/README.md. The same seeds give the same files.
"""

from __future__ import annotations

import sys

import numpy as np

from renaissance_kit import KineticEnsemble, Network, Recipe, SteadyStates, train
from renaissance_kit.analysis import example_steady_states
from renaissance_kit.kinetics import example_file

DRAWN, KEPT, SEED = 1300, 1000, 1
DRAWN_REGULATED, KEPT_REGULATED = 500, 300


def states(network: Network) -> None:
    """Sample the states and choose the default one."""
    made = example_steady_states(network)
    made.save(network.file("steady_states.nc"))
    print(f"default state {made.default_label}: {made.provenance['default_rule']}")


def models(network: Network, drawn_models: int = DRAWN, kept: int = KEPT) -> None:
    """Train the default recipe at our default state and at the published one."""
    of = {"own": SteadyStates.example(network), "published": SteadyStates.published(network)}
    for name, given in of.items():
        training = train(network, given.default, seed=SEED, recipe=Recipe.default(network))
        drawn = training.ensemble(drawn_models, seed=SEED)
        km = drawn.dataset.km.values[drawn.valid][:kept].astype(np.float32).astype(float)
        if len(km) < kept:
            raise SystemExit(f"{name}: only {len(km)} of {drawn_models} models are valid")
        chosen = training.models(1, np.random.default_rng(SEED)).with_km(km)
        ensemble = KineticEnsemble.from_models(
            chosen,
            chosen.spectrum(threshold_per_h=training.fitness.threshold_per_h),
            seed=SEED,
            generator_digest=str(drawn.dataset.attrs["generator_digest"]),
            attributes={
                "made_by": f"tools/make_shipped.py: default recipe, seed {SEED}; the first {kept} "
                f"valid ones of {drawn_models}, KM rounded to single precision"
            },
        )
        if not ensemble.valid.all():
            raise SystemExit(f"{name}: rounding made a model invalid")
        ensemble.save(network.file(example_file(network, name)))
        share = f"{drawn.valid.mean():.1%} of {drawn_models} valid"
        print(f"{name}: {share} at state {given.default.label}")


def regulated(network: Network) -> None:
    """The same with the published regulation."""
    with_it = Network.example(network.name, regulation="published")
    models(with_it, DRAWN_REGULATED, KEPT_REGULATED)


if __name__ == "__main__":
    made = {"states": states, "models": models, "regulated": regulated}
    made[sys.argv[1]](Network.example())
