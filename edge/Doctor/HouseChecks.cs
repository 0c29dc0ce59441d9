using SmartCity.Edge.Cli;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Doctor;

/// <summary>What concerns this machine alone: configuration, service, rights, clock, disk.</summary>
internal static class HouseChecks
{
    /// <summary>On the smallest Raspberry Pi, with everything still to be compiled, a look takes seconds.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(30);

    /// <summary>Certificates and their clock aside, a clock that differs by more than this from the server's is wrong: telemetry more than
    /// five minutes ahead is quarantined (CONTRACTS, Time), and a minute is far from that.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ServerTimePatience = TimeSpan.FromSeconds(4);

    /// <summary>A full budget and its reserve should fit beside what the system needs.</summary>
    private const long Mebibyte = 1 << 20;

    /// <summary>The configuration can be read.</summary>
    public static Check Configuration { get; } = new("config", Look, static (p, _) => Task.FromResult(LookAtConfiguration(p)));

    /// <summary>The service runs.</summary>
    public static Check Service { get; } = new("service", Look, LookAtServiceAsync);

    /// <summary>Key and data have the owner and the mode that they should.</summary>
    public static Check Rights { get; } = new("rights", Look, static (p, _) => Task.FromResult(LookAtRights(p)));

    /// <summary>The time is known and right.</summary>
    public static Check Clock { get; } = new("clock", Look, LookAtClockAsync);

    /// <summary>The disk can be written and has room.</summary>
    public static Check Disk { get; } = new("disk", Look, static (p, _) => Task.FromResult(LookAtDisk(p)));

    private static IReadOnlyList<Finding> LookAtConfiguration(Patient p)
    {
        switch (ConfigAccess.Fault(p.ConfigFile))
        {
            case FileNotFoundException or DirectoryNotFoundException:
                return [p.Fail("doctor.config.missing", p.ConfigFile)];
            case UnauthorizedAccessException:
                return [p.Fail("doctor.config.denied", p.ConfigFile)];
        }

        p.Peek = ConfigPeek.TryRead(p.ConfigFile);
        try
        {
            // Key and certificates have a check of their own.
            p.Config = EdgeConfigFile.LoadWithoutKeys(p.ConfigFile);
            var first = p.Config.Devices.Count > 0
                ? p.Pass("doctor.config.ok", p.ConfigFile, p.Config.Options.Gateway, p.Config.Devices.Count)
                : p.Warn("doctor.config.empty", p.ConfigFile, p.Config.Options.Gateway);
            return [first, .. p.Config.Warnings.Select(w => new Finding(Verdict.Warn, w, p.Words["doctor.config.fix"]))];
        }
        catch (ConfigException e)
        {
            return [.. e.Message.Split(Environment.NewLine).Select(line => new Finding(Verdict.Fail, line, p.Words["doctor.config.fix"]))];
        }
    }

    private static async Task<IReadOnlyList<Finding>> LookAtServiceAsync(Patient p, CancellationToken cancel)
    {
        if (p.Peek?.Data is not { } data)
        {
            return [p.Skip("doctor.no-config")];
        }

        try
        {
            using var control = await ControlClient.TryConnectAsync(data, cancel);
            if (control is null)
            {
                return [p.Warn("doctor.service.none")];
            }

            p.Service = await control.StatusAsync(cancel);
            return [p.Pass("doctor.service.ok", p.Service.Version, Moments.Size(p.Service.Backlog))];
        }
        catch (UnauthorizedAccessException)
        {
            return [p.Fail("doctor.service.denied", ControlClient.Path(data))];
        }
        catch (IOException e)
        {
            return [p.Fail("doctor.service.silent", e.Message)];
        }
    }

    private static IReadOnlyList<Finding> LookAtRights(Patient p)
    {
        if (p.Peek is null)
        {
            return [p.Skip("doctor.no-config")];
        }

        var findings = new List<Finding>();
        var owner = p.Peek.Data is { } data ? FileOwner.Of(data) : null;
        if (p.Peek.Key is { } key && File.Exists(key) && !OperatingSystem.IsWindows())
        {
            if ((File.GetUnixFileMode(key) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            {
                findings.Add(p.Warn("doctor.rights.open-key", key));
            }

            // Root reads everything; what counts is the user whose directory it is.
            if (p.User == 0 && owner is { User: > 0 } service && FileOwner.Of(key) is { } own && own.User != service.User)
            {
                findings.Add(p.Fail("doctor.rights.key-owner", key, service.User));
            }
        }

        if (p.User == 0 && owner is not null and not { User: 0 })
        {
            findings.Add(p.Warn("doctor.rights.root", Environment.UserName));
        }

        return findings.Count > 0 ? findings : [p.Pass("doctor.rights.ok", Environment.UserName)];
    }

    private static async Task<IReadOnlyList<Finding>> LookAtClockAsync(Patient p, CancellationToken cancel)
    {
        var now = p.Time.GetUtcNow();
        var shown = Moments.Second(TimeZoneInfo.ConvertTime(now, LocalTime.Zone(p.Peek)));
        if (now < EdgeClock.Earliest)
        {
            return [p.Fail("doctor.clock.past", shown)];
        }

        if (await ServerTime.AskAsync(p, ServerTimePatience, cancel) is { } server && (server - p.Time.GetUtcNow()) is var off && off.Duration() > ClockTolerance)
        {
            return [p.Fail(off > TimeSpan.Zero ? "doctor.clock.behind" : "doctor.clock.ahead", shown, Moments.Span(off))];
        }

        var state = ClockState.Of(p.Clock, p.Peek?.Data, p.Peek?.Text("clock"), p.Time);
        return state is ClockState.Unknown
            ? [p.Fail("doctor.clock.unknown", shown)]
            : [new Finding(Verdict.Pass, p.Words.Say("doctor.clock.ok", shown, p.Words[$"clock.{state}"]))];
    }

    private static IReadOnlyList<Finding> LookAtDisk(Patient p)
    {
        if (p.Peek?.Data is not { } data)
        {
            return [p.Skip("doctor.no-config")];
        }

        if (!Directory.Exists(data))
        {
            return [p.Warn("doctor.disk.missing", data)];
        }

        var probe = Path.Combine(data, ".doctor");
        try
        {
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (UnauthorizedAccessException)
        {
            return [p.Fail("doctor.disk.denied", data)];
        }
        catch (IOException e)
        {
            return [p.Fail("doctor.disk.refuses", data, e.Message)];
        }

        var free = new DriveInfo(data).AvailableFreeSpace;
        var limits = p.Config?.Options;
        var (minimum, budget) = (limits?.MinimumFreeBytes ?? 64 * Mebibyte, limits?.BudgetBytes ?? 1024 * Mebibyte);
        var log = Path.Combine(data, "log");
        var used = Directory.Exists(log) ? new DirectoryInfo(log).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) : 0;
        return free < minimum ? [p.Fail("doctor.disk.full", data, Moments.Size(free), Moments.Size(minimum))]
            : free + used < budget + minimum ? [p.Warn("doctor.disk.small", data, Moments.Size(free), Moments.Size(budget))]
            : [p.Pass("doctor.disk.ok", data, Moments.Size(free), Moments.Size(used), Moments.Size(budget))];
    }
}
