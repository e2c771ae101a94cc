"""Optimises any problem that gives a sampler and a loss; knows no paper."""

__all__ = [
    "blocks",
    "config",
    "devices",
    "evaluation",
    "loop",
    "optimizers",
    "progress",
    "state",
]
