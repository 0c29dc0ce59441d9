using System.Globalization;
using System.Text.Json;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>
/// What is true after a campaign, by the stores themselves: InfluxDB's rows, PostgreSQL's rows, both servers' event streams and the gateways' own notes.
/// Everything is looked at; what is wrong is collected, so that one fault does not hide another.
/// </summary>
internal sealed class Verdict(ClusterTown town, FaultLog faults)
{
    private readonly List<string> _wrong = [];
    private readonly List<string> _said = [];

    /// <summary>What is wrong; empty when everything holds.</summary>
    public IReadOnlyList<string> Wrong => _wrong;

    /// <summary>What was counted.</summary>
    public IReadOnlyList<string> Said => _said;

    /// <summary>Adds a line to what was counted.</summary>
    public void Say(string name, FormattableString words) => _said.Add($"{name,-26} {FormattableString.Invariant(words)}");

    /// <summary>Adds what is wrong, at most the first twelve of a kind.</summary>
    public void Blame(string what, IEnumerable<string> which)
    {
        var all = which.ToList();
        if (all.Count > 0)
        {
            _wrong.Add($"{what} ({all.Count}):\n  " + string.Join("\n  ", all.Take(12)));
        }
    }

    /// <summary>Acknowledged readings = stored readings: count and sums of every device.</summary>
    public async Task ReadingsAsync(IReadOnlyDictionary<string, Account> made, long acknowledged)
    {
        List<string> wrong = [];
        await SoonAsync(async () => wrong = await WrongAccountsAsync(made), () => wrong.Count == 0);
        Blame("readings in InfluxDB are not those acknowledged", wrong);
        var readings = made.Values.Sum(a => a.Count);
        Blame("readings acknowledged are not those made", readings == acknowledged ? [] : [FormattableString.Invariant($"made {readings}, acknowledged {acknowledged}")]);
        Blame("InfluxDB found its own files damaged", town.Influx.Torn);
        Say("readings acknowledged", $"{acknowledged:N0}, {readings * 4:N0} values; in InfluxDB count and checksums of {made.Count} devices {(wrong.Count == 0 ? "exact" : "WRONG")}");
    }

    /// <summary>Every line said on an alarm connection is in InfluxDB, once.</summary>
    public async Task AlarmLinesAsync(IReadOnlyDictionary<(string Kind, string Device), long> lines)
    {
        List<string> wrong = [];
        await SoonAsync(
            async () =>
            {
                wrong = [];
                foreach (var (kind, metric) in ((string, string)[])[("manual_call_point", "pressed"), ("fire_detector", "loop_state"), ("water_level", "water_level_m"), ("manhole", "cover_open")])
                {
                    var stored = await town.Influx.CountsAsync(town.Database, kind, metric);
                    var said = lines.Where(l => l.Key.Kind == kind).ToDictionary(l => l.Key.Device, l => l.Value, StringComparer.Ordinal);
                    wrong.AddRange(said.Keys.Union(stored.Keys).Where(d => said.GetValueOrDefault(d) != stored.GetValueOrDefault(d))
                        .Select(d => FormattableString.Invariant($"{d}: said {said.GetValueOrDefault(d)}, stored {stored.GetValueOrDefault(d)}")));
                }
            },
            () => wrong.Count == 0);
        Blame("lines in InfluxDB are not those said", wrong);
        Say("alarm lines", $"{lines.Values.Sum():N0} said and acknowledged, each {(wrong.Count == 0 ? "stored once" : "WRONG")}");
    }

