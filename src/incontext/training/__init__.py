"""Optimises any problem that gives a sampler and a loss; knows no paper."""
