"""What a user can mend; everything else is a defect of ours and shows its traceback."""

from pathlib import Path


class Refusal(ValueError):
    """A value that is refused: one sentence with the value, the constraint and the remedy."""


class RecordError(Refusal):
    """A record, claim or ledger that cannot be trusted or written; the message is one sentence.

    path: the file at fault, if it is one; the message then begins with it.
    """

    def __init__(self, reason: str, path: Path | None = None) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason, self.path = reason, path
