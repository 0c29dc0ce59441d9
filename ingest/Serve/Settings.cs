using System.Globalization;
using System.Net;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Ingest.Serve;

/// <summary>Values of <see cref="SettingKeys"/> from defaults, a file, the environment and the command line, the later over the earlier.
/// Every value remembers where it came from, so that a complaint can name it.</summary>
internal sealed class Settings
{
    private const long MaximumFileBytes = 1024 * 1024;

    private readonly Dictionary<string, (string Value, string Origin)> _values = new(StringComparer.Ordinal);
    private readonly List<string> _errors = [];

    private Settings()
    {
        foreach (var key in SettingKeys.All)
        {
            _values[key.Name] = (key.Default, "default");
        }
    }

    /// <summary>What is wrong, each with key, origin and fix.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Reads all sources. Problems are collected in <see cref="Errors"/>, never thrown.</summary>
    public static Settings Load(string? file, Func<string, string?> environment, IEnumerable<(string Key, string Value)> commandLine)
    {
        var settings = new Settings();
        if (file is not null)
        {
            settings.ReadFile(file);
        }

        foreach (var key in SettingKeys.All)
        {
            if (environment(key.Variable) is { Length: > 0 } value)
            {
                settings._values[key.Name] = (value, "environment " + key.Variable);
            }
        }

        foreach (var (name, value) in commandLine)
        {
            var key = SettingKeys.All.FirstOrDefault(k => k.Name == name);
            if (key is null)
            {
                settings._errors.Add($"{name} (command line): there is no such setting. `settings` lists them.{Nearest(name)}");
            }
            else if (key.Secret)
            {
                settings._errors.Add($"{name}: a secret is never taken from the command line. Set {key.Variable} in the environment.");
            }
            else
            {
                settings._values[name] = (value, "command line");
            }
        }

        return settings;
    }

    /// <summary>True when somebody set it, be it to its default.</summary>
    public bool IsSet(SettingKey key) => _values[key.Name].Origin != "default";

    /// <summary>The text as given.</summary>
    public string Text(SettingKey key) => _values[key.Name].Value.Trim();

    /// <summary>Text, or null where it is empty.</summary>
    public string? TextOrNull(SettingKey key) => Text(key) is { Length: > 0 } text ? text : null;

    /// <summary>A whole number within the limits.</summary>
    public int Number(SettingKey key, int minimum, int maximum)
    {
        if (int.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        Complain(key, $"must be a whole number from {minimum} to {maximum}");
        return minimum;
    }

    /// <summary>True or false.</summary>
    public bool Flag(SettingKey key)
    {
        switch (Text(key).ToLowerInvariant())
        {
            case "true" or "yes" or "on" or "1":
                return true;
            case "false" or "no" or "off" or "0" or "":
                return false;
            default:
                Complain(key, "must be true or false");
                return false;
        }
    }

    /// <summary>A TCP port, or null for <c>off</c>.</summary>
    public int? Port(SettingKey key)
    {
        var text = Text(key);
        if (text is "off" or "")
        {
            return null;
        }

        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return port;
        }

        Complain(key, "must be a port from 1 to 65535, 0 for a free one, or off");
        return null;
    }

    /// <summary>An IP address.</summary>
    public IPAddress Address(SettingKey key)
    {
        if (IPAddress.TryParse(Text(key), out var address))
        {
            return address;
        }

        Complain(key, "must be an IP address, for example 127.0.0.1 or 0.0.0.0");
        return IPAddress.Loopback;
    }

    /// <summary>Adds a complaint about a key.</summary>
    public void Complain(SettingKey key, string fix)
    {
        var (value, origin) = _values[key.Name];
        if (Uri.TryCreate(value, UriKind.Absolute, out var address) && address.UserInfo.Length > 0)
        {
            value = value.Replace(address.UserInfo, "…", StringComparison.Ordinal); // a password that does not belong there is not repeated
        }

        _errors.Add(key.Secret ? $"{key.Name} ({origin}): {fix}." : $"{key.Name} = \"{value}\" ({origin}): {fix}.");
    }

    private static string Nearest(string name)
    {
        var word = name.Split('.', '-')[^1];
        var near = SettingKeys.All.Where(k => k.Name.Contains(word, StringComparison.Ordinal)).Select(k => k.Name).Take(3).ToList();
        return near.Count == 0 ? "" : " Did you mean " + string.Join(", ", near) + "?";
    }

    private void ReadFile(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                _errors.Add($"--config {path}: no such file. Make it, or leave --config out.");
                return;
            }

            if (info.Length > MaximumFileBytes)
            {
                _errors.Add($"--config {path}: larger than 1 MiB, so it is no configuration.");
                return;
            }

            using var text = new StreamReader(path);
            var yaml = new YamlStream();
            yaml.Load(text);
            if (yaml.Documents.Count > 0)
            {
                Flatten(path, "", yaml.Documents[0].RootNode, depth: 0);
            }
        }
        catch (YamlException e)
        {
            _errors.Add($"{path}:{e.Start.Line}: {e.InnerException?.Message ?? e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _errors.Add($"--config {path}: {e.Message}");
        }
    }

    private void Flatten(string path, string prefix, YamlNode node, int depth)
    {
        if (node is YamlMappingNode map && depth < 4)
        {
            foreach (var (name, value) in map.Children)
            {
                Flatten(path, prefix.Length == 0 ? $"{name}" : $"{prefix}.{name}", value, depth + 1);
            }
        }
        else if (node is YamlScalarNode scalar && _values.ContainsKey(prefix))
        {
            _values[prefix] = (scalar.Value ?? "", $"{path}:{node.Start.Line}");
        }
        else if (prefix.Length > 0)
        {
            _errors.Add($"{prefix} ({path}:{node.Start.Line}): there is no such setting. `settings` lists them.{Nearest(prefix)}");
        }
    }
}