    /// <summary>Transitions happened once and in order, everybody was told all of them, and they are the expected ones.</summary>
    public async Task TransitionsAsync(CityEars ears, IReadOnlyDictionary<(string Kind, string Subject), List<Step>> expected)
    {
        var rows = await town.Watch.RowsAsync("SELECT seq, alert, what, at, revision FROM transitions ORDER BY seq", r => (Id: r.GetInt64(0), Alert: r.GetString(1), What: r.GetString(2), At: r.GetInt64(3), Revision: r.GetInt64(4)));
        var last = rows.Count == 0 ? 0 : rows[^1].Id;
        foreach (var (stream, n) in ears.Streams.Select((s, n) => (s, n)))
        {
            await SoonAsync(() => Task.CompletedTask, () => last == 0 || stream.From(0) is [.., var newest] && newest.Event.Id >= last);
            var told = stream.From(0).Where(e => e.Event.Id <= last).Select(e => (e.Event.Id, e.Event.Alert, e.Event.What, e.Event.Revision)).ToList();
            var book = rows.Select(r => (r.Id, r.Alert, r.What, r.Revision)).ToList();
            Blame($"server {town.Servers[n].Name}'s stream is not the book's transitions", book.Except(told).Select(m => $"not told: {m}").Concat(told.Except(book).Select(m => $"not in the book: {m}")));
        }

        Blame("the streams broke their promise", ears.Faults);
        Blame("a transition happened twice", rows.GroupBy(r => (r.Alert, r.What, r.At)).Where(g => g.Count() > 1 && g.Key.What is not "updated").Select(g => g.Key.ToString()));
        Blame("an alert's steps are out of order", rows.GroupBy(r => r.Alert).Where(a => !a.Select(r => r.Revision).SequenceEqual(Enumerable.Range(1, a.Count()).Select(n => (long)n))).Select(a => a.Key));

        // What ends by time ends a second after the last word: nobody is judged before that.
        var (extra, wrong) = (new List<string>(), new List<string>());
        await SoonAsync(
            () =>
            {
                (extra, wrong) = Differences(ears, expected);
                return Task.CompletedTask;
            },
            () => extra.Count == 0 && wrong.Count == 0);
        Blame("alerts that nothing led to", extra);
        Blame("transitions are not those expected", wrong);
        Say("alert transitions", $"{expected.Values.Sum(s => s.Count):N0} expected of {expected.Count:N0} subjects, {(wrong.Count == 0 ? "each once and in order" : $"{wrong.Count} subjects WRONG")}; {rows.Count:N0} in the book, streams opened {string.Join(" and ", ears.Streams.Select(s => s.Opened))} times");
        Say("other events", $"{string.Join(", ", ears.Streams.SelectMany(s => s.Others).GroupBy(o => o.Key).Select(g => $"{g.Key} {g.Sum(o => o.Value)}"))}");
        Say("kinds of alerts", $"{string.Join(", ", ears.Heard.Where(h => h.Event.What == "raised").GroupBy(h => h.Event.Kind).Select(g => $"{g.Key} {g.Count()}"))}");
    }

    /// <summary>
    /// What the telemetry lane says of manholes, whichever server had which reading in its log when it died: no opening without an alert, no two alerts of one
    /// cover at a time, none left open behind a cover that is closed.
    /// </summary>
    public async Task LidsAsync(CityEars ears, IReadOnlyDictionary<string, IReadOnlyList<(long From, long To)>> openings)
    {
        List<string> wrong = [];
        var twice = 0;
        await SoonAsync(
            () =>
            {
                (wrong, twice) = ([], 0);
                foreach (var (lid, open) in openings)
                {
                    var alerts = ears.Heard.Select(h => h.Event).Where(e => e.Kind == "manhole" && e.Subject == lid).GroupBy(e => e.Alert)
                        .Select(a => (From: a.First().When, To: a.FirstOrDefault(e => e.What is "resolved" or "cleared")?.When ?? long.MaxValue)).OrderBy(a => a.From).ToList();
                    wrong.AddRange(open.Where(o => !alerts.Exists(a => a.From < o.To && a.To > o.From)).Select(o => $"{lid} was open {faults.At(o.From)} to {faults.At(o.To)}, and nobody was told"));
                    wrong.AddRange(alerts.Where(a => !open.Any(o => a.From >= o.From && a.From < o.To)).Select(a => $"{lid} has an alert of {faults.At(a.From)}, when it was closed"));
                    wrong.AddRange(alerts.Where(a => a.To == long.MaxValue).Select(a => $"{lid} is closed, and its alert of {faults.At(a.From)} is still open"));
                    wrong.AddRange(alerts.Zip(alerts.Skip(1)).Where(p => p.First.To > p.Second.From).Select(p => $"{lid} has two alerts at a time, of {faults.At(p.First.From)} and {faults.At(p.Second.From)}"));
                    twice += open.Count(o => alerts.Count(a => a.From >= o.From && a.From < o.To) > 1);
                }

                return Task.CompletedTask;
            },
            () => wrong.Count == 0);
        Blame("alerts of manholes", wrong);
        Say("manholes", $"{openings.Values.Sum(o => o.Count)} openings, {(wrong.Count == 0 ? "each with its alert, none left open, never two at a time" : "WRONG")}; {twice} told in two parts");
    }

