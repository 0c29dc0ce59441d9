#!/usr/bin/env bash
# End to end: the server in a process of its own with its data on disk, the load generator beside it on the same two cores; results, tables, pictures.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: benchmarks/e2e.sh [--quick] [--seconds N] [--sustain 10m] [--only GROUPS] [--peers] [--write] [--print] [--data DIR] [--no-build]
  --quick       fewer points and 4 s each: some ten minutes with the build (reckoned)
  --seconds N   how long new publishes are made at each point (8)
  --sustain T   also one run of that length as fast as it goes, looked at every five seconds
  --only G,…    some groups: readings, sustained, latency, connections, idle, devices, lag
  --peers       other programs with the same payloads too (benchmarks/peers/run)
  --write       puts tables and pictures into docs/performance.md and docs/images
  --print       measures nothing: tables of what artifacts/e2e/results.jsonl holds (with --write, into the page)
  --data DIR    where servers keep their data; must not be a memory disk (artifacts/e2e/data); must be empty, and is deleted after
  --no-build    use what is built
Results are lines of JSON in artifacts/e2e/results.jsonl; the first of a group replaces that group's of an earlier run.
TEXT
}

build=1 peers=0 print=0 sweep=() seconds=""
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) sweep+=(--quick); seconds=${seconds:-4} ;;
    --seconds) seconds=$2; shift ;;
    --sustain | --only | --data) sweep+=("$1" "$2"); shift ;;
    --write) sweep+=(--write docs/performance.md) ;;
    --print) sweep+=(--print); print=1 ;;
    --peers) peers=1 ;;
    --no-build) build=0 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
if [ "$build" = 1 ]; then
  dotnet build -c Release -v q --nologo ingest
  dotnet build -c Release -v q --nologo simulators
fi

two=""
if [ "$(nproc)" -gt 2 ]; then
  two="taskset -c 0,1" # generator and server share two cores, as in the published figures
fi

if [ "$peers" = 1 ] && [ "$print" = 0 ]; then
  benchmarks/peers/run
fi

exec $two dotnet simulators/bin/Release/net10.0/smartcity-simulators.dll sweep --seconds "${seconds:-8}" \
  --commit "$(git rev-parse --short HEAD 2> /dev/null || echo unknown)" "${sweep[@]}"
