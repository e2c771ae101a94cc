"""environment.yml, pyproject.toml and requirements.lock say the same."""

import re
import tomllib

import lock
import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from sources import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = {canonicalize_name(r.name): r for r in map(Requirement, lock.pins(LOCK))}
EXTRAS = [PROJECT["optional-dependencies"][name] for name in lock.EXTRAS]
DIRECT = [Requirement(r) for one in [PROJECT["dependencies"], *EXTRAS] for r in one]


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_lock_satisfies_pyproject(requirement):
    (pin,) = PINS[canonicalize_name(requirement.name)].specifier
    assert requirement.specifier.contains(pin.version, prereleases=True)


def test_gpu_extra_asks_for_the_locked_jax():
    (requirement,) = map(Requirement, PROJECT["optional-dependencies"]["gpu"])
    (pin,) = PINS["jax"].specifier
    assert requirement.name == "jax"
    assert requirement.extras == {"cuda12"}
    assert requirement.specifier.contains(pin.version)


def test_environment_repeats_the_lock():
    written = (ROOT / "environment.yml").read_text()
    assert written == lock.environment(lock.pins(LOCK)), "run make lock"
    environment = yaml.safe_load(written)
    assert environment["name"] == "incontext"
    *pins, package = environment["dependencies"][-1]["pip"]
    assert [str(Requirement(pin)) for pin in pins] == [str(pin) for pin in PINS.values()]
    assert package == "--editable ."


def test_python_versions_agree():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    chosen = (ROOT / ".python-version").read_text().strip()
    assert f"python={chosen}" in environment["dependencies"]
    assert SpecifierSet(PROJECT["requires-python"]).contains(Version(chosen))
    assert Version("3.11") not in SpecifierSet(PROJECT["requires-python"])


def test_every_pin_is_hashed_and_no_host_is_named():
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) == len(PINS)
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in LOCK


def test_jax_is_newer_than_the_release_that_miscompiles():
    """0.10.2 sums wrongly on CPU; see test_guard.py."""
    markers = PINS["jax"].marker
    assert markers is None or Marker(str(markers)).evaluate({"python_full_version": "3.12.0"})
    (pin,) = PINS["jax"].specifier
    assert Version(pin.version) >= Version("0.11.1")
