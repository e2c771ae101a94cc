"""The commands and their options; what they do is in the modules beside this one."""

import os
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


@app.callback(invoke_without_command=True)
def begin(
    data: Annotated[Path | None, typer.Option(help="Read and record here, not in data/.")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Transformers that learn in context, re-executed: train, check, cite."""
    if data is not None:
        if not data.is_dir():
            raise UsageError(f"--data is {data}; it must be a directory that exists")
        os.environ["INCONTEXT_DATA"] = str(data)
    if version:
        from importlib import metadata

        print(metadata.version("incontext"))
        raise typer.Exit


@app.command("list")
def list_() -> None:
    """Experiments, presets, networks and seeds recorded, what is missing, how long it takes."""
    from incontext.cli import reports

    reports.list_experiments()


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="Experiment; 'incontext list' shows them.")],
    preset: Preset = None,
    seeds: Annotated[str | None, typer.Option(help="Training seeds 0, 1, ... (count).")] = None,
    out: Annotated[Path | None, typer.Option(help="Write DIR/reports and DIR/networks.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Write into data/.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run stopped.")] = False,
    sweep: Annotated[Path | None, typer.Option(help="Every point of this YAML file.")] = None,
) -> None:
    """Train what is missing of an experiment or a sweep of its settings, then measure it."""
    if sweep is not None and (preset is not None or seeds is not None):
        raise UsageError("--preset and --seeds of a sweep are in its file; leave them out")
    from incontext.cli.opening import announce

    announce(f"{name}: loading JAX and the experiment")
    from incontext.cli import running

    place = running.destination(out, record=record)
    if sweep is None:
        running.run(name, "laptop" if preset is None else preset, seeds, place, resume=resume)
        return
    from incontext.cli import sweeping

    sweeping.run(name, sweep, place, resume=resume)


@app.command()
def train(
    names: Annotated[
        list[str] | None, typer.Argument(help="Experiments or networks; all without.")
    ] = None,
    preset: Annotated[str, typer.Option(help="smoke, laptop or paper.")] = "paper",
    seeds: Annotated[str | None, typer.Option(help="A-B; the preset's own without.")] = None,
    lasting: Annotated[str | None, typer.Option("--for", help="Stop after 90s, 30m, 2h.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="Only say what is missing.")] = False,
) -> None:
    """Train and record the networks that are missing; nothing is trained twice."""
    from incontext.cli.opening import announce

    announce("loading JAX and the experiments")
    from incontext.cli import training

    training.train(names or [], preset, seeds, lasting, listing=listing)


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="Experiment; 'incontext list' shows them.")],
    preset: Preset = None,
) -> None:
    """Measure the recorded networks of an experiment again; nothing is trained."""
    from incontext.cli import lookup, running

    place = running.destination(None, record=True)
    running.prepare_device()
    found = lookup.experiment(name)
    running.tell(running.report(found, "laptop" if preset is None else preset, place), place)


@app.command()
def claims(
    preset: AnyPreset = None,
    format: Annotated[Layout, typer.Option(help="table or json.")] = Layout.table,  # noqa: A002
    by_figure: Annotated[
        bool, typer.Option("--by-figure", help="What of the papers is covered, and what is not.")
    ] = False,
) -> None:
    """Every claim of the papers against every recorded preset; exit 1 if one fails."""
    from incontext.cli.claims import show_claims, show_figures

    if by_figure:
        raise typer.Exit(show_figures(as_json=format is Layout.json))
    raise typer.Exit(show_claims(preset, as_json=format is Layout.json))


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Experiment; all without one.")] = None,
    recompute: Annotated[bool, typer.Option(help="Measure the networks again.")] = False,
    rerun: Annotated[str | None, typer.Option(help="Retrain NAME and compare.")] = None,
    preset: AnyPreset = None,
) -> None:
    """Prove that data/ is what was recorded; exit 1 and the file's name if it is not."""
    if rerun is not None:
        from incontext.cli import rerunning

        raise typer.Exit(rerunning.rerun(rerun, preset or "laptop"))
    from incontext.cli import reports

    status = reports.show_problems(name, preset)
    if recompute and not status:
        from incontext import experiments
        from incontext.cli import rerunning

        status = rerunning.recompute([name] if name else list(experiments.names()), preset)
    raise typer.Exit(status)


@app.command()
def show(figure: Figure, preset: AnyPreset = None) -> None:
    """Draw a figure and open it in whatever shows pictures here."""
    from incontext.cli import citing

    citing.show(figure, preset)


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
