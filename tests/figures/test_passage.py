"""A passage to read: what a token says when it is pointed at, and how it is tinted."""

import re

import numpy as np
import pandas as pd
import pytest

from incontext.figures.passage import STRONGEST, Passage, tint
from incontext.figures.style import COLOURS
from incontext.records.types import Result

MODELS = ("softmax", "linear, ν = 3", "mesa, ν = 0", "mesa, ν = 3")
TOKENS = np.array([300, 301, 300, 10, 302])


@pytest.fixture(scope="module")
def result():
    frames = [
        pd.DataFrame(
            {
                "position": np.arange(1, 6),
                "token": TOKENS,
                "surprise": np.arange(5) * (number + 1.0),
                "family": family,
                "model": model,
                "seed": 0,
            }
        )
        for family, models in (("small", MODELS), ("deep", MODELS[:1]))
        for number, model in enumerate(models)
    ]
    return Result(tables={"passage": pd.concat(frames, ignore_index=True)}, columns={})


def test_the_networks_with_most_features_are_compared_token_by_token(result):
    found = Passage(result, "mesa", "softmax")
    np.testing.assert_allclose(found.tokens["mesa"], 4.0 * np.arange(5))
    np.testing.assert_allclose(found.gains, -3.0 * np.arange(5))
    np.testing.assert_array_equal(found.tokens["seen"], [False, False, True, False, False])
    assert repr(found) == (
        "mesa over softmax: -6.00 nats a token on the 1 seen before, "
        "-6.00 nats a token on the 4 new"
    )


def test_a_token_tells_both_numbers_and_is_tinted_by_who_expected_it(result):
    shown = Passage(result, "mesa", "softmax")._repr_html_()
    told = re.findall(r'<span title="([^"]+)" style="([^"]+)">', shown)
    assert [words for words, _ in told][1] == "mesa 4.0, softmax 1.0 nats"
    assert [style.count("underline") for _, style in told] == [0, 0, 1, 0, 0]
    assert told[4][1] == tint("softmax", 12.0)
    assert told[0][1].endswith("0.00)")


def test_words_of_the_text_are_no_markup(result):
    found = Passage(result, "mesa", "linear")
    found.tokens["text"] = ["<b>", "&", "a\n", '"', "x"]
    shown = found._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown
    assert "a<br>" in shown


def test_a_tint_has_the_colour_of_its_network_and_ends_at_three_nats():
    red = int(COLOURS["mesa"][1:3], 16)
    assert tint("mesa", 1.5).startswith(f"background-color:rgba({red},")
    assert tint("mesa", 1.5).endswith(f"{STRONGEST / 2:.2f})")
    assert tint("mesa", 30.0) == tint("mesa", 3.0)


def test_kinds_that_no_family_has_are_named(result):
    with pytest.raises(KeyError, match="both mesa and hyena"):
        Passage(result, "mesa", "hyena")
