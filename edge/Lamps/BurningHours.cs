using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Lamps;

/// <summary>
/// Burning hours of the lamps that have a curve of constant light output: the lamp's own meter's where it counts them, else counted here from its output. They
/// are kept in <see cref="FileName"/>, so that after a restart no lamp is driven as a new one; written each hour and at the end, so a power cut costs an hour of
/// tens of thousands. A luminaire that is replaced (<c>installed</c> says another moment) begins at zero, also on a meter that goes on counting. Not thread-safe: the desk's.
/// </summary>
internal sealed class BurningHours
{
    /// <summary>Name of the file in the gateway's directory.</summary>
    public const string FileName = "lamps.json";

    private const long LargestBytes = 16 << 20;

    private readonly string? _path;
    private readonly Action<string>? _notice;
    private readonly Dictionary<string, LampHours> _lamps = new(StringComparer.Ordinal);
    private bool _changed;

    /// <summary>Reads what was counted.</summary>
    /// <param name="directory">The gateway's directory; null keeps nothing.</param>
    /// <param name="notice">Told when the file cannot be read or written.</param>
    public BurningHours(string? directory, Action<string>? notice)
    {
        _notice = notice;
        if (directory is null)
        {
            return;
        }

        _path = Path.Combine(directory, FileName);
        try
        {
            if (File.Exists(_path) && new FileInfo(_path).Length <= LargestBytes)
            {
                foreach (var (lamp, hours) in JsonSerializer.Deserialize(File.ReadAllBytes(_path), LampHoursJson.Default.DictionaryStringLampHours) ?? [])
                {
                    if (hours is { Hours: >= 0 and <= City.ConstantOutput.MostHours } && double.IsFinite(hours.Base))
                    {
                        _lamps[lamp] = hours;
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            notice?.Invoke($"{_path} is not used ({e.Message}): burning hours are counted from the lamps' meters, or anew");
        }
    }

    /// <summary>Hours of a lamp's luminaire; 0 for one that was never seen.</summary>
    public double Of(string lamp) => _lamps.TryGetValue(lamp, out var hours) ? hours.Hours : 0;

    /// <summary>Counts on.</summary>
    /// <param name="lamp">Which.</param>
    /// <param name="burnt">Hours that it burnt since the last time.</param>
    /// <param name="meter">What its own meter has counted; null when none has.</param>
    /// <param name="installed">When its luminaire was put up; null when nobody says.</param>
    /// <returns>Its hours now.</returns>
    public double Count(string lamp, double burnt, double? meter, DateTimeOffset? installed)
    {
        var before = _lamps.GetValueOrDefault(lamp) ?? new LampHours(0, 0, null);
        var now = before;
        if (installed is { } moment && moment != before.Installed)
        {
            // The first that is told is that of the lamp as it was found; another one is of another luminaire.
            now = before.Installed is null ? now with { Installed = moment } : new LampHours(0, meter ?? 0, moment);
        }

        if (meter is { } counted)
        {
            // A meter that begins again went with its luminaire.
            var from = counted < now.Base ? 0 : now.Base;
            now = now with { Base = from, Hours = counted - from };
        }
        else
        {
            now = now with { Hours = now.Hours + burnt };
        }

        if (now != before)
        {
            _lamps[lamp] = now;
            _changed = true;
        }

        return now.Hours;
    }

    /// <summary>Forgets the lamps that are no more.</summary>
    public void Keep(Func<string, bool> known)
    {
        foreach (var lamp in _lamps.Keys.Where(l => !known(l)).ToList())
        {
            _changed |= _lamps.Remove(lamp);
        }
    }

    /// <summary>Puts what was counted on disk.</summary>
    public void Save()
    {
        if (_path is null || !_changed)
        {
            return;
        }

        try
        {
            SmallFile.Write(_path, JsonSerializer.Serialize(_lamps, LampHoursJson.Default.DictionaryStringLampHours));
            _changed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _notice?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{_path} cannot be written ({e.Message}): a restart would forget burning hours"));
        }
    }
}

/// <summary>What is known of a lamp's hours.</summary>
/// <param name="Hours">Burning hours of its luminaire.</param>
/// <param name="Base">What its meter had counted when the luminaire was put up.</param>
/// <param name="Installed">When that was, as the document says.</param>
internal sealed record LampHours(double Hours, double Base, DateTimeOffset? Installed);

/// <summary>The file of the hours.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Dictionary<string, LampHours>))]
internal sealed partial class LampHoursJson : JsonSerializerContext;
