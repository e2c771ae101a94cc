"""These tests need JAX in float64, a setting of the whole process.

`tests/test_float64.py` runs them in a process of their own; elsewhere they are not collected.
"""

import jax

collect_ignore_glob = [] if jax.config.jax_enable_x64 else ["test_*.py"]
