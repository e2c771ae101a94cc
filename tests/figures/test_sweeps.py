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
