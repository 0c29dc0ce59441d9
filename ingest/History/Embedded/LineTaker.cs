using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>Reads lines of the log into the head. What a device sends follows a pattern, so names are guessed before they are looked up.</summary>
internal sealed class LineTaker(Head head, NameTable series, NameTable metrics, EmbeddedOptions options)
{
    private readonly ByteBuffer _fields = new(1024);
    private int[] _metricAfter = new int[64];
    private int _previous;

    /// <summary>The newest time taken since start, unix ns; null before the first.</summary>
    public long? Newest { get; private set; }

    /// <summary>Takes a frame's lines; those it cannot keep are added to <paramref name="refused"/>. The head's gate is held.</summary>
    /// <returns>Lines taken.</returns>
    public int Take(FrameFlags flags, ReadOnlySpan<byte> payload, Lane lane, List<QuarantineEntry> refused)
    {
        var arrival = (flags & FrameFlags.ArrivalTime) != 0;
        var taken = 0;
        var newest = Newest ?? long.MinValue;
        var reader = new LoggedLines(payload);
        while (reader.Read())
        {
            if (Refusal(ref reader, arrival) is { } why)
            {
                refused.Add(QuarantineEntry.Refused("store-refused", lane, reader.Line, why));
                continue;
            }

            newest = Math.Max(newest, reader.Timestamp);
            taken++;
        }

        Newest = taken > 0 ? newest : Newest;
        return taken;
    }

    /// <summary>Takes the line; if it cannot, says why.</summary>
    private string? Refusal(ref LoggedLines reader, bool arrival)
    {
        if (reader.Error != LineError.None)
        {
            return reader.Error.Words();
        }

        if (!reader.HasTimestamp)
        {
            return "no time stamp";
        }

        if (Series(reader.Series) is not (> 0 and var number))
        {
            return "the embedded store holds no more devices";
        }

        _fields.Clear();
        var metric = 0;
        while (true)
        {
            var guess = metric == 0 ? head[number].Metric : _metricAfter[metric];
            var expected = guess == 0 ? default : metrics[guess];
            if (!reader.NextField(expected, out var field))
            {
                break;
            }

            if (guess == 0 || field.Name != expected)
            {
                guess = Metric(field.Name);
                if (guess == 0)
                {
                    return "the embedded store holds no more metrics";
                }

                (metric == 0 ? ref head[number].Metric : ref _metricAfter[metric]) = guess;
            }

            metric = guess;
            FieldCodec.Write(_fields, metric, field);
        }

        if (reader.Error != LineError.None)
        {
            return reader.Error.Words();
        }

        if (arrival)
        {
            if (Metric("time_is_arrival"u8) is not (> 0 and var mark))
            {
                return "the embedded store holds no more metrics";
            }

            FieldCodec.WriteTrue(_fields, mark);
        }

        head.Add(number, reader.Timestamp, _fields.Span);
        return null;
    }

    private int Series(ReadOnlySpan<byte> name)
    {
        var number = _previous > 0 ? head[_previous].Next : 0;
        if (!series.Is(number, name))
        {
            if (!series.TryGet(name, out number))
            {
                if (series.Count >= options.MaximumSeries)
                {
                    return 0;
                }

                number = series.Add(name);
                head.Admit(number);
            }

            if (_previous > 0)
            {
                head[_previous].Next = number;
            }
        }

        return _previous = number;
    }

    private int Metric(ReadOnlySpan<byte> name)
    {
        if (!metrics.TryGet(name, out var number) && metrics.Count < options.MaximumMetrics)
        {
            number = metrics.Add(name);
        }

        if (number >= _metricAfter.Length)
        {
            Array.Resize(ref _metricAfter, Math.Max(number + 1, _metricAfter.Length * 2));
        }

        return number;
    }
}
