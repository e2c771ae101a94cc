"""Settings of the comparison of memories."""

import dataclasses

from incontext.errors import Refusal


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the figure group; nothing is trained.

    key_dim: width of keys and of values.
    num_draws: draws that are measured.  tuning_draws: others, on which every memory's setting is
        chosen, point by point.
    loads: numbers of pairs that are written.
    correlations: mean inner products of two different keys of a draw.
    rebound: keys that are bound a second time.
    noises: size of what is added to a query of length one.  noisy_load: pairs written then.
    seed: of the draws.

    Raises:
        Refusal: if a size is not positive, a correlation is not in [0, 1), or loads leave out
            key_dim, half as many again or twice as many, which the claims are about.
    """

    key_dim: int = 16
    num_draws: int = 400
    tuning_draws: int = 100
    loads: tuple[int, ...] = (2, 4, 8, 12, 16, 20, 24, 32, 48)
    correlations: tuple[float, ...] = (0.0, 0.8)
    rebound: int = 16
    noises: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0)
    noisy_load: int = 8
    seed: int = 0

    @property
    def marked(self) -> tuple[int, int, int]:
        """Loads of the claims: as many pairs as dimensions, half as many again, twice as many."""
        return self.key_dim, 3 * self.key_dim // 2, 2 * self.key_dim

    @property
    def room(self) -> int:
        """Most pairs of any question."""
        return max(*self.loads, 2 * self.rebound, self.noisy_load)

    def __post_init__(self) -> None:
        sizes = ("key_dim", "num_draws", "tuning_draws", "rebound", "noisy_load")
        for name in sizes:
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not all(0 <= one < 1 for one in self.correlations) or not self.correlations:
            raise Refusal(f"correlations is {self.correlations}; all must be in [0, 1), one given.")
        if min(self.loads, default=0) < 1 or not set(self.marked) <= set(self.loads):
            raise Refusal(f"loads is {self.loads}; it must hold {self.marked} and no zero.")
        if min(self.noises, default=-1.0) < 0:
            raise Refusal(f"noises is {self.noises}; all must be zero or more, at least one given.")
        if self.num_draws < 2:
            raise Refusal(f"num_draws is {self.num_draws}; a standard error takes at least 2.")


PAPER = Config()
LAPTOP = dataclasses.replace(PAPER, num_draws=100, tuning_draws=50, loads=(4, 8, 16, 24, 32, 48))
SMOKE = Config(
    key_dim=4,
    num_draws=20,
    tuning_draws=10,
    loads=(4, 6, 8),
    rebound=4,
    noises=(0.0, 1.0),
    noisy_load=2,
)
PRESETS = {"smoke": SMOKE, "laptop": LAPTOP, "paper": PAPER}
