using SmartCity.Ingest.Quarantine;

namespace SmartCity.Ingest.History.Influx;

/// <summary>
/// Delivers one lane's batches: halves what is too large, and finds refused lines by bisection, so that a bad line stands
/// alone in the quarantine and the good ones beside it are stored. Sending a line twice changes nothing, so every step may
/// be repeated. One caller at a time.
/// </summary>
internal sealed class InfluxDelivery(InfluxHttp http)
{
    /// <summary>After this many single lines refused in words we do not know, and none taken, it is the store that is wrong.</summary>
    private const int UnknownRefusals = 16;

    /// <summary>Deliveries without a 413 after which a larger body is tried again.</summary>
    private const int GrowAfter = 64;

    private readonly MemoryStream _compressed = new();
    private readonly LineIndex _index = new();
    private readonly Stack<(int Start, int Count)> _work = new();
    private readonly ByteBuffer _part = new();
    private int _maximumLines = int.MaxValue;
    private int _calm;

    /// <summary>Stores every line the store takes; the others are added to <paramref name="refused"/> with the store's words.</summary>
    /// <returns>Lines stored.</returns>
    /// <exception cref="HistoryStoppedException">The store cannot take points now; nothing was decided, deliver all again.</exception>
    public async ValueTask<int> DeliverAsync(HistoryBatch batch, List<QuarantineEntry> refused, CancellationToken cancel)
    {
        if (batch.Lines == 0)
        {
            return 0;
        }

        var whole = default(WriteAnswer?);
        if (batch.Lines <= _maximumLines)
        {
            whole = await http.WriteAsync(batch.Text, _compressed, cancel);
            if (whole.Value.Outcome == WriteOutcome.Written)
            {
                Grow();
                return batch.Lines;
            }
        }

        _index.Build(batch.Text.Span);
        if (whole?.Outcome == WriteOutcome.LinesRefused)
        {
            // A type conflict refuses a whole kind: side by side its lines are found in a few requests, not in thousands.
            _index.OrderByMeasurement(batch.Text.Span);
        }

        return await BisectAsync(batch, whole, refused, cancel);
    }

    private async ValueTask<int> BisectAsync(HistoryBatch batch, WriteAnswer? whole, List<QuarantineEntry> refused, CancellationToken cancel)
    {
        int stored = 0, unknown = 0;
        _work.Clear();
        PushChunks(0, _index.Count);
        while (_work.TryPop(out var range))
        {
            WriteAnswer answer;
            if (whole is { } known && range.Count == _index.Count)
            {
                answer = known;
            }
            else
            {
                _part.Clear();
                _index.Copy(batch.Text.Span, range.Start, range.Count, _part);
                answer = await http.WriteAsync(_part.Memory, _compressed, cancel);
            }

            if (answer.Outcome == WriteOutcome.Written)
            {
                stored += range.Count;
                continue;
            }

            var all = answer.Dropped == range.Count;
            if (range.Count > 1 && !all)
            {
                Halve(range, answer);
                continue;
            }

            for (var i = range.Start; i < range.Start + range.Count; i++)
            {
                refused.Add(Refusal(batch, i, answer));
            }

            unknown += answer.AboutLines ? 0 : 1;
            if (stored == 0 && unknown >= UnknownRefusals)
            {
                throw RefusesEverything(answer);
            }
        }

        if (stored == 0 && unknown > 0)
        {
            throw RefusesEverything(new WriteAnswer(WriteOutcome.LinesRefused, refused[^1].Message ?? ""));
        }

        return stored;
    }

    private void Halve((int Start, int Count) range, WriteAnswer answer)
    {
        var half = range.Count / 2;
        if (answer.Outcome == WriteOutcome.TooLarge)
        {
            _maximumLines = Math.Min(_maximumLines, Math.Max(1, half));
            _calm = 0;
        }

        _work.Push((range.Start + half, range.Count - half));
        _work.Push((range.Start, half));
    }

    /// <summary>The index in parts no larger than the store is known to take, first part on top.</summary>
    private void PushChunks(int start, int count)
    {
        var chunk = Math.Min(count, _maximumLines);
        var chunks = (count + chunk - 1) / chunk;
        for (var i = chunks - 1; i >= 0; i--)
        {
            _work.Push((start + (i * chunk), Math.Min(chunk, count - (i * chunk))));
        }
    }

    private void Grow()
    {
        if (_maximumLines != int.MaxValue && ++_calm >= GrowAfter)
        {
            _calm = 0;
            _maximumLines = _maximumLines >= int.MaxValue / 2 ? int.MaxValue : _maximumLines * 2;
        }
    }

    private QuarantineEntry Refusal(HistoryBatch batch, int line, WriteAnswer answer) => QuarantineEntry.Refused(
        answer.Outcome == WriteOutcome.TooLarge ? "store-too-large" : "store-refused", batch.Lane, _index.Line(batch.Text.Span, line), answer.Message);

    private static HistoryStoppedException RefusesEverything(WriteAnswer answer) => new(
        "The store refuses every line: " + answer.Message,
        "Check that the address, database and precision are right; lines are kept until one is taken.");
}
