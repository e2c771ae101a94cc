import numpy as np
import pytest

from incontext.analysis import probes


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_what_is_linear_in_the_features_is_found_exactly(rng):
    features = rng.normal(size=(101, 7))
    targets = features @ rng.normal(size=(7, 3))
    assert probes.linear_probe(features, targets) < 1e-20


def test_repeated_and_empty_channels_do_no_harm(rng):
    features = rng.normal(size=(101, 7))
    targets = features @ rng.normal(size=(7, 3)) + rng.normal(size=(101, 3))
    padded = np.concatenate([features, features, np.zeros_like(features)], axis=1)
    plain = probes.linear_probe(features, targets)
    assert probes.linear_probe(padded, targets) == pytest.approx(plain, rel=1e-6)


def test_scoring_on_the_sequences_of_the_fit_flatters(rng):
    # Noise: E own = (1 - D / B) / 2 * 3 and E others = (1 + D / (B - D - 1)) / 2 * 3, here with
    # D = 40, B = 256; tolerance: five standard deviations of a mean over 256 sequences.
    features, targets = rng.normal(size=(512, 40)), rng.normal(size=(512, 3))
    own = probes.linear_probe(features[:256], targets[:256], scoring="training")
    others = probes.linear_probe(features, targets)
    assert own == pytest.approx(1.5 * (1 - 40 / 256), abs=0.35)
    assert others == pytest.approx(1.5 * (1 + 40 / 215), abs=0.45)
    assert own < 1.5 < others


def test_a_stream_is_probed_by_layer_and_position(rng):
    stream = rng.normal(size=(2, 64, 5, 7))
    targets = stream[1, ..., :3]
    errors = probes.probe_stream(stream, targets)
    assert errors.shape == (2, 5)
    assert errors[1].max() < 1e-20 < 0.5 < errors[0].min()


def test_long_targets_are_left_out(rng):
    targets = rng.normal(size=(200, 3))
    targets[17] *= 100
    chosen = probes.within_two_deviations(targets)
    assert not chosen[17]
    assert chosen.sum() == 199


def test_a_single_sequence_is_refused(rng):
    with pytest.raises(ValueError, match="there are 1 sequences"):
        probes.linear_probe(rng.normal(size=(1, 2)), rng.normal(size=(1, 1)))
