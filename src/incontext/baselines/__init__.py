"""Independent algorithms in plain jax.numpy: the oracles that trained networks are held to."""
