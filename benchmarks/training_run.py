"""(c) One training of the paper's size: 50 generations × 20 generators × 100 models."""

from __future__ import annotations

import time

from renaissance_kit import Network, SteadyStates, train


def paper_size_training() -> dict[str, float]:
    """Wall time of the default training, and what it reached."""
    network = Network.example()
    state = SteadyStates.example(network).default
    begin = time.perf_counter()
    training = train(network, state, seed=1)
    elapsed = time.perf_counter() - begin
    return {
        "models": float(training.models_evaluated),
        "minutes (at most 2.5)": elapsed / 60,
        "models per second": training.models_evaluated / elapsed,
        "incidence in the last generation": float(training.history.incidence.iloc[-1]),
    }
