using SmartCity.Edge.Config;
using SmartCity.Edge.Fire;

namespace SmartCity.Edge.Runtime;

/// <content>The configuration, read again while the gateway runs.</content>
internal sealed partial class EdgeRuntime
{
    private readonly SemaphoreSlim _reloading = new(1, 1);

    /// <summary>Reads the configuration again: devices that changed are restarted, the others are not touched. A faulty file changes nothing.</summary>
    internal async Task<(bool Done, string Detail)> ReloadAsync(CancellationToken cancel)
    {
        await _reloading.WaitAsync(cancel);
        try
        {
            EdgeConfig next;
            try
            {
                next = _hooks.Reload?.Invoke() ?? EdgeConfigFile.Load(Config.Path);
            }
            catch (ConfigException e)
            {
                return (false, $"refused, the old configuration goes on: {e.Message}");
            }

            return await ApplyAsync(next);
        }
        finally
        {
            _reloading.Release();
        }
    }

    private async Task<(bool Done, string Detail)> ApplyAsync(EdgeConfig next)
    {
        var waits = ConfigChange.NeedsRestart(Config, next);
        var before = _units.ById;
        var fire = ConfigChange.Fire(Config, _kinds) != ConfigChange.Fire(next, _kinds);
        var lamps = ConfigChange.Lamps(Config) != ConfigChange.Lamps(next);
        bool Stays(DeviceConfig device) =>
            before.TryGetValue(device.Id, out var unit) && ConfigChange.Of(unit.Config) == ConfigChange.Of(device)
            && !(fire && FireDesk.IsFire(unit.Kind))
            && !(lamps && device.Output is not null);

        var ends = before.Values.Where(u => !next.Devices.Any(d => d.Id == u.Id && Stays(d))).ToList();
        var begins = next.Devices.Where(d => !Stays(d)).Select(d => d.Id).ToHashSet(StringComparer.Ordinal);

        // What goes must be gone before what comes opens the same line.
        await Task.WhenAll(ends.Select(u => u.DisposeAsync().AsTask()));
        if (fire)
        {
            // The zones' memory goes from one desk to the next through its file.
            await _fire.DisposeAsync();
            _fire = MakeFire(next);
            if (Gateway.Desired.Document is { } document)
            {
                _fire.Use(document);
            }
        }

        if (lamps)
        {
            // Another place in the cabinet for one lamp is another for all: a new desk, and each lamp's device with it. The lamps burn on as they stand meanwhile.
            await (Lamps?.DisposeAsync() ?? default);
            Lamps = MakeLamps(next);
            if (Gateway.Desired.Document is { } document)
            {
                Lamps?.Use(document);
            }
        }

        _units = new UnitList([.. next.Devices.Select(d => begins.Contains(d.Id) ? MakeUnit(d) : before[d.Id])]);
        if (fire)
        {
            _fire.Start();
        }

        foreach (var unit in Devices.Where(u => begins.Contains(u.Id)))
        {
            unit.Start();
        }

        if (lamps)
        {
            Lamps?.Start();
        }

        // What needs a restart stays what it was started with.
        Config = Config with
        {
            Devices = next.Devices,
            Sirens = next.Sirens,
            Zones = next.Zones,
            Identify = next.Identify,
            Warnings = next.Warnings,
            Lighting = next.Lighting,
            TimeZone = next.TimeZone,
            Latitude = next.Latitude,
            Longitude = next.Longitude,
        };
        Gateway.Announce([.. next.Devices.Select(d => d.Id)]);
        _acts.Forget();
        var gone = ends.Count(u => !begins.Contains(u.Id));
        var came = begins.Count(id => !before.ContainsKey(id));
        var detail = $"{begins.Count - came} devices restarted, {came} new, {gone} removed{(fire ? ", fire zones and sirens set up again" : "")}{(lamps ? ", lamps set up again" : "")}";
        return (true, waits.Count == 0 ? detail : $"{detail}; only a restart of the gateway changes {string.Join(", ", waits)}");
    }
}
