using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Cluster;

/// <summary>
/// Lines over HTTP, beside other servers: those of a device that another server judges are not taken, for here they would only ever be late. Who writes is told
/// where to. Over MQTT the question does not arise: a gateway's session is where it is connected.
/// </summary>
internal sealed class HeldLines(ILineIntake inner, ClusterNode node, Registry registry, KindCatalog kinds) : ILineIntake
{
    /// <inheritdoc/>
    public ValueTask<WriteOutcome> SubmitAsync(WritePrincipal who, ReadOnlyMemory<byte> lines, Precision precision, CancellationToken cancel) =>
        Elsewhere(lines.Span) is { } words ? new(new WriteOutcome(0, 0, []) { Paused = words }) : inner.SubmitAsync(who, lines, precision, cancel);

    // The strict reader judges lines; this only looks for whose they are.
    private string? Elsewhere(ReadOnlySpan<byte> lines)
    {
        foreach (var range in lines.Split((byte)'\n'))
        {
            var line = lines[range];
            var tags = line.IndexOf((byte)' ') is var space and >= 0 ? line[..space] : line;
            var at = tags.IndexOf(",device="u8);
            if (at < 0)
            {
                continue;
            }

            var rest = tags[(at + ",device="u8.Length)..];
            var id = rest.IndexOf((byte)',') is var comma and >= 0 ? rest[..comma] : rest;
            if (registry.Current.Devices.Find(id)?.Row is { } device && kinds.Find(device.Kind)?.Lane is { } lane && !node.Holds(device.Gateway, lane))
            {
                var holder = (device.Gateway is null ? null : node.HolderOf(device.Gateway, lane)) ?? node.Servers.FirstOrDefault(s => s is { Leader: true, Fenced: false })?.Name;
                var url = node.Servers.FirstOrDefault(s => s.Name == holder)?.Url;
                return $"device {device.Id} is another server's just now{(holder is null || holder == node.Name ? "" : $": write to {url ?? holder}")}";
            }
        }

        return null;
    }
}
