"""What made a number: settings, source, versions, machine, moment.  Imports no JAX by itself."""

from incontext.provenance.canonical import hash_json, plain
from incontext.provenance.machine import cpu, device, git, now, versions
from incontext.provenance.source import sources

__all__ = ["cpu", "device", "git", "hash_json", "now", "plain", "sources", "versions"]
