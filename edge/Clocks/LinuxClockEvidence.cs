using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SmartCity.Edge.Clocks;

/// <summary>The evidence that Linux has: <c>/proc</c>, <c>/sys/class/rtc</c> and adjtimex(2).</summary>
/// <param name="root">Where <c>proc</c> and <c>sys</c> stand; <c>/</c> but in tests.</param>
internal sealed partial class LinuxClockEvidence(string root = "/") : ClockEvidence
{
    /// <summary>STA_UNSYNC of struct timex (linux/timex.h): no time service has set the clock yet, or not for so long that the
    /// kernel's estimate of the error has passed 16 s.</summary>
    private const int Unsynchronised = 0x40;

    /// <summary>struct timex has 208 bytes with 64-bit longs and 128 with 32-bit ones; read only, so more room does no harm.</summary>
    private const int TimexBytes = 512;

    private string? _bootId;

    /// <inheritdoc/>
    /// <remarks>random(4): <c>/proc/sys/kernel/random/boot_id</c> is made once a boot. Without it every process counts as a boot of its own.</remarks>
    public override string BootId => _bootId ??= ReadBootId();

    /// <inheritdoc/>
    public override bool IsSynchronised
    {
        get
        {
            if (!OperatingSystem.IsLinux())
            {
                return true;
            }

            // modes = 0 changes nothing and needs no privilege. Before status stand modes (padded) and four longs.
            Span<byte> timex = stackalloc byte[TimexBytes];
            timex.Clear();
            var status = 5 * IntPtr.Size;
            return AdjustTime(ref MemoryMarshal.GetReference(timex)) >= 0
                && (BinaryPrimitives.ReadInt32LittleEndian(timex[status..]) & Unsynchronised) == 0;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Documentation/ABI/testing/sysfs-class-rtc: <c>hctosys</c> is 1 when the kernel set the system clock by this one,
    /// <c>since_epoch</c> is its time in seconds.</remarks>
    public override DateTimeOffset? RealTimeClock
    {
        get
        {
            var directory = Path.Combine(root, "sys/class/rtc/rtc0");
            return Read(Path.Combine(directory, "hctosys")) == "1"
                && long.TryParse(Read(Path.Combine(directory, "since_epoch")), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                && seconds < 253_402_300_800
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AdjustTime(ref byte timex);

    private string ReadBootId() =>
        Guid.TryParse(Read(Path.Combine(root, "proc/sys/kernel/random/boot_id")), out var id) ? id.ToString("N") : Guid.NewGuid().ToString("N");
}
