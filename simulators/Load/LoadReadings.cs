using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SmartCity.Simulators.Load;

/// <summary>The readings of one connection: reading number <c>n</c> is always the same line, so that anything can be sent again
/// and anybody can compute what a store must hold.</summary>
/// <remarks>Reading n belongs to device <c>n mod D</c>, is that device's k-th (<c>k = n div D</c>), is stamped <c>base + k·step</c>
/// and carries row <c>k mod 100</c> of the value table.</remarks>
internal sealed class LoadReadings
{
    private readonly byte[][] _heads;
    private readonly byte[][] _rows;
    private readonly byte[] _beforeStamp;
    private readonly byte[] _afterStamp;
    private readonly bool _json;
    private readonly long _base;
    private readonly long _step;
    private readonly byte[] _stamp = new byte[20];
    private long _stamped = -1;
    private int _digits;

    /// <summary>Readings for some devices.</summary>
    /// <param name="kind">Measurement.</param>
    /// <param name="devices">Identifiers, at least one.</param>
    /// <param name="rows">The table of values, see <see cref="Rows"/>.</param>
    /// <param name="baseNanoseconds">Stamp of every device's first reading, ns since 1970.</param>
    /// <param name="stepNanoseconds">Between two readings of a device.</param>
    /// <param name="json">The same readings as objects of a JSON array, for programs that do not read line protocol; the rows must be so too.</param>
    public LoadReadings(string kind, IReadOnlyList<string> devices, byte[][] rows, long baseNanoseconds, long stepNanoseconds, bool json = false)
    {
        Devices = devices;
        _heads = [.. devices.Select(d => Encoding.UTF8.GetBytes(json ? $"{{\"kind\":\"{kind}\",\"device\":\"{d}\"," : $"{kind},device={d} "))];
        _rows = rows;
        _base = baseNanoseconds;
        _step = stepNanoseconds;
        _json = json;
        _beforeStamp = Encoding.UTF8.GetBytes(json ? ",\"time\":" : " ");
        _afterStamp = Encoding.UTF8.GetBytes(json ? "}," : "\n");
        LongestLine = _heads.Max(h => h.Length) + rows.Max(r => r.Length) + _beforeStamp.Length + 19 + _afterStamp.Length + 1;
    }

    /// <summary>The devices, in the order of their turns.</summary>
    public IReadOnlyList<string> Devices { get; }

    /// <summary>Bytes that any line fits in.</summary>
    public int LongestLine { get; }

    /// <summary>A hundred rows of values inside the given ranges, rendered once: <c>a=1.5,b=2</c>, or <c>"a":1.5,"b":2</c>.</summary>
    public static byte[][] Rows(IReadOnlyList<(string Name, bool Integer, double Minimum, double Maximum)> metrics, bool json = false)
    {
        var rows = new byte[100][];
        for (var row = 0; row < rows.Length; row++)
        {
            rows[row] = Encoding.UTF8.GetBytes(string.Join(',', metrics.Select(m =>
            {
                var value = Value(m.Minimum, m.Maximum, m.Integer, row);
                var digits = value.ToString("R", CultureInfo.InvariantCulture);
                return json ? $"\"{m.Name}\":{digits}" : $"{m.Name}={digits}{(m.Integer ? "i" : "")}";
            })));
        }

        return rows;
    }

    /// <summary>The value of a metric in a row: from a quarter to three quarters of its range; two decimals at most.</summary>
    public static double Value(double minimum, double maximum, bool integer, int row) =>
        Math.Round(minimum + ((maximum - minimum) * (0.25 + (row * 0.005))), integer ? 0 : 2);

    /// <summary>Bytes of the payload that <see cref="WritePayload"/> makes of the same.</summary>
    public int Length(long first, int count)
    {
        var length = _json ? 1 : 0; // a bracket more; the other one stands in place of the last comma
        for (var number = first; number < first + count; number++)
        {
            var k = number / _heads.Length;
            Stamp(k);
            length += _heads[(int)(number % _heads.Length)].Length + _rows[k % _rows.Length].Length + _beforeStamp.Length + _digits + _afterStamp.Length;
        }

        return length;
    }

    /// <summary>Writes reading <paramref name="number"/> as a line; gives the bytes used. One thread at a time.</summary>
    public int Write(long number, Span<byte> to)
    {
        var k = number / _heads.Length;
        Stamp(k);
        var head = _heads[(int)(number % _heads.Length)];
        head.CopyTo(to);
        var used = head.Length;
        var row = _rows[k % _rows.Length];
        row.CopyTo(to[used..]);
        used += row.Length;
        _beforeStamp.CopyTo(to[used..]);
        used += _beforeStamp.Length;
        _stamp.AsSpan(0, _digits).CopyTo(to[used..]);
        used += _digits;
        _afterStamp.CopyTo(to[used..]);
        return used + _afterStamp.Length;
    }

    /// <summary>Writes the payload of one publish: lines, or a JSON array; gives the bytes used.</summary>
    public int WritePayload(long first, int count, Span<byte> to)
    {
        var used = 0;
        if (_json)
        {
            to[used++] = (byte)'[';
        }

        for (var i = 0; i < count; i++)
        {
            used += Write(first + i, to[used..]);
        }

        if (_json)
        {
            to[used - 1] = (byte)']'; // in place of the last comma
        }

        return used;
    }

    /// <summary>For a connection whose first <paramref name="readings"/> readings were acknowledged: each device's part.</summary>
    public IEnumerable<LedgerRow> Ledger(long readings)
    {
        for (var i = 0; i < Devices.Count; i++)
        {
            var count = (readings / Devices.Count) + (i < readings % Devices.Count ? 1 : 0);
            if (count > 0)
            {
                yield return new LedgerRow(Devices[i], _base, _base + ((count - 1) * _step), _step, count);
            }
        }
    }

    // The devices of a connection take turns with one stamp, so its digits are written once a round.
    private void Stamp(long k)
    {
        if (k != _stamped)
        {
            _ = Utf8Formatter.TryFormat(_base + (k * _step), _stamp, out _digits);
            _stamped = k;
        }
    }
}

/// <summary>One device's acknowledged readings: <paramref name="Count"/> stamps from <paramref name="First"/> to <paramref name="Last"/>
/// (ns since 1970), one each <paramref name="Step"/> ns.</summary>
internal sealed record LedgerRow(string Device, long First, long Last, long Step, long Count);
