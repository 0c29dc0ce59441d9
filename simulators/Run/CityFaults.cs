using SmartCity.Simulators.Wiring;

namespace SmartCity.Simulators.Run;

/// <summary>A fault that somebody planted.</summary>
/// <param name="Device">The lamp, cabinet or gateway.</param>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="At">Since when.</param>
internal sealed record PlantedFault(string Device, string Fault, DateTimeOffset At);

/// <summary>What somebody broke in a running city, so that what a server finds can be held against it.</summary>
internal sealed class CityFaults
{
    /// <summary>A cabinet's supply is cut.</summary>
    public const string Cut = "cut";

    /// <summary>A gateway is without its link.</summary>
    public const string Away = "away";

    private static readonly Dictionary<string, LampFault> OfLamps = new(StringComparer.Ordinal)
    {
        ["dead"] = LampFault.Dead,
        ["stuck-on"] = LampFault.StuckOn,
        ["no-dimming"] = LampFault.NoDimming,
        ["cycling"] = LampFault.Cycling,
        ["lying-meter"] = LampFault.LyingMeter,
        ["silent"] = LampFault.Silent,
    };

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SimDevice> _devices;
    private readonly Dictionary<string, SimGateway> _gateways;
    private readonly TimeProvider _time;
    private readonly List<PlantedFault> _planted = [];

    /// <summary>Nothing is broken yet.</summary>
    public CityFaults(IReadOnlyList<SimGateway> gateways, TimeProvider time)
    {
        _devices = gateways.SelectMany(g => g.Devices).ToDictionary(d => d.Plan.Id, StringComparer.Ordinal);
        _gateways = gateways.ToDictionary(g => g.Gateway.Name, StringComparer.Ordinal);
        _time = time;
    }

    /// <summary>What can be wrong, for people.</summary>
    public static IEnumerable<string> Names => OfLamps.Keys.Append(Cut).Append(Away);

    /// <summary>What is broken now, in the order in which it was.</summary>
    public IReadOnlyList<PlantedFault> Planted
    {
        get
        {
            lock (_gate)
            {
                return [.. _planted];
            }
        }
    }

    /// <summary>Whether this is broken in this way.</summary>
    public bool IsPlanted(string device, string fault)
    {
        lock (_gate)
        {
            return _planted.Exists(p => p.Device == device && p.Fault == fault);
        }
    }

    /// <summary>Breaks something. What was wrong with it before is not any more.</summary>
    /// <exception cref="ArgumentException">There is no such fault or no such device, or they do not go together.</exception>
    public void Plant(string fault, string device)
    {
        lock (_gate)
        {
            if (!Names.Contains(fault, StringComparer.Ordinal))
            {
                throw new ArgumentException($"no fault '{fault}': {string.Join(", ", Names)}", nameof(fault));
            }

            Set(device, fault);
            _planted.RemoveAll(p => p.Device == device);
            _planted.Add(new PlantedFault(device, fault, _time.GetUtcNow()));
        }
    }

    /// <summary>Mends it.</summary>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public void Mend(string device)
    {
        lock (_gate)
        {
            Set(device, null);
            _planted.RemoveAll(p => p.Device == device);
        }
    }

    private void Set(string device, string? fault)
    {
        if (_gateways.TryGetValue(device, out var gateway))
        {
            Link(gateway, fault);
            return;
        }

        var found = _devices.GetValueOrDefault(device) ?? throw new ArgumentException($"no device '{device}' in this city", nameof(device));
        if (found.Feeder is { } feeder && fault is null or Cut)
        {
            feeder.Cut = fault is not null;
            return;
        }

        if (found.Lamp is not { } lamp || (fault is not null && !OfLamps.ContainsKey(fault)))
        {
            throw new ArgumentException($"'{fault ?? "mend"}' is nothing for {device}: lamps can be {string.Join(", ", OfLamps.Keys)}, cabinets {Cut}, gateways {Away}", nameof(fault));
        }

        lamp.Fault = fault is null ? LampFault.None : OfLamps[fault];
        found.Meter!.Lies = lamp.Fault == LampFault.LyingMeter;
        found.Units.ForEach(u => u.Absent = lamp.Fault == LampFault.Silent);
    }

    private static void Link(SimGateway gateway, string? fault)
    {
        if (fault is not (null or Away) || gateway.Link is not { } link)
        {
            throw new ArgumentException($"{gateway.Gateway.Name} is a gateway: only its link can be cut, in a run whose links may be", nameof(fault));
        }

        if (fault is null)
        {
            link.Restore();
        }
        else
        {
            link.Cut();
        }
    }
}
