"""Retrained results: one job for every trained network, one for every report and every sweep.

Settings (--config): experiments (names, separated by commas; all), preset (laptop), seeds (A-B; the
preset's own), sweeps (files of one experiment, instead of its preset); a job gets threads (2), memory
(MB, 4000), minutes (240) and gpus (0); command is what is run instead of `incontext`.
Results lie in BUILD/results: networks/ and reports/, as under data/.  What is done has a mark.  That of
a network has the digest of its settings, so one that is there is never trained again, whatever changes
in the source; that of a report or sweep has a hash of the source of its experiment and of what it is of.
"""

import shlex
import sys

RESULTS, MARKS = BUILD / "results", BUILD / "marks"
SWEEPS = {Path(one).stem: Path(one).resolve() for one in str(config.get("sweeps") or "").split(",") if one}
THREADS = int(config.get("threads", 2))
GPUS = int(config.get("gpus", 0))
NEEDS = {"mem_mb": int(config.get("memory", 4000)), "runtime": int(config.get("minutes", 240))}
if GPUS:  # asking for zero GPUs is asking for a GPU, to some clusters
    NEEDS |= {"gpu": GPUS, "gpu_manufacturer": "nvidia"}
# XLA and NumPy start as many threads as the machine has cores; a job has only its share.
LIMITS = ("NPROC", "PJRT_NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
RUN = " ".join([
    f"mkdir -p {shlex.quote(str(RESULTS))} && env",
    *(f"{name}={THREADS}" for name in LIMITS),
    config.get("command") or shlex.quote(str(Path(sys.executable).with_name("incontext"))),
    f"--data {shlex.quote(str(RESULTS))}",
])  # fmt: skip


def asked():
    """Experiments that are asked for; a graph of the book reads none, and no JAX."""
    from incontext import experiments

    named = str(config.get("experiments") or "").replace(",", " ").split()
    return {name: experiments.get(name) for name in named or experiments.names()}


def mark(result, *names):
    """The mark of a result, taken away if the result is gone."""
    place = MARKS.joinpath(*names)
    if not result.is_file():
        place.unlink(missing_ok=True)
    return place


def networks(name):
    """Every network that the report of an experiment is made of, as folder/seed-n."""
    from incontext.cli.names import check_preset
    from incontext.cli.training import seed_range

    check_preset(PRESET)
    one, seeds = asked()[name], config.get("seeds")
    chosen = range(one.num_seeds[PRESET]) if seeds is None else seed_range(str(seeds))
    return [
        f"{training.folder}/seed-{seed}"
        for training, mine in one.wanted(one.presets[PRESET], chosen).items()
        for seed in mine
    ]


def results(wildcards):
    """The marks of every report, or every sweep, that is asked for."""
    names = asked()
    if SWEEPS and len(names) != 1:
        raise ValueError("sweeps belong to one experiment; name it, as in experiments=single-layer")
    found = []
    for name in names:
        source = freshness.experiment_dependencies(name)
        codes = {what: freshness.digest({*source, file}) for what, file in SWEEPS.items()}
        codes = codes or {PRESET: freshness.digest(source, *networks(name))}
        for what, code in codes.items():
            result = RESULTS / "reports" / name / what / "manifest.json"
            found.append(mark(result, name, what, code[:10]))
    return found


def networks_of(wildcards):
    """The marks of every network that a report is made of."""
    files = {one: RESULTS / "networks" / f"{one}.safetensors" for one in networks(wildcards.experiment)}
    return [mark(file, "networks", one) for one, file in files.items()]


wildcard_constraints:
    experiment="[a-z0-9-]+",
    network="[a-z0-9-]+",
    code="[0-9a-f]{10}",
    seed="[0-9]+",


localrules:
    results,


rule results:
    input:
        results,


rule network:
    output:
        touch(MARKS / "networks" / "{network}-{code}" / "seed-{seed}"),
    threads: THREADS
    resources:
        **NEEDS,
    shell:
        "{RUN} train {wildcards.network}-{wildcards.code} --preset {PRESET} --seeds {wildcards.seed}"


rule report:
    input:
        networks_of,
    output:
        touch(MARKS / "{experiment}" / PRESET / "{code}"),
    threads: THREADS
    resources:
        **NEEDS,
    shell:
        "{RUN} report {wildcards.experiment} --preset {PRESET}"


rule sweep:
    output:
        touch(MARKS / "{experiment}" / "{sweep}" / "{code}"),
    params:
        file=lambda wildcards: SWEEPS[wildcards.sweep],
    wildcard_constraints:
        sweep="|".join(SWEEPS) or "none",
    threads: THREADS
    resources:
        **NEEDS,
    shell:
        "{RUN} run {wildcards.experiment} --sweep {params.file:q} --record --resume"
