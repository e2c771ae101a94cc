"""Processes that die, and processes that want the same place: nothing is lost or mixed."""

import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from record_samples import manifest, result

from incontext import records
from incontext.cli.reports import network_problems
from incontext.networks.files import read
from incontext.records.verify import verify

pytestmark = pytest.mark.slow

RUN = ("run", "tiny", "--preset", "laptop", "--record")
SAVES = 4 * 59  # that this run makes: four networks of 600 steps, one every 10
KNOWN = {}  # what it ends with, made once


def contents(places):
    """What was trained and measured, without what differs from run to run by design."""
    found = {
        f"{path.parent.name}/{path.name}/{name}": array.tobytes()
        for path in places.data.rglob("networks/*/seed-*.safetensors")
        for name, array in read(path)[0].items()
    }
    report = places.data / "reports" / "tiny" / "laptop"
    return (
        found
        | {path.name: path.read_bytes() for path in report.glob("[!m]*")}
        | {"metrics.csv": (report / "metrics.csv").read_bytes()}
    )


def problems(places):
    """Everything that is wrong with what is recorded and what is unfinished."""
    root = places.data / "reports"
    reports = verify(root) if root.is_dir() else []
    return [*reports, *network_problems(places.data / "networks")]


def wait_for(word, process):
    for line in process.stderr:
        if line == f"{word}\n":
            return
    pytest.fail(f"the run ended before it said {word!r}: {process.stderr.read()}")


def finish(process):
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out


@pytest.fixture
def uninterrupted(command):
    """Files of a run that nobody disturbed."""
    if not KNOWN:
        finish(command(*RUN))
        KNOWN.update(contents(command.places))
        assert len(KNOWN) > 10
        shutil.rmtree(command.places.data)
        command.places.data.mkdir()
    return KNOWN


@pytest.mark.parametrize("kills", [2, 20])
def test_a_run_killed_at_many_moments_ends_with_the_same_result(
    command, uninterrupted, faults, kills
):
    rng = random.Random(kills)
    killed = 0
    while killed < kills:
        resume = ()
        for _ in range(5):
            # The mark is in the next sixth; the kill finds the run there or wherever it is by then.
            process = command(*RUN, *resume, TINY_MARK=str(rng.randrange(1, SAVES // 6)))
            any(line == "marked\n" for line in process.stderr)
            process.kill()
            _, err = process.communicate()
            assert problems(command.places) == []
            if process.returncode == 0:  # it was done before the signal came: not a fault
                break
            assert process.returncode == -signal.SIGKILL, err
            faults()
            killed += 1
            resume = ("--resume",)
        finish(command(*RUN, "--resume"))
        assert contents(command.places) == uninterrupted
        assert problems(command.places) == []
        shutil.rmtree(command.places.data)
        command.places.data.mkdir()


@pytest.mark.parametrize(
    "signals",
    [
        (signal.SIGINT,),
        (signal.SIGTERM,),
        (signal.SIGINT, signal.SIGTERM),
    ],
)
def test_an_interrupted_run_says_in_one_line_how_to_go_on(command, uninterrupted, faults, signals):
    arguments = RUN
    for number in signals:
        process = command(*arguments, TINY_MARK=str(SAVES // 3), TINY_WAIT="1")
        wait_for("marked", process)
        for _ in range(3):  # people who are impatient press Ctrl-C again
            process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        again = "incontext run tiny --preset laptop --record --resume"
        assert err == f"incontext: interrupted; go on with: {again}\n"
        assert problems(command.places) == []
        assert list(command.places.data.rglob("*.unfinished"))
        faults()
        arguments = (*again.split()[1:],)
    finish(command(*arguments))
    assert contents(command.places) == uninterrupted


def test_two_runs_of_the_same_thing_do_not_mix(command, uninterrupted, faults):
    """The second trains what the first does not, and says what it waits for."""
    first = command(*RUN)
    wait_for("training", first)
    first.send_signal(signal.SIGSTOP)
    second = command(*RUN)
    out, err = second.communicate(timeout=240)
    assert (second.returncode, out) == (1, "")
    said = err.replace("training\n", "")
    assert "tiny-first, seed 0, is being trained by another process; wait until it ends" in said
    assert said.count("\n") == 1
    assert len(list(command.places.data.rglob("*.safetensors"))) == 3
    faults()
    first.send_signal(signal.SIGCONT)
    finish(first)
    assert contents(command.places) == uninterrupted
    assert problems(command.places) == []


def test_two_recorders_side_by_side_train_everything_once(command, uninterrupted, faults):
    train = ("train", "tiny", "--preset", "laptop")
    several = [command(*train) for _ in range(3)]
    said = [finish(process) for process in several]
    assert sum(int(line.split()[0]) for line in said) == 4
    finish(command("report", "tiny", "--preset", "laptop"))
    assert contents(command.places) == uninterrupted
    faults()


def start_recorder(root, name, times):
    script = str(__file__).replace("faults/test_processes.py", "recorder.py")
    process = subprocess.Popen(
        [sys.executable, script, str(root), name, str(times)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process


def go(*processes):
    """Let recorders begin, all at once."""
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()


def check_whole(root):
    """The record is one recorder's, in every file."""
    record = records.load("tiny", "smoke", root=root)
    number = float(record.manifest.cpu.split()[-1])
    for table in record.result.tables.values():
        assert set(table["value"]) == {number}
    assert np.all(record.result.params["weights"] == number)


def test_recorders_in_a_race_never_mix_and_readers_never_notice(tmp_path, faults):
    wins = 40
    processes = [start_recorder(tmp_path, str(name), wins) for name in range(1, 4)]
    go(*processes)
    reads = 0
    while any(process.poll() is None for process in processes):
        if records.recorded(tmp_path):
            check_whole(tmp_path)
            reads += 1
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    won, lost = zip(*(map(int, line.split()) for line in said), strict=True)
    assert won == (wins, wins, wins)  # who loses tries again: nobody is kept out
    assert reads > 0
    check_whole(tmp_path)
    assert verify(tmp_path) == []
    faults(sum(lost))


def test_a_recorder_killed_while_it_writes_leaves_the_old_or_the_new(tmp_path, faults):
    rng = random.Random(3)
    for number in range(1, 21):
        process = start_recorder(tmp_path, str(number), 10_000)
        go(process)
        time.sleep(rng.uniform(0.0, 0.1))
        process.kill()
        process.communicate()
        assert verify(tmp_path) == []
        if records.recorded(tmp_path):
            check_whole(tmp_path)
        faults()
    records.save(result(), manifest(), root=tmp_path)
    assert not list(tmp_path.rglob(".*")), "what the dead left behind was not cleared away"
    assert verify(tmp_path) == []
