"""Settings of the figures about trained associative recall."""

import dataclasses

from incontext.errors import Refusal
from incontext.networks.fuzzy_recall import FuzzyConfig, FuzzyTraining
from incontext.networks.layouts import Numbers, Raw
from incontext.networks.recall import RecallConfig, RecallTraining
from incontext.tasks.fuzzy_recall import FuzzyRecall
from incontext.tasks.recall import KeyValues
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig

ALIKE = 0.8  # inner product of two keys, where keys are alike
TITLES = {
    "independent": "independent keys",
    "alike": "keys alike, in every sequence anew",
    "common": "keys alike, always the same way",
    "rebound": "every key bound twice",
}
"""Name of a task in settings -> what tables call it."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group.

    networks: one training per task and kind, named recall-<task>-<kind>.
    fuzzy: networks of a published size on fuzzy recall.
    loads: numbers of pairs that networks are tested with; they are trained with that of their task.
    test_size: sequences of every test.

    Raises:
        Refusal: if there is no network, a name says no task, or a test has no sequence.
    """

    networks: tuple[RecallTraining, ...]
    fuzzy: tuple[FuzzyTraining, ...] = ()
    loads: tuple[int, ...] = (4, 8, 16, 24, 32)
    test_size: int = 500

    def __post_init__(self) -> None:
        if not self.networks:
            raise Refusal("networks is empty; give at least one.")
        for one in self.networks:
            if task_of(one) not in TITLES:
                raise Refusal(f"a network is called {one.name}; tasks are {', '.join(TITLES)}.")
        if min(self.loads, default=0) < 2 or any(one % 2 for one in self.loads):
            raise Refusal(f"loads is {self.loads}; give even numbers of pairs, at least one.")
        if self.test_size < 2:
            raise Refusal(f"test_size is {self.test_size}; a standard error takes at least 2.")


def task_of(training: RecallTraining) -> str:
    """The task in a network's name, such as "alike"."""
    return training.name.split("-")[1]


def tasks(num_pairs: int, key_dim: int, num_values: int) -> dict[str, KeyValues]:
    """The four tasks of one size."""
    plain = KeyValues(num_pairs, key_dim, num_values)
    return {
        "independent": plain,
        "alike": dataclasses.replace(plain, correlation=ALIKE),
        "common": dataclasses.replace(plain, correlation=ALIKE, shared=True),
        "rebound": dataclasses.replace(plain, rebound=True),
    }


def networks(
    chosen: dict[str, tuple[str, ...]], made: dict[str, KeyValues], schedule: Schedule
) -> tuple[RecallTraining, ...]:
    """Networks of these kinds, task by task; one head, as wide as a key."""
    return tuple(
        RecallTraining(
            f"recall-{task}-{kind.replace(' ', '-')}",
            made[task],
            Raw(),
            RecallConfig(kind, key_size=made[task].key_dim),
            schedule,
        )
        for task, kinds in chosen.items()
        for kind in kinds
    )


def scheduled(learning_rate: float, num_steps: int, batch_size: int) -> Schedule:
    """Warm-up, cosine decay to a twentieth, clipping at norm 1."""
    optimizer = AdamConfig(
        learning_rate,
        clip_norm=1.0,
        warmup_steps=num_steps // 20,
        decay_steps=num_steps,
        final_learning_rate=learning_rate / 20,
    )
    return Schedule(num_steps, batch_size, optimizer, num_steps // 10, 256)


_FOUR = ("linear", "delta", "mesa", "softmax")
_SIX = ("linear", "delta", "gated delta", "mesa", "gated mesa", "softmax")
REDUCED = Config(
    networks(dict.fromkeys(TITLES, _SIX), tasks(16, 16, 32), scheduled(0.02, 2000, 64)),
    test_size=1000,
)

# Rate and decay are one point of the published grid: 3e-3, 1e-3, 5e-4, 1e-4 and 0.01, 0.1.
_EPOCHS, _BATCH = 200, 32
_MAD = FuzzyRecall()
_LONG = Schedule(
    _EPOCHS * _MAD.num_texts // _BATCH,
    _BATCH,
    AdamConfig(
        1e-3,
        weight_decay=0.1,
        decay_steps=_EPOCHS * _MAD.num_texts // _BATCH,
        final_learning_rate=1e-6,
    ),
    _MAD.num_texts // _BATCH,
    _MAD.num_tests,
)
PAPER = dataclasses.replace(
    REDUCED,
    fuzzy=tuple(
        FuzzyTraining(f"fuzzy-{kind.replace(' ', '-')}", _MAD, Numbers(), FuzzyConfig(kind), _LONG)
        for kind in ("delta", "gated delta", "gated mesa", "softmax")
    ),
)
_LIVE = {"alike": _FOUR, "common": ("linear",), "rebound": ("mesa", "gated mesa")}
LAPTOP = Config(networks(_LIVE, tasks(16, 16, 32), scheduled(0.02, 800, 32)))
_TINY = {"alike": ("linear", "mesa"), "common": ("linear",), "rebound": ("mesa", "gated mesa")}
_SHORT = FuzzyTraining(
    "fuzzy-delta",
    FuzzyRecall(10, 16, 2, 20, 12),
    Numbers(),
    FuzzyConfig("delta", 1, 6, 2, 3, 5),
    scheduled(0.02, 20, 4),
)
SMOKE = Config(
    networks(_TINY, tasks(4, 3, 5), scheduled(0.02, 20, 4)),
    fuzzy=(_SHORT,),
    loads=(2, 4),
    test_size=12,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "reduced": REDUCED, "paper": PAPER}
