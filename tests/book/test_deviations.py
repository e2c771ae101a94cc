"""The distance between our curves and the stored ones is what a hand computes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pages import deviations
from record_samples import manifest, result

from incontext import experiments, records
from incontext.figures import causal_layer
from incontext.records.coverage import by_figure
from incontext.records.types import Column, Result


def test_deviation_divides_by_each_zero_level_and_skips_what_we_lack():
    # By hand: ours / 2 = .5 .25 .05, stored / 4 = .4 .3 .05; at 7 there is nothing of ours.
    ours = pd.Series({1: 1.0, 2: 0.5, 5: 0.1, 6: 9.0})
    found = deviations.deviation((1, 2, 5, 7), (1.6, 1.2, 0.2, 3.0), ours, 4.0, 2.0)
    assert found is not None
    assert found.positions == 3
    assert (found.median, found.largest, found.where) == pytest.approx((0.05, 0.1, 1))
    assert found.ratio == pytest.approx(0.5)  # of .625, .4167 and .5


def test_deviation_of_nothing_is_none():
    ours = pd.Series({1: np.nan})
    assert deviations.deviation((1, 2), (1.0, 2.0), ours, 1.0, 1.0) is None


def test_a_stored_zero_counts_in_deviations_and_in_no_ratio():
    found = deviations.deviation((0, 1), (0.0, 1.0), pd.Series({0: 0.3, 1: 1.5}), 1.0, 1.0)
    assert found is not None
    assert (found.largest, found.ratio) == pytest.approx((0.5, 1.5))


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty directory of reports."""
    monkeypatch.setenv("INCONTEXT_DATA", str(tmp_path))
    return tmp_path / "reports"


def positions(shift):
    """Our one layer over stored values plus a shift, two seeds; zero level 2, stored 1.675."""
    at, stored = causal_layer.PUBLISHED_POSITIONS
    rows = [
        ("trained", seed, t, 2 * (value / deviations.STORED_ZERO + shift) + wobble)
        for seed, wobble in ((0, 0.01), (1, -0.01))
        for t, value in zip(at, stored, strict=True)
    ]
    rows += [("gradient descent", -1, t, 2.0 if t == 1 else 1.0) for t in at]
    return pd.DataFrame(rows, columns=["model", "seed", "t", "loss"])


def test_the_page_finds_a_known_deviation(data):
    tables = {
        "positions": positions(0.03),
        "interpolation": pd.DataFrame({"model": [], "seed": [], "step": [], "loss": []}),
        "metrics": result().tables["metrics"],
    }
    made = manifest(experiment="causal-layer", preset="paper")
    columns = {"t": Column("states read")}
    records.save(Result(tables=tables, params={}, columns=columns), made, root=data)
    page = deviations.stored_curves(SimpleNamespace())
    (row,) = [line for line in page.splitlines() if line.startswith("| 4C | 1 linear layer |")]
    assert "| paper | 8 of 8 | 3 % | 3 % at " in row
    assert "| 4D | 2 linear layers; 4 linear layers; 6 linear layers; Proposition 2 |" in page


def test_without_records_every_curve_is_named_as_not_compared(data):
    page = deviations.stored_curves(SimpleNamespace())
    assert page.startswith("No curve is recorded")
    for curve in deviations.curves():
        assert curve.name in page


def test_curves_are_of_listed_figures_and_their_presets_exist():
    known = {one.id for one in by_figure((), ())}
    for curve in deviations.curves():
        assert curve.figure.rstrip("ABCDEF") in known
        assert len(curve.at) == len(curve.stored)
        assert set(curve.source.presets) & set(experiments.get(curve.source.experiment).presets)


def test_every_recorded_curve_is_found_in_its_tables():
    """At the published settings a curve that finds nothing would vanish from the page unseen."""
    missing = {
        (curve.figure, curve.name)
        for curve in deviations.curves()
        if curve.source.experiment in {"causal-layer", "deep-linear", "mesa", "exact-regressions"}
        and deviations.compare(curve)[1] is None
    }
    assert missing == set()
