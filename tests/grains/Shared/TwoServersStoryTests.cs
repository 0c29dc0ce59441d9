using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.Telemetry;
using SmartCity.TestSupport;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests.Shared;

/// <summary>
/// Gateways that send one frame after the other, each until it is acknowledged, to whichever of two servers lives: sessions move, frames come twice, servers stop,
/// die and come back, the book is away or its answer is lost, and nobody hears of anything in time. Told must be what one server tells that saw each frame once. No story
/// rests on a hold: what a takeover makes of one has a test of its own.
/// </summary>
public sealed class TwoServersStoryTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Fact]
    public void Two_servers_tell_what_one_would_tell() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(Stories.Servers), Prop.ForAll(Seeds, seed =>
    {
        var expected = new Town(seed, war: false).RunAsync().GetAwaiter().GetResult();
        var actual = new Town(seed, war: true).RunAsync().GetAwaiter().GetResult();
        var (lost, invented) = (string.Join(' ', expected.Except(actual)), string.Join(' ', actual.Except(expected)));
        Assert.True(lost.Length + invented.Length == 0, $"lost: {lost} invented: {invented}");
        Assert.Equal(expected, actual);
    }));

    [Fact]
    public async Task The_stories_are_about_something()
    {
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        var (conflicts, moved, refused) = (0, 0, 0);
        for (var seed = 0; seed < Stories.ServersLooked; seed++)
        {
            var town = new Town(seed, war: true);
            await town.RunAsync();
            kinds.UnionWith(town.Book.Changes.Select(c => $"{c.Kind} {c.What}"));
            (conflicts, moved, refused) = (conflicts + town.Book.Conflicts, moved + (int)town.Book.Epoch, refused + town.Refusals);
        }

        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal) { "fire Raised", "fire Cleared", "fire-prealarm Raised", "fire-prealarm Cleared", "flood Raised", "flood Updated", "flood Cleared" },
            kinds);
        Assert.True(conflicts > Stories.ConflictsEach * Stories.ServersLooked && moved > 3 * Stories.ServersLooked && refused >= Stories.Refusals, $"{conflicts} conflicts, {moved} takeovers, {refused} refusals");
    }

    private sealed class Town
    {
        private static readonly string[] Gateways = ["g1", "g2", "g3"];

        private readonly FakeTime _time = new();
        private readonly TestDirectory _directory = new();
        private readonly Random _stream;
        private readonly Random _fate;
        private readonly bool _war;
        private readonly TestServer[] _servers;
        private long _stamps;
        private readonly bool[] _stopped = new bool[2];

        public Town(int seed, bool war)
        {
            (_stream, _fate, _war) = (new Random(seed), new Random(seed + 1), war);
            Book = new SharedBook(Lane.Alarm);
            _directory.Add(new ZoneInfo("hall") { AcknowledgeWithin = TimeSpan.FromHours(9) });
            _directory.Add(new ZoneInfo("market") { AcknowledgeWithin = TimeSpan.FromHours(9) });
            foreach (var (id, kind, zone, gateway) in new[]
            {
                ("d1", "fire_detector", "hall", "g1"), ("d2", "fire_detector", "hall", "g2"), ("d3", "fire_detector", "market", "g3"), ("d4", "fire_detector", null, "g2"),
                ("c1", "manual_call_point", "hall", "g3"), ("c2", "manual_call_point", "market", "g1"),
            })
            {
                _directory.Add(new DeviceInfo(id, kind, zone, gateway));
            }

            _directory.Add(new DeviceInfo("w1", "water_level", null, "g1", true, new Dictionary<string, double>(StringComparer.Ordinal) { ["I"] = 4, ["II"] = 5.5 }));
            var options = new HostOptions { SnapshotInterval = TimeSpan.FromSeconds(90), SnapshotChunk = 2 };
            _servers = [new TestServer("a", Book, _directory, _time, options: options), new TestServer("b", Book, _directory, _time, options: options)];
            foreach (var server in _servers)
            {
                server.Fault = () => _war && _fate.Next(8) == 0 ? _fate.Next(2) == 0 : null;
            }
        }

        public SharedBook Book { get; }

        public int Refusals { get; private set; }

        private long Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

        public async Task<string[]> RunAsync()
        {
            foreach (var gateway in Gateways)
            {
                Book.Take(gateway, "a");
            }

            await _servers[0].RestartAsync();
            await _servers[1].RestartAsync();
            for (var step = 0; step < 120; step++)
            {
                _time.Advance(TimeSpan.FromSeconds(_stream.Next(1, 40)));
                var gateway = Gateways[_stream.Next(Gateways.Length)];
                await DeliverAsync(gateway, Lines(gateway), Now);
                await TickAsync();
            }

            _time.Advance(TimeSpan.FromMinutes(5));
            Array.Clear(_stopped);
            await TickAsync();
            await TickAsync();

            // A rise is judged over a window of readings that said nothing, like a hold; silence over a time that a new holder grants anew.
            return [.. Book.Story.Where(s => !s.StartsWith("silence", StringComparison.Ordinal) && !s.StartsWith("flood-rise", StringComparison.Ordinal))];
        }

        /// <summary>Sends it until it is acknowledged, here or there.</summary>
        private async Task DeliverAsync(string gateway, string lines, long at)
        {
            var server = Holder(gateway);
            while (true)
            {
                await MeddleAsync();
                if (_war && (_stopped[server] || _fate.Next(4) == 0))
                {
                    // It waited in vain, or its link broke; what it sent may be in the log of the one it leaves.
                    if (_fate.Next(2) == 0)
                    {
                        _servers[server].Append(gateway, lines, at);
                    }

                    server = _stopped[1 - server] ? server : 1 - server;
                    _stopped[server] = false;
                    _servers[server].Take(gateway);
                }
                else if (_servers[server].EpochOf(gateway, Lane.Alarm) < 0)
                {
                    _servers[server].Take(gateway);
                }

                _servers[server].Append(gateway, lines, at);
                _servers[server].Read();
                var stored = await _servers[server].TryCommitAsync();
                var refused = _servers[server].Refused.Contains(gateway);
                Refusals += refused ? 1 : 0;
                if (stored && !refused && !_servers[server].HasUnread)
                {
                    return;
                }

                if (stored && refused)
                {
                    _servers[server].Take(gateway);
                }
            }
        }

        private async Task MeddleAsync()
        {
            if (!_war)
            {
                return;
            }

            var one = _fate.Next(2);
            switch (_fate.Next(10))
            {
                case 0:
                    await _servers[one].RestartAsync(); // killed: what it had not said is in its log
                    _stopped[one] = false;
                    break;
                case 1:
                    _stopped[one] = !_stopped[1 - one];
                    break;
                case 2:
                    _stopped[one] = false;
                    _servers[one].Read();
                    await _servers[one].TryCommitAsync();
                    break;
                case 3:
                    _servers[one].Hear(lose: _fate.Next(2) == 0);
                    break;
                case 4:
                    _servers[one].Lead();
                    break;
                case 5:
                    await _servers[one].TryCommitAsync(() => new ValueTask(_servers[one].Host.Position is null ? Task.CompletedTask : _servers[one].Host.CheckpointAsync(default)));
                    break;
            }
        }

        private async Task TickAsync()
        {
            for (var i = 0; i < 2; i++)
            {
                if (!_stopped[i])
                {
                    _servers[i].Read();
                    await _servers[i].TickAsync();
                    await _servers[i].CommitAsync();
                }
            }
        }

        private int Holder(string gateway) => Book.Sessions[gateway].Server == "a" ? 0 : 1;

        private string Lines(string gateway)
        {
            var lines = "";
            for (var n = _stream.Next(1, 4); n > 0; n--)
            {
                lines += (gateway, _stream.Next(2)) switch
                {
                    ("g1", 0) => Line("fire_detector", "d1", Loop(), Stamp()),
                    ("g1", _) => _stream.Next(3) == 0 ? Line("manual_call_point", "c2", Pressed(), Stamp()) : Water(),
                    ("g2", 0) => Line("fire_detector", "d2", Loop(), Stamp()),
                    ("g2", _) => Line("fire_detector", "d4", Loop(), Stamp()),
                    (_, 0) => Line("fire_detector", "d3", Loop(), Stamp()),
                    _ => Line("manual_call_point", "c1", Pressed(), Stamp()),
                };
            }

            return lines;
        }

        private string Loop() => _stream.Next(3) == 0 ? "loop_state=1i" : "loop_state=0i";

        private string Pressed() => _stream.Next(8) == 0 ? "pressed=true" : "pressed=false";

        // Each reading has its own: which of two values of one moment is the late one rests on quiet readings before.
        private long Stamp() => Now + ++_stamps;

        private string Water() => Line("water_level", "w1", string.Create(CultureInfo.InvariantCulture, $"water_level_m={3 + (_stream.NextDouble() * 3):0.00}"), Stamp());
    }
}
