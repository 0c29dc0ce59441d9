using System.Collections.Concurrent;
using System.Net;

namespace SmartCity.Mqtt;

/// <summary>Who is connected, from where, and how many more may be.</summary>
internal sealed class ConnectionTable(MqttLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private readonly HashSet<MqttConnection> _all = [];
    private readonly ConcurrentDictionary<string, MqttConnection> _bySession = new(StringComparer.Ordinal);
    private int _refusals;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _all.Count - _refusals;
            }
        }
    }

    public MqttConnection? Find(string sessionName) => _bySession.GetValueOrDefault(sessionName);

    public void Named(MqttConnection connection) => _bySession[connection.SessionName] = connection;

    public void Forget(MqttConnection connection) => _bySession.TryRemove(new KeyValuePair<string, MqttConnection>(connection.SessionName, connection));

    /// <summary>
    /// Counts a connection in. Success; or the reason its CONNECT will be refused with; or <see cref="ReasonCode.ServerBusy"/>: not even that.
    /// </summary>
    public ReasonCode Enter(MqttConnection connection)
    {
        var address = AddressOf(connection);
        lock (_gate)
        {
            var here = address is null ? 0 : _byAddress.GetValueOrDefault(address);
            var reason = _all.Count - _refusals >= limits.MaximumConnections ? ReasonCode.QuotaExceeded
                : here >= limits.MaximumConnectionsPerAddress ? ReasonCode.ConnectionRateExceeded
                : ReasonCode.Success;
            if (reason == ReasonCode.Success)
            {
                if (address is not null)
                {
                    _byAddress[address] = here + 1;
                }
            }
            else if (_refusals >= limits.MaximumRefusals)
            {
                return ReasonCode.ServerBusy;
            }
            else
            {
                _refusals++;
            }

            _all.Add(connection);
            return reason;
        }
    }

    /// <summary>Counts a connection out that was counted in; false if it was out already.</summary>
    public bool Leave(MqttConnection connection)
    {
        var address = AddressOf(connection);
        lock (_gate)
        {
            if (!_all.Remove(connection))
            {
                return false;
            }

            if (connection.Refusal != ReasonCode.Success)
            {
                _refusals--;
            }
            else if (address is not null && _byAddress.TryGetValue(address, out var here))
            {
                if (here == 1)
                {
                    _byAddress.Remove(address);
                }
                else
                {
                    _byAddress[address] = here - 1;
                }
            }

            return true;
        }
    }

    /// <summary>Copies who is there into a buffer that is used again.</summary>
    public void CopyTo(List<MqttConnection> target)
    {
        target.Clear();
        lock (_gate)
        {
            target.AddRange(_all);
        }
    }

    private static IPAddress? AddressOf(MqttConnection connection) =>
        connection.Remote is IPEndPoint { Address: var address } ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address) : null;
}
