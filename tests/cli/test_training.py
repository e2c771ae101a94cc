"""`train`: what is missing is listed, trained for as long as one likes, and gone on with."""

import numpy as np
import pytest

from incontext.networks.files import read
from incontext.networks.store import Store
from incontext.provenance import hash_json

SMOKE = ("train", "--preset", "smoke")


def arrays(root):
    """Everything that was trained, without what tells the time."""
    return {
        f"{path.parent.name}/{path.name}/{name}": array
        for path in Store(root).files()
        for name, array in read(path)[0].items()
    }


def assert_same(one, other):
    assert one.keys() == other.keys()
    assert one
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


def listed(answer):
    return [line.split()[:3] for line in answer.out.splitlines()[1:-1]]


def test_what_is_missing_is_listed_fewest_seeds_first_and_nothing_is_trained(incontext, places):
    answer = incontext(*SMOKE, "--list")
    assert (answer.status, answer.err) == (0, "")
    order = [("tiny-first", "0", "0"), ("tiny-second", "0", "0")]
    order += [("tiny-first", "1", "1"), ("tiny-second", "1", "1")]
    assert listed(answer) == [list(one) for one in order]
    assert "4 missing; 0.0 h for the 0 whose time was measured" in answer.out
    assert not list(places.data.iterdir())


def test_what_is_there_is_not_listed_and_its_time_is(incontext, recorded):
    answer = incontext("train", "--list")  # paper, of which one of three seeds is there
    assert [line[1:] for line in listed(answer)] == [["1", "1"], ["1", "1"], ["2", "2"], ["2", "2"]]
    assert "unknown" not in answer.out
    assert "4 missing; 0.0 h for the 4" in answer.out
    assert incontext(*SMOKE).out == "0 networks recorded; nothing is missing\n"


def test_a_network_is_trained_by_its_name_and_an_experiment_by_its_own(incontext, places):
    answer = incontext(*SMOKE, "tiny-second", "--seeds", "1-2")
    assert answer.out == "2 networks recorded; nothing is missing\n"
    names = [f"{path.parent.name[:-11]}/{path.stem}" for path in Store(places.networks).files()]
    assert names == ["tiny-second/seed-1", "tiny-second/seed-2"]
    answer = incontext(*SMOKE, "tiny", "--seeds", "1")
    assert answer.out == "1 networks recorded; nothing is missing\n"
    for path in Store(places.networks).files():
        digest = hash_json(read(path)[1]["training"])[:10]
        assert path.parent.name.endswith(f"-{digest}")


def test_a_training_whose_time_is_up_goes_on_to_the_same_bits(incontext, places, tiny_data):
    command = ("train", "tiny-second", "--preset", "laptop", "--seeds", "0")
    for count in range(3):
        answer = incontext(*command, "--for", "0.001s")
        assert (answer.status, answer.err) == (0, "")
        assert answer.out == (
            f"time is up: 1 missing, 1 of them begun; go on with: incontext {' '.join(command)}\n"
        )
        (unfinished,) = places.networks.rglob("*.unfinished")
        assert int(read(unfinished)[0]["step"]) == 10 * (count + 1)
    again = answer.out.rpartition("incontext ")[2].split()
    assert incontext(*again).out == "1 networks recorded; nothing is missing\n"
    assert not list(places.networks.rglob("*.unfinished"))
    found = arrays(places.networks)
    whole = {name: array for name, array in arrays(tiny_data / "networks").items() if name in found}
    assert_same(found, whole)


def test_a_run_begins_anew_unless_it_is_told_to_resume(incontext, places):
    incontext("train", "tiny-first", "--preset", "laptop", "--seeds", "0", "--for", "0.001s")
    (unfinished,) = places.networks.rglob("*.unfinished")
    unfinished.write_bytes(b"damaged")
    run = ("run", "tiny", "--preset", "laptop", "--seeds", "1", "--record")
    answer = incontext(*run, "--resume")
    assert answer.status == 1
    assert str(unfinished) in answer.err
    assert answer.err.count("\n") == 1
    assert incontext(*run).status == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "there is no experiment or network 'nothing'; valid names are: tiny, tiny-f"),
        (
            ["--preset", "huge"],
            "there is no preset 'huge'; valid names are: paper, reduced, laptop, smoke",
        ),
        (["--preset", ""], "there is no preset ''; valid names are: paper, reduced, laptop, smoke"),
        (["--seeds", "4-2"], "--seeds is '4-2'; it must be one seed or a range of at most 1000"),
        (["--seeds", "0-1000"], "it must be one seed or a range of at most 1000, such as"),
        (["--seeds", "1_0"], "--seeds is '1_0'; it must be one seed"),
        (["--seeds", "٣"], "it must be one seed"),
        (["--seeds", ""], "--seeds is ''; it must be one seed"),
        (["--for", "2"], "--for is '2'; it must be a number with s, m or h, such as --for 2h"),
        (["--for", "0s"], "--for is '0s'; it must be"),
        (["--for", "-1h"], "--for is '-1h'; it must be"),
        (["--for", "٣h"], "it must be a number with s, m or h"),
        (["--for", ""], "--for is ''; it must be"),
    ],
)
def test_a_mistake_is_answered_with_one_sentence(incontext, places, arguments, sentence):
    answer = incontext("train", *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert not list(places.data.iterdir())
