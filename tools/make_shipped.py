"""Make the results that a network's folder ships: steady states, and valid models at the defaults.

    python tools/make_shipped.py states     # steady_states.nc, some minutes
    python tools/make_shipped.py models     # valid_models.nc and valid_models_published.nc

What they hold is described in data/README.md. The same seeds give the same files.
"""

from __future__ import annotations

import sys

import numpy as np

from renaissance_kit import KineticEnsemble, Network, Recipe, SteadyStates, train
from renaissance_kit.analysis import example_steady_states
from renaissance_kit.kinetics import EXAMPLES

DRAWN, KEPT, SEED = 1300, 1000, 1


def states(network: Network) -> None:
    """Sample the states and choose the default one."""
    made = example_steady_states(network)
    made.save(network.file("steady_states.nc"))
    print(f"default state {made.default_label}: {made.provenance['default_rule']}")


def models(network: Network) -> None:
    """Train the default recipe at our default state and at the published one."""
    of = {"own": SteadyStates.example(network), "published": SteadyStates.published(network)}
    for name, given in of.items():
        training = train(network, given.default, seed=SEED, recipe=Recipe.default(network))
        drawn = training.ensemble(DRAWN, seed=SEED)
        km = drawn.dataset.km.values[drawn.valid][:KEPT].astype(np.float32).astype(float)
        if len(km) < KEPT:
            raise SystemExit(f"{name}: only {len(km)} of {DRAWN} models are valid")
        chosen = training.models(1, np.random.default_rng(SEED)).with_km(km)
        ensemble = KineticEnsemble.from_models(
            chosen,
            chosen.spectrum(threshold_per_h=training.objective.threshold_per_h),
            seed=SEED,
            generator_digest=str(drawn.dataset.attrs["generator_digest"]),
            attributes={
                "made_by": f"tools/make_shipped.py: default recipe, seed {SEED}; the first {KEPT} "
                f"valid ones of {DRAWN}, KM rounded to single precision"
            },
        )
        if not ensemble.valid.all():
            raise SystemExit(f"{name}: rounding made a model invalid")
        ensemble.save(network.file(EXAMPLES[name]))
        print(f"{name}: {drawn.valid.mean():.1%} of {DRAWN} valid at state {given.default.label}")


if __name__ == "__main__":
    {"states": states, "models": models}[sys.argv[1]](Network.example())
