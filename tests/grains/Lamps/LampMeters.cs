using System.Globalization;
using System.Text;

namespace SmartCity.Grains.Tests.Lamps;

/// <summary>
/// What the devices of a town measure: physics, faults and noise. Noise: power 1 % and 0.1 W, rated power ±5 %, voltage that wanders by
/// 5 V and dips in the evening, interruptions of 2–35 s, sags to 185 V, single readings that fail with a bus error, readings lost singly
/// (0.4 or 3 %) and in fades (some minutes).
/// </summary>
internal sealed class LampMeters(int seed, long start)
{
    private readonly Random _random = new(seed ^ 0x5a17);
    private readonly StringBuilder _text = new();

    /// <summary>One line of a lamp at a moment, or null when it cannot be heard.</summary>
    public string? Lamp(TownCircuit circuit, TownLamp lamp, double t)
    {
        var fault = lamp.Faults.Find(f => f.At(t));
        var supplied = Supplied(circuit, lamp, t, out var feeder);
        var fused = fault?.What == Planted.PoleFuse;
        var level = fault?.What == Planted.DayBurner && t % LampTown.Day is > LampTown.Dawn and < LampTown.Dusk ? 100 : LampTown.Level(circuit, t - (lamp.Phase / 15));
        var burning = fault?.What switch
        {
            Planted.DeadLamp => -1,
            Planted.StuckRelay => level < 1 ? 100 : level,
            Planted.DimmingFailure => level < 1 ? 0 : fault.Form == 0 ? 100 : level / 2,
            Planted.Cycler => level >= 30 && (t - fault.From) % Period(fault) > Period(fault) * 0.7 ? -1 : level,
            _ => level,
        };
        if (!supplied || fused)
        {
            burning = -2;
        }

        var volts = supplied && !fused ? Volts(circuit, t) : feeder || fused ? 0 : 0.3;
        var watts = burning == -2 ? 0
            : burning < 0 ? lamp.Standby / 2
            : burning < 1 ? lamp.Standby
            : lamp.Rated * lamp.Share * (0.06 + (0.94 * burning / 100));
        if (lamp.LastAt > 0)
        {
            var wh = (watts + lamp.LastWatts) / 2 * (t - lamp.LastAt) / 3600;
            lamp.Wh += wh;
            lamp.Metered += fault is { What: Planted.LyingMeter, Form: 4 or 5 } ? 0 : wh;
        }

        (lamp.LastWatts, lamp.LastAt) = (watts, t);
        return Lost(circuit, lamp, fault, t) ? null : Line(circuit, lamp, fault, t, level, watts, volts, supplied && !fused);
    }

    /// <summary>One line of a cabinet's meter.</summary>
    public string Cabinet(TownCircuit circuit, double t)
    {
        var cut = circuit.Faults.Find(f => f.What == Planted.CutSupply && f.Form == 0 && f.At(t));
        var volts = cut is not null || circuit.Dips.Exists(d => t >= d.From && t < d.To) ? 0 : Volts(circuit, t);
        var watts = volts == 0 ? 0 : 18 + (circuit.Number % 4 * 8) + (circuit.Lamps.Sum(l => l.LastWatts) * (1 + (circuit.Number % 3 * 0.006)));
        watts *= 1 + (0.005 * Normal());
        return string.Create(CultureInfo.InvariantCulture, $"power_cabinet,device={circuit.Cabinet} power_w={watts:F1},voltage_v={volts:F1},fault_code=0i {Stamp(t)}\n");
    }

    /// <summary>Moves what wanders.</summary>
    public void Step(TownCircuit circuit, double seconds) =>
        circuit.Wander += (-circuit.Wander * seconds / 5400) + (5 * Math.Sqrt(2 * seconds / 5400) * Normal());

    public bool Happens(double probability) => _random.NextDouble() < probability;

    public double Between(double least, double most) => least + ((most - least) * _random.NextDouble());

    private static double Period(LampFault fault) => 540 + (fault.From % 900); // 9 to 24 minutes, dark for three tenths of them

