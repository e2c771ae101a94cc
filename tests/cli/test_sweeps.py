"""A sweep's file: what it stands for, and what is refused before anything is trained."""

import itertools
import os

import pytest
from tiny_experiment import Config, config

from incontext.cli import sweeps
from incontext.cli.errors import UsageError
from incontext.provenance import plain

GOOD = """
preset: smoke
seeds: 3
fixed:
  schedule.num_steps: 10
overrides:
  schedule.optimizer.learning_rate: [1e-3, 0.1]
  poison: [false, true]
points:
  - {schedule.optimizer.learning_rate: 0.2}
"""


@pytest.fixture
def file(places, tmp_path):
    """A sweep's file with the given text."""

    def write(text, name="rates.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_points_are_all_combinations_and_then_those_that_are_listed(file):
    sweep = sweeps.read(file(GOOD), "tiny")
    assert (sweep.name, sweep.preset, sweep.num_seeds) == ("rates", "smoke", 3)
    pairs = [*itertools.product((0.001, 0.1), (False, True)), (0.2, False)]
    assert [point.config for point in sweep.points] == [
        config(10, rate, poison=poison) for rate, poison in pairs
    ]
    settings = [
        dict(zip(("schedule.optimizer.learning_rate", "poison"), pair, strict=True))
        for pair in pairs
    ]
    assert [point.settings for point in sweep.points] == settings
    assert [point.number for point in sweep.points] == [1, 2, 3, 4, 5]
    assert len({point.label for point in sweep.points}) == 5


def test_a_point_is_called_the_same_wherever_its_configuration_stands(file):
    one = sweeps.read(file("preset: smoke\noverrides: {schedule.num_steps: [10, 20]}"), "tiny")
    two = sweeps.read(file("preset: laptop\npoints: [{schedule.num_steps: 20}]"), "tiny")
    assert one.points[1].label == two.points[0].label != one.points[0].label


def test_without_seeds_it_has_those_of_its_preset(file):
    assert (
        sweeps.read(file("preset: smoke\npoints: [{schedule.num_steps: 20}]"), "tiny").num_seeds
        == 2
    )


def test_what_a_record_says_of_it_is_the_file_and_the_preset(file):
    described = sweeps.read(file("preset: smoke\npoints: [{poison: true}]"), "tiny").description()
    assert described == {
        "class": "Sweep",
        "preset": "smoke",
        "seeds": 2,
        "points": [{"poison": True}],
        "base": plain(Config()),
    }


PRESET = "preset: smoke\n"
STEPS = "overrides: {schedule.num_steps: [10]}"
REFUSED = [
    ("", "a sweep is None; it must be a mapping of preset, seeds"),
    ("- 1", "a sweep is [1]; it must be a mapping of preset, seeds"),
    ("preset: [", "it is no YAML: "),
    ("\x00", "it is no YAML: special characters are not allowed"),
    ("[" * 5000, "it is no YAML: it is nested too deep"),
    (PRESET + "points: [{task.dim: &a [*a]}]", "point 1: task.dim holds itself"),
    (PRESET + "overrides: {task.dim: [2020-01-01]}", "it must be a valid integer"),
    (PRESET + "overrides: {task.slope: [1:30]}", "task.slope is '1:30'; it must be a valid number"),
    (PRESET + f"overrides: {{task.dim: {list(range(1, 1002))}}}", "more than 1000 points; split"),
    (PRESET + PRESET, "it is no YAML: found duplicate key"),
    (STEPS, "preset is missing; it is needed"),
    (PRESET, "it changes no setting; list some under overrides or points"),
    (PRESET + "override: {}", "there is no key 'override'; use preset, seeds, fixed, overrides"),
    (f"preset: smok\n{STEPS}", "preset is 'smok'; use one of smoke, laptop"),
    (f"preset: [1]\n{STEPS}", "preset is [1]; it must be a valid string"),
    (PRESET + "overrides: {}", "it changes no setting"),
    (PRESET + "overrides: 3", "overrides is 3; it must be a valid dictionary"),
    (PRESET + "overrides: {1: [2]}", "it must be a valid string"),
    (PRESET + "overrides: {schedule.num_steps: []}", "overrides.schedule.num_steps is []; "),
    (PRESET + "overrides: {schedule.num_steps: 10}", "num_steps is 10; it must be a valid list"),
    (
        PRESET + "overrides: {schedule.num_step: [10]}",
        "point 1: there is no setting 'schedule.num_step'; did you mean 'schedule.num_steps'?",
    ),
    (PRESET + "overrides: {poison: [0]}", "point 1: poison is 0; it must be a valid boolean"),
    (PRESET + "overrides: {task.dim: [1, 1]}", "points 1 and 2 are the same; remove one"),
    (PRESET + "points: []", "it changes no setting"),
    (PRESET + "points: [3]", "points.0 is 3; it must be a valid dictionary"),
    (PRESET + "fixed: {task.dim: 2}\noverrides: {task.dim: [1]}", "fixed.task.dim is also swept"),
    (PRESET + f"fixed: {{task.dam: 1}}\n{STEPS}", "fixed: there is no setting 'task.dam'"),
    (PRESET + f"seeds: 0\n{STEPS}", "seeds is 0; it must be greater than or equal to 1"),
    (PRESET + f"seeds: true\n{STEPS}", "seeds is True; it must be a valid integer"),
    (PRESET + f"seeds: 1001\n{STEPS}", "seeds is 1001; it must be less than or equal to 1000"),
]


def test_numbers_are_those_of_yaml_1_2(file):
    text = PRESET + "overrides: {task.dim: [010], task.slope: [1e-3, .5]}"
    points = sweeps.read(file(text), "tiny").points
    assert [(one.config.task.dim, one.config.task.slope) for one in points] == [
        (10, 0.001),
        (10, 0.5),
    ]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_a_file_at_fault_is_refused_in_one_sentence_and_nothing_is_written(
    incontext, places, file, text, sentence
):
    path = file(text)
    answer = incontext("run", "tiny", "--sweep", path, "--record")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"incontext: {path}: ")
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert not list(places.data.iterdir())
    assert not (places.build / "sweeps").exists()


def test_a_value_that_the_configuration_refuses_is_named_with_its_point(file):
    text = "preset: smoke\noverrides: {task.dim: [5, 0]}"
    with pytest.raises(UsageError, match=r"point 2: task\.dim = 0: dim is 0; it must be at least"):
        sweeps.read(file(text), "tiny")


def test_settings_that_depend_on_each_other_are_checked_together(file):
    text = (
        "preset: smoke\npoints: [{schedule.num_steps: 30, schedule.evaluate_every: 15}]\n"
        "fixed: {task.dim: 2}"
    )
    (point,) = sweeps.read(file(text), "tiny").points
    assert (point.config.schedule.num_steps, point.config.task.dim) == (30, 2)


@pytest.mark.parametrize("name", ["smoke.yaml", "A b.yaml"])
def test_a_sweep_is_not_called_like_a_preset_or_by_no_name_of_a_record(file, name):
    with pytest.raises(UsageError, match="name the file with a-z, 0-9, _ and -"):
        sweeps.read(file(GOOD, name), "tiny")


def test_a_file_that_is_not_there_is_named(places, tmp_path):
    with pytest.raises(UsageError, match=r"absent\.yaml: it cannot be read: No such file"):
        sweeps.read(tmp_path / "absent.yaml", "tiny")


def test_a_pipe_is_not_waited_for(places, tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(UsageError, match=r"pipe\.yaml: it is no regular file"):
        sweeps.read(tmp_path / "pipe.yaml", "tiny")
