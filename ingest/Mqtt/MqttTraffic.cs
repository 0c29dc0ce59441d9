namespace SmartCity.Ingest.Mqtt;

/// <summary>A count that only grows.</summary>
internal sealed class Counter
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public void Increment() => Interlocked.Increment(ref _value);
}

/// <summary>What the city refused or held back, counted since the start.</summary>
internal sealed class MqttTraffic
{
    public Counter RefusedConnects { get; } = new();

    public Counter RefusedPublishes { get; } = new();

    public Counter RefusedSubscribes { get; } = new();

    /// <summary>Publishes that had to wait for room or for a registration.</summary>
    public Counter Pauses { get; } = new();

    /// <summary>Those of <see cref="Pauses"/> whose wait is over, one way or the other.</summary>
    public Counter PausesEnded { get; } = new();

    /// <summary>Publishes that wait now: one a connection at the most.</summary>
    public long Waiting => Pauses.Value - PausesEnded.Value;

    public Counter ForeignResults { get; } = new();

    public Counter BadDocuments { get; } = new();
}
