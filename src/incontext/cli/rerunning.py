"""Make numbers again and say how they compare: reports from networks, networks from seeds."""

from collections.abc import Mapping

import numpy as np

from incontext.cli import lookup, running, sweeping, sweeps
from incontext.cli.errors import UsageError
from incontext.cli.running import Place
from incontext.errors import Refusal
from incontext.experiments.types import Experiment
from incontext.networks.files import flatten
from incontext.networks.network import Networks, TrainedNetwork
from incontext.networks.recorder import train_in_memory, weights
from incontext.networks.store import Store, origin
from incontext.networks.training import Training
from incontext.paths import data_directory
from incontext.records import provenance, store
from incontext.records.compare import differences
from incontext.training.loop import take_seed

RELATIVE, ABSOLUTE = 0.02, 1e-6  # of one seed's loss, on another machine


def recompute(names: list[str], preset: str | None) -> int:
    """Make reports again from the recorded networks, check every network, and compare.

    Returns: the exit status, 1 if a number is not found again.
    """
    running.prepare_device()
    place, found = Place(data_directory()), 0
    for name, one in store.recorded(place.reports):
        if {name, f"{name}/{one}"} & set(names) and preset in (None, one):
            found += _recompute(lookup.experiment(name), one, place)
    return int(found > 0)


def _recompute(experiment: Experiment, preset: str, place: Place) -> int:
    name = f"{experiment.name}/{preset}"
    record = store.load(experiment.name, preset, root=place.reports)
    if not record.manifest.networks:
        print(f"{name}: was made before networks were kept; nothing to make it from")
        return 0
    if provenance.is_sweep(record.manifest):
        sweep = sweeps.recorded(record.manifest, experiment)
        wanted = sweeping.wanted(sweep)
        problems = _unlike_their_losses(wanted, place)
        result, _ = sweeping.measure(sweep, place)
    else:
        config = lookup.config(experiment, preset)
        wanted = _recorded_seeds(experiment, config, record.manifest.networks)
        problems = _unlike_their_losses(wanted, place)
        result, _ = running.measure(experiment, preset, config, place, wanted)
    problems += differences(record.result, result)
    for problem in problems:
        print(f"{name}: {problem}")
    print(f"{name}: {'differs' if problems else 'found again'}")
    return int(bool(problems))


def _unlike_their_losses(wanted: Mapping[Training, tuple[int, ...]], place: Place) -> list[str]:
    """Networks whose recorded loss is not found again, on the tasks of the curve or fresh ones."""
    problems = []
    for training, seeds in wanted.items():
        for seed in seeds:
            try:
                found = place.networks.read(training, seed).check()
            except Refusal as error:
                problems.append(str(error))
                continue
            if not found.passed:
                problems.append(
                    f"{training.name}, seed {seed}: loss {found.found:.6g} on fresh tasks, "
                    f"recorded {found.recorded:.6g}"
                )
    return problems


def _recorded_seeds(
    experiment: Experiment, config: object, networks: Mapping[str, str]
) -> dict[Training, tuple[int, ...]]:
    """Seeds of each training that a report was made of."""
    found: dict[Training, tuple[int, ...]] = {}
    for wanted in experiment.trainings(config).values():
        prefix = f"{wanted.training.folder}/seed-"
        numbers = [int(one.removeprefix(prefix)) for one in networks if one.startswith(prefix)]
        found[wanted.training] = tuple(sorted(numbers))
    return found


def rerun(name: str, preset: str) -> int:
    """Train every recorded network of a preset again and compare it, seed by seed.

    On the same machine, source and versions to the last bit; elsewhere the loss of every single
    seed within two percent.

    Returns: the exit status, 1 if a network differs.
    """
    running.prepare_device()
    experiment = lookup.experiment(name)
    config = lookup.config(experiment, preset)
    networks, verdicts = Store(data_directory() / "networks"), []
    for training in {wanted.training: 0 for wanted in experiment.trainings(config).values()}:
        for seed in networks.seeds(training):
            recorded = networks.read(training, seed)
            again = train_in_memory({training: (seed,)}, find=weights(networks))[training]
            verdicts.append(_difference(recorded, again))
            print(f"{training.name}, seed {seed}: {verdicts[-1] or 'agrees'}")
    if not verdicts:
        raise UsageError(f"no network of {name} is recorded at {preset}; there is none to compare")
    return int(any(verdicts))


def _difference(recorded: TrainedNetwork, again: Networks) -> str:
    here, losses = origin(recorded.training), again.losses[0]
    names = ("source", "numerics", "versions", "cpu", "device")
    if all(recorded.header[name] == here[name] for name in names):
        weights = flatten("", recorded.params), flatten("", take_seed(again.params, 0))
        same = [np.array_equal(one, weights[1][name]) for name, one in weights[0].items()]
        if not (np.array_equal(recorded.losses, losses) and all(same)):
            return "the weights or the loss curve are not the same to the last bit"
    apart = abs(float(losses[-1]) - float(recorded.losses[-1]))
    if apart > RELATIVE * float(recorded.losses[-1]) + ABSOLUTE:
        return f"the loss is {losses[-1]:.6g}, recorded {recorded.losses[-1]:.6g}"
    return ""
