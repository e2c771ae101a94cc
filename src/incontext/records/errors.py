"""The one error of this room."""


class RecordError(ValueError):
    """A record, claim or ledger that cannot be trusted or written; the message is one sentence."""
