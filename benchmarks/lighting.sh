#!/usr/bin/env bash
# All streets to 40 %: a city of the real gateway program over simulated lamps and meters, a real server, and the server's own view of which
# lamps follow, confirmed by measured power. Some gateways are away meanwhile and come back.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
usage: benchmarks/lighting.sh [--city NAME] [--devices N] [--rounds N] [--away N] [--svg FILE] [--data DIR] [--no-build]
  --city NAME   ha-long (4,300 lamps on 145 streets and 100 gateways; the default) or thanh-hoa
  --devices N   devices in all (1000; thanh-hoa)
  --rounds N    how often 40 %, 80 % and their releases are repeated (3)
  --away N      gateways that lose their link meanwhile (2)
  --svg FILE    where the curves are drawn (artifacts/lighting.svg)
  --data DIR    where server and gateways keep their data; must not be a memory disk (artifacts/lighting); emptied first and after
  --no-build    use what is built
Gateways come over TLS with certificates of the city's CA. Prints a table; fails when a gateway that was away does not follow on its return or
follows an order that has expired. Serial lines take their time, as at 9600 baud. Server and city share the machine.
TEXT
}

city=ha-long devices=1000 rounds=3 away=2 data=artifacts/lighting svg=artifacts/lighting.svg build=1
while [ $# -gt 0 ]; do
  case "$1" in
    --city) city=$2; shift ;;
    --devices) devices=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --away) away=$2; shift ;;
    --svg) svg=$2; shift ;;
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

if [ -e "$data" ] && [ ! -e "$data/.lighting" ] && [ -n "$(ls -A "$data")" ]; then
  echo "$data holds something else: name an empty folder with --data" >&2
  exit 2
fi
rm -rf "$data"
mkdir -p "$data/certificates" "$(dirname "$svg")"
touch "$data/.lighting"
pid=""
stop() {
  if [ -n "$pid" ]; then kill "$pid" 2> /dev/null || true; wait "$pid" 2> /dev/null || true; fi
  rm -rf "$data"
}
trap stop EXIT

store=$data/server
dotnet "$simulators" city generate --city "$city" --devices "$devices" --out "$data/city.json"
dotnet "$server" import "$data/city.json" --data "$store" > "$data/import.log"
$two dotnet "$server" serve --data "$store" --http 0 --mqtts 0 > "$data/serve.log" 2>&1 &
pid=$!
for _ in $(seq 600); do
  grep -q '^ready' "$data/serve.log" && break
  kill -0 "$pid" 2> /dev/null || { cat "$data/serve.log" >&2; exit 1; }
  sleep 0.1
done
address() { sed -n "s#^ready .*\b$1=\([^ ]*\).*#\1#p" "$data/serve.log" | head -n 1; }
http=$(address http) mqtts=$(address mqtts)
[ -n "$mqtts" ] && [ -n "$http" ] || { cat "$data/serve.log" >&2; exit 1; }

dotnet "$server" gateway code --all --data "$store" | dotnet "$simulators" city enrol --server "$http" --certs "$data/certificates" > "$data/enrol.log"
head -c 24 /dev/urandom | base64 | dotnet "$server" user add lighting --role lighting --data "$store" > /dev/null
echo "$(nproc) cores, $(grep -m 1 'model name' /proc/cpuinfo | cut -d : -f 2 | xargs), commit $(git rev-parse --short HEAD 2> /dev/null || echo unknown)"
echo "load average before $(cut -d ' ' -f 1-3 /proc/loadavg)"
dotnet "$server" user link lighting --url "$http" --data "$store" | $two dotnet "$simulators" lighting --server "$mqtts" --http "$http" \
  --certs "$data/certificates" --data "$data/gateways" --city "$city" --devices "$devices" --rounds "$rounds" --away "$away" --svg "$svg"
echo "load average after $(cut -d ' ' -f 1-3 /proc/loadavg), server and city counted"
