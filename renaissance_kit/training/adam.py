"""Adam: the one place where it is asked for, on top of PyTorch's.

Reference: Kingma & Ba 2015 ICLR.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Moments = dict[str, NDArray[Any]]


def adam_memory(weights: NDArray[Any]) -> Moments:
    """The moments before the first step: zeros of the weights' shape and precision."""
    return {"first_moment": np.zeros_like(weights), "second_moment": np.zeros_like(weights)}


def adam_step(
    weights: NDArray[Any],
    slope: NDArray[Any],
    memory: Mapping[str, NDArray[Any]],
    *,
    step: int,
    learning_rate: float,
    betas: tuple[float, float] = (0.9, 0.999),
) -> tuple[NDArray[Any], Moments]:
    """One step of Adam downhill; nothing that it is given changes.

    Args:
        weights: of any shape.
        slope: derivative by the weights, in their precision.
        memory: as from `adam_memory` or the last step.
        step: how many steps were made before this one.
        learning_rate: of this step.
        betas: how slowly the two moments forget.

    Returns:
        New weights and moments.

    >>> import numpy as np
    >>> from renaissance_kit.training import adam_memory, adam_step
    >>> x = np.array([1.0, -2.0])
    >>> x, memory = adam_step(x, 2 * x, adam_memory(x), step=0, learning_rate=0.1)
    >>> x.round(3)  # the first step has the length of the learning rate
    array([ 0.9, -1.9])
    """
    moved = torch.tensor(weights)
    moved.grad = torch.from_numpy(np.ascontiguousarray(slope))
    optimiser = torch.optim.Adam([moved], lr=learning_rate, betas=betas)
    optimiser.state[moved] = {
        "step": torch.tensor(float(step)),
        "exp_avg": torch.tensor(memory["first_moment"]),
        "exp_avg_sq": torch.tensor(memory["second_moment"]),
    }
    optimiser.step()
    found = optimiser.state[moved]
    moments = {
        "first_moment": found["exp_avg"].numpy(),
        "second_moment": found["exp_avg_sq"].numpy(),
    }
    return moved.numpy(), moments
