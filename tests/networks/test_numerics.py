"""What the environment says about JAX's numbers is overruled, or refused."""

import json
import os
import subprocess
import sys

import pytest

from incontext.networks.numerics import DETERMINISTIC, set_numerics

SCRIPT = """
import json
import jax, jax.numpy as jnp
from incontext.networks.numerics import numerics, set_numerics
set_numerics()
key = jax.random.key(3)
traced = []
jax.jit(lambda x: traced.append(isinstance(x, jax.core.Tracer)) or x)(1.0)
print(json.dumps({
    "numerics": numerics(),
    "drawn": jax.random.normal(jax.random.fold_in(key, 5), (7,)).tolist(),
    "type": str(jnp.asarray(1.0).dtype),
    "traced": traced,
    "product": str(jax.make_jaxpr(jnp.dot)(jnp.ones((2, 2)), jnp.ones((2, 2)))),
}))
"""
HOSTILE = {
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "JAX_DISABLE_JIT": "1",
    "JAX_ENABLE_X64": "1",
    "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
    "JAX_RANDOM_SEED_OFFSET": "17",
    "XLA_FLAGS": "--xla_gpu_deterministic_ops=false",
}


def start(environment):
    clean = {name: value for name, value in os.environ.items() if name not in HOSTILE}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_environment_changes_no_number():
    both = [start({}), start(HOSTILE)]
    (said, _), (hostile, errors) = (process.communicate(timeout=300) for process in both)
    assert [process.returncode for process in both] == [0, 0], errors
    assert json.loads(hostile) == json.loads(said)
    found = json.loads(said)
    assert found["numerics"] == {
        "jax_default_matmul_precision": "highest",
        "jax_default_prng_impl": "threefry2x32",
        "jax_threefry_partitionable": True,
        "jax_enable_x64": False,
        "jax_disable_jit": False,
        "XLA_FLAGS": DETERMINISTIC,
    }
    assert (found["type"], found["traced"]) == ("float32", [True])
    assert "HIGHEST" in found["product"].upper()


@pytest.mark.parametrize("value", ["=true", "", "=1 --xla_cpu_enable_xprof_traceme=false"])
def test_inexact_arithmetic_is_refused(monkeypatch, value):
    flags = f"--xla_cpu_enable_fast_math{value}"
    monkeypatch.setenv("XLA_FLAGS", flags)
    with pytest.raises(ValueError, match="fast math changes what is recorded"):
        set_numerics()
    assert os.environ["XLA_FLAGS"] == flags
