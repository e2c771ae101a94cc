"""What else than settings and source decides the numbers: JAX's own switches."""

import os
import re
from typing import Any

import jax

from incontext.errors import Refusal

DETERMINISTIC = "--xla_gpu_deterministic_ops=true"
SWITCHES = {
    "jax_default_matmul_precision": "highest",
    "jax_default_prng_impl": "threefry2x32",
    "jax_threefry_partitionable": True,
    "jax_enable_x64": False,
    "jax_disable_jit": False,
}

SEEDS_AS_THEY_ARE = {"jax_random_seed_offset": 0}


def set_numerics() -> None:
    """Set the numerics of recorded networks, whatever the environment says.

    Exact matrix products, float32, the threefry generator, deterministic kernels on a GPU.
    XLA reads its flags when JAX first computes, which importing JAX does not.

    Raises:
        Refusal: if XLA is told to compute inexactly.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if re.search(r"fast_math(?!=(false|0)\b)", flags):
        raise Refusal(
            f"XLA_FLAGS is {flags!r}; fast math changes what is recorded, so unset that flag."
        )
    for name, value in (SWITCHES | SEEDS_AS_THEY_ARE).items():
        jax.config.update(name, value)
    others = [flag for flag in flags.split() if "xla_gpu_deterministic_ops" not in flag]
    os.environ["XLA_FLAGS"] = " ".join([*others, DETERMINISTIC])


def numerics() -> dict[str, Any]:
    """The switches as they stand."""
    found = {name: getattr(jax.config, name) for name in SWITCHES}
    return {**found, "XLA_FLAGS": os.environ.get("XLA_FLAGS", "")}
