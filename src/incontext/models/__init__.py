"""Networks in Haiku, and constructions that turn a formula into their parameters."""

__all__ = [
    "attention",
    "causal_product",
    "constructed",
    "constructed_mesa",
    "constructed_sequence",
    "copying",
    "embedding",
    "few_shot",
    "initialization",
    "kinds",
    "language",
    "mesa",
    "mesa_core",
    "mesa_solvers",
    "readout",
    "sequence",
    "token_binding",
    "transformer",
]
