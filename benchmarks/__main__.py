"""Print every speed that matters, measured in one run on one machine.

Ratios are what to read: machines differ, and one machine differs from hour to hour.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from benchmarks.control import against_roadrunner as control_roadrunner, coefficients, steady_states
from benchmarks.models import cores, linear_algebra, second_look
from benchmarks.simulation import against_roadrunner, cultivations, perturbations
from benchmarks.streaming import million_sets
from benchmarks.surveys import surveys, tracking
from benchmarks.training_run import paper_size_training

BENCHMARKS = {
    "lapack": linear_algebra,
    "cores": cores,
    "second": second_look,
    "training": paper_size_training,
    "million": million_sets,
    "perturbation": perturbations,
    "bioreactor": cultivations,
    "survey": surveys,
    "tracking": tracking,
    "roadrunner": against_roadrunner,
    "control": coefficients,
    "new_states": steady_states,
    "control_roadrunner": control_roadrunner,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(BENCHMARKS)} (all if none)")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
          f"Python {platform.python_version()}")  # fmt: skip
    results = {}
    for name in arguments.names or BENCHMARKS:
        print(f"\n{name}", flush=True)
        results[name] = BENCHMARKS[name]()
        for key, value in results[name].items():
            print(f"  {key:<44} {value:.4g}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
