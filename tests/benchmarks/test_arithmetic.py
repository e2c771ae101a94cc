"""The benchmarks' own arithmetic: exponents, spreads, counted operations, the plan."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import counting, fits, planning, timing
from benchmarks.counting import Count

SIZES = (5, 10, 20, 40, 80)


def test_a_power_has_its_exponent_and_no_uncertainty():
    fitted = fits.fit_exponent(SIZES, [3.0 * size**1.7 for size in SIZES])
    assert fitted.exponent == pytest.approx(1.7)
    assert fitted.low == pytest.approx(1.7, abs=1e-6)
    assert fitted.high == pytest.approx(1.7, abs=1e-6)


def test_the_interval_holds_the_exponent_as_often_as_it_says():
    """400 noisy powers with normal errors: 95 % intervals miss 5 %, give or take four errors."""
    draws = np.random.default_rng(0).normal(0, 0.1, (400, len(SIZES)))
    hits = 0
    for noise in draws:
        fitted = fits.fit_exponent(SIZES, np.asarray(SIZES) ** 1.5 * np.exp(noise))
        hits += fitted.low <= 1.5 <= fitted.high
    assert abs(hits / 400 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400)


def test_the_upper_fit_forgets_fixed_costs():
    costs = [100 + size**2 for size in SIZES]
    whole, upper = fits.fit_exponent(SIZES, costs), fits.fit_upper(SIZES, costs, 3)
    assert whole.exponent < upper.exponent < 2
    assert upper.points == 3


@pytest.mark.parametrize("costs", [(1.0, 2.0), (1.0, 0.0, 2.0)], ids=["two points", "a zero"])
def test_what_has_no_exponent_is_refused(costs):
    with pytest.raises(ValueError, match="three"):
        fits.fit_exponent(range(1, len(costs) + 1), costs)


def test_turns_alternate_and_the_first_round_is_dropped():
    calls = []

    def turn(name):
        calls.append(name)
        return float(len(calls))

    found = timing.take_turns({"a": lambda: turn("a"), "b": lambda: turn("b")}, 2)
    assert calls == ["a", "b"] * 3
    assert found == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_a_spread_is_median_and_quartiles():
    assert timing.told([1.0, 2.0, 3.0, 4.0, 5.0]) == {"median": 3.0, "low": 1.5, "high": 4.5}
    assert timing.told([2.0, 1.0]) == {"median": 1.5, "low": 1.0, "high": 2.0}


def test_products_are_counted_by_their_sizes_and_loops_by_their_length():
    def product(a, b):
        return a @ b

    def loop(a, b):
        return jax.lax.scan(lambda x, _: (jnp.tanh(x @ b), None), a, None, length=7)[0]

    a, b = jnp.zeros((3, 5)), jnp.zeros((5, 5))
    once = counting.count(product, a, b)
    assert once == Count(operations=2 * 3 * 5 * 5, bytes=4 * (15 + 25 + 15), launches=1)
    repeated = counting.count(loop, a, b)
    assert repeated.launches == 7
    assert repeated.operations == 7 * (once.operations + 15)


def test_calls_are_counted_through_and_unknown_loops_refused():
    inner = jax.jit(lambda a: jnp.sum(a * a))
    assert counting.count(lambda a: inner(a) + 1.0, jnp.zeros(11)).operations == 11 + 11 + 1
    with pytest.raises(ValueError, match="unknown length"):
        counting.count(
            lambda a: jax.lax.while_loop(lambda x: x[0] < 1, lambda x: x + 1, a), jnp.zeros(2)
        )


ROW = {
    "training": "layer", "tuning": False, "steps": 100, "evaluations": 3, "seeds": 5,
    "ms per seed-step": {"median": 2.0}, "seconds per evaluation": {"median": 0.5},
    "seconds to compile": 4.0, "temporary megabytes": 1000.0,
    "step": {"operations": 1e6, "bytes": 1e6, "launches": 10.0},
    "evaluation": {"operations": 0.0, "bytes": 0.0, "launches": 0.0},
}  # fmt: skip
CARD = planning.Accelerator(bandwidth=1e9, arithmetic=1e12, launch=1e-5, memory=10e9, usable=0.8)


def test_a_cpu_pays_for_every_seed_and_for_one_tuning():
    assert planning.cpu_seconds([ROW], 10) == pytest.approx(10 * (0.2 + 1.5) + 4)
    assert planning.cpu_seconds([ROW], None) == pytest.approx(5 * (0.2 + 1.5) + 4)
    assert planning.cpu_seconds([ROW | {"tuning": True}], 10) == pytest.approx(1.7 + 4)


def test_a_gpu_pays_the_longest_limit_block_by_block():
    """8 seeds fit; 16 make two blocks. A step of 8 moves 8 MB in 8 ms, longer than its launches."""
    bill = planning.gpu_bill([ROW], seeds=16, gpus=1, start=3.0, card=CARD)
    assert bill.seconds["bandwidth"] == pytest.approx(2 * 100 * 8e-3)
    assert bill.seconds["start"] == pytest.approx(7.0)
    assert bill.seconds["launches"] == bill.seconds["arithmetic"] == 0
    assert bill.limit == "start"


def test_few_seeds_are_ruled_by_launches():
    bill = planning.gpu_bill(
        [ROW | {"step": ROW["step"] | {"bytes": 1e3}}], seeds=2, gpus=2, start=0.0, card=CARD
    )
    assert bill.seconds["launches"] == pytest.approx(100 * 10 * 1e-5)
