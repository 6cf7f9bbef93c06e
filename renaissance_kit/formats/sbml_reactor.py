from __future__ import annotations


def add_reactor(*a):
    raise NotImplementedError
