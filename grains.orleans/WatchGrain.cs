using Orleans.GrainDirectory;
using Orleans.Placement;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// Silence of a gateway whose server has died. A server asks its own devices; a dead one asks nobody, and no reading will come to say who has them now. The reminder
/// wakes this grain on a server that lives, and there the gateway's devices are asked, if the gateway is its own now.
/// </summary>
[PreferLocalPlacement]
[GrainDirectory(GrainDirectoryName = SessionDirectory.Name)]
internal sealed class WatchGrain(LaneSilos lanes) : Grain, IWatchGrain, IRemindable
{
    private const string Reminder = "silence";
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(2);
    private IGrainTimer? _registering;

    /// <inheritdoc/>
    public ValueTask WatchAsync()
    {
        // Beside, and again until it is done: who calls has alarms to read.
        _registering ??= this.RegisterGrainTimer(RegisterAsync, new GrainTimerCreationOptions { DueTime = TimeSpan.Zero, Period = Every, Interleave = true });
        return default;
    }

    /// <inheritdoc/>
    Task IRemindable.ReceiveReminder(string reminderName, TickStatus status)
    {
        var key = this.GetPrimaryKeyString();
        lanes[GrainKeys.LaneOf(key)].Watch?.Invoke(GrainKeys.IdOf(key));
        return Task.CompletedTask;
    }

    private async Task RegisterAsync(CancellationToken cancel)
    {
        await this.RegisterOrUpdateReminder(Reminder, Every, Every);
        _registering?.Dispose();
        _registering = null;
    }
}
