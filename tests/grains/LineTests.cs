using System.Globalization;
using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Tests;

/// <summary>A batch of anything gives the same changes and values as the strict line reader and the bare rules give.</summary>
public sealed class LineTests
{
    private static readonly string[] Devices = ["a", "b", "env-7", "x_1", "Bad!", ""];
    private static readonly string[] Fields =
    [
        "temperature_celsius=41", "temperature_celsius=20.25", "wind_speed_m_s=19", "wind_speed_m_s=3e0", "pm2_5_ug_m3=600", "pm10_ug_m3=-0.5", "fault_code=3i", "fault_code=0i",
        "no_such_metric=1", "note=\"text, with = and \\\" in it\"", "note=\"two\nlines\"", "power_w=55", "power_w=0", "dim_percent=100", "dim_percent=0", "pole_door_open=true", "temperature_celsius=abc", "x\\ y=1", "voltage_v=", "illuminance_lux=12u",
    ];

    [Fact]
    public async Task What_lines_mean_is_the_same_by_the_strict_reader()
    {
        var said = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            said += await CompareAsync(new Random(seed));
        }

        Assert.True(said > 200, $"only {said} changes: the test sees too little");
    }

    private static async Task<int> CompareAsync(Random random)
    {
        var city = new TestCity(Lane.Telemetry);
        foreach (var device in Devices.Where(d => Identifier.IsValid(d)))
        {
            city.Directory.Add(new DeviceInfo(device, random.Next(2) == 0 ? "streetlight" : "environment_station", null, ""));
        }

        var strict = new Strict(city.Directory);
        for (var frame = 0; frame < 150; frame++)
        {
            city.Time.Advance(TimeSpan.FromSeconds(random.Next(200)));
            var lines = Batch(random, city.Now, city.Directory);
            strict.Take(Encoding.UTF8.GetBytes(lines), city.Now);
            await city.SendAsync(lines);
            Assert.Equal(strict.Said, city.Book.Changes.Select(c => c.ToString()));
            Assert.Equal(strict.Good, city.Host.Counters.Lines);
        }

        foreach (var (id, state) in strict.States)
        {
            var view = city.Host.Look(id)!;
            Assert.Equal((state.LastMeasured, state.LastReceived), (view.LastMeasured, view.LastReceived));
            Assert.All(view.Values, v => Assert.Equal((state.Value(state.Kind.IndexOf(v.Name)), state.MeasuredAt(state.Kind.IndexOf(v.Name))), (v.Value, v.MeasuredAt)));
        }

        return strict.Said.Count;
    }

    private static string Batch(Random random, long now, TestDirectory directory)
    {
        var text = new StringBuilder();
        for (var i = random.Next(1, 12); i > 0; i--)
        {
            var device = Devices[random.Next(random.Next(8) == 0 ? Devices.Length : 4)];
            var kind = directory.Find(Encoding.UTF8.GetBytes(device))?.Kind ?? "streetlight";
            var fields = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Fields[random.Next(random.Next(6) == 0 ? Fields.Length : 9)]).DistinctBy(f => f.Split('=')[0]);
            var (tags, stamp) = (random.Next(10) == 0 ? ",zone=z" : "", random.Next(8) == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {now - (random.Next(5) * TestCity.Second)}"));
            text.Append(CultureInfo.InvariantCulture, $"{(random.Next(30) == 0 ? "nothing_known" : kind)},device={device}{tags} {string.Join(',', fields)}{stamp}\n");
        }

        return text.ToString();
    }

    private sealed class Strict(TestDirectory directory)
    {
        private readonly ChangeSink _sink = new();

        public Dictionary<string, DeviceState> States { get; } = new(StringComparer.Ordinal);

        public List<string> Said { get; } = [];

        public long Good { get; private set; }

        public void Take(byte[] payload, long now)
        {
            var reader = new LineReader(payload);
            while (reader.Read())
            {
                Take(ref reader, now);
            }
        }

        private void Take(ref LineReader reader, long now)
        {
            var id = "";
            while (reader.NextTag(out var key, out var value))
            {
                id = id.Length == 0 && key.SequenceEqual("device"u8) ? Encoding.UTF8.GetString(value) : id;
            }

            if (reader.Error != LineError.None || !Identifier.IsValid(id))
            {
                return;
            }

            if (KindCatalog.BuiltIn.Find(reader.Measurement) is not { } kind)
            {
                return;
            }

            var values = new double[kind.Metrics.Count];
            Array.Fill(values, double.NaN);
            while (reader.NextField(out var field))
            {
                if (kind.IndexOf(field.Name) is >= 0 and var metric && field.TryGetDouble(out var number))
                {
                    values[metric] = number;
                }
            }

            Good++;
            var state = States.TryGetValue(id, out var known) ? known : States[id] = new DeviceState(kind);
            var info = directory.Find(Encoding.UTF8.GetBytes(id));
            new DeviceLogic(kind).Apply(
                new DeviceContext(kind, id, registered: info is not null), state, new ReadingView(reader.HasTimestamp ? reader.Timestamp : now, now, values), _sink);
            Said.AddRange(_sink.Changes.Select(c => c.ToString()));
            _sink.Clear();
        }
    }
}
