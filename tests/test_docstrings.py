"""The examples in the docstrings run and print what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import renaissance_kit

MODULES = [
    name
    for _, name, is_package in pkgutil.walk_packages(renaissance_kit.__path__, "renaissance_kit.")
    if not is_package
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failures, _ = doctest.testmod(importlib.import_module(name))
    assert failures == 0
