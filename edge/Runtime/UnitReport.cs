using System.Globalization;
using SmartCity.City;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Fire;

namespace SmartCity.Edge.Runtime;

/// <summary>
/// What a device has measured and not yet logged, what it logged last, and whether the difference is worth a line. A value is logged
/// once, with the stamp of its measurement, and only if it was measured for this line; lines of a device are in order of their stamps.
/// </summary>
internal sealed class UnitReport
{
    /// <summary>Pause before a device whose reading found no room measures again.</summary>
    public static readonly TimeSpan NoRoomPause = TimeSpan.FromSeconds(1);

    /// <summary>Parts measured within this become one line.</summary>
    private static readonly TimeSpan MergeWithin = TimeSpan.FromSeconds(1);

    /// <summary>Lines of one device are at least this far apart: stores of other makes keep no finer time.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromMicroseconds(1);

    [ThreadStatic]
    private static MetricValue[]? _line;

    private readonly DeviceConfig _config;
    private readonly DeviceKind _kind;
    private readonly UnitServices _services;
    private readonly Lock _gate = new();
    private readonly double[] _bands;
    private readonly double[] _fresh;
    private readonly double[] _logged;
    private readonly double[] _last;
    private readonly long[] _lastAt;
    private readonly int _faultIndex;
    private long _freshSince;
    private long _freshAt;
    private long _loggedAt = long.MinValue;
    private long _measuredAt = long.MinValue;
    private DeviceFault _loggedFault;
    private bool _faultLogged;
    private bool _any;
    private bool _changed;
    private bool _urgent;
    private bool _due;
    private bool _refused;
    private bool _noRoom;
    private bool _unknown;
    private bool _invalid;

    /// <summary>Nothing measured, nothing logged.</summary>
    public UnitReport(DeviceConfig config, DeviceKind kind, UnitServices services)
    {
        _config = config;
        _kind = kind;
        _services = services;
        var count = kind.Metrics.Count;
        _fresh = Nothing(count);
        _logged = Nothing(count);
        _last = Nothing(count);
        _lastAt = new long[count];
        _bands = new double[count];
        _faultIndex = kind.IndexOf("fault_code");
        for (var i = 0; i < count; i++)
        {
            var metric = kind.Metrics[i];
            _bands[i] = config.Change.TryGetValue(metric.Name, out var band) ? band
                : metric.Type is MetricType.Integer or MetricType.Boolean ? 0
                : double.PositiveInfinity;
        }
    }

    /// <summary>What is wrong with the device.</summary>
    public DeviceFault Fault { get; private set; }

    /// <summary>The same in words.</summary>
    public string? Words { get; private set; }

    /// <summary>Stamp of the last measurement; null before the first.</summary>
    public long? MeasuredAt => Volatile.Read(ref _measuredAt) is var at and not long.MinValue ? at : null;

    /// <summary>The newest values; from any thread.</summary>
    public IReadOnlyList<LastValue> Last()
    {
        lock (_gate)
        {
            var values = new List<LastValue>();
            for (var i = 0; i < _last.Length; i++)
            {
                if (!double.IsNaN(_last[i]))
                {
                    values.Add(new LastValue(_kind.Metrics[i].Name, _last[i], _lastAt[i]));
                }
            }

            return values;
        }
    }

    /// <summary>The newest value of one metric; null when it was never measured, or the kind has none such.</summary>
    public LastValue? Last(string metric)
    {
        var index = _kind.IndexOf(metric);
        if (index < 0)
        {
            return null;
        }

        lock (_gate)
        {
            return double.IsNaN(_last[index]) ? null : new LastValue(metric, _last[index], _lastAt[index]);
        }
    }

    /// <summary>Takes what a part measured; a value that this kind of device cannot have is a fault of the part, and all of it is refused.</summary>
    public void Take(UnitPart part)
    {
        Span<double> values = stackalloc double[_fresh.Length];
        values.Fill(double.NaN);
        if (!Map(part, values))
        {
            return;
        }

        var at = part.MeasuredAt;
        if (_urgent ? at != _freshAt || Overlaps(values) : _any && _services.Time.GetElapsedTime(_freshSince, at) > MergeWithin && !Replaces(values))
        {
            // An event is a line of its own; and what was measured long before this does not get its stamp.
            Write(_freshAt);
        }
        else if (Replaces(values))
        {
            // The same part again, before it was time for a line.
            _any = false;
        }

        var urgent = part.WasUrgent | part.Result.Report | (_services.Measured?.Invoke(_config.Id, _kind, values, at) ?? false);
        lock (_gate)
        {
            for (var i = 0; i < values.Length; i++)
            {
                if (double.IsNaN(values[i]))
                {
                    continue;
                }

                _last[i] = values[i];
                _lastAt[i] = at;
                _fresh[i] = values[i];
                _changed |= double.IsNaN(_logged[i]) ? double.IsFinite(_bands[i]) : Math.Abs(values[i] - _logged[i]) > _bands[i];
                if (!_any)
                {
                    _any = true;
                    _freshSince = _freshAt = at;
                }
            }
        }

        _urgent |= urgent && _any;
        _due |= part.HasOwnRhythm && _any;
        _freshAt = Math.Max(_freshAt, at);
        Volatile.Write(ref _measuredAt, Math.Max(_measuredAt, at));
    }

