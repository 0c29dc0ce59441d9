using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers;

/// <summary>
/// Tells when the raw bytes of a sensor have not moved for longer than a living one can stand still. It forgets only when they move:
/// neither a restart of the driver nor a fault between makes a dead sensor look alive again.
/// </summary>
/// <param name="limit">How long; zero = never judged.</param>
/// <param name="time">Clock.</param>
internal sealed class StuckWatch(TimeSpan limit, TimeProvider time)
{
    /// <summary>So many equal measurements at least: two in a day prove nothing.</summary>
    private const int Fewest = 10;

    private byte[] _last = [];
    private long _since;
    private int _equal;

    /// <summary>Reads the setting <c>stuck</c>: a time, or <c>0s</c> for never.</summary>
    public static TimeSpan Setting(PartSettings settings, TimeSpan otherwise) =>
        settings.Time("stuck", TimeSpan.Zero, TimeSpan.FromDays(30), otherwise);

    /// <summary>Looks at what was measured now.</summary>
    /// <exception cref="DriverException">It has stood still too long.</exception>
    public void Check(ReadOnlySpan<byte> raw, string where)
    {
        var now = time.GetTimestamp();
        if (_equal == 0 || !raw.SequenceEqual(_last))
        {
            _last = raw.ToArray();
            _since = now;
            _equal = 1;
            return;
        }

        if (_equal < Fewest)
        {
            _equal++;
        }

        if (limit > TimeSpan.Zero && _equal == Fewest && time.GetElapsedTime(_since, now) >= limit)
        {
            throw new DriverException(
                DeviceFault.Stuck,
                $"{where}: not one bit has moved for {Times.Write(TimeSpan.FromMinutes(Math.Max(1, Math.Floor(limit.TotalMinutes))))} or longer; "
                + "look for dirt, ice or a web at its face, and replace it when there is none");
        }
    }
}
