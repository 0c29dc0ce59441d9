using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// Finds a sensor that stands still: the raw reading of a living converter moves by noise alone, so a reading that stays equal bit by
/// bit for long is not a measurement. What it has seen outlives a restart of the chip, or a stuck one would look well for a while
/// after each restart.
/// </summary>
/// <param name="after">How long equal readings are borne; zero = for ever.</param>
/// <param name="time">Clock.</param>
internal sealed class StuckWatch(TimeSpan after, TimeProvider time)
{
    /// <summary>Equal readings that are needed beside the time: two readings an hour apart may be equal by chance.</summary>
    private const int Enough = 5;

    private ulong _raw;
    private long _since;
    private int _count;

    /// <summary>Reads the setting <c>stuckAfter</c> (0s = never).</summary>
    public static StuckWatch Read(PartSettings settings, TimeSpan otherwise, TimeProvider time) =>
        new(settings.Time("stuckAfter", TimeSpan.Zero, TimeSpan.FromDays(30), otherwise), time);

    /// <summary>Takes a raw reading.</summary>
    /// <param name="where">The part, for the message.</param>
    /// <param name="raw">All bits that the converter gave, packed.</param>
    /// <exception cref="DriverException">It has not moved for too long.</exception>
    public void Check(string where, ulong raw)
    {
        if (_count == 0 || raw != _raw)
        {
            _raw = raw;
            _since = time.GetTimestamp();
            _count = 1;
            return;
        }

        _count = Math.Min(_count + 1, Enough);
        if (after > TimeSpan.Zero && _count == Enough && time.GetElapsedTime(_since) > after)
        {
            throw new DriverException(
                DeviceFault.Stuck,
                $"{where}: the same reading 0x{raw:x} for more than {Times.Write(after)}; a living sensor's noise moves it: replace the sensor");
        }
    }
}
