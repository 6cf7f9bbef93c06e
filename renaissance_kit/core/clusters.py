"""Where runs run: processes on this machine, or a Dask cluster.

Every study hands its chunks to joblib (`renaissance_kit.core.runs`), and joblib follows the
configuration that is active. This module only makes that configuration easy to write.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib

from renaissance_kit.core.errors import ParameterError, nearest

KINDS = ("dask", "processes", "threads")
_BACKEND = {"processes": "loky", "threads": "threading"}


@contextmanager
def use_cluster(
    kind: str = "dask", address: Any = None, *, workers: int | None = None
) -> Iterator[Any]:
    """Run every study inside the block on a cluster; give the study ``Run(workers=None)``.

    Args:
        kind: ``dask`` (needs the extra ``dask``), ``processes`` or ``threads``.
        address: of a Dask scheduler (``tcp://host:8786``), or a cluster or client object, such as
            a ``dask_jobqueue.SLURMCluster``; one on this machine is started if not given.
        workers: processes of a cluster on this machine, or of ``processes`` and ``threads``; as
            many as cores if not given.

    Yields:
        The Dask client; None for the other kinds.

    Raises:
        ParameterError: an unknown kind, an address without Dask, Dask is not installed, or the
            scheduler does not answer.

    >>> import numpy as np
    >>> from renaissance_kit.core import Run, run_chunks
    >>> def twice(items):
    ...     return {"twice": 2 * items}
    >>> with use_cluster("threads", workers=2):
    ...     done = run_chunks(twice, 4, name="x", settings={}, chunk=2, run=Run(workers=None))
    >>> done["twice"].tolist()
    [0, 2, 4, 6]
    """
    if kind not in KINDS:
        raise ParameterError(f"cluster {kind!r} is unknown{nearest(kind, KINDS)}")
    if kind != "dask":
        if address is not None:
            raise ParameterError(f"{kind!r} runs on this machine and takes no address; use 'dask'")
        with joblib.parallel_config(backend=_BACKEND[kind], n_jobs=workers or -1):
            yield None
        return
    try:
        import distributed
    except ImportError as error:
        raise ParameterError(
            "Dask is not installed; pip install 'renaissance_kit[dask]'"
        ) from error
    if isinstance(address, distributed.Client):
        with joblib.parallel_config(backend="dask"):
            yield address
        return
    try:
        if address is None:
            client = distributed.Client(
                n_workers=workers, threads_per_worker=1, dashboard_address=None
            )
        else:
            client = distributed.Client(address, timeout="10s")
    except (OSError, TimeoutError) as error:
        raise ParameterError(
            f"no Dask scheduler answers at {address}; start one, or give no address"
        ) from error
    with client, joblib.parallel_config(backend="dask"):
        yield client
