using System.Globalization;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Lines;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>A file as a sensor: each row at its time, bad rows told with line and column.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly ScriptedBoard _board = new(new JumpTime());
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task Each_row_is_measured_at_its_time_and_nothing_in_between()
    {
        await using var replay = await StartAsync("seconds,water_level_m,battery_volt\n0,1.25,12.1\n5,1.5,\r\n\n7,,12.0\n");
        var begun = _time.GetTimestamp();
        var asked = new List<double>();
        replay.Attention = at => asked.Add(_time.GetElapsedTime(begun, at).TotalSeconds);
        Assert.Equal(("battery_volt=12.1 water_level_m=1.25", 0.0, true), await TakeAsync(replay, begun));
        Assert.Equal(("", 0.0, false), await TakeAsync(replay, begun));
        _time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.Empty(asked);
        Assert.Equal(("", 0.0, false), await TakeAsync(replay, begun));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([5], asked);

        // Measured late, stamped right, and the next one asks at once.
        Assert.Equal(("water_level_m=1.5", 5.0, true), await TakeAsync(replay, begun));
        _time.Advance(TimeSpan.Zero);
        Assert.Equal(2, asked.Count);
        Assert.Equal(("battery_volt=12", 7.0, true), await TakeAsync(replay, begun));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(2, asked.Count);
        Assert.Equal(("", 0.0, false), await TakeAsync(replay, begun)); // the end
        await replay.StartAsync(default);
        Assert.Equal(("", 0.0, false), await TakeAsync(replay, begun));
    }

    [Fact]
    public async Task A_file_that_repeats_begins_again_when_its_last_row_was_measured()
    {
        await using var replay = await StartAsync("seconds,a\n0,1\n10,2\n", repeat: true);
        var begun = _time.GetTimestamp();
        var told = new List<string>();
        for (var second = 0; second <= 30; second++)
        {
            for (var i = 0; i < 3; i++)
            {
                var (values, at, _) = await TakeAsync(replay, begun);
                if (values.Length > 0)
                {
                    told.Add(string.Create(CultureInfo.InvariantCulture, $"{at}:{values}"));
                }
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["0:a=1", "10:a=2", "10:a=1", "20:a=2", "20:a=1", "30:a=2", "30:a=1"], told);
    }

    [Theory]
    [InlineData("x,1", "column 1: 'x' is no time")]
    [InlineData("-1,1", "column 1: '-1' is no time")]
    [InlineData("NaN,1", "column 1: 'NaN' is no time")]
    [InlineData("1e12,1", "column 1: '1e12' is no time")]
    [InlineData("1,abc", "column 2 (a): 'abc' is no number")]
    [InlineData("1,∞", "column 2 (a)")]
    [InlineData("1,1e999", "column 2 (a)")]
    [InlineData("1", "1 columns, not 2")]
    [InlineData("1,2,3", "3 columns, not 2")]
    public async Task A_bad_row_is_told_once_with_line_and_column_and_passed_over(string row, string why)
    {
        await using var replay = await StartAsync($"seconds,a\n0,1\n{row}\n2,3\n");
        var begun = _time.GetTimestamp();
        Assert.Equal("a=1", (await TakeAsync(replay, begun)).Values);
        var fault = await replay.FaultAsync(DeviceFault.Frame);
        Assert.Contains($"{_path}:3: not a reading: {why}", fault.Message, StringComparison.Ordinal);
        await replay.StartAsync(default); // as after every fault: it goes on
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(("a=3", 2.0, true), await TakeAsync(replay, begun));
    }

    [Fact]
    public async Task A_line_without_an_end_takes_no_more_memory_than_a_line()
    {
        await using var replay = await StartAsync("seconds,a\n" + new string('1', 1_000_000) + "\n1,2\n");
        Assert.Contains(":2: not a reading: longer than", (await replay.FaultAsync(DeviceFault.Frame)).Message, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("a=2", (await TakeAsync(replay, 0)).Values);
    }

    [Theory]
    [InlineData("")]
    [InlineData("seconds")]
    [InlineData("time,a\n0,1")]
    [InlineData("seconds,\n0,1")]
    public async Task A_file_without_a_head_is_a_fault_of_the_configuration(string text)
    {
        await File.WriteAllTextAsync(_path, text, TestContext.Current.CancellationToken);
        var fault = Assert.Single(Parts.Faults("replay", new DriverContext(_board, _time), ("file", _path)));
        Assert.StartsWith($"part.file: {_path}:1:", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_fault_of_the_configuration()
    {
        Assert.Single(Parts.Faults("replay", new DriverContext(_board, _time), ("file", _path + ".none")));
        Assert.Contains("part.file: missing", Parts.Faults("replay", new DriverContext(_board, _time)));
    }

    [Fact]
    public async Task A_file_with_a_head_only_has_no_reading_and_keeps_no_processor_busy()
    {
        await File.WriteAllTextAsync(_path, "seconds,a\n", TestContext.Current.CancellationToken);
        await using var replay = Parts.Make<Replay>("replay", new DriverContext(_board, _time), ("file", _path), ("repeat", "true"));
        var asked = 0;
        replay.Attention = _ => asked++;
        await Assert.ThrowsAsync<DriverException>(async () => await replay.StartAsync(default));
        await replay.StartAsync(default);
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await replay.FaultAsync(DeviceFault.Frame);
            await replay.StartAsync(default);
        }

        Assert.InRange(asked, 9, 11);
    }

    private async Task<(string Values, double At, bool Report)> TakeAsync(Replay replay, long begun)
    {
        var into = new Measurement();
        await replay.MeasureAsync(into, default);
        var values = string.Join(' ', Parts.Values(into).OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Key}={v.Value}")));
        return (values, into.At == 0 ? 0 : _time.GetElapsedTime(begun, into.At).TotalSeconds, into.Report);
    }

    private async Task<Replay> StartAsync(string text, bool repeat = false)
    {
        await File.WriteAllTextAsync(_path, text, TestContext.Current.CancellationToken);
        var replay = Parts.Make<Replay>("replay", new DriverContext(_board, _time), ("file", _path), ("repeat", repeat ? "true" : "false"));
        await replay.StartAsync(default);
        return replay;
    }
}
