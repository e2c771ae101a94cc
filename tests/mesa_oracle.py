"""Ridge regression of every position and its gradient, in numpy's widest float.

Written from the definition: weights of every pair, one dense system per position.  On x86 the
widest float has 64 bits of mantissa, eleven more than float64.
"""

from typing import NamedTuple

import numpy as np


class Problem(NamedTuple):
    """Arrays [B, T, H, D] (values [B, T, H, E]), ridge_scale [H], forget [B, T, H] or None."""

    queries: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    ridge_scale: np.ndarray
    forget: np.ndarray | None = None


class Answer(NamedTuple):
    """Outputs and the gradient of sum(outputs * slopes)."""

    outputs: np.ndarray
    gradient: Problem


def answer(problem, slopes):
    """Outputs and gradient of every batch entry and head."""
    wide = [None if a is None else np.moveaxis(_widen(a), 2, 1) for a in (*problem[:3], slopes)]
    queries, keys, values, slopes = wide  # [B, H, T, D]
    heads = problem.ridge_scale.shape[0]
    forget = np.ones(queries.shape[:3], np.longdouble)
    if problem.forget is not None:
        forget = np.moveaxis(_widen(problem.forget), 2, 1)
    found = [
        [
            _one(queries[b, h], keys[b, h], values[b, h], problem.ridge_scale[h], forget[b, h],
                 slopes[b, h])
            for h in range(heads)
        ]
        for b in range(queries.shape[0])
    ]  # fmt: skip
    stacked = [np.array([[f[i] for f in row] for row in found]) for i in range(6)]
    outputs, dq, dk, dv = (np.moveaxis(a, 1, 2) for a in stacked[:4])
    forget_slopes = None if problem.forget is None else np.moveaxis(stacked[5], 1, 2)
    return Answer(outputs, Problem(dq, dk, dv, stacked[4].sum(axis=0), forget_slopes))


def _one(queries, keys, values, ridge_scale, forget, slopes):
    ridge_scale = np.longdouble(ridge_scale)
    length, size = keys.shape
    # pair[t, s] = product of forget over s < r <= t, for s = 0 (the penalty) ... length.
    pair = np.zeros((length, length + 1), np.longdouble)
    grams = []
    carried, gram = np.eye(1, length + 1)[0], np.zeros((size, size))
    for t in range(length):
        carried = np.longdouble(forget[t]) * carried
        carried[t + 1] = 1
        pair[t] = carried
        gram = forget[t] * gram + np.outer(keys[t], keys[t])
        grams.append(gram + carried[0] / ridge_scale * np.eye(size))
    weight, penalty = pair[:, 1:], pair[:, 0] / ridge_scale
    factor = _cholesky(np.array(grams))
    x = _solve(factor, queries)
    outputs = (weight * (x @ keys.T)) @ values
    y = _solve(factor, (weight * (slopes @ values.T)) @ keys)
    scored, graded = weight * (x @ keys.T), weight * (slopes @ values.T)  # [t, s]
    touched = weight * (y @ keys.T)
    key_slopes = graded.T @ x - touched.T @ x - scored.T @ y
    value_slopes = scored.T @ slopes
    overlap = np.sum(x * y, axis=-1)
    ridge_slope = np.sum(pair[:, 0] * overlap) / ridge_scale**2
    terms = np.concatenate(
        [-(penalty * overlap)[:, None], scored * (slopes @ values.T) - scored * (y @ keys.T)],
        axis=1,
    )
    forget_slopes = np.array([terms[r:, : r + 1].sum() for r in range(length)]) / forget
    return outputs, y, key_slopes, value_slopes, ridge_slope, forget_slopes


def least_squares(problem):
    """Outputs by numpy's float64 least squares on the stacked system, without forgetting.

    min |[K; I / sqrt(lambda)] Phi^T - [V; 0]|, one factorisation (SVD) per position.
    """
    problem = Problem(*(None if array is None else np.asarray(array) for array in problem))
    batch, length, heads, size = problem.keys.shape
    outputs = np.zeros(problem.values.shape)
    for b, h, t in np.ndindex(batch, heads, length):
        keys = np.asarray(problem.keys[b, : t + 1, h], np.float64)
        values = np.asarray(problem.values[b, : t + 1, h], np.float64)
        root = np.sqrt(1 / np.float64(problem.ridge_scale[h]))
        rows = np.concatenate([keys, root * np.eye(size)])
        goals = np.concatenate([values, np.zeros((size, values.shape[-1]))])
        weights = np.linalg.lstsq(rows, goals, rcond=None)[0]
        outputs[b, t, h] = np.asarray(problem.queries[b, t, h], np.float64) @ weights
    return outputs


def hard_problem(dtype, length=512, size=20, seed=0):
    """Three kinds of keys (batch) at lambda = 0.001, 1 and 1000 (heads), with output slopes.

    Kinds: independent; nearly collinear, k = a u + 1e-6 noise; condition number 1e6, singular
    values falling geometrically.
    """
    rng = np.random.default_rng(seed)
    shape = (length, 3, size)
    independent = rng.standard_normal(shape)
    direction = rng.standard_normal(size)
    along = rng.standard_normal((length, 3, 1)) * direction
    collinear = along + 1e-6 * np.linalg.norm(direction) * rng.standard_normal(shape)
    basis = np.linalg.qr(rng.standard_normal((size, size)))[0]
    graded = rng.standard_normal(shape) * np.logspace(0, -6, size) @ basis
    keys = np.stack([independent, collinear, graded]).astype(dtype)
    queries, values, slopes = rng.standard_normal((3, *keys.shape)).astype(dtype)
    return Problem(queries, keys, values, np.array([1e-3, 1.0, 1e3], dtype)), slopes


def _widen(array):
    return np.asarray(array).astype(np.longdouble)


def _cholesky(matrices):
    factor = np.zeros_like(matrices)
    for j in range(matrices.shape[-1]):
        row = factor[:, j, :j]
        factor[:, j, j] = np.sqrt(matrices[:, j, j] - np.sum(row**2, axis=-1))
        rest = matrices[:, j + 1 :, j] - np.einsum("tik,tk->ti", factor[:, j + 1 :, :j], row)
        factor[:, j + 1 :, j] = rest / factor[:, j, j, None]
    return factor


def _solve(factor, right_sides):
    size = factor.shape[-1]
    half, full = np.zeros_like(right_sides), np.zeros_like(right_sides)
    for i in range(size):
        done = np.sum(factor[:, i, :i] * half[:, :i], axis=-1)
        half[:, i] = (right_sides[:, i] - done) / factor[:, i, i]
    for i in reversed(range(size)):
        done = np.sum(factor[:, i + 1 :, i] * full[:, i + 1 :], axis=-1)
        full[:, i] = (half[:, i] - done) / factor[:, i, i]
    return full
