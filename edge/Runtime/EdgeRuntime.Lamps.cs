using SmartCity.City;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Lamps;

namespace SmartCity.Edge.Runtime;

/// <content>The lamps, and the desired document that all parts of the gateway follow.</content>
internal sealed partial class EdgeRuntime
{
    private LampDesk? MakeLamps(EdgeConfig config)
    {
        var sites = new List<LampSite>();
        foreach (var device in config.Devices.Where(d => d.Output is not null))
        {
            var own = !double.IsNaN(device.Latitude) && !double.IsNaN(device.Longitude);
            sites.Add(new LampSite(
                device.Id,
                (OutputDriver)MakeDriver(device.Output!, $"{device.Id}.output"),
                device.Switch is { } hand ? MakeDriver(hand, $"{device.Id}.switch") : null,
                own ? device.Latitude : config.Latitude,
                own ? device.Longitude : config.Longitude));
        }

        if (sites.Count == 0)
        {
            Gateway.Report.Lamps = null;
            return null;
        }

        var initial = config.Lighting is null ? null : LightingSection.Read(config.Lighting, config.TimeZone);
        var desk = new LampDesk(sites, initial, new LampServices(_time, () => Gateway.Clock.IsKnown)
        {
            Meter = lamp => Find(lamp)?.Last("power_w") is { } power ? (power.Value, power.MeasuredAt) : null,
            Hours = lamp => Find(lamp)?.Last("burning_hours")?.Value,
            Directory = config.Options.Directory,
            Light = Light,
            Hurry = lamp => Find(lamp)?.MeasureSoon("power_w", "dim_percent"),
            Notice = _hooks.Notice,
        });
        Gateway.Report.Lamps = () => desk.Status;
        return desk;
    }

    private void AddLamp(DeviceUnit unit)
    {
        if (Lamps?.Has(unit.Id) != true)
        {
            return;
        }

        // A kind without a level reports none; its output is told all the same.
        var names = new[] { "dim_percent", "driver_percent" }.Where(m => unit.Kind.IndexOf(m) < 0).ToDictionary(m => m, _ => "", StringComparer.Ordinal);
        foreach (var part in Lamps.PartsOf(unit.Id))
        {
            unit.AddPart(part, names);
        }
    }

    // The newest of the gateway's devices that see the sky.
    private (double Lux, long At)? Light()
    {
        (double Lux, long At)? newest = null;
        foreach (var unit in Devices)
        {
            if (unit.Last("illuminance_lux") is { } light && !(newest?.At >= light.MeasuredAt))
            {
                newest = (light.Value, light.MeasuredAt);
            }
        }

        return newest;
    }

    private void FollowDesired()
    {
        Gateway.Desired.Changed += Follow;
        if (Gateway.Desired.Document is { } document)
        {
            Follow(document);
        }
    }

    private void Follow(DesiredDocument document)
    {
        _fire.Use(document);
        Lamps?.Use(document);
        DesiredChanged?.Invoke(document);
    }
}
