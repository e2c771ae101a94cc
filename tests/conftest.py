"""Strict JAX for every test: full precision, no silent broadcasting, no key used twice."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import hypothesis
import jax
import pytest
from xdist.scheduler import LoadScopeScheduling

RENDERED = "tests/book/rendered/"
ALONE = ("tests/test_float64.py", "tests/faults/", "tests/scale/", "tests/book/")

hypothesis.settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None, print_blob=True
)
hypothesis.settings.load_profile("repeatable")


def pytest_configure() -> None:
    """Set what programs, not the library, decide."""
    jax.config.update("jax_default_matmul_precision", "highest")
    jax.config.update("jax_numpy_rank_promotion", "raise")
    jax.config.update("jax_debug_key_reuse", True)


def pytest_terminal_summary(terminalreporter) -> None:
    """Say how many faults were injected, where any were."""
    reports = [one for many in terminalreporter.stats.values() for one in many]
    ended = [one for one in reports if getattr(one, "when", None) == "teardown" and one.passed]
    counts = [value for one in ended for name, value in one.user_properties if name == "faults"]
    if counts:
        terminalreporter.write_line(f"{sum(counts)} faults tried in {len(counts)} tests")


class ByFile(LoadScopeScheduling):
    """File by file: what a file's tests share, a trained experiment say, is made in one process.

    All tests of the rendered book go to one; tests that share nothing are spread one by one.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(RENDERED):
            return RENDERED
        return nodeid if nodeid.startswith(ALONE) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log) -> ByFile:
    """Replace --dist loadgroup, which pytest 9.2 and pytest-xdist 3.8 silently do not obey."""
    return ByFile(config, log)
