"""Tables on a terminal, and whole where there is none."""

import sys

from rich.console import Console
from rich.table import Table


def make_table(*columns: str) -> Table:
    """Return an empty table of one-line cells."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def print_table(table: Table) -> None:
    """Print a table, whole where there is no terminal to fit it into."""
    is_terminal = sys.stdout.isatty()
    Console(width=None if is_terminal else 200).print(table)
