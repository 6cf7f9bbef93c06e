"""Write the lock files from the bounds in pyproject.toml: python tools/lock.py [--upgrade]

`make lock` keeps what is pinned as long as it fits the bounds; with LOCK_ARGS=--upgrade it takes
the newest releases. A file holds for every supported Python and system, by markers.

    locks/installers.txt   what installs and builds the others; it comes first
    locks/notebooks.txt    what notebooks, pages, documentation and style need
    locks/tests.txt        what the tests need on top

PyTorch is not in them: its builds for CPU and for each CUDA come from different places under one
version and have different hashes. The Makefile pins its version; what else it needs is locked.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "locks"
HEAD = "# Written by `make lock` from the bounds in pyproject.toml; do not edit.\n"
NEEDED_BY_TORCH = ("filelock", "fsspec", "jinja2", "networkx", "sympy", "typing-extensions")
INSTALLERS = ("uv", "setuptools>=77")


def compiled(requirements: Sequence[str], pinned: str, *arguments: str) -> dict[str, str]:
    """Locked entries by name; a name may have several, for different Pythons.

    Args:
        requirements: beside files that the arguments name.
        pinned: text of a lock file, whose versions are kept where they fit.
        arguments: further ones of ``uv pip compile``.
    """
    with tempfile.TemporaryDirectory() as folder:
        more, without, out = (Path(folder) / name for name in ("more.in", "without", "out.txt"))
        more.write_text("\n".join(requirements) + "\n")
        without.write_text("torch\n")
        out.write_text(pinned, encoding="utf-8")
        command = [
            sys.executable, "-m", "uv", "pip", "compile", str(more), "--quiet",
            "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header",
            "--no-annotate", "--excludes", str(without), "--output-file", str(out), *arguments,
        ]  # fmt: skip
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        text = out.read_text(encoding="utf-8")
    entries: dict[str, str] = {}
    for entry in re.findall(r"^\S.*(?:\n .*)*\n", text, re.MULTILINE):
        name = re.split(r"[=\[ ;]", entry, maxsplit=1)[0]
        entries[name] = entries.get(name, "") + entry
    return entries


def write(name: str, entries: dict[str, str]) -> None:
    """Write one file and say how much is in it."""
    text = HEAD + "".join(entries.values())
    if "://" in text:
        raise SystemExit(f"locks/{name} would hold an address; look for one in the requirements")
    (LOCKS / name).write_text(text, encoding="utf-8")
    print(f"locks/{name}: {len(entries)} packages")


def main() -> int:
    """Write the three files."""
    arguments = sys.argv[1:]
    LOCKS.mkdir(exist_ok=True)
    old = {p.name: p.read_text(encoding="utf-8") for p in sorted(LOCKS.glob("*.txt"))}
    pinned = old.get("notebooks.txt", "") + old.get("tests.txt", "")
    common = [*NEEDED_BY_TORCH, INSTALLERS[1]]
    everything = compiled(common, pinned, "pyproject.toml", "--all-extras", *arguments)
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "chosen.txt"  # the smaller sets with the versions of the largest
        chosen.write_text("".join(everything.values()), encoding="utf-8")
        extras = [f"--extra={name}" for name in ("dev", "pages", "docs")]
        same = f"--constraint={chosen}"
        some = compiled(common, pinned, "pyproject.toml", *extras, same)
        first = compiled(INSTALLERS, old.get("installers.txt", ""), same, *arguments)
    write("installers.txt", first)
    write("notebooks.txt", some)
    write("tests.txt", {n: e for n, e in everything.items() if some.get(n) != e})
    return 0


if __name__ == "__main__":
    sys.exit(main())
