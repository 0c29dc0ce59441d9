using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Embedded;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.History;

/// <summary>Readings in memory and in blocks are the readings that were sent: late, again, in any order, whenever they are written.</summary>
public sealed class BlockTests
{
    // So small that a few dozen readings meet every bound.
    private static readonly EmbeddedOptions _small = new()
    {
        Days = 400_000,
        BlockReadings = 12,
        BlockBytes = 160,
        BlockSpan = TimeSpan.FromTicks(4),
        SmallReadings = 5,
        SmallBlocks = 2,
    };

    private static readonly string[] _metrics = ["a", "b", "c", "text", "time_is_arrival"];

    [Fact]
    public void Blocks_come_back_as_they_were_written() => Prop.ForAll<long[], byte>((times, more) =>
    {
        var buffer = new ByteBuffer();
        Span<byte> head = stackalloc byte[BlockCodec.LongestHead];
        var written = times.SelectMany(t => new[] { t, t * 1_000_000, unchecked(t * 1_000_000_000), long.MinValue + t, long.MaxValue - t }).ToArray();
        var start = written.Length > 0 ? written[0] : 0;
        var last = start;
        foreach (var time in written)
        {
            buffer.Write(head[..BlockCodec.WriteHead(head, unchecked(time - last), more)]);
            buffer.Write(new byte[more]);
            last = time;
        }

        var reader = new BlockReader(buffer.Span, start);
        var read = new List<long>();
        while (reader.Read())
        {
            read.Add(reader.Time);
            Assert.Equal(more, reader.Fields.Length);
        }

        return read.SequenceEqual(written);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Usual_distances_take_few_bytes()
    {
        Span<byte> head = stackalloc byte[BlockCodec.LongestHead];
        Assert.Equal(2 + 1, BlockCodec.WriteHead(head, 30_000_000_000, 20));
        Assert.Equal(3 + 1, BlockCodec.WriteHead(head, 30_017_000_000, 20));
        Assert.Equal(1 + 1, BlockCodec.WriteHead(head, 0, 20));
    }

    [Fact]
    public void A_block_cut_or_changed_anywhere_is_read_or_refused_but_never_worse()
    {
        var run = new ReadingRun();
        var buffer = new ByteBuffer();
        Span<byte> head = stackalloc byte[BlockCodec.LongestHead];
        for (var i = 0; i < 40; i++)
        {
            buffer.Write(head[..BlockCodec.WriteHead(head, i * 999_983L, i % 5)]);
            buffer.Write(new byte[i % 5]);
        }

        var random = new Random(7);
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = buffer.Span[..random.Next(buffer.Length + 1)].ToArray();
            if (bytes.Length > 0)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            run.Clear();
            try
            {
                run.Add(bytes, 5);
            }
            catch (InvalidDataException)
            {
                // said, not thrown over
            }

            Assert.InRange(run.Count, 0, bytes.Length);
        }
    }

    [Fact]
    public void Names_keep_their_numbers()
    {
        var names = new NameTable();
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < 20_000; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"environment_station,device={(char)('a' + (i % 26))}{i * 7919L % 100_003}");
            known[name] = names.Add(Encoding.UTF8.GetBytes(name), names.Count + 1 + (i % 3 == 0 ? 1 : 0));
        }

