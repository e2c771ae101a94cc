"""Independent algorithms in plain jax.numpy: the oracles that trained networks are held to."""

__all__ = [
    "causal_gradient_step",
    "closed_form",
    "descent",
    "gdpp",
    "gradient_descent",
    "kernel",
    "least_squares",
    "ngram",
    "orthogonal_optimum",
    "prompt_ridge",
    "proposition2",
    "sine",
    "step_search",
]
