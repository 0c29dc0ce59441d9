using System.Text;
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
    public async ValueTask<WriteOutcome> SubmitAsync(WritePrincipal who, ReadOnlyMemory<byte> lines, Precision precision, CancellationToken cancel)
    {
        var known = registry.Current;
        if (Elsewhere(known, lines.Span, out var before) is { } words)
        {
            return new WriteOutcome(0, 0, []) { Paused = words };
        }

        // Nobody has these lines but who wrote them. A device that went to another server before it was judged, or that nobody knew until now and is the leader's,
        // was not judged here: then nothing is taken, and what was of the rest is known when it comes again.
        var outcome = await inner.SubmitAsync(who, lines, precision, cancel);
        if (outcome.Paused is not null)
        {
            return outcome;
        }

        var since = Elsewhere(known, lines.Span, out var after) ?? (after == before ? null : "its devices have just come from another server");
        if (since is null && registry.Current is var current && !ReferenceEquals(current, known))
        {
            since = Elsewhere(current, lines.Span, out _);
        }

        return since is null ? outcome : new WriteOutcome(0, 0, []) { Paused = since };
    }

    // The strict reader judges lines; this only looks for whose they are.
    private string? Elsewhere(RegistrySnapshot known, ReadOnlySpan<byte> lines, out long epochs)
    {
        epochs = 0;
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

            // An alarm of a device that nobody knows is judged all the same: by the leader. Other lines of such a device go to quarantine here as there.
            var device = known.Devices.Find(id)?.Row;
            var kind = device is null ? kinds.Find(tags[..tags.IndexOf((byte)',')]) : kinds.Find(device.Kind);
            if (kind?.Lane is not { } lane || (device is null && lane != Lane.Alarm))
            {
                continue;
            }

            epochs = unchecked(epochs + node.EpochOf(device?.Gateway ?? "", lane)); // each only ever grows
            if (!node.Holds(device?.Gateway, lane))
            {
                var holder = (device?.Gateway is not { } gateway ? null : node.HolderOf(gateway, lane)) ?? node.Servers.FirstOrDefault(s => s is { Leader: true, Fenced: false })?.Name;
                var url = node.Servers.FirstOrDefault(s => s.Name == holder)?.Url;
                return $"device {Encoding.UTF8.GetString(id)} is another server's just now{(holder is null || holder == node.Name ? "" : $": write to {url ?? holder}")}";
            }
        }

        return null;
    }
}
