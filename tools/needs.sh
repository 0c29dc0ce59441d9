# Sourced by ./run and ./test: installs what is missing, saying so. Debian's packages only; the SDK has to be there.

need_dotnet() {
  if command -v dotnet >/dev/null 2>&1 && dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
    return 0
  fi
  if apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then
    need_packages dotnet:dotnet-sdk-10.0
    return
  fi
  echo "The .NET 10 SDK is missing: install it from https://dotnet.microsoft.com/download/dotnet/10.0 and run this again." >&2
  return 1
}

# need_node: Node.js as new as the console's build wants it, and npm
need_node() {
  local least=20.19 is
  node_is_new() { is=$(node --version 2>/dev/null | tr -d v) && [ -n "$is" ] && [ "$(printf '%s\n' "$least" "$is" | sort -V | head -n 1)" = "$least" ]; }
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    if command -v apt-get >/dev/null 2>&1; then need_packages node:nodejs npm:npm || return 1; fi
  fi
  node_is_new && command -v npm >/dev/null 2>&1 && return 0
  echo "Building the console needs Node.js $least or later and npm (found: ${is:-none}): install them from https://nodejs.org and run this again." >&2
  return 1
}

# update_packages: what Debian has today
update_packages() {
  local as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  $as_root apt-get update -qq || { echo "apt-get update failed: is there a network?" >&2; return 1; }
}

# need_packages COMMAND:PACKAGE ...   a package without a command is asked for by a file of it: /usr/lib/…:PACKAGE
# LEAN=1 leaves out what Debian merely recommends.
need_packages() {
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] || { [[ "$pair" = /* ]] && [ -e "${pair%%:*}" ]; } ||
      missing+=("${pair##*:}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "Missing: ${missing[*]}. As root: apt-get install ${missing[*]}" >&2; return 1; }
    as_root="sudo"
  fi
  echo "Installing ${missing[*]} with apt-get"
  update_packages || return 1
  # Their services are not started: the tests start their own, on free ports. policy-rc.d is Debian's way to say so.
  local policy=/usr/sbin/policy-rc.d made=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null && $as_root chmod 755 "$policy" && made=1
  fi
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${LEAN:+--no-install-recommends} "${missing[@]}" >/dev/null
  local status=$?
  [ "$made" = 1 ] && $as_root rm -f "$policy"
  [ $status -eq 0 ] || { echo "apt-get could not install ${missing[*]}" >&2; return 1; }
}
