namespace SmartCity.Grains.Tests.Lamps;

/// <summary>What a lamp's meter can tell: most pilot lamps have the first, cheap controllers the others.</summary>
internal enum MeterClass
{
    /// <summary>Power 0.1 W, voltage 0.1 V, current 1 mA, power factor 0.01, energy 1 Wh.</summary>
    Full,

    /// <summary>Power 1 W and voltage 1 V.</summary>
    Coarse,

    /// <summary>Power 0.1 W, nothing else.</summary>
    Power,
}

/// <summary>A lamp as it was built.</summary>
internal sealed class TownLamp
{
    public required string Id { get; init; }

    public required double Rated { get; init; }

    /// <summary>What it really takes at 100 % in shares of its rated power.</summary>
    public required double Share { get; init; }

    public required double Standby { get; init; }

    /// <summary>Seconds within the minute at which it reports.</summary>
    public required double Phase { get; init; }

    public List<LampFault> Faults { get; } = [];

    public double Wh { get; set; }

    public double Metered { get; set; }

    public double LastWatts { get; set; }

    public double LastAt { get; set; }

    public (double Power, double Volts, double Amperes, double Wh)? Frozen { get; set; }

    /// <summary>Readings are lost until then.</summary>
    public double FadesUntil { get; set; }
}

/// <summary>The lamps of one gateway.</summary>
internal sealed class TownCircuit
{
    public required int Number { get; init; }

    public required string Gateway { get; init; }

    public required TownLamp[] Lamps { get; init; }

    /// <summary>Id of its cabinet's meter; null when there is none.</summary>
    public required string? Cabinet { get; init; }

    public required MeterClass Meter { get; init; }

    /// <summary>Lives its meters on the mains that they measure: without supply they do not answer.</summary>
    public required bool MetersGoMute { get; init; }

    /// <summary>Share of readings that are lost on the way to the gateway.</summary>
    public required double Loss { get; init; }

    /// <summary>Level from 23:00 to 5:00.</summary>
    public required double NightLevel { get; init; }

    /// <summary>Seconds of its ramps.</summary>
    public required double Ramp { get; init; }

    public List<LampFault> Faults { get; } = [];

    /// <summary>Orders: from, to, level.</summary>
    public List<(double From, double To, double Level)> Overrides { get; } = [];

    /// <summary>Interruptions of the supply of some seconds.</summary>
    public List<(double From, double To)> Dips { get; } = [];

    public double Wander { get; set; }
}

/// <summary>A town of circuits with everything that will happen to it, from a seed.</summary>
internal sealed class LampTown
{
    public const double Day = 86_400;
    public const double Dusk = 18.1 * 3600;
    public const double Dawn = 5.6 * 3600;

    private readonly Random _random;

    public LampTown(int seed, int lamps, int nights)
    {
        _random = new Random(seed);
        Nights = nights;
        var circuits = new List<TownCircuit>();
        var count = 0;
        while (count < lamps)
        {
            // Every fifth circuit is a small one: there the cabinet's meter can tell one lamp.
            var size = Math.Min(lamps - count, circuits.Count % 5 == 4 ? _random.Next(5, 9) : _random.Next(14, 45));
            circuits.Add(NewCircuit(circuits.Count, Math.Max(size, 4)));
            count += circuits[^1].Lamps.Length;
        }

        Circuits = [.. circuits];
        foreach (var circuit in Circuits)
        {
            Trouble(circuit);
        }

        for (var t = 0.0; t < End; t += Day * (0.2 + _random.NextDouble()))
        {
            Restarts.Enqueue((t + 600, t + 600 + (_random.Next(3) == 0 ? 0 : _random.NextDouble() * 600)));
        }
    }

    public int Nights { get; }

    public double End => (Nights + 1) * Day;

    public TownCircuit[] Circuits { get; }

    /// <summary>The server dies and comes back.</summary>
    public Queue<(double From, double To)> Restarts { get; } = new();

    public IEnumerable<LampFault> Faults => Circuits.SelectMany(c => c.Faults.Concat(c.Lamps.SelectMany(l => l.Faults)));

    /// <summary>The next dusk at or after a moment.</summary>
    public static double NextDusk(double t) => Math.Ceiling((t - Dusk) / Day) * Day + Dusk;

    /// <summary>Level asked of a circuit, percent, with its ramps.</summary>
    public static double Level(TownCircuit circuit, double t)
    {
        foreach (var (from, to, level) in circuit.Overrides)
        {
            if (t >= from && t < to)
            {
                return level;
            }
        }

        var clock = t % Day;
        if (clock >= Dawn && clock < Dusk)
        {
            return 0;
        }

        var night = circuit.NightLevel;
        var (down, up) = (23.0 * 3600, 5.0 * 3600);
        return clock >= Dusk && clock < down ? 100 * Math.Clamp((clock - Dusk + 3) / 60, 0.05, 1)
            : clock >= down ? 100 + ((night - 100) * Math.Clamp((clock - down) / circuit.Ramp, 0, 1))
            : clock < up ? night
            : night + ((100 - night) * Math.Clamp((clock - up) / circuit.Ramp, 0, 1));
    }

