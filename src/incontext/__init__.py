"""Executable companion to two papers on how Transformers learn in context."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # JAX takes seconds to import, and a version does not need it
    from incontext.networks.network import TrainedNetwork

__all__ = ["load"]


def load(name: str, seed: int = 0, *, preset: str = "paper") -> "TrainedNetwork":
    """A recorded network: its settings, weights, loss curve, and a function of a batch of tasks.

    name: as `incontext train --list` prints it, such as "linear-6".  Calling the network
    predicts; `check()` finds its recorded loss again.

    Raises:
        Refusal: if there is no training of that name, or it is not recorded with that seed.
    """
    from incontext.experiments import catalogue

    return catalogue.load(name, seed, preset)


def __getattr__(name: str) -> str:
    """Return `__version__`, which is only looked up when asked for."""
    if name != "__version__":
        raise AttributeError(f"incontext has no attribute {name!r}")
    from importlib.metadata import version

    return version("incontext")
