using SmartCity.Ingest.Ledger;

namespace SmartCity.Ingest.Tests.Ledger;

/// <summary>Two servers with a log each and one book: a lamp's gateway turns from one to the other, and not a watt-hour is counted twice or lost.</summary>
public sealed class LedgerOfTwoTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task What_the_other_server_has_counted_meanwhile_is_not_counted_again()
    {
        await using var rig = await LedgerRig.OpenAsync();
        await using var other = rig.Beside("two");
        var (one, two) = (await rig.OpenReaderAsync("one"), await other.OpenReaderAsync("two"));
        await rig.LampAsync("a", 6, 100, 1_000, 300);
        await rig.LampAsync("a", 7, 100.1, 1_001, 301);
        await ReadAsync(one);
        await ReadAsync(two);

        // The gateway turns to the second server, which opened the ledger before any of this was counted, and back.
        await other.LampAsync("a", 8, 100.2, 1_002, 302);
        await other.LampAsync("a", 9, 100.3, 1_003, 303);
        await ReadAsync(two);
        await rig.LampAsync("a", 10, 100.4, 1_004, 304);
        await rig.LampAsync("a", 11, 100.5, 1_005, 305);
        await ReadAsync(one);

        var night = Assert.Single(await rig.NightsAsync("a")).Sums;
        Assert.Equal((500_000L, 5 * 3_600L, 5L), (night.Energy, night.Seconds, night.Switches));
        Assert.Equal(500_000, Assert.Single(await rig.MonthsAsync("a")).Energy);
    }

    [Fact]
    public async Task A_lamp_that_both_meet_for_the_first_time_is_one_meter()
    {
        await using var rig = await LedgerRig.OpenAsync();
        await using var other = rig.Beside("two");
        var (one, two) = (await rig.OpenReaderAsync("one"), await other.OpenReaderAsync("two"));
        await rig.LampAsync("a", 6, 100, 1_000, 300);
        await other.LampAsync("a", 6, 100, 1_000, 300);
        await other.LampAsync("a", 7, 100.1, 1_001, 301);
        Take(one);
        Take(two);
        await WriteAsync(two);
        await WriteAsync(one);
        await rig.LampAsync("a", 8, 100.3, 1_002, 301);
        await ReadAsync(one);
        Assert.Equal(300_000, Assert.Single(await rig.NightsAsync("a")).Sums.Energy);
    }

    [Fact]
    public async Task What_a_dead_server_had_read_and_not_written_is_counted_by_the_other_and_once()
    {
        await using var rig = await LedgerRig.OpenAsync();
        await using var other = rig.Beside("two");
        var two = await other.OpenReaderAsync("two");
        var one = await rig.OpenReaderAsync("one");
        await rig.LampAsync("a", 6, 100, 1_000, 300);
        await ReadAsync(one);
        await rig.LampAsync("a", 6.1, 100.01, 1_000.1, 300);
        await rig.LampAsync("a", 6.2, 100.02, 1_000.2, 300);
        Take(one); // and dies

        await other.LampAsync("a", 6.2, 100.02, 1_000.2, 300); // was not acknowledged: sent again
        await other.LampAsync("a", 6.3, 100.03, 1_000.3, 300);
        await ReadAsync(two);
        await ReadAsync(await rig.OpenReaderAsync("one"));
        Assert.Equal(30_000, Assert.Single(await rig.NightsAsync("a")).Sums.Energy);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whoever_reads_writes_and_dies_in_whatever_order_the_sum_is_what_the_counters_say(int seed)
    {
        var chance = new Random(seed);
        await using var rig = await LedgerRig.OpenAsync(new LedgerOptions { AtOnce = 2 });
        await using var other = rig.Beside("two");
        LedgerRig[] servers = [rig, other];
        LedgerReader[] readers = [await rig.OpenReaderAsync("0"), await other.OpenReaderAsync("1")];
        var holder = new int[6];
        for (var step = 1; step <= 300; step++)
        {
            if (step == 2)
            {
                await ReadAsync(readers[0]); // counting begins at a lamp's first reading
                await ReadAsync(readers[1]);
            }

            for (var lamp = 0; lamp < holder.Length; lamp++)
            {
                holder[lamp] ^= chance.Next(20) == 0 ? 1 : 0;
                await servers[holder[lamp]].LampAsync(FormattableString.Invariant($"l{lamp}"), step / 30.0, 5 + (step * 0.001 * (lamp + 1)), 20 + (step / 30.0), 3 + (step / 10));
                if (chance.Next(10) == 0)
                {
                    await servers[holder[lamp] ^ 1].LampAsync(FormattableString.Invariant($"l{lamp}"), step / 30.0, 5 + (step * 0.001 * (lamp + 1)), 20 + (step / 30.0), 3 + (step / 10));
                }
            }

            var server = chance.Next(2);
            switch (chance.Next(8))
            {
                case 0:
                    readers[server] = await servers[server].OpenReaderAsync(FormattableString.Invariant($"{server}")); // killed, whatever it had read
                    break;
                case < 4:
                    await ReadAsync(readers[server], cursor: chance.Next(2) == 0);
                    break;
                case < 6:
                    Take(readers[server]);
                    break;
            }
        }

        foreach (var reader in readers)
        {
            await ReadAsync(reader);
        }

        for (var lamp = 0; lamp < holder.Length; lamp++)
        {
            var nights = await rig.NightsAsync(FormattableString.Invariant($"l{lamp}"));
            Assert.Equal((299_000L * (lamp + 1), 30L), (nights.Sum(n => n.Sums.Energy), nights.Sum(n => n.Sums.Switches)));
            Assert.Equal(nights.Sum(n => n.Sums.Seconds), (long)Math.Round(299 / 30.0 * 3_600));
        }
    }

    [Fact]
    public async Task Each_log_has_its_cursor_whatever_its_server_is_called_and_the_ledger_began_once()
    {
        await using var rig = await LedgerRig.OpenAsync();
        await rig.LampAsync("a", 6, 1, 2, 1);
        await ReadAsync(await rig.OpenReaderAsync(""));
        await rig.Book.Store.WriteAsync(t => t.Sql.Execute("UPDATE ledger_cursor SET since = 7"), Cancel);

        // Alone before, now one of two: it goes on where it was.
        await rig.LampAsync("a", 7, 1.1, 3, 1);
        var one = await rig.OpenReaderAsync("one");
        Assert.True(one.Lag < 200);
        await ReadAsync(one);
        await using var other = rig.Beside("two");
        await ReadAsync(await other.OpenReaderAsync("two"));
        Assert.Equal(
            [("one", 7L), ("two", 7L)],
            await rig.Book.Store.ReadAsync(sql => sql.Query("SELECT server, since FROM ledger_cursor ORDER BY server", r => (r.GetString(0), r.GetInt64(1))), Cancel));
        Assert.Equal(7, (await rig.Ledger.SpanAsync(Cancel))?.Since);
    }

    private static void Take(LedgerReader reader)
    {
        while (reader.TakeNext(512))
        {
        }
    }

    private static async Task WriteAsync(LedgerReader reader, bool cursor = true)
    {
        await reader.WriteMetersAsync(Cancel);
        if (cursor)
        {
            await reader.WriteCursorAsync(Cancel);
        }
    }

    private static Task ReadAsync(LedgerReader reader, bool cursor = true)
    {
        Take(reader);
        return WriteAsync(reader, cursor);
    }
}
