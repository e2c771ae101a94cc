"""What the type checker is told of pandas: tables are dynamic.

Its own annotations make `table[mask]` a union of every kind of column, array and scalar.
"""

from typing import Any

class DataFrame(Any): ...
class Series(Any): ...

def __getattr__(name: str) -> Any: ...  # noqa: ANN401
