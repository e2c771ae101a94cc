"""All trainings of all experiments by name."""

import difflib

from incontext import experiments
from incontext.errors import Refusal
from incontext.networks.network import TrainedNetwork
from incontext.networks.store import Store
from incontext.networks.training import Training
from incontext.paths import networks_directory


def trainings(preset: str) -> dict[str, list[Training]]:
    """The different trainings of a preset by their name; at `paper` every name has one."""
    found: dict[str, list[Training]] = {}
    for name in experiments.names():
        experiment = experiments.get(name)
        if preset not in experiment.presets:
            continue
        for wanted in experiment.trainings(experiment.presets[preset]).values():
            same = found.setdefault(wanted.training.name, [])
            if wanted.training not in same:
                same.append(wanted.training)
    return found


def load(name: str, seed: int, preset: str) -> TrainedNetwork:
    """The recorded network of that name and seed.

    Raises:
        Refusal: if there is no such training, several have the name, or it is not recorded with
            that seed.
    """
    known, store = trainings(preset), Store(networks_directory())
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.0)
        raise Refusal(f"name is {name!r}; there is no such training, near are {', '.join(near)}.")
    if len(known[name]) > 1:
        folders = ", ".join(one.folder for one in known[name])
        raise Refusal(f"name is {name!r}; at {preset} that may be {folders}: use preset='paper'.")
    (training,) = known[name]
    seeds = store.seeds(training)
    if seed not in seeds:
        there = ", ".join(map(str, seeds)) or "none"
        raise Refusal(
            f"seed is {seed}; of {name} at {preset} these are recorded: {there}. Train it with "
            f"'incontext train {name} --preset {preset} --seeds {seed}'."
        )
    return store.read(training, seed)
