"""The least expected loss on noise-free orthogonal dynamics, without sampling or training.

For s_{t+1} = W s_t with W Haar-orthogonal on n dimensions and s_1 ~ U(-a, a)^n.
"""

from incontext.errors import Refusal


def losses(state_dim: int, length: int, start_range: float = 1.0) -> list[float]:
    """Least expected loss of the next state after t = 1 ... T states.

    1/2 E|s_1|^2 (n - t + 1)/n = (a^2/6) max(n - t + 1, 0).

    W keeps lengths, so that s_t starts from |s_1|^2 at every t.  Write u_t for the part of s_t
    outside the span of s_1 ... s_{t-1}: nothing is known of W u_t but its length and that it is
    orthogonal to s_2 ... s_t, and Haar measure gives it no preferred direction there.  The
    best prediction leaves it out and loses 1/2 |u_t|^2.  W u_{t-1} is uniform on a sphere in
    n - t + 2 dimensions, one of which lies in the span of s_1 ... s_{t-1}, hence
    E|u_t|^2 = (1 - 1/(n - t + 2)) E|u_{t-1}|^2, and the product telescopes.

    Raises:
        Refusal: if a size or the range is not positive.

    Source: derived for this project.
    """
    if state_dim < 1 or length < 1 or start_range <= 0:
        raise Refusal(
            f"state_dim is {state_dim}, length {length} and start_range {start_range}; all three "
            "must be positive."
        )
    return [start_range**2 / 6 * max(state_dim - t, 0) for t in range(length)]
