"""The same seed gives the same bits, whatever number of threads BLAS and PyTorch are given.

A sum in several threads is added up in another order. The networks here are large enough for BLAS
and PyTorch to share their products out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from patience import PATIENCE_S
from test_checkpoints import CASES
from threadpoolctl import threadpool_info, threadpool_limits

from renaissance_kit.core import Run, run_chunks, single_threaded

HERE = Path(__file__).resolve()
COUNTS = (1, 2, 16)

DIGESTS = """
import json, sys
from dataclasses import replace
import numpy as np, torch
from threadpoolctl import threadpool_limits
from test_checkpoints import CASES, recipe_of, where_of
from renaissance_kit import Generator, KMRanges, Network, SteadyState, train
from renaissance_kit.analysis import diversity_of, map_of
from renaissance_kit.core import Run, fingerprint, run_chunks
from renaissance_kit.training import load_checkpoint

threads, folder = int(sys.argv[1]), sys.argv[2]
torch.set_num_threads(threads)
threadpool_limits(threads, user_api="blas")  # more than there are cores, where need be
network = Network.example("tiny")
state = SteadyState.from_folder(network)
generator = Generator(KMRanges.of(network), hidden=(64, 256))
found = {}

LARGER = {"nes": {"population": 20}, "gradient": {"models_per_step": 96}}

for name, case in CASES.items():
    path = f"{folder}/{name}.npz"
    where = where_of(case, state)
    own = type(recipe_of(case, network, 3).generator)
    larger = {"generator": generator} if own is Generator else {}
    recipe = recipe_of(case, network, 3, **larger, **LARGER.get(name, {}))
    training = train(network, where, seed=5, recipe=recipe, checkpoint=path)
    kept = load_checkpoint(path, training.settings, training.trainer.digest)
    found[name] = fingerprint(
        kept.weights, kept.memory, kept.rng_state,
        [(record.lambda_max_per_h, record.values) for record in kept.history],
    )
    rng = np.random.default_rng(1)
    found[f"{name}, models"] = fingerprint(training.km(3000, rng, state=state))

rng = np.random.default_rng(2)
weights = generator.initial_weights(rng)
noise = rng.standard_normal((3000, generator.latent), dtype=np.float32)
outputs = generator.outputs(weights, noise)
found["first weights"] = fingerprint(weights)
found["outputs"] = fingerprint(outputs, generator.log_km(outputs))
found["km"] = fingerprint(
    generator.km_from_outputs(outputs, rng), generator.km_from_noise(weights, noise, rng),
    generator.sample(weights, 3000, rng),
    np.concatenate(list(generator.stream(weights, 5000, rng))),
)
table = np.random.default_rng(3).standard_normal((400, 300))
found["diversity"] = fingerprint(diversity_of(table, np.random.default_rng(4)))
found["map"] = fingerprint(map_of(table, seed=1).xy)

def product(items):
    return {"sum": np.stack([np.exp(table * i / 100) @ table.T for i in items])}

run = Run(workers=1)
done = run_chunks(product, 3, name="product", settings={}, chunk=2, run=run)
found["a run"] = fingerprint(done["sum"])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def digests(tmp_path_factory):
    found = {}
    for threads in COUNTS:
        settings = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        environment = {**os.environ, **dict.fromkeys(settings, str(threads))}
        environment["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), str(HERE.parents[1])])
        folder = tmp_path_factory.mktemp(f"threads-{threads}")
        done = subprocess.run(
            [sys.executable, "-c", DIGESTS, str(threads), str(folder)], env=environment,
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found[threads] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [
        *CASES, *(f"{name}, models" for name in CASES), "first weights", "outputs", "km",
        "diversity", "map", "a run",
    ],
)  # fmt: skip
def test_threads_of_the_libraries_do_not_change_a_bit(what, digests):
    assert len({digests[threads][what] for threads in COUNTS}) == 1


def blas() -> set[int]:
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


def test_every_task_of_a_run_has_one_thread():
    seen = []

    def task(items):
        seen.append((blas(), torch.get_num_threads()))
        return {"item": items}

    with threadpool_limits(2, user_api="blas"):
        run_chunks(task, 2, name="threads", settings={}, chunk=1, run=Run(workers=1))
    assert seen == [({1}, 1)] * 2


def test_blas_is_held_until_the_last_block_ends():
    """The blocks of two threads overlap: the first to end must not free the other's BLAS."""
    inside, leave = threading.Event(), threading.Event()

    def other():
        with single_threaded():
            inside.set()
            leave.wait(PATIENCE_S)

    thread = threading.Thread(target=other)
    with threadpool_limits(2, user_api="blas"):
        with single_threaded():
            thread.start()
            inside.wait(PATIENCE_S)
            with single_threaded():
                assert blas() == {1}
        after_ours = blas()
        leave.set()
        thread.join()
        assert (after_ours, blas()) == ({1}, {2})


def test_blas_is_held_whoever_set_it_before():
    """A thread of a panel trains while the main thread has set a number of its own."""
    seen = []

    def other():
        with single_threaded():
            seen.append(blas())

    with threadpool_limits(2, user_api="blas"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert (seen, blas()) == ([{1}], {2})


def test_pytorch_is_set_back_after_an_error():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(ZeroDivisionError), single_threaded():
            _ = 1 // 0
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
