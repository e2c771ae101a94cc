"""A SLURM cluster of one node on this machine, from the packages of the distribution.

Its configuration has to lie at the default place, because steps of jobs look for it there alone; a
configuration that is there already is left as it is, and no cluster is started.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

CONFIGURATION = Path("/etc/slurm/slurm.conf")
OURS = "# Written by a test of incontext, which removes it.\n"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "srun", "sinfo")
TEMPLATE = """\
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={place}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd.pid
SlurmctldLogFile={place}/slurmctld.log
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool
SlurmctldPort={controller}
SlurmdPort={node}
ReturnToService=2
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
SlurmdParameters=config_overrides
NodeName=node NodeAddr=127.0.0.1 NodeHostname={host} CPUs={cores} RealMemory=100000 State=UNKNOWN
PartitionName=main Nodes=node Default=YES MaxTime=INFINITE State=UP
"""


def why_not():
    """Why no cluster can be started here, or nothing."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (slurmctld, slurmd, slurm-client, munge)"
    if os.geteuid() != 0:
        return "slurmctld and slurmd are started as root only"
    if CONFIGURATION.exists() and not CONFIGURATION.read_text().startswith(OURS):
        return f"{CONFIGURATION} is another cluster's"
    return ""


@contextlib.contextmanager
def cluster(patience=120):
    """Run a cluster with the cores of this machine for the time of the block.

    patience: seconds after which a cluster that does not get ready is an error.
    """
    place = Path(tempfile.mkdtemp(prefix="slurm-"))
    place.chmod(0o755)
    for name in ("state", "spool"):
        (place / name).mkdir()
    (place / "munge.key").touch(0o600)
    (place / "munge.key").write_bytes(os.urandom(128))
    CONFIGURATION.parent.mkdir(exist_ok=True)
    CONFIGURATION.write_text(OURS + configuration(place))
    try:
        with contextlib.ExitStack() as running:
            for command in daemons(place):
                running.enter_context(daemon(command, place))
            wait_until_idle(place, patience)
            yield place
    finally:
        CONFIGURATION.unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)


def configuration(place):
    """The text of the configuration, on ports that are free now."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        controller, node = one.getsockname()[1], other.getsockname()[1]
    host = socket.gethostname().partition(".")[0]
    cores = os.cpu_count()
    return TEMPLATE.format(place=place, controller=controller, node=node, host=host, cores=cores)


def daemons(place):
    """The commands of the three programs that make a cluster, in the order they start in."""
    munge = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munged.pid"}
    munge |= {"log-file": "munged.log", "seed-file": "munged.seed"}
    options = [f"--{name}={place / file}" for name, file in munge.items()]
    return [
        ["munged", "--foreground", *options],
        ["slurmctld", "-D"],
        ["slurmd", "-D", "-N", "node"],
    ]


@contextlib.contextmanager
def daemon(command, place):
    """Run one program until the end of the block."""
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    with (place / f"{command[0]}.out").open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_idle(place, patience):
    """Wait until the node takes jobs.

    Raises: RuntimeError with the last words of the programs if it does not.
    """
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True)
        if found.stdout.strip() == "idle":
            return
        time.sleep(0.2)
    said = {path.name: path.read_text()[-500:] for path in place.glob("*.out")}
    raise RuntimeError(f"the cluster is not ready after {patience} s: {said}")
