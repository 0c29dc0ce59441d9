using System.Buffers.Binary;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers;

/// <summary>
/// Finds a sensor that stands still: the raw reading of a living one moves by noise alone, so a reading that stays equal bit by bit for
/// long is not a measurement. It forgets only when the reading moves: neither a restart of the chip nor a fault in between makes a
/// dead sensor look alive again.
/// </summary>
/// <param name="after">How long equal readings are borne; zero = for ever.</param>
/// <param name="time">Clock.</param>
internal sealed class StuckWatch(TimeSpan after, TimeProvider time)
{
    /// <summary>Equal readings that are needed beside the time: two readings an hour apart may be equal by chance.</summary>
    private const int Enough = 5;

    private byte[] _raw = [];
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
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, raw);
        Check(where, bytes);
    }

    /// <summary>Takes a raw reading.</summary>
    /// <param name="where">The part, for the message.</param>
    /// <param name="raw">All bytes that the sensor gave; of one length always.</param>
    /// <exception cref="DriverException">It has not moved for too long.</exception>
    public void Check(string where, ReadOnlySpan<byte> raw)
    {
        if (_count == 0 || !raw.SequenceEqual(_raw))
        {
            if (_raw.Length != raw.Length)
            {
                _raw = new byte[raw.Length];
            }

            raw.CopyTo(_raw);
            _since = time.GetTimestamp();
            _count = 1;
            return;
        }

        _count = Math.Min(_count + 1, Enough);
        if (after > TimeSpan.Zero && _count == Enough && time.GetElapsedTime(_since) > after)
        {
            throw new DriverException(
                DeviceFault.Stuck,
                $"{where}: not one bit of its reading has moved for more than {Times.Write(after)}; a living sensor's noise moves it: "
                + "look for dirt, ice or a web on it, and replace it when there is none");
        }
    }
}
