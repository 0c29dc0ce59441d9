using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Mqtt;

/// <summary>Registers what strangers bring under <c>--open</c>.</summary>
internal sealed class LineRegistrar(Registry registry)
{
    /// <summary>Registers as many as the cap allows; what is left over is refused as unknown when its lines come again.</summary>
    public async Task RegisterAsync(IReadOnlyList<UnknownDevice> devices) =>
        await registry.RegisterUnknownAsync(devices, CancellationToken.None);
}