    /// <summary>
    /// No alarm later than ten seconds: from the gateway's measurement to the first person who could see it. Time in which the book was away for long is not
    /// counted; the second or four of its restarts are.
    /// </summary>
    public void Latencies(CityEars ears, IReadOnlyDictionary<(string Kind, string Subject), List<Step>> expected, TimeSpan limit)
    {
        var heard = ears.Heard.Where(h => h.Event.What == "raised").GroupBy(h => (h.Event.Kind, h.Event.Subject, h.Event.When)).ToDictionary(g => g.Key, g => g.First().At);
        var held = 0;
        var late = new List<(double Seconds, string What, long Due, long At)>();
        foreach (var ((kind, subject), steps) in expected)
        {
            foreach (var step in steps.Where(s => s is { Due: not null, When: not null, What: "raised" }))
            {
                if (heard.TryGetValue((kind, subject, step.When!.Value), out var at))
                {
                    var away = faults.Away(step.Due!.Value, at);
                    held += away > 0 ? 1 : 0;
                    late.Add(((at - step.Due.Value - away) / 1e9, $"{kind} of {subject}", step.Due.Value, at));
                }
            }
        }

        late = [.. late.OrderBy(l => l.Seconds)];
        if (late.Count > 0)
        {
            double Part(double p) => late[(int)Math.Min(late.Count - 1, p * late.Count)].Seconds;
            Say("alarms heard", $"{late.Count:N0}: half within {Part(0.5):0.000} s, 90 % {Part(0.9):0.00} s, 99 % {Part(0.99):0.00} s, the last {late[^1].Seconds:0.00} s{(held == 0 ? "" : $" ({held} of them counted without the time in which the book was away for long)")}");
            int[] edges = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
            Say("  by whole seconds", $"{string.Join(' ', edges.Select(e => $"{e}:{late.Count(l => e == 10 ? l.Seconds >= 10 : l.Seconds < e + 1 && (e == 0 || l.Seconds >= e))}"))}");
            foreach (var (seconds, what, due, at) in late.TakeLast(5).Reverse())
            {
                Say("  late", $"{seconds:0.00} s: {what} at {faults.At(due)}, while {faults.Between(due - (3 * Stamps.Second), at)}");
            }
        }

        Blame($"alarms later than {limit.TotalSeconds:0} s", late.Where(l => l.Seconds > limit.TotalSeconds)
            .Select(l => FormattableString.Invariant($"{l.Seconds:0.00} s: {l.What} at {faults.At(l.Due)}, while {faults.Between(l.Due - (3 * Stamps.Second), l.At)}")));
    }

