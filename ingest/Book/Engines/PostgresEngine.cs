using System.Data.Common;
using System.Security.Cryptography;
using Npgsql;

namespace SmartCity.Ingest.Book.Engines;

/// <summary>
/// A schema of a PostgreSQL database, which several processes on several machines may have open. Connections that are lost are opened
/// anew when they are needed, with growing pauses: who asks in a pause is told at once, so that nothing piles up behind a server that is away.
/// </summary>
internal sealed class PostgresEngine : BookEngine
{
    private const string Writer = "writer";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // A writer whose connection died without a word holds up all that is written until then; each of its questions is short.
    private static readonly TimeSpan WriteAnswer = TimeSpan.FromSeconds(5);

    // A commit keeps the turn of all writers until it has ended, whether or not the server that asked for it lives, and waits for a synchronous standby without a limit.
    private const string HeldUp =
        """
        SELECT CAST(max(EXTRACT(EPOCH FROM clock_timestamp() - query_start)) AS BIGINT) FROM pg_catalog.pg_stat_activity
        WHERE datname = current_database() AND application_name = $1 AND state = 'active' AND query = 'COMMIT' AND clock_timestamp() - query_start > CAST($2 AS BIGINT) * INTERVAL '1 ms'
        """;

    private readonly PostgresAddress _address;
    private readonly BookOptions _options;
    private readonly NpgsqlDataSource _writers;
    private readonly NpgsqlDataSource _readers;
    private readonly NpgsqlDataSource _listeners;
    private readonly NpgsqlDataSource _probes;
    private readonly Lock _gate = new();
    private readonly Lock _opening = new();
    private readonly string _self = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly CancellationTokenSource _stopping = new();
    private PostgresTurn? _turn;
    private Task _following = Task.CompletedTask;
    private CancellationTokenSource? _anew;
    private BookEngineException? _refusal;
    private long _refusedAt;
    private TimeSpan _pause;

    public PostgresEngine(BookOptions options)
    {
        _options = options;
        _address = PostgresAddress.Of(options);

        // A writer that is stopped in the middle of a write loses its turn, so that the others go on.
        var idle = (long)options.TurnTimeout.TotalMilliseconds;
        _writers = _address.Source(Writer, FormattableString.Invariant($"-c synchronous_commit=on -c idle_in_transaction_session_timeout={idle}"), options.BusyTimeout + WriteAnswer);
        _readers = _address.Source("reader", "-c default_transaction_read_only=on");
        _listeners = _address.Source("listener", "");
        _probes = _address.Source("probe", "-c default_transaction_read_only=on", BookWatch.Patience);
    }

    public override string Place => _address.Place;

    public override bool IsLocal => false;

    public override WriterFence? Fence
    {
        get => _turn?.Fence;
        set => _turn!.Fence = value;
    }

    public override SqlSession OpenWriter()
    {
        var connection = Connect(_writers);
        try
        {
            _turn ??= new PostgresTurn(Schema(connection), _self);
            return new PostgresSession(connection, Place, _turn);
        }
        catch (DbException e)
        {
            connection.Dispose();
            throw PostgresFaults.Meaning(e, Place);
        }
    }

    public override SqlSession OpenReader() => new PostgresSession(Connect(_readers), Place, null);

    // Beside the pauses of the others: this is how they learn that they may try again.
    public override SqlSession OpenProbe()
    {
        var connection = _probes.CreateConnection();
        try
        {
            connection.Open();
            lock (_gate)
            {
                (_refusal, _pause) = (null, TimeSpan.Zero);
            }

            return new PostgresSession(connection, Place, null);
        }
        catch (Exception e) when (e is DbException or TimeoutException or System.Net.Sockets.SocketException or IOException)
        {
            connection.Dispose();
            throw Refused(e);
        }
    }

    public override string? HoldsUp(SqlSession probe, TimeSpan patience) =>
        probe.Number(HeldUp, PostgresAddress.NameOf(Writer), (long)patience.TotalMilliseconds) is { } seconds
            ? FormattableString.Invariant($"{Place} has not ended a commit for {seconds} s: is its synchronous standby away, or its disk at a standstill?")
            : null;

    public override void Follow()
    {
        var listening = Listen();
        _following = Task.Run(() => FollowAsync(listening));
    }

