using System.Globalization;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Mqtt;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Readers;

/// <summary>Publishes every alert transition on <c>city/v1/alerts/{kind}</c>, from the book and in its order. Where it stands is kept in
/// a small file, so that a server that died between book and broker says again what readers may have missed: a reader may hear a
/// transition twice (same revision), never not at all.</summary>
internal sealed class AlertAnnouncer(CityBook book, Broker broker, string path, TimeProvider time, ILogger<AlertAnnouncer> logger) : BackgroundService
{
    private const int PageSize = 256;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private long _durable;

    /// <summary>Sequence number of the last transition handed to the broker.</summary>
    public long Announced { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Announced = ReadFile() ?? await book.Alerts.LastEventAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            using var subscription = book.Events.Subscribe();
            try
            {
                await CatchUpAsync(stoppingToken);
                await foreach (var happened in subscription.Events.ReadAllAsync(stoppingToken))
                {
                    if (happened.Sequence > Announced + 1)
                    {
                        await CatchUpAsync(stoppingToken);
                    }

                    Announce(happened);
                    if (subscription.Events.Count == 0)
                    {
                        WriteFile();
                    }
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is BookException or IOException)
            {
                OwnerLog.AlertsStopped(logger, e.Message);
                await Task.Delay(RetryAfter, time, stoppingToken);
            }
        }

        WriteFile();
    }

    private async Task CatchUpAsync(CancellationToken cancel)
    {
        while (true)
        {
            var page = await book.Alerts.EventsAfterAsync(Announced, PageSize, cancel);
            foreach (var happened in page)
            {
                Announce(happened);
            }

            if (page.Count < PageSize)
            {
                return;
            }
        }
    }

    private void Announce(BookEvent happened)
    {
        if (happened.Sequence <= Announced)
        {
            return;
        }

        var sequence = happened.Sequence;
        broker.Publish(
            new ApplicationMessage(CityTopic.Alerts(happened.Kind), happened.Json, QualityOfService.AtLeastOnce) { ReceivedAt = time.GetUtcNow() },
            fromClientId: null,
            () => InterlockedMax(sequence));
        Announced = sequence;
    }

    private void InterlockedMax(long sequence)
    {
        var seen = Volatile.Read(ref _durable);
        while (seen < sequence)
        {
            var before = Interlocked.CompareExchange(ref _durable, sequence, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private long? ReadFile() =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : null;

    private void WriteFile()
    {
        var durable = Volatile.Read(ref _durable);
        if (durable > 0)
        {
            File.WriteAllText(path + ".new", durable.ToString(CultureInfo.InvariantCulture));
            File.Move(path + ".new", path, overwrite: true);
        }
    }
}
