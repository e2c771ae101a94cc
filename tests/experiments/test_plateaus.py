"""Where a loss curve lingers, and when it leaves."""

import numpy as np

from incontext.experiments.copying.claims import find_plateau


def test_a_curve_that_drops_has_the_median_of_its_flat_part():
    losses = np.array([0.9, 0.6, 0.42, 0.41, 0.42, 0.415, 0.39, 0.3, 0.21])
    plateau = find_plateau(losses, 0.4167, 0.2062)
    assert plateau.end == 6
    assert plateau.rows == slice(2, 6)
    assert plateau.loss == np.median([0.42, 0.41, 0.42, 0.415])


def test_a_curve_that_stays_never_leaves():
    plateau = find_plateau(np.array([0.9, 0.42, 0.41, 0.415]), 0.4167, 0.2062)
    assert plateau.end is None
    assert plateau.loss == 0.415


def test_a_dip_below_one_percent_is_not_yet_the_end():
    losses = np.array([0.42, 0.41, 0.4, 0.41, 0.25])
    assert find_plateau(losses, 0.4167, 0.2062).end == 4


def test_a_side_path_ends_the_plateau_and_does_not_leave_it():
    losses = np.array([0.9, 0.42, 0.41, 0.394, 0.393, 0.393])
    plateau = find_plateau(losses, 0.4167, 0.2062)
    assert plateau.end is None
    assert plateau.rows == slice(1, 3)
    assert plateau.loss == np.median([0.42, 0.41])


def test_half_of_the_way_must_be_covered_in_the_end_and_the_first_tenth_is_the_end():
    losses = np.array([0.42, 0.41, 0.39, 0.35, 0.32])
    assert find_plateau(losses, 0.4167, 0.2062).end is None
    assert find_plateau(np.append(losses, 0.3), 0.4167, 0.2062).end == 2
