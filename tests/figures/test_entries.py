"""The registry of figures and the experiments name the same figures."""

from incontext import experiments, figures


def test_every_figure_of_an_experiment_can_be_drawn_cited_and_exported():
    for name in experiments.names():
        entries = [entry.id for entry in figures.ENTRIES if entry.experiment == name]
        drawn = {entry.split("-")[0] for entry in entries}
        assert drawn == set(experiments.get(name).figures), name


def test_figure_names_are_unique_and_their_experiments_exist():
    names = [entry.id for entry in figures.ENTRIES]
    assert len(names) == len(set(names))
    assert {entry.experiment for entry in figures.ENTRIES} <= set(experiments.names())
