using System.Globalization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Serial;
using SmartCity.Edge.Drivers.Serial.Modbus;

namespace SmartCity.Edge.Cli;

/// <summary>What was recognised on a serial line.</summary>
/// <param name="Driver">Name of the driver for it.</param>
/// <param name="Unit">Its Modbus address; null for those that have none.</param>
internal sealed record UartFound(string Driver, int? Unit = null);

/// <summary>
/// Finds out what hangs on a serial line: first it only listens, for sensors that send by themselves; on a line that stays silent it asks
/// for a meter and then for the first Modbus units. All of ours speak 9600 8N1 unless somebody changed that.
/// </summary>
internal static class UartListener
{
    /// <summary>Longest silence between two frames: a PMS5003 in steady air sends every 2.3 s (data manual, page 4), and two are wanted.</summary>
    public static readonly TimeSpan ListenTime = TimeSpan.FromSeconds(5);

    /// <summary>Units asked for; installers number them from 1.</summary>
    private const int MostUnits = 16;

    private const int Baud = 9_600;
    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(200);

    // Four bytes with an eight-bit sum come about by chance too; a sensor repeats them ten times a second.
    private static readonly (string Driver, FrameFormat Format, int Wanted)[] Streams =
    [
        ("pms5003", Pms5003Frame.Format, 2), ("sds011", Sds011Frame.Format, 2), ("a02yyuw", A02yyuwFrame.Format, 5),
    ];

    /// <summary>Listens and asks.</summary>
    /// <exception cref="BusException">The port cannot be opened, or went.</exception>
    public static async Task<IReadOnlyList<UartFound>> FindAsync(Board board, string path, TimeProvider time, CancellationToken cancel)
    {
        var port = board.OpenSerial(new SerialSettings(path, Baud));
        try
        {
            return await ListenAsync(port, time, cancel) is { } stream ? [stream] : await AskAsync(port, time, cancel);
        }
        finally
        {
            board.Close(port);
        }
    }

    private static async Task<UartFound?> ListenAsync(SerialPort port, TimeProvider time, CancellationToken cancel)
    {
        var finders = Streams.Select(s => (s.Driver, Finder: new FrameFinder(s.Format), Frame: new byte[s.Format.Length], s.Wanted)).ToArray();
        var seen = new int[finders.Length];
        var bytes = new byte[64];
        var start = time.GetTimestamp();
        while (ListenTime - time.GetElapsedTime(start) is { Ticks: > 0 } left)
        {
            var count = await port.ReadAsync(bytes, left, cancel);
            for (var i = 0; i < count; i++)
            {
                for (var f = 0; f < finders.Length; f++)
                {
                    if (finders[f].Finder.Push(bytes[i], finders[f].Frame) && ++seen[f] == finders[f].Wanted)
                    {
                        return new UartFound(finders[f].Driver);
                    }
                }
            }
        }

        return null;
    }

    private static async Task<IReadOnlyList<UartFound>> AskAsync(SerialPort port, TimeProvider time, CancellationToken cancel)
    {
        if (await AnswersAsync(port, ModbusRtu.General, function: 4, count: 10, time, cancel))
        {
            return [new UartFound("pzem004t")];
        }

        var found = new List<UartFound>();
        for (byte unit = 1; unit <= MostUnits; unit++)
        {
            if (await AnswersAsync(port, unit, function: 4, count: 10, time, cancel))
            {
                found.Add(new UartFound("modbus", unit));
            }
        }

        return found;
    }

    private static async Task<bool> AnswersAsync(SerialPort port, byte unit, byte function, int count, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"{port.Settings.Path} unit {unit}");
            await new ModbusMaster(unit, AnswerTime, retries: 0, time).ReadAsync(port, function, 0, new ushort[count], where, cancel);
            return true;
        }
        catch (DriverException e)
        {
            // An exception ("no such register") is an answer of somebody who speaks Modbus, too.
            return e.Fault is not (DeviceFault.NoAnswer or DeviceFault.Checksum or DeviceFault.Frame);
        }
    }
}
