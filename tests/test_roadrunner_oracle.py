"""The tiny network against libRoadRunner, on SBML with rate laws written by hand."""

from __future__ import annotations

import math

import pytest

from benchmarks.simulation import against_roadrunner


@pytest.mark.slow
def test_time_course_agrees() -> None:
    pytest.importorskip("roadrunner")
    found = against_roadrunner()
    assert found["largest relative difference"] < 1e-6
    assert math.isfinite(found["ours, ms"])
