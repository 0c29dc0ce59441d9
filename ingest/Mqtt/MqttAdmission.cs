using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Mqtt;

namespace SmartCity.Ingest.Mqtt;

/// <summary>How the admission asks who somebody is.</summary>
/// <param name="GatewayOf">The gateway a certificate names, or null with the reason.</param>
/// <param name="ReaderOf">The name of the reader with these credentials, or null. May be slow; must limit attempts itself.</param>
internal sealed record IdentityCheck(
    Func<X509Certificate2, (string? Gateway, string? Reason)> GatewayOf,
    Func<string, ReadOnlyMemory<byte>, IPAddress?, CancellationToken, ValueTask<string?>> ReaderOf);

/// <summary>Judges CONNECT by certificate, credentials or, under <c>--open</c> on loopback, by nothing.</summary>
internal sealed class MqttAdmission(IdentityCheck identity, bool open)
{
    private readonly ConcurrentDictionary<string, HashSet<MqttPrincipal>> _present = new(StringComparer.Ordinal);

    /// <summary>The principal, or a reason and words that say what to do.</summary>
    public async ValueTask<(ReasonCode Reason, MqttPrincipal? Principal, string? Words)> JudgeAsync(ConnectRequest request, CancellationToken cancel)
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
                : (ReasonCode.Success, Enter(MqttPrincipal.OfReader(reader)), null);
        }

        if (open && request.Remote is IPEndPoint { Address: var from } && IPAddress.IsLoopback(from))
        {
            return (ReasonCode.Success, Enter(MqttPrincipal.OfStranger(request.ClientId)), null);
        }

        return (ReasonCode.NotAuthorized, null,
            "a gateway needs the certificate it was enrolled with, a reader needs credentials (the server can be tried without: serve --open)");
    }

    /// <summary>The certificate or credentials were withdrawn: no further packet of theirs is taken.</summary>
    public void Revoke(string name)
    {
        if (_present.TryGetValue(name, out var principals))
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

    /// <summary>A connection is over.</summary>
    public void Left(MqttPrincipal principal)
    {
        if (principal.Role != MqttRole.Stranger && _present.TryGetValue(principal.Name, out var principals))
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
        if (!alarm && request.ClientId != gateway)
        {
            return (ReasonCode.ClientIdentifierNotValid, null, $"this certificate is for the ClientIDs {gateway} and {gateway}.alarm");
        }

        return (ReasonCode.Success, Enter(MqttPrincipal.OfGateway(gateway, alarm)), null);
    }

    private MqttPrincipal Enter(MqttPrincipal principal)
    {
        if (principal.Role != MqttRole.Stranger)
        {
            var principals = _present.GetOrAdd(principal.Name, _ => []);
            lock (principals)
            {
                principals.Add(principal);
            }
        }

        return principal;
    }
}