    private static bool Supplied(TownCircuit circuit, TownLamp lamp, double t, out bool feeder)
    {
        feeder = true;
        foreach (var fault in circuit.Faults)
        {
            if (fault.What == Planted.CutSupply && fault.At(t) && (fault.Form < 2 || Array.IndexOf(circuit.Lamps, lamp) % 3 == 1))
            {
                feeder = fault.Form == 0;
                return false;
            }
        }

        return !circuit.Dips.Exists(d => t >= d.From && t < d.To);
    }

    private static double Volts(TownCircuit circuit, double t)
    {
        var clock = t % LampTown.Day;
        var sag = (long)(t / 180) % 977 == circuit.Number % 977 ? 38 : 0;
        return 226 + Math.Clamp(circuit.Wander, -13, 13) - (clock is > 17.5 * 3600 and < 21 * 3600 ? 4 : 0) - sag;
    }

    // The device's own link to its gateway.
    private bool Lost(TownCircuit circuit, TownLamp lamp, LampFault? fault, double t)
    {
        if (fault?.What == Planted.LostDevice || t < lamp.FadesUntil)
        {
            return true;
        }

        if (Happens(circuit.Loss / 60))
        {
            // A lorry, rain, a neighbour's radio: minutes, with a tail; beyond the limit it is a communication lost like any other.
            lamp.FadesUntil = t + (-70 * Math.Log(1 - _random.NextDouble()));
            if (lamp.FadesUntil - t > 200)
            {
                lamp.Faults.Add(new LampFault(Planted.LostDevice, circuit.Number, Array.IndexOf(circuit.Lamps, lamp), t, lamp.FadesUntil, 1) { Optional = true });
            }
        }

        return Happens(circuit.Loss);
    }

    private string Line(TownCircuit circuit, TownLamp lamp, LampFault? fault, double t, double level, double watts, double volts, bool supplied)
    {
        _text.Clear().Append("streetlight,device=").Append(lamp.Id).Append(CultureInfo.InvariantCulture, $" dim_percent={level:0.#}");
        if (Happens(0.001))
        {
            return _text.Append(CultureInfo.InvariantCulture, $",fault_code=3i {Stamp(t)}\n").ToString(); // a checksum
        }

        if (!supplied && circuit.MetersGoMute)
        {
            return _text.Append(CultureInfo.InvariantCulture, $",fault_code=1i {Stamp(t)}\n").ToString();
        }

        var power = Math.Max(0, (watts * (1 + (0.01 * Normal()))) + (watts > 1 ? 0.1 * Normal() : 0));
        if (circuit.Meter == MeterClass.Power)
        {
            return _text.Append(CultureInfo.InvariantCulture, $",power_w={power:F1},fault_code=0i {Stamp(t)}\n").ToString();
        }

        volts = Math.Max(0, volts + (volts > 1 ? 0.3 * Normal() : 0));
        if (circuit.Meter == MeterClass.Coarse)
        {
            return _text.Append(CultureInfo.InvariantCulture, $",power_w={power:F0},voltage_v={volts:F0},fault_code=0i {Stamp(t)}\n").ToString();
        }

        var factor = Math.Round(watts > 1 ? 0.955 + (0.008 * Normal()) : 0.6, 2);
        var amperes = volts > 1 ? watts / (volts * (watts > 1 ? 0.955 : 0.6)) * (1 + (0.004 * Normal())) : 0;
        var wh = lamp.Metered;
        if (fault?.What == Planted.LyingMeter)
        {
            switch (fault.Form)
            {
                case 0:
                    lamp.Frozen ??= (power, volts, amperes, wh);
                    (power, volts, amperes, wh) = lamp.Frozen.Value;
                    break;
                case 1:
                    power = 0;
                    break;
                case 2:
                    power /= 2;
                    break;
                case 3 or 5:
                    (power, amperes) = (0, 0);
                    break;
                default:
                    break;
            }
        }
        else
        {
            lamp.Frozen = null;
        }

        return _text.Append(
            CultureInfo.InvariantCulture, $",power_w={power:F1},voltage_v={volts:F1},current_a={amperes:F3},power_factor={factor:F2},energy_kwh={(100_000 + wh) / 1000:F3},fault_code=0i {Stamp(t)}\n").ToString();
    }

    private long Stamp(double t) => start + ((long)(t * 1e6) * 1000);

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
