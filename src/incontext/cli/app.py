"""The commands and their options; what they do is in the modules beside this one."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from incontext.cli.errors import UsageError

app = typer.Typer(
    help="Transformers that learn in context, re-executed: train, check, cite.",
    add_completion=False,
    rich_markup_mode=None,  # plain help is twice as fast
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Preset = Annotated[str, typer.Option(help="smoke, laptop or paper.")]
AnyPreset = Annotated[str | None, typer.Option(help="Only this preset.")]
Figure = Annotated[str, typer.Argument(help="Paper letter and figure number, such as A2.")]


class Layout(StrEnum):
    """How claims are printed."""

    table = "table"
    json = "json"


class Format(StrEnum):
    """What a figure is exported as."""

    svg = "svg"
    pdf = "pdf"
    png = "png"
    csv = "csv"


@app.command("list")
def list_() -> None:
    """Experiments, presets, what is recorded and how long it took."""
    from incontext.cli import reports

    reports.list_experiments()


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="Experiment; 'incontext list' shows them.")],
    preset: Preset = "laptop",
    seeds: Annotated[int | None, typer.Option(help="Training seeds 0, 1, ... (count).")] = None,
    out: Annotated[Path | None, typer.Option(help="Write DIR/NAME/PRESET/.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Write into data/.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run stopped.")] = False,
    block: Annotated[str | None, typer.Option(help="Only train seeds A-B, for --resume.")] = None,
) -> None:
    """Train an experiment and write its result with its manifest."""
    from incontext.cli import running

    request = running.Request(name, preset, seeds)
    if block is None:
        running.run(request, out=out, record=record, resume=resume)
    elif out is not None or record:
        raise UsageError("--block writes no result; leave out --record and --out, then gather")
    else:
        running.run_block(request, block, resume=resume)


@app.command()
def claims(
    preset: AnyPreset = None,
    format: Annotated[Layout, typer.Option(help="table or json.")] = Layout.table,  # noqa: A002
) -> None:
    """Every claim of the papers against every recorded preset; exit 1 if one fails."""
    from incontext.cli.claims import show_claims

    raise typer.Exit(show_claims(preset, as_json=format is Layout.json))


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Experiment; all without one.")] = None,
    rerun: Annotated[str | None, typer.Option(help="Retrain NAME and compare.")] = None,
    preset: AnyPreset = None,
) -> None:
    """Prove that data/ is what was recorded; exit 1 and the file's name if it is not."""
    if rerun is not None:
        from incontext.cli import running

        raise typer.Exit(running.rerun(rerun, preset or "laptop"))
    from incontext.cli import reports

    raise typer.Exit(reports.show_problems(name, preset))


@app.command()
def cite(figure: Figure, preset: AnyPreset = None) -> None:
    """BibTeX, DOI and data of one figure."""
    from incontext.cli import citing

    citing.cite(figure, preset)


@app.command()
def export(
    figure: Figure,
    format: Annotated[Format, typer.Option(help="svg, pdf, png or csv.")] = Format.svg,  # noqa: A002
    out: Annotated[Path, typer.Option(help="Directory to write to.")] = Path(),
    preset: AnyPreset = None,
) -> None:
    """One figure, drawn from its record, or its numbers."""
    from incontext.cli import citing

    citing.export(figure, format.value, out, preset)


@app.command()
def crate(
    out: Annotated[Path, typer.Option(help="New directory to write.")] = Path("incontext-crate"),
) -> None:
    """All records, their code and provenance as one RO-Crate (Process Run Crate 0.5)."""
    from incontext.cli import crate as crates

    crates.write(out)
    print(out)