    /// <summary>No command was carried out twice, and what the book says of each is what the gateway did.</summary>
    public async Task CommandsAsync(IReadOnlyList<StreetProcess> streets)
    {
        var rows = await town.Watch.RowsAsync("SELECT id, status FROM commands ORDER BY seq", r => (Id: r.GetString(0), Status: r.GetString(1)));
        var done = streets.SelectMany(s => s.Done()).GroupBy(id => id).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        Blame("commands carried out twice", done.Where(d => d.Value > 1).Select(d => $"{d.Key}: {d.Value} times"));
        Blame("commands said to be done that were not", rows.Where(r => r.Status == "done" && !done.ContainsKey(r.Id)).Select(r => r.Id));
        Blame("commands done that the book does not know as done", rows.Where(r => r.Status != "done" && done.ContainsKey(r.Id)).Select(r => $"{r.Id}: {r.Status}"));
        Blame("commands nobody had given", done.Keys.Except(rows.Select(r => r.Id)));
        Say("commands", $"{rows.Count} given, {done.Count} carried out, none twice: {string.Join(", ", rows.GroupBy(r => r.Status).Select(g => $"{g.Key} {g.Count()}"))}");
    }

    /// <summary>A server that had been superseded wrote nothing, and no server ended for a reason that is not that.</summary>
    public async Task ServersAsync()
    {
        var rows = await town.Watch.ServersAsync();
        Blame("written by a server that had been superseded", await town.Watch.WritesOfTheSupersededAsync());
        var fenced = rows.Where(r => r.Fenced).Select(r => (r.Name, r.Incarnation)).Distinct().Count();
        var writes = await town.Watch.RowsAsync("SELECT split_part(who, '.', 1), count(*), count(DISTINCT turn) FROM campaign.writes GROUP BY 1 ORDER BY 1", r => $"{r.GetString(0)} {r.GetInt64(2)}");
        Say("servers", $"{string.Join(", ", town.Servers.Select(s => $"{s.Name} started {s.Launches} times, ended by itself {s.Ends.Count} times"))}; {fenced} fenced");
        Say("turns that wrote", $"{string.Join(", ", writes)}; none by one that had been superseded");
        Blame("a server ended by itself for another reason than having been superseded", town.Servers.SelectMany(s => s.Ends)
            .Where(e => e.ExitCode != 1 || !e.Words.Contains("superseded", StringComparison.OrdinalIgnoreCase)).Select(e => $"{e.Server} with {e.ExitCode}: {e.Words.ReplaceLineEndings(" / ")}"));
    }

