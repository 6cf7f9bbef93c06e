"""(d) A million KM sets to disk, against the machine's own matrix-multiply peak."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from renaissance_kit import Generator, KMRanges, Network
from renaissance_kit.kinetics import write_km_stream

N_SETS = 1_000_000
ROUNDS, ROUND_SETS = 8, 50_000


def million_sets() -> dict[str, float]:
    """Generate and write in a process of its own, so that its peak memory is its own.

    Time, memory and the first share of the peak are those of one file of a million sets; the
    peak is measured before and after. The other shares are medians over rounds in which a large
    product, generation, and generation with writing take turns.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        elapsed, whole, memory, size = pool.apply(_one_file, (N_SETS,))
        peak, generated, written = pool.apply(_rounds)
    return {
        "sets": float(N_SETS),
        "seconds, generated and written (at most 25)": elapsed,
        "share of the peak, the whole file": whole,
        "peak memory, GiB (at most 2)": memory / 2**30,
        "file, GiB": size / 2**30,
        "matrix-multiply peak, GFLOP/s": peak / 1e9,
        "share of the peak while generating": generated,
        "share of the peak with writing (at least 0.8)": written,
    }


def matmul_peak(size: int = 2048, repeats: int = 5) -> float:
    """Single-precision FLOP/s on all cores: median of a few large square products."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    torch.mm(a, b)
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - begin)
    return 2 * size**3 / float(np.median(times))


def _setting() -> tuple[Network, Generator, np.ndarray, np.random.Generator]:
    network = Network.example()
    generator = Generator(KMRanges.of(network))
    rng = np.random.default_rng(1)
    weights = generator.initial_weights(rng)
    generator.sample(weights, 1000, rng)
    return network, generator, weights, rng


def _one_file(n_sets: int) -> tuple[float, float, int, int]:
    network, generator, weights, rng = _setting()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "km.nc"
        peak = matmul_peak()
        begin = time.perf_counter()
        sets = generator.stream(weights, n_sets, rng)
        write_km_stream(path, network.km_names, n_sets, sets, {"seed": 1})
        elapsed = time.perf_counter() - begin
        peak = (peak + matmul_peak()) / 2
        size = path.stat().st_size
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    share = 2.0 * generator.n_weights * n_sets / elapsed / peak
    return elapsed, share, largest if sys.platform == "darwin" else largest * 1024, size


def _rounds() -> tuple[float, float, float]:
    network, generator, weights, rng = _setting()
    flops = 2.0 * generator.n_weights * ROUND_SETS
    peaks, generated, written = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(ROUNDS):
            peak = matmul_peak()
            begin = time.perf_counter()
            for _ in generator.stream(weights, ROUND_SETS, rng):
                pass
            middle = time.perf_counter()
            write_km_stream(
                Path(folder) / f"{i}.nc",
                network.km_names,
                ROUND_SETS,
                generator.stream(weights, ROUND_SETS, rng),
                {"seed": 1},
            )
            end = time.perf_counter()
            peak = (peak + matmul_peak()) / 2
            peaks.append(peak)
            generated.append(flops / (middle - begin) / peak)
            written.append(flops / (end - middle) / peak)
    return float(np.median(peaks)), float(np.median(generated)), float(np.median(written))
