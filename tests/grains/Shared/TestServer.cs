using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Grains.Tests.Shared;

/// <summary>One of several servers over a <see cref="SharedBook"/>: a log of its own, a host that can be killed, and what it remembers of who holds what.</summary>
internal sealed class TestServer : IGrainBook, IGrainSessions
{
    private readonly List<(LogCursor End, long ReceivedAt, string Source, byte[] Payload)> _log = [];
    private readonly Guid _logId = Guid.NewGuid();
    private readonly SharedBook _book;
    private readonly TestDirectory _directory;
    private readonly FakeTime _time;
    private readonly Lane _lane;
    private readonly HostOptions _options;
    private Dictionary<string, (string Server, long Epoch)> _seen = new(StringComparer.Ordinal);
    private (string Leader, long Term) _leads;

    public TestServer(string name, SharedBook book, TestDirectory directory, FakeTime time, Lane lane = Lane.Alarm, HostOptions? options = null)
    {
        (Name, _book, _directory, _time, _lane, _options) = (name, book, directory, time, lane, options ?? new HostOptions());
        Host = NewHost();
    }

    public string Name { get; }

    public EmbeddedHost Host { get; private set; }

    /// <summary>Gateways whose frames must not be acknowledged, of the last commit.</summary>
    public HashSet<string> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>Null: the book answers. True: it commits and the answer is lost. False: it is away.</summary>
    public Func<bool?> Fault { get; set; } = () => null;

    public bool HasUnread => _log.Count > 0 && _log[^1].End.Position > From;

    private long From => Host.Position?.Position ?? Host.Cursor?.Position ?? 0;

    public Task<GrainLoad> LoadAsync(Lane lane, CancellationToken cancel) => Task.FromResult(_book.Load(Name));

    public Task<IReadOnlyList<GrainSnapshot>> ReadAsync(Lane lane, IReadOnlyList<string> grains, CancellationToken cancel) => Task.FromResult<IReadOnlyList<GrainSnapshot>>(_book.Rows(grains.Contains));

    public Task CommitAsync(GrainCommit commit, CancellationToken cancel)
    {
        var fault = Fault();
        if (fault == false)
        {
            throw new IOException("the book is away");
        }

        _book.Commit(Name, commit);
        return fault == true ? throw new IOException("the answer was lost") : Task.CompletedTask;
    }

    /// <summary>What it last heard of: a hint.</summary>
    public long EpochOf(string gateway, Lane lane) =>
        _seen.TryGetValue(gateway, out var held) ? held.Server == Name ? held.Epoch : -1 : _leads.Leader == Name ? _leads.Term : -1;

    public IReadOnlyList<string> Held(Lane lane) => [.. _seen.Where(s => s.Value.Server == Name).Select(s => s.Key)];

    /// <summary>It hears what others have done.</summary>
    public void Hear(bool lose = true)
    {
        _seen = new(_book.Sessions, StringComparer.Ordinal);
        _leads = (_book.Leader, _book.Term);
        if (lose)
        {
            foreach (var (gateway, _) in _seen.Where(s => s.Value.Server != Name))
            {
                Host.Lose(gateway);
            }

            Host.Lose("");
        }

        Host.Refresh(_book.Zones());
    }

    /// <summary>A gateway connects here.</summary>
    public void Take(string gateway)
    {
        var epoch = _book.Take(gateway, Name);
        _seen[gateway] = (Name, epoch);
        Host.Adopt(new GrainAdoption(gateway, epoch, _book.RowsOf(gateway, _directory)));
    }

    public void Lead()
    {
        _book.Lead(Name);
        _leads = (_book.Leader, _book.Term);
        Host.Adopt(new GrainAdoption("", _book.Term, _book.Rows(g => g.StartsWith("device/", StringComparison.Ordinal)
            && _directory.Find(Encoding.UTF8.GetBytes(g[7..])) is { } info && !_book.Sessions.ContainsKey(info.Gateway))));
    }

    /// <summary>Into the log; not read yet.</summary>
    public void Append(string gateway, string lines, long receivedAt)
    {
        var payload = Encoding.UTF8.GetBytes(lines);
        _log.Add((new LogCursor(_logId, _lane, (_log.Count == 0 ? 0 : _log[^1].End.Position) + 32 + payload.Length), receivedAt, gateway, payload));
    }

    /// <summary>Reads what is new; stands when the host does.</summary>
    public void Read()
    {
        foreach (var (end, receivedAt, source, payload) in _log.Where(f => f.End.Position > From).ToList())
        {
            if (!Host.MayApply)
            {
                return;
            }

            Host.ApplyFrame(end, FrameFlags.None, receivedAt, payload, Encoding.UTF8.GetBytes(source));
        }
    }

    /// <summary>True when the book has it.</summary>
    public async Task<bool> TryCommitAsync(Func<ValueTask>? work = null)
    {
        Refused.Clear();
        try
        {
            await (work ?? (() => Host.CommitAsync(default)))();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public async Task CommitAsync()
    {
        while (!await TryCommitAsync())
        {
        }
    }

    public Task<bool> TickAsync() => TryCommitAsync(() => Host.TickAsync(!HasUnread, default));

    /// <summary>The process dies and another takes its place.</summary>
    public async Task RestartAsync()
    {
        Host = NewHost();
        _seen = new(_book.Sessions, StringComparer.Ordinal);
        _leads = (_book.Leader, _book.Term);
        Host.Backlog = _log.Count == 0 ? null : _log[^1].End;
        await Host.LoadAsync(default);
    }

    private EmbeddedHost NewHost() => new(_lane, KindCatalog.BuiltIn, _directory, this, _time, _options, this) { Refused = gateway => Refused.Add(gateway) };
}
