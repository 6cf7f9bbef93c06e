"""Scales: how large every run of a notebook is, from a test of seconds to the published size."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import pandas as pd

from renaissance_kit.core.errors import ParameterError, nearest

SCALES = ("smoke", "demo", "laptop", "paper")


@dataclass(frozen=True)
class Scale:
    """Sizes of a notebook's runs; each notebook has a subclass with a field a size.

    A subclass lists its values in ``SIZES``: by field, one value for each of smoke, demo, laptop
    and paper.

    >>> @dataclass(frozen=True)
    ... class Small(Scale):
    ...     models: int
    ...     SIZES = {"models": (3, 20, 200, 1_000)}
    >>> Small.at("demo"), Small.at("demo", models=7)
    (Small(models=20), Small(models=7))
    """

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {}

    @classmethod
    def at(cls, scale: str, **asked: Any) -> Self:
        """The sizes of a scale, with those that are asked for.

        Args:
            scale: smoke, demo, laptop or paper.
            asked: sizes by name; None takes that of the scale, and one number in the place of a
                list stands for a list of it.

        Raises:
            ParameterError: no such scale or size.
        """
        if scale not in SCALES:
            raise ParameterError(
                f"scale is {scale!r}{nearest(scale, SCALES)} Choose one of {', '.join(SCALES)}"
            )
        names = [field.name for field in fields(cls)]
        for name in asked:
            if name not in names:
                raise ParameterError(f"{name!r} is no size of this notebook{nearest(name, names)}")
        own = {name: cls.SIZES[name][SCALES.index(scale)] for name in names}
        given = {name: value for name, value in asked.items() if value is not None}
        for name, value in given.items():
            if isinstance(own[name], tuple) and isinstance(value, int | float):
                given[name] = (value,)
        return cls(**own | given)

    @classmethod
    def table(cls) -> pd.DataFrame:
        """One row a size, one column a scale."""
        return pd.DataFrame.from_dict(cls.SIZES, orient="index", columns=list(SCALES))
