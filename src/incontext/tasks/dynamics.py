"""Dynamics to be predicted one step ahead, with a new unknown map for every sequence.

Shapes: B sequences, T positions, S = T + 1 states, n state dimension, m hidden width.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key

from incontext.errors import Refusal
from incontext.tasks.types import Trajectory


@dataclasses.dataclass(frozen=True)
class LinearDynamics:
    """Fully observed linear dynamics, s_{t+1} = W s_t + noise * xi_t.

    W is Haar-orthogonal and new for every sequence, s_1 ~ U(-1, 1) per entry, xi ~ N(0, 1).
    States are clipped to +-state_bound at every step.
    A trajectory holds T + 1 states: T that are read, each followed by one to predict.

    Raises:
        Refusal: if a size is not positive, or the noise negative or not finite.

    Source: paper B, "Synthetic sequence generators"; start and noise follow the authors' code,
    not the text.
    """

    state_bound: ClassVar[float] = 10.0
    start_range: ClassVar[float] = 1.0

    state_dim: int = 10
    length: int = 50
    noise: float = 0.01

    def __post_init__(self) -> None:
        _check_positive(self, "state_dim", "length")
        _check_scale(self, "noise")

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Trajectory:
        """Draw `batch_size` independent trajectories [B, T + 1, n]."""
        teacher_key, start_key, noise_key = jax.random.split(key, 3)
        teachers = self.sample_teachers(batch_size, key=teacher_key)
        start, shocks = self.sample_states(batch_size, start_key, noise_key)

        def move(state: Array) -> Array:
            return jnp.einsum("bij,bj->bi", teachers, self.features(state))

        return _roll_out(move, start, shocks, self.state_bound)

    def sample_teachers(self, batch_size: int, *, key: Key[Array, ""]) -> Float[Array, "B n n"]:
        """The map W of every sequence."""
        return jax.random.orthogonal(key, self.state_dim, (batch_size,))

    def sample_states(
        self, batch_size: int, start_key: Key[Array, ""], noise_key: Key[Array, ""]
    ) -> tuple[Float[Array, "B n"], Float[Array, "T B n"]]:
        """First states, and the noise that is added at every step."""
        shape, reach = (batch_size, self.state_dim), self.start_range
        start = jax.random.uniform(start_key, shape, minval=-reach, maxval=reach)
        return start, self.noise * jax.random.normal(noise_key, (self.length, *shape))

    def features(self, states: Float[Array, "B n"]) -> Float[Array, "B n"]:
        """What W is applied to: the states themselves."""
        return states


@dataclasses.dataclass(frozen=True)
class ContractingDynamics(LinearDynamics):
    """Linear dynamics that lose their memory, W = G diag(lambda) G^{-1}, new per sequence.

    G has entries N(0, 1); one eigenvalue is 0.9, the others ~ U(0.3, 0.9).  States are
    clipped to +-2, because W may stretch them long before it shrinks them.

    Raises:
        Refusal: if a size is not positive, or the noise negative or not finite.

    Source: paper B, Appendix E.1; numbers follow the authors' code.
    """

    state_bound: ClassVar[float] = 2.0

    def sample_teachers(self, batch_size: int, *, key: Key[Array, ""]) -> Float[Array, "B n n"]:
        """The map W of every sequence; the order of its eigenvalues does not matter."""
        basis_key, value_key = jax.random.split(key)
        size = self.state_dim
        basis = jax.random.normal(basis_key, (batch_size, size, size))
        values = jax.random.uniform(value_key, (batch_size, size), minval=0.3, maxval=0.9)
        values = values.at[:, 0].set(0.9)
        # W G = G diag(lambda), solved for W through the transposed system.
        scaled = jnp.swapaxes(basis * values[:, None], 1, 2)
        return jnp.swapaxes(jnp.linalg.solve(jnp.swapaxes(basis, 1, 2), scaled), 1, 2)


@dataclasses.dataclass(frozen=True)
class FixedDynamics(LinearDynamics):
    """Linear dynamics with one orthogonal W for all sequences, drawn from `teacher_seed`.

    Nothing is left to learn in context: a model may store W in its weights.

    Raises:
        Refusal: if a size is not positive, or the noise negative or not finite.

    Source: paper B, Appendix E.2; the seed is the authors'.
    """

    teacher_seed: int = 42

    def sample_teachers(self, batch_size: int, *, key: Key[Array, ""]) -> Float[Array, "B n n"]:
        """The same map for every sequence; `key` is not used."""
        del key
        teacher = jax.random.orthogonal(jax.random.key(self.teacher_seed), self.state_dim)
        return jnp.broadcast_to(teacher[None], (batch_size, *teacher.shape))


@dataclasses.dataclass(frozen=True)
class NonlinearDynamics(LinearDynamics):
    """Dynamics through a fixed network, s_{t+1} = W MLP*(s_t) / |MLP*(s_t)| + noise * xi_t.

    MLP*(s) = gelu(s A) B with entries N(0, 1.1^2), one A [n, m] and B [m, n] for all
    sequences; W is Haar-orthogonal and new for every sequence; s_1 ~ U(-1/4, 1/4).

    Raises:
        Refusal: if a size is not positive, or the noise negative or not finite.

    Source: paper B, "Synthetic sequence generators", and the authors' code, which divides by
    the norm.
    """

    start_range: ClassVar[float] = 0.25
    weight_std: ClassVar[float] = 1.1

    hidden_dim: int = 40
    network_seeds: tuple[int, int] = (421, 422)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_positive(self, "hidden_dim")

    def features(self, states: Float[Array, "*B n"]) -> Float[Array, "*B n"]:
        """MLP*(s) / |MLP*(s)|: the sequence is linear in these, with an unknown W."""
        found = self.hidden_network(states)
        return found / jnp.linalg.norm(found, axis=-1, keepdims=True)

    def hidden_network(self, states: Float[Array, "*B n"]) -> Float[Array, "*B n"]:
        """MLP*(s) = gelu(s A) B, the same for all sequences."""
        outer, inner = map(jax.random.key, self.network_seeds)
        inward = jax.random.normal(outer, (self.state_dim, self.hidden_dim))
        outward = jax.random.normal(inner, (self.hidden_dim, self.state_dim))
        hidden = jax.nn.gelu(self.weight_std * states @ inward)
        return self.weight_std * hidden @ outward


@dataclasses.dataclass(frozen=True)
class PartialObservation:
    """Hidden dynamics seen through a random map, s_t = C h_t + noise * zeta_t.

    C [observed_dim, n] has entries N(0, readout_std^2) and is new for every sequence.

    Raises:
        Refusal: if observed_dim is not positive, or a scale negative or not finite.

    Source: paper B, "Synthetic sequence generators"; scales follow the authors' code
    (standard deviations).
    """

    hidden: LinearDynamics = dataclasses.field(default_factory=lambda: LinearDynamics(15))
    observed_dim: int = 5
    noise: float = 0.01
    readout_std: float = 0.5

    def __post_init__(self) -> None:
        _check_positive(self, "observed_dim")
        _check_scale(self, "noise", "readout_std")

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Trajectory:
        """Draw `batch_size` independent trajectories [B, T + 1, observed_dim]."""
        hidden_key, readout_key, noise_key = jax.random.split(key, 3)
        states = self.hidden.sample(batch_size, key=hidden_key).states
        shape = (batch_size, self.observed_dim, self.hidden.state_dim)
        readout = self.readout_std * jax.random.normal(readout_key, shape)
        seen = jnp.einsum("bij,btj->bti", readout, states)
        return Trajectory(seen + self.noise * jax.random.normal(noise_key, seen.shape))


def _roll_out(
    move: Callable[[Array], Array],
    start: Float[Array, "B n"],
    shocks: Float[Array, "T B n"],
    bound: float,
) -> Trajectory:
    def step(state: Array, shock: Array) -> tuple[Array, Array]:
        moved = jnp.clip(move(state) + shock, -bound, bound)
        return moved, moved

    _, later = jax.lax.scan(step, start, shocks)
    return Trajectory(jnp.swapaxes(jnp.concatenate([start[None], later]), 0, 1))


def _check_positive(task: LinearDynamics | PartialObservation, *names: str) -> None:
    for name in names:
        if getattr(task, name) < 1:
            raise Refusal(f"{name} is {getattr(task, name)}; it must be at least 1.")


def _check_scale(task: LinearDynamics | PartialObservation, *names: str) -> None:
    for name in names:
        value = getattr(task, name)
        if not (math.isfinite(value) and value >= 0):
            raise Refusal(f"{name} is {value}; it must be finite and not negative.")
