using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Fire;

/// <summary>What the fire desk remembers over a restart.</summary>
/// <param name="At">Last moment of the fire clock, Unix ns.</param>
/// <param name="Zones">Zones where something goes on.</param>
/// <param name="Devices">Rules' state of the devices that alarm, base64.</param>
internal sealed record FireMemory(long At, IReadOnlyDictionary<string, ZoneMemory> Zones, IReadOnlyDictionary<string, string> Devices)
{
    /// <summary>What officers said of each zone that has been followed already; null in a file of before there was any.</summary>
    public IReadOnlyDictionary<string, OfficerMarks>? Followed { get; init; }
}

/// <summary>Marks of a desired document (Unix ns) up to which it has been followed.</summary>
/// <param name="Acknowledged">Acknowledgement of a pre-alarm.</param>
/// <param name="Reset">Reset.</param>
internal readonly record struct OfficerMarks(long Acknowledged, long Reset);

/// <summary>One zone's memory.</summary>
/// <param name="State">Rules' state, base64.</param>
/// <param name="Active">What goes on, <c>device rule</c> each.</param>
/// <param name="Heard">Devices that have alarmed.</param>
/// <param name="SilencedAt">Stage at which a person silenced it; null while nobody has.</param>
internal sealed record ZoneMemory(string State, IReadOnlyList<string> Active, IReadOnlyList<string> Heard, ZoneStage? SilencedAt)
{
    /// <summary>When each of <see cref="Heard"/> began, by the time of day in Unix ns; those of whom that is not known are missing.</summary>
    public IReadOnlyDictionary<string, long>? Began { get; init; }
}

/// <summary>
/// The file <c>fire.json</c> of the data directory, replaced whole. Written behind the alarm, never before it: a desk that has to sound
/// a siren does not wait for a disk. The last word is written; what comes while one is being written waits for it.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="notice">Told when the disk refuses, once until it does not.</param>
internal sealed class FireStore(string path, Action<string>? notice)
{
    /// <summary>A memory of five hundred devices in alarm is a tenth of this.</summary>
    private const long LargestFile = 8 << 20;

    /// <summary>The year 2200, Unix ns: room for every clock that went wrong, and for sums that must not overflow.</summary>
    private const long LatestMoment = 7_258_118_400_000_000_000;

    private readonly Lock _gate = new();
    private Func<FireMemory>? _next;
    private Task _writing = Task.CompletedTask;
    private bool _told;

    /// <summary>What was remembered; null when nothing was, or the file is not readable (told).</summary>
    public FireMemory? Load()
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            if (new FileInfo(path).Length > LargestFile)
            {
                throw new InvalidDataException("it is larger than any fire desk's memory");
            }

            return JsonSerializer.Deserialize(File.ReadAllBytes(path), FireJson.Default.FireMemory) is { Zones: not null, Devices: not null } memory
                && memory.At is >= 0 and < LatestMoment
                && memory.Zones.Values.All(IsWhole)
                ? memory
                : throw new InvalidDataException("it holds no memory");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidDataException)
        {
            notice?.Invoke($"{path}: {e.Message}; fire zones start from quiet, and what still alarms will alarm again");
            return null;
        }
    }

    /// <summary>Has the memory written soon; <paramref name="memory"/> is asked when it is written.</summary>
    public void Save(Func<FireMemory> memory)
    {
        lock (_gate)
        {
            var running = _next is not null;
            _next = memory;
            if (!running && _writing.IsCompleted)
            {
                _writing = Task.Run(Write);
            }
        }
    }

    /// <summary>Completes when everything is written.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            return _writing;
        }
    }

    private static bool IsWhole(ZoneMemory? zone) =>
        zone is not null && zone.Active?.Any(static a => a is null) != true && zone.Heard?.Any(static h => h is null) != true;

    private void Write()
    {
        while (true)
        {
            Func<FireMemory> memory;
            lock (_gate)
            {
                if (_next is null)
                {
                    _writing = Task.CompletedTask;
                    return;
                }

                memory = _next;
                _next = null;
            }

            try
            {
                SmallFile.Write(path, JsonSerializer.Serialize(memory(), FireJson.Default.FireMemory));
                _told = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (!_told)
                {
                    _told = true;
                    notice?.Invoke($"{path}: {e.Message}; after a restart the fire zones would start from quiet");
                }
            }
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(FireMemory))]
internal sealed partial class FireJson : JsonSerializerContext;
