"""The one place that imports pyTFA.

pyTFA 0.9.2 to 0.9.4 carry invalid metadata (``python-version (>="3.6")``), which pip refuses from
version 24.1 on. Release 0.9.1 installs with every pip and with uv, so it is the pinned one. It
needs two things that are gone: ``sympy.numbers``, an alias that sympy dropped, and
``distutils.version.LooseVersion``, which left Python with 3.12. The alias is put back for good;
a stand-in for ``distutils`` exists only while pyTFA is imported.

Do not copy a model of this release, neither by ``model.copy()`` nor by ``copy.deepcopy(model)``: it
is written to a dictionary and read back by code older than today's cobra and optlang, which is only
known to work for the plainest models. Build it again from the tables instead; that takes seconds.

PyTFA also opens a folder ``logs`` in the working directory for each model and prints its progress;
here its models log to the standard logger ``pytfa`` instead.

Other modules write ``from renaissance_kit.states._pytfa import ThermoModel, constraints,
variables``, where the last two are ``pytfa.optim.constraints`` and ``pytfa.optim.variables``; none
imports pytfa itself, since sorted imports would put that before the repairs.
"""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import sympy
import sympy.core.numbers
from packaging.version import Version

__all__ = ["ThermoModel", "constraints", "pytfa", "variables"]


@contextmanager
def _distutils() -> Iterator[None]:
    """Offer ``distutils.version.LooseVersion`` where Python no longer does.

    Setuptools may have a copy; it is left alone, so that its presence changes nothing.
    """
    if "distutils" in sys.stdlib_module_names:
        yield
        return
    names = ("distutils", "distutils.version")
    before = {name: sys.modules[name] for name in names if name in sys.modules}
    package, version = map(ModuleType, names)
    package.version = version  # type: ignore[attr-defined]
    version.LooseVersion = Version  # type: ignore[attr-defined]
    sys.modules |= dict(zip(names, (package, version), strict=True))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
        sys.modules |= before


if not hasattr(sympy, "numbers"):
    sympy.numbers = sympy.core.numbers

with _distutils(), warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", SyntaxWarning)
    import pytfa
    from pytfa import ThermoModel
    from pytfa.optim import constraints, variables
    from pytfa.thermo import tmodel
    from pytfa.utils import logger


def _standard_logger(name: str) -> logging.Logger:
    """Return a logger without handlers of its own, in place of pyTFA's."""
    return logging.getLogger("pytfa").getChild(name)


logger.get_bistream_logger = tmodel.get_bistream_logger = _standard_logger
