#!/usr/bin/env bash
# Contact to event: fire contacts in the cabinets of real gateway programs over simulated wires, a real server, and the event stream that
# a console reads; without load, and beside 50,000 readings/s that the load generator publishes to the same server on the same cores.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: benchmarks/contact.sh [--contacts N] [--every S] [--rate N] [--devices N] [--data DIR] [--no-build]
  --contacts N  contacts in each part (600)
  --every S     seconds between two contacts (0.1)
  --rate N      readings/s beside them in the second part (50000); 50 a publish, 20 connections, QoS 1
  --devices N   devices that these readings are of (5000)
  --data DIR    where the server keeps its data; must not be a memory disk (artifacts/contact); emptied first and after
  --no-build    use what is built
Prints its figures; there is nothing to pass or to fail. Load averages count generator, gateways and server.
TEXT
}

contacts=600 every=0.1 rate=50000 devices=5000 data=artifacts/contact build=1
while [ $# -gt 0 ]; do
  case "$1" in
    --contacts) contacts=$2; shift ;;
    --every) every=$2; shift ;;
    --rate) rate=$2; shift ;;
    --devices) devices=$2; shift ;;
    --data) data=$2; shift ;;
    --no-build) build=0 ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
if [ "$build" = 1 ]; then
  dotnet build -c Release -v q --nologo ingest
  dotnet build -c Release -v q --nologo simulators
fi

server=ingest/bin/Release/net10.0/smartcity-ingest.dll
simulators=simulators/bin/Release/net10.0/smartcity-simulators.dll
two=""
if [ "$(nproc)" -gt 2 ]; then
  two="taskset -c 0,1" # everything shares two cores, as in the published figures
fi

if [ -e "$data" ] && [ ! -e "$data/.contact" ] && [ -n "$(ls -A "$data")" ]; then
  echo "$data holds something else: name an empty folder with --data" >&2
  exit 2
fi
rm -rf "$data"
mkdir -p "$data"
touch "$data/.contact"
pids=()
stop() { kill "${pids[@]}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$data"; }
trap stop EXIT
$two dotnet "$server" serve --data "$data/city" --http 0 --mqtt 0 --open > "$data/serve.log" 2>&1 &
pids+=($!)
address() { sed -n "s#.*\($1://127\.0\.0\.1:[0-9]*\).*#\1#p" "$data/serve.log" | head -n 1; }
for _ in $(seq 600); do
  grep -q '^ready' "$data/serve.log" && break
  kill -0 "${pids[0]}" 2> /dev/null || { cat "$data/serve.log" >&2; exit 1; }
  sleep 0.1
done
mqtt=$(address mqtt) http=$(address http)
[ -n "$mqtt" ] && [ -n "$http" ] || { cat "$data/serve.log" >&2; exit 1; }

average() { cut -d ' ' -f 1-3 /proc/loadavg; }
part() { # prefix, contacts
  $two dotnet "$simulators" contact --server "$mqtt" --http "$http" --contacts "$2" --every "$every" --prefix "$1"
}

part warm 100 > /dev/null # code is compiled after this
echo "$(nproc) cores, $(grep -m 1 'model name' /proc/cpuinfo | cut -d : -f 2 | xargs), commit $(git rev-parse --short HEAD 2> /dev/null || echo unknown)"
echo "load average before                          $(average)"
echo "no load                                      $(part calm "$contacts")"
echo "load average                                 $(average)"
seconds=$(awk "BEGIN { printf \"%d\", $contacts * $every + 60 }")
$two dotnet "$simulators" load --server "$mqtt" --rate $((rate / 50)) --readings 50 --devices-per-connection $(((devices + 19) / 20)) --qos 1 --duration "$seconds" --drain 5 --json > "$data/load.json" 2> "$data/load.err" &
load=$!
pids+=("$load")
sleep 10
echo "beside $rate readings/s of $devices devices   $(part busy "$contacts")"
echo "load average                                 $(average)"
curl -fsS "$http/metrics" | awk '/^smartcity_(reader_lag_bytes|process_gc_pause_seconds_total)/ { print "  " $0 }'
kill -INT "$load" 2> /dev/null || true
wait "$load" 2> /dev/null || true
[ -s "$data/load.json" ] && sed -n 's/.*"readingsPerSecond":\([0-9.]*\).*/readings\/s acknowledged meanwhile  \1/p' "$data/load.json"
