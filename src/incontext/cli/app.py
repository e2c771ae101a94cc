"""The commands and their options; what they do is in the modules beside this one."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from incontext.cli.errors import UsageError

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,  # plain help is twice as fast
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Preset = Annotated[str | None, typer.Option(help="smoke, laptop (without it) or paper.")]
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


@app.callback()
def begin(
    process: Annotated[str | None, typer.Option(help="I of N that train: I/N@HOST:PORT.")] = None,
) -> None:
    """Transformers that learn in context, re-executed: train, check, cite."""
    if process is not None:
        from incontext.cli import joining

        joining.join(process)


@app.command("list")
def list_() -> None:
    """Experiments, presets, what is recorded and how long it took."""
    from incontext.cli import reports

    reports.list_experiments()


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="Experiment; 'incontext list' shows them.")],
    preset: Preset = None,
    seeds: Annotated[int | None, typer.Option(help="Training seeds 0, 1, ... (count).")] = None,
    out: Annotated[Path | None, typer.Option(help="Write DIR/NAME/PRESET/.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Write into data/.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run stopped.")] = False,
    block: Annotated[str | None, typer.Option(help="Only train seeds A-B, for --resume.")] = None,
    sweep: Annotated[
        str | None, typer.Option(help="Every point of FILE; FILE@N: only one.")
    ] = None,
) -> None:
    """Train an experiment, or a sweep of its settings, and write the result with its manifest."""
    if sweep is not None and (preset or seeds):
        raise UsageError("--preset and --seeds of a sweep are in its file; leave them out")
    if block is not None and (out or record):
        raise UsageError("--block writes no result; leave out --record and --out, then gather")
    from incontext.cli.opening import announce

    announce(f"{name}: loading JAX and the experiment")
    from incontext.cli import joining, running, sweeping

    joining.join_srun()
    if sweep is None:
        request = running.Request(name, preset or "laptop", seeds)
        if block is not None:
            running.run_block(request, block, resume=resume)
        else:
            root, where = running.destination(out, record=record), running.where(out, record=record)
            running.run(request, root, resume=resume, where=where)
    elif "@" in sweep or block is not None:
        if out or record:
            raise UsageError("a point writes no result; leave out --record and --out, then gather")
        sweeping.run_point(name, sweep, block, resume=resume)
    else:
        sweeping.run(name, Path(sweep), out=out, record=record, resume=resume)


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
        from incontext.cli import rerunning

        raise typer.Exit(rerunning.rerun(rerun, preset or "laptop"))
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
