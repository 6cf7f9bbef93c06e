"""How long each link of a chain of computations takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd


class Chain:
    """A clock for the links of a chain, such as those of a notebook.

    >>> chain = Chain()
    >>> with chain.link("control coefficients", 20):
    ...     pass
    >>> chain.table()[["link", "models"]].to_dict("records")
    [{'link': 'control coefficients', 'models': 20}]
    """

    def __init__(self) -> None:
        self.links: list[tuple[str, int, float]] = []

    @contextmanager
    def link(self, name: str, models: int = 0) -> Iterator[None]:
        """Time what stands in the block; one that fails is not written down.

        Args:
            name: of the link.
            models: that it computes with.
        """
        begin = time.perf_counter()
        yield
        self.links.append((name, models, time.perf_counter() - begin))

    def table(self) -> pd.DataFrame:
        """link, models, seconds, in the order in which they ended."""
        return pd.DataFrame(self.links, columns=["link", "models", "seconds"])
