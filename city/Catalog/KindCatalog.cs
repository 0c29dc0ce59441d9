namespace SmartCity.City;

/// <summary>All kinds of device the city knows. Immutable; looking up does not allocate.</summary>
public sealed class KindCatalog
{
    private static readonly Lazy<KindCatalog> Embedded = new(() => Load(EmbeddedFiles()));

    private readonly Dictionary<string, DeviceKind> _kinds;
    private readonly Dictionary<string, DeviceKind>.AlternateLookup<ReadOnlySpan<byte>> _byUtf8;

    private KindCatalog(Dictionary<string, DeviceKind> kinds)
    {
        _kinds = kinds;
        _byUtf8 = kinds.GetAlternateLookup<ReadOnlySpan<byte>>();
        All = [.. kinds.Values.OrderBy(k => k.Name, StringComparer.Ordinal)];
    }

    /// <summary>The kinds that come with the program (<c>city/kinds/*.yaml</c>).</summary>
    public static KindCatalog BuiltIn => Embedded.Value;

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<DeviceKind> All { get; }

    /// <summary>Reads kinds from files.</summary>
    /// <param name="files">Name (for messages) and text of each.</param>
    /// <exception cref="KindException">Something is wrong; every fault found is named with file, line, key and what to do.</exception>
    public static KindCatalog Load(IEnumerable<(string Name, string Yaml)> files) => Load(files, []);

    /// <summary>This catalogue with the city's own files on top: a kind of the same name is replaced, a new one added.</summary>
    /// <param name="files">Name (for messages) and text of each.</param>
    /// <exception cref="KindException">Something is wrong; every fault found is named with file, line, key and what to do.</exception>
    public KindCatalog With(IEnumerable<(string Name, string Yaml)> files) => Load(files, All);

    /// <summary>The kind of this name, or null. Does not allocate.</summary>
    public DeviceKind? Find(ReadOnlySpan<byte> utf8Name) => _byUtf8.TryGetValue(utf8Name, out var kind) ? kind : null;

    /// <summary>The kind of this name, or null.</summary>
    public DeviceKind? Find(string name) => _kinds.GetValueOrDefault(name);

    /// <summary>What is wrong with the thresholds of a device of a kind; nothing when there is no such kind.</summary>
    public IEnumerable<string> ThresholdFaults(string kind, IReadOnlyDictionary<string, double> own) => Find(kind)?.ThresholdFaults(own) ?? [];

    private static KindCatalog Load(IEnumerable<(string Name, string Yaml)> files, IReadOnlyList<DeviceKind> basis)
    {
        var faults = new List<string>();
        var origin = new Dictionary<string, string>(StringComparer.Ordinal);
        var kinds = new Dictionary<string, DeviceKind>(IdentifierComparer.Instance);
        foreach (var kind in basis)
        {
            kinds[kind.Name] = kind;
        }

        foreach (var (name, yaml) in files)
        {
            if (KindReader.Read(name, yaml, faults) is not { } kind)
            {
                continue;
            }

            if (!origin.TryAdd(kind.Name, name))
            {
                faults.Add($"{name}:1: kind: '{kind.Name}' is also in {origin[kind.Name]}; keep one of them");
            }

            kinds[kind.Name] = kind;
        }

        return faults.Count == 0 ? new KindCatalog(kinds) : throw new KindException(faults);
    }

    private static IEnumerable<(string Name, string Yaml)> EmbeddedFiles()
    {
        var assembly = typeof(KindCatalog).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("kinds/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return (name, reader.ReadToEnd());
        }
    }
}
