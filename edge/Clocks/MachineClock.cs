using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SmartCity.Edge.Clocks;

/// <summary>Sets a machine's clocks.</summary>
internal abstract class MachineClock
{
    /// <summary>Sets the system's clock.</summary>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public abstract void Set(DateTimeOffset moment);

    /// <summary>Writes the real-time clock; false when there is none.</summary>
    /// <exception cref="IOException">There is one, and it refuses.</exception>
    public abstract bool WriteChip(DateTimeOffset moment);
}

/// <summary>The clocks of this Linux: clock_settime(2) and rtc(4).</summary>
/// <param name="chip">The real-time clock's node.</param>
internal sealed unsafe partial class LinuxMachineClock(string chip = "/dev/rtc0") : MachineClock
{
    /// <summary>CLOCK_REALTIME (linux/time.h).</summary>
    private const int Realtime = 0;

    /// <summary>RTC_SET_TIME = _IOW('p', 0x0a, struct rtc_time) with nine ints (linux/rtc.h).</summary>
    private const uint SetTime = 0x4024_700A;

    private const int NotPermitted = 1;
    private const int ReadWrite = 2;

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    /// <inheritdoc/>
    public override void Set(DateTimeOffset moment)
    {
        var time = new TimeSpec
        {
            Seconds = (nint)moment.ToUnixTimeSeconds(),
            Nanoseconds = (nint)(moment.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick),
        };
        if (ClockSetTime(Realtime, in time) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw error == NotPermitted
                ? new UnauthorizedAccessException("only root may set the clock")
                : new IOException($"the clock cannot be set: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    /// <inheritdoc/>
    public override bool WriteChip(DateTimeOffset moment)
    {
        if (!File.Exists(chip))
        {
            return false;
        }

        // struct rtc_time: seconds, minutes, hours, day of the month, month from 0, years since 1900, three that are not read. In UTC.
        var utc = moment.UtcDateTime;
        Span<byte> time = stackalloc byte[9 * sizeof(int)];
        time.Clear();
        int[] fields = [utc.Second, utc.Minute, utc.Hour, utc.Day, utc.Month - 1, utc.Year - 1900];
        for (var i = 0; i < fields.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(time[(i * sizeof(int))..], fields[i]);
        }

        var file = Open(chip, ReadWrite);
        if (file < 0)
        {
            throw new IOException($"{chip}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        try
        {
            fixed (byte* p = time)
            {
                return Ioctl(file, SetTime, p) == 0 ? true : throw new IOException($"{chip}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        finally
        {
            _ = Close(file);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_settime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ClockSetTime(int clock, in TimeSpec time);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Ioctl(int file, nuint request, byte* argument);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);
}
