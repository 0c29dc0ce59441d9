namespace SmartCity.Ingest.Serve;

/// <summary>One setting: its name in a file (<c>http.port</c>), in the environment (<c>SMARTCITY_HTTP_PORT</c>) and its default.</summary>
/// <param name="Name">Dotted lower-case name.</param>
/// <param name="Default">The value when nobody sets it; empty means none.</param>
/// <param name="Help">What it does, with unit and range.</param>
/// <param name="Secret">True for values that are never printed and never taken from the command line.</param>
internal sealed record SettingKey(string Name, string Default, string Help, bool Secret = false)
{
    /// <summary>The environment variable that sets it.</summary>
    public string Variable => "SMARTCITY_" + Name.ToUpperInvariant().Replace('.', '_').Replace('-', '_');
}
