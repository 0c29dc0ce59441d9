using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Intake;
using SmartCity.Ingest.Serve;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Mqtt;

/// <summary>The city's word on every MQTT packet: who may come in, which topics are whose, and where a publish goes.</summary>
internal sealed class CityOwner(
    MqttAdmission admission, ClusterNode node, AlarmDoor door, Intake.Intake intake, LineRegistrar registrar, CityLog log, GatewayDesk desk, MqttTraffic traffic, ILogger<CityOwner> logger,
    TimeProvider? time = null)
    : IMqttOwner
{
    private const int MaximumTopicBytes = 256;

    private readonly SaidSeldom _sentAway = new(time ?? TimeProvider.System);

    private static readonly (ReasonCode, string) Draining = (ReasonCode.UseAnotherServer, "this server is about to be stopped: turn to another one");

    /// <inheritdoc/>
    public async ValueTask<ConnectReply> ConnectAsync(ConnectRequest request, CancellationToken cancel)
    {
        var assigned = request.ClientId.Length == 0 ? "auto-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)) : null; // [MQTT-3.1.3-6]
        var (reason, principal, words) = await JudgeAsync(request, assigned ?? request.ClientId, cancel);
        if (principal is not null && await TryAdmitAsync(principal, assigned ?? request.ClientId, cancel) is { } refusal)
        {
            (reason, principal, words) = (refusal.Reason, null, refusal.Words);
        }

        if (principal is null)
        {
            // Who only asks is answered and not counted.
            if (words is not null)
            {
                traffic.RefusedConnects.Increment();
                SayRefused(request, reason, words);
            }

            return new ConnectReply(reason) { ReasonString = words };
        }

        // A gateway starts clean: what it must receive is made from the book (CONTRACTS, MQTT).
        var persistent = principal.Role is MqttRole.Reader or MqttRole.Stranger;
        return new ConnectReply(ReasonCode.Success, new Visit(principal))
        {
            AllowPersistentSession = persistent,
            AssignedClientId = assigned,
            SessionName = principal.SessionName,
        };
    }

    // A city that is sent away by a server without its book comes again every few seconds; who shows wrong credentials is said each time.
    private void SayRefused(ConnectRequest request, ReasonCode reason, string words)
    {
        var unsaid = 0;
        if (reason is not (ReasonCode.ServerUnavailable or ReasonCode.UseAnotherServer) || _sentAway.IsDue(out unsaid))
        {
            OwnerLog.Refused(logger, request, words);
        }

        if (unsaid > 0)
        {
            OwnerLog.RefusedToo(logger, unsaid);
        }
    }

    // Whoever is not let in, or is gone before, leaves nothing behind.
    private async ValueTask<(ReasonCode Reason, string Words)?> TryAdmitAsync(MqttPrincipal principal, string clientId, CancellationToken cancel)
    {
        var admitted = false;
        try
        {
            var refusal = await AdmitAsync(principal, clientId, cancel);
            admitted = refusal is null;
            return refusal;
        }
        finally
        {
            if (!admitted)
            {
                admission.Left(principal);
                door.Left(principal);
            }
        }
    }

    // A gateway's session is one server's: it is ours before it is let in.
    private async ValueTask<(ReasonCode Reason, string Words)?> AdmitAsync(MqttPrincipal principal, string clientId, CancellationToken cancel)
    {
        if (!principal.HoldsSession(clientId))
        {
            return null;
        }

        var alarm = Seats.Of(clientId).Lane == Lane.Alarm;
        if (alarm && !door.MayEnter(clientId))
        {
            return (ReasonCode.ServerUnavailable, "the city's book does not answer, so no alarm would be acknowledged here: turn to another server");
        }

        if (alarm)
        {
            door.Entered(principal, clientId);
        }

        if (node.IsAlone)
        {
            return null;
        }

        if (node.IsDraining)
        {
            return Draining;
        }

        try
        {
            await node.TakeAsync(clientId, cancel);
            return node.IsDraining ? Draining : null; // the order came meanwhile
        }
        catch (BookEngineException e) when (e.Fault == BookFault.Away && (!alarm || door.MayStay(clientId)))
        {
            // Readings go on into the log without a row of the book, and an alarm gets its moment; both come again when it is back.
            door.Owe(clientId);
            return null;
        }
        catch (BookException e)
        {
            return (ReasonCode.ServerUnavailable, "the city's book does not answer: " + e.Message);
        }
    }

    private async ValueTask<(ReasonCode Reason, MqttPrincipal? Principal, string? Words)> JudgeAsync(ConnectRequest request, string clientId, CancellationToken cancel)
    {
        try
        {
            return await admission.JudgeAsync(request, clientId, cancel);
        }
        catch (BookEngineException e) when (e.Fault is BookFault.Away or BookFault.Busy)
        {
            return (ReasonCode.ServerUnavailable, null, "the city's book does not answer, so nobody can say whose credentials these are");
        }
    }

    /// <inheritdoc/>
    public ValueTask<PublishReply> PublishAsync(MqttConnection connection, PublishPacket publish, ReadOnlySequence<byte> topic, PublishTicket ticket)
    {
        var visit = (Visit)connection.Principal!;
        if (visit.Principal.Revoked)
        {
            return new(PublishReply.Close(ReasonCode.NotAuthorized));
        }

        Span<byte> scratch = stackalloc byte[MaximumTopicBytes];
        if (!TryFlatten(topic, scratch, out var name) || !CityTopic.TryParse(name, out var parsed))
        {
            // Beyond the table of CONTRACTS there is nothing, but for strangers who try things.
            return new(visit.Principal.Role == MqttRole.Stranger ? PublishReply.Route : Refuse());
        }

        if (!visit.Principal.MayPublish(parsed))
        {
            return new(Refuse());
        }

        switch (parsed.Kind)
        {
            case CityTopicKind.Telemetry:
                return Lines(visit, parsed.Gateway, Lane.Telemetry, publish, ticket, connection);
            case CityTopicKind.Alarm:
                return Lines(visit, parsed.Gateway, Lane.Alarm, publish, ticket, connection);
            case CityTopicKind.State:
                return new(PublishReply.Route);
            case CityTopicKind.Reported or CityTopicKind.CommandResult when visit.Principal.Role == MqttRole.Stranger:
                // A stranger was never sent anything, whatever ClientID it calls itself by: others may hear it, the book does not.
                if (parsed.Kind == CityTopicKind.CommandResult)
                {
                    traffic.ForeignResults.Increment();
                }

                return new(PublishReply.Route);
            case CityTopicKind.Reported:
            case CityTopicKind.CommandResult:
                return desk.TakeAsync(visit.Principal, parsed.Kind, publish, ticket);
            default:
                return new(PublishReply.Route);
        }
    }

    /// <inheritdoc/>
    public ReasonCode Subscribe(MqttConnection connection, string filter, QualityOfService requested)
    {
        var visit = (Visit)connection.Principal!;
        if (visit.Principal.Revoked || !visit.Principal.MaySubscribe(filter))
        {
            traffic.RefusedSubscribes.Increment();
            return ReasonCode.NotAuthorized;
        }

        return (ReasonCode)(byte)requested;
    }

    /// <inheritdoc/>
    public async ValueTask SubscribedAsync(MqttConnection connection, string filter)
    {
        var visit = (Visit)connection.Principal!;
        if (visit.Principal.Role == MqttRole.Gateway)
        {
            await desk.SubscribedAsync(connection, visit.Principal.Name, filter);
        }
    }

    /// <inheritdoc/>
    public ReasonCode Will(MqttConnection connection, string topic)
    {
        var visit = (Visit)connection.Principal!;
        var known = CityTopic.TryParse(System.Text.Encoding.UTF8.GetBytes(topic), out var parsed);
        var allowed = visit.Principal.Role switch
        {
            MqttRole.Gateway => known && parsed.Kind == CityTopicKind.State && visit.Principal.MayPublish(parsed),
            // A will is published by the server at a moment nobody watches, so not even a stranger's may be lines.
            MqttRole.Stranger => !known || (parsed.Kind is CityTopicKind.State or CityTopicKind.Reported),
            _ => false,
        };
        return allowed ? ReasonCode.Success : ReasonCode.NotAuthorized;
    }

    /// <inheritdoc/>
    public void Disconnected(MqttConnection connection, ReasonCode reason)
    {
        var visit = (Visit)connection.Principal!;
        admission.Left(visit.Principal);
        door.Left(visit.Principal);
        desk.Left(connection, visit.Principal);
    }

    private PublishReply Refuse()
    {
        traffic.RefusedPublishes.Increment();
        return PublishReply.Refused(ReasonCode.NotAuthorized);
    }

    private ValueTask<PublishReply> Lines(
        Visit visit, ReadOnlySpan<byte> gateway, Lane lane, in PublishPacket publish, PublishTicket ticket, MqttConnection connection)
    {
        if (visit.Principal.SourceFor(gateway, lane) is not { } source)
        {
            return new(PublishReply.Refused(ReasonCode.QuotaExceeded));
        }

        visit.Attach(connection);
        var waiter = ticket.IsAwaited ? visit : null;
        var outcome = intake.Accept(source, publish.Payload, waiter, ticket.Token, mayRegister: true);
        return outcome switch
        {
            IntakeOutcome.Taken => new(Done(visit)),
            IntakeOutcome.Nothing => new(Nothing(visit, ticket)),
            _ => WaitAsync(visit, source, publish, ticket, outcome, connection.Closed),
        };
    }

    // The payload stays valid while this runs: the connection is not read from until it ends, which is the back-pressure. A client
    // that gave up and came again leaves nothing behind: with its socket ends the wait.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // under full load everybody waits many times a second
    private async ValueTask<PublishReply> WaitAsync(
        Visit visit, IntakeSource source, PublishPacket publish, PublishTicket ticket, IntakeOutcome outcome, CancellationToken closed)
    {
        traffic.Pauses.Increment();
        try
        {
            var mayRegister = true;
            while (true)
            {
                switch (outcome)
                {
                    case IntakeOutcome.Taken:
                        return Done(visit);
                    case IntakeOutcome.Nothing:
                        return Nothing(visit, ticket);
                    case IntakeOutcome.UnknownDevices:
                        await registrar.RegisterAsync(Intake.Intake.Unknown, source.Lane, closed);
                        mayRegister = false;
                        break;
                    default:
                        await log[outcome == IntakeOutcome.NoAlarmRoom ? Lane.Alarm : Lane.Telemetry].RoomAsync(closed);
                        break;
                }

                outcome = intake.Accept(source, publish.Payload, ticket.IsAwaited ? visit : null, ticket.Token, mayRegister);
            }
        }
        finally
        {
            traffic.PausesEnded.Increment();
        }
    }

    private static PublishReply Nothing(Visit visit, PublishTicket ticket)
    {
        ticket.Complete();
        return Done(visit);
    }

    private static PublishReply Done(Visit visit) =>
        visit.Principal.Role == MqttRole.Stranger ? PublishReply.TakenAndRoute : PublishReply.Taken;

    private static bool TryFlatten(in ReadOnlySequence<byte> topic, Span<byte> scratch, out ReadOnlySpan<byte> name)
    {
        if (topic.IsSingleSegment)
        {
            name = topic.FirstSpan;
            return true;
        }

        name = default;
        if (topic.Length > scratch.Length)
        {
            return false;
        }

        topic.CopyTo(scratch);
        name = scratch[..(int)topic.Length].ToArray();
        return true;
    }
}

/// <summary>One connection in the eyes of the city: its principal, and what the log calls when its publishes are durable.</summary>
internal sealed class Visit(MqttPrincipal principal) : ILogWaiter
{
    private MqttConnection? _connection;

    public MqttPrincipal Principal => principal;

    /// <summary>CONNECT is judged before there is a connection to speak of; the first publish brings it.</summary>
    public void Attach(MqttConnection connection) => _connection = connection;

    /// <inheritdoc/>
    public void Durable(long token) => new PublishTicket(_connection, token).Complete();
}
