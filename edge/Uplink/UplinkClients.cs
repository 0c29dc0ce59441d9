using System.Security.Cryptography.X509Certificates;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Uplink;

/// <summary>Makes the MQTT clients of one gateway.</summary>
internal sealed class UplinkClients(GatewayOptions options, TimeProvider time)
{
    /// <summary>Room in the client's window beside the lane's own publishes: state and answers to commands.</summary>
    private const int OtherPublishes = 8;

    /// <summary>The certificate of clients made from now on.</summary>
    public X509Certificate2? Certificate { get; set; } = options.Certificate;

    /// <summary>A client for one lane and one server; it is not started.</summary>
    public MqttClient Make(ServerEndpoint server, string clientId, WillMessage? will) => new(new MqttClientOptions
    {
        Host = server.Host,
        Port = server.Port,
        UseTls = server.Tls,
        TlsName = server.TlsName,
        ClientId = clientId,
        Version = ProtocolVersion.V500,
        CleanStart = true,
        ClientCertificate = server.Tls ? Certificate : null,
        ServerCa = server.Tls ? options.Authorities : null,
        Will = will,
        Window = options.Window + OtherPublishes,
        KeepAlive = options.KeepAlive,
        ReconnectMinimum = options.ReconnectMinimum,
        ReconnectMaximum = options.ReconnectMaximum,
        Time = time,
    });
}
