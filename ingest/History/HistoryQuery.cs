using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>One metric of one device from <paramref name="From"/> (included) to <paramref name="To"/> (excluded), unix ns.</summary>
/// <param name="Kind">Device kind, the measurement.</param>
/// <param name="Device">Device id.</param>
/// <param name="Metric">Metric name, the field.</param>
/// <param name="From">First instant, unix ns.</param>
/// <param name="To">First instant no longer asked for, unix ns.</param>
/// <param name="Step">Width of a window for min, mean and max; null for the points themselves. Windows start at multiples of the step since 1970.</param>
/// <param name="Limit">Points or windows a page, 1 to <see cref="MaximumLimit"/>.</param>
internal sealed record HistoryQuery(string Kind, string Device, string Metric, long From, long To, TimeSpan? Step = null, int Limit = 1_000)
{
    /// <summary>Most points or windows a page: about 1 MB of JSON.</summary>
    public const int MaximumLimit = 10_000;

    /// <summary>Step in ns; 0 when points are asked for.</summary>
    public long StepNanoseconds => Step is { } step ? step.Ticks * 100 : 0;

    /// <summary>Names may only be what the catalogue and the registry allow (1–63 of a-z 0-9 - _), so nothing in them can end a quotation.</summary>
    /// <exception cref="HistoryQueryException">What is wrong and how to ask.</exception>
    public void Validate()
    {
        ValidateName("device kind", Kind);
        ValidateName("device", Device);
        ValidateName("metric", Metric);
        if (To <= From)
        {
            throw new HistoryQueryException("`from` must be before `to`.");
        }

        if (Limit is < 1 or > MaximumLimit)
        {
            throw new HistoryQueryException($"`limit` must be 1 to {MaximumLimit}; ask for the rest with the page's `next`.");
        }

        if (Step is { } step)
        {
            if (step < TimeSpan.FromSeconds(1) || step > TimeSpan.FromDays(366))
            {
                throw new HistoryQueryException("`step` must be between one second and 366 days.");
            }
        }
    }

    /// <summary>What to say when windows of something that has no mean are asked for.</summary>
    public HistoryQueryException NotNumeric() => new($"`{Metric}` is not a number: ask for its points, without `step`.");

    private static void ValidateName(string what, string name)
    {
        if (!Identifier.IsValid(name))
        {
            throw new HistoryQueryException($"This is no {what} name: 1–63 of a-z 0-9 - _ are allowed.");
        }
    }
}

/// <summary>A stored value. Numbers are doubles: integers beyond 2⁵³ are rounded in answers (never in the store).</summary>
/// <param name="Number">The number, if it is one.</param>
/// <param name="Flag">The boolean, if it is one.</param>
/// <param name="Text">The string, if it is one.</param>
internal readonly record struct HistoryValue(double? Number, bool? Flag = null, string? Text = null);

/// <summary>One stored point.</summary>
/// <param name="Time">Unix ns.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct HistoryPoint(long Time, HistoryValue Value);

/// <summary>What happened in one window.</summary>
/// <param name="Start">Start of the window, unix ns, a multiple of the step.</param>
/// <param name="Minimum">Least value.</param>
/// <param name="Mean">Arithmetic mean.</param>
/// <param name="Maximum">Greatest value.</param>
/// <param name="Count">Points in it, at least 1.</param>
internal readonly record struct HistoryWindow(long Start, double Minimum, double Mean, double Maximum, long Count);

/// <summary>A page of an answer: points or windows, oldest first.</summary>
/// <param name="Points">The points when no step was asked for, else empty.</param>
/// <param name="Windows">The windows when a step was asked for, else empty.</param>
/// <param name="Next">Ask again with this as <c>from</c> for the rest; null when this is all.</param>
internal sealed record HistoryPage(IReadOnlyList<HistoryPoint> Points, IReadOnlyList<HistoryWindow> Windows, long? Next)
{
    /// <summary>Nothing is stored for what was asked.</summary>
    public static HistoryPage Empty { get; } = new([], [], null);
}
