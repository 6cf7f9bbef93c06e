"""Many cases: each from the seed and its number alone, so that it can be had again."""

from __future__ import annotations

import json
import os
import pickle
import re
import resource
import select
import shutil
import signal
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from .mutations import Mutant
from .oracle import FAULTS, Meaning, Outcome, Verdict, judge
from .readers import Subject, subjects as tables
from .readers_of_data_sets import subjects as data_sets
from .readers_of_drafts import subjects as drafts
from .readers_of_pages import subjects as pages
from .readers_of_runs import subjects as runs

PATIENCE_S = 8  # for one case; what takes longer is unclear
STUCK_S = 12  # after which a child that cannot hear its own alarm is ended
WEIGHTS = {"results": 3, "runs": 2}  # cases of a subject, where there are more ways to change it
MEMORY = 12 << 30  # bytes of address space; a damaged size must not take all there is


@dataclass(frozen=True)
class Case:
    """One changed file and what became of it.

    Attributes:
        number: with the seed all that the case follows from.
        why: of the outcome, or the message.
        trace: of an error that the kit did not raise on purpose.
        content: of the changed file, kept of faults only.
    """

    number: int
    subject: str
    mutation: str
    expect: str
    outcome: Outcome
    why: str
    trace: str = ""
    target: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Trial:
    """A changed file before it is read."""

    number: int
    subject: Subject
    before: Meaning
    mutation: str
    mutant: Mutant
    verdict: Verdict

    def ended(self, outcome: Outcome, why: str, trace: str = "") -> Case:
        """The case that it became."""
        return Case(
            self.number, self.subject.name, self.mutation, self.verdict.expect.value, outcome, why,
            trace, self.subject.target,
            (self.mutant.content or b"") if outcome in FAULTS else b"",
        )  # fmt: skip


class Campaign:
    """Cases of some subjects, each in the same folder, one after the other."""

    def __init__(self, folder: Path, names: Sequence[str] | None = None) -> None:
        """Prepare; subjects are made when a case is the first to need them.

        Args:
            folder: for the files of the cases.
            names: of the subjects; all of them if not given.
        """
        torch.set_num_threads(1)  # a child has none of the threads of its parent
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.makers = all_subjects(folder.parent)
        chosen = list(self.makers if names is None else names)
        self.names = [n for n in chosen for _ in range(WEIGHTS.get(n.partition("/")[0], 1))]
        self.folder = folder
        self._made: dict[str, tuple[Subject, Meaning]] = {}

    def run(self, count: int, seed: int, *, first: int = 0) -> Iterator[Case]:
        """Cases of the numbers from ``first`` on.

        They are read in a child of this process: a damaged file may crash a library or keep it
        busy for good. Then the case is unclear, and the next child goes on behind it.
        """
        for name in self.names[:count]:
            self._subject(name)
        number, end = first, first + count
        while number < end:
            for case in _in_child(self.case, range(number, end), seed):
                yield case
                number = case.number + 1
            if number < end:
                yield self.trial(number, seed).ended(Outcome.UNCLEAR, "crashes, or hangs for good")
                number += 1

    def trial(self, number: int, seed: int) -> Trial:
        """The changed file of a number, and what should become of it."""
        rng = np.random.default_rng([seed, number])
        subject, before = self._subject(self.names[number % len(self.names)])
        original = subject.files[subject.target]
        kinds = list(subject.mutations)
        for _ in range(100):  # some changes change nothing
            name = kinds[int(rng.integers(len(kinds)))]
            mutant = subject.mutations[name](original, rng)
            if mutant.content != original:
                break
        if mutant.expect is not None:
            verdict = Verdict(mutant.expect, name)
        else:
            assert subject.judge is not None
            assert mutant.content is not None
            verdict = subject.judge(mutant.content)
        return Trial(number, subject, before, name, mutant, verdict)

    def case(self, number: int, seed: int) -> Case:
        """The case of a number."""
        trial = self.trial(number, seed)
        subject, mutant = trial.subject, trial.mutant
        error: BaseException | None = mutant.refused
        meaning = None
        if error is None:
            write(self.folder, {**subject.files, subject.target: mutant.content or b""})
            error, meaning = reading(lambda: subject.read(self.folder))
        outcome, why = judge(trial.verdict, error, meaning, trial.before, subject.places)
        trace = ""
        if outcome is Outcome.UNCLEAR and error is not None:
            trace = "".join(traceback.format_exception(error))
        return trial.ended(outcome, why, trace)

    def _subject(self, name: str) -> tuple[Subject, Meaning]:
        if name not in self._made:
            subject = self.makers[name]()
            write(self.folder, subject.files)
            error, before = reading(lambda: subject.read(self.folder), seconds=600)
            if error is not None:
                raise RuntimeError(f"{name} cannot be read unchanged") from error
            assert before is not None
            self._made[name] = subject, before
        return self._made[name]


