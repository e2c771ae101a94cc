"""Programs of tests that are compiled once and little: the same small ones come again and again."""

import jax
from jax.experimental.compilation_cache import compilation_cache


def little_and_once(tmp_path_factory):
    """Compile without most optimisations, and read what was compiled before, in a fixture's time.

    Twice as fast where programs are small; tests/training has the bits of optimised programs.
    """
    settings = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_disable_most_optimizations": True,
    }
    before = {name: jax.config.values[name] for name in settings}
    for chosen in (settings, before):
        for name, value in chosen.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
        if chosen is settings:
            yield