        foreach (var (name, number) in known)
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            Assert.True(names.TryGet(bytes, out var found));
            Assert.Equal(number, found);
            Assert.True(names.Is(number, bytes));
            Assert.False(names.Is(number + 1, bytes));
            Assert.False(names.TryGet([.. bytes, (byte)'x'], out _));
        }

        Assert.False(names.Is(0, "x"u8));
        Assert.False(names.Is(names.Count + 1, "x"u8));
        Assert.False(names.Is(-1, "x"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Whatever_comes_and_whenever_it_is_written_the_answers_are_those_of_a_table(int seed)
    {
        var random = new Random(seed);
        var model = new Model();
        var folder = Directory.CreateTempSubdirectory("smartcity-blocks-").FullName;
        try
        {
            for (var life = 0; life < 4; life++)
            {
                if (life == 0)
                {
                    Rows(folder, model, random);
                }

                await using var rig = StoreRig.Embedded(_small, folder);
                for (var step = 0; step < 60; step++)
                {
                    var text = new StringBuilder();
                    var arrival = random.Next(10) == 0;
                    for (var n = random.Next(12); n >= 0; n--)
                    {
                        text.Append(model.Line(random, step + (60 * life), arrival));
                    }

                    await rig.WriteAsync(text.ToString(), (life * 100) + step + 1, arrival ? FrameFlags.ArrivalTime : FrameFlags.None);
                    if (random.Next(3) == 0)
                    {
                        await rig.SettleAsync();
                    }

                    if (random.Next(5) == 0)
                    {
                        await model.SameAsync(rig, random);
                    }
                }

                await model.SameAsync(rig, random);
                await rig.SettleAsync();
                await model.SameAsync(rig, random);
                Apart(folder);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Single_readings_do_not_stay_small_blocks_for_ever()
    {
        await using var rig = StoreRig.Embedded();
        for (var n = 0; n < 1_500; n++)
        {
            await rig.WriteAsync(Readings.Line(1, n), n + 1);
            await rig.SettleAsync();
        }

        Assert.Equal(1_500, (await rig.PointsAsync("environment", "env-1", "energy_wh")).Count);
        using var file = SqliteFile.OpenReader(Path.Combine(rig.Folder, "history.db"));
        Assert.InRange(SqliteFile.Number(file, "SELECT COUNT(*) FROM blocks"), 1, 15);
    }

    [Fact]
    public async Task Late_readings_do_not_stay_small_blocks_for_ever()
    {
        await using var rig = StoreRig.Embedded();
        await rig.WriteAsync(Readings.Lines(1, 0, 300) + Readings.Lines(1, 5_000, 5_300));
        await rig.SettleAsync();
        for (var n = 1_000; n > 300; n -= 2)
        {
            await rig.WriteAsync(Readings.Line(0, n) + Readings.Line(0, 3_000 - n));
            await rig.SettleAsync();
        }

        Assert.Equal(600 + 700, (await rig.PointsAsync("environment", "env-0", "energy_wh")).Count);
        using var file = SqliteFile.OpenReader(Path.Combine(rig.Folder, "history.db"));
        Assert.InRange(SqliteFile.Number(file, "SELECT COUNT(*) FROM blocks"), 1, 12);
        Apart(rig.Folder);
    }

    [Fact]
    public async Task A_reading_larger_than_any_chunk_is_kept_whole()
    {
        await using var rig = StoreRig.Embedded();
        int[] sizes = [1, 900, 1_100, 60_000, 600_000, 1_100_000, 3_000_000, 5];
        for (var i = 0; i < sizes.Length; i++)
        {
            await rig.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"k,device=d s=\"{new string((char)('a' + i), sizes[i])}\",v={i} {i + 1}\nk,device=e v={i} {i + 1}\n"));
        }

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(sizes, (await rig.PointsAsync("k", "d", "s")).Select(p => p.Value.Text!.Length));
            Assert.Equal(Enumerable.Range(0, sizes.Length).Select(i => (double)i), (await rig.PointsAsync("k", "e", "v")).Select(p => p.Value.Number!.Value));
            await rig.SettleAsync();
        }
    }

    [Fact]
    public async Task A_damaged_block_does_not_keep_new_readings_out()
    {
        await using var rig = StoreRig.Embedded();
        await rig.WriteAsync("k,device=d v=1 10\nk,device=d v=2 20\n");
        await rig.SettleAsync();
        using (var file = SqliteFile.Open(Path.Combine(rig.Folder, "history.db")))
        {
            SqliteFile.Run(file, "UPDATE blocks SET data = CAST(substr(data, 1, length(data) - 1) AS BLOB)");
        }

        await Assert.ThrowsAsync<HistoryStoppedException>(() => rig.PointsAsync("k", "d", "v"));
        await rig.WriteAsync("k,device=d v=3 15\n");
        await rig.SettleAsync();
        Assert.Equal([1d, 3d], (await rig.PointsAsync("k", "d", "v")).Select(p => p.Value.Number!.Value));
    }

    [Fact]
    public async Task A_damaged_reading_does_not_keep_a_later_one_of_its_time_out()
    {
        await using var rig = StoreRig.Embedded();
        await rig.WriteAsync("k,device=d v=1 10\n");
        await rig.SettleAsync();
        using (var file = SqliteFile.Open(Path.Combine(rig.Folder, "history.db")))
        {
            SqliteFile.Run(file, "UPDATE blocks SET data = x'02021F02'"); // a field of a type that there is not
        }

        await rig.WriteAsync("k,device=d v=3 10\nk,device=d v=4 11\n");
        await rig.SettleAsync();
        Assert.Equal([3d, 4d], (await rig.PointsAsync("k", "d", "v")).Select(p => p.Value.Number!.Value));
    }

    [Fact]
    public async Task Memory_is_written_when_it_is_old_or_much_or_holds_much_log()
    {
        var time = new SmartCity.TestSupport.FakeTime();
        var options = new EmbeddedOptions { Days = 36_500, HeadAge = TimeSpan.FromSeconds(60), HeadBytes = 1 << 20, HeadLogBytes = 64 << 20 };
        await using var rig = StoreRig.Embedded(options, time: time);
        await rig.WriteAsync("k,device=d v=1 1\n", 10);
        await rig.Store.SettleAsync(now: false, default);
        Assert.Null(rig.Store.Durable(Lane.Telemetry));
        time.StepTo(time.GetUtcNow().AddSeconds(60));
        await rig.Store.SettleAsync(now: false, default);
        Assert.Equal(10, rig.Store.Durable(Lane.Telemetry)!.Value.Position);

        for (var n = 0; n < 40; n++)
        {
            await rig.WriteAsync(Readings.Lines(50, n * 100, (n * 100) + 100), 20 + n);
        }

        Assert.InRange(rig.Store.Durable(Lane.Telemetry)!.Value.Position, 40, 59);

        await using var few = StoreRig.Embedded(options with { HeadLogBytes = 1 << 20, HeadBytes = 64 << 20 }, time: time);
        await few.WriteAsync(Readings.Lines(50, 0, 400), 20);
        Assert.Null(few.Store.Durable(Lane.Telemetry));
        await few.WriteAsync("", 21);
        Assert.Equal(20, few.Store.Durable(Lane.Telemetry)!.Value.Position);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(400, false)]
    public async Task Memory_is_written_early_where_its_devices_have_enough_for_a_block_each(int devices, bool early)
    {
        var options = new EmbeddedOptions { Days = 36_500, EarlyLogBytes = 64 << 10, SmallReadings = 256 };
        await using var rig = StoreRig.Embedded(options);
        await rig.WriteAsync(Readings.Lines(devices, 0, 8_000 / devices), 10);
        await rig.Store.SettleAsync(now: false, default);
        Assert.Equal(early ? 10 : null, rig.Store.Durable(Lane.Telemetry)?.Position);
    }

    [Fact]
    public async Task Killed_at_any_moment_the_file_has_exactly_what_its_cursor_says_and_the_rest_follows_from_the_log()
    {
        // The log: 400 frames. The store is copied as a kill would leave it (the file and its journal as they stand), opened, and
        // goes on behind its own cursor.
        var frames = Enumerable.Range(0, 400).Select(n => Readings.Lines(3, n, n + 1) + (n % 7 == 3 ? Readings.Lines(3, n - 3, n - 2) : "")).ToArray();
        var random = new Random(3);
        await using var rig = StoreRig.Embedded(_small with { BlockSpan = TimeSpan.FromDays(1) });
        for (var n = 0; n < frames.Length; n++)
        {
            await rig.WriteAsync(frames[n], n + 1);
            if (random.Next(9) == 0)
            {
                await rig.SettleAsync();
            }

            if (n % 40 != 39)
            {
                continue;
            }

            var folder = Directory.CreateTempSubdirectory("smartcity-killed-").FullName;
            try
            {
                foreach (var file in Directory.EnumerateFiles(rig.Folder, "history.db*"))
                {
                    if (!file.EndsWith("-shm", StringComparison.Ordinal))
                    {
                        File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
                    }
                }

                await using var again = StoreRig.Embedded(folder: folder);
                var cursor = (int)((await again.Store.LoadCursorAsync(Lane.Telemetry, default))?.Position ?? 0);
                Assert.Equal(cursor, (await again.PointsAsync("environment", "env-2", "energy_wh")).Count);
                for (var rest = Math.Max(0, cursor - random.Next(3)); rest <= n; rest++)
                {
                    await again.WriteAsync(frames[rest], rest + 1);
                }

                Assert.Equal(
                    Enumerable.Range(0, n + 1).Select(i => (Readings.Time(i), (double)Readings.Energy(2, i))),
                    (await again.PointsAsync("environment", "env-2", "energy_wh")).Select(p => (p.Time, p.Value.Number!.Value)));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    [Fact]
    public async Task What_is_asked_while_it_is_written_is_never_short()
    {
        await using var rig = StoreRig.Embedded();
        var taken = 0;
        var writing = Task.Run(async () =>
        {
            for (var n = 0; n < 600; n++)
            {
                await rig.WriteAsync(Readings.Lines(4, n, n + 1), n + 1);
                Volatile.Write(ref taken, n + 1);
                await rig.SettleAsync();
            }
        });
        while (!writing.IsCompleted)
        {
            var least = Volatile.Read(ref taken);
            var points = await rig.PointsAsync("environment", "env-3", "energy_wh");
            Assert.InRange(points.Count, least, least + 600);
            Assert.Equal(Enumerable.Range(0, points.Count).Select(Readings.Time), points.Select(p => p.Time));
        }

        await writing;
    }

    [Fact]
    public async Task A_graceful_end_writes_everything()
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-end-").FullName;
        try
        {
            await using (var rig = StoreRig.Embedded(folder: folder))
            {
                await rig.WriteAsync(Readings.Lines(5, 0, 20), 33);
            }

            await using var again = StoreRig.Embedded(folder: folder);
            Assert.Equal(33, (await again.Store.LoadCursorAsync(Lane.Telemetry, default))!.Value.Position);
            Assert.Equal(20, (await again.PointsAsync("environment", "env-4", "energy_wh")).Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>No two blocks of a device overlap, and each says of itself what is in it.</summary>
    private static void Apart(string folder)
    {
        using var file = SqliteFile.OpenReader(Path.Combine(folder, "history.db"));
        using var rows = new RawStatement(file, "SELECT series, first, last, readings, data FROM blocks ORDER BY series, first");
        var (series, end) = (0L, 0L);
        var run = new ReadingRun();
        while (rows.Step())
        {
            Assert.True(rows.Number(0) != series || rows.Number(1) > end);
            (series, end) = (rows.Number(0), rows.Number(2));
            run.Clear();
            run.Add(rows.Bytes(4), rows.Number(1));
            Assert.Equal(rows.Number(3), run.Count);
            Assert.Equal((rows.Number(1), rows.Number(2)), (run.Time(0), run.Time(run.Count - 1)));
            Assert.All(Enumerable.Range(1, run.Count - 1), i => Assert.True(run.Time(i) > run.Time(i - 1)));
        }
    }

    /// <summary>Rows as versions before the blocks wrote them.</summary>
    private static void Rows(string folder, Model model, Random random)
    {
        using var file = SqliteFile.Open(Path.Combine(folder, "history.db"));
        SqliteFile.Run(file, EmbeddedHistoryStore.Tables);
        using var insert = new RawStatement(file, "INSERT INTO readings(series, time, fields) VALUES(?1, ?2, ?3)");
        SqliteFile.Run(file, "INSERT INTO series VALUES(1, 'k,device=d0'),(2, 'k,device=d1'); INSERT INTO metrics VALUES(1, 'c'),(2, 'a')");
        for (var n = 0; n < 30; n++)
        {
            var buffer = new ByteBuffer();
            var reader = new LineReader("k c=7,a=8"u8);
            Assert.True(reader.Read());
            for (var metric = 1; reader.NextField(out var field); metric++)
            {
                FieldCodec.Write(buffer, metric, field);
            }

            var (device, time) = (random.Next(2), (n * 9L) - 20);
            insert.Bind(1, device + 1);
            insert.Bind(2, time);
            insert.Bind(3, buffer.Span);
            insert.Run();
            model.Put("d" + device, time, "c", "7");
            model.Put("d" + device, time, "a", "8");
        }
    }

    /// <summary>What a table of (device, time, metric) would hold.</summary>
    private sealed class Model
    {
        private readonly SortedDictionary<long, Dictionary<string, string>>[] _devices = [new(), new(), new()];

        public void Put(string device, long time, string metric, string value)
        {
            var times = _devices[device[1] - '0'];
            if (!times.TryGetValue(time, out var fields))
            {
                times[time] = fields = new(StringComparer.Ordinal);
            }

            fields[metric] = value;
        }

        public string Line(Random random, int step, bool arrival)
        {
            var device = "d" + random.Next(3);
            var time = random.Next(10) switch
            {
                < 5 => step * 3L,                             // as it comes
                < 7 => (step * 3L) + random.Next(-20, 20),    // late, early, again
                < 9 => random.Next(-30, 800),                 // anywhere
                _ => random.Next(2) == 0 ? long.MinValue + random.Next(3) : long.MaxValue - 9 - random.Next(3),
            };
            var fields = _metrics.AsSpan(0, 4).ToArray().Where(_ => random.Next(2) == 0).DefaultIfEmpty("a").ToArray();
            random.Shuffle(fields);
            var parts = new List<string>();
            foreach (var metric in fields)
            {
                var value = metric == "text" ? $"\"{new string('x', random.Next(40))}\"" : random.Next(3) switch
                {
                    0 => random.Next(100).ToString(CultureInfo.InvariantCulture) + "i",
                    1 => (random.Next(10_000) / 100.0).ToString(CultureInfo.InvariantCulture),
                    _ => random.NextDouble().ToString("R", CultureInfo.InvariantCulture),
                };
                parts.Add(metric + "=" + value);
                Put(device, time, metric, value);
            }

            if (arrival)
            {
                Put(device, time, "time_is_arrival", "true");
            }

            return string.Create(CultureInfo.InvariantCulture, $"k,device={device} {string.Join(',', parts)} {time}\n");
        }

        public async Task SameAsync(StoreRig rig, Random random)
        {
            for (var d = 0; d < _devices.Length; d++)
            {
                foreach (var metric in _metrics)
                {
                    var (from, to) = random.Next(3) == 0 ? (random.Next(-40, 400), random.Next(401, 900)) : (long.MinValue, long.MaxValue);
                    var expected = _devices[d].Where(p => p.Key >= from && p.Key < to && p.Value.ContainsKey(metric)).Select(p => (p.Key, p.Value[metric]));
                    var actual = await rig.PointsAsync("k", "d" + d, metric, from, to, random.Next(2) == 0 ? 7 : 10_000);
                    Assert.Equal(expected.Select(e => (e.Key, Shown(e.Item2))), actual.Select(p => (p.Time, Shown(p.Value))));
                }
            }
        }

        private static string Shown(string value) =>
            value[0] == '"' ? value[1..^1] : value == "true" ? value : double.Parse(value.TrimEnd('i'), CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);

        private static string Shown(HistoryValue value) =>
            value.Number is { } number ? number.ToString("R", CultureInfo.InvariantCulture) : value.Flag is { } flag ? (flag ? "true" : "false") : value.Text!;
    }
}
