using System.Text;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Edge.Commands;
using SmartCity.Edge.Lamps;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

public sealed class ReportDeskTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-report");
    private readonly FakeTime _time = new();
    private LampStatus _lamp;

    public ReportDeskTests() => _lamp = new LampStatus("lamp-1", 60, 60.01, 58.234, _time.GetTimestamp(), LightReason.Programme, () => "programme night");

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public void It_says_what_is_in_force_and_leaves_out_what_nobody_knows()
    {
        var (desired, desk) = Desk();
        _time.Advance(TimeSpan.FromSeconds(12.3456));
        _lamp = _lamp with { SettledAt = _time.GetTimestamp() - (_time.TimestampFrequency / 4), Clo = 87.5 };
        Assert.Equal(
            """{"version":0,"lamps":{"lamp-1":{"target":60,"feedback":60.01,"actual":58.23,"actualAgeSeconds":12.346,"stepAgeSeconds":0.25,"clo":87.5,"reason":"programme","detail":"programme night"}}}""",
            Text(Assert.Single(desk.Due())));

        // Power of a lamp that has not settled is older than its step, however young it is.
        _lamp = _lamp with { ActualAt = _time.GetTimestamp(), SettledAt = _time.GetTimestamp() + _time.TimestampFrequency };
        desk.Begin();
        Assert.Contains("\"actualAgeSeconds\":0.001,\"stepAgeSeconds\":0,", Text(Assert.Single(desk.Due())), StringComparison.Ordinal);

        desired.Take("""{"version":7}"""u8.ToArray());
        desired.Take("""{"version":8,"lamps":7}"""u8.ToArray());
        _lamp = _lamp with { Feedback = null, Actual = null, Reason = LightReason.Fault, Sentence = () => new string('x', 900) };
        using var report = JsonDocument.Parse(Assert.Single(desk.Due()));
        Assert.Equal(7, report.RootElement.GetProperty("version").GetInt64());
        Assert.Equal(8, report.RootElement.GetProperty("refused").GetProperty("version").GetInt64());
        Assert.Equal("lamps: is no object", report.RootElement.GetProperty("refused").GetProperty("why").GetString());
        var lamp = report.RootElement.GetProperty("lamps").GetProperty("lamp-1");
        Assert.Equal("fault", lamp.GetProperty("reason").GetString());
        Assert.Equal(200, lamp.GetProperty("detail").GetString()!.Length);
        Assert.False(lamp.TryGetProperty("feedback", out _) || lamp.TryGetProperty("actual", out _));
    }

    [Fact]
    public void At_a_change_worth_telling_at_once_at_a_small_one_in_ten_seconds_else_each_minute()
    {
        var (desired, desk) = Desk();
        Assert.Single(desk.Due());
        Assert.Empty(desk.Due());
        _lamp = _lamp with { Target = 64 };
        Assert.Empty(desk.Due());
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(desk.Due());
        _lamp = _lamp with { Target = 69 };
        Assert.Single(desk.Due());
        _lamp = _lamp with { Actual = 64 };
        Assert.Single(desk.Due());
        _lamp = _lamp with { Actual = 65 };
        Assert.Empty(desk.Due());
        _lamp = _lamp with { Reason = LightReason.Sensor };
        Assert.Single(desk.Due());
        desired.Take("""{"version":1}"""u8.ToArray());
        Assert.Single(desk.Due());
        desired.Take("""{"version":1}"""u8.ToArray()); // the server asks again: it is answered
        Assert.Single(desk.Due());
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(desk.Due());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(desk.Due());
        desk.Begin();
        Assert.Single(desk.Due());
    }

    [Fact]
    public void The_first_power_after_a_step_is_told_at_once_however_little_it_moved()
    {
        var (_, desk) = Desk();
        Assert.Single(desk.Due());
        _time.Advance(TimeSpan.FromSeconds(1));
        _lamp = _lamp with { SettledAt = _time.GetTimestamp() };
        Assert.False(_lamp.IsMeasured);
        Assert.Empty(desk.Due());
        _time.Advance(TimeSpan.FromSeconds(2));
        _lamp = _lamp with { Actual = 58.3, ActualAt = _time.GetTimestamp() };
        Assert.True(_lamp.IsMeasured);
        Assert.Single(desk.Due());
        _time.Advance(TimeSpan.FromSeconds(2));
        _lamp = _lamp with { Actual = 58.2, ActualAt = _time.GetTimestamp() };
        Assert.Empty(desk.Due());
    }

    [Fact]
    public void A_report_of_very_many_lamps_travels_in_parts_that_a_packet_can_hold()
    {
        var desk = new ReportDesk(new DesiredDesk(_home.FullName, notice: null), _time)
        {
            Lamps = () => [.. Enumerable.Range(0, 301).Select(n => _lamp with { Lamp = $"{new string('l', 58)}-{n:0000}", Sentence = () => new string('"', 300) })],
        };
        var parts = desk.Due();
        Assert.Equal(3, parts.Count);
        Assert.All(parts, p => Assert.InRange(p.Length, 1, DesiredDocument.LargestSentBytes));
        using var last = JsonDocument.Parse(parts[2]);
        Assert.Equal((3, 3, 1), (
            last.RootElement.GetProperty("part").GetInt32(), last.RootElement.GetProperty("parts").GetInt32(), last.RootElement.GetProperty("lamps").GetPropertyCount()));
    }

    private (DesiredDesk, ReportDesk) Desk()
    {
        var desired = new DesiredDesk(_home.FullName, notice: null);
        return (desired, new ReportDesk(desired, _time) { Lamps = () => [_lamp] });
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
