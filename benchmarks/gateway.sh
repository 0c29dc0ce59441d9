#!/usr/bin/env bash
# Memory and CPU of a gateway with 50 devices that each measure once a second, connected to a real server on this machine.
#   benchmarks/gateway.sh [SECONDS]        (60; after 30 s of warm-up)
# EDGE=PROGRAM measures another build of it, as the one of the Debian package.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
edge=edge/bin/Release/net10.0/smartcity-edge.dll server=ingest/bin/Release/net10.0/smartcity-ingest.dll
[ -f "$edge" ] && [ -f "$server" ] || { echo "build first: dotnet build -c Release" >&2; exit 1; }
home=$(mktemp -d)
pids=()
stop() { kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$home"; }
trap stop EXIT

dotnet "$server" serve --data "$home/server" --http 0 --mqtt 0 --open > "$home/server.txt" 2>&1 &
pids+=($!)
for _ in $(seq 100); do grep -q '^ready' "$home/server.txt" && break; sleep 0.2; done
port=$(grep -oE 'mqtt://127\.0\.0\.1:[0-9]+' "$home/server.txt" | head -n 1 | grep -oE '[0-9]+$')

{
  echo "gateway: gw-measure"
  echo "data: $home/gateway"
  echo "servers: [mqtt://127.0.0.1:$port]"
  echo "clock: trusted"
  echo "devices:"
  for i in $(seq 50); do
    # A minute of values that move, one a second.
    { echo "seconds,temperature_celsius,relative_humidity_percent,pressure_hpa,noise_db"
      for s in $(seq 60); do echo "$s,$((20 + (i + s) % 10)).$((s % 10)),$((50 + (i * s) % 40)).5,100$((s % 10)).25,$((40 + s % 30)).5"; done; } > "$home/day-$i.csv"
    echo "  - { id: station-$i, kind: environment_station, interval: 1s, sensors: [ { driver: replay, file: $home/day-$i.csv, repeat: true } ] }"
  done
} > "$home/gateway.yaml"
# As smartcity-edge.service sets it.
export DOTNET_gcServer=0 DOTNET_TieredCompilation=0 DOTNET_GCConserveMemory=5 DOTNET_EnableDiagnostics=0 MALLOC_ARENA_MAX=2
${EDGE:-dotnet "$edge"} run --config "$home/gateway.yaml" > "$home/edge.txt" 2>&1 &
gateway=$!
pids+=($gateway)

used() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }' /proc/$gateway/stat; }
warm=${WARM:-30}
echo "warming up $warm s"
sleep "$warm"
kill -0 $gateway || { cat "$home/edge.txt"; exit 1; }
before=$(used)
sleep "$seconds"
after=$(used)
grep -E 'VmRSS|VmHWM|RssAnon|Threads' /proc/$gateway/status
awk -v a="$before" -v b="$after" -v s="$seconds" 'BEGIN { printf "CPU: %.2f %% of one core over %d s\n", (b - a) / 10 / s, s }'
echo "server heard: $(curl -s "http://127.0.0.1:$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$home/server.txt" | head -n 1 | grep -oE '[0-9]+$')/metrics" | grep -E '^smartcity_devices_heard' | head -n 2 | tr '\n' ' ')"
[ -z "${SMAPS:-}" ] || awk '/^[0-9a-f]+-/{name=$6} /^Rss:/{r[name]+=$2} END{for(n in r) if (r[n]>400) print r[n], n}' /proc/$gateway/smaps | sort -rn | head -40
echo "load average: $(cut -d' ' -f1-3 /proc/loadavg)"
