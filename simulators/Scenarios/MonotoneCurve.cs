namespace SmartCity.Simulators.Scenarios;

/// <summary>A smooth curve through given points that rises and falls only where they do (Fritsch and Carlson's monotone cubic
/// interpolation, SIAM J. Numer. Anal. 17, 1980): it passes every point and never overshoots one.</summary>
internal sealed class MonotoneCurve
{
    private readonly double[] _x;
    private readonly double[] _y;
    private readonly double[] _slope;

    /// <summary>A curve through at least two points, ordered by x.</summary>
    public MonotoneCurve(IReadOnlyList<(double X, double Y)> points)
    {
        _x = [.. points.Select(p => p.X)];
        _y = [.. points.Select(p => p.Y)];
        _slope = new double[_x.Length];
        var secant = new double[_x.Length - 1];
        for (var i = 0; i < secant.Length; i++)
        {
            secant[i] = (_y[i + 1] - _y[i]) / (_x[i + 1] - _x[i]);
        }

        _slope[0] = secant[0];
        _slope[^1] = secant[^1];
        for (var i = 1; i < secant.Length; i++)
        {
            // The weighted harmonic mean keeps the slope within three times the flatter secant, which suffices for monotony;
            // at a crest or trough the tangent is level.
            var (before, after) = (secant[i - 1], secant[i]);
            if (before * after > 0)
            {
                var (left, right) = (_x[i] - _x[i - 1], _x[i + 1] - _x[i]);
                var (w1, w2) = ((2 * right) + left, right + (2 * left));
                _slope[i] = (w1 + w2) / ((w1 / before) + (w2 / after));
            }
        }

        Limit(0, secant[0]);
        Limit(_slope.Length - 1, secant[^1]);
    }

    /// <summary>First and last x.</summary>
    public (double From, double To) Range => (_x[0], _x[^1]);

    /// <summary>The value at x; outside the range that of its nearer end.</summary>
    public double At(double x)
    {
        if (x <= _x[0])
        {
            return _y[0];
        }

        if (x >= _x[^1])
        {
            return _y[^1];
        }

        var i = Array.BinarySearch(_x, x);
        i = i >= 0 ? i : ~i - 1;
        var width = _x[i + 1] - _x[i];
        var t = (x - _x[i]) / width;
        var (t2, t3) = (t * t, t * t * t);
        return (((2 * t3) - (3 * t2) + 1) * _y[i])
            + ((t3 - (2 * t2) + t) * width * _slope[i])
            + (((-2 * t3) + (3 * t2)) * _y[i + 1])
            + ((t3 - t2) * width * _slope[i + 1]);
    }

    private void Limit(int at, double secant)
    {
        if (_slope[at] * secant <= 0)
        {
            _slope[at] = 0;
        }
        else if (Math.Abs(_slope[at]) > 3 * Math.Abs(secant))
        {
            _slope[at] = 3 * secant;
        }
    }
}
