#!/bin/bash
# Our receiver beside DCMTK's storescp and Orthanc: 0.5 MB CT slices by dcmsend over loopback, one after the other in the same run.
#   tests/Benchmarks/receive.sh                          the table of docs/receive-benchmark.md (1,600 slices, K = 1, 4, 8, 5 repetitions: about 8 minutes)
#   tests/Benchmarks/receive.sh --studies 10 --reps 2    a short look; further options go to bench.py (--k, --pdu, --quiet)
#   tests/Benchmarks/receive.sh --memory                 64 senders at once: the receiver's peak memory (VmHWM), in both durabilities
# Needs dcmtk, orthanc, gcc, python3 with pydicom and numpy (Debian packages), and the bench tools in ../shared/tools/dicom-bench
# (HEMATOMA_BENCH_TOOLS names another folder). Work folder: HEMATOMA_BENCH_FOLDER, or hematoma-bench in TMPDIR; on a real disk.
set -eu
repository=$(cd "$(dirname "$0")/../.." && pwd)
tools=${HEMATOMA_BENCH_TOOLS:-$repository/../shared/tools/dicom-bench}
work=${HEMATOMA_BENCH_FOLDER:-${TMPDIR:-/tmp}/hematoma-bench}
[ -d "$tools" ] || { echo "bench tools not found in $tools: set HEMATOMA_BENCH_TOOLS" >&2; exit 2; }
mkdir -p "$work"
case $(stat -f -c %T "$work") in tmpfs | ramfs) echo "$work is in memory, where fsync costs nothing: set HEMATOMA_BENCH_FOLDER" >&2; exit 2 ;; esac
# bench.py writes beside itself.
cp "$tools"/{bench.py,summarize.py,mkct.py,bindlo.c} "$work/"
[ -f "$work/libbindlo.so" ] || gcc -shared -fPIC -O2 -o "$work/libbindlo.so" "$work/bindlo.c" -ldl
[ -d "$work/data/s039" ] || /usr/bin/python3 "$work/mkct.py" "$work/data" 40 40
# As it is shipped: precompiled for this machine.
dotnet publish "$repository/src/HematomaPacsAgent" -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" --no-self-contained \
    -o "$work/agent" -v quiet -nologo -clp:NoSummary
agent="$work/agent/hematoma-agent receive --port"
export TCP_NODELAY=1 TMPDIR="$work"

memory() { # DURABILITY
    local folder="$work/memory" port=11990 receiver
    rm -rf "$folder"
    $agent $port --out "$folder" --durability "$1" >/dev/null 2>&1 &
    receiver=$!
    for _ in $(seq 100); do echoscu -q 127.0.0.1 $port 2>/dev/null && break; sleep 0.1; done
    local senders=()
    for n in $(seq 0 63); do
        dcmsend -q -nuc -ma -aec ANY-SCP +sd 127.0.0.1 $port "$work/data/s0$(printf %02d $((n % 40)))" &
        senders+=($!)
    done
    local failed=0
    for sender in "${senders[@]}"; do wait "$sender" || failed=$((failed + 1)); done
    echo "$1: 64 associations, 2,560 slices, $failed senders failed, $(find "$folder" -name '*.dcm' | wc -l) instances kept, peak $(awk '/VmHWM/ { print int($2 / 1024) }' /proc/$receiver/status) MB"
    kill $receiver
    wait $receiver || true
    rm -rf "$folder"
}

echo "$(nproc) cores, $(stat -f -c %T "$work") at $(df --output=source "$work" | tail -1), load before: $(cut -d' ' -f1-3 /proc/loadavg)"
if [ "${1:-}" = --memory ]; then
    memory fsync
    memory none
    exit
fi

ours() { echo "cmd:ours-$1:0:ANY-SCP:$agent {port} --out {dir}/in --durability $1"; }
rm -rf "$work/results.csv" "$work/dicom-bench"
# For minutes after files were deleted, ext4 looks through their inodes for each file that is made (find_inode_bit, recently_deleted): 0.2 to 0.5 ms
# of the receiver's CPU an image, which the next peer would pay for the last one's. So a run's files are emptied and stay until the end.
cat > "$work/bench-kept.py" <<'PYTHON'
import itertools, os, runpy, shutil, sys
remove, count = shutil.rmtree, itertools.count()
def set_aside(folder, ignore_errors=False):
    if not os.path.isdir(folder): return
    for parent, _, files in os.walk(folder):
        for file in files: os.truncate(os.path.join(parent, file), 0)
    os.rename(folder, f'{folder}.{next(count)}.done')
shutil.rmtree = set_aside
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
PYTHON
trap 'rm -rf "$work/dicom-bench"' EXIT
/usr/bin/python3 "$work/bench-kept.py" "$work/bench.py" --reps 5 --k 1,4,8 --peers "storescp-fork+B,orthanc-default,$(ours fsync),$(ours none)" \
    --data "$work/data" --out "$work/results.csv" "$@"
/usr/bin/python3 "$work/summarize.py" "$work/results.csv"
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
