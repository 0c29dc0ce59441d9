using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>Whatever a device's parts do, its lines are in order, and no value appears that was not measured at that moment.</summary>
public sealed class PropertyTests
{
    private const string Loop = "loop_state";
    private const string Heat = "temperature_celsius";

    [Fact]
    public void Lines_of_a_device_are_in_order_and_hold_only_what_was_measured() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<(byte, byte)[]>(),
            steps => Holds(steps).GetAwaiter().GetResult()).QuickCheckThrowOnFailure();

    private static async Task<bool> Holds((byte What, byte Value)[] steps)
    {
        var measured = new HashSet<(string, double)>();
        var counter = 0;
        var mode = 0;
        var hangs = new List<TaskCompletionSource>();

        // Each measurement has a value of its own, so that a repeated or an invented one is seen.
        async ValueTask Measure(Measurement into, string metric, int own)
        {
            var now = (mode >> own) & 3;
            if (now == 1)
            {
                throw new DriverException(DeviceFault.Checksum, "scripted");
            }

            if (now == 2)
            {
                var hang = new TaskCompletionSource();
                hangs.Add(hang);
                await hang.Task;
            }

            if (now == 3)
            {
                into.Add(metric, 1_000); // no thermometer and no loop shows this
                return;
            }

            var value = metric == Loop ? counter++ % 4 : 20 + (counter++ / 1_000.0);
            measured.Add((metric, Math.Round(value, 3)));
            into.Add(metric, value);
        }

        var loop = new Scripted { OnMeasure = (m, _) => Measure(m, Loop, 0) };
        var heat = new Scripted { OnMeasure = (m, _) => Measure(m, Heat, 2) };
        var rig = new UnitRig(new DeviceConfig("fire-1", "fire_detector") { Interval = TimeSpan.FromSeconds(10), Poll = TimeSpan.FromSeconds(1) }, loop, heat);
        rig.Unit.Start();
        foreach (var (what, value) in steps)
        {
            switch (what % 6)
            {
                case 0:
                    rig.Advance(value / 10.0);
                    break;
                case 1:
                    mode = value;
                    break;
                case 2:
                    loop.Attention?.Invoke(rig.Time.GetTimestamp() - (value * 10));
                    break;
                case 3:
                    hangs.ToList().ForEach(h => h.TrySetResult());
                    break;
                case 4:
                    rig.Full = value % 2 == 0;
                    break;
                default:
                    rig.Unit.MeasureSoon();
                    break;
            }
        }

        mode = 0;
        hangs.ToList().ForEach(h => h.TrySetResult());
        await rig.DisposeAsync();
        var inOrder = rig.Stamps.Zip(rig.Stamps.Skip(1), (a, b) => a < b).All(x => x);
        var heats = rig.Lines.SelectMany(l => l.Split(' ')).Where(p => p.StartsWith(Heat, StringComparison.Ordinal)).Select(p => p.Split('=')[1]).ToList();
        var real = heats.TrueForAll(h => measured.Contains((Heat, double.Parse(h, System.Globalization.CultureInfo.InvariantCulture))));
        return inOrder && real && heats.Distinct(StringComparer.Ordinal).Count() == heats.Count && !rig.Lines.Exists(l => l.Contains("=1000", StringComparison.Ordinal))
            && !rig.Notices.Exists(n => n.Contains("Exception", StringComparison.Ordinal));
    }
}
