using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial.Modbus;

/// <summary>
/// Asks one unit on a line that others share, one request at a time. A request that is not answered, or answered wrong, is repeated a
/// bounded number of times; each try waits no longer than its limit, and a unit that was silent last time gets one try only, so that
/// dead meters do not take the line from the living. An answer carries no register address, so a late one must never
/// meet the next request: after any trouble the line is listened to until it is quiet.
/// </summary>
/// <param name="unit">Its address.</param>
/// <param name="timeout">Longest wait for the first byte of an answer.</param>
/// <param name="retries">Tries after the first.</param>
/// <param name="time">Clock.</param>
internal sealed class ModbusMaster(byte unit, TimeSpan timeout, int retries, TimeProvider time)
{
    // USB adapters hold bytes back for up to 16 ms, some for twice that; silence this long within an answer is its end.
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _request = new byte[ModbusRtu.RequestLength];
    private readonly byte[] _input = new byte[ModbusRtu.RequestLength + ModbusRtu.MostNoise + ModbusRtu.LongestAnswer];
    private bool _silent;

    /// <summary>Makes one from the settings <c>timeout</c> and <c>retries</c>.</summary>
    public static ModbusMaster Of(PartSettings settings, byte unit, TimeProvider time) => new(
        unit,
        settings.Time("timeout", TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(500)),
        settings.Whole("retries", 0, 5, 2),
        time);

    /// <summary>Reads consecutive registers.</summary>
    /// <param name="port">The line; this takes its turn on it.</param>
    /// <param name="function">3 holding, 4 input registers.</param>
    /// <param name="first">Address of the first, from 0.</param>
    /// <param name="into">As many as are wanted, at most 125.</param>
    /// <param name="where">The part, for messages.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="DriverException">The unit does not answer, or refuses, or its answers are broken.</exception>
    /// <exception cref="BusException">The port is gone.</exception>
    public async ValueTask ReadAsync(SerialPort port, byte function, int first, Memory<ushort> into, string where, CancellationToken cancel)
    {
        using var turn = await SerialTurn.TakeAsync(port, time, cancel);
        ModbusRtu.WriteRequest(_request, unit, function, first, into.Length);
        DriverException? trouble = null;
        var tries = _silent ? 1 : 1 + retries;
        for (var attempt = 0; attempt < tries; attempt++)
        {
            if (trouble is not null)
            {
                await QuietAsync(port, cancel);
            }

            var (fault, passing) = await TryAsync(port, into, where, cancel);
            if (fault is null)
            {
                if (trouble is not null)
                {
                    await QuietAsync(port, cancel);
                }

                _silent = false;
                return;
            }

            trouble = fault;
            if (!passing)
            {
                break;
            }
        }

        _silent = trouble!.Fault == DeviceFault.NoAnswer;
        await QuietAsync(port, cancel);
        throw trouble;
    }

    private async ValueTask<(DriverException? Fault, bool Passing)> TryAsync(SerialPort port, Memory<ushort> into, string where, CancellationToken cancel)
    {
        await Task.Delay(ModbusRtu.Silence(port.Settings.Baud), time, cancel);
        port.DiscardInput();
        await port.WriteAsync(_request, cancel);

        // The first byte within the timeout, the others within a gap: at most a handful of seconds at any rate.
        var count = 0;
        var answer = ModbusAnswer.Nothing;
        while (count < _input.Length)
        {
            var begun = count > ModbusRtu.Echo(_input.AsSpan(0, count), _request);
            var read = await port.ReadAsync(_input.AsMemory(count), begun && !EchoBegun(count) ? Gap : timeout, cancel);
            if (read == 0)
            {
                break;
            }

            count += read;
            answer = ModbusRtu.Read(_input.AsSpan(0, count), _request, into.Span, out var exception);
            if (answer == ModbusAnswer.Registers)
            {
                return (null, false);
            }

            if (answer == ModbusAnswer.Exception)
            {
                var (fault, words, passing) = ModbusException.Of(exception);
                return (new DriverException(fault, $"{where}: {words}"), passing);
            }
        }

        return (Explain(count, answer, where), true);
    }

    private bool EchoBegun(int count) => count < _request.Length && _request.AsSpan(0, count).SequenceEqual(_input.AsSpan(0, count));

    private DriverException Explain(int count, ModbusAnswer answer, string where)
    {
        var heard = _input.AsSpan(0, count)[ModbusRtu.Echo(_input.AsSpan(0, count), _request)..];
        if (heard.Length == 0)
        {
            return new DriverException(
                DeviceFault.NoAnswer,
                $"{where} does not answer within {Times.Write(timeout)}; "
                + "check its supply, 'unit', 'baud', 'parity', and A and B of the pair (exchange them)");
        }

        return answer switch
        {
            ModbusAnswer.BadChecksum => new DriverException(
                DeviceFault.Checksum, $"{where}: wrong CRC in its answer; check the ends of the pair (120 Ω) and that no two units have one address"),
            ModbusAnswer.More => new DriverException(
                DeviceFault.Frame, $"{where}: its answer broke off after {heard.Length} bytes; check plug and supply"),
            _ when heard[0] != unit => new DriverException(
                DeviceFault.Frame, $"{where}: unit {heard[0]} answers in its place, or the line is noisy; check addresses, 'baud' and 'parity'"),
            _ => new DriverException(DeviceFault.Frame, $"{where}: {heard.Length} bytes that are no answer; check 'baud' and 'parity'"),
        };
    }

    /// <summary>Listens until nothing has come for a gap, at most twenty gaps.</summary>
    private async ValueTask QuietAsync(SerialPort port, CancellationToken cancel)
    {
        for (var i = 0; i < 20 && await port.ReadAsync(_input, Gap, cancel) > 0; i++)
        {
            // What comes late belongs to nobody.
        }
    }
}
