using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Edge.Cli;

/// <summary>The plain keys of a configuration that may be faulty elsewhere: a doctor has to read what the gateway would refuse.</summary>
internal sealed class ConfigPeek
{
    private readonly string _home;
    private readonly YamlMappingNode? _root;

    private ConfigPeek(string path, YamlMappingNode? root)
    {
        Path = path;
        _home = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        _root = root;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The gateway's name, or null.</summary>
    public string? Gateway => Text("gateway");

    /// <summary>Language of messages, or null.</summary>
    public string? Language => Text("language");

    /// <summary>The data directory as an absolute path, or null.</summary>
    public string? Data => At("data");

    /// <summary>The certificate's file, or null.</summary>
    public string? Certificate => At("certificate");

    /// <summary>The key's file, or null.</summary>
    public string? Key => At("key");

    /// <summary>The authority's file, or null.</summary>
    public string? Ca => At("ca");

    /// <summary>Addresses of the servers' MQTT ports, as written.</summary>
    public IReadOnlyList<string> Servers => List("servers");

    /// <summary>Addresses of the servers' HTTPS ports, as written.</summary>
    public IReadOnlyList<string> Https => List("https");

    /// <summary>Reads a file; null when it is not there, may not be read or is no YAML.</summary>
    public static ConfigPeek? TryRead(string path)
    {
        try
        {
            var stream = new YamlStream();
            using var reader = new StreamReader(path);
            stream.Load(reader);
            return new ConfigPeek(path, stream.Documents.Count > 0 ? stream.Documents[0].RootNode as YamlMappingNode : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or YamlException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A value as text, or null.</summary>
    public string? Text(string key) => Node(key) is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;

    private string? At(string key) => Text(key) is { } path ? System.IO.Path.Combine(_home, path) : null;

    private List<string> List(string key) => Node(key) switch
    {
        YamlSequenceNode list => [.. list.OfType<YamlScalarNode>().Select(n => n.Value ?? "").Where(t => t.Length > 0)],
        YamlScalarNode { Value: { Length: > 0 } one } => [one],
        _ => [],
    };

    private YamlNode? Node(string key) => _root is not null && _root.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;
}
