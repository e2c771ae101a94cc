"""The three lines that open a chapter: what the paper shows, what was found, how sure it is."""

import html
import re

from incontext.presets import PRESETS
from incontext.records import reading

STRESSED = re.compile(r"\*([^*]+)\*")


class Opening:
    """A chapter's result in three lines.

    The words of `found` hold no number: each stands there as {metric}, with a format if one is
    wanted ({trained_loss:.3f}), and is the mean over seeds in the best record. The last line is
    counted from the ledger and the record.

    Raises:
        KeyError: if the record has no such metric.
    """

    def __init__(self, experiment: str, *, paper: str, found: str) -> None:
        record = reading.best(experiment)
        table = record.result.tables["metrics"]
        numbers = table.groupby("metric")["value"].mean().to_dict()
        self.lines = {
            "The paper shows": paper,
            "We found": found.format_map(numbers),
            "How sure": sure(experiment, record.manifest.preset),
        }

    def _repr_html_(self) -> str:
        rows = "".join(f"<dt>{term}</dt><dd>{marked(one)}</dd>" for term, one in self.lines.items())
        return f'<dl class="opening">{rows}</dl>'

    def __repr__(self) -> str:
        return "\n".join(f"{term}: {one}" for term, one in self.lines.items())


def sure(experiment: str, preset: str) -> str:
    """Count the claims that hold in the records of one preset, and the training seeds behind."""
    table = reading.verdict_table(experiment)
    table = table[table["preset"] == preset]
    counts = table["verdict"].value_counts()
    settings = "the published settings" if preset == PRESETS[0] else f"the smaller {preset} preset"
    open_ones = counts.get("not recorded", 0)
    held, differ, failed = (counts.get(name, 0) for name in ("pass", "differs", "fail"))
    said = [f"of {len(table) - open_ones} claims measured at {settings}, {held} hold"]
    if differ:
        said.append(f"{differ} {'differs' if differ == 1 else 'differ'}, and the finding is given")
    if failed:
        said.append(f"{failed} {'fails' if failed == 1 else 'fail'}")
    if open_ones:
        said.append(f"{open_ones} more {'waits' if open_ones == 1 else 'wait'} for a record")
    seeds = reading.training_seeds(reading.best(experiment).manifest)
    text = "; ".join([*said, seeds])
    return f"{text[0].upper()}{text[1:]}."


def marked(text: str) -> str:
    """Text as HTML, with *words* stressed and the claims linked."""
    said = STRESSED.sub(r"<em>\1</em>", html.escape(text))
    return re.sub(r"\d+ claims measured", r'<a href="#verdicts">\g<0></a>', said)
