using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace SmartCity.Mqtt;

/// <summary>The session store's SQLite file. Used by one thread at a time.</summary>
internal sealed partial class StoreDatabase : IDisposable
{
    private static readonly string[] _names = ["$a", "$b", "$c", "$d", "$e", "$f", "$g", "$h", "$i", "$j"];

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    private StoreDatabase(SqliteConnection connection) => _connection = connection;

    public static StoreDatabase Open(string path)
    {
        // Not pooled: disposing has to let go of the file and its lock. Timeout (s): how long to wait for a process that is just ending.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 2 }.ToString());
        try
        {
            connection.Open();
            var database = new StoreDatabase(connection);
            database.Execute(StoreSchema.Pragmas);
            database.Migrate(path);
            return database;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Writes changes in one transaction; when it returns they are on disk, when it throws none is.</summary>
    public void Write(IEnumerable<StoreOperation> operations)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var operation in operations)
        {
            Apply(operation, transaction);
        }

        transaction.Commit();
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private void Migrate(string path)
    {
        using var transaction = _connection.BeginTransaction();
        using var version = _connection.CreateCommand();
        version.Transaction = transaction;
        version.CommandText = "PRAGMA user_version";
        switch (Convert.ToInt32(version.ExecuteScalar(), CultureInfo.InvariantCulture))
        {
            case 0:
                version.CommandText = StoreSchema.Create;
                version.ExecuteNonQuery();
                break;
            case StoreSchema.Version:
                break;
            case var later:
                throw new InvalidDataException($"{path} is a session store of version {later}; this program knows version {StoreSchema.Version}.");
        }

        transaction.Commit();
    }

    private void Apply(StoreOperation operation, SqliteTransaction transaction)
    {
        switch (operation)
        {
            case SessionOpened o:
                var will = o.Will;
                Run(
                    transaction, StoreSchema.OpenSession, o.Session, o.ClientId, (long)o.Version, (long)o.ExpirySeconds, will?.Topic, Bytes(will?.Payload),
                    (long?)will?.Qos, will?.Retain, (long?)will?.DelayInterval, Encode(will?.Properties));
                break;
            case SessionClosed o:
                Run(transaction, StoreSchema.CloseSession, o.Session, o.At.ToUnixTimeMilliseconds(), (long)o.ExpirySeconds, o.KeepWill ? 1L : 0L, o.SentUpTo);
                break;
            case SessionEnded o:
                foreach (var statement in StoreSchema.EndSession)
                {
                    Run(transaction, statement, o.Session);
                }

                break;
            case WillDropped o:
                Run(transaction, StoreSchema.DropWill, o.Session);
                break;
            case SubscriptionPut { Subscription: var s } o:
                Run(transaction, StoreSchema.PutSubscription, o.Session, s.Filter, (long)s.Qos, s.NoLocal, s.RetainAsPublished, (long)s.Identifier);
                break;
            case SubscriptionRemoved o:
                Run(transaction, StoreSchema.RemoveSubscription, o.Session, o.Filter);
                break;
            case MessagePut { Message: { Message: var m } routed }:
                Run(
                    transaction, StoreSchema.PutMessage, routed.StoreId, m.Topic, Bytes(m.Payload), (long)m.Qos, m.Retain, Encode(m.Properties),
                    routed.Arrived.ToUnixTimeMilliseconds());
                break;
            case DeliveryPut { Entry: var e } o:
                Run(
                    transaction, StoreSchema.PutDelivery, o.Session, (long)e.PacketId, e.Sequence, e.Message.StoreId, (long)e.Qos, e.Retain,
                    e.Identifiers is null ? null : MemoryMarshal.AsBytes(e.Identifiers.AsSpan()).ToArray());
                break;
            case DeliveryReleased o:
                Run(transaction, StoreSchema.ReleaseDelivery, o.Session, (long)o.PacketId);
                break;
            case DeliveryRemoved o:
                Run(transaction, StoreSchema.RemoveDelivery, o.Session, (long)o.PacketId);
                Run(transaction, StoreSchema.RemoveMessage, o.MessageId);
                break;
            case InboundPut o:
                Run(transaction, StoreSchema.PutInbound, o.Session, (long)o.PacketId);
                break;
            case InboundRemoved o:
                Run(transaction, StoreSchema.RemoveInbound, o.Session, (long)o.PacketId);
                break;
            case RetainedPut { Message: { Message: var m } routed }:
                Run(transaction, StoreSchema.PutRetained, m.Topic, Bytes(m.Payload), (long)m.Qos, Encode(m.Properties), routed.Arrived.ToUnixTimeMilliseconds());
                break;
            case RetainedRemoved o:
                Run(transaction, StoreSchema.RemoveRetained, o.Topic);
                break;
            default:
                throw new InvalidOperationException($"The store cannot write {operation.GetType().Name}.");
        }
    }

    private void Run(SqliteTransaction transaction, string statement, params ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(statement, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = statement;
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = _names[i] });
            }

            _commands.Add(statement, command);
        }

        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        command.ExecuteNonQuery();
    }

    private void Execute(string statements)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = statements;
        command.ExecuteNonQuery();
    }

    private static byte[]? Bytes(ReadOnlyMemory<byte>? memory) => memory?.ToArray();

    // Properties are kept as MQTT encodes them: one form, read back by the packets' own decoder.
    private static byte[]? Encode(PublishProperties? properties)
    {
        if (properties is null)
        {
            return null;
        }

        var output = new ArrayBufferWriter<byte>();
        output.MessageProperties(properties, properties.MessageExpiryInterval);
        return output.WrittenSpan.ToArray();
    }
}
