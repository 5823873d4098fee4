"""What moved firings still explain, where the moves are known."""

import numpy as np
import pytest

from kmu.analysis.quality.perturbation import perturb


class Told:
    """A generator that says what it was asked for, and answers as it was told."""

    def __init__(self, shifts):
        self.asked, self.shifts = [], shifts

    def standard_normal(self, count):
        return np.ones(count)

    def uniform(self, *limits):
        self.asked.append(limits)
        return np.array(self.shifts)


def test_moved_firings_explain_what_is_left_under_them():
    course = np.zeros(2000)
    firings = np.array([1.0, 3.0, 5.0, 7.0])
    for frame in (102, 302, 502, 702):
        course[[frame, frame + 1]] = 1, -1
    # Shifted by 2 s and by -2 s around the end, three of four are under another one's twitch:
    # 9/16. Elsewhere they explain nothing.
    rng = Told([2.0, 18.0, 10.0, 10.0, 10.0, 10.0])
    found = perturb(course[None], [firings], 100.0, rng)
    assert rng.asked == [(0.3, pytest.approx(19.7), 6)]
    explained = found.explained[0, [0, 2, 3, 4]]
    assert explained == pytest.approx([1, 1, 1, 2 * 9 / 16 / 6], abs=1e-3)
    assert found.evidence == pytest.approx([1 - 2 * 9 / 16 / 6], abs=1e-3)
    # Between frames the pulse and its opposite are half in one another's place.
    assert 0.5 < found.explained[0, 1] < 0.95
    for row, at in ((0, 2), (2, 1), (3, 0)):
        expected = np.zeros(30)
        expected[[at, at + 1]] = 1 / 1.005, -1 / 1.005
        np.testing.assert_allclose(found.twitch[0, row], expected, atol=1e-6)
    brief = Told([0.3] * 6)
    perturb(course[None, 95:155], [np.array([0.05, 0.2, 0.3, 0.4])], 100.0, brief)
    assert brief.asked == [(pytest.approx(0.2), pytest.approx(0.4), 6)]


def test_too_few_firings_or_a_constant_course_say_nothing_of_the_next_unit():
    course = np.zeros((3, 1000))
    course[:, [102, 302, 502, 702]] = 1
    course[1] = 5.0
    firings = [np.array([1.0, 3.0, 5.0]), np.array([1.0, 3.0, 5.0, 7.0])]
    found = perturb(course, [*firings, firings[1]], 100.0, np.random.default_rng(0))
    assert np.isnan(found.explained[:2]).all()
    assert found.explained[2, 0] == pytest.approx(1, abs=0.01)
