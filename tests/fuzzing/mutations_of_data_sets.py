"""Changes of labelled data sets (NetCDF): labels, units, attributes, variables, dimensions, values.

Each is written in one of two ways: by xarray, as any other program would, so that what the file
says about itself is of the old content; or by the kit's own ``save``, as by a user who changed the
data set in memory. The second makes a new file, whose numbers no reader can tell from true ones,
except where the numbers contradict each other: those are named in ``sealed``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from .mutations import Rng, misspelt, pick
from .oracle import Expect

FAIL, EQUAL_OR_FAIL, DIFFER = Expect.FAIL, Expect.FAIL_OR_EQUAL, Expect.DIFFER


@dataclass(frozen=True)
class Kind:
    """What the variables of a kind of data set are.

    Attributes:
        labels: dimensions whose labels are those of the network, all of which must be there.
        free: dimensions along which a part is a valid data set.
        sealed: variables that contradict the others when they are changed.
        positive: variables that are above 0.
        finite: variables without NaN.
        needed: variables that must be there.
        attributes: that must be there.
        sealed_attributes: that contradict the numbers when they are changed.
        texts: attributes that hold JSON.
        named: the labels must be those of a network, which reading compares them with.
    """

    labels: tuple[str, ...]
    free: tuple[str, ...]
    sealed: tuple[str, ...]
    positive: tuple[str, ...]
    finite: tuple[str, ...]
    needed: tuple[str, ...]
    attributes: tuple[str, ...]
    sealed_attributes: tuple[str, ...]
    texts: tuple[str, ...] = ()
    named: bool = True


Changed = tuple[xr.Dataset, Expect, Expect]
"""The data set, and what reading it must do when xarray wrote it and when the kit did."""


class NoSuchChange(Exception):
    """This data set has nothing to change in this way."""


def one(rng: Rng, names: Any) -> str:
    """One of some names."""
    listed = list(names)
    if not listed:
        raise NoSuchChange
    return listed[pick(rng, len(listed))]


def _numbers(data: xr.Dataset) -> list[str]:
    return [str(n) for n, v in data.variables.items() if v.dtype.kind == "f" and v.size]


def _attributes(data: xr.Dataset, kind: Kind) -> list[str]:
    return [name for name in kind.attributes if name in data.attrs]


def _with_units(data: xr.Dataset) -> list[str]:
    return [str(n) for n, v in data.variables.items() if "units" in v.attrs]


# --- labels ------------------------------------------------------------------------------------


def _sorted(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    dim = one(rng, kind.labels)
    return data.isel({dim: rng.permutation(data.sizes[dim])}), EQUAL_OR_FAIL, EQUAL_OR_FAIL


def _relabelled(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    dim = one(rng, kind.labels)
    names = data[dim].values.copy()
    i, j = rng.choice(len(names), 2, replace=False)
    names[[i, j]] = names[[j, i]]
    sealed = any(dim in data[name].dims for name in kind.sealed)
    return data.assign_coords({dim: names}), FAIL, FAIL if sealed else DIFFER


def _other_label(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    dim = one(rng, kind.labels)
    names = [str(n) for n in data[dim].values]
    i = pick(rng, len(names))
    twice = rng.random() < 0.5
    names[i] = names[i - 1] if twice else misspelt(names[i], rng)
    return data.assign_coords({dim: names}), FAIL, FAIL if kind.named or twice else DIFFER


def _label_lost(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    dim = one(rng, kind.labels)
    keep = np.delete(np.arange(data.sizes[dim]), pick(rng, data.sizes[dim]))
    return data.isel({dim: keep}), FAIL, FAIL if kind.named else DIFFER


def _labels_dropped(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    return data.drop_vars(one(rng, kind.labels)), FAIL, FAIL


def _part(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    dim = one(rng, kind.free)
    keep = rng.permutation(data.sizes[dim])[: 1 + pick(rng, data.sizes[dim])]
    return data.isel({dim: keep}), DIFFER, DIFFER


# --- units and attributes ------------------------------------------------------------------------


def _other_unit(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, _with_units(data))
    units = ("M", "uM", "mmol/L", "", 1, "1/s", "mmol/gDW/s", "g/L", "min", "h")
    other = [unit for unit in units if unit != data[name].attrs["units"]]
    expect = _of_units(data, kind, name)
    return _with_attribute(data, name, "units", other[pick(rng, len(other))]), expect, expect


def _no_unit(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    out = data.copy()
    name = one(rng, _with_units(data))
    out[name] = out[name].drop_attrs() if rng.random() < 0.2 else out[name].copy()
    out[name].attrs.pop("units", None)
    expect = _of_units(data, kind, name)
    return out, expect, expect


def _of_units(data: xr.Dataset, kind: Kind, name: str) -> Expect:
    """What is measured, and the axes it is measured along, have a unit that counts."""
    return FAIL if name in (*kind.needed, *data.coords) else EQUAL_OR_FAIL


def _converted(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, [n for n in _with_units(data) if data[n].attrs["units"] == "mM"])
    out = data.copy()
    out[name] = data[name] / 1000
    return _with_attribute(out, name, "units", "M"), EQUAL_OR_FAIL, EQUAL_OR_FAIL


def _with_attribute(data: xr.Dataset, name: str, key: str, value: Any) -> xr.Dataset:
    out = data.copy()
    out[name] = out[name].copy()
    out[name].attrs = {**data[name].attrs, key: value}
    return out


def _scale_factor(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, _numbers(data))
    extra = (("scale_factor", 1000.0), ("add_offset", 1.0), ("_FillValue", None))
    key, value = extra[pick(rng, len(extra))]
    if value is None:
        value = float(data[name].values.flat[0])
    if not np.isfinite(value):
        raise NoSuchChange
    return _with_attribute(data, name, key, value), EQUAL_OR_FAIL, EQUAL_OR_FAIL


def _flags(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, [n for n, v in data.items() if "flag_meanings" in v.attrs])
    words = str(data[name].attrs["flag_meanings"]).split()
    return _with_attribute(data, name, "flag_meanings", " ".join(words[::-1])), FAIL, FAIL


def _attribute_lost(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    out, name = data.copy(), one(rng, _attributes(data, kind))
    out.attrs = {k: v for k, v in data.attrs.items() if k != name}
    return out, FAIL, FAIL


def _attribute_of_another_kind(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, _attributes(data, kind))
    old = data.attrs[name]
    others = ("text", -1, 0.0, np.array([1.0, 2.0]), "", float("nan"), str(old))
    value = others[pick(rng, len(others))]
    if isinstance(value, str) and value == str(old):
        return data.assign_attrs({name: value}), EQUAL_OR_FAIL, EQUAL_OR_FAIL
    alike = (
        isinstance(value, str) == isinstance(old, str) and np.ndim(value) == 0 and value == value
    )
    sealed = name in (*kind.sealed_attributes, *kind.texts)
    return data.assign_attrs({name: value}), FAIL, DIFFER if alike and not sealed else FAIL


def _attribute_changed(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, [n for n in _attributes(data, kind) if n not in kind.texts])
    old = data.attrs[name]
    value = old * 1.5 if isinstance(old, int | float | np.number) else misspelt(str(old), rng)
    again = FAIL if name in kind.sealed_attributes else DIFFER
    return data.assign_attrs({name: value}), FAIL, again


def _json_broken(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, kind.texts)
    text = str(data.attrs[name])
    broken = (text[: pick(rng, len(text))], "[]", "null", text + "}", "3", '{"a": NaN')
    return data.assign_attrs({name: broken[pick(rng, len(broken))]}), FAIL, FAIL


def _json_key(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, kind.texts)
    content = json.loads(str(data.attrs[name]))
    key = one(rng, content)
    value = content.pop(key)
    if rng.random() < 0.5:
        content[misspelt(key, rng)] = value
    again = DIFFER if name == "provenance" else EQUAL_OR_FAIL  # which users may add to
    return data.assign_attrs({name: json.dumps(content)}), EQUAL_OR_FAIL, again


# --- variables and dimensions --------------------------------------------------------------------


def _variable_lost(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, data.data_vars)
    expect = FAIL if name in kind.needed else EQUAL_OR_FAIL
    return data.drop_vars(name), expect, expect


def _variable_renamed(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, kind.needed)
    return data.rename({name: misspelt(name, rng).replace(" ", "") + "_"}), FAIL, FAIL


def _names_swapped(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    a, b = rng.choice([n for n in kind.needed if data[n].dtype.kind == "f"], 2, replace=False)
    swapped = data.rename({a: "once", b: a}).rename({"once": b})
    same_units = data[a].attrs.get("units") == data[b].attrs.get("units")
    alike = same_units and data[a].dims == data[b].dims
    if alike and np.array_equal(data[a].values, data[b].values, equal_nan=True):
        return swapped, EQUAL_OR_FAIL, EQUAL_OR_FAIL
    return swapped, FAIL, DIFFER if alike and a not in kind.sealed else FAIL


def _transposed(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    out, name = data.copy(), one(rng, [n for n, v in data.items() if v.ndim > 1])
    dims = data[name].dims
    out[name] = data[name].transpose(*(dims[i] for i in rng.permutation(len(dims))))
    return out, EQUAL_OR_FAIL, EQUAL_OR_FAIL


def _mislabelled_dims(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    """The numbers transposed, the names of the dimensions not: nothing fits."""
    name = one(rng, [n for n, v in data.items() if v.ndim > 1])
    dims = tuple(f"{d}_" for d in data[name].dims)
    expect = FAIL if name in kind.needed else EQUAL_OR_FAIL
    changed = data.assign({name: (dims[::-1], data[name].values.T, data[name].attrs)})
    return changed, expect, expect


def _dim_renamed(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    dim = one(rng, (*kind.labels, *kind.free))
    return data.rename({dim: f"{dim}s"}), FAIL, FAIL


def _more(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    out = data.assign(weight=(kind.free[0], np.ones(data.sizes[kind.free[0]])))
    return out.assign_attrs(remark="mine"), EQUAL_OR_FAIL, EQUAL_OR_FAIL


# --- values --------------------------------------------------------------------------------------


def _with_values(data: xr.Dataset, name: str, values: Any) -> xr.Dataset:
    return data.assign({name: (data[name].dims, values, data[name].attrs)})


def _one_value(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, [n for n in data.data_vars if data[n].dtype.kind == "f" and data[n].size])
    values = data[name].values.copy()
    at = pick(rng, values.size)
    values.flat[at] *= (1.5, 0.1, 1e3, -1.0, 1.001)[pick(rng, 5)]
    again = EQUAL_OR_FAIL if name in kind.sealed else DIFFER
    return _with_values(data, name, values), EQUAL_OR_FAIL, again


def _no_number(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, (*kind.positive, *kind.finite))
    wrong = (np.nan, np.inf, -1.0, 0.0) if name in kind.positive else (np.nan, np.inf, -np.inf)
    values = data[name].values.copy()
    values.flat[pick(rng, values.size)] = wrong[pick(rng, len(wrong))]
    return _with_values(data, name, values), FAIL, FAIL


def _shuffled(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    """The rows of one variable in another order than those of the others."""
    name = one(rng, [n for n in kind.sealed if n in data and data[n].dims[0] in kind.free])
    rows = data[name].values
    order = np.roll(np.arange(len(rows)), 1)
    return _with_values(data, name, rows[order]), EQUAL_OR_FAIL, EQUAL_OR_FAIL


def _status(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, [n for n, v in data.items() if "flag_values" in v.attrs])
    values = data[name].values.copy()
    if rng.random() < 0.5:
        values.flat[pick(rng, values.size)] = 77
        return _with_values(data, name, values), FAIL, FAIL
    values[...] = np.where(values == values.flat[0], 1, values.flat[0])
    again = FAIL if name in kind.sealed else DIFFER
    return _with_values(data, name, values), FAIL, again


def _other_type(data: xr.Dataset, kind: Kind, rng: Rng) -> Changed:
    name = one(rng, [n for n in kind.needed if data[n].dtype.kind == "f"])
    values = np.nan_to_num(data[name].values)
    made = (
        values.astype(np.int64), values.astype(str).astype(object), values > 0,
        np.zeros_like(values), values[..., :-1], values.astype(np.float16),
    )  # fmt: skip
    which = pick(rng, len(made))
    if which == 4:
        dims = (*data[name].dims[:-1], "shorter")
        return data.assign({name: (dims, made[4], data[name].attrs)}), FAIL, FAIL
    again = FAIL if name in kind.sealed or which == 1 else DIFFER
    return _with_values(data, name, made[which]), FAIL, again


CHANGES: Mapping[str, Callable[[xr.Dataset, Kind, Rng], Changed]] = {
    "labels: another order, with their numbers": _sorted,
    "labels: exchanged, without their numbers": _relabelled,
    "labels: misspelt or twice": _other_label,
    "labels: one lost, with its numbers": _label_lost,
    "labels: dropped": _labels_dropped,
    "labels: a part of the models": _part,
    "units: others": _other_unit,
    "units: dropped": _no_unit,
    "units: converted, with the numbers": _converted,
    "attributes: scale, offset or fill value": _scale_factor,
    "attributes: flag meanings": _flags,
    "attributes: dropped": _attribute_lost,
    "attributes: of another kind": _attribute_of_another_kind,
    "attributes: changed": _attribute_changed,
    "attributes: broken JSON": _json_broken,
    "attributes: a key of JSON": _json_key,
    "variables: dropped": _variable_lost,
    "variables: renamed": _variable_renamed,
    "variables: names swapped": _names_swapped,
    "variables: another one, and an attribute": _more,
    "dimensions: another order": _transposed,
    "dimensions: names that do not fit": _mislabelled_dims,
    "dimensions: renamed": _dim_renamed,
    "values: one changed": _one_value,
    "values: no number, or no possible one": _no_number,
    "values: rows in another order": _shuffled,
    "values: status": _status,
    "values: of another type": _other_type,
}
