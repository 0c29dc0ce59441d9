using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>A driver that does what a test says. Its calls are counted and must not overlap.</summary>
internal sealed class Scripted : Driver
{
    private int _calls;

    /// <summary>What a start does.</summary>
    public Func<CancellationToken, ValueTask> OnStart { get; set; } = static _ => ValueTask.CompletedTask;

    /// <summary>What a measurement gives.</summary>
    public Func<Measurement, CancellationToken, ValueTask> OnMeasure { get; set; } = static (_, _) => ValueTask.CompletedTask;

    public TimeSpan Minimum { get; init; }

    public int Starts { get; private set; }

    public int Measurements { get; private set; }

    public bool Disposed { get; private set; }

    public string Name { get; init; } = "scripted part";

    public override string Where => Name;

    public override TimeSpan MinimumInterval => Minimum;

    /// <summary>A part that gives one value, read when it is asked.</summary>
    public static Scripted Of(string metric, Func<double> value) => new() { OnMeasure = (m, _) => Give(m, metric, value()) };

    public static ValueTask Give(Measurement into, string metric, double value)
    {
        into.Add(metric, value);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask StartAsync(CancellationToken cancel)
    {
        Starts++;
        await OnceAsync(() => OnStart(cancel));
    }

    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        Measurements++;
        await OnceAsync(() => OnMeasure(into, cancel));
    }

    public override ValueTask DisposeAsync()
    {
        Disposed = true;
        return base.DisposeAsync();
    }

    private async ValueTask OnceAsync(Func<ValueTask> call)
    {
        Assert.Equal(1, Interlocked.Increment(ref _calls));
        try
        {
            await call();
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }
    }
}

/// <summary>An output that remembers what it was told.</summary>
internal sealed class ScriptedOutput : OutputDriver
{
    /// <summary>The level in force.</summary>
    public double Percent { get; set; }

    /// <summary>Thrown by every call while it is set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What it says when it is asked; null = the level in force.</summary>
    public double? Feedback { get; set; }

    /// <summary>Stamp that <see cref="Sounded"/> is given when the level first rises.</summary>
    public long Since { get; set; }

    /// <summary>Called when the level rises above 0.</summary>
    public Action<long>? Sounded { get; set; }

    /// <summary>Every level it was told, in order, without repeats.</summary>
    public List<double> Levels { get; } = [];

    public int Starts { get; private set; }

    public override string Where => "scripted output";

    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Starts++;
        Throw();
        return ValueTask.CompletedTask;
    }

    public override ValueTask SetAsync(double percent, CancellationToken cancel)
    {
        Throw();
        if (percent > 0 && Percent == 0)
        {
            Sounded?.Invoke(Since);
        }

        Percent = percent;
        if (Levels.Count == 0 || Levels[^1] != percent)
        {
            Levels.Add(percent);
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask<double> FeedbackAsync(CancellationToken cancel)
    {
        Throw();
        return new(Feedback ?? Percent);
    }

    private void Throw()
    {
        if (Failure is { } failure)
        {
            throw failure;
        }
    }
}

/// <summary>Configurations whose parts are a test's own objects.</summary>
internal static class ScriptedParts
{
    /// <summary>A part whose driver is this one.</summary>
    public static PartConfig Part(Driver driver, string name = "scripted", IReadOnlyDictionary<string, string>? metrics = null) => new(
        new DriverEntry(name, "test", [], name, (_, _) => driver),
        new PartSettings(name, new Dictionary<string, string>(StringComparer.Ordinal), []),
        metrics ?? new Dictionary<string, string>(StringComparer.Ordinal));
}
