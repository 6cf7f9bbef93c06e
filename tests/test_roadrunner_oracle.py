"""The tiny network against libRoadRunner, on SBML with rate laws written by hand."""

from __future__ import annotations

import pytest

from benchmarks.roadrunners import DIFFERENCE, small


@pytest.mark.slow
def test_time_course_agrees() -> None:
    rows = {row.what: row for row in small(pytest.importorskip("roadrunner"), 1)}
    assert rows[DIFFERENCE].met
