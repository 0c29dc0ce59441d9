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
        var reader = new LineReader(payload);
        while (reader.Read())
        {
            if (Refusal(ref reader, arrival) is { } why)
            {
                refused.Add(QuarantineEntry.Refused("store-refused", lane, reader.Line, why, reader.Column));
                continue;
            }

            newest = Math.Max(newest, reader.Timestamp);
            taken++;
        }

        Newest = taken > 0 ? newest : Newest;
        return taken;
    }

    /// <summary>Takes the line; if it cannot, says why.</summary>
    private string? Refusal(ref LineReader reader, bool arrival)
    {
        if (reader.Error != LineError.None)
        {
            return reader.Error.Words();
        }

        if (!reader.HasTimestamp)
        {
            return "no time stamp";
        }

        if (Series(Key(ref reader)) is not (> 0 and var number))
        {
            return "the embedded store holds no more devices";
        }

        _fields.Clear();
        var metric = 0;
        while (reader.NextField(out var field))
        {
            ref var guess = ref (metric == 0 ? ref head[number].Metric : ref _metricAfter[metric]);
            if (!metrics.Is(guess, field.Name))
            {
                if (Metric(field.Name) is not (> 0 and var found))
                {
                    return "the embedded store holds no more metrics";
                }

                guess = ref (metric == 0 ? ref head[number].Metric : ref _metricAfter[metric]); // the table may have grown
                guess = found;
            }

            metric = guess;
            FieldCodec.Write(_fields, metric, field);
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

    /// <summary>A canonical line's beginning up to its fields, <c>kind,device=ID</c>, is the series' name as it stands.</summary>
    private static ReadOnlySpan<byte> Key(ref LineReader reader)
    {
        var measurement = reader.Measurement;
        return reader.NextTag(out var key, out var value)
            ? reader.Line[..(measurement.Length + key.Length + value.Length + 2)]
            : measurement;
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
