using System.Buffers;

namespace SmartCity.Grains.Orleans;

/// <summary>A device as the host has it. For the host's caller only.</summary>
internal sealed class Spot(string id)
{
    public string Id { get; } = id;

    public byte[] IdUtf8 { get; } = System.Text.Encoding.UTF8.GetBytes(id);

    /// <summary>The grain that it lives in.</summary>
    public Seat Seat { get; set; } = null!;

    /// <summary>The registry's word on it.</summary>
    public DeviceInfo? Info { get; set; }

    /// <summary>Which registry said so.</summary>
    public object? Checked { get; set; }

    /// <summary>The gateway that its lines came through last, while nobody has registered it.</summary>
    public string HeardFrom { get; set; } = "";

    /// <summary>The number of its last line among those of strangers.</summary>
    public long HeardAt { get; set; }

    /// <summary>Nobody has said through which gateway it is reached.</summary>
    public bool IsStranger => Info is null or { Registered: false, Gateway.Length: 0 };
}

/// <summary>A grain of devices as the host has it: whom to call, and when. For the host's caller only.</summary>
/// <param name="key">A device, or the row of a circuit.</param>
/// <param name="gateway">The circuit's gateway; null: it is a device.</param>
/// <param name="grain">The grain.</param>
internal sealed class Seat(string key, string? gateway, IDeviceGrain grain)
{
    public string Key { get; } = key;

    public string? Gateway { get; } = gateway;

    public IDeviceGrain Grain { get; } = grain;

    /// <summary>The device, when it is one.</summary>
    public Spot? Only { get; set; }

    /// <summary>When it will be asked whether something fell due, Unix ns.</summary>
    public long AskAt { get; set; } = long.MaxValue;

    /// <summary>Nobody is left in it.</summary>
    public bool IsGone { get; set; }

    /// <summary>It stands in the list of those that the next checkpoint saves.</summary>
    public bool Dirty { get; set; }

    /// <summary>Calls that it has answered.</summary>
    public long Turn { get; set; }

    /// <summary>A call of it is under way: the next one waits, so that it hears everything in order.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Its call of the batch under way, while more may be added to it.</summary>
    public Call? Call { get; set; }

    /// <summary>Calls that it has not answered: as long as there are any its devices stay where they are.</summary>
    public int Open { get; set; }

    /// <summary>What it has said up to this number is in the book.</summary>
    public long Said { get; set; }

    /// <summary>The highest number that it was heard to say.</summary>
    public long Heard { get; set; }

    /// <summary>Devices in it.</summary>
    public int Devices { get; set; }
}

/// <summary>One grain's part in the work under way.</summary>
internal sealed class Call
{
    private readonly List<ReadingPlace> _places = [];
    private ArrayBufferWriter<byte>? _lines;
    private DeviceReadings? _readings;

    public Call(Seat seat, GrainHold hold)
    {
        (Seat, Hold) = (seat, hold);
        seat.Open++;
    }

    public Seat Seat { get; }

    /// <summary>The session that it rests on.</summary>
    public GrainHold Hold { get; }

    /// <summary>It is asked what time brought instead.</summary>
    public DeviceTick? Tick { get; init; }

    /// <summary>It is asked what goes on at this device, as of then.</summary>
    public (string Device, long At)? Restate { get; init; }

    public DeviceSaid? Said { get; private set; }

    public bool IsAnswered { get; private set; }

    /// <summary>It began with its rows for this call.</summary>
    public bool HasRead { get; private set; }

    /// <summary>Its lines, as they were read.</summary>
    public IEnumerable<(ReadingPlace Place, byte[] Lines)> Frames()
    {
        var start = 0;
        for (var i = 0; i < _places.Count; i++)
        {
            var end = start + _lines!.WrittenSpan[start..].IndexOf((byte)'\n') + 1;
            yield return (_places[i], _lines.WrittenSpan[start..end].ToArray());
            start = end;
        }
    }

    /// <summary>Bytes of lines that it holds.</summary>
    public int Bytes => _lines?.WrittenCount ?? 0;

    public void Add(ReadOnlySpan<byte> line, in ReadingPlace place)
    {
        _lines ??= new ArrayBufferWriter<byte>(256);
        _lines.Write(line);
        _lines.Write("\n"u8);
        _places.Add(place);
    }

    public ValueTask<DeviceAnswer> BeginAsync(CallTerms terms)
    {
        Seat.Call = null;
        if (Tick is { } tick)
        {
            return Seat.Grain.TickAsync(terms, tick);
        }

        if (Restate is { } restate)
        {
            return Seat.Grain.RestateAsync(terms, restate.Device, restate.At);
        }

        _readings ??= new DeviceReadings { Lines = _lines!.WrittenSpan.ToArray(), Places = [.. _places] };
        return Seat.Grain.ApplyAsync(terms, _readings);
    }

    public void Answer(in DeviceAnswer answer)
    {
        (Said, HasRead, IsAnswered) = (answer.Said, answer.HasRead, true);
        _readings = null;
        Seat.Open--;
    }

    /// <summary>What it said, a later one has said too; its lines may still be asked for.</summary>
    public void Supersede() => (Said, IsSuperseded) = (null, true);

    public bool IsSuperseded { get; private set; }
}
