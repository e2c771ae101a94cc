"""How trained matrices start: two rules, each a small frozen object."""

import dataclasses
import math
from typing import Protocol, runtime_checkable

import haiku as hk

from incontext.errors import Refusal

_TRUNCATION = 0.87962566103423978  # standard deviation of N(0, 1) cut at +-2


@runtime_checkable
class Initialization(Protocol):
    """A rule that turns a fan-in into a Haiku initializer."""

    def for_fan_in(self, fan_in: int) -> hk.initializers.Initializer:
        """Initializer for a matrix that sums over `fan_in` inputs."""
        ...


@dataclasses.dataclass(frozen=True)
class FanIn:
    """Truncated normal with variance scale / fan_in.

    Raises:
        Refusal: if the scale is not positive.

    Source: paper A, Section A.12; the text calls `scale` a standard deviation,
    the losses at the start of training are those of a variance scale.
    """

    scale: float

    def __post_init__(self) -> None:
        _check_positive("scale", self.scale)

    def for_fan_in(self, fan_in: int) -> hk.initializers.Initializer:
        """Initializer whose draws have standard deviation sqrt(scale / fan_in)."""
        return hk.initializers.TruncatedNormal(math.sqrt(self.scale / fan_in) / _TRUNCATION)


@dataclasses.dataclass(frozen=True)
class Gaussian:
    """Normal with a fixed standard deviation, whatever the fan-in.

    Raises:
        Refusal: if the standard deviation is not positive.

    Source: paper B, Appendix F, Tables 1-3.
    """

    std: float

    def __post_init__(self) -> None:
        _check_positive("std", self.std)

    def for_fan_in(self, fan_in: int) -> hk.initializers.Initializer:
        """Initializer whose draws have standard deviation `std`."""
        return hk.initializers.RandomNormal(self.std)


def _check_positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise Refusal(f"{name} is {value}; it must be positive and finite, or no layer trains.")
