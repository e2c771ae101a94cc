"""Settings of the figures about language models."""

import dataclasses

from incontext.errors import Refusal
from incontext.models.language import LanguageConfig
from incontext.networks.layouts import Numbers
from incontext.networks.training import Training
from incontext.tasks.text import Addresses
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig


def network(training: Training) -> LanguageConfig:
    """The language model of a training."""
    assert isinstance(training.network, LanguageConfig)
    return training.network


def family(training: Training) -> str:
    """What tables call the networks that differ in their attention only."""
    config = network(training)
    if config.shift_keys:
        return "one layer, keys shifted" if config.num_layers == 1 else "keys shifted"
    return f"{config.num_layers} layers" + (", MLPs" if config.mlp_factor else "")


def title(training: Training) -> str:
    """What tables call a network within its family, such as "mesa, ν = 3"."""
    config = network(training)
    kind = config.kinds[-1]
    return kind if kind == "softmax" else f"{kind}, ν = {config.feature_order}"


def slug(training: Training) -> str:
    """Beginning of a network's metrics, such as "shift_mesa_3"."""
    return training.name.removeprefix("language-").replace("-", "_")


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    small: networks that every seed is trained of.  deep: networks of the first seed only.
    test_passages: held-out passages for all measures, evenly spread; None for all there are.

    Raises:
        Refusal: if there is no network, they read different texts, two have one name, or there
            is no passage to test them on.
    """

    small: tuple[Training, ...]
    deep: tuple[Training, ...] = ()
    test_passages: int | None = None

    def __post_init__(self) -> None:
        if not self.small:
            raise Refusal("small is empty; give at least one network.")
        if any(one.task != self.small[0].task for one in self.networks):
            raise Refusal("the networks read different texts; give all the same task.")
        if len({one.name for one in self.networks}) < len(self.networks):
            raise Refusal("two networks have the same name; their metrics would be one.")
        if self.test_passages is not None and self.test_passages < 1:
            raise Refusal(f"test_passages is {self.test_passages}; it must be at least 1, or None.")

    @property
    def networks(self) -> tuple[Training, ...]:
        """Everything that is trained."""
        return (*self.small, *self.deep)

    @property
    def task(self) -> Addresses:
        """The text that all of them learn from."""
        assert isinstance(self.small[0].task, Addresses)
        return self.small[0].task


def _optimizer(learning_rate: float, warmup_steps: int, num_steps: int) -> AdamConfig:
    """As published but for rate and length: warm-up, cosine decay, clipping at norm 1."""
    return AdamConfig(
        learning_rate,
        b2=0.95,
        weight_decay=0.1,
        clip_norm=1.0,
        warmup_steps=warmup_steps,
        decay_steps=num_steps,
        final_learning_rate=learning_rate / 10,
    )


def _family(
    name: str,
    depth: int,
    kinds: tuple[tuple[str, int], ...],
    base: LanguageConfig,
    task: Addresses,
    schedule: Schedule,
) -> tuple[Training, ...]:
    """Networks of one depth: the first layer softmax, unless it is the only one."""
    found = []
    for kind, order in kinds:
        layers = (kind,) if depth == 1 else ("softmax", *[kind] * (depth - 1))
        shape = dataclasses.replace(base, kinds=layers, feature_order=order)
        suffix = "" if kind == "softmax" else f"-{order}"
        full = f"language-{name}-{kind}{suffix}"
        found.append(Training(full, task, Numbers(), shape, schedule))
    return tuple(found)


_THREE = (("softmax", 0), ("linear", 3), ("mesa", 3))
_FIVE = (("softmax", 0), ("linear", 0), ("linear", 3), ("mesa", 0), ("mesa", 3))
_DESK = Schedule(3000, 8, _optimizer(2e-3, 150, 3000), 100, 64)
_DEEP = Schedule(1500, 8, _optimizer(2e-3, 75, 1500), 100, 64)
_PLAIN = LanguageConfig()
_SHIFTED = dataclasses.replace(_PLAIN, kinds=("mesa",), shift_keys=True)
REDUCED = Config(
    small=(
        *_family("shift", 1, _FIVE, _SHIFTED, Addresses(), _DESK),
        *_family("2", 2, _THREE, _PLAIN, Addresses(), _DESK),
    ),
    deep=_family("4-mlp", 4, _THREE, dataclasses.replace(_PLAIN, mlp_factor=4), Addresses(), _DEEP),
)
_SMALL = dataclasses.replace(_SHIFTED, width=32, key_size=8)
_QUICK = Schedule(300, 16, _optimizer(5e-3, 30, 300), 50, 32)
LAPTOP = Config(
    small=_family("shift", 1, _THREE, _SMALL, Addresses(length=128), _QUICK), test_passages=256
)
_TINY = dataclasses.replace(_SHIFTED, width=8, num_heads=2, key_size=3)
_TINIEST = dataclasses.replace(_TINY, shift_keys=False, mlp_factor=2)
_SHORT, _FEW = Addresses(length=32), Schedule(20, 4, _optimizer(5e-3, 2, 20), 10, 4)
SMOKE = Config(
    small=_family("shift", 1, _THREE, _TINY, _SHORT, _FEW),
    deep=_family("2-mlp", 2, _THREE[2:], _TINIEST, _SHORT, _FEW),
    test_passages=12,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "reduced": REDUCED}
