"""Retrained results: every configuration is split into blocks of seeds, one job each, and gathered.

Settings (--config): what is trained is in configurations.py; what a job gets is threads (2), memory
(MB, 4000), minutes (240) and gpus (0); command is what is run instead of `incontext`.
"""

import json
import shlex
import sys
from functools import cache

import configurations
import freshness

SETTINGS = configurations.Settings.read(config)
DIGITS = 12  # of a hash in a name
TRAINED, BLOCKS, RESULTS = BUILD / "trained", BUILD / "blocks", BUILD / "results"
COMMAND = config.get("command") or shlex.quote(str(Path(sys.executable).with_name("incontext")))
JOB = shlex.join([sys.executable, str(HERE / "job.py"), "--compiled", str(BUILD / "compiled")])
THREADS = int(config.get("threads", 2))
GPUS = int(config.get("gpus", 0))
NEEDS = {"mem_mb": int(config.get("memory", 4000)), "runtime": int(config.get("minutes", 240))}
if GPUS:  # asking for zero GPUs is asking for a GPU, to some clusters
    NEEDS |= {"gpu": GPUS, "gpu_manufacturer": "nvidia"}


def trained(wildcards):
    """A mark for every result that is asked for, of the code and the settings there are now."""
    found = [one for name in SETTINGS.experiments for one in SETTINGS.configurations(name)]
    if SETTINGS.sweep is None:
        return [mark(one, one.name, code(one.experiment)) for one in found]
    listed = freshness.digest([SETTINGS.sweep])[:DIGITS]
    return [mark(found[0], SETTINGS.sweep.stem, f"{code(found[0].experiment)}.{listed}")]


def mark(one, name, version):
    """The mark of a result, taken away if the result is gone or has other seeds."""
    place = TRAINED / one.experiment / name / str(one.num_seeds) / version
    manifest = RESULTS / one.experiment / name / "manifest.json"
    if not manifest.is_file() or len(json.loads(manifest.read_text())["seeds"]) != one.num_seeds:
        place.unlink(missing_ok=True)
    return place


@cache
def code(experiment):
    """A hash over the code that makes an experiment's results; other code has other marks."""
    return freshness.digest(freshness.experiment_dependencies(experiment))[:DIGITS]


def blocks_of(wildcards):
    """The marks of the blocks of a configuration."""
    place = BLOCKS / wildcards.experiment / wildcards.name / wildcards.seeds / wildcards.code
    return [place / block for block in SETTINGS.blocks(wildcards.seeds)]


def points_of(wildcards):
    """The marks of the points of a sweep."""
    found = SETTINGS.configurations(wildcards.experiment)
    return [
        TRAINED / one.experiment / one.name / wildcards.seeds / wildcards.code for one in found
    ]


def options(wildcards):
    """What `incontext run` is told about a configuration."""
    return SETTINGS.options(wildcards.name, wildcards.seeds)


def out(wildcards):
    """Where a result goes; the points of a sweep stay with its unfinished work."""
    return [] if "." in wildcards.name else ["--out", str(RESULTS)]


def work(wildcards):
    """Where unfinished trainings lie: apart for other code and another number of seeds."""
    return BUILD / "work" / f"{wildcards.code}-{wildcards.seeds}"


wildcard_constraints:
    experiment="[a-z0-9-]+",
    name="[a-z0-9_.-]+",
    seeds="[0-9]+",
    block="[0-9]+-[0-9]+",
    code="[0-9a-f]+",
    file="[0-9a-f]+",


localrules:
    results,


rule results:
    input:
        trained,


rule block:
    output:
        touch(BLOCKS / "{experiment}" / "{name}" / "{seeds}" / "{code}" / "{block}"),
    params:
        options=options,
        work=work,
    threads: THREADS
    resources:
        **NEEDS,
    shell:
        "{JOB} --threads {threads} --work {params.work:q} -- {COMMAND} run {wildcards.experiment}"
        " {params.options:q} --block {wildcards.block} --resume"


rule result:
    input:
        blocks_of,
    output:
        touch(TRAINED / "{experiment}" / "{name}" / "{seeds}" / "{code}"),
    params:
        options=options,
        out=out,
        work=work,
    threads: THREADS
    resources:
        **NEEDS,
    shell:
        "{JOB} --threads {threads} --work {params.work:q} -- {COMMAND} run {wildcards.experiment}"
        " {params.options:q} --resume {params.out:q}"


rule sweep:
    input:
        points_of,
    output:
        touch(TRAINED / "{experiment}" / "{name}" / "{seeds}" / "{code}.{file}"),
    params:
        file=SETTINGS.sweep,
        work=work,
    threads: THREADS
    resources:
        **NEEDS,
    shell:
        "{JOB} --threads {threads} --work {params.work:q} -- {COMMAND} run {wildcards.experiment}"
        " --sweep {params.file:q} --resume --out {RESULTS:q}"
