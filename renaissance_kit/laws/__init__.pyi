from .record import (
    IrreversibleForm as IrreversibleForm,
)
from .record import (
    RateLaw as RateLaw,
)
from .record import (
    ReversibleForm as ReversibleForm,
)
from .record import (
    Symbol as Symbol,
)
from .record import (
    Symbols as Symbols,
)
from .registry import REGISTRY as REGISTRY
