"""The strips of seeds: every value at its place between its bounds."""

import numpy as np
import pandas as pd
import pytest

from incontext.figures import seeds, styled
from incontext.records.spread import summary
from incontext.records.types import Result

INF = float("inf")


def claim(name, values, expected, lower, upper):
    same = {"id": f"x-{name}", "experiment": "x", "figure": "A2", "statement": "s"}
    same |= {"reduce": "mean", "expected": expected, "lower": lower, "upper": upper}
    return [{**same, "seed": seed, "value": value} for seed, value in enumerate(values)]


VALUES = pd.DataFrame(
    [
        *claim("two-sided", (2.5, 3.0, 9.0), 3.0, 2.0, 4.0),
        *claim("open-above", (7.0, 5.0), 6.0, 4.0, INF),
        *claim("exact", (0.5, 1.0, 1.5), 1.0, 1.0, INF),
    ]
)


@pytest.mark.parametrize(
    ("bounds", "expected", "place"),
    [((2.0, 6.0), 3.0, 0.75), ((-INF, 6.0), 3.0, 5 / 6), ((1.0, INF), 3.0, 1.0)],
)
def test_a_value_stands_where_its_bounds_say(bounds, expected, place):
    assert seeds.places(np.array([5.0]), expected, *bounds) == pytest.approx([place])


def test_every_seed_is_drawn_in_its_row_and_what_leaves_the_panel_is_an_arrow():
    with styled():
        axes = seeds.strips(Result({"seeds": VALUES})).axes[0]
    dots, arrows = [], []
    for line in axes.lines:
        points = [tuple(point) for point in np.round(line.get_xydata(), 6)]
        dots += points if line.get_marker() == "o" else []
        arrows += points if line.get_marker() in "<>" else []
    rows = sorted((round(height), x) for x, height in dots)
    assert [x for row, x in rows if row == 0] == [0.25, 0.5]
    assert [x for row, x in rows if row == 1] == [0.25, 0.75]
    assert [x for row, x in rows if row == 2] == [-0.5, 0.0, 0.5]
    assert [round(height) for _, height in arrows] == [0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "two-sided (A2)",
        "open-above (A2)",
        "exact (A2)",
    ]


def test_the_summary_says_where_the_expected_value_lies_among_the_seeds():
    table = summary(VALUES).set_index("id")
    assert table["place"].to_list() == ["among our seeds", "too few seeds", "among our seeds"]
    assert table.loc["x-two-sided", ["smallest", "median", "largest"]].to_list() == [2.5, 3.0, 9.0]
    assert table.loc["x-open-above", "spread"] == pytest.approx(np.sqrt(2) / 6)
    above = summary(pd.DataFrame(claim("high", (1.0, 2.0, 3.0), 4.0, 0.0, 5.0)))
    assert above["place"].to_list() == ["above all"]
