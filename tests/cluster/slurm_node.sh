#!/bin/sh
# A Slurm cluster of one node with two pretend GPUs, for tests. Root on Debian.
#   slurm_node.sh install      Debian's packages, where they are missing
#   slurm_node.sh start DIR    munged, slurmctld, slurmd; settings, logs and pid files in DIR; prints when the node is idle
#   slurm_node.sh stop DIR     stops what the pid files name, and nothing else
# Then: export SLURM_CONF=DIR/slurm.conf PATH=DIR/bin:$PATH
set -eu

install() {
    command -v sbatch >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null && return
    apt-get update -q -o Acquire::http::Timeout=20 -o Acquire::Retries=1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends slurmctld slurmd slurm-client munge
}

configure() {
    host=$(hostname -s)
    # proctrack/linuxproc, task/none: no cgroups in a container. jobacct_gather/linux watches memory instead, and kills.
    # config_overrides: the node may claim more CPUs than it has. KillWait, OverTimeLimit: short, tests wait for them.
    # MinJobAge: finished jobs stay in squeue, which is asked for their state since there is no accounting.
    cat >"$1/slurm.conf" <<END
ClusterName=pretend
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$1/munge/socket
CredType=cred/munge
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool
SlurmctldPidFile=$1/slurmctld.pid
SlurmdPidFile=$1/slurmd.pid
SlurmctldLogFile=$1/slurmctld.log
SlurmdLogFile=$1/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
MinJobAge=3600
KillWait=5
SchedulerParameters=sched_interval=2
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=${SLURM_NODE_MB:-16000} Gres=gpu:2 State=UNKNOWN
PartitionName=gpu Nodes=$host Default=YES MaxTime=INFINITE State=UP
PartitionName=cpu Nodes=$host MaxTime=INFINITE State=UP
END
    echo "NodeName=$host Name=gpu File=$1/gpu[0-1]" >"$1/gres.conf"
    echo "CgroupPlugin=cgroup/v1" >"$1/cgroup.conf"
    # Snakemake's executor starts srun inside a job without SLURM_CONF; a site keeps its settings in /etc, tests must not.
    printf '#!/bin/sh\nSLURM_CONF=%s exec %s "$@"\n' "$1/slurm.conf" "$(command -v srun)" >"$1/bin/srun"
    chmod 755 "$1/bin/srun"
    for gpu in 0 1; do
        [ -e "$1/gpu$gpu" ] || mknod "$1/gpu$gpu" c 1 3
    done
}

start() {
    mkdir -p "$1/munge" "$1/state" "$1/spool" "$1/bin"
    chmod 755 "$1"
    configure "$1"
    dd if=/dev/urandom of="$1/munge/key" bs=1024 count=1 2>/dev/null
    chown -R munge "$1/munge"
    chmod 755 "$1/munge"
    chmod 400 "$1/munge/key"
    runuser -u munge -- munged --force --key-file="$1/munge/key" --socket="$1/munge/socket" --pid-file="$1/munge/pid" \
        --log-file="$1/munge/log" --seed-file="$1/munge/seed"
    export SLURM_CONF="$1/slurm.conf"
    slurmctld
    slurmd
    for _ in $(seq 60); do
        [ "$(sinfo --noheader --format=%T 2>/dev/null | head -1)" = idle ] && echo "idle: SLURM_CONF=$SLURM_CONF" && return
        sleep 0.5
    done
    tail -n 20 "$1"/*.log "$1/munge/log" >&2
    echo "error: the node did not become idle within 30 s; its logs are above and in $1." >&2
    exit 1
}

stop() {
    for file in "$1/slurmd.pid" "$1/slurmctld.pid" "$1/munge/pid"; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 40); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.25
        done
    done
}

case "${1:-}" in
install) install ;;
start) start "$2" ;;
stop) stop "$2" ;;
*)
    sed -n 2,6p "$0" >&2
    exit 2
    ;;
esac
