"""What a chapter needs of the records: the best one, where it comes from, its verdicts."""

import html
import math

import pandas as pd

from incontext import paths
from incontext.errors import RecordError
from incontext.presets import PRESETS, record_command
from incontext.records import provenance, store, verdicts
from incontext.records.claims import read_ledger
from incontext.records.types import Manifest, Record

SHOWN = ("Bounds", "Measured", "Verdict")
VERDICTS = [
    *("figure", "experiment", "kind", "claim", "source", "bounds", "measured", "interval"),
    *("preset", "seeds", "verdict", "finding"),
]


def best(experiment: str) -> Record:
    """Read the record of the most faithful preset that is recorded.

    Raises: RecordError if none is, or if what is recorded was changed.
    """
    root = paths.reports_directory()
    there = {preset for name, preset in store.recorded(root) if name == experiment}
    for preset in PRESETS:
        if preset in there:
            return store.load(experiment, preset, root=root)
    raise RecordError(
        f"{experiment} is not recorded in {root.name}; "
        f"record it with '{record_command(experiment, 'laptop')}'."
    )


def recorded(experiment: str, name: str) -> Record:
    """Read the record of one preset or sweep.

    Raises: RecordError if it is not recorded, or if what is recorded was changed.
    """
    return store.load(experiment, name, root=paths.reports_directory())


class Notice:
    """A sentence on a page, in a box."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_markdown_(self) -> str:
        return f"> {self.text}"

    def __repr__(self) -> str:
        return self.text


def notice(experiment: str) -> Notice:
    """Say whether the published settings are recorded, and what the figures show if not.

    Raises: RecordError if nothing is recorded.
    """
    manifest = best(experiment).manifest
    if manifest.preset == "paper":
        return Notice(f"**Recorded at the published settings.** {origin(manifest)}")
    return Notice(
        "**The published settings are not recorded yet.** The recorded figures on this page are of "
        f"the smaller preset *{manifest.preset}*: they show the effect, not yet the published "
        "numbers. Where the text speaks of longer training it reports the paper, and the verdicts "
        "at the end say *not recorded*."
    )


def origin(manifest: Manifest) -> str:
    """Say in one line what made a record: preset, seeds, machine, versions, date."""
    preset = manifest.config["preset"] if provenance.is_sweep(manifest) else manifest.preset
    return (
        f"Recorded: preset {preset}, {training_seeds(manifest)}, "
        f"{manifest.device['platform']} ({manifest.cpu}), jax {manifest.versions['jax']}, "
        f"{manifest.started[:10]}."
    )


def training_seeds(manifest: Manifest) -> str:
    """Say how many training seeds a record has; a range if not all its networks have as many."""
    most = len(manifest.seeds)
    if most == 0:
        return "nothing is trained"
    metrics = store.load_table(
        manifest.experiment, manifest.preset, "metrics", root=paths.reports_directory()
    )
    losses = metrics[(metrics["seed"] >= 0) & metrics["metric"].str.contains("loss")]
    fewest = min(losses.groupby("metric")["seed"].nunique(), default=most)
    count = f"{most}" if fewest >= most else f"{fewest} to {most}"
    return f"{count} training seed{'s' if most > 1 else ''}"


def verdict_table(experiment: str | None = None) -> pd.DataFrame:
    """Return the ledger's claims, or those about one experiment, with what the records say."""
    claims = [claim for claim in read_ledger() if experiment in (None, claim.experiment)]
    rows = [
        {
            "figure": verdict.claim.figure,
            "experiment": verdict.claim.experiment,
            "kind": verdict.claim.kind,
            "claim": verdict.claim.statement,
            "source": verdict.claim.source,
            "bounds": bounds(verdict.claim.lower, verdict.claim.upper),
            "measured": "" if verdict.measured is None else number(verdict.measured),
            "interval": between(verdict.interval),
            "preset": verdict.preset,
            "seeds": verdict.seeds or "",
            "verdict": verdict.status,
            "finding": finding(verdict),
        }
        for verdict in verdicts.evaluate_claims(claims, paths.reports_directory())
    ]
    return pd.DataFrame(rows, columns=VERDICTS).set_index("figure")


def between(interval: tuple[float, float] | None) -> str:
    """Say a 95 % interval of the mean over training seeds; nothing for one seed or a formula."""
    return "" if interval is None else f"{number(interval[0])} to {number(interval[1])}"


def finding(verdict: verdicts.Verdict) -> str:
    """What was found instead, where a number differs."""
    found = verdict.claim.finding
    return found.text if found and verdict.status == "differs" else ""


class Whole:
    """A table of verdicts on a page, with no cell cut short and narrow enough for a telephone."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{name}</th>' for name in ("Claim", *SHOWN))
        rows = "".join(_row(str(figure), row) for figure, row in self.table.iterrows())
        body = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
        return f'<table class="verdicts">{body}</table>'

    def __repr__(self) -> str:
        return self.table.to_string()


def _row(figure: str, row: pd.Series) -> str:
    """A claim, its figure, kind and preset, its bounds, number and verdict; below, a finding."""
    about = f'<span class="about">Figure {figure}, {row["kind"]}, {row["preset"]}</span>'
    claim = f'<td title="{html.escape(row["source"])}">{html.escape(row["claim"])}{about}</td>'
    mean = f"mean over {row['seeds']} seeds {row['interval']}" if row["interval"] else ""
    measured = f"<td>{row['measured']}{_small(mean)}</td>"
    alone = "one network" if row["seeds"] == 1 else ""
    verdict = f'<td class="verdict">{row["verdict"]}{_small(alone)}</td>'
    found = html.escape(row["finding"])
    below = f'<tr class="finding"><td colspan="4">{found}</td></tr>' if found else ""
    return f"<tr>{claim}<td>{row['bounds']}</td>{measured}{verdict}</tr>{below}"


def _small(text: str) -> str:
    return f'<span class="about">{text}</span>' if text else ""


def bounds(lower: float, upper: float) -> str:
    """Say an interval, one side of which may be infinite."""
    if math.isinf(lower):
        return f"at most {number(upper)}"
    if math.isinf(upper):
        return f"at least {number(lower)}"
    return f"{number(lower)} to {number(upper)}"


def number(value: float) -> str:
    """Four significant digits; thousands are written out."""
    short = f"{value:.4g}"
    return f"{float(short):,.0f}" if "e+" in short else short
