using System.Collections.Concurrent;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Mqtt;

/// <summary>What passes between the server and one gateway besides readings: desired documents and commands out, reports and results in.</summary>
internal sealed partial class GatewayDesk(CityBook book, DesiredDocuments desired, MqttTraffic traffic, TimeProvider time, ILogger<GatewayDesk> logger, Func<string, bool>? holds = null)
{
    private const int MaximumDocumentBytes = 256 * 1024;

    private readonly Lock _documents = new();
    private readonly ConcurrentDictionary<string, MqttConnection> _commandable = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MqttConnection> _desiring = new(StringComparer.Ordinal);

    /// <summary>Gateways that listen for commands now.</summary>
    public int Listening => _commandable.Count;

    /// <summary>Gateways that are here.</summary>
    public IReadOnlyCollection<string> Online => [.. _commandable.Keys.Union(_desiring.Keys)];

    /// <summary>Whether a gateway is here: what the server sees, not what a will says.</summary>
    public bool IsOnline(string gateway) => _commandable.ContainsKey(gateway) || _desiring.ContainsKey(gateway);

    /// <summary>A gateway has subscribed: it gets what the book says it must have now.</summary>
    public async ValueTask SubscribedAsync(MqttConnection connection, string gateway, string filter)
    {
        if (filter == CityTopic.Of(gateway, CityTopicKind.Desired))
        {
            lock (_documents)
            {
                _desiring[gateway] = connection;
                Deliver(connection, gateway, desired.Make(gateway));
            }
        }
        else if (filter == CityTopic.Of(gateway, CityTopicKind.Command))
        {
            _commandable[gateway] = connection;
            try
            {
                await SendWaitingAsync(connection, gateway, CancellationToken.None);
            }
            catch (BookEngineException e) when (e.Fault is BookFault.Away or BookFault.Busy)
            {
                Volatile.Write(ref _skipped, 1);
            }
        }
    }

    /// <summary>Sends a stored command if its gateway is here; otherwise it is sent when the gateway subscribes.</summary>
    /// <returns>True when it was sent now.</returns>
    public async ValueTask<bool> TrySendAsync(CommandRow command)
    {
        // A connection of a gateway that has turned to another server may still be here, and lead nowhere.
        if (!_commandable.TryGetValue(command.Gateway, out var connection) || holds?.Invoke(command.Gateway) == false)
        {
            return false;
        }

        await SendAsync(connection, command);
        return true;
    }

    /// <summary>Commands were stored by another server: those of gateways that are here are sent.</summary>
    /// <param name="gateways">Whose; null: perhaps everybody's.</param>
    public async Task CommandsChangedAsync(IEnumerable<string>? gateways)
    {
        foreach (var gateway in gateways ?? await book.Commands.UnsentAsync(CancellationToken.None))
        {
            if (_commandable.ContainsKey(gateway))
            {
                foreach (var command in (await book.Commands.WaitingAsync(gateway, CancellationToken.None)).Where(c => c.Status == "stored"))
                {
                    await TrySendAsync(command);
                }
            }
        }
    }

    /// <summary>Sends every listening gateway its desired document again, if it changed.</summary>
    public void RegistryChanged() => SendChanged(_desiring.Keys);

    /// <summary>The same for the gateways of one fire zone, soon: whoever says so must not wait.</summary>
    /// <param name="place"><c>zone/ID</c> or <c>device/ID</c>.</param>
    public void ZoneChanged(string place) => ThreadPool.UnsafeQueueUserWorkItem(p => SendChanged(desired.GatewaysOf(p)), place, preferLocal: false);

    /// <summary>The same for whatever was or is under test, soon.</summary>
    public void TestsChanged() => ThreadPool.UnsafeQueueUserWorkItem(static desk => desk.SendChanged(desk._desiring.Keys), this, preferLocal: false);

    /// <summary>The same for what is said of lamps, soon: an order for a city is a document for each gateway.</summary>
    public void LightingChanged() => TestsChanged();

