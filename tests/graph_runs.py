"""What tests of the graph look at: files of the tiny result, what was said, jobs as processes."""

import psutil


def files(directory):
    """The files of the tiny result but its manifest, which tells the time."""
    found = (directory / "tiny" / "smoke").iterdir()
    return {path.name: path.read_bytes() for path in found if path.name != "manifest.json"}


def finish(process):
    """Wait for the graph to end well; return what it said."""
    said, _ = process.communicate(timeout=300)
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
