using System.Runtime.InteropServices;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial.Modbus;

/// <summary>Any Modbus RTU unit by a register map in its configuration.</summary>
internal sealed class ModbusRegisters : ModbusDriver
{
    private readonly RegisterMap _map;
    private readonly byte _function;
    private readonly ushort[][] _rows;
    private readonly double[] _values;
    private readonly StuckWatch _stuck;

    /// <summary>Reads the settings <c>unit</c>, <c>registers</c>, <c>function</c> and <c>stuckAfter</c> (off unless given: a door may stay
    /// shut).</summary>
    public ModbusRegisters(PartSettings settings, DriverContext context)
        : base("Modbus", settings, context, (byte)settings.Whole("unit", 1, 247), choice: true)
    {
        _map = RegisterMap.Of(settings);
        _function = (byte)(settings.OneOf("function", "holding", "holding", "input") == "input" ? 4 : 3);
        _rows = [.. _map.Rows.Select(r => new ushort[r.Count])];
        _values = new double[_map.Values.Count];
        _stuck = StuckWatch.Read(settings, TimeSpan.Zero, context.Time);
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        for (var i = 0; i < _rows.Length; i++)
        {
            await ReadAsync(_function, _map.Rows[i].First, _rows[i], cancel);
        }

        for (var i = 0; i < _values.Length; i++)
        {
            var value = _map.Values[i];
            _values[i] = value.Read(WordsOf(value));
            if (!double.IsFinite(_values[i]))
            {
                throw new DriverException(DeviceFault.Range, $"{Where} says that {value.Metric} is no number (register {value.Address})");
            }
        }

        _stuck.Check(Where, MemoryMarshal.AsBytes<double>(_values));
        for (var i = 0; i < _values.Length; i++)
        {
            into.Add(_map.Values[i].Metric, _values[i]);
        }
    }

    private ReadOnlySpan<ushort> WordsOf(RegisterValue value)
    {
        for (var i = 0; i < _rows.Length; i++)
        {
            var at = value.Address - _map.Rows[i].First;
            if (at >= 0 && at + value.Words <= _rows[i].Length)
            {
                return _rows[i].AsSpan(at, value.Words);
            }
        }

        throw new InvalidOperationException($"register {value.Address} is in no row");
    }
}