def _in_child(
    work: Callable[[int, int], Case], numbers: Sequence[int], seed: int
) -> Iterator[Case]:
    """Cases as a child makes them, as long as it lives and answers."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(ours)
            sys.unraisablehook = lambda what: None  # of files that were half opened
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            with os.fdopen(theirs, "wb") as out:
                for number in numbers:
                    answer = pickle.dumps(work(number, seed))
                    out.write(len(answer).to_bytes(8, "big") + answer)
                    out.flush()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(theirs)
    try:
        for _ in numbers:
            if (size := _received(ours, 8)) is None:
                return
            if (answer := _received(ours, int.from_bytes(size, "big"))) is None:
                return
            yield pickle.loads(answer)
    finally:
        os.close(ours)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _received(pipe: int, size: int) -> bytes | None:
    """So many bytes; None where they do not come."""
    found = b""
    while len(found) < size:
        if not select.select([pipe], [], [], STUCK_S)[0]:
            return None
        if not (more := os.read(pipe, size - len(found))):
            return None
        found += more
    return found


def all_subjects(folder: Path) -> dict[str, Callable[[], Subject]]:
    """What makes each subject, by its name.

    Args:
        folder: for files that are made on the way.
    """
    return {**tables(), **data_sets(folder), **runs(), **pages(), **drafts()}


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Make a folder hold some files and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def reading(
    read: Callable[[], Meaning], *, seconds: int = PATIENCE_S
) -> tuple[BaseException | None, Meaning | None]:
    """What reading raises, or what it gives."""
    try:
        with patience(seconds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return None, read()
    except (Exception, SystemExit) as error:
        return error, None


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in what takes longer."""

    def ring(number: int, frame: object) -> None:
        raise TimeoutError(f"not done in {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# --- reports -----------------------------------------------------------------------------------


def table_of(cases: Sequence[Case]) -> str:
    """Counts by subject and outcome, as a table of Markdown."""
    counts = Counter((case.subject, case.outcome) for case in cases)
    names = list(dict.fromkeys(sorted(case.subject for case in cases)))
    width = max(len(name) for name in [*names, "all"])
    lines = [
        f"| {'file':<{width}} | " + " | ".join(o.value for o in Outcome) + " |",
        f"|{'-' * (width + 2)}|" + "|".join("-" * (len(o.value) + 1) + ":" for o in Outcome) + "|",
    ]
    for name in [*names, "all"]:
        row = [
            sum(
                n for (subject, o), n in counts.items() if o is outcome and name in (subject, "all")
            )
            for outcome in Outcome
        ]
        cells = (f"{n:>{len(o.value)}}" for n, o in zip(row, Outcome, strict=True))
        lines.append(f"| {name:<{width}} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def keep(case: Case, seed: int, folder: Path, *, only: str = "") -> None:
    """Write a fault for replay: the changed file, and what became of it.

    Args:
        only: part of the names of the subjects, where not all took part.
    """
    if case.outcome not in FAULTS:
        return
    kind = case.outcome.name.lower()
    subject, mutation = (
        re.sub(r"[^A-Za-z0-9]+", "-", s).strip("-") for s in (case.subject, case.mutation)
    )
    where = folder / f"{kind}-{case.number:06d}-{subject}-{mutation}"
    write(where, {Path(case.target).name: case.content})
    about = {
        "number": case.number, "seed": seed, "subject": case.subject, "mutation": case.mutation,
        "expected": case.expect, "outcome": case.outcome.value, "why": case.why,
        "replay": f"python -m tests.fuzzing --case {case.number} --seed {seed}"
        + (f" --only '{only}'" if only else ""),
    }  # fmt: skip
    (where / "case.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    if case.trace:
        (where / "trace.txt").write_text(case.trace, encoding="utf-8")
