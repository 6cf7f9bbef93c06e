"""YAML files of SKiMpy as plain trees, each part of which knows its line.

Python objects in such files are refused, never made: a tag may name any code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.files import atomic_path

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Part(dict[str, Any]):
    """A mapping of the file, with the line where it begins."""

    line = 0


class _Refused(Exception):
    """What the file holds that cannot be read, with its line."""


class _TreeLoader(_Loader):
    """Safe, keeps lines, and refuses keys that stand twice."""


def _mapping(loader: Any, node: Any) -> Iterator[Part]:
    part = Part()
    part.line = node.start_mark.line + 1
    yield part
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise _Refused(f"line {line}: {key!r} is no name; put it in quotes")
        if key in part:
            raise _Refused(f"line {line}: {key!r} stands twice; remove one")
        part[key] = loader.construct_object(value_node, deep=True)


def _object(loader: Any, node: Any) -> None:
    raise _Refused(
        f"line {node.start_mark.line + 1}: a value is marked {node.tag!r}; Python objects are "
        "never read from a file. Write a plain number or text there"
    )


_TreeLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_TreeLoader.add_constructor(None, _object)


def read_tree(path: str | Path) -> Part:
    """Read a YAML file that holds one mapping.

    Raises:
        DataError: no such file, no text, no YAML, an object, or a key that stands twice; with file
            and line.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise DataError(f"{path} does not exist; give the YAML file of a SKiMpy model")
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=_TreeLoader)
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is no UTF-8 text; give the YAML file of a model") from None
    except _Refused as error:
        raise DataError(f"{path.name}, {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}, line {mark.line + 1}" if mark else path.name
        reason = getattr(error, "problem", None) or "it holds characters that YAML does not allow"
        raise DataError(f"{place}: no YAML ({reason}); correct the file") from None
    except (RecursionError, ValueError, TypeError) as error:  # deep nesting, 2025-13-45, [] as key
        raise DataError(f"{path.name}: {error or 'too deep'}; correct the file") from None
    if not isinstance(tree, Part):
        raise DataError(f"{path.name} holds no model; a SKiMpy model has a part 'reactions'")
    return tree


def write_tree(path: str | Path, tree: Mapping[str, Any]) -> None:
    """Write a tree, keys in alphabetical order as SKiMpy does, whole or not at all.

    Raises:
        OSError: as `renaissance_kit.core.atomic_path`.
    """
    text = yaml.dump(_plain(tree), Dumper=_Dumper, default_flow_style=False, allow_unicode=True)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    """Dictionaries of texts and numbers, each a copy, so that nothing stands in for another."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    return float(value) if isinstance(value, float) else value
