using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>
/// What this program does instead of testing when <see cref="Variable"/> names a directory: it appends to the log there from
/// several threads, prints every acknowledgement, and waits to be killed.
/// </summary>
internal static class KilledChild
{
    public const string Variable = "SMARTCITY_TEST_LOG_CHILD";
    public const int Threads = 4;

    public static async Task Run(string directory)
    {
        await using var log = CityLog.Open(OptionsFor(directory, Environment.GetEnvironmentVariable(DropVariable) is { Length: > 0 }), TimeProvider.System);
        using var output = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        var lane = log[Lane.Telemetry];
        var printer = new Printer(output);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => Append(lane, (byte)thread, printer))));
    }

    /// <summary>Set beside: the log gives up its oldest files at a small budget.</summary>
    public const string DropVariable = "SMARTCITY_TEST_LOG_DROP";

    public static LogOptions OptionsFor(string directory, bool drop = false) => new()
    {
        Overflow = drop ? LogOverflow.DropOldest : LogOverflow.Pause,
        Directory = directory,
        MemoryBytes = 256 * 1024,
        AlarmMemoryBytes = LogOptions.MinimumMemoryBytes,
        SegmentBytes = 256 * 1024,
        AlarmSegmentBytes = 64 * 1024,
        BudgetBytes = drop ? 1 << 20 : 1L << 30,
        AlarmBudgetBytes = 1 << 20,
        MinimumFreeBytes = 0,
        ReserveBytes = 0,
    };

    private static async Task Append(LogLane lane, byte thread, Printer printer)
    {
        var random = new Random(Environment.ProcessId + thread);
        var payload = new byte[6000];
        for (var number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(payload, number);
            var length = random.Next(4, random.Next(10) == 0 ? 6000 : 200);
            var token = (Environment.ProcessId * 8L * int.MaxValue) + ((long)thread * int.MaxValue) + number;
            while (!Try(lane, thread, payload.AsSpan(0, length), printer, token))
            {
                await lane.RoomAsync();
            }
        }
    }

    /// <summary>Two frames a publish, so that a kill has something to tear.</summary>
    private static bool Try(LogLane lane, byte thread, ReadOnlySpan<byte> payload, Printer printer, long token)
    {
        if (!lane.TryBegin(payload.Length + 10, 2, out var append))
        {
            return false;
        }

        Span<byte> source = stackalloc byte[5];
        BinaryPrimitives.WriteInt32LittleEndian(source, Environment.ProcessId);
        source[4] = thread;
        using (append)
        {
            append.Add(FrameFlags.None, 0, source, payload);
            append.Add(FrameFlags.Rejected, 0, source, payload[..4]);
            append.Complete(printer, token);
        }

        return true;
    }

    private sealed class Printer(FileStream output) : ILogWaiter
    {
        public void Durable(long token)
        {
            var (rest, number) = Math.DivRem(token, int.MaxValue);
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{rest / 8} {rest % 8} {number}\n")));
        }
    }
}
