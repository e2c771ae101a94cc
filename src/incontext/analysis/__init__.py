"""Parameters and prompts in, arrays out: alignment, interpolation, sensitivity, statistics."""

__all__ = [
    "alignment",
    "compression",
    "influence",
    "interpolation",
    "learners",
    "linearisation",
    "past_sensitivity",
    "probes",
    "products",
    "ridges",
    "rollout",
    "spectrum",
    "token_sensitivity",
]
