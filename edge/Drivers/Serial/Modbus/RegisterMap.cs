using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial.Modbus;

/// <summary>Types of a value in registers.</summary>
internal enum RegisterType
{
    /// <summary>Unsigned, one register.</summary>
    U16,

    /// <summary>Two's complement, one register.</summary>
    I16,

    /// <summary>Unsigned, two registers.</summary>
    U32,

    /// <summary>Two's complement, two registers.</summary>
    I32,

    /// <summary>IEEE 754 single, two registers.</summary>
    F32,
}

/// <summary>A metric in registers: value = raw × scale + offset.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Address">Address of the (first) register, from 0.</param>
/// <param name="Type">Its type.</param>
/// <param name="LowFirst">The low word stands at the lower address.</param>
/// <param name="Scale">Physical units a count.</param>
/// <param name="Offset">Physical value at count 0.</param>
internal readonly record struct RegisterValue(string Metric, int Address, RegisterType Type, bool LowFirst, double Scale, double Offset)
{
    /// <summary>Registers it takes.</summary>
    public int Words => Type >= RegisterType.U32 ? 2 : 1;

    /// <summary>The physical value; not finite when the unit says so.</summary>
    public double Read(ReadOnlySpan<ushort> words)
    {
        var bits = Words == 1 ? words[0] : LowFirst ? words[0] | ((uint)words[1] << 16) : words[1] | ((uint)words[0] << 16);
        double raw = Type switch
        {
            RegisterType.I16 => (short)bits,
            RegisterType.I32 => (int)bits,
            RegisterType.F32 => BitConverter.UInt32BitsToSingle(bits),
            _ => bits,
        };
        return (raw * Scale) + Offset;
    }
}

/// <summary>Registers that stand in a row: one request.</summary>
/// <param name="First">Address of the first.</param>
/// <param name="Count">How many, at most 125.</param>
internal readonly record struct RegisterRow(int First, int Count);

/// <summary>A register map as the setting <c>registers</c> has it: items <c>metric=address:type[:scale[:offset]]</c>.</summary>
/// <param name="Values">The metrics.</param>
/// <param name="Rows">The requests that read them all, by address.</param>
internal sealed record RegisterMap(IReadOnlyList<RegisterValue> Values, IReadOnlyList<RegisterRow> Rows)
{
    /// <summary>Reads the setting; every fault is told with its item.</summary>
    public static RegisterMap Of(PartSettings settings)
    {
        var values = new List<RegisterValue>();
        foreach (var item in settings.Text("registers").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryParse(item, out var value, out var what))
            {
                settings.Fault("registers", $"'{item}': {what}; write metric=address:type[:scale[:offset]], as temperature_celsius=0x10:i16:0.1");
            }
            else if (values.Exists(v => v.Metric == value.Metric))
            {
                settings.Fault("registers", $"'{item}': {value.Metric} stands twice");
            }
            else if (values.Count == 60)
            {
                settings.Fault("registers", "more than 60 metrics; make two devices of it");
                break;
            }
            else
            {
                values.Add(value);
            }
        }

        return new RegisterMap(values, RowsOf(values));
    }

    /// <summary>Reads one item.</summary>
    public static bool TryParse(string item, out RegisterValue value, out string what)
    {
        value = default;
        var equals = item.IndexOf('=', StringComparison.Ordinal);
        var parts = equals < 0 ? [] : item[(equals + 1)..].Split(':', StringSplitOptions.TrimEntries);
        if (equals <= 0 || parts.Length is < 2 or > 4)
        {
            what = "not an item of a register map";
            return false;
        }

        var metric = item[..equals].Trim();
        if (metric.Length is 0 or > 63 || !metric.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_'))
        {
            what = $"'{metric}' is no name of a metric (a-z 0-9 _)";
            return false;
        }

        var low = parts[1].EndsWith("-low", StringComparison.Ordinal);
        if (!Enum.TryParse<RegisterType>(low ? parts[1][..^4] : parts[1], ignoreCase: true, out var type)
            || char.IsDigit(parts[1][0]) || (low && type < RegisterType.U32))
        {
            what = $"'{parts[1]}' is none of u16, i16, u32, i32, f32; two registers with the low word first are u32-low, i32-low, f32-low";
            return false;
        }

        var hex = parts[0].StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (!int.TryParse(hex ? parts[0][2..] : parts[0], style, CultureInfo.InvariantCulture, out var address)
            || address < 0 || address > (type >= RegisterType.U32 ? 65_534 : 65_535))
        {
            what = $"'{parts[0]}' is no address from 0 to 65535 (a manual's 30001 or 40001 is 0)";
            return false;
        }

        var scale = 1.0;
        var offset = 0.0;
        if ((parts.Length > 2 && !TryNumber(parts[2], out scale)) || (parts.Length > 3 && !TryNumber(parts[3], out offset)) || scale == 0)
        {
            what = "scale and offset are numbers, the scale not 0";
            return false;
        }

        value = new RegisterValue(metric, address, type, low, scale, offset);
        what = "";
        return true;
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>Joins what touches or overlaps, up to 125 registers; a gap is never read: a unit may refuse the whole row for it.</summary>
    private static List<RegisterRow> RowsOf(List<RegisterValue> values)
    {
        var rows = new List<RegisterRow>();
        foreach (var value in values.OrderBy(v => v.Address).ThenBy(v => v.Words))
        {
            var end = value.Address + value.Words;
            if (rows.Count > 0 && value.Address <= rows[^1].First + rows[^1].Count && end - rows[^1].First <= ModbusRtu.MostRegisters)
            {
                rows[^1] = rows[^1] with { Count = Math.Max(rows[^1].Count, end - rows[^1].First) };
            }
            else
            {
                rows.Add(new RegisterRow(value.Address, value.Words));
            }
        }

        return rows;
    }
}
