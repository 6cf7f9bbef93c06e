"""What made a result: the package, its compiled laws, and the libraries that do the numerics.

Every file that the toolkit writes says so, and a run is resumed only with the versions that began
it: a number of another version may differ in its last digits, or in all.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from renaissance_kit.core.errors import CheckpointError

MADE_WITH = "made_with"
"""Name of the attribute, or key, that holds `versions` in a file."""

_PACKAGE = Path(__file__).resolve().parents[1]
_LIBRARIES = ("numpy", "scipy", "numba", "torch", "scikit-learn", "zuko", "scikit-sundae")
_COMPILED = ("laws", "kinetics", "simulation", "search")


@cache
def sources_digest(*rooms: str) -> str:
    """Of the sources of some sub-packages, 16 hexadecimal digits."""
    total = hashlib.sha256()
    for folder in sorted(set(rooms)):
        for path in sorted((_PACKAGE / folder).glob("*.py")):
            total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:16]


@cache
def _versions() -> dict[str, str]:
    found = {"renaissance_kit": _version("renaissance_kit")}
    found["compiled"] = sources_digest(*_COMPILED)
    found["python"] = ".".join(platform.python_version_tuple()[:2])
    return found | {name: _version(name) for name in _LIBRARIES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def versions() -> dict[str, str]:
    """Version of the package, digest of its compiled code, versions of Python and the libraries.

    >>> sorted(versions())[:3]
    ['compiled', 'numba', 'numpy']
    """
    return dict(_versions())


def versions_text() -> str:
    """`versions` as JSON, for an attribute of a file."""
    return json.dumps(_versions(), sort_keys=True)


def require_same_versions(kept: Mapping[str, str] | str | None, place: str | Path) -> None:
    """Make sure that a run is resumed by what began it.

    Args:
        kept: as from `versions` or `versions_text`; None where none were kept.
        place: file or folder of the run, for the message.

    Raises:
        CheckpointError: another version began it; says which differ and what can be done.
    """
    try:
        then = json.loads(kept) if isinstance(kept, str) else dict(kept or {})
    except (TypeError, ValueError):
        then = None
    if not isinstance(then, dict) or not then:
        raise CheckpointError(
            f"{place} does not say which versions made it; give another store or checkpoint file"
        )
    now = _versions()
    changed = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
    if changed:
        text = ", ".join(f"{k} {then.get(k, 'none')}, now {now.get(k, 'none')}" for k in changed)
        raise CheckpointError(
            f"{place} was begun with other versions ({text}), and numbers may differ; install "
            "those to go on, or give another store or checkpoint file to begin anew"
        )
