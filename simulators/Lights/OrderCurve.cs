namespace SmartCity.Simulators.Lights;

/// <summary>How an order stood at a moment.</summary>
/// <param name="Seconds">Since the request was sent.</param>
/// <param name="Confirmed">Lamps that the server says follow it by measured power.</param>
/// <param name="There">Lamps that really give the asked light, as the simulated street has it.</param>
internal readonly record struct OrderPoint(double Seconds, int Confirmed, int There);

/// <summary>How the lamps on connected gateways came to follow an order.</summary>
/// <param name="Words">What was ordered, for people.</param>
/// <param name="Lamps">Lamps on connected gateways.</param>
/// <param name="Points">In order of time.</param>
internal sealed record OrderCurve(string Words, int Lamps, IReadOnlyList<OrderPoint> Points)
{
    /// <summary>What is asked of a city: this much of it within this time.</summary>
    public const double Goal = 10;

    /// <summary>Seconds of CPU of the server while it was followed.</summary>
    public double ServerCpu { get; init; }

    /// <summary>Seconds of CPU of the simulated city.</summary>
    public double CityCpu { get; init; }

    /// <summary>How long it was followed, in seconds.</summary>
    public double Seconds => Points.Count == 0 ? 0 : Points[^1].Seconds;

    /// <summary>Lamps that did not follow in the end, and why, as the server says.</summary>
    public IReadOnlyList<(string Lamp, string Why)> Missing { get; init; } = [];

    /// <summary>Lamps confirmed within a time.</summary>
    public int ConfirmedWithin(double seconds) => Points.Where(p => p.Seconds <= seconds).Select(p => p.Confirmed).DefaultIfEmpty(0).Max();

    /// <summary>When a share of the lamps was confirmed; null when it never was.</summary>
    public double? ConfirmedAt(double share) => When(share, static p => p.Confirmed);

    /// <summary>When a share of the lamps really gave the asked light; null when it never did.</summary>
    public double? ThereAt(double share) => When(share, static p => p.There);

    private double? When(double share, Func<OrderPoint, int> of)
    {
        var enough = (int)Math.Ceiling(share * Lamps);
        foreach (var point in Points)
        {
            if (of(point) >= enough)
            {
                return point.Seconds;
            }
        }

        return null;
    }
}
