"""The Cost page says what the committed results say, and what is not measured yet."""

import json
from types import SimpleNamespace

import pytest
from pages import cost, cost_plan, cost_results
from sources import ROOT

BOOK = SimpleNamespace()
MACHINE = {
    "cpu": "some processor", "device": {"platform": "cpu", "kind": "cpu", "count": 1},
    "versions": {"jax": "0.0"}, "measured": "2026-01-02T03:04:05Z", "commit": "0123456789",
}  # fmt: skip


@pytest.fixture
def results(tmp_path, monkeypatch):
    """An empty folder of results, and a function that puts a part into it."""
    monkeypatch.setattr(cost_results, "RESULTS", tmp_path)

    def put(name, part, rows, **machine):
        place = tmp_path / f"{name}.json"
        parts = json.loads(place.read_text())["parts"] if place.is_file() else {}
        parts[part] = {"size": "full", "machine": MACHINE | machine, "rows": rows}
        place.write_text(json.dumps({"benchmark": name, "parts": parts}))

    return put


def test_every_part_of_the_page_is_one_that_is_made():
    text = (ROOT / "cost.md").read_text() + (ROOT / "status.md").read_text()
    asked = {line.split()[3] for line in text.splitlines() if "generated: cost " in line}
    assert asked == set(cost.PARTS)


@pytest.mark.parametrize("part", sorted(set(cost.PARTS) - {"machines", "gpu-status"}))
def test_what_is_not_measured_names_its_command(results, part):
    said = cost.generate(BOOK, part)
    assert "ot yet" in said
    assert "`.venv/bin/python -m benchmarks " in said


def test_without_a_gpu_both_commands_are_not_yet_and_with_one_they_are_done(results):
    page = cost.generate(BOOK, "gpu-status")
    assert "| not yet | `.venv/bin/python -m benchmarks gpu` |" in page
    assert "| not yet | `.venv/bin/python -m benchmarks chapters` |" in page
    results("chapters", "fresh", [{}])  # on a CPU
    assert cost_plan.done("chapters") == "not yet"
    results("chapters", "fresh", [{}], device={"platform": "gpu", "kind": "H200", "count": 1})
    assert cost_plan.done("chapters") == "2026-01-02, 1 × H200"


@pytest.mark.parametrize(("seconds", "verdict"), [(0.2, "holds"), (1.2, "does not hold")])
def test_the_aim_of_the_search_is_judged(results, seconds, verdict):
    for part, steps in (("1-step", 1), ("2-steps", 2), ("5-steps", 5)):
        row = {"way": "same grid, one compiled call", "gradient steps": steps, "tasks": 10_000,
               "step sizes": 250, "seconds": {"median": seconds}, "times faster": 7.0,
               "best step size": 0.6}  # fmt: skip
        results("search", part, [row])
    said = cost.generate(BOOK, "search")
    assert f"the aim of one second {verdict}" in said
    assert "250 step sizes on 10,000 tasks" in said


@pytest.mark.parametrize(
    ("exponent", "low", "high", "verdict"),
    [(1.1, 0.9, 1.3, "as expected"), (1.5, 1.4, 1.6, "not as expected")],
)
def test_an_exponent_is_judged_by_its_interval(results, exponent, low, high, verdict):
    curves = {
        "context": ("whole step", "drawing the batch"),
        "inputs": ("whole step",), "layers": ("whole step",), "seeds": ("whole step",),
        "positions": ("mesa",),
    }  # fmt: skip
    for part, names in curves.items():
        fitted = {"exponent": exponent, "low": low, "high": high, "exponent of operations": 1.0}
        results("scaling", part, [{"curve": name, **fitted} for name in names])
    page = cost.generate(BOOK, "exponents")
    (row,) = [line for line in page.splitlines() if line.startswith("| $N$, drawing")]
    assert f"| {exponent:.2f} ({low:.2f} to {high:.2f}), {verdict} | 1.00 |" in row


def test_durations_are_said_as_people_do():
    assert [cost_plan.duration(h) for h in (0.001, 0.5, 3.14, 50)] == [
        "1 min", "30 min", "3.1 h", "2 days"
    ]  # fmt: skip
