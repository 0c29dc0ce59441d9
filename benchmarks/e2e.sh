#!/usr/bin/env bash
# End to end: a server with its data on disk, the load generator beside it on the same two cores, a table.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: benchmarks/e2e.sh [--seconds N] [--connections N] [--sweep "1 10 50 200"] [--data DIR] [--no-build]
  --seconds N      how long new publishes are made at each point of the sweep (10)
  --connections N  MQTT connections, ten devices each (20)
  --sweep "…"      readings a publish; each as fast as 64 unacknowledged publishes a connection let it. One more point asks for
                   100,000 readings/s, to see the latency of a server that is not pressed to its limit
  --data DIR       where the server keeps its data; must not be a memory disk (artifacts/e2e); emptied first and after
  --no-build       use what is built
Every publish is QoS 1 and acknowledged once it is flushed to disk. Rules and the embedded history store run beside.
TEXT
}

seconds=10 connections=20 sweep="1 10 50 200" data=artifacts/e2e build=1
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2; shift ;;
    --connections) connections=$2; shift ;;
    --sweep) sweep=$2; shift ;;
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

before=$(cut -d ' ' -f 1-3 /proc/loadavg)
server=ingest/bin/Release/net10.0/smartcity-ingest.dll
load=simulators/bin/Release/net10.0/smartcity-simulators.dll
two=""
if [ "$(nproc)" -gt 2 ]; then
  two="taskset -c 0,1" # generator and server share two cores, as in the published figures
fi

if [ -e "$data" ] && [ ! -e "$data/.e2e" ] && [ -n "$(ls -A "$data")" ]; then
  echo "$data holds something else: name an empty folder with --data" >&2
  exit 2
fi
rm -rf "$data"
mkdir -p "$data"
touch "$data/.e2e"
$two dotnet "$server" serve --data "$data/city" --http 0 --mqtt 0 --open > "$data/serve.log" 2>&1 &
pid=$!
trap 'kill "$pid" 2> /dev/null || true; wait "$pid" 2> /dev/null || true; rm -rf "$data"' EXIT

address() { sed -n "s#.*\($1://127\.0\.0\.1:[0-9]*\).*#\1#p" "$data/serve.log" | head -n 1; }
for _ in $(seq 300); do
  grep -q '^ready' "$data/serve.log" && break
  kill -0 "$pid" 2> /dev/null || { cat "$data/serve.log" >&2; exit 1; }
  sleep 0.1
done
mqtt=$(address mqtt) http=$(address http)
[ -n "$mqtt" ] && [ -n "$http" ] || { cat "$data/serve.log" >&2; exit 1; }

# One figure of /metrics, all labels together.
figures() { curl -fsS "$http/metrics"; }
figure() { awk -v name="smartcity_$1" -v label="${2:-}" '($1 == name || index($1, name "{") == 1) && index($1, label) { sum += $2 } END { printf "%.6f", sum }' <<< "$now"; }
number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" <<< "$report"; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }

# Waits until both readers have caught up: a rate that they cannot follow is not a rate of the server. Looks seldom, because
# each look makes some 150 kB of text.
settle() {
  for _ in $(seq 240); do
    now=$(figures)
    [ "$(calc %d "$(figure reader_lag_bytes)")" = 0 ] && return
    sleep 0.5
  done
  echo "the readers have not caught up within two minutes" >&2
}

publish() { # readings a publish, seconds, publishes/s (0: as many as the windows let through)
  report=$($two dotnet "$load" load --server "$mqtt" --connections "$connections" --readings "$1" --duration "$2" --rate "$3" --qos 1 --json)
}

publish 50 5 0 # the server's code is compiled and its memory has its size after this
settle

echo "Load average $before before, $(nproc) cores, $(grep -m 1 'model name' /proc/cpuinfo | cut -d : -f 2 | xargs), commit $(git rev-parse --short HEAD 2> /dev/null || echo unknown), $connections connections, ${seconds} s a point"
echo
echo "| readings a publish | readings/s acknowledged | publishes/s | p50 ms | p99 ms | p99.9 ms | with readers caught up, readings/s | server CPU µs/reading | allocated B/reading | GC pause ms | log B/reading | resident MB |"
echo "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
point() { # readings a publish, publishes/s, what to call it
  settle
  cpu=$(figure process_cpu_seconds_total) allocated=$(figure process_allocated_bytes_total) pause=$(figure process_gc_pause_seconds_total)
  log=$(figure log_appended_bytes_total 'lane="telemetry"') taken=$(figure readings_total)
  begin=$(date +%s.%N)
  publish "$1" "$seconds" "$2"
  settle
  over=$(date +%s.%N)
  count=$(calc %d "$(figure readings_total) - $taken")
  echo "| $3 | $(number readingsPerSecond) | $(calc %d "$(number publishes) / $(number seconds)") | $(calc %.1f "$(number p50) / 1000") | $(calc %.1f "$(number p99) / 1000") | $(calc %.1f "$(number p999) / 1000") | $(calc %d "$count / ($over - $begin)") | $(calc %.2f "($(figure process_cpu_seconds_total) - $cpu) * 1e6 / $count") | $(calc %.1f "($(figure process_allocated_bytes_total) - $allocated) / $count") | $(calc %.1f "($(figure process_gc_pause_seconds_total) - $pause) * 1000") | $(calc %.0f "($(figure log_appended_bytes_total 'lane="telemetry"') - $log) / $count") | $(calc %.0f "$(figure process_resident_bytes) / 1e6") |"
  [ "$count" = "$(number readings)" ] || echo "the server took $count readings, the generator counts $(number readings) as acknowledged" >&2
  return 0
}

for readings in $sweep; do
  point "$readings" 0 "$readings"
done
point 50 2000 "50, 100,000 readings/s asked for"
echo
echo "Load average $(cut -d ' ' -f 1-3 /proc/loadavg) at the end, server and generator counted"
