"""The Cost page says what trained networks and committed results say, and what is missing."""

import json

import numpy as np
import pytest
from pages import cost
from sources import ROOT

from incontext.networks import files

MACHINE = {
    "cpu": "some processor", "device": {"platform": "cpu", "kind": "cpu", "count": 1},
    "versions": {"jax": "0.0"}, "measured": "2026-01-02T03:04:05Z", "commit": None,
}  # fmt: skip


@pytest.fixture
def put(tmp_path, monkeypatch):
    """An empty folder of results, and a function that puts a part into it."""
    monkeypatch.setattr(cost, "RESULTS", tmp_path)

    def put(name, part, rows):
        kept = {"size": "full", "numbers": "one run", "machine": MACHINE, "rows": rows}
        (tmp_path / f"{name}.json").write_text(json.dumps({"parts": {part: kept}}))

    return put


@pytest.fixture
def network(tmp_path, monkeypatch):
    """An empty data/, and a function that puts a trained network there."""
    monkeypatch.setenv("INCONTEXT_DATA", str(tmp_path))

    def network(folder, seed, seconds, kind="cpu"):
        header = {
            "seed": seed, "seconds": seconds,
            "training": {"schedule": {"num_steps": 5000, "batch_size": 2048}},
            "cpu": "some_processor", "device": {"platform": kind[:3], "kind": kind},
        }  # fmt: skip
        path = tmp_path / "networks" / folder / f"seed-{seed}.safetensors"
        files.write(path, {"losses": np.zeros(2)}, header)

    return network


def test_every_part_of_the_page_is_one_that_is_made():
    texts = [path.read_text() for path in ROOT.glob("*.md")]
    lines = [line for text in texts for line in text.splitlines()]
    asked = [line.split()[3] for line in lines if "generated: cost " in line]
    assert sorted(asked) == sorted(cost.PARTS)


@pytest.mark.parametrize("part", cost.BENCHMARKS)
def test_what_is_not_measured_names_its_command(put, part):
    expected = f"Not yet: `.venv/bin/python -m benchmarks {part}` measures it."
    assert cost.generate(None, part) == expected


@pytest.mark.parametrize("part", cost.PARTS)
def test_what_is_committed_is_shown_whole(part):
    shown, _, below = cost.generate(None, part).partition("\n\n")
    shown = shown.splitlines()
    assert len({line.count("|") for line in shown}) == 1
    assert below == "" or (part == "networks" and below.startswith("All on "))
    if part in ("training", "memory", "startup"):
        assert len(shown) == 2 + len(cost.rows(part))


def test_without_networks_the_page_says_so(network):
    assert cost.generate(None, "networks").startswith("Nothing is recorded yet")


def test_a_training_shows_its_seeds_and_their_median_minutes(network):
    for seed, seconds in enumerate((60.0, 120.0, 600.0)):
        network("linear-6-0123456789", seed, seconds)
    network("linear-6-0123456789", 3, None, kind="gpu of some kind")  # imported, time not known
    network("mesa-1-abcdef0123", 0, None)
    *_, linear, mesa = cost.generate(None, "networks").splitlines()
    start = "| `linear-6` | 5,000 | 2,048 | 4 | 2.0 |"
    assert linear.startswith(start)
    assert {"gpu of some kind", "some\\_processor"} == set(
        linear[len(start) : -1].strip(" |").split("; ")
    )
    assert mesa == "| `mesa-1` | 5,000 | 2,048 | 1 | not known | some\\_processor |"


def test_a_layer_has_a_line_a_length_a_column_and_a_median_its_quartiles(put):
    rows = [
        {"layer": "a", "positions": 1024, "megabytes": 34443.6, "milliseconds": "not run"},
        {"layer": "a", "positions": 50, "megabytes": 6.14, "times linear": 12.0,
         "milliseconds": {"median": 47.46, "low": 40.0, "high": 50.0}},
        {"layer": "b", "positions": 50, "megabytes": 5.0, "milliseconds": 1275.2},
    ]  # fmt: skip
    put("mesa", "positions", rows)
    assert cost.generate(None, "mesa").splitlines() == [
        "| Layer | T = 50 | T = 1,024 |",
        "|---|---|---|",
        "| a | 47.5 ms (12 ×), 6.14 MB | not run, 34,400 MB |",
        "| b | 1,280 ms, 5 MB |  |",
    ]
    spread = {"median": 0.07549, "low": 0.0751, "high": 0.08}
    put("startup", "help", [{"command": "x", "until": "", "state": "", "seconds": spread}])
    assert "| 0.0755 (0.0751 to 0.08) |" in cost.generate(None, "startup")
    said = "| `mesa.positions` | one run | some processor, cpu | jax 0.0 | 2026-01-02, unknown |"
    assert said in cost.generate(None, "machines")
