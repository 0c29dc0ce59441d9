using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Ingest.Identity;
using SmartCity.Mqtt;

namespace SmartCity.Ingest.Mqtt;

/// <summary>How the admission asks who somebody is.</summary>
/// <param name="GatewayOf">The gateway a certificate names, or null with the reason.</param>
/// <param name="ReaderOf">The reader with these credentials, or null. May be slow; must limit attempts itself.</param>
internal sealed record IdentityCheck(
    Func<X509Certificate2, (string? Gateway, string? Reason)> GatewayOf,
    Func<string, ReadOnlyMemory<byte>, IPAddress?, CancellationToken, ValueTask<ReaderIdentity?>> ReaderOf);

/// <summary>Judges CONNECT by certificate, credentials or, under <c>--open</c> on loopback, by nothing.</summary>
internal sealed class MqttAdmission(IdentityCheck identity, bool open)
{
    // Connections of gateways, by gateway; and of readers. An entry is there as long as its connection.
    private readonly ConcurrentDictionary<string, HashSet<MqttPrincipal>> _present = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<MqttPrincipal, bool> _readers = new();

    /// <summary>Whether this server would judge an alarm now, for gateways that ask whether to come back to it.</summary>
    public Func<bool> CanJudge { get; init; } = static () => true;

    /// <summary>The names of the sessions of gateways that are here.</summary>
    public IReadOnlyList<string> Gateways()
    {
        var names = new List<string>();
        foreach (var principals in _present.Values)
        {
            lock (principals)
            {
                names.AddRange(principals.Select(p => p.SessionName));
            }
        }

        return names;
    }

    /// <summary>The principal, or a reason and words that say what to do.</summary>
    /// <param name="request">What CONNECT said.</param>
    /// <param name="clientId">The ClientID: the one sent, or the one assigned.</param>
    /// <param name="cancel">The connection is gone.</param>
    public async ValueTask<(ReasonCode Reason, MqttPrincipal? Principal, string? Words)> JudgeAsync(
        ConnectRequest request, string clientId, CancellationToken cancel)
    {
        if (request.Certificate is { } certificate)
        {
            return ByCertificate(request, certificate);
        }

        if (request.Username is { Length: > 0 } user)
        {
            var address = (request.Remote as IPEndPoint)?.Address;
            if (!request.IsTls && (address is null || !IPAddress.IsLoopback(address)))
            {
                return (ReasonCode.NotAuthorized, null, "credentials are taken over TLS only: connect to the TLS port");
            }

            var reader = await identity.ReaderOf(user, request.Password, address, cancel);
            return reader is null
                ? (ReasonCode.BadUserNameOrPassword, null, "unknown reader or wrong password")
                : (ReasonCode.Success, Enter(MqttPrincipal.OfReader(reader, clientId)), null);
        }

        if (open && request.Remote is IPEndPoint { Address: var from } && IPAddress.IsLoopback(from))
        {
            return (ReasonCode.Success, MqttPrincipal.OfStranger(clientId), null);
        }

        return (ReasonCode.NotAuthorized, null,
            "a gateway needs the certificate it was enrolled with, a reader needs credentials (the server can be tried without: serve --open)");
    }

    /// <summary>A gateway's certificates were withdrawn: no further packet under them is taken.</summary>
    public void Revoke(string gateway)
    {
        if (_present.TryGetValue(gateway, out var principals))
        {
            lock (principals)
            {
                foreach (var principal in principals)
                {
                    principal.Revoked = true;
                }
            }
        }
    }

    /// <summary>Withdraws what readers came with and no longer holds.</summary>
    /// <param name="inForce">Reads the proofs that hold; not asked while there is no reader.</param>
    /// <returns>The names of their sessions, for closing.</returns>
    public async Task<IReadOnlyList<string>> RevokeReadersAsync(Func<Task<IReadOnlySet<string>>> inForce)
    {
        // First who is here, then what holds: one who enters in between is judged the next time.
        var here = _readers.Keys.ToList();
        if (here.Count == 0)
        {
            return [];
        }

        var holds = await inForce();
        here.RemoveAll(reader => holds.Contains(reader.Proof!));
        here.ForEach(reader => reader.Revoked = true);
        return [.. here.Select(reader => reader.SessionName)];
    }

    /// <summary>A connection is over.</summary>
    public void Left(MqttPrincipal principal)
    {
        _readers.TryRemove(principal, out _);
        if (principal.Role is MqttRole.Gateway or MqttRole.GatewayAlarm && _present.TryGetValue(principal.Name, out var principals))
        {
            lock (principals)
            {
                principals.Remove(principal);
            }
        }
    }

    private (ReasonCode Reason, MqttPrincipal? Principal, string? Words) ByCertificate(ConnectRequest request, X509Certificate2 certificate)
    {
        var (gateway, reason) = identity.GatewayOf(certificate);
        if (gateway is null)
        {
            return (ReasonCode.NotAuthorized, null, reason);
        }

        // One certificate, two connections: {gateway} and {gateway}.alarm (CONTRACTS, Identity).
        var alarm = request.ClientId == gateway + ".alarm";
        if (request.ClientId == gateway + ".probe")
        {
            // It asks whether to come back, and must not take its own session for that: neither answer lets it in (CONTRACTS, MQTT).
            return (CanJudge() ? ReasonCode.ClientIdentifierNotValid : ReasonCode.ServerUnavailable, null, null);
        }

        if (!alarm && request.ClientId != gateway)
        {
            return (ReasonCode.ClientIdentifierNotValid, null, $"this certificate is for the ClientIDs {gateway} and {gateway}.alarm");
        }

        var principal = Enter(MqttPrincipal.OfGateway(gateway, alarm));

        // Asked again now that a revocation would find it: one that came between the two would hold for everybody but this connection.
        if (identity.GatewayOf(certificate) is { Gateway: null, Reason: var since })
        {
            Left(principal);
            return (ReasonCode.NotAuthorized, null, since);
        }

        return (ReasonCode.Success, principal, null);
    }

    private MqttPrincipal Enter(MqttPrincipal principal)
    {
        if (principal.Role == MqttRole.Reader)
        {
            _readers[principal] = true;
            return principal;
        }

        var principals = _present.GetOrAdd(principal.Name, _ => []);
        lock (principals)
        {
            principals.Add(principal);
        }

        return principal;
    }
}