    /// <summary>Puts the parts' faults together: the first that needs somebody, else a warm-up.</summary>
    public void SetFault(List<UnitPart> parts)
    {
        var fault = DeviceFault.None;
        string? words = null;
        foreach (var part in parts)
        {
            if (part.Fault == DeviceFault.None)
            {
                continue;
            }

            fault = fault is DeviceFault.None or DeviceFault.WarmingUp ? part.Fault : fault;
            words = words is null ? part.Words : $"{words}; {part.Words}";
        }

        Fault = fault;
        Words = words;
    }

    /// <summary>Logs what is due: everything when the round is complete, what changed at once otherwise; what did not change and was
    /// measured between two reports is forgotten. False when the log had no room.</summary>
    /// <param name="complete">Every part of the round has answered, or will not.</param>
    /// <param name="roundOpen">A report is due.</param>
    /// <param name="now">Stamp of a line that has no measurement in it, only a fault.</param>
    public bool Flush(bool complete, bool roundOpen, long now)
    {
        var faultChanged = _faultLogged ? Fault != _loggedFault : Fault != DeviceFault.None;
        if (complete ? _any || Fault != DeviceFault.None : _urgent || faultChanged
                || (_due && !roundOpen) || (_changed && (!roundOpen || _kind.Lane == Telemetry.Lane.Alarm)))
        {
            Write(_any ? _freshAt : now);
        }

        if (complete || !roundOpen)
        {
            Forget();
        }

        var logged = !_refused;
        _refused = false;
        return logged;
    }

    private static double[] Nothing(int count)
    {
        var values = new double[count];
        Array.Fill(values, double.NaN);
        return values;
    }

    /// <summary>Do these values stand in the place of all that is fresh?</summary>
    private bool Replaces(ReadOnlySpan<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsNaN(values[i]) && !double.IsNaN(_fresh[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool Overlaps(ReadOnlySpan<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!double.IsNaN(values[i]) && !double.IsNaN(_fresh[i]))
            {
                return true;
            }
        }

        return false;
    }

    private bool Map(UnitPart part, Span<double> values)
    {
        foreach (var value in part.Result.Values)
        {
            var name = part.Names.TryGetValue(value.Name, out var other) ? other : value.Name;
            var index = name.Length == 0 ? -1 : _kind.IndexOf(name);
            if (index < 0 && name.Length > 0 && !_unknown)
            {
                _unknown = true;
                _services.Notice?.Invoke($"{_config.Id}: {part.Driver.Where} measures '{name}', which the kind {_kind.Name} has not: it is not reported; name it under 'metrics'");
            }

            if (index < 0 || index == _faultIndex)
            {
                continue;
            }

            part.Measures(index);
            var metric = _kind.Metrics[index];
            if (!metric.InRange(value.Number))
            {
                part.Refuse(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{part.Driver.Where}: {name} {value.Number:0.###} {metric.Unit} is outside {metric.Minimum:0.###} … {metric.Maximum:0.###}; look at the sensor and its place"));
                if (FireDesk.IsFire(_kind))
                {
                    // A detector in the flames measures more than any detector should: the rules hear it, the log has the fault only.
                    values[index] = value.Number;
                    _services.Measured?.Invoke(_config.Id, _kind, values, part.MeasuredAt);
                }

                return false;
            }

            values[index] = value.Number;
        }

        return true;
    }

    private void Write(long stamp)
    {
        var line = _line ??= new MetricValue[DeviceKind.MaximumMetrics];
        var count = 0;
        for (var i = 0; i < _fresh.Length; i++)
        {
            if (!double.IsNaN(_fresh[i]))
            {
                line[count++] = new MetricValue(_kind.Metrics[i].Name, _fresh[i]);
            }
        }

        if (_faultIndex >= 0)
        {
            line[count++] = new MetricValue(_kind.Metrics[_faultIndex].Name, (double)Fault);
        }

        if (count == 0)
        {
            // A fault of a kind that has no word for it.
            return;
        }

        // An event's own stamp may lie before the end of the last measurement: it was seen after it, and comes after it.
        if (_loggedAt != long.MinValue)
        {
            stamp = Math.Max(stamp, _loggedAt + Math.Max(1, Stamps.Of(_services.Time, Apart)));
        }

        var result = _services.Sink(_kind.Name, _config.Id, line.AsSpan(0, count), stamp);
        if (result is MeasureResult.Logged or MeasureResult.Waiting)
        {
            _loggedAt = stamp;
            _loggedFault = Fault;
            _faultLogged = true;
            for (var i = 0; i < _fresh.Length; i++)
            {
                _logged[i] = double.IsNaN(_fresh[i]) ? _logged[i] : _fresh[i];
            }
        }

        _refused |= result == MeasureResult.NoRoom;
        Tell(result);
        Forget();
    }

    /// <summary>Once when it begins, once when it is over: a full disk makes no flood of words.</summary>
    private void Tell(MeasureResult result)
    {
        if (result == MeasureResult.NoRoom != _noRoom)
        {
            _noRoom = !_noRoom;
            _services.Notice?.Invoke(
                _noRoom ? $"{_config.Id}: the log has no room; readings are not kept until it has" : $"{_config.Id}: the log has room again");
        }

        if (result == MeasureResult.Invalid && !_invalid)
        {
            _invalid = true;
            _services.Notice?.Invoke($"{_config.Id}: its readings make no line of the kind {_kind.Name}");
        }
    }

    private void Forget()
    {
        Array.Fill(_fresh, double.NaN);
        _any = _changed = _urgent = _due = false;
    }
}
