using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Intake;

/// <summary>
/// Takes lines that are good and stand already as the log wants them, which is how gateways write: one pass finds, checks and keeps them, and what lies
/// between the first and the last of a run is copied in one piece. It refuses nothing: at a line of which anything is otherwise it stops, and that line is
/// read by the strict reader, which knows every error, column and word.
/// </summary>
internal ref struct QuickLines(Workspace work, IDeviceDirectory registry, IntakeSource source, ReadOnlySpan<byte> text, long receivedAt)
{
    // A run ends before it could fill a frame; a canonical line is shorter than the other half.
    private const int RunBytes = Workspace.FrameBytes / 2;

    private readonly ReadOnlySpan<byte> _text = text;

    /// <summary>Where the next line begins.</summary>
    public int At { get; private set; }

    /// <summary>Its number, from 1.</summary>
    public int LineNumber { get; private set; } = 1;

    /// <summary>Goes on at a line; true when it, at least, could be taken.</summary>
    public bool Take(int at, int lineNumber)
    {
        At = at;
        LineNumber = lineNumber;
        Take();
        return At > at;
    }

    /// <summary>Takes lines up to the first that is not as expected.</summary>
    public void Take()
    {
        var more = true;
        while (more && At < _text.Length && work.HasRoom)
        {
            more = Run();
        }
    }

    /// <summary>Lines of one lane, at most half a frame; true when another run may follow.</summary>
    private bool Run()
    {
        var start = At;
        var first = LineNumber;
        Lane? lane = null;
        var good = true;
        var length = 0;
        while (At < _text.Length && At - start < RunBytes && (good = Line(_text[At..], ref lane, out length)))
        {
            At += length;
            LineNumber++;
        }

        if (lane is not { } known || At == start)
        {
            return false;
        }

        work.Take(known, _text[start..At], LineNumber - first, At - start == _text.Length);
        return good || length < 0;
    }

    /// <summary>Looks at one line; its length with its newline when it is good as it stands, −1 when it is of another lane.</summary>
    private readonly bool Line(ReadOnlySpan<byte> line, ref Lane? lane, out int length)
    {
        length = 0;
        var plan = work.Plan;
        if ((plan is null || !line.StartsWith(plan.Prefix)) && (plan = Plan(line)) is null)
        {
            return false;
        }

        var kind = plan.Kind;
        if (kind.Lane != (lane ?? source.Lane ?? kind.Lane))
        {
            length = lane is null ? 0 : -1;
            return false;
        }

        var rest = line[plan.Prefix.Length..];
        var id = Identifier.PrefixLength(rest);
        if (id is 0 or > Identifier.MaximumLength || id >= rest.Length || rest[id] != ' ' || !MayWrite(kind, rest[..id]))
        {
            return false;
        }

        rest = rest[(id + 1)..];
        if (!Fields(plan, ref rest) || !QuickNumber.Nanoseconds(rest, out var stamp) || !IsTimely(kind, stamp))
        {
            return false;
        }

        rest = rest[QuickNumber.NanosecondDigits..];
        if (!rest.IsEmpty && rest[0] != '\n')
        {
            return false;
        }

        length = line.Length - rest.Length + (rest.IsEmpty ? 0 : 1);
        lane = kind.Lane;
        return true;
    }

    private readonly KindPlan? Plan(ReadOnlySpan<byte> line)
    {
        var comma = line[..Math.Min(line.Length, Identifier.MaximumLength + 1)].IndexOf((byte)',');
        return comma > 0 && work.PlanOf(line[..comma]) is { } plan && line.StartsWith(plan.Prefix) ? plan : null;
    }

    private readonly bool MayWrite(DeviceKind kind, ReadOnlySpan<byte> id) =>
        registry.Find(id) is { } device && device.Kind == kind.Name && source.Refuses(device, id) is null;

    private readonly bool IsTimely(DeviceKind kind, long stamp) => kind.Lane == Lane.Alarm
        ? stamp >= Intake.EarliestAlarm && stamp <= receivedAt + (Intake.AlarmAhead.Ticks * 100)
        : stamp >= Intake.EarliestTelemetry && stamp <= receivedAt + (Intake.MaximumAhead.Ticks * 100);

    /// <summary>Fields that are of their metric's type, in its spelling and range, each once; then <paramref name="rest"/> begins with the time.</summary>
    private static bool Fields(KindPlan plan, ref ReadOnlySpan<byte> rest)
    {
        var seen = 0UL;
        for (var previous = -1; ;)
        {
            if (plan.Next(previous, rest, out var index) is not { } metric || (seen & (1UL << index)) != 0)
            {
                return false;
            }

            seen |= 1UL << index;
            previous = index;
            rest = rest[metric.Name.Length..];
            var length = Value(metric.Type, rest, out var number);
            if (length == 0 || !(number >= metric.Minimum && number <= metric.Maximum))
            {
                return false;
            }

            var isLast = rest[length] == ' ';
            rest = rest[(length + 1)..];
            if (isLast)
            {
                return true;
            }
        }
    }

    /// <summary>The length of a value that stands as the log wants it, with a comma or space behind; 0 for any other.</summary>
    private static int Value(MetricType type, ReadOnlySpan<byte> text, out double number)
    {
        switch (type)
        {
            case MetricType.Float:
                var floating = QuickNumber.Read(text, out var found, out var bits);
                number = BitConverter.Int64BitsToDouble(bits);
                return found == LineFieldType.Float ? floating : 0;
            case MetricType.Integer:
                var whole = QuickNumber.Read(text, out found, out bits);
                number = bits;
                return whole > 0 && found == LineFieldType.Integer && IsShortest(text[..whole]) ? whole : 0;
            case MetricType.Boolean:
                number = text.StartsWith("true"u8) ? 1 : 0;
                var word = number > 0 ? 4 : text.StartsWith("false"u8) ? 5 : 0;
                return word > 0 && word < text.Length && text[word] is (byte)',' or (byte)' ' ? word : 0;
            default:
                number = double.NaN;
                return 0;
        }
    }

    // "0i", "7i", "-7i"; not "007i", nor "-0i".
    private static bool IsShortest(ReadOnlySpan<byte> integer)
    {
        var digits = integer[0] == '-' ? integer[1..] : integer;
        return digits[0] != '0' || (digits.Length == 2 && digits.Length == integer.Length);
    }
}