    /// <summary>Both servers' consoles show one city: every device in the same state on both maps.</summary>
    public async Task MapsAsync()
    {
        List<string> wrong = [];
        var devices = 0;
        await SoonAsync(
            async () =>
            {
                var maps = new List<Dictionary<string, string>>();
                foreach (var server in town.Http)
                {
                    using var client = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromSeconds(10) };
                    client.DefaultRequestHeaders.Add("Authorization", "Bearer " + town.Key);
                    using var json = JsonDocument.Parse(await client.GetStringAsync("/api/v1/map"));
                    maps.Add(json.RootElement.GetProperty("devices").EnumerateArray().ToDictionary(d => d[0].GetString()!, d => d[4].GetRawText(), StringComparer.Ordinal));
                }

                devices = maps[0].Count;
                wrong = [.. maps[0].Keys.Union(maps[1].Keys).Where(d => maps[0].GetValueOrDefault(d) != maps[1].GetValueOrDefault(d))
                    .Select(d => $"{d}: {maps[0].GetValueOrDefault(d)} on {town.Servers[0].Name}, {maps[1].GetValueOrDefault(d)} on {town.Servers[1].Name}")];
            },
            () => wrong.Count == 0);
        Blame("two consoles show two cities", wrong);
        Say("maps", $"{devices} devices, {(wrong.Count == 0 ? "in the same state on both servers" : "WRONG")}");
    }

    /// <summary>Nobody who spoke all the time was called silent.</summary>
    public void Silence(CityEars ears, IReadOnlySet<string> speaking) => Blame("called silent while speaking", ears.Heard
        .Where(h => h.Event.Kind == "silence" && h.Event.What == "raised" && speaking.Contains(h.Event.Subject)).Select(h => $"{h.Event.Subject} at {faults.At(h.Event.When)}"));

    private static (List<string> Extra, List<string> Wrong) Differences(CityEars ears, IReadOnlyDictionary<(string Kind, string Subject), List<Step>> expected)
    {
        // Escalations are time's, not the gateways': that each happens once is asked of all steps.
        var found = ears.Heard.Select(h => h.Event).Where(e => e is { Kind: "fire" or "fire-prealarm" or "flood", What: not "escalated" }).GroupBy(e => (e.Kind, e.Subject)).ToDictionary(g => g.Key, g => g.ToList());
        var wrong = new List<string>();
        foreach (var (key, steps) in expected)
        {
            var actual = found.GetValueOrDefault(key) ?? [];
            var want = Alerts(steps.Select(s => (s.What, s.When))).Order(StringComparer.Ordinal).ToList();
            var got = actual.GroupBy(e => e.Alert).Select(a => string.Join(' ', a.Select(e => Word(e.What, e.What == "acknowledged" ? null : e.When)))).Order(StringComparer.Ordinal).ToList();
            if (!want.SequenceEqual(got))
            {
                wrong.Add($"{key}: expected {string.Join(" | ", want.Except(got))}; got {string.Join(" | ", got.Except(want))}");
            }
        }

        return ([.. found.Keys.Except(expected.Keys).Select(k => $"{k}: {Shown(found[k])}")], wrong);
    }

    private async Task<List<string>> WrongAccountsAsync(IReadOnlyDictionary<string, Account> made)
    {
        var answer = await town.Influx.QueryAsync(
            town.Database, $"SELECT count(vehicles_total), sum(vehicles_total), sum(vehicles_per_minute), count(speed_km_h), count(occupancy_percent) FROM {LoadGateway.Kind} GROUP BY device");
        using var json = JsonDocument.Parse(answer);
        var found = new Dictionary<string, decimal[]>(StringComparer.Ordinal);
        if (json.RootElement.GetProperty("results")[0].TryGetProperty("series", out var series))
        {
            foreach (var one in series.EnumerateArray())
            {
                found[one.GetProperty("tags").GetProperty("device").GetString()!] = [.. one.GetProperty("values")[0].EnumerateArray().Skip(1).Select(v => v.ValueKind == JsonValueKind.Number ? v.GetDecimal() : 0)];
            }
        }

        return [.. made.Where(m => !(found.GetValueOrDefault(m.Key) is { } v && v[0] == m.Value.Count && v[1] == m.Value.Total && v[2] == m.Value.Vehicles && v[3] == m.Value.Count && v[4] == m.Value.Count))
            .Select(m => $"{m.Key}: made {m.Value}, stored {(found.GetValueOrDefault(m.Key) is { } v ? string.Join(' ', v) : "nothing")}")
            .Concat(found.Keys.Except(made.Keys).Select(d => d + ": stored and never made"))];
    }

    // Readers may still be on their way: what is not so within half a minute is wrong.
    private static async Task SoonAsync(Func<Task> look, Func<bool> good)
    {
        for (var again = 0; ; again++)
        {
            await look();
            if (good() || again == 60)
            {
                return;
            }

            await Task.Delay(500);
        }
    }

    private static IEnumerable<string> Alerts(IEnumerable<(string What, long? When)> steps)
    {
        var words = new List<string>();
        foreach (var (what, when) in steps)
        {
            if (what == "raised" && words.Count > 0)
            {
                yield return string.Join(' ', words);
                words.Clear();
            }

            words.Add(Word(what, when));
        }

        yield return string.Join(' ', words);
    }

    private static string Word(string what, long? when) => when is { } at ? string.Create(CultureInfo.InvariantCulture, $"{what}@{at}") : what;

    private static string Shown(IEnumerable<AlertEvent> events) => string.Join(' ', events.Select(e => Word(e.What, e.When)));
}