    // Packets that were lost are sent again later and later: a new connection is there at once.
    public override void FollowAnew()
    {
        CancellationTokenSource? anew;
        lock (_gate)
        {
            anew = _anew;
        }

        try
        {
            anew?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // it is being made anew already
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _following;
        _stopping.Dispose();
        await _writers.DisposeAsync();
        await _readers.DisposeAsync();
        await _listeners.DisposeAsync();
        await _probes.DisposeAsync();
    }

    private async Task FollowAsync(NpgsqlConnection? listening)
    {
        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (listening is null)
                {
                    listening = Listen();
                    Changed(BookNews.All); // what was said meanwhile nobody heard
                }

                pause = FirstPause;
                using var anew = Anew();
                while (true)
                {
                    await listening.WaitAsync(anew.Token);
                }
            }
            catch (Exception e) when (e is DbException or BookEngineException or OperationCanceledException or InvalidOperationException or IOException)
            {
                lock (_gate)
                {
                    _anew = null;
                }

                if (listening is not null)
                {
                    await listening.DisposeAsync();
                    listening = null;
                }
            }

            await Task.Delay(pause, _options.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = Longer(pause);
        }
    }

    private CancellationTokenSource Anew()
    {
        lock (_gate)
        {
            return _anew = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        }
    }

    private NpgsqlConnection Listen()
    {
        var connection = Connect(_listeners);
        try
        {
            connection.Notification += (_, word) =>
            {
                var bar = word.Payload.IndexOf('|', StringComparison.Ordinal);
                if (bar < 0 || !word.Payload.AsSpan(0, bar).SequenceEqual(_self))
                {
                    Changed(bar < 0 ? BookNews.All : BookNews.Parse(word.Payload.AsSpan(bar + 1)));
                }
            };
            using var command = connection.CreateCommand();
            command.CommandText = "LISTEN " + _turn!.Channel;
            command.ExecuteNonQuery();
            return connection;
        }
        catch (DbException e)
        {
            connection.Dispose();
            throw PostgresFaults.Meaning(e, Place);
        }
    }

    private NpgsqlConnection Connect(NpgsqlDataSource from)
    {
        // One after another, so that the second is told what the first has found; the probe waits for none of them.
        lock (_opening)
        {
            lock (_gate)
            {
                if (_refusal is not null && _options.Time.GetElapsedTime(_refusedAt) < _pause)
                {
                    throw new BookEngineException(_refusal.Fault, _refusal.Message, _refusal) { IsSettings = _refusal.IsSettings };
                }
            }

            var connection = from.CreateConnection();
            try
            {
                connection.Open();
                lock (_gate)
                {
                    (_refusal, _pause) = (null, TimeSpan.Zero);
                }

                return connection;
            }
            catch (Exception e) when (e is DbException or TimeoutException or System.Net.Sockets.SocketException or IOException)
            {
                connection.Dispose();
                var refusal = Refused(e);
                lock (_gate)
                {
                    _refusal = refusal;
                    _refusedAt = _options.Time.GetTimestamp();
                    _pause = Longer(_pause);
                }

                throw refusal;
            }
        }
    }

    private BookEngineException Refused(Exception e) =>
        e is DbException told ? PostgresFaults.Meaning(told, Place) : new BookEngineException(BookFault.Away, $"{Place} does not answer: {e.Message}", e);

    private static TimeSpan Longer(TimeSpan pause) => pause < FirstPause ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;

    // The schema of the address is made when it is not there; without one it is what the server says, usually public.
    private string Schema(NpgsqlConnection connection)
    {
        using var command = connection.CreateCommand();
        if (_address.Schema is { } named)
        {
            // Asked first: making one that is there needs a right that the book's user may not have.
            command.CommandText = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
            command.Parameters.Add(new NpgsqlParameter { Value = named });
            var there = command.ExecuteScalar() is not null;
            command.Parameters.Clear();
            if (!there)
            {
                command.CommandText = $"CREATE SCHEMA IF NOT EXISTS \"{named.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
                command.ExecuteNonQuery();
            }
        }

        command.CommandText = "SELECT current_schema()";
        return command.ExecuteScalar() as string ?? throw new BookException($"{Place} has no schema for the book: name one with Search Path=… in book.postgres.");
    }
}
