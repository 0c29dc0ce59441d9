#!/usr/bin/env bash
# Contact to screen and frames of the map, in a real Chromium: see tests/console/measure.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: benchmarks/screen.sh [--contacts N] [--every S] [--rate N] [--devices N] [--only contact|frames] [--no-build]
  --contacts N  fire contacts in each part (400)
  --every S     seconds between two contacts (0.25)
  --rate N      readings/s beside them in the second part (50000); 50 a publish, QoS 1
  --devices N   devices on the map whose frames are counted (10000)
Prints its figures; there is nothing to pass or to fail. Server, gateways, generator and browser share the machine.
TEXT
}

contacts=400 every=0.25 rate=50000 devices=10000 only="" build=1
while [ $# -gt 0 ]; do
  case "$1" in
    --contacts) contacts=$2; shift ;;
    --every) every=$2; shift ;;
    --rate) rate=$2; shift ;;
    --devices) devices=$2; shift ;;
    --only) only=$2; shift ;;
    --no-build) build=0 ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
if [ "$build" = 1 ]; then
  console/build
  dotnet build -c Release -v q --nologo ingest
  dotnet build -c Release -v q --nologo simulators
fi
two=""
if [ "$(nproc)" -gt 2 ]; then two="taskset -c 0,1"; fi # everything shares two cores, as in the published figures
echo "$(nproc) cores, $(grep -m 1 'model name' /proc/cpuinfo | cut -d : -f 2 | xargs), commit $(git rev-parse --short HEAD 2> /dev/null || echo unknown)"
[ "$only" = frames ] || $two node tests/console/measure/screen.mjs "$contacts" "$every" "$rate"
[ "$only" = contact ] || $two node tests/console/measure/frames.mjs "$devices"
