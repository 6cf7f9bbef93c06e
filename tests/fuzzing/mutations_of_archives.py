"""Changes of archives of arrays (NPZ) and of JSON."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .mutations import Mutant, Mutation, Rng, misspelt, of_bytes, pick
from .oracle import Expect

Arrays = dict[str, NDArray[Any]]
FAIL, EQUAL_OR_FAIL = Expect.FAIL, Expect.FAIL_OR_EQUAL


# --- JSON ------------------------------------------------------------------------------------

VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 1e300, "text", "", "1", [], [1], {}, {"a": 1}, float("nan"), 10**30,
    "<script>alert(1)</script>", "=1+1",
)  # fmt: skip


def _path(value: Any, rng: Rng) -> tuple[Any, Any]:
    """A mapping or list somewhere inside, and a key of it."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = keys[pick(rng, len(keys))]
        inner = value[key]
        if not (isinstance(inner, dict | list) and inner) or rng.random() < 0.5:
            return value, key
        value = inner


def _drop(content: Any, rng: Rng) -> Any:
    inside, key = _path(content, rng)
    del inside[key]
    return content


def _misspell(content: Any, rng: Rng) -> Any:
    inside, key = _path(content, rng)
    if isinstance(inside, dict):
        inside[misspelt(str(key), rng)] = inside.pop(key)
    return content


def _another_type(content: Any, rng: Rng) -> Any:
    inside, key = _path(content, rng)
    inside[key] = VALUES[pick(rng, len(VALUES))]
    return content


def _changed(content: Any, rng: Rng) -> Any:
    inside, key = _path(content, rng)
    if isinstance(inside[key], bool | int | float):
        inside[key] = type(inside[key])(inside[key] + 1)
    elif isinstance(inside[key], str):
        inside[key] = misspelt(inside[key], rng)
    return content


def _added(content: Any, rng: Rng) -> Any:
    inside, _ = _path(content, rng)
    if isinstance(inside, dict):
        inside["weight"] = 1
    return content


JSON: Mapping[str, Callable[[Any, Rng], Any]] = {
    "a key dropped": _drop,
    "a key misspelt": _misspell,
    "another type": _another_type,
    "a value changed": _changed,
    "a key added": _added,
    "a list": lambda content, rng: [content],
    "a number": lambda content, rng: 3,
    "null": lambda content, rng: None,
    "text": lambda content, rng: "text",
}
JSON_TEXT: Mapping[str, Callable[[str, Rng], bytes]] = {
    "not closed": lambda text, rng: text.rstrip()[:-1].encode(),
    "twice": lambda text, rng: (text + text).encode(),
    "deep": lambda text, rng: b"[" * 100_000,
    "a huge number": lambda text, rng: b'{"seed": ' + b"9" * 5000 + b"}",
    "UTF-16": lambda text, rng: text.encode("utf-16"),
    "byte-order mark": lambda text, rng: b"\xef\xbb\xbf" + text.encode(),
    "a comment": lambda text, rng: ("// mine\n" + text).encode(),
    "a comma at the end": lambda text, rng: (text.rstrip()[:-1] + ",}").encode(),
    "single quotes": lambda text, rng: text.replace('"', "'").encode(),
    "bytes that are no text": lambda text, rng: text.encode().replace(b'"', b"\xff", 1),
}


def of_json(
    judged: Callable[[bytes], Expect] | None = None, expect: Expect = EQUAL_OR_FAIL
) -> dict[str, Mutation]:
    """All changes of a file of JSON.

    Args:
        judged: what reading other content must do; ``expect`` if not given.
    """

    def made(change: Callable[[bytes, Rng], bytes]) -> Mutation:
        def mutation(content: bytes, rng: Rng) -> Mutant:
            changed = change(content, rng)
            return Mutant(changed, expect if judged is None else judged(changed))

        return mutation

    def value(change: Callable[[Any, Rng], Any]) -> Mutation:
        return made(lambda c, rng: json.dumps(change(json.loads(c), rng), indent=1).encode())

    def text(change: Callable[[str, Rng], bytes]) -> Mutation:
        return made(lambda c, rng: change(c.decode(), rng))

    bytewise = of_bytes(expect)
    return {
        **{f"JSON: {name}": value(change) for name, change in JSON.items()},
        **{f"JSON: {name}": text(change) for name, change in JSON_TEXT.items()},
        **{
            name: made(lambda c, rng, m=change: m(c, rng).content or b"")
            for name, change in bytewise.items()
        },
    }


# --- archives --------------------------------------------------------------------------------


