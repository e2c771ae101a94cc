"""Parameters and prompts in, arrays out: alignment, interpolation, sensitivity, statistics."""
