"""The numbers that claims about the other worlds refer to."""

import itertools
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
import pandas as pd

from incontext.analysis.spans import powers, spanned_share
from incontext.baselines import stored_map
from incontext.experiments import sequences, stack_probes, tables
from incontext.experiments.mesa.config import title
from incontext.experiments.other_worlds import panels
from incontext.experiments.other_worlds.config import ONE_MAP, Config, depth
from incontext.models.attention import merge
from incontext.networks.network import Networks
from incontext.networks.training import half_squared_error
from incontext.tasks.fixed import evaluation_key, fixed_batch


def short(name: str) -> str:
    """A world or a network as part of the name of a metric, such as "linear_4" and "mesa"."""
    words = name.split()
    if "layer" in words[-1] and words[0].isdigit():
        return f"{words[1]}_{words[0]}"
    return "mesa" if name == "mesa layer" else tables.slug(name)


def add_losses(config: Config, positions: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Means over the length and the ends of every learner, and what they are compared in."""
    for world, part in positions.groupby("world"):
        by_model, start = sequences.losses_by_model(part), short(str(world))
        for model, losses in by_model.items():
            rows.add(f"{start}_{short(model)}_mean_loss", losses.mean(axis=1), losses.index)
            rows.add(f"{start}_{short(model)}_last_loss", losses.iloc[:, -1], losses.index)
        one, step = by_model["1 linear layer"], by_model["gradient descent"].iloc[0]
        ratio = one.mean(axis=1) / step.mean()
        rows.add(f"{start}_one_layer_over_gradient_step", ratio, one.index)
        rows.add(f"{start}_best_learning_rate", panels.best_rate(config, str(world)))
        means = pd.DataFrame(
            {
                title(entrant): by_model[title(entrant)].mean(axis=1)
                for entrant in config.worlds[str(world)][:-1]
            }
        )
        mesa = by_model["mesa layer"].mean(axis=1)
        best = (mesa / means.min(axis=1)).dropna()  # seeds that all have
        rows.add(f"{start}_mesa_over_best_stack", best, best.index)
        deepest = (means.iloc[:, -1] / means.iloc[:, 0]).dropna()
        rows.add(f"{start}_deepest_over_one_layer", deepest, deepest.index)


def add_over_known_map(positions: pd.DataFrame, rows: tables.MetricRows) -> None:
    """One trained layer over the layer that knows the map, on the same sequences."""
    by_model = sequences.losses_by_model(positions[positions["world"] == ONE_MAP])
    one, known = by_model["1 linear layer"], by_model[panels.stored_name(1)].iloc[0]
    rows.add("one_map_one_layer_over_known_map", one.mean(axis=1) / known.mean(), one.index)


def add_parts(found: panels.Losses, parts: pd.DataFrame, rows: tables.MetricRows) -> None:
    """How many contracting sequences do not shrink, and what they weigh."""
    large = panels.stays_large(found.states)
    squares = 0.5 * np.sum(found.states[:, 1:] ** 2, axis=-1)
    rows.add("share_that_stays_large", large.mean())
    rows.add("share_of_the_last_loss", squares[large, -1].sum() / squares[:, -1].sum())
    rows.add("share_of_the_loss", squares[large].sum() / squares.sum())
    for part, name in ((panels.LARGE, "large"), (panels.SMALL, "small")):
        by_model = sequences.losses_by_model(parts[parts["part"] == part])
        zero = by_model[panels.ZERO].iloc[0].mean()
        for model in ("1 linear layer", "gradient descent", "mesa layer"):
            losses = by_model[model].mean(axis=1)
            rows.add(f"{short(model)}_over_zero_where_{name}", losses / zero, losses.index)


def add_known_map(config: Config, one: Networks, rows: tables.MetricRows) -> None:
    """One trained layer beside the one that knows the map: losses and predictions."""
    task = config.task(ONE_MAP)
    for layers in sorted({depth(entrant) for entrant in config.one_map}):
        least = stored_map.least_loss(task.state_dim, layers, task.start_range)
        rows.add(f"known_map_least_loss_{layers}", least)
    batch = fixed_batch(task, config.transfer_size, 5)
    teacher = task.sample_teachers(1, key=evaluation_key(0))[0]
    rates = stored_map.best_rates(task.state_dim, 1, task.start_range)
    expected = stored_map.predict(batch.inputs, teacher, rates)
    found = one.learner("trained").predict(batch)
    apart = half_squared_error(found, jnp.broadcast_to(expected, found.shape)).mean(axis=(1, 2))
    square = half_squared_error(jnp.zeros_like(expected), expected).mean()
    rows.add("one_layer_apart_from_known_map", apart / square, one.seeds)


def add_weights(config: Config, layers: Mapping[str, Networks], rows: tables.MetricRows) -> None:
    """Shares of one layer's squared weights: of scaled identities, and of powers of the one map.

    Powers are W^-2 ... W^2 for either world, so that the contracting one shows what chance gives.
    """
    task = config.task(ONE_MAP)
    teacher = np.asarray(task.sample_teachers(1, key=evaluation_key(0))[0])
    spans = {"identity": [np.eye(task.state_dim)], "power": powers(teacher, 2)}
    for world, networks in layers.items():
        products = merge(networks.params["layer_0"])._asdict()
        for (kind, product), (name, basis) in itertools.product(products.items(), spans.items()):
            shares = [
                np.mean([spanned_share(head, basis) for head in one]) for one in np.asarray(product)
            ]
            rows.add(f"{short(world)}_{kind}_{name}_share", shares, networks.seeds)


def add_transfers(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Losses over those of predicting zero, of the mesa layer and the deepest linear stack."""
    ratio = (table["loss"] / table["zero"]).rename("ratio")
    table = table.assign(ratio=ratio)
    for (trained_in, tested_in), part in table.groupby(["trained_in", "tested_in"], sort=False):
        stacks = [name for name in part["model"].unique() if "linear" in name]
        deepest = max(stacks, key=lambda name: int(name.split()[0]))
        for model, name in ((deepest, "deepest"), ("mesa layer", "mesa")):
            one = part[part["model"] == model]
            metric = f"{short(str(trained_in))}_{name}_in_{short(str(tested_in))}_over_zero"
            rows.add(metric, one["ratio"], one["seed"])


def add_probes(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """What the probes find at the greatest length, world by world."""
    for world, part in table.groupby("world"):
        stack_probes.add_metrics(part, rows, prefix=f"{short(str(world))}_")