def arrays_of(content: bytes) -> Arrays:
    """The arrays of an archive."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def archive_of(arrays: Mapping[str, Any]) -> bytes:
    """An archive of arrays, objects among them."""
    out = io.BytesIO()
    np.savez(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def _some(arrays: Arrays, rng: Rng, *, numbers: bool = True) -> str:
    names = [n for n, a in arrays.items() if not numbers or (a.dtype.kind in "fiu" and a.size)]
    return names[pick(rng, len(names))]


def _array_lost(arrays: Arrays, rng: Rng) -> Arrays:
    del arrays[_some(arrays, rng, numbers=False)]
    return arrays


def _array_renamed(arrays: Arrays, rng: Rng) -> Arrays:
    name = _some(arrays, rng, numbers=False)
    arrays[misspelt(name, rng)] = arrays.pop(name)
    return arrays


def _array_added(arrays: Arrays, rng: Rng) -> Arrays:
    return {**arrays, "weight": np.ones(3)}


def _other_shape(arrays: Arrays, rng: Rng) -> Arrays:
    name = _some(arrays, rng)
    a = arrays[name]
    flat = a.ravel()
    shapes = (
        flat[:-1],
        a[None],
        np.concatenate([flat, flat[:1]]),
        flat[:0],
        a.T,
        flat[0],
        a[..., None],
    )
    arrays[name] = shapes[pick(rng, len(shapes))]
    return arrays


def _other_type(arrays: Arrays, rng: Rng) -> Arrays:
    name = _some(arrays, rng)
    a = arrays[name]
    types = (a.astype(np.float16), a.astype(int), a.astype(str), a.astype(complex), a > 0,
             a.astype(object), a.astype(np.float64), a.astype(">f4"))  # fmt: skip
    arrays[name] = types[pick(rng, len(types))]
    return arrays


def _other_value(arrays: Arrays, rng: Rng) -> Arrays:
    name = _some(arrays, rng)
    a = arrays[name].copy()
    at = pick(rng, a.size)
    wrong = [a.flat[at] + 1, -a.flat[at], 0]
    if a.dtype.kind == "f":
        wrong += [np.nan, np.inf, a.flat[at] * 1.001]
    a.flat[at] = wrong[pick(rng, len(wrong))]
    arrays[name] = a
    return arrays


def _two_exchanged(arrays: Arrays, rng: Rng) -> Arrays:
    one, two = _some(arrays, rng), _some(arrays, rng)
    arrays[one], arrays[two] = arrays[two], arrays[one]
    return arrays


def _shuffled(arrays: Arrays, rng: Rng) -> Arrays:
    name = _some(arrays, rng)
    arrays[name] = arrays[name].copy()
    rng.shuffle(arrays[name].reshape(-1) if arrays[name].ndim == 0 else arrays[name])
    return arrays


def _about(change: Callable[[Any, Rng], Any]) -> Callable[[Arrays, Rng], Arrays]:
    """A change of the JSON that stands among the arrays."""

    def changed(arrays: Arrays, rng: Rng) -> Arrays:
        about = change(json.loads(str(arrays["about"])), rng)
        return {**arrays, "about": np.array(json.dumps(about))}

    return changed


ARRAYS: Mapping[str, Callable[[Arrays, Rng], Arrays]] = {
    "an array lost": _array_lost,
    "an array renamed": _array_renamed,
    "an array added": _array_added,
    "another shape": _other_shape,
    "another type": _other_type,
    "another value": _other_value,
    "two arrays exchanged": _two_exchanged,
    "rows in another order": _shuffled,
    "no arrays": lambda arrays, rng: {},
}


def _member_twice(content: bytes, rng: Rng) -> bytes:
    """The first array a second time, with other numbers: which one counts?"""
    arrays = arrays_of(content)
    name = _some(arrays, rng)
    out = io.BytesIO(content)
    array = io.BytesIO()
    np.save(array, arrays[name] * 2)
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as archive:
        warnings.simplefilter("ignore")  # which says that the name is there already
        archive.writestr(f"{name}.npy", array.getvalue())
    return out.getvalue()


def of_archives(
    others: Mapping[str, bytes], *, about: bool = True, whole: Expect = FAIL
) -> dict[str, Mutation]:
    """All changes of an archive: reading must fail, or give the same.

    Args:
        others: archives of other runs or kinds, whole or an array of them.
        about: whether there is JSON among the arrays.
        whole: what must become of another archive in the place of this one.
    """

    def made(change: Callable[[Arrays, Rng], Arrays]) -> Mutation:
        def mutation(content: bytes, rng: Rng) -> Mutant:
            return Mutant(archive_of(change(arrays_of(content), rng)), EQUAL_OR_FAIL)

        return mutation

    def mixed(other: bytes) -> Callable[[Arrays, Rng], Arrays]:
        def change(arrays: Arrays, rng: Rng) -> Arrays:
            theirs = arrays_of(other)
            common = [n for n in arrays if n in theirs]
            name = common[pick(rng, len(common))] if common else next(iter(arrays))
            return {**arrays, name: theirs.get(name, np.zeros(1))}

        return change

    inside = {f"about: {name}": _about(change) for name, change in JSON.items()} if about else {}
    return {
        **{f"archive: {name}": made(c) for name, c in (ARRAYS | inside).items()},
        **{f"archive: an array from {name}": made(mixed(o)) for name, o in others.items()},
        **{f"file: {name}": (lambda c, rng, o=o: Mutant(o, whole)) for name, o in others.items()},
        "archive: an array twice": lambda c, rng: Mutant(_member_twice(c, rng), EQUAL_OR_FAIL),
        **of_bytes(EQUAL_OR_FAIL),
    }
