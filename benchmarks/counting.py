"""What a program does, counted from its equations; nothing is run.

XLA's own analysis counts the body of a loop once.  Here a loop counts as often as it runs.

operations: arithmetic on single numbers; a product of [m, k] and [k, n] counts 2 m k n.
bytes: what products, reductions, random draws, and linear algebra read and write at least, if
everything between them is fused into them.
launches: those operations themselves, each of which is a kernel of its own on an accelerator;
what one kernel does inside a sequential loop counts as often as the loop runs.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest import mock

import jax
from jax.extend import core

from incontext.training.blocks import inner_programs

# Per 32-bit word of threefry-2x32: 20 rounds of add, two shifts, or, and xor, and five
# injections of two keys and a counter, for two words at once.
_PER_RANDOM_WORD = (20 * 5 + 5 * 3) / 2
_MOVED = {
    "broadcast_in_dim", "concatenate", "convert_element_type", "copy", "dynamic_slice", "gather",
    "iota", "optimization_barrier", "pad", "random_seed", "random_split", "random_unwrap",
    "random_wrap", "random_fold_in", "random_clone", "reshape", "rev", "select_n", "slice",
    "squeeze", "stop_gradient", "transpose", "bitcast_convert_type", "expand_dims",
    "dynamic_update_slice", "reduce_precision", "mul_no_op",
}  # fmt: skip
# Leading numbers of operations per matrix element and row, for square matrices.
_FACTORISED = {"geqrf": 4 / 3, "householder_product": 4 / 3, "cholesky": 1 / 3, "lu": 2 / 3}
_GATHERED = {"sort", "cumsum", "cumlogsumexp", "cumprod", "scatter", "scatter-add", "scatter_add"}


class Count(NamedTuple):
    """Operations, bytes and launches of a program."""

    operations: float = 0.0
    bytes: float = 0.0
    launches: float = 0.0

    def __add__(self, other: tuple[float, ...]) -> "Count":  # pyright: ignore
        """Both programs, one after the other."""
        return Count(*(a + b for a, b in zip(self, other, strict=True)))

    def times(self, count: int) -> "Count":
        """The program `count` times."""
        return Count(*(count * value for value in self))


def count(function: Callable[..., Any], *arguments: Any) -> Count:  # noqa: ANN401 - any arrays
    """Count a function at the shapes of its arguments.

    Raises:
        ValueError: if it holds a loop whose length is not known beforehand.
    """
    return _of(jax.make_jaxpr(function)(*arguments).jaxpr)


@contextlib.contextmanager
def for_accelerator() -> Iterator[None]:
    """Let what asks for the backend while it is traced believe in a GPU.

    What was traced before is forgotten, and so is what is traced here.
    """
    jax.clear_caches()
    with mock.patch.object(jax, "default_backend", return_value="gpu"):
        yield
    jax.clear_caches()


def _of(program: core.Jaxpr) -> Count:
    total = Count()
    for equation in program.eqns:
        total += _equation(equation)
    return total


def _equation(equation: core.JaxprEqn) -> Count:
    name = equation.primitive.name
    inner = list(inner_programs(equation))
    if name == "while":
        raise ValueError(f"the program has a loop of unknown length, {name}; count its body.")
    if name == "scan":
        return _of(inner[0]).times(equation.params["length"])
    if name == "cond":
        return max((_of(branch) for branch in inner), key=lambda one: one.operations)
    if inner:
        return sum((_of(one) for one in inner), Count())
    return _leaf(name, equation)


def _leaf(name: str, equation: core.JaxprEqn) -> Count:
    read = [variable.aval for variable in equation.invars]
    made = [variable.aval for variable in equation.outvars]
    numbers = sum(_size(one) for one in made)
    if name in _MOVED:
        return Count()
    if name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        summed = math.prod(read[0].shape[axis] for axis in contracted)
        return Count(2 * numbers * summed, _bytes(read) + _bytes(made), 1)
    if name in ("random_bits", "threefry2x32"):
        return Count(_PER_RANDOM_WORD * numbers, _bytes(made), 1)
    if name in _FACTORISED:
        order = read[0].shape[-1]
        return Count(_FACTORISED[name] * order * _size(read[0]), _bytes(read) + _bytes(made), 1)
    if name.startswith(("reduce_", "arg")) or name in _GATHERED or "solve" in name:
        return Count(sum(_size(one) for one in read), _bytes(read) + _bytes(made), 1)
    return Count(numbers)  # element by element


def _size(shaped: Any) -> int:  # noqa: ANN401 - an abstract value
    return math.prod(getattr(shaped, "shape", ()))


def _bytes(many: list[Any]) -> float:
    return float(sum(_size(one) * getattr(one.dtype, "itemsize", 8) for one in many))
