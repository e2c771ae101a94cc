"""The figure of the sweep shows the table it is given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from incontext import figures
from incontext.baselines import closed_form
from incontext.records.types import Result


@pytest.fixture
def table():
    """Two seeds at 2 x 3 points, a hundredth above the best step."""
    rows = []
    for dimension in (3, 7):
        for context in (5, 11, 13):
            best = closed_form.one_step_optimum(1.0, context, dimension).loss
            zero = closed_form.zero_predictor_loss(1.0, dimension)
            measured = (("closed_form_loss", -1, best), ("zero_predictor_loss", -1, zero))
            seeds = tuple(("trained_loss", seed, 1.01 * best) for seed in (0, 1))
            rows += [(dimension, context, *one) for one in measured + seeds]
    names = ["task.input_dim", "task.num_context", "metric", "seed", "value"]
    return pd.DataFrame(rows, columns=names)


def test_every_seed_is_a_mark_on_the_curve_of_examples_per_dimension(table):
    with figures.styled():
        drawn = figures.get("A2-sweep").draw(Result({"points": table}))
    left, right = drawn.axes
    marks = [line for line in left.lines if line.get_marker() != "None"]
    trained = table[table["metric"] == "trained_loss"]
    assert [len(line.get_xdata()) for line in marks] == [6, 6]
    assert np.concatenate([line.get_ydata() for line in marks]).tolist() == (
        trained["value"].tolist()
    )
    assert [line.get_label() for line in marks] == ["d = 3", "d = 7"]
    for line, dimension in zip(right.lines[:2], (3, 7), strict=True):
        exact = (dimension - 0.2) / (line.get_xdata() * dimension + dimension - 0.2)
        np.testing.assert_allclose(line.get_ydata(), 1.01 * exact, rtol=1e-6)
    plt.close(drawn)


def test_a_seed_that_stays_has_a_mark_for_its_end_and_none_for_leaving():
    measured = [
        ("closed_form_loss", -1, 0.05, 0.05),
        ("zero_predictor_loss", -1, 0.125, 0.125),
        ("final_over_one_step", 0, 1.1, 1.0),
        ("final_over_one_step", 1, 2.5, 1.2),
        ("plateau_end_step", 0, 2000.0, 1500.0),
        ("plateau_end_step", 1, None, 1700.0),
    ]
    rows = [
        (size, metric, seed, value)
        for metric, seed, *values in measured
        for size, value in zip((6, 20), values, strict=True)
        if value is not None
    ]
    table = pd.DataFrame(rows, columns=["position_dim", "metric", "seed", "value"])
    with figures.styled():
        drawn = figures.get("A5-positions").draw(Result({"points": table}))
    left, right = drawn.axes
    assert left.lines[1].get_ydata()[0] == 2.5  # predicting zero, in units of one gradient step
    np.testing.assert_array_equal(left.lines[2].get_ydata(), [1.1, 1.0, 2.5, 1.2])
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [2000.0, 1500.0, 1700.0])
    assert [round(place) for place in right.lines[0].get_xdata()] == [0, 1, 1]
    assert [label.get_text() for label in right.get_xticklabels()] == ["6", "20"]
    plt.close(drawn)