    // One at a time: a document that was made later must not be overtaken by one that was made before.
    private void SendChanged(IEnumerable<string> gateways)
    {
        foreach (var gateway in gateways)
        {
            lock (_documents)
            {
                if (_desiring.TryGetValue(gateway, out var connection) && desired.MakeIfChanged(gateway) is { } document)
                {
                    Deliver(connection, gateway, document);
                }
            }
        }
    }

    /// <summary>A connection is over.</summary>
    public void Left(MqttConnection connection, MqttPrincipal principal)
    {
        if (principal.Role == MqttRole.Gateway)
        {
            _commandable.TryRemove(new(principal.Name, connection));
            _desiring.TryRemove(new(principal.Name, connection));
        }
    }

    /// <summary>Takes a report or a result. It is acknowledged when the book has it.</summary>
    public async ValueTask<PublishReply> TakeAsync(MqttPrincipal principal, CityTopicKind kind, PublishPacket publish, PublishTicket ticket)
    {
        if (publish.Payload.Length > MaximumDocumentBytes)
        {
            return PublishReply.Refused(ReasonCode.PacketTooLarge);
        }

        try
        {
            using var document = JsonDocument.Parse(publish.Payload, new JsonDocumentOptions { MaxDepth = 16 });
            if (kind == CityTopicKind.Reported)
            {
                await ReportedAsync(principal.Name, document.RootElement);
            }
            else
            {
                await ResultAsync(principal, document.RootElement);
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            traffic.BadDocuments.Increment();
            OwnerLog.BadDocument(logger, principal.Name, kind == CityTopicKind.Reported ? "report" : "result", e.Message);
        }
        catch (BookEngineException e) when (e.Fault is BookFault.Away or BookFault.Busy)
        {
            return WithoutBook(kind == CityTopicKind.Reported, ticket);
        }

        ticket.Complete();
        return PublishReply.Taken;
    }

    // A stranger's report (under --open) is about nothing that the city knows.
    private async Task ReportedAsync(string gateway, JsonElement report)
    {
        var read = book.Reports.Read(gateway, report);
        if (book.Registry.Current.Gateways.ContainsKey(gateway))
        {
            await book.Reports.KeepAsync(read, CancellationToken.None);
        }
    }

    private async Task ResultAsync(MqttPrincipal principal, JsonElement result)
    {
        var id = result.GetProperty("id").GetString() ?? "";
        var status = result.GetProperty("status").GetString() ?? "";
        var detail = result.TryGetProperty("detail", out var words) && words.ValueKind == JsonValueKind.String ? words.GetString() : null;
        if (status is not ("done" or "failed" or "expired" or "refused"))
        {
            throw new FormatException("status is done, failed, expired or refused");
        }

        if (!await book.Commands.FinishAsync(principal.Name, id, status, detail, CancellationToken.None))
        {
            traffic.ForeignResults.Increment();
            OwnerLog.ForeignResult(logger, principal.Name, id.Length > 64 ? id[..64] : id);
        }
    }

    private async Task SendAsync(MqttConnection connection, CommandRow command)
    {
        if (command.Expires <= time.GetUtcNow())
        {
            return;
        }

        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", command.Id);
            json.WriteString("device", command.Device);
            json.WritePropertyName("command");
            command.Command.WriteTo(json);
            json.WriteString("issued", command.Issued);
            json.WriteString("expires", command.Expires);
            json.WriteString("by", command.By);
            json.WriteEndObject();
        }

        Deliver(connection, command.Gateway, CityTopicKind.Command, buffer.ToArray());
        await book.Commands.SentAsync(command.Id, CancellationToken.None);
    }

    private void Deliver(MqttConnection connection, string gateway, DesiredMessage document)
    {
        if (document.Fault is { } fault)
        {
            OwnerLog.DesiredNotSent(logger, gateway, document.Version, fault);
            return;
        }

        Deliver(connection, gateway, CityTopicKind.Desired, document.Payload);
    }

    private void Deliver(MqttConnection connection, string gateway, CityTopicKind kind, byte[] payload) => connection.Deliver(
        new ApplicationMessage(CityTopic.Of(gateway, kind), payload, QualityOfService.AtLeastOnce) { ReceivedAt = time.GetUtcNow() });
}
