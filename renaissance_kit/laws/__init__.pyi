from .modifiers import MODIFIERS as MODIFIERS, Modifier as Modifier
from .record import (
    Form as Form,
    RateLaw as RateLaw,
    Symbol as Symbol,
    Symbols as Symbols,
)
from .registry import REGISTRY as REGISTRY
