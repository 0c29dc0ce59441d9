using System.Globalization;
using System.Text;
using SmartCity.City;
using SmartCity.Edge.Config;
using SmartCity.Edge.Fire;

namespace SmartCity.Edge.Runtime;

/// <summary>What differs between two configurations, by what is written in them.</summary>
internal static class ConfigChange
{
    /// <summary>Everything that a device is made from, as one text.</summary>
    public static string Of(DeviceConfig device)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{device.Id}|{device.Kind}|{device.Place}|{device.Zone}|{device.Latitude}|{device.Longitude}|{device.Interval}|{device.Poll}");
        Add(text, device.Change);
        Add(text, device.Thresholds);
        foreach (var part in device.Sensors)
        {
            Add(text, part);
        }

        text.Append("|output");
        Add(text, device.Output);
        text.Append("|switch");
        Add(text, device.Switch);
        return text.ToString();
    }

    /// <summary>Everything that fire zones and sirens are made from, as one text.</summary>
    public static string Fire(EdgeConfig config, KindCatalog kinds)
    {
        var text = new StringBuilder();
        foreach (var siren in config.Sirens)
        {
            text.Append(CultureInfo.InvariantCulture, $"|{siren.Id} {siren.AtPreAlarm} {string.Join(',', siren.Zones)}");
            Add(text, siren.Output);
        }

        foreach (var (id, zone) in config.Zones.OrderBy(z => z.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"|{id} {zone.AcknowledgeWithin} {zone.Coincidence}");
        }

        foreach (var device in config.Devices.Where(d => kinds.Find(d.Kind) is { } kind && FireDesk.IsFire(kind)))
        {
            text.Append('|').Append(Of(device));
        }

        return text.ToString();
    }

    /// <summary>Everything that the lamps' levels, outputs and places in their cabinet are made from, as one text; empty without lamps.</summary>
    public static string Lamps(EdgeConfig config)
    {
        var text = new StringBuilder();
        foreach (var device in config.Devices.Where(d => d.Output is not null).OrderBy(d => d.Id, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"|{device.Id} {device.Latitude} {device.Longitude}");
            Add(text, device.Output);
            text.Append("|switch");
            Add(text, device.Switch);
        }

        return text.Length == 0
            ? ""
            : text.Append(CultureInfo.InvariantCulture, $"|{config.TimeZone} {config.Latitude} {config.Longitude} {config.Lighting?.ToJsonString()}").ToString();
    }

    /// <summary>What a running gateway cannot change, in the words of the file.</summary>
    public static IReadOnlyList<string> NeedsRestart(EdgeConfig old, EdgeConfig next)
    {
        var waits = new List<string>();
        void Check(string name, bool same)
        {
            if (!same)
            {
                waits.Add(name);
            }
        }

        Check("gateway", old.Options.Gateway == next.Options.Gateway);
        Check("data", old.Options.Directory == next.Options.Directory);
        Check("servers", old.Options.Servers.SequenceEqual(next.Options.Servers));
        Check("https", old.Https.SequenceEqual(next.Https));
        Check("certificate, key, ca", old.TlsFiles == next.TlsFiles);
        Check("clock", old.Options.Clock == next.Options.Clock);
        Check("limits", Limits(old) == Limits(next));
        Check("language", old.Language == next.Language);
        return waits;
    }

    private static (long, long, int, TimeSpan) Limits(EdgeConfig config) =>
        (config.Options.BudgetBytes, config.Options.MinimumFreeBytes, config.Options.BatchBytes, config.Options.BatchAge);

    private static void Add(StringBuilder text, IReadOnlyDictionary<string, double> numbers)
    {
        text.Append('|');
        foreach (var (name, value) in numbers.OrderBy(n => n.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}={value:R};");
        }
    }

    private static void Add(StringBuilder text, PartConfig? part)
    {
        if (part is null)
        {
            return;
        }

        text.Append('|').Append(part.Driver.Name);
        foreach (var (name, value) in part.Settings.Values.Concat(part.Metrics).OrderBy(n => n.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $" {name}={value}");
        }
    }
}
