using SmartCity.Simulators.Sweep;

namespace SmartCity.Simulators.Flavours;

/// <summary>Alarms that are fired on a thread of their own until they are ended.</summary>
internal sealed class AlarmFiring : IAsyncDisposable
{
    private readonly CancellationTokenSource _over;
    private readonly Action<int> _sent;
    private readonly Task _firing;
    private bool _ended;

    /// <summary>Begins.</summary>
    /// <param name="probe">Fires; disposed with this.</param>
    /// <param name="first">Number of the first call point.</param>
    /// <param name="every">Between two alarms.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="sent">Told at the end how many there were.</param>
    public AlarmFiring(AlarmProbe probe, int first, TimeSpan every, CancellationToken stop, Action<int> sent)
    {
        Probe = probe;
        _sent = sent;
        _over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _firing = Task.Factory.StartNew(() => probe.Run(first, every, _over.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>What it showed.</summary>
    public AlarmProbe Probe { get; }

    /// <summary>Fires no more, and waits for the last events.</summary>
    public async Task EndAsync()
    {
        if (!_ended)
        {
            _ended = true;
            await _over.CancelAsync();
            await _firing;
            _sent(Probe.Counts.Sent);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await EndAsync();
        }
        finally
        {
            Probe.Dispose();
            _over.Dispose();
        }
    }
}
