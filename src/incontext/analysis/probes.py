"""Linear probes: what can be read off the residual stream by one matrix.

In NumPy and float64: hundreds of small least-squares problems, some rank-deficient.

Shapes: B sequences, T positions, D token width, n target width, S stages of the
residual stream (its input and what every layer makes of it, one more than layers).
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from incontext.errors import Refusal

Scoring = Literal["held out", "training"]
_RESOLUTION = 1e-13  # square of what float32 features resolve: finer directions are rounding
Select = Callable[[np.ndarray], np.ndarray]


def linear_probe(
    features: Float[np.ndarray, "B D"],
    targets: Float[np.ndarray, "B n"],
    *,
    scoring: Scoring = "held out",
) -> float:
    """Half the squared error of the best linear map from features to targets.

    min_A sum_b |targets_b - A features_b|^2 without bias or penalty.  "held out" fits on
    the first half of the sequences and scores on the second; "training" fits and scores
    on all of them, as the published probes do: where nothing but noise is left, that flatters
    by (1 - D / B) / (1 + D / (B - D - 1)) with B sequences in the fit.

    Raises:
        Refusal: if there are fewer than two sequences or the scoring is unknown.

    Source: paper B, Figures 4E and 4F; how the published numbers are scored follows the
    authors' code.
    """
    if scoring not in ("held out", "training"):
        raise Refusal(f"scoring is {scoring!r}; use 'held out' or 'training'.")
    if len(features) < 2:
        raise Refusal(f"there are {len(features)} sequences; a probe needs at least 2.")
    half = len(features) // 2
    fitted = slice(None) if scoring == "training" else slice(0, half)
    scored = slice(None) if scoring == "training" else slice(half, None)
    features, targets = features.astype(np.float64), targets.astype(np.float64)
    shown = features[fitted]
    inverse = np.linalg.pinv(shown.T @ shown, rcond=_RESOLUTION, hermitian=True)
    solution = inverse @ (shown.T @ targets[fitted])
    errors = targets[scored] - features[scored] @ solution
    return 0.5 * float(np.mean(np.sum(errors**2, axis=-1)))


def within_two_deviations(targets: Float[np.ndarray, "B n"]) -> Bool[np.ndarray, " B"]:
    """Sequences whose target is at most two standard deviations longer than the mean.

    Source: the authors' code, for targets with heavy tails (preconditioned inputs).
    """
    norms = np.linalg.norm(targets, axis=-1)
    return norms <= norms.mean() + 2.0 * norms.std()


def probe_stream(
    stream: Float[np.ndarray, "S B T D"],
    targets: Float[np.ndarray, "B T n"],
    *,
    scoring: Scoring = "held out",
    select: Select | None = None,
) -> Float[np.ndarray, "S T"]:
    """A probe for every stage and position; `select` says which sequences take part.

    Source: paper B, Figures 4E and 4F.
    """
    errors = np.empty((stream.shape[0], stream.shape[2]))
    for position in range(stream.shape[2]):
        target = targets[:, position]
        chosen = np.ones(len(target), bool) if select is None else select(target)
        for layer, tokens in enumerate(stream):
            errors[layer, position] = linear_probe(
                tokens[chosen, position], target[chosen], scoring=scoring
            )
    return errors
