"""What is to be learned: distributions of prompts, and how prompts become tokens."""

__all__ = [
    "blocks",
    "channels",
    "dynamics",
    "fixed",
    "layout",
    "pairs",
    "regression",
    "sine",
    "text",
    "types",
]
