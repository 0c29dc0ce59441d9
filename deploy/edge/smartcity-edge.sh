#!/bin/sh
# Starts the gateway program: as it is where the package brought its own runtime, else with the .NET runtime of this machine.
home=/usr/lib/smartcity-edge
[ -x "$home/smartcity-edge" ] && exec "$home/smartcity-edge" "$@"
for dotnet in "${DOTNET_ROOT:-/nowhere}/dotnet" /usr/bin/dotnet /usr/lib/dotnet/dotnet /usr/share/dotnet/dotnet /opt/dotnet/dotnet; do
  [ -x "$dotnet" ] && exec "$dotnet" "$home/smartcity-edge.dll" "$@"
done
echo "smartcity-edge: no .NET runtime on this machine. Unpack the ASP.NET Core 10 runtime for $(uname -m) into /opt/dotnet" >&2
echo "(https://dotnet.microsoft.com/download/dotnet/10.0, 'Binaries'), or set DOTNET_ROOT to where it is." >&2
exit 1
