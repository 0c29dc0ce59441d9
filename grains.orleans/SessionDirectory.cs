using System.Collections.Concurrent;
using Orleans.GrainDirectory;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// Where grains are found: on the server that calls them. Who holds a gateway's session is the only one that calls its devices, and the book says who that is; a directory of
/// Orleans' own would say it a second time, later, and not at all for as long as it recovers from a server's death (six seconds were seen, and an alarm has ten). What two
/// servers both have, a zone or a grain whose session has just gone, the book's revisions and epochs keep apart.
/// </summary>
internal sealed class SessionDirectory : IGrainDirectory
{
    /// <summary>Its name for grains.</summary>
    public const string Name = "sessions";

    private readonly ConcurrentDictionary<GrainId, GrainAddress> _here = new();

    /// <inheritdoc/>
    public Task<GrainAddress?> Register(GrainAddress address) => Task.FromResult<GrainAddress?>(_here.GetOrAdd(address.GrainId, address));

    /// <inheritdoc/>
    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => Task.FromResult<GrainAddress?>(_here.AddOrUpdate(
        address.GrainId,
        static (_, add) => add.Address,
        static (_, known, add) => add.Previous is { } previous && previous.ActivationId.Equals(known.ActivationId) ? add.Address : known,
        (Address: address, Previous: previousAddress)));

    /// <inheritdoc/>
    public Task Unregister(GrainAddress address)
    {
        if (_here.TryGetValue(address.GrainId, out var known) && known.ActivationId.Equals(address.ActivationId))
        {
            _here.TryRemove(KeyValuePair.Create(address.GrainId, known));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult(_here.GetValueOrDefault(grainId));

    /// <inheritdoc/>
    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask; // there is nobody here but this server
}
