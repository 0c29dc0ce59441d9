using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Strangers;

/// <summary>A real server that anybody on this machine may try.</summary>
public sealed class OpenCity : IAsyncLifetime
{
    internal ServerProcess Server { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Server = await ServerProcess.StartAsync("--open");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }
}
