using System.Buffers;

namespace SmartCity.Grains.Orleans;

/// <summary>A device as the host has it: whom to call, and when. For the host's caller only.</summary>
internal sealed class Seat(string id, IDeviceGrain grain)
{
    public string Id { get; } = id;

    public byte[] IdUtf8 { get; } = System.Text.Encoding.UTF8.GetBytes(id);

    public IDeviceGrain Grain { get; } = grain;

    /// <summary>The registry's word on it.</summary>
    public DeviceInfo? Info { get; set; }

    /// <summary>Which registry said so.</summary>
    public object? Checked { get; set; }

    /// <summary>When it will be asked whether something fell due, Unix ns.</summary>
    public long AskAt { get; set; } = long.MaxValue;

    /// <summary>It is out of service.</summary>
    public bool IsGone { get; set; }

    /// <summary>It stands in the list of those that the next checkpoint saves.</summary>
    public bool Dirty { get; set; }

    /// <summary>Its call of the batch under way.</summary>
    public Call? Call { get; set; }
}

/// <summary>One device's part in the work under way.</summary>
internal sealed class Call(Seat seat)
{
    private readonly ArrayBufferWriter<byte> _lines = new(256);
    private readonly List<ReadingPlace> _places = [];
    private DeviceReadings? _readings;

    public Seat Seat { get; } = seat;

    /// <summary>The session that it rests on; null: nobody else could hold it.</summary>
    public GrainHold? Hold { get; init; }

    /// <summary>It is asked what time brought instead.</summary>
    public DeviceTick? Tick { get; init; }

    /// <summary>It is asked what goes on, as of then.</summary>
    public long? RestateAt { get; init; }

    public DeviceSaid? Said { get; private set; }

    public bool IsAnswered { get; private set; }

    /// <summary>The book has what it said, or it is not ours to say.</summary>
    public bool IsOver { get; set; }

    public void Add(ReadOnlySpan<byte> line, in ReadingPlace place)
    {
        _lines.Write(line);
        _lines.Write("\n"u8);
        _places.Add(place);
    }

    public ValueTask<DeviceAnswer> BeginAsync(Guid log, SiloAddress? home)
    {
        if (Tick is { } tick)
        {
            return Seat.Grain.TickAsync(tick);
        }

        if (RestateAt is { } at)
        {
            return Seat.Grain.RestateAsync(at);
        }

        _readings ??= new DeviceReadings { Log = log, Lines = _lines.WrittenSpan.ToArray(), Places = [.. _places], Home = home };
        return Seat.Grain.ApplyAsync(_readings);
    }

    public void Answer(in DeviceAnswer answer) => (Said, IsAnswered) = (answer.Said, true);

    /// <summary>Something failed after it had answered: it is called again, and says again what it has not been told is safe.</summary>
    public void Again() => IsAnswered &= Said is null || IsOver;
}
