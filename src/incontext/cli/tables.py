"""Tables and sentences on a terminal: whole, and nothing in them is obeyed."""

import sys

from rich.console import Console
from rich.table import Table

WHOLE = ("experiment", "preset", "network", "claim", "status")  # to be typed, or read first


def make_table(*columns: str) -> Table:
    """Return an empty table; on a narrow terminal cells go on below, names stay in one line."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column in WHOLE, overflow="fold")
    return table


def print_table(table: Table) -> None:
    """Print a table, as wide as it is where there is no terminal to fit it into."""
    Console(width=None if sys.stdout.isatty() else 1000, markup=False).print(table)


def printable(text: str) -> str:
    """A text in one line without signs that a terminal obeys."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
