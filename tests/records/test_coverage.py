"""Both papers figure by figure."""

from incontext import figures
from incontext.paths import reports_directory
from incontext.records.claims import read_ledger
from incontext.records.coverage import by_figure, unplaced
from incontext.records.verdicts import evaluate_claims

OURS = ("Ax", "Bx")  # figures that no paper has


def found():
    verdicts = evaluate_claims(read_ledger(), reports_directory(), intervals=False)
    return by_figure(verdicts, figures.names())


def test_every_figure_of_both_papers_is_listed_once():
    wanted = [f"A{n}" for n in range(1, 17)] + [f"B{n}" for n in range(1, 29)] + ["BT4"]
    assert [one.id for one in found()] == wanted


def test_what_is_not_covered_says_why():
    assert [one.id for one in found() if one.extent == "no" and not one.missing] == []


def test_a_figure_of_which_something_is_missing_is_covered_in_part():
    drawn = {one.id: one.extent for one in by_figure((), ("A2-losses", "A16-some"))}
    assert (drawn["A2"], drawn["A16"], drawn["A3"]) == ("all", "in part", "no")


def test_every_claim_and_drawing_belongs_to_a_listed_figure():
    made = {claim.figure for claim in read_ledger()} | set(figures.names())
    assert unplaced({one for one in made if not one.startswith(OURS)}) == set()


def test_verdicts_at_other_presets_do_not_count():
    claims = {verdict.preset for one in found() for verdict in one.claims}
    assert claims == {"paper"}
