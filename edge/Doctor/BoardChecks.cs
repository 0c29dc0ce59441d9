using System.Globalization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Doctor;

/// <summary>What hangs on this machine: its buses, and every part of every device.</summary>
internal static class BoardChecks
{
    /// <summary>A sensor's first measurement may take as long (SCD41: 5 s; a dust sensor's fan: its driver says that it warms up).</summary>
    private static readonly TimeSpan PartPatience = TimeSpan.FromSeconds(20);

    /// <summary>What the service calls itself as a holder of lines; it may run without this user being allowed to ask it.</summary>
    private const string Ours = "smartcity-edge";

    /// <summary>The buses that the configuration uses are there and may be opened.</summary>
    public static Check Buses { get; } = new("buses", TimeSpan.FromSeconds(20), static (p, _) => Task.FromResult(LookAtBuses(p)));

    /// <summary>Every part answers as what it is configured as.</summary>
    public static Check Devices { get; } = new("devices", TimeSpan.FromSeconds(60), LookAtDevicesAsync);

    private static IReadOnlyList<Finding> LookAtBuses(Patient p)
    {
        var findings = new List<Finding>();
        var parts = p.Config is null ? [] : PartList.Of(p.Config).ToList();
        var buses = p.Inventory.I2cBuses();
        foreach (var number in parts.Where(x => x.Part.Driver.Bus == "i2c").Select(x => x.Part.Number("bus", 1)).Distinct().Order())
        {
            findings.Add(buses.FirstOrDefault(b => b.Number == number) switch
            {
                null => p.Fail("doctor.buses.no-i2c", $"/dev/i2c-{number}"),
                { Problem: { } problem } => Problem(p, problem),
                var bus => p.Pass("doctor.buses.i2c", bus.Path, bus.Adapter.Length > 0 ? bus.Adapter : "–"),
            });
        }

        var uarts = p.Inventory.Uarts();
        foreach (var path in parts.Where(x => x.Part.Driver.Bus == "uart").Select(x => x.Part.Text("port")).Where(t => t.Length > 0).Distinct(StringComparer.Ordinal))
        {
            findings.Add(uarts.FirstOrDefault(u => u.Path == path || u.Alias == path) switch
            {
                null when !File.Exists(path) => p.Fail("doctor.buses.no-uart", path),
                { Problem: { } problem } => Problem(p, problem),
                { Holder: { } holder } when p.Service is null && !holder.StartsWith(Ours, StringComparison.Ordinal) => p.Fail("doctor.buses.held", path, BusWords.Holder(holder, p.Words)),
                _ => p.Pass("doctor.buses.there", path),
            });
        }

        var chips = p.Inventory.GpioChips();
        foreach (var (where, part) in parts.Where(x => x.Part.Driver.Bus == "gpio"))
        {
            var name = part.Text("chip") is { Length: > 0 } chipName ? chipName : "gpiochip0";
            var line = part.Number("line", -1);
            findings.Add(chips.FirstOrDefault(c => c.Name == name || c.Path == name || c.Label == name) switch
            {
                null => p.Fail("doctor.buses.no-gpio", where, name),
                { Problem: { } problem } => Problem(p, problem),
                var chip when chip.Lines.FirstOrDefault(l => l.Line == line) is not { } found => p.Fail("doctor.buses.no-line", where, name, line, chip.Lines.Count),
                var chip when p.Service is null && chip.Lines.First(l => l.Line == line) is { Used: true, Consumer: not Ours } used =>
                    p.Fail("doctor.buses.line-held", where, name, line, used.Consumer ?? "?"),
                _ => p.Pass("doctor.buses.line", where, name, line),
            });
        }

        if (parts.Any(x => x.Part.Driver.Bus == "1-wire"))
        {
            findings.Add(p.Inventory.OneWire() switch
            {
                { Problem: { } problem } => Problem(p, problem),
                { Masters: 0 } => p.Fail("doctor.buses.no-1wire"),
                var bus => p.Pass("doctor.buses.1wire", bus.Devices.Count),
            });
        }

        // Whoever asks before there is a configuration learns what of the machine is closed to this user.
        if (p.Config is null)
        {
            findings.AddRange(buses.Select(b => b.Problem).Concat(chips.Select(c => c.Problem)).OfType<BusProblem>().Select(problem => Problem(p, problem)));
        }

        return findings.Count > 0 ? findings : [p.Config is null ? p.Skip("doctor.no-config") : p.Pass("doctor.buses.none")];
    }

    private static async Task<IReadOnlyList<Finding>> LookAtDevicesAsync(Patient p, CancellationToken cancel)
    {
        if (p.Config is not { } config)
        {
            return [p.Skip("doctor.no-config")];
        }

        if (p.Service is { } service)
        {
            return service.Devices.Count == 0
                ? [p.Warn("doctor.devices.empty")]
                : [.. service.Devices.Select(d => d.Fault == 0
                    ? p.Pass("doctor.devices.ok", d.Id, d.Values.Count)
                    : Told(p, d.Id, (DeviceFault)d.Fault, d.Words ?? ""))];
        }

        var parts = PartList.Of(config).ToList();
        if (parts.Count == 0)
        {
            return [p.Warn("doctor.devices.empty")];
        }

        Board board;
        try
        {
            board = p.OpenBoard();
        }
        catch (BusException e)
        {
            return [new Finding(Verdict.Fail, e.Message, BusWords.Next(e.Fault, e.Message, p.Words))];
        }

        using (board)
        {
            var probes = parts.Where(x => x.Part.Driver.Bus == "i2c").Select(x => x.Part.Number("bus", 1)).Distinct()
                .ToDictionary(bus => bus, p.Inventory.ProbeI2c);
            return await Task.WhenAll(parts.Select(x => LookAtPartAsync(p, x.Where, x.Part, board, probes, cancel)));
        }
    }

