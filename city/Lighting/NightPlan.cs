namespace SmartCity.City;

/// <summary>A programme laid over one night: when each point comes, and from which level its ramp begins.</summary>
public sealed class NightPlan
{
    private readonly DateTimeOffset[] _times;
    private readonly double[] _from;

    /// <summary>Lays a programme over a night; null programme = none.</summary>
    public NightPlan(Night night, LightProgramme? programme)
    {
        ArgumentNullException.ThrowIfNull(night);
        Night = night;
        Programme = programme;
        var points = programme?.Points ?? [];
        _times = [.. points.Select(p => night.InstantOf(p.At))];
        _from = new double[_times.Length];
        if (_times.Length == 0)
        {
            return;
        }

        var open = _times[0];
        var close = _times[^1] > open ? _times[^1] : open;
        _times[^1] = close;
        for (var i = 1; i < _times.Length; i++)
        {
            var at = _times[i] > _times[i - 1] ? _times[i] : _times[i - 1];
            _times[i] = at < close ? at : close;
            _from[i] = Value(i - 1, _times[i]);
        }
    }

    /// <summary>The night.</summary>
    public Night Night { get; }

    /// <summary>The programme; null when none is in force that night.</summary>
    public LightProgramme? Programme { get; }

    /// <summary>When each of the programme's points comes.</summary>
    public IReadOnlyList<DateTimeOffset> Times => _times;

    /// <summary>The programme's level at an instant of the night, 0 … 100 %; off before its first point.</summary>
    public double Level(DateTimeOffset instant)
    {
        for (var i = _times.Length - 1; i >= 0; i--)
        {
            if (instant >= _times[i])
            {
                return Value(i, instant);
            }
        }

        return 0;
    }

    private double Value(int index, DateTimeOffset instant)
    {
        var point = Programme!.Points[index];
        var since = instant - _times[index];
        return since >= point.Ramp ? point.Level : _from[index] + ((point.Level - _from[index]) * (since / point.Ramp));
    }
}
