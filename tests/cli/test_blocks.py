"""A run in blocks of seeds: trained apart, gathered into the same result."""

import shutil

import pytest

from incontext.records import files as recorded
from incontext.training import loop

WHOLE = ("run", "tiny", "--preset", "smoke", "--seeds", "3")


def files(directory):
    """The files of a result but the manifest, which tells the time."""
    return {path.name: path.read_bytes() for path in (directory / "tiny" / "smoke").glob("[!m]*")}


def test_blocks_gather_into_the_result_of_one_run(incontext, places, monkeypatch):
    assert incontext(*WHOLE, "--out", places.out).status == 0
    whole = files(places.out)
    for block in ("0-0", "1-2"):
        answer = incontext(*WHOLE, "--block", block)
        assert (answer.status, answer.err) == (0, "")
        assert answer.out.startswith(f"tiny/smoke: seeds {block} in ")
    monkeypatch.setattr(loop._Run, "advance", None)  # a gather trains nothing
    shutil.rmtree(places.out)
    assert incontext(*WHOLE, "--resume", "--out", places.out).status == 0
    assert files(places.out) == whole
    assert not (places.build / "checkpoints" / "tiny" / "smoke").exists()


def test_a_gather_names_the_seeds_that_are_missing(incontext):
    incontext(*WHOLE, "--block", "0-0")
    answer = incontext(*WHOLE, "--resume")
    assert answer.status == 1
    assert "lack seed 1, 2 trained to the end" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("options", [(), ("--resume",)])
def test_a_run_waits_for_its_blocks(incontext, places, options):
    incontext(*WHOLE, "--block", "0-0")
    block = places.build / "checkpoints" / "tiny" / "smoke" / "blocks" / "0-0"
    with recorded.exclusive(block, "testing"):
        answer = incontext(*WHOLE, *options)
    assert answer.status == 1
    assert "is running seeds 0-0 of it already; wait until it ends or stop it" in answer.err
    assert any(block.glob("*.safetensors"))


def test_blocks_of_other_settings_are_refused(incontext):
    incontext(*WHOLE, "--block", "0-2")
    answer = incontext("run", "tiny", "--preset", "smoke", "--seeds", "2", "--resume")
    assert answer.status == 1
    assert "belongs to other settings" in answer.err


@pytest.mark.parametrize("block", ["1", "2-1", "0-3", "a-b", "-1-2", ""])
def test_a_block_is_two_of_the_seeds(incontext, block):
    answer = incontext(*WHOLE, f"--block={block}")
    assert answer.status == 2
    assert "such as --block 0-2" in answer.err


@pytest.mark.parametrize("option", [("--record",), ("--out", "there")])
def test_a_block_writes_no_result(incontext, option):
    answer = incontext(*WHOLE, "--block", "0-0", *option)
    assert answer.status == 2
    assert "--block writes no result" in answer.err