    private TownCircuit NewCircuit(int number, int size)
    {
        var small = size < 9;
        var meter = small || number % 4 < 2 ? MeterClass.Full : number % 4 == 2 ? MeterClass.Coarse : MeterClass.Power;
        return new TownCircuit
        {
            Number = number,
            Gateway = $"gw-{number:000}",
            Cabinet = small || number % 3 != 1 ? $"cabinet-{number:000}" : null,
            Meter = meter,
            MetersGoMute = meter == MeterClass.Full && number % 2 == 0,
            Loss = number % 6 == 3 ? 0.03 : 0.004,
            NightLevel = number % 4 == 3 ? 100 : number % 2 == 0 ? 60 : 40,
            Ramp = number % 2 == 0 ? 5 : 600,
            Lamps = [.. Enumerable.Range(0, size).Select(i => new TownLamp
            {
                Id = $"lamp-{number:000}-{i:000}",
                Rated = _random.Next(4) switch { 0 => 60, 1 => 150, _ => 100 },
                Share = 1 + (0.05 * Normal()),
                Standby = 0.2 + (0.6 * _random.NextDouble()),
                Phase = _random.NextDouble() * 60,
            })],
        };
    }

    private void Trouble(TownCircuit circuit)
    {
        // Of the gateway and the supply: once in five and in ten days.
        Sometimes(5 * Day, t => circuit.Faults.Add(new LampFault(Planted.LostGateway, circuit.Number, -1, t, t + (600 * Math.Exp(_random.NextDouble() * 4)), 0)));
        Sometimes(8 * Day, t =>
        {
            var form = _random.Next(circuit.Lamps.Length >= 15 ? 3 : 2); // the feeder, the contactor, one phase of three
            if (form == 1 && t % Day is > Dawn and < Dusk)
            {
                form = 0; // by day a contactor that has fallen cannot be told from one that is open
            }

            circuit.Faults.Add(new LampFault(Planted.CutSupply, circuit.Number, -1, t, t + (1200 * Math.Exp(_random.NextDouble() * 3.5)), form));
        });
        Sometimes(2 * Day, t => circuit.Dips.Add((t, t + 2 + (_random.NextDouble() * 33))));
        Sometimes(4 * Day, t => circuit.Overrides.Add((t, OrderedUntil(t), _random.Next(4) switch { 0 => 0, 1 => 100, 2 => 30, _ => 70 })));
        foreach (var lamp in circuit.Lamps)
        {
            // One fault of its own at a time: each lamp has one about every twelve days, mended by day after one to four nights.
            var t = Day * (0.05 + (_random.NextDouble() * 10));
            while (t < End - (1.8 * Day))
            {
                var what = Pick(circuit);
                var mended = (Math.Floor(t / Day) + _random.Next(2, 5)) * Day + (10 * 3600) + (_random.NextDouble() * 5 * 3600);
                var to = what == Planted.LostDevice && _random.Next(2) == 0 ? t + 900 + (_random.NextDouble() * 20_000) : mended;
                lamp.Faults.Add(new LampFault(what, circuit.Number, Array.IndexOf(circuit.Lamps, lamp), t, to, FormOf(what, circuit)));
                t = to + (Day * (0.5 + (_random.NextDouble() * 18)));
            }
        }
    }

    // By day a test of a crew; at night a match or a feast, at most until dawn.
    private double OrderedUntil(double t)
    {
        var clock = t % Day;
        var lasts = 1800 + (_random.NextDouble() * 9000);
        return clock is > Dawn - 2000 and < Dusk ? t + 1100 : clock < Dawn ? Math.Min(t + lasts, t - clock + Dawn) : t + lasts;
    }

    private Planted Pick(TownCircuit circuit)
    {
        while (true)
        {
            var what = (Planted)_random.Next((int)Planted.CutSupply);
            var possible = what switch
            {
                Planted.DimmingFailure => circuit.NightLevel < 70,
                Planted.LyingMeter => circuit.Meter == MeterClass.Full,
                Planted.PoleFuse => circuit.Meter != MeterClass.Power && !circuit.MetersGoMute,
                _ => true,
            };
            if (possible)
            {
                return _random.Next(9) == 0 ? Planted.LostDevice : what;
            }
        }
    }

    private int FormOf(Planted what, TownCircuit circuit) => what switch
    {
        Planted.DimmingFailure => _random.Next(2), // stays at 100 %, half of its light is gone
        Planted.LyingMeter => _random.Next(circuit.Cabinet is not null ? 6 : 5),
        _ => 0,
    };

    private void Sometimes(double mean, Action<double> act)
    {
        for (var t = Day * 0.1; ;)
        {
            t += mean * (0.3 - (0.7 * Math.Log(1 - _random.NextDouble())));
            if (t > End - (1.2 * Day))
            {
                return;
            }

            act(t);
            t += 0.6 * Day;
        }
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
