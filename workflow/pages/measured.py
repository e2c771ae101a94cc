"""What a chapter and an experiment take, as measured: notebooks, manifests, files; nothing else."""

from pathlib import Path
from typing import Any

from incontext import experiments, paths
from incontext.presets import PRESETS
from incontext.records import provenance, store
from incontext.records.errors import RecordError
from pages.publication import Publication


def chapters(book: Publication) -> str:
    """Time and memory of every chapter as it was executed for this book, size of its notebook."""
    lines = ["| Chapter | File | Time | Memory | Notebook |", "|---|---|--:|--:|--:|"]
    for name, notebook in book.chapters.items():
        about = notebook["metadata"]
        machine = about.get("incontext", {})
        seconds = about["papermill"]["duration"]
        memory = f"{machine['peak_memory_mb']:.0f} MB" if machine else ""
        size = (book.stage / "notebooks" / f"{name}.ipynb").stat().st_size / 1e6
        cells = [f"[{book.title(name)}](chapters/{name}.ipynb)", f"`{name}`", f"{seconds:.0f} s"]
        cells += [memory, f"{size:.1f} MB"]
        lines.append("| " + " | ".join(cells) + " |")
    named = {one["metadata"].get("incontext", {}).get("machine") for one in book.chapters.values()}
    machines = "; ".join(sorted(filter(None, named)))
    return "\n".join(lines) + (f"\n\nMeasured on {machines}." if machines else "")


def records(book: Publication) -> str:
    """Time and disk of every recorded run: preset, seeds, machine."""
    root = paths.data_directory()
    lines = ["| Command | Seeds | On | Time | Disk |", "|---|--:|---|--:|--:|"]
    for experiment, preset in store.recorded(root):
        try:
            found = store.load_manifest(experiment, preset, root=root)
        except RecordError:
            continue
        size = sum(path.stat().st_size for path in (root / experiment / preset).glob("[!.]*"))
        machine = found.cpu if found.device["platform"] == "cpu" else found.device["kind"]
        command = provenance.command(found).removesuffix(" --record")
        lines.append(
            f"| `{command}` | {len(found.seeds)} | {machine} "
            f"| {duration(found.wall_seconds)} | {size / 1e6:.2f} MB |"
        )
    return "\n".join(lines)


def presets(book: Publication) -> str:
    """What changes from preset to preset, one fold per experiment."""
    return "\n\n".join(_preset(name) for name in experiments.names())


def _preset(name: str) -> str:
    found = experiments.get(name)
    columns = [flat(provenance.plain(found.presets[preset])) for preset in reversed(PRESETS)]
    seeds = [str(found.num_seeds[preset]) for preset in reversed(PRESETS)]
    names = list(dict.fromkeys(key for column in columns for key in column))
    rows = [f"| {' | '.join(['training seeds', *seeds])} |"]
    for key in names:
        values = [column.get(key, "") for column in columns]
        if len(set(values)) > 1:
            rows.append(f"| {' | '.join([f'`{key}`', *values])} |")
    table = "\n".join(["| setting | smoke | laptop | paper |", "|---|---|---|---|", *rows])
    return f"````{{dropdown}} {name}: {found.title}\n{table}\n````"


def flat(value: Any, name: str = "") -> dict[str, str]:  # noqa: ANN401
    """Settings by dotted name; long lists of numbers by their ends and length."""
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}".strip("."), one) for key, one in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(one, dict) for one in value):
        pairs = [(f"{name}.{index}", one) for index, one in enumerate(value)]
    elif isinstance(value, list | tuple) and len(value) > 5:
        return {name: f"{value[0]} … {value[-1]} ({len(value)})"}
    else:
        return {name: str(value)}
    return {key: text for inner, one in pairs for key, text in flat(one, inner).items()}


def disk(book: Publication) -> str:
    """Disk that the recorded results and the executed notebooks take."""
    places = (
        ("recorded results (`data/`)", paths.data_directory()),
        ("executed notebooks", book.stage / "notebooks"),
    )
    lines = ["| What | Disk |", "|---|--:|"]
    lines += [f"| {what} | {size_of(place) / 1e6:.1f} MB |" for what, place in places]
    return "\n".join(lines)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
