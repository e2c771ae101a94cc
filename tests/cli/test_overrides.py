"""Settings by dotted name: found in every configuration, checked, replaced together."""

import dataclasses
from typing import Literal

import pytest

from incontext import experiments
from incontext.cli.overrides import OverrideError, names, override, value_of


@dataclasses.dataclass(frozen=True)
class Inner:
    steps: int = 10
    every: int = 5
    rate: float = 0.1
    decay: float | None = None
    kind: Literal["linear", "softmax"] = "linear"

    def __post_init__(self):
        if self.steps % self.every:
            raise ValueError(f"steps is {self.steps}; it must be a multiple of {self.every}.")


@dataclasses.dataclass(frozen=True)
class Outer:
    name: str = "tiny"
    tied: bool = False
    sizes: tuple[int, ...] = (1, 2)
    span: tuple[float, int] = (0.5, 2)
    inner: Inner = Inner()
    stages: tuple[Inner, ...] = (Inner(), Inner(20))


def test_the_names_are_those_of_the_settings_and_not_of_their_groups():
    assert names(Outer())[:5] == ("name", "tied", "sizes", "span", "inner.steps")
    assert "stages.1.kind" in names(Outer())
    assert not {"inner", "stages", "stages.0"} & set(names(Outer()))


@pytest.mark.parametrize("name", experiments.names())
def test_every_setting_of_every_preset_can_be_replaced_by_what_it_is(name):
    for config in experiments.get(name).presets.values():
        assert len(names(config)) > 5
        for setting in names(config):
            assert override(config, {setting: value_of(config, setting)}) == config


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("name", "other", "other"),
        ("tied", True, True),
        ("sizes", [3], (3,)),
        ("sizes", [], ()),
        ("sizes.1", 7, 7),
        ("span", [1, 2], (1.0, 2)),
        ("inner.rate", 1, 1.0),
        ("inner.decay", 1, 1.0),
        ("inner.decay", None, None),
        ("inner.kind", "softmax", "softmax"),
        ("stages.1.rate", 0.5, 0.5),
    ],
)
def test_a_value_takes_the_type_of_its_setting(setting, value, expected):
    found = value_of(override(Outer(), {setting: value}), setting)
    assert found == expected
    assert type(found) is type(expected)


def test_nothing_else_changes():
    changed = override(Outer(), {"stages.1.steps": 5, "name": "x"})
    assert changed == Outer(name="x", stages=(Inner(), Inner(5)))


def test_settings_that_depend_on_each_other_change_together():
    assert override(Outer(), {"inner.steps": 9, "inner.every": 3}).inner == Inner(9, 3)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"inner.stepz": 1}, "there is no setting 'inner.stepz'; did you mean 'inner.steps'?"),
        ({"steps": 1}, "there is no setting 'steps'; did you mean 'inner.steps'?"),
        ({"qqqq": 1}, "there is no setting 'qqqq'; there are name, tied, sizes"),
        ({"stages.2.steps": 1}, "there is no setting 'stages.2.steps'; did you mean"),
        ({"stages.-1.steps": 1}, "there is no setting 'stages.-1.steps'; did you mean"),
        ({"": 1}, "there is no setting ''"),
        ({"inner": 1}, "inner is a group of settings; name one of inner.steps, inner.every"),
        ({"stages": []}, "stages is a group of settings; name one of stages.0, stages.1"),
        ({"name": 1}, "name is 1; it must be a valid string"),
        ({"tied": 1}, "tied is 1; it must be a valid boolean"),
        ({"inner.steps": True}, "inner.steps is True; it must be a valid integer"),
        ({"inner.steps": 5.0}, "inner.steps is 5.0; it must be a valid integer"),
        ({"inner.steps": None}, "inner.steps is None; it must be a valid integer"),
        ({"inner.rate": "1"}, "inner.rate is '1'; it must be a valid number"),
        ({"inner.rate": True}, "inner.rate is True; it must be a valid number"),
        ({"inner.rate": float("nan")}, "inner.rate is nan; it must be a finite number"),
        ({"inner.rate": 10**400}, "it must be a finite number"),
        ({"inner.decay": "no"}, "inner.decay is 'no'; it must be a valid number"),
        ({"inner.kind": "mesa"}, "inner.kind is 'mesa'; it must be 'linear' or 'softmax'"),
        ({"sizes": 3}, "sizes is 3; it must be a valid array"),
        ({"sizes": [1, "2"]}, "sizes.1 is '2'; it must be a valid integer"),
        ({"span": [1.0]}, "span.1 is missing; it is needed"),
        ({"inner.steps": 7}, "inner.steps = 7: steps is 7; it must be a multiple of 5"),
        ({"sizes": [1], "sizes.0": 2}, "sizes is replaced as a whole and in part"),
    ],
)
def test_what_cannot_be_replaced_is_refused_in_one_sentence(changes, sentence):
    with pytest.raises(OverrideError) as refused:
        override(Outer(), changes)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
