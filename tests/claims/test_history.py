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
    commit = store.load_manifest(name, "paper", root=reports_directory()).git["commit"]
    then = ledger_at(commit)
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
    commit = store.load_manifest(name, "paper", root=reports_directory()).git["commit"]
    then = {
        key
        for key, entry in ledger_at(commit).items()
        if entry["experiment"] == name and "paper" in entry["presets"]
    }
    now = {one.id for one in read_ledger() if "paper" in one.presets}
    assert then - now - {one.id for one in read_withdrawn()} == set()
