using System.Text;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Uplink;

/// <content>From the log into the client: batches, their stamps, the window.</content>
internal sealed partial class LaneUplink
{
    private async Task SendAsync(MqttClient client, LogReader reader, CancellationToken cancel)
    {
        while (true)
        {
            var batch = await reader.ReadAsync(_pace?.BatchBytes ?? _options.BatchBytes, cancel);
            for (var from = batch.Start.Position; from < batch.End.Position;)
            {
                await RoomAsync(cancel);
                while (GivesWay is { } gives && gives())
                {
                    await Task.Delay(Glance, _time, cancel);
                }

                var ready = await MakeReadyAsync(batch, from, cancel);
                from = ready.End;
                await PublishAsync(client, batch.Start with { Position = ready.End }, ready.Readings, cancel);
            }

            if (_lane.Lane == Lane.Telemetry && reader.CaughtUp && batch.Bytes < _options.BatchBytes / 2)
            {
                // What is measured meanwhile travels together.
                await Task.Delay(_options.BatchAge, _time, cancel);
            }
        }
    }

    /// <summary>Fills the payload with what can be sent; waits for the clock when that is nothing.</summary>
    private async ValueTask<ReadyLines> MakeReadyAsync(LogBatch batch, long from, CancellationToken cancel)
    {
        while (true)
        {
            _payload.ResetWrittenCount();
            try
            {
                var ready = _lines.Write(batch, from, _payload);
                if (ready.End > from)
                {
                    return ready;
                }

                await _clock.Known.WaitAsync(cancel);
                if (_clock.Offset(Encoding.ASCII.GetBytes(_clock.BootId), out _) is not null)
                {
                    continue;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Notice($"{_topic}: readings could not be set aside: {e.Message}");
            }

            await Task.Delay(RefusedPause, _time, cancel);
        }
    }

    private async ValueTask PublishAsync(MqttClient client, LogCursor end, int readings, CancellationToken cancel)
    {
        long number;
        lock (_gate)
        {
            ReadOnlyMemory<byte> lines = _hooks.Acknowledged is null ? default : _payload.WrittenSpan.ToArray();
            number = _flights.Add(new Flight(end, readings, lines, _time.GetTimestamp()));
        }

        if (readings == 0)
        {
            // All of them were set aside: nothing is sent, and the place moves on in its turn.
            ((IPublishReceipt)this).Completed(number, ReasonCode.Success);
            return;
        }

        await client.PublishAsync(new ApplicationMessage(_topic, _payload.WrittenMemory, QualityOfService.AtLeastOnce), this, number, cancel);
    }

    private async Task RoomAsync(CancellationToken cancel)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_flights.HasRoom && (_pace is null || _flights.Count < _pace.Limit))
                {
                    return;
                }
            }

            await _landed.WaitAsync(cancel);
        }
    }
}
