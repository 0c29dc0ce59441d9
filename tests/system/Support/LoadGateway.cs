using System.Globalization;
using System.Text;
using SmartCity.Mqtt;

namespace SmartCity.SystemTests.Support;

/// <summary>What a store must hold of one device.</summary>
/// <param name="Count">Readings, each with a stamp of its own.</param>
/// <param name="Total">Sum of the integer metric.</param>
/// <param name="Vehicles">Sum of the float metric, whose values are whole numbers.</param>
internal readonly record struct Account(long Count, long Total, long Vehicles);

/// <summary>
/// A gateway with traffic counters: each publish holds one reading of every device, four metrics each, and is sent until it is
/// acknowledged, over any number of the server's deaths. So in the end everything published is acknowledged and has to be stored.
/// </summary>
internal sealed class LoadGateway : IPublishReceipt, IAsyncDisposable
{
    private readonly MqttClient _client;
    private readonly string _topic;
    private readonly string[] _devices;
    private readonly Account[] _accounts;
    private readonly long _step;
    private readonly Random _random;
    private readonly StringBuilder _text = new();
    private long _stamp;
    private long _acknowledged;
    private long _refused;
    private long _connections;

    /// <param name="client">Where and as whom.</param>
    /// <param name="gateway">Whose topic.</param>
    /// <param name="devices">Its traffic counters.</param>
    /// <param name="stampUnit">Readings of a device are at least this many ns apart, and their stamps multiples of it.</param>
    public LoadGateway(MqttClientOptions client, string gateway, string[] devices, long stampUnit = 100)
    {
        _client = new MqttClient(client);
        _client.Connected += _ => Interlocked.Increment(ref _connections);
        _topic = $"city/v1/{gateway}/telemetry";
        _devices = devices;
        _accounts = new Account[devices.Length];
        _step = stampUnit;
        _random = new Random(gateway.GetHashCode(StringComparison.Ordinal));
    }

    /// <summary>Readings published.</summary>
    public long Published { get; private set; }

    /// <summary>Readings acknowledged.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Publishes the server refused; has to stay 0.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Connections the server accepted.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>What has been published, device by device.</summary>
    public IEnumerable<(string Device, Account Account)> Accounts => _devices.Zip(_accounts);

    public static string Kind => "traffic_counter";

    public static string[] Devices(string gateway, int count) =>
        [.. Enumerable.Range(0, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"{gateway}-{n:000}"))];

    public Task ConnectAsync() => _client.ConnectAsync();

    /// <summary>Publishes rows until told to stop or so many are made; never more than the window ahead of the acknowledgements.</summary>
    public async Task RunAsync(long rows, TimeSpan pause, CancellationToken stop)
    {
        try
        {
            for (long row = 0; row < rows && !stop.IsCancellationRequested; row++)
            {
                // A row is counted when it has its place in the window: from then on it is sent until acknowledged.
                var (payload, then) = Row();
                await _client.PublishAsync(new ApplicationMessage(_topic, payload, QualityOfService.AtLeastOnce, false), this, _devices.Length, stop);
                then();
                if (pause > TimeSpan.Zero)
                {
                    await Task.Delay(pause, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // asked to stop
        }
    }

    /// <summary>Waits until everything published is acknowledged.</summary>
    public async Task FlushAsync(TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        await _client.FlushAsync(patience.Token);
        Assert.Equal(0, Refused);
        Assert.Equal(Published, Acknowledged);
    }

    public void Completed(long token, ReasonCode reason)
    {
        if ((byte)reason >= 0x80)
        {
            Interlocked.Increment(ref _refused);
        }
        else
        {
            Interlocked.Add(ref _acknowledged, token);
        }
    }

    public void Abandoned(long token)
    {
        // the test has ended
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private (byte[] Payload, Action Then) Row()
    {
        var now = Stamps.Now();
        _stamp = Math.Max(now - (now % _step), _stamp + _step);
        _text.Clear();
        var added = new Account[_devices.Length];
        for (var d = 0; d < _devices.Length; d++)
        {
            var (vehicles, total) = (_random.Next(0, 1001), _random.NextInt64(0, 1_000_000_000));
            added[d] = new Account(1, total, vehicles);
            _text.Append(
                CultureInfo.InvariantCulture,
                $"traffic_counter,device={_devices[d]} vehicles_per_minute={vehicles},speed_km_h={_random.Next(0, 1000) / 10d},occupancy_percent=10,vehicles_total={total}i {_stamp}\n");
        }

        return (Encoding.ASCII.GetBytes(_text.ToString()), () =>
        {
            Published += _devices.Length;
            for (var d = 0; d < added.Length; d++)
            {
                var (was, plus) = (_accounts[d], added[d]);
                _accounts[d] = new Account(was.Count + 1, was.Total + plus.Total, was.Vehicles + plus.Vehicles);
            }
        }
        );
    }
}

/// <summary>Time stamps of measurements.</summary>
internal static class Stamps
{
    public const long Second = 1_000_000_000;

    /// <summary>ns since 1970, in whole 100 ns as JSON shows them.</summary>
    public static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
}
