"""Rate laws: one file each, and a registry that every other room asks.

A rate is ``v = Vmax · f(c, K)``. With scaled concentrations c̃ = c/K all laws have one shape,
f = N/D. The numerator is N = S − P with S = Π s̃^ν, P = S · ρ and ρ = Π c^n / Keq; a law without a
displacement has P = 0, and does not depend on its products. A law of its own is only its
denominator D: it gives D, ∂D/∂c̃ and the curvature H = ∂²ln D/∂ln c̃ ∂ln c̃. At a fixed steady
state Vmax = v/f, so the slot derivative g_k = Vmax ∂f/∂c_k moves with the constants by
∂g_k/∂ln K_j = v/c_k · H_kj, which is all that a gradient needs.

Functions of a law are plain Python on slices of arrays, for one reaction;
`renaissance_kit.kinetics` compiles them. They call nothing but arithmetic and functions of this
room.

**A new law** is one file with a `RateLaw`, and its name in `renaissance_kit.laws.registry`. The
tests take it up by themselves, in every arity that it accepts.

**Modifiers** (inhibition, activation) go with every law; see `renaissance_kit.laws.modifiers`. A
new kind is a record of its table there, from the four effects that the kernels know.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
