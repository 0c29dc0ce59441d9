using System.Globalization;
using System.Text;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>
/// A gateway with traffic counters, a manhole and two servers: each publish holds one reading of every device and is sent until one of the servers has acknowledged it.
/// When its server says nothing for a while, and now and then for no reason, everything unacknowledged goes to the other one.
/// </summary>
internal sealed class LoadVoice : IAsyncDisposable
{
    private const int Window = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly ClusterTown _town;
    private readonly string _gateway;
    private readonly string[] _devices;
    private readonly Account[] _accounts;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, byte[]> _waiting = [];
    private readonly List<Task> _closing = [];
    private readonly StringBuilder _text = new();
    private readonly List<(long From, long To)> _openings = [];
    private Turn? _turn;
    private long _open;
    private long _turnLid;
    private int _server;
    private long _row;
    private long _stamp;
    private long _acknowledged;
    private long _refused;
    private long _moves;
    private long _heard = Environment.TickCount64;

    public LoadVoice(ClusterTown town, string gateway, int devices, int server, int seed)
    {
        _town = town;
        _gateway = gateway;
        _devices = LoadGateway.Devices(gateway, devices);
        _accounts = new Account[devices];
        _server = server;
        _random = new Random(seed);
    }

    /// <summary>Readings acknowledged.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Readings made.</summary>
    public long Made => _row * _devices.Length;

    /// <summary>Turns to another server.</summary>
    public long Moves => Volatile.Read(ref _moves);

    /// <summary>Publishes answered with an error and said again elsewhere.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Its manhole.</summary>
    public string Lid => _gateway + "-lid";

    /// <summary>When its cover was open: from the first reading that said so to the first that did not any more.</summary>
    public IReadOnlyList<(long From, long To)> Openings => _openings;

    /// <summary>Readings of the manhole.</summary>
    public long Rows => _row;

    /// <summary>What has to be stored.</summary>
    public IEnumerable<(string Device, Account Account)> Accounts => _devices.Zip(_accounts);

    /// <summary>Publishes rows until told to stop, then waits until all of them are acknowledged.</summary>
    public async Task RunAsync(TimeSpan pause, CancellationToken stop, TimeSpan limit)
    {
        var next = Environment.TickCount64 + _random.Next(5_000, 40_000);
        while (!stop.IsCancellationRequested)
        {
            if (Environment.TickCount64 > next)
            {
                next = Environment.TickCount64 + _random.Next(5_000, 40_000);
                Move();
            }

            if (Waiting() < Window)
            {
                Send(Row());
            }

            Watch();
            await Task.Delay(pause, CancellationToken.None);
        }

        // The last word is that the cover is closed.
        _turnLid = _open == 0 ? long.MaxValue : 0;
        await SayAsync(limit);
    }

    /// <summary>
    /// One more row, and waits until all are acknowledged. When all is quiet, each device's next reading: what a server had acknowledged and not judged when it was superseded is
    /// told late only as a whole, and otherwise by that.
    /// </summary>
    public async Task SayAsync(TimeSpan limit)
    {
        Send(Row());
        _turnLid = long.MaxValue;
        using var patience = new CancellationTokenSource(limit);
        while (Waiting() > 0)
        {
            Assert.False(patience.IsCancellationRequested, $"{_gateway}: {Waiting()} publishes were never acknowledged");
            Watch();
            await Task.Delay(20, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Leave();
        await Task.WhenAll(_closing);
    }

    private int Waiting()
    {
        lock (_gate)
        {
            return _waiting.Count;
        }
    }

    // Somebody who waits hears nothing for too long: the other server's turn.
    private void Watch()
    {
        if (_turn is null || (Waiting() > 0 && Environment.TickCount64 - Volatile.Read(ref _heard) > Patience.TotalMilliseconds))
        {
            Move();
        }
    }

    private void Move()
    {
        if (_turn is not null)
        {
            Leave();
            _server = 1 - _server;
            Interlocked.Increment(ref _moves);
        }

        Volatile.Write(ref _heard, Environment.TickCount64);
        var turn = _turn = new Turn(this, new MqttClient(_town.Client(_server, _gateway, alarm: false, window: Window)));
        turn.Client.Start();
        List<KeyValuePair<long, byte[]>> again;
        lock (_gate)
        {
            again = [.. _waiting];
        }

        foreach (var (row, payload) in again)
        {
            turn.Send(row, payload);
        }
    }

    private void Leave()
    {
        if (_turn is { } turn)
        {
            _turn = null;
            _closing.RemoveAll(t => t.IsCompleted);
            _closing.Add(turn.Client.DisposeAsync().AsTask());
        }
    }

    private void Send((long Row, byte[] Payload) made)
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                Volatile.Write(ref _heard, Environment.TickCount64);
            }

            _waiting.Add(made.Row, made.Payload);
        }

        _turn?.Send(made.Row, made.Payload);
    }

    private void Settled(Turn turn, long row, ReasonCode reason)
    {
        if ((byte)reason >= 0x80)
        {
            // It waits until its server's time is over, and goes to the other one.
            Interlocked.Increment(ref _refused);
            return;
        }

        lock (_gate)
        {
            if (_waiting.Remove(row))
            {
                _acknowledged += _devices.Length;
            }

            if (turn == _turn)
            {
                Volatile.Write(ref _heard, Environment.TickCount64);
            }
        }
    }

    private (long Row, byte[] Payload) Row()
    {
        _stamp = Math.Max(Stamps.Now(), _stamp + 100);
        _text.Clear();
        if (_stamp >= _turnLid)
        {
            _turnLid = _stamp + (_random.Next(2_000, 9_000) * 1_000_000L);
            if (_open != 0)
            {
                _openings.Add((_open, _stamp));
            }

            _open = _open == 0 && _row > 0 ? _stamp : 0;
        }

        _text.Append(CultureInfo.InvariantCulture, $"manhole,device={Lid} cover_open={(_open == 0 ? "false" : "true")} {_stamp}\n");
        for (var d = 0; d < _devices.Length; d++)
        {
            var (vehicles, total) = (_random.Next(0, 1001), _random.NextInt64(0, 1_000_000_000));
            var was = _accounts[d];
            _accounts[d] = new Account(was.Count + 1, was.Total + total, was.Vehicles + vehicles);
            _text.Append(
                CultureInfo.InvariantCulture,
                $"traffic_counter,device={_devices[d]} vehicles_per_minute={vehicles},speed_km_h={_random.Next(0, 1000) / 10d},occupancy_percent=10,vehicles_total={total}i {_stamp}\n");
        }

        return (++_row, Encoding.ASCII.GetBytes(_text.ToString()));
    }

    // One server's: what it acknowledges counts, also when it has been left meanwhile.
    private sealed class Turn(LoadVoice owner, MqttClient client) : IPublishReceipt
    {
        public MqttClient Client => client;

        public void Send(long row, byte[] payload) =>
            _ = client.PublishAsync(new ApplicationMessage($"city/v1/{owner._gateway}/telemetry", payload, QualityOfService.AtLeastOnce, false), this, row).AsTask()
                .ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);

        public void Completed(long token, ReasonCode reason) => owner.Settled(this, token, reason);

        public void Abandoned(long token)
        {
            // it goes to the next server
        }
    }
}
