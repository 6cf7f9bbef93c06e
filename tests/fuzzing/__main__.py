"""The command: `python -m tests.fuzzing --count 10000 --seed 1`."""

from __future__ import annotations

import argparse
import faulthandler
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from .campaign import Campaign, all_subjects, keep, table_of
from .oracle import FAULTS, Outcome


def main(arguments: list[str] | None = None) -> int:
    """Run the cases, print the counts, keep the faults; 1 where there are too many."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="cases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", default="", help="part of the names of the subjects")
    parser.add_argument(
        "--keep", type=Path, default=Path("build/fuzz"), help="folder of the faults"
    )
    parser.add_argument("--case", type=int, help="replay one number, with its trace")
    options = parser.parse_args(arguments)
    faulthandler.enable()
    names = [name for name in all_subjects(Path()) if options.only in name]
    if not names:
        parser.error(f"no subject has {options.only!r} in its name")
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # the kit waits for disks
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory) as folder:
        campaign = Campaign(Path(folder) / "case", names)
        if options.case is not None:
            case = campaign.case(options.case, options.seed)
            print(case, case.trace, sep="\n")
            return int(case.outcome in FAULTS)
        shutil.rmtree(options.keep, ignore_errors=True)
        cases, begin, last = [], time.monotonic(), 0.0
        for case in campaign.run(options.count, options.seed, first=options.first):
            cases.append(case)
            keep(case, options.seed, options.keep, only=options.only)
            if time.monotonic() - last > 10:
                last = time.monotonic()
                print(f"{len(cases):,} of {options.count:,}", file=sys.stderr, flush=True)
    print(table_of(cases))
    faults = Counter((c.outcome.value, c.subject, c.mutation) for c in cases if c.outcome in FAULTS)
    for (outcome, subject, mutation), n in faults.most_common():
        print(f"{n:5d}  {outcome}: {subject}, {mutation}")
    print(f"{len(cases):,} cases in {time.monotonic() - begin:.0f} s; faults are in {options.keep}")
    silent = sum(c.outcome is Outcome.SILENT for c in cases)
    unclear = sum(c.outcome is Outcome.UNCLEAR for c in cases)
    return int(silent > 0 or unclear > 0.01 * len(cases))


if __name__ == "__main__":
    sys.exit(main())
