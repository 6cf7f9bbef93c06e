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
from renaissance_kit.ensembles import write_km_stream

N_SETS = 1_000_000


def million_sets() -> dict[str, float]:
    """Generate and write in a process of its own, so that its peak memory is its own."""
    before = matmul_peak()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        computing, elapsed, memory, size = pool.apply(_generate, (N_SETS,))
    peak = max(before, matmul_peak())
    generator = Generator(KMRanges.of(Network.example()))
    flops = 2 * (generator.n_weights) * N_SETS
    return {
        "sets": float(N_SETS),
        "seconds, generated and written (at most 25)": elapsed,
        "seconds, generated only": computing,
        "matrix-multiply peak, GFLOP/s": peak / 1e9,
        "share of the peak while generating": flops / computing / peak,
        "share of the peak with writing": flops / elapsed / peak,
        "peak memory, GiB (at most 2)": memory / 2**30,
        "file, GiB": size / 2**30,
    }


def matmul_peak(size: int = 2048, repeats: int = 30) -> float:
    """Single-precision FLOP/s on all cores: median of a few large square products."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    torch.mm(a, b)
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - begin)
    return 2 * size**3 / float(np.median(times))


def _peak_memory() -> int:
    """Largest resident memory of this process in bytes; macOS counts bytes, Linux kibibytes."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


def _generate(n_sets: int) -> tuple[float, float, int, int]:
    network = Network.example()
    generator = Generator(KMRanges.of(network))
    rng = np.random.default_rng(1)
    weights = generator.initial_weights(rng)
    generator.sample(weights, 1000, rng)
    begin = time.perf_counter()
    for _ in generator.stream(weights, n_sets // 4, rng):
        pass
    computing = 4 * (time.perf_counter() - begin)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "km.nc"
        begin = time.perf_counter()
        write_km_stream(path, network.km_names, generator.stream(weights, n_sets, rng), {"seed": 1})
        elapsed = time.perf_counter() - begin
        size = path.stat().st_size
    return computing, elapsed, _peak_memory(), size
