"""The recipes of use.md run as they stand, and give what the page says."""

import re

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sources import ROOT

from incontext import experiments
from incontext.models.kinds import KINDS

RECIPES = re.findall(r"```python\n(.*?)```", (ROOT / "use.md").read_text(), re.DOTALL)


def run(recipe):
    names = {"__name__": "recipe"}
    exec(compile(recipe, "use.md", "exec"), names)
    return names


def test_there_are_four():
    assert len(RECIPES) == 4


def test_a_construction_is_gradient_descent():
    names = run(RECIPES[0])
    np.testing.assert_allclose(names["by_attention"], names["by_descent"], rtol=1e-4, atol=1e-5)
    assert jnp.max(jnp.abs(names["by_descent"])) > 0.1


def test_the_mesa_layer_stands_in_a_network():
    names = run(RECIPES[1])
    assert names["outputs"].shape == (2, 50, 4, 16)
    later = names["tokens"].at[:, 30:].set(0.0)
    before = names["network"].apply(names["params"], names["tokens"])
    after = names["network"].apply(names["params"], later)
    np.testing.assert_allclose(before[:, :30], after[:, :30], rtol=1e-5, atol=1e-5)


def test_a_recorded_network_is_loaded_and_probed(capsys):
    names = run(RECIPES[2])
    printed = capsys.readouterr().out.splitlines()
    errors = [float(line.split()[1]) for line in printed if re.match(r"\d ", line)]
    assert len(errors) == 2
    assert errors[-1] < errors[0] / 10
    assert names["network"].check().passed


@pytest.mark.slow
def test_a_new_layer_takes_the_place_of_the_mesa_layer():
    before = set(KINDS)
    try:
        names = run(RECIPES[3])
    finally:
        for added in set(KINDS) - before:
            del KINDS[added]
    labels = [line.get_label() for line in names["figure"].axes[0].lines]
    assert "1 running mean layer" in labels
    plt.close("all")
    assert experiments.get("mesa").presets["laptop"].layer.name == "mesa-1"
