from .record import (
    IrreversibleForm as IrreversibleForm,
    RateLaw as RateLaw,
    ReversibleForm as ReversibleForm,
    Symbol as Symbol,
    Symbols as Symbols,
)
from .registry import REGISTRY as REGISTRY
