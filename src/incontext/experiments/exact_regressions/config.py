"""Settings of the comparison of two regressions by dimension."""

import dataclasses

import numpy as np

from incontext.errors import Refusal


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group; nothing is trained.

    state_dims: dimensions n; a sequence has 4 n states to read.
    noises: standard deviations of the noise; the first is that of all other experiments.
    ridges, sharpnesses: candidates, of which the best is taken for every dimension and noise.
    tuning_size, test_size: sequences for that choice, and others for the losses.

    Raises:
        Refusal: if a list is empty or a size not positive.
    """

    state_dims: tuple[int, ...]
    noises: tuple[float, ...]
    ridges: tuple[float, ...]
    sharpnesses: tuple[float, ...]
    tuning_size: int = 16
    test_size: int = 512

    def __post_init__(self) -> None:
        for name in ("state_dims", "noises", "ridges", "sharpnesses"):
            if not getattr(self, name):
                raise Refusal(f"{name} is empty; give at least one.")
        for name in ("tuning_size", "test_size"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")


def _grid(stop: float, count: int) -> tuple[float, ...]:
    return tuple(np.round(np.linspace(1e-4, stop, count), 6).tolist())


PAPER = Config(
    state_dims=(4, 6, 10, 20, 40, 60),
    noises=(0.01, 0.1, 0.25, 0.5),
    ridges=_grid(10.0, 40),
    sharpnesses=_grid(4.0, 40),
)
LAPTOP = dataclasses.replace(
    PAPER,
    state_dims=(4, 6, 10, 20),
    noises=(0.01, 0.5),
    ridges=_grid(10.0, 10),
    sharpnesses=_grid(4.0, 10),
    test_size=256,
)
SMOKE = dataclasses.replace(
    LAPTOP, state_dims=(3,), ridges=(1e-4, 1.0), sharpnesses=(0.1, 1.0), tuning_size=8, test_size=8
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
