"""Verdicts: what a metrics table says of a claim."""

import numpy as np
import pytest
from record_samples import manifest, metrics, result

from incontext import records
from incontext.records import RecordError
from incontext.records.claims import Claim, Finding
from incontext.records.verdicts import evaluate_claims, interval, judge

FIELDS = {
    "id": "one",
    "kind": "published",
    "figure": "A2",
    "paper": "A",
    "statement": "Something holds.",
    "source": "Figure 2",
    "experiment": "tiny",
    "metric": "loss",
    "reduce": "mean",
    "expected": 1.0,
    "lower": 0.9,
    "upper": 1.1,
    "why": "The plot resolves a tenth.",
    "presets": ("smoke", "paper"),
}
FINDING = Finding("It is two.", 1.9, 2.1)


def claim(**changes):
    return Claim(**{**FIELDS, **changes})


@pytest.mark.parametrize(
    ("values", "changes", "measured", "status"),
    [
        ([0.9, 1.1], {}, 1.0, "pass"),
        ([1.1], {}, 1.1, "pass"),
        ([1.11], {}, 1.11, "fail"),
        ([0.8], {}, 0.8, "fail"),
        ([0.8], {"lower": -np.inf}, 0.8, "pass"),
        ([1.0, 1.0, 4.0], {}, 2.0, "fail"),
        ([1.0, 1.0, 4.0], {"reduce": "median"}, 1.0, "pass"),
        ([1.0, 1.0, 4.0], {"reduce": "min"}, 1.0, "pass"),
        ([1.0, 1.0, 4.0], {"reduce": "max"}, 4.0, "fail"),
        ([1.0, 0.95, 1.02], {"reduce": "each"}, 0.95, "pass"),
        ([1.0, 0.95, 1.2], {"reduce": "each"}, 1.2, "fail"),
        ([1.0, -5.0, 1.2], {"reduce": "each", "upper": np.inf}, -5.0, "fail"),
        ([2.0], {"finding": FINDING}, 2.0, "differs"),
        ([3.0], {"finding": FINDING}, 3.0, "fail"),
        ([1.0], {"finding": FINDING}, 1.0, "pass"),
    ],
)
def test_status_follows_the_reduced_value(values, changes, measured, status):
    verdict = judge(claim(**changes), "paper", metrics({"loss": values}))
    assert verdict.measured == pytest.approx(measured, rel=1e-12)
    assert (verdict.status, verdict.seeds) == (status, len(values))


def test_a_formula_rests_on_no_seed():
    verdict = judge(claim(), "paper", metrics({"loss": 1.0}))
    assert (verdict.status, verdict.seeds, verdict.interval) == ("pass", 0, None)


def test_a_metric_that_is_not_there_is_not_recorded():
    for table in (None, metrics({"other": [1.0]})):
        verdict = judge(claim(), "paper", table)
        assert (verdict.status, verdict.measured, verdict.seeds) == ("not recorded", None, 0)


def test_the_interval_is_that_of_the_mean_over_seeds():
    values = np.array([0.8, 0.9, 1.0, 1.1, 1.4])
    # 2.776 is the 97.5 % point of Student's t with 4 degrees of freedom, from printed tables
    half = 2.776 * np.sqrt(np.sum((values - 1.04) ** 2) / 4 / 5)
    assert interval(values) == pytest.approx((1.04 - half, 1.04 + half), rel=1e-3)
    assert interval(np.ones(5)) == (1.0, 1.0)
    assert interval(values[:1]) is None


def test_the_interval_covers_the_mean_about_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(size=(400, 3))
    covered = [low <= 0 <= high for low, high in map(interval, draws)]
    assert 0.92 <= np.mean(covered) <= 0.98  # 95 % nominal, standard error 1.1 %


@pytest.mark.parametrize(
    ("over", "measured", "seeds"),
    [({"zero": 2.0}, 0.75, 2), ({"zero": [1.0, 4.0]}, 0.75, 2), ({"zero": [1.0]}, 1.0, 1)],
)
def test_a_metric_over_another_is_divided_seed_by_seed(over, measured, seeds):
    table = metrics({"loss": [1.0, 2.0], **over})
    verdict = judge(claim(over="zero"), "paper", table)
    assert (verdict.measured, verdict.seeds) == (pytest.approx(measured), seeds)


def test_an_algorithm_over_networks_is_divided_by_their_mean():
    verdict = judge(claim(over="zero"), "paper", metrics({"loss": 3.0, "zero": [1.0, 4.0]}))
    assert (verdict.measured, verdict.seeds) == (pytest.approx(1.2), 0)


def test_every_preset_of_a_claim_gets_its_verdict(tmp_path):
    table = metrics({"loss": [1.0, 1.05]})
    records.save(result(metrics=table), manifest(seeds=(0, 1)), root=tmp_path)
    verdicts = evaluate_claims([claim()], tmp_path)
    assert [(one.preset, one.status) for one in verdicts] == [
        ("smoke", "pass"),
        ("paper", "not recorded"),
    ]
    (only,) = evaluate_claims([claim()], tmp_path, "smoke")
    assert only.measured == pytest.approx(1.025, rel=1e-12)


def test_a_damaged_record_has_no_verdict(tmp_path):
    records.save(result(), manifest(), root=tmp_path)
    (tmp_path / "tiny" / "smoke" / "metrics.csv").write_text("metric,seed,value\nloss,0,1.0\n")
    with pytest.raises(RecordError, match=r"metrics\.csv: it was changed"):
        evaluate_claims([claim()], tmp_path)
