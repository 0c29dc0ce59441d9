using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Scenarios;

/// <summary>Measures how long a gateway takes from a contact to its siren, on the wires of its cabinet.</summary>
internal sealed class SirenWatch
{
    private readonly SimLine _wire;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TaskCompletionSource<long> _sounded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SirenWatch(SimLine wire, TimeProvider time)
    {
        _wire = wire;
        _time = time;
        wire.Changed += OnChanged;
        _start = time.GetTimestamp();
    }

    /// <summary>Begins to watch the siren of a device's gateway; null when it has none or it sounds already.</summary>
    public static SirenWatch? For(CityRun city, string device) =>
        city.Gateways.FirstOrDefault(g => g.Devices.Any(d => d.Plan.Id == device))?.Siren is { Level: false } wire ? new SirenWatch(wire, city.Time) : null;

    /// <summary>The time from the beginning of the watch to the siren; null when it stays silent.</summary>
    public async Task<TimeSpan?> SoundsAsync(TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            return _time.GetElapsedTime(_start, await _sounded.Task.WaitAsync(patience, _time, cancel));
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _wire.Changed -= OnChanged;
        }
    }

    private void OnChanged(bool level)
    {
        if (level)
        {
            _sounded.TrySetResult(_time.GetTimestamp());
        }
    }
}
