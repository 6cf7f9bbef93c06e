"""How long a test waits before it calls a process hung; never a measure of speed."""

PATIENCE_S = 1800.0
