#!/usr/bin/env bash
# Both flavours beside each other: one server and two, of the embedded host and of the Orleans flavour, each case with a PostgreSQL of its own, under the
# same loads on the same two cores; and the ordinary server with its book in a file, as it is by default.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: benchmarks/flavours.sh [--orleans-scripts DIR] [--rounds N] [--seconds N] [--beside N] [--only CASES] [--add] [--write] [--print] [--data DIR] [--no-build]
  --orleans-scripts DIR  Orleans' SQL scripts for PostgreSQL (docs/decisions/orleans-host.md); without it only the embedded host is measured
  --orleans DLL          the other flavour's program (ingest.orleans/bin/Release/net10.0/smartcity-ingest-orleans.dll)
  --server DLL           the ordinary server's program (ingest/bin/Release/net10.0/smartcity-ingest.dll)
  --rounds N             times that all cases are measured, in turn (3)
  --seconds N            how long new publishes are made at each point (8); a round of both flavours takes some seven minutes
  --beside N             readings/s beside the alarms (20000)
  --only C,…             some cases: file, embedded, orleans, or with a number of servers, as orleans:2
  --add                  rounds come to those that artifacts/flavours/results.jsonl holds
  --write                puts tables and picture into docs/performance.md and docs/images
  --print                measures nothing: tables of what was measured (with --write, into the page)
  --data DIR             where servers and PostgreSQL keep their data; must not be a memory disk (artifacts/flavours/data); must be empty, and is deleted after
  --no-build             use what is built
Needs PostgreSQL (apt-get install postgresql). Prints its figures; fails when a server did not start or a point could not be measured.
TEXT
}

build=1 print=0 scripts="" rounds=3 orleans=ingest.orleans/bin/Release/net10.0/smartcity-ingest-orleans.dll words=()
while [ $# -gt 0 ]; do
  case "$1" in
    --orleans-scripts) scripts=$2; shift ;;
    --orleans) orleans=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --server | --seconds | --beside | --only | --data) words+=("$1" "$2"); shift ;;
    --add) words+=(--add) ;;
    --write) words+=(--write docs/performance.md) ;;
    --print) words+=(--print); print=1 ;;
    --no-build) build=0 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
if [ "$build" = 1 ] && [ "$print" = 0 ]; then
  dotnet build -c Release -v q --nologo ingest
  dotnet build -c Release -v q --nologo simulators
  [ -z "$scripts" ] || dotnet build -c Release -v q --nologo ingest.orleans -p:WithOrleans=true
fi

if [ -n "$scripts" ]; then
  words+=(--orleans "$orleans" --orleans-scripts "$scripts")
fi

two=""
if [ "$(nproc)" -gt 2 ]; then
  two="taskset -c 0,1" # everything shares two cores, as in the published figures
fi

exec $two dotnet simulators/bin/Release/net10.0/smartcity-simulators.dll flavours --rounds "$rounds" \
  --commit "$(git rev-parse --short HEAD 2> /dev/null || echo unknown)" "${words[@]}"
