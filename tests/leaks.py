"""What no published file may tell: places on a machine, and secrets."""

import re

PATHS = re.compile(
    rb"(/(?:home|root|Users|tmp|var|work|mnt|opt)/|[A-Z]:\\\\|file://|/site-packages/)"
)
SECRETS = re.compile(
    rb"(BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30}|xox[abp]-|"
    rb"(?i:password|api[_-]?key|secret)\s*[=:]\s*['\"][^'\"]{6})"
)
ENCODED = re.compile(rb"[A-Za-z0-9+/=]{200,}")  # pictures: any few letters occur in them by chance


def leaks(content: bytes) -> list[bytes]:
    """Every place and secret in the content of a file, encoded pictures apart."""
    text = ENCODED.sub(b"", content)
    return [found[0] for one in (PATHS, SECRETS) for found in one.finditer(text)]
