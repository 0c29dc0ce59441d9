using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace SmartCity.Mqtt;

/// <content>Reading it all back.</content>
internal sealed partial class StoreDatabase
{
    public StoreContents Load()
    {
        // What a session that ended in the middle of a delivery left behind.
        Execute("DELETE FROM messages WHERE id NOT IN (SELECT message FROM deliveries)");
        var sessions = new Dictionary<long, StoredSession>();
        Read(
            "SELECT id, client, version, expiry, closed, sent, will_topic, will_payload, will_qos, will_retain, will_delay, will_properties FROM sessions",
            row => sessions.Add(row.GetInt64(0), ReadSession(row)));
        Read(
            "SELECT session, filter, qos, no_local, as_published, identifier FROM subscriptions",
            row => sessions.GetValueOrDefault(row.GetInt64(0))?.Subscriptions.Add(new Subscription(row.GetString(1), (QualityOfService)row.GetByte(2))
            {
                NoLocal = row.GetBoolean(3),
                RetainAsPublished = row.GetBoolean(4),
                Identifier = (uint)row.GetInt64(5),
            }));
        Read("SELECT session, packet FROM inbound", row => sessions.GetValueOrDefault(row.GetInt64(0))?.Inbound.Add((ushort)row.GetInt32(1)));

        var messages = new Dictionary<long, RoutedMessage>();
        Read("SELECT id, topic, payload, qos, retain, properties, arrived FROM messages", row => messages.Add(row.GetInt64(0), ReadMessage(row)));
        long lastSequence = 0;
        Read(
            "SELECT session, packet, sequence, message, qos, retain, identifiers, released FROM deliveries ORDER BY sequence",
            row =>
            {
                lastSequence = row.GetInt64(2);
                if (sessions.TryGetValue(row.GetInt64(0), out var session) && messages.TryGetValue(row.GetInt64(3), out var message))
                {
                    session.Deliveries.Add(ReadDelivery(row, session, message));
                }
            });

        List<RoutedMessage> retained = [];
        Read(
            "SELECT topic, payload, qos, properties, arrived FROM retained",
            row => retained.Add(new RoutedMessage(
                new ApplicationMessage(row.GetString(0), (byte[])row[1], (QualityOfService)row.GetByte(2), Retain: true) { Properties = Decode(row, 3) },
                DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)))));
        return new StoreContents([.. sessions.Values], retained, sessions.Keys.DefaultIfEmpty().Max(), messages.Keys.DefaultIfEmpty().Max(), lastSequence);
    }

    private static StoredSession ReadSession(SqliteDataReader row) => new(row.GetInt64(0), row.GetString(1), (ProtocolVersion)row.GetByte(2), (uint)row.GetInt64(3))
    {
        ClosedAt = row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
        SentUpTo = row.GetInt64(5),
        Will = row.IsDBNull(6)
            ? null
            : new WillMessage(row.GetString(6), (byte[])row[7], (QualityOfService)row.GetByte(8), row.GetBoolean(9))
            {
                DelayInterval = (uint)row.GetInt64(10),
                Properties = Decode(row, 11),
            },
    };

    private static RoutedMessage ReadMessage(SqliteDataReader row) => new(
        new ApplicationMessage(row.GetString(1), (byte[])row[2], (QualityOfService)row.GetByte(3), row.GetBoolean(4)) { Properties = Decode(row, 5) },
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)))
    {
        StoreId = row.GetInt64(0),
    };

    private static OutboundEntry ReadDelivery(SqliteDataReader row, StoredSession session, RoutedMessage message)
    {
        var sequence = row.GetInt64(2);
        var released = row.GetBoolean(7);

        // A connection that was up when the process ended may have sent everything: DUP then says "perhaps", which is what it means.
        var sent = session.ClosedAt is null || sequence <= session.SentUpTo;
        var identifiers = row.IsDBNull(6) ? null : MemoryMarshal.Cast<byte, uint>((byte[])row[6]).ToArray();
        return new OutboundEntry(message, (QualityOfService)row.GetByte(4), row.GetBoolean(5), identifiers)
        {
            PacketId = (ushort)row.GetInt32(1),
            Sequence = sequence,
            State = released ? DeliveryState.Released : sent ? DeliveryState.Sent : DeliveryState.Waiting,
            Stored = true,
            Submitted = true,
            Sendable = true,
            Releasable = released,
        };
    }

    private static PublishProperties? Decode(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : PublishProperties.Decode(new ReadOnlySequence<byte>((byte[])row[column]));

    private void Read(string query, Action<SqliteDataReader> each)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = query;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            each(rows);
        }
    }
}
