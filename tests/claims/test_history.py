"""Bounds come first: the ledger at the commit that made a record is held to today's.

A claim that is made later says in its `why` that its bounds were set after the run; one that is no
longer made is listed with the reason.  Whoever changes what is measured withdraws and claims anew.
"""

import math
import subprocess
import tomllib

import pytest
from sources import ROOT

from incontext.paths import reports_directory
from incontext.records import store
from incontext.records.claims import Claim, read_ledger, read_withdrawn

LEDGER = "src/incontext/records/ledger.toml"
# Commits that recorded an experiment at the published settings for the first time: their ledgers
# hold the bounds that came before the runs, however often a report is made again.
FIRST = {
    "causal-layer": "2caab45169d886d630f545903496b3357e815365",
    "copying": "71796b95cbf6d84b3c04bcf14f1a9a100256de3d",
    "dataset-building": "e5d8c7d3d297f079143c9b1a9347702071037c6f",
    "deep-linear": "74b50ca239b6bc29e93b224e918844a3a0c3ba9e",
    "gdpp-depth": "8f8c25d040b4c04d8f3d5ce5ae830d98d44361c6",
    "mesa": "af08af9950e2c749533ebc4f66189ea293464f64",
    "sine": "a8c793cbc31c4cda7152c43d9eddca3c3ef23abc",
    "single-layer": "280cfa02eb5e9206a8452ed2b9dcff8e728fcd59",
    "softmax": "19051ce06ce8955b5930c7918efe45dd9e87aceb",
}
RECORDED = [name for name, preset in store.recorded(reports_directory()) if preset == "paper"]
# Between, these were about the seeds with opposite signs only; now, as at first, about all seeds.
MADE_HARDER = {"softmax-two-heads-loss", "softmax-two-heads-cosine", "softmax-cancellation"}


def ledger_at(commit):
    """The ledger as it stood, by id; no words are compared, only what decides a verdict."""
    command = ["git", "show", f"{commit}:{LEDGER}"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if found.returncode != 0:
        pytest.skip("this checkout has no history")
    return {entry["id"]: entry for entry in tomllib.loads(found.stdout)["claim"]}


def first_recorded(name):
    """The commit that made the first record at the published settings."""
    made = store.load_manifest(name, "paper", root=reports_directory()).git["commit"]
    return FIRST.get(name, made)


def is_wider(claim: Claim, before) -> bool:
    """Whether a claim allows what it did not allow before."""
    lower, upper = before.get("lower", -math.inf), before.get("upper", math.inf)
    return claim.lower < lower or claim.upper > upper


def decides(claim: Claim, before):
    """Whether what is measured is another metric, or is another one divided by or reduced."""
    yield claim.metric != before["metric"]
    yield claim.reduce != before["reduce"]
    yield claim.over != before.get("over", "")


@pytest.mark.parametrize("name", RECORDED)
def test_no_bound_on_the_published_settings_came_after_the_run_or_was_widened(name):
    then = ledger_at(first_recorded(name))
    made = [one for one in read_ledger() if one.experiment == name and "paper" in one.presets]
    assert made
    late = [one for one in made if "paper" not in then.get(one.id, {}).get("presets", ())]
    assert [one.id for one in late if "after the run" not in one.why] == []
    made = [one for one in made if one not in late]
    assert [one.id for one in made if is_wider(one, then[one.id])] == []
    changed = {one.id for one in made if any(decides(one, then[one.id]))}
    assert changed <= MADE_HARDER


@pytest.mark.parametrize("name", RECORDED)
def test_a_claim_that_is_gone_is_listed_with_its_reason(name):
    then = {
        key
        for key, entry in ledger_at(first_recorded(name)).items()
        if entry["experiment"] == name and "paper" in entry["presets"]
    }
    now = {one.id for one in read_ledger() if "paper" in one.presets}
    assert then - now - {one.id for one in read_withdrawn()} == set()
