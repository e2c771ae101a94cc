"""What tests of the graph look at: what it wrote, what it said, its jobs as processes."""

import psutil

from incontext.networks.files import read


def numbers(results):
    """Everything the tiny experiment wrote that should be the same however it was run.

    Files of the report but the manifest, which tells the time, and arrays of the networks.
    """
    reports = [path for path in (results / "reports").rglob("*") if path.is_file()]
    found = {
        str(path.relative_to(results)): path.read_bytes()
        for path in reports
        if path.name != "manifest.json"
    }
    for path in (results / "networks").rglob("*.safetensors"):
        arrays = {name: array.tobytes() for name, array in read(path)[0].items()}
        found[str(path.relative_to(results))] = arrays
    return found


def finish(process):
    """Wait for the graph to end well; return what it said."""
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return said


def jobs(process):
    """The processes of the jobs that the graph has started on this machine."""
    return [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if any(part.endswith("tiny_cli.py") for part in child.cmdline())
    ]


def wait_for(word, process, times):
    """Read what the graph says until a line holds nothing but the word, so many times."""
    said = []
    for line in process.stdout:
        said.append(line)
        times -= line == f"{word}\n"
        if times == 0:
            return
    raise AssertionError(f"the graph ended before it said {word!r}: {''.join(said)}")
