using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Cli;

/// <summary>Where live values come from: the running gateway, or the board itself when none runs.</summary>
internal sealed class LiveSource : IAsyncDisposable
{
    private readonly ControlClient? _control;
    private readonly DirectReader? _direct;

    private LiveSource(ControlClient? control, DirectReader? direct)
    {
        _control = control;
        _direct = direct;
    }

    /// <summary>The running gateway; null when the board is read directly.</summary>
    public ControlClient? Service => _control;

    /// <summary>Opens one.</summary>
    /// <exception cref="CliException">There is no configuration.</exception>
    /// <exception cref="ConfigException">It is wrong.</exception>
    /// <exception cref="BusException">The hardware cannot be used.</exception>
    public static async Task<LiveSource> OpenAsync(Desk desk, string configFile, CancellationToken cancel)
    {
        var (_, data) = ConfigAccess.Require(configFile, desk.Words);
        if (await ControlClient.TryConnectAsync(data, cancel) is { } control)
        {
            return new LiveSource(control, null);
        }

        return new LiveSource(null, new DirectReader(EdgeConfigFile.LoadWithoutKeys(configFile), desk.Host.OpenBoard(), desk.Host.Time));
    }

    /// <summary>What it is like now.</summary>
    /// <exception cref="IOException">The gateway has ended.</exception>
    public async Task<ControlStatus> NextAsync(CancellationToken cancel) =>
        _control is not null ? await _control.StatusAsync(cancel) : await _direct!.ReadAsync(cancel);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _control?.Dispose();
        if (_direct is not null)
        {
            await _direct.DisposeAsync();
        }
    }
}
