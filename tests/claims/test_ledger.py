"""The ledger that comes with the package, and ledgers that are refused."""

import math

import pytest

from incontext import experiments, records
from incontext.paths import reports_directory
from incontext.records import RecordError, store
from incontext.records.claims import Claim, Withdrawn, read_ledger, read_withdrawn
from incontext.records.provenance import changed
from incontext.records.verdicts import evaluate_claims

GOOD = """
[[claim]]
id = "one"
kind = "published"
figure = "A2"
paper = "A"
statement = "Something holds."
source = "Figure 2"
experiment = "tiny"
metric = "loss"
reduce = "mean"
expected = 1
upper = 1.1
why = "The plot resolves a tenth."
presets = ["paper"]
"""


def read(tmp_path, text):
    path = tmp_path / "ledger.toml"
    path.write_text(text, "utf-8")
    return read_ledger(path)


def test_a_claim_is_read_with_open_bounds(tmp_path):
    (claim,) = read(tmp_path, GOOD)
    assert claim.presets == ("paper",)
    assert (claim.expected, claim.lower, claim.upper) == (1.0, -math.inf, 1.1)
    assert claim.finding is None


def test_a_finding_is_read_with_its_bounds(tmp_path):
    finding = '[claim.finding]\ntext = "It is higher."\nlower = 2\nupper = 3\n'
    (claim,) = read(tmp_path, GOOD + finding)
    assert (claim.finding.text, claim.finding.lower, claim.finding.upper) == ("It is higher.", 2, 3)


@pytest.mark.parametrize("text", ['claim = "x"', "claim = 3", "claim = [[]]", "claim = [1]"])
def test_a_ledger_of_something_else_is_refused(tmp_path, text):
    with pytest.raises(RecordError, match="begin each with"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("expected = 1", "expected = 2", "must lie within"),
        ("upper = 1.1", "", "cannot fail"),
        ("upper = 1.1", "upper = nan", "not of the type"),
        ("expected = 1", 'expected = "1"', "not of the type"),
        ("expected = 1", "expected = true", "not of the type"),
        ('reduce = "mean"', 'reduce = "sum"', "must be one of mean"),
        ('kind = "published"', 'kind = "borrowed"', "must be one of published, own"),
        ('kind = "published"\n', "", r"missing fields \['kind'\]"),
        ('presets = ["paper"]', 'presets = ["paper"]\nover = ""', "not of the type"),
        ('paper = "A"', 'paper = "B"', "must start with"),
        ('presets = ["paper"]', "presets = []", "must name a preset"),
        ('presets = ["paper"]', "presets = [1]", "not of the type"),
        ("expected = 1", "expected = 1\nfinding = 3", "finding is 3, which is not of the type"),
        ("[[claim]]", "[claim]", "begin each with"),
        ("[[claim]]", "claim = [3]\n[other]", "may hold"),
        ('why = "The plot resolves a tenth."', "", r"missing fields \['why'\]"),
        ('why = "The plot resolves a tenth."', 'why = " "', "not of the type"),
        ('id = "one"', 'id = "one"\nwhen = 3', r"unknown fields \['when'\]"),
        ("[[claim]]", "[[claims]]", "may hold"),
        ("[[claim]]", "[[claim]", "cannot be read"),
        ('why = "The plot', 'finding = { lower = 3.0 }\nwhy = "The plot', "missing fields"),
    ],
)
def test_a_ledger_with_a_mistake_is_refused(tmp_path, old, new, said):
    assert old in GOOD
    with pytest.raises(RecordError, match=said):
        read(tmp_path, GOOD.replace(old, new))


def test_an_id_is_used_once(tmp_path):
    with pytest.raises(RecordError, match="more than once"):
        read(tmp_path, GOOD + GOOD)


GONE = '[[withdrawn]]\nid = "{}"\nwhy = "Measured twice."\ninstead = ["one"]\n'


def test_a_withdrawn_claim_is_kept_with_its_reason(tmp_path):
    path = tmp_path / "ledger.toml"
    path.write_text(GOOD + GONE.format("two"), "utf-8")
    assert [claim.id for claim in read_ledger(path)] == ["one"]
    assert read_withdrawn(path) == (Withdrawn("two", "Measured twice.", ("one",)),)


def test_the_id_of_a_withdrawn_claim_is_not_used_again(tmp_path):
    with pytest.raises(RecordError, match="more than once"):
        read(tmp_path, GOOD + GONE.format("one"))


def test_a_claim_is_not_withdrawn_without_a_reason(tmp_path):
    path = tmp_path / "ledger.toml"
    path.write_text(GOOD + '[[withdrawn]]\nid = "two"\n', "utf-8")
    with pytest.raises(RecordError, match=r"missing fields \['why'\]"):
        read_withdrawn(path)


def test_published_numbers_have_two_bounds():
    published = [claim for claim in read_ledger() if claim.kind == "published"]
    assert 4 * sum(claim.one_sided for claim in published) < len(published)


def test_what_took_the_place_of_a_claim_is_claimed():
    made = {claim.id for claim in read_ledger()}
    assert {one for gone in read_withdrawn() for one in gone.instead} <= made


def test_an_unreadable_ledger_is_named(tmp_path):
    with pytest.raises(RecordError, match=r"ledger absent\.toml cannot be read"):
        read_ledger(tmp_path / "absent.toml")


@pytest.mark.parametrize("claim", read_ledger(), ids=lambda claim: claim.id)
def test_a_claim_is_of_an_experiment_that_draws_its_figure(claim: Claim):
    experiment = experiments.get(claim.experiment)
    assert claim.paper == experiment.paper
    assert claim.figure in experiment.figures
    assert set(claim.presets) <= set(experiment.presets)


def test_no_claim_on_recorded_results_fails():
    verdicts = evaluate_claims(read_ledger(), reports_directory())
    assert [verdict for verdict in verdicts if verdict.status == "fail"] == []


def test_every_metric_of_the_ledger_is_in_the_records_it_is_claimed_of():
    """Of those that today's source made: an older report may lack a metric that is new."""
    root = reports_directory()
    made_today = {
        (name, preset)
        for name, preset in records.recorded(root)
        if name in experiments.MODULES
        and not changed(experiments.MODULES[name], store.load_manifest(name, preset, root=root))
    }
    missing = [
        (verdict.claim.id, verdict.preset)
        for verdict in evaluate_claims(read_ledger(), root)
        if (verdict.claim.experiment, verdict.preset) in made_today and verdict.measured is None
    ]
    assert missing == []