    /// <summary>One part, for whoever has just put it in.</summary>
    public static Task<Finding> LookAtPartAsync(Patient p, string where, PartConfig part, Board board, CancellationToken cancel) => LookAtPartAsync(
        p, where, part, board,
        part.Driver.Bus == "i2c" ? new Dictionary<int, I2cProbe> { [part.Number("bus", 1)] = p.Inventory.ProbeI2c(part.Number("bus", 1)) } : [],
        cancel);

    private static async Task<Finding> LookAtPartAsync(
        Patient p, string where, PartConfig part, Board board, Dictionary<int, I2cProbe> probes, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(PartPatience, p.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await using var driver = part.Driver.Create(part.Settings, new DriverContext(board, p.Time));
            if (driver is OutputDriver)
            {
                // Opening an output sets it: a lamp would flicker, a siren might sound. Whether it answers is asked without that.
                return LookAtOutput(p, where, part, probes);
            }

            var measurement = new Measurement();
            await driver.StartAsync(both.Token);
            await driver.MeasureAsync(measurement, both.Token);
            return p.Pass("doctor.devices.measured", where, driver.Where, Values(measurement));
        }
        catch (Exception e) when (e is DriverException or BusException or IOException or UnauthorizedAccessException or TimeoutException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            var (fault, words) = Faults.Of(e);
            return fault == DeviceFault.NoAnswer && Elsewhere(p, where, part, probes) is { } elsewhere ? elsewhere
                : e is BusException bus ? new Finding(Verdict.Fail, $"{where}: {words}", BusWords.Next(bus.Fault, words, p.Words))
                : Told(p, where, fault, words);
        }
    }

    private static Finding LookAtOutput(Patient p, string where, PartConfig part, Dictionary<int, I2cProbe> probes)
    {
        if (part.Driver.Bus != "i2c")
        {
            return p.Pass("doctor.devices.output", where, part.Driver.Name);
        }

        var (bus, address) = (part.Number("bus", 1), part.Number("address", part.Driver.Addresses.FirstOrDefault()));
        var probe = probes[bus];
        return probe.Problem is { } problem ? Problem(p, problem)
            : probe.Found.Any(f => f.Address == address) ? p.Pass("doctor.devices.output", where, part.Driver.Name)
            : Elsewhere(p, where, part, probes) ?? p.Fail("doctor.devices.silent", where, part.Driver.Name, $"i2c-{bus} 0x{address:x2}");
    }

    /// <summary>Nothing at the configured address, but something at another one of this chip's: the commonest mistake there is.</summary>
    private static Finding? Elsewhere(Patient p, string where, PartConfig part, Dictionary<int, I2cProbe> probes)
    {
        if (part.Driver.Bus != "i2c" || !probes.TryGetValue(part.Number("bus", 1), out var probe) || probe.Problem is not null)
        {
            return null;
        }

        var address = part.Number("address", part.Driver.Addresses.FirstOrDefault());
        var others = probe.Found.Select(f => f.Address).Where(a => a != address && LikelyDrivers.At(a).Contains(part.Driver)).ToList();
        return others.Count > 0 ? p.Fail("doctor.devices.elsewhere", where, part.Driver.Name, Hex(address), string.Join(", ", others.Select(Hex)), probe.Bus)
            : probe.Found.Count > 0 ? p.Fail("doctor.devices.nowhere", where, part.Driver.Name, Hex(address), probe.Bus, string.Join(", ", probe.Found.Select(f => Hex(f.Address))))
            : p.Fail("doctor.devices.empty-bus", where, part.Driver.Name, Hex(address), probe.Bus);
    }

    private static Finding Told(Patient p, string where, DeviceFault fault, string words)
    {
        var known = Enum.IsDefined(fault) ? fault : DeviceFault.Bus;
        var text = $"{where}: {p.Words[$"fault.{known}"]}{(words.Length > 0 ? $" ({words})" : "")}";
        return new Finding(known == DeviceFault.WarmingUp ? Verdict.Warn : Verdict.Fail, text, p.Words[$"fault.{known}.fix"]);
    }

    private static Finding Problem(Patient p, BusProblem problem) => new(Verdict.Fail, problem.Words, BusWords.Next(problem.Fault, problem.Words, p.Words));

    private static string Hex(int address) => string.Create(CultureInfo.InvariantCulture, $"0x{address:x2}");

    private static string Values(Measurement measurement)
    {
        var shown = new List<string>();
        foreach (var value in measurement.Values)
        {
            shown.Add(string.Create(CultureInfo.InvariantCulture, $"{value.Name} {value.Number:0.###}"));
        }

        return shown.Count > 0 ? string.Join(", ", shown) : "–";
    }
}
