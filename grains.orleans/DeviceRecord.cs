namespace SmartCity.Grains.Orleans;

/// <summary>A device as Orleans' store has it.</summary>
[GenerateSerializer]
internal sealed class DeviceRecord
{
    /// <summary>Logs of which positions are remembered: those of the servers that had it last.</summary>
    private const int Logs = 4;

    /// <summary>The name of its kind.</summary>
    [Id(0)]
    public string Kind { get; set; } = "";

    /// <summary>Its state, as <see cref="City.DeviceState"/> writes it.</summary>
    [Id(1)]
    public byte[] State { get; set; } = [];

    /// <summary>How far it has been applied, the newest log first. Each server has a log of its own.</summary>
    [Id(2)]
    public List<LogPlace> Applied { get; set; } = [];

    /// <summary>What it has said that is not in the book for certain.</summary>
    [Id(3)]
    public DeviceSaid? Unsaid { get; set; }

    /// <summary>The number of what it said last.</summary>
    [Id(4)]
    public long Number { get; set; }

    public long AppliedIn(Guid log)
    {
        foreach (var place in Applied)
        {
            if (place.Log == log)
            {
                return place.Position;
            }
        }

        return -1;
    }

    public void Apply(Guid log, long position)
    {
        if (Applied is [var newest, ..] && newest.Log == log)
        {
            Applied[0] = new LogPlace(log, Math.Max(position, newest.Position));
            return;
        }

        position = Math.Max(position, AppliedIn(log));
        Applied.RemoveAll(p => p.Log == log);
        Applied.Insert(0, new LogPlace(log, position));
        if (Applied.Count > Logs)
        {
            Applied.RemoveAt(Logs);
        }
    }
}

/// <param name="Log">A log.</param>
/// <param name="Position">What ends there, or before, is in the state.</param>
[GenerateSerializer, Immutable]
internal readonly record struct LogPlace(Guid Log, long Position);
