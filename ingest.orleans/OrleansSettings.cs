using System.Globalization;
using System.Net;
using SmartCity.Ingest.Serve;

namespace SmartCity.Ingest.Orleans;

/// <summary>What this flavour needs to know beside the server's settings.</summary>
internal static class OrleansSettings
{
    public static readonly SettingKey Silo = new("orleans.silo", "127.0.0.1:11111",
        "Address and port at which the other servers reach this one's grains; TLS with certificates of the city's CA. For servers only: let nobody else reach it.");

    public static readonly SettingKey Scripts = new("orleans.scripts", "",
        "Folder of Orleans' SQL scripts for PostgreSQL, from which its tables are made. Empty: they are there already.");

    public static IReadOnlyList<SettingKey> All { get; } = [Silo, Scripts];

    /// <exception cref="InvalidOperationException">It is no address and port.</exception>
    public static IPEndPoint ReadSilo(ServeOptions options)
    {
        var text = options.OfFlavour.GetValueOrDefault(Silo.Name, Silo.Default);
        var colon = text.LastIndexOf(':');
        return colon > 0 && IPAddress.TryParse(text[..colon].Trim('[', ']'), out var address)
            && ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new IPEndPoint(address, port)
            : throw new InvalidOperationException($"{Silo.Name}: \"{text}\" must be ADDRESS:PORT, e.g. 10.0.0.5:11111");
    }
}
