"""Networks in Haiku, and constructions that turn a formula into their parameters."""
