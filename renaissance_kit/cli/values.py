"""Values of parameters: read from the command line or a file, and held against their kinds.

A kind is what a notebook's parameter may be. It is written as an annotation,
``models: int = None``, or follows from the default. A list may also be given as its only member.
"""

from __future__ import annotations

import ast
import json
import math
import re
from pathlib import Path
from typing import Any

import yaml

from renaissance_kit.core.errors import DataError

_NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "none": None}
_MEANT = {
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "str": "text",
}


def parse_value(text: str, kind: str = "") -> Any:
    """Read a value of the command line: a Python literal or true, false, none; all else is text.

    Args:
        text: as it was typed.
        kind: of the parameter, if it is known: what should be text is not read as a number.

    >>> parse_value("1e-3"), parse_value("[1, 2]"), parse_value("2024", "str"), parse_value("1_5")
    (0.001, [1, 2], '2024', '1_5')
    """
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        tree = ast.parse(text.strip(), mode="eval")
        value = ast.literal_eval(tree)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return text
    numbers = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) in _TYPES]
    written = [ast.get_source_segment(text.strip(), n) or "" for n in numbers]
    if not all(map(_NUMBER.fullmatch, written)):  # 1_5, 0x10: read as something else elsewhere
        return text
    return text if kind == "str" and not isinstance(value, str) else value


_TYPES = (int, float, complex)


def read_values(path: Path) -> dict[str, Any]:
    """Read a file of values by name, JSON or YAML as its suffix says.

    In YAML a word is a text, but for true, false and null: ``no`` and ``1_5`` stay what they are.

    Raises:
        DataError: it cannot be read, holds something else, or gives a name twice.
    """
    read = {".json": read_json, ".yaml": _read_yaml, ".yml": _read_yaml}.get(path.suffix.lower())
    if read is None:
        raise DataError(f"{path} is neither .json nor .yaml; give it the suffix of what it holds")
    try:
        content = read(path.expanduser().read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise DataError(f"{path} cannot be read as parameters: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f'{path} holds no parameters; write {{"name": value, ...}}')
    return content


def read_json(text: str) -> Any:
    """Read JSON in which no name stands twice, and every number is one.

    Raises:
        ValueError: it is no such text.
    """
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _read_yaml(text: str) -> Any:
    return yaml.load(text, _Yaml)  # a SafeLoader


class _Yaml(yaml.SafeLoader):
    """YAML in which a scalar is what it is in JSON, and a text otherwise; nothing stands twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        pairs = [[self.construct_object(part, deep=True) for part in pair] for pair in node.value]
        return _once([(str(key), value) for key, value in pairs])


_Yaml.yaml_implicit_resolvers = {}
for _tag, _pattern in (
    ("null", r"null|Null|NULL|~|"),
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?[0-9]+"),
    ("float", r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"),
):
    _Yaml.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), None)


def is_of_kind(value: Any, kind: str) -> bool:
    """Whether a value is what a parameter may be; any value is, where the kind is not known.

    >>> is_of_kind(7, "int"), is_of_kind(7, "float"), is_of_kind("7", "int")
    (True, True, False)
    >>> is_of_kind(["atp_c"], "list[str]"), is_of_kind("all", "list[str]")
    (True, True)
    """
    outer, _, inner = kind.partition("[")
    inner = inner.removesuffix("]")
    if outer == "list":
        members = value if isinstance(value, list | tuple) else [value]
        return all(is_of_kind(member, inner) for member in members)
    if outer == "dict":
        key, _, member = inner.partition(",")
        return isinstance(value, dict) and all(
            is_of_kind(k, key.strip()) and is_of_kind(v, member.strip()) for k, v in value.items()
        )
    if outer in ("int", "float") and isinstance(value, bool):
        return False
    if outer == "float":
        return isinstance(value, int | float) and math.isfinite(value)
    known = {"int": int, "bool": bool, "str": str}
    return outer not in known or isinstance(value, known[outer])


def in_words(kind: str) -> str:
    """A kind as a reader would say it.

    >>> in_words("int"), in_words("list[str]"), in_words("dict[str, float]")
    ('a whole number', 'text, or a list of such', 'a mapping from text to a number')
    """
    outer, _, inner = kind.removesuffix("]").partition("[")
    if outer == "list":
        return f"{in_words(inner)}, or a list of such"
    if outer == "dict":
        key, _, member = inner.partition(",")
        return f"a mapping from {in_words(key.strip())} to {in_words(member.strip())}"
    return _MEANT.get(outer, "anything")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} stands twice; remove one")
    return dict(pairs)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number; write one, or null")
