"""Rate laws: one file each, and a registry that every other room asks.

A rate is ``v = Vmax · f(c, K)``. With scaled concentrations c̃ = c/K a law takes one of two shapes
(`ReversibleForm`, `IrreversibleForm`):

* with a displacement: f = (S − P)/D, with S = Π s̃^ν, P = S · ρ and ρ = Π c^n / Keq. The law
  gives the denominator D and ∂D/∂c̃; numerators are the same for all.
* without one: the law gives f and ∂f/∂c itself.

Both give the curvature H = −∂²ln f/∂ln c̃ ∂ln c̃ (∂²ln D/∂ln c̃ ∂ln c̃ of a reversible law). At a
fixed steady state Vmax = v/f, so the slot derivative g_k = Vmax ∂f/∂c_k moves with the constants
by ∂g_k/∂ln K_j = v/c_k · H_kj, which is all that a gradient needs.

Functions of a law are plain Python on slices of arrays, for one reaction;
`renaissance_kit.kinetics` compiles them. They call nothing but arithmetic and functions of this
room.

**A new law** is one file with a `RateLaw`, and its name in `renaissance_kit.laws.registry`. The
tests take it up by themselves, in every arity that it accepts.

**A modifier** (inhibition, activation) is a record of the same registry whose form is of a third
shape beside the two in `renaissance_kit.laws.record`: a factor h(c̃) that multiplies f, with
∂h/∂c̃ and −∂²ln h, in a file of its own. Its metabolites become slots of the reaction after those
of the protons, on a side of their own, with order and displacement 0, a constant of their own in
the column ``km`` and in ``pair`` the substrate that they compete with; so numerators pass them by
and a denominator that knows competition (D + Σ ĩ, or 1 + s̃ + p̃ + ĩ in a pair) finds them by
their side. The kernels multiply by the factors in one more loop like the two that they have.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
