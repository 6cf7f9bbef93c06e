"""A million KM sets to disk, against the machine's own matrix-multiply peak."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.common import seconds
from benchmarks.rows import Row, alone, at_least, at_most, share
from renaissance_kit import Generator, KMRanges, Network
from renaissance_kit.kinetics import write_km_stream

PEAK = "the product of large matrices"
N_SETS = 1_000_000
ROUNDS, ROUND_SETS = 8, 50_000


def million_sets(tiny: bool) -> list[Row]:
    """A million KM sets of the default generator, generated and written to one file. The peak is a
    large single-precision product on all cores, measured before and after; the other shares are
    medians over rounds in which that product, generation, and generation with writing take turns.
    Generation in bfloat16 takes turns with that in single precision."""
    n_sets, rounds, each = (2000, 1, 1000) if tiny else (N_SETS, ROUNDS, ROUND_SETS)
    setting = _setting()
    elapsed, whole, size = _one_file(setting, n_sets)
    memory = _peak_bytes()
    peak, generated, written = _rounds(setting, rounds, each)
    single, half = _precisions(setting, rounds, each)
    unit = "GFLOP/s"
    return [
        alone(f"{n_sets:,} KM sets, generated and written", elapsed, "s", at_most(25.0)),
        alone("peak memory until then", memory / 2**30, "GiB", at_most(2.0)),
        alone("file", size / 2**30, "GiB"),
        share("the whole file", whole * peak / 1e9, peak / 1e9, unit, PEAK),
        share("while generating", generated * peak / 1e9, peak / 1e9, unit, PEAK),
        share("with writing", written * peak / 1e9, peak / 1e9, unit, PEAK, at_least(0.9)),
        share(f"{each:,} KM sets in bfloat16", half, single, "s", "in single precision",
              at_most(0.6)),
    ]  # fmt: skip


def _peak_bytes() -> int:
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


def matmul_peak(size: int = 2048, repeats: int = 5) -> float:
    """FLOP/s on all cores: median of a few large square products."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    torch.mm(a, b)
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - begin)
    return 2 * size**3 / float(np.median(times))


Setting = tuple[Network, Generator, np.ndarray, np.random.Generator]


def _setting() -> Setting:
    network = Network.example()
    generator = Generator(KMRanges.of(network))
    rng = np.random.default_rng(1)
    weights = generator.initial_weights(rng)
    generator.sample(weights, 1000, rng)
    return network, generator, weights, rng


def _one_file(setting: Setting, n_sets: int) -> tuple[float, float, int]:
    """Seconds, share of the peak, bytes."""
    network, generator, weights, rng = setting
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "km.nc"
        peak = matmul_peak()
        begin = time.perf_counter()
        sets = generator.stream(weights, n_sets, rng)
        write_km_stream(path, network.km_names, n_sets, sets, {"seed": 1})
        elapsed = time.perf_counter() - begin
        peak = (peak + matmul_peak()) / 2
        size = path.stat().st_size
    return elapsed, 2.0 * generator.n_weights * n_sets / elapsed / peak, size


def _precisions(setting: Setting, rounds: int, sets: int) -> list[float]:
    """Median seconds to generate so many sets in single precision and in bfloat16."""
    _, generator, weights, rng = setting

    def generate(bfloat16: bool) -> None:
        for _ in generator.stream(weights, sets, rng, bfloat16=bfloat16):
            pass

    return seconds(lambda: generate(False), lambda: generate(True), repeats=rounds)


def _rounds(setting: Setting, rounds: int, sets: int) -> tuple[float, float, float]:
    """Peak in FLOP/s, and shares of it while generating and with writing."""
    network, generator, weights, rng = setting
    flops = 2.0 * generator.n_weights * sets
    peaks, generated, written = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(rounds):
            peak = matmul_peak()
            begin = time.perf_counter()
            for _ in generator.stream(weights, sets, rng):
                pass
            middle = time.perf_counter()
            made = generator.stream(weights, sets, rng)
            write_km_stream(Path(folder) / f"{i}.nc", network.km_names, sets, made, {"seed": 1})
            end = time.perf_counter()
            peak = (peak + matmul_peak()) / 2
            peaks.append(peak)
            generated.append(flops / (middle - begin) / peak)
            written.append(flops / (end - middle) / peak)
    return float(np.median(peaks)), float(np.median(generated)), float(np.median(written))
