using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using System.Text.Json;
using SmartCity.Edge.Cli;
using SmartCity.Edge.Commands;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Doctor;

/// <summary>What the servers say to this gateway: login, and a round trip.</summary>
internal static class CityChecks
{
    /// <summary>More than this on the way to the disk and back is a link or a server in trouble; an alarm may take one second in all.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    /// <summary>A login and a publish for each server, one after the other. A running service is asked instead: a second login under its
    /// name would end its own.</summary>
    public static Check Login { get; } = new("login", TimeSpan.FromSeconds(60), LookAsync);

    private static async Task<IReadOnlyList<Finding>> LookAsync(Patient p, CancellationToken cancel)
    {
        if (p.Service is { } service)
        {
            return [service.Connected ? p.Pass("doctor.login.service", Moments.Size(service.Backlog)) : p.Fail("doctor.login.service-not", Moments.Size(service.Backlog))];
        }

        if (p.Peek?.Gateway is not { } gateway || p.Trusted.Count == 0)
        {
            return [p.Skip("doctor.login.none")];
        }

        if (p.Trusted.Any(s => s.Tls) && p.Own is null)
        {
            return [p.Skip("doctor.login.no-certificate")];
        }

        var findings = new List<Finding>();
        foreach (var server in p.Trusted)
        {
            findings.AddRange(await LookAsync(p, gateway, server, cancel));
        }

        return findings;
    }

    private static async Task<IReadOnlyList<Finding>> LookAsync(Patient p, string gateway, ServerEndpoint server, CancellationToken cancel)
    {
        await using var client = new MqttClient(new MqttClientOptions
        {
            Host = server.Host,
            Port = server.Port,
            UseTls = server.Tls,
            TlsName = server.TlsName,
            ClientId = gateway,
            ClientCertificate = server.Tls ? p.Own : null,
            ServerCa = server.Tls ? p.Roots : null,
            ConnectTimeout = ConnectPatience,
            Time = p.Time,
        });
        try
        {
            await client.ConnectAsync(cancel);
        }
        catch (MqttConnectException e)
        {
            return [p.Fail("doctor.login.refused", server.Host, gateway, e.Reason)];
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // Under TLS 1.3 a server that does not take our certificate says so only after the handshake, by hanging up.
            return [p.Fail(server.Tls ? "doctor.login.hung-up" : "doctor.login.broken", server.Host, gateway, e.InnerException?.Message ?? e.Message)];
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return [p.Fail("doctor.login.broken", server.Host, gateway, e.Message)];
        }

        var login = p.Pass("doctor.login.ok", server.Host, gateway);
        try
        {
            // Twice: on a small machine the first one measures how long our own code takes to be compiled.
            await client.PublishAsync(CityTopic.Of(gateway, CityTopicKind.State), State(p), QualityOfService.AtLeastOnce, retain: true, null, cancel)
                .WaitAsync(ConnectPatience, p.Time, cancel);
            var start = Stopwatch.GetTimestamp();
            var reason = await client.PublishAsync(CityTopic.Of(gateway, CityTopicKind.State), State(p), QualityOfService.AtLeastOnce, retain: true, null, cancel)
                .WaitAsync(ConnectPatience, p.Time, cancel);
            var took = Stopwatch.GetElapsedTime(start);
            return [login, (byte)reason >= 0x80 ? p.Fail("doctor.trip.refused", server.Host, reason)
                : took > Slow ? p.Warn("doctor.trip.slow", server.Host, Moments.Span(took))
                : p.Pass("doctor.trip.ok", server.Host, Moments.Span(took))];
        }
        catch (TimeoutException)
        {
            return [login, p.Fail("doctor.trip.none", server.Host, ConnectPatience.TotalSeconds)];
        }
    }

    /// <summary>The gateway's state as it would itself announce it: true, and no reading.</summary>
    private static byte[] State(Patient p) => JsonSerializer.SerializeToUtf8Bytes(
        new GatewayState(
            Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0",
            [.. (p.Config?.Devices ?? []).Select(d => d.Id)],
            ClockState.Of(p.Clock, p.Peek?.Data, p.Peek?.Text("clock"), p.Time) == ClockState.Unknown ? "unknown" : "ok"),
        EdgeJson.Default.GatewayState);
}
