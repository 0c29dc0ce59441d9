using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Edge.Cli;

/// <summary>One thing that a technician did.</summary>
/// <param name="At">When, by this machine's clock.</param>
/// <param name="What"><c>enrolled</c>, <c>replaced</c>, <c>tested-fire</c>, <c>tested-lamp</c>, <c>tested-siren</c>, <c>set-time</c>.</param>
/// <param name="By">Who, as they call themselves.</param>
/// <param name="Detail">What was seen or measured.</param>
internal sealed record ServiceEntry(DateTimeOffset At, string What, string By, string Detail)
{
    /// <summary>The device.</summary>
    public string? Device { get; init; }

    /// <summary>The part of it.</summary>
    public string? Part { get; init; }

    /// <summary>Serial number of what went.</summary>
    public string? OldSerial { get; init; }

    /// <summary>Serial number of what came.</summary>
    public string? NewSerial { get; init; }

    /// <summary>Whether it passed; null where nothing was tried.</summary>
    public bool? Passed { get; init; }
}

/// <summary>What technicians did at this gateway: <c>{data}/service-book.jsonl</c>, one JSON object a line, only ever added to.</summary>
internal static class ServiceBook
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "service-book.jsonl";

    /// <summary>Entries read at most, the last ones: years of visits.</summary>
    private const int MostEntries = 10_000;

    /// <summary>Adds an entry; it is on the disk when this returns.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write there.</exception>
    public static void Add(string data, ServiceEntry entry)
    {
        Directory.CreateDirectory(data);
        var path = Path.Combine(data, FileName);
        using (var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read))
        {
            file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entry, ServiceBookJson.Readable.ServiceEntry) + "\n"));
            file.Flush(flushToDisk: true);
        }

        FileOwner.LikeFile(path, data);
    }

    /// <summary>The entries, oldest first; a line that a power cut left half is passed over.</summary>
    public static IReadOnlyList<ServiceEntry> Read(string data)
    {
        var path = Path.Combine(data, FileName);
        var entries = new Queue<ServiceEntry>();
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            try
            {
                if (JsonSerializer.Deserialize(line, ServiceBookJson.Default.ServiceEntry) is { What: not null } entry)
                {
                    entries.Enqueue(entry);
                }
            }
            catch (JsonException)
            {
                // Half a line.
            }

            if (entries.Count > MostEntries)
            {
                entries.Dequeue();
            }
        }

        return [.. entries];
    }

    /// <summary>Who is at the machine: as the option says, else behind sudo, else this user.</summary>
    public static string Who(string? said, Func<string, string?> variable) =>
        said is { Length: > 0 } ? said : variable("SUDO_USER") is { Length: > 0 } user ? user : Environment.UserName;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServiceEntry))]
internal sealed partial class ServiceBookJson : JsonSerializerContext
{
    /// <summary>With letters of people's names as they are.</summary>
    public static ServiceBookJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
