"""Importing the library does nothing: no array, no device, no key, no configuration."""

import os
import subprocess
import sys

import pytest
from sources import PACKAGE, modules

UNTOUCHED = """
import importlib, sys
import jax
before = dict(jax.config.values)
for name in sys.argv[1:]:
    importlib.import_module(name)
assert dict(jax.config.values) == before, "an import changed jax.config"
"""


def run(code, *arguments, platform):
    environment = os.environ | {"JAX_PLATFORMS": platform}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_no_module_touches_a_device_or_the_configuration():
    parts = [path.relative_to(PACKAGE.parent).with_suffix("").parts for path in modules()]
    names = [".".join(one).removesuffix(".__init__") for one in parts if one[-1] != "__main__"]
    assert "incontext" in names
    finished = run(UNTOUCHED, *names, platform="no_device")
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("statement", ["jax.random.key(0)", "jax.numpy.zeros(3)"])
def test_the_check_would_notice_an_array_or_a_key(statement):
    finished = run(f"import jax, jax.numpy; {statement}", platform="no_device")
    assert finished.returncode != 0
    assert "no_device" in finished.stderr
