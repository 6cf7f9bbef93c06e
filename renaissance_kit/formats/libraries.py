"""Libraries that come with the extra ``archive``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from renaissance_kit.core.errors import ParameterError


def needed(name: str) -> Any:
    """A module.

    Raises:
        ParameterError: it is not installed; says how to get it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ParameterError(
            f"a COMBINE archive needs python-{name}; install it with "
            "pip install 'renaissance_kit[archive]'"
        ) from error
