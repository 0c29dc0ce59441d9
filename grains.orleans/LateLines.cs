using System.Buffers;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// Lines of gateways that another server has by now: what this one had acknowledged and not judged when it lost them. The living grains have newer readings and would
/// pass over these. So they are judged apart, as the embedded host does it, from nothing and by themselves: what began and ended in them is told as history.
/// </summary>
internal sealed class LateLines(LaneSilo lane, TimeProvider time, IGrainSessions sessions) : IGrainBook
{
    private readonly ArrayBufferWriter<byte> _lines = new();
    private EmbeddedHost? _host;

    /// <summary>Notes a line of the frame that is being read.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        _lines.Write(line);
        _lines.Write("\n"u8);
    }

    /// <summary>The frame is over.</summary>
    public void End(LogCursor end, FrameFlags flags, long receivedAt, ReadOnlySpan<byte> source)
    {
        if (_lines.WrittenCount == 0)
        {
            return;
        }

        _host ??= new EmbeddedHost(lane.Lane, lane.Kinds, lane.Directory, this, time, lane.Options, sessions);
        _host.ApplyFrame(end, flags, receivedAt, _lines.WrittenSpan, source);
        _lines.ResetWrittenCount();
    }

    /// <summary>What a grain was told in a session that is gone.</summary>
    public void Add(Call call, Guid log)
    {
        _host ??= new EmbeddedHost(lane.Lane, lane.Kinds, lane.Directory, this, time, lane.Options, sessions);
        foreach (var (place, line) in call.Frames())
        {
            _host.ApplyFrame(new LogCursor(log, lane.Lane, place.End), FlagsOf((ReadingFaults)place.Faults), place.ReceivedAt, line, System.Text.Encoding.UTF8.GetBytes(call.Hold.Gateway));
        }
    }

    private static FrameFlags FlagsOf(ReadingFaults faults) =>
        ((faults & ReadingFaults.ArrivalTime) != 0 ? FrameFlags.ArrivalTime : 0)
        | ((faults & ReadingFaults.Clock) != 0 ? FrameFlags.ClockFault : 0)
        | ((faults & ReadingFaults.Range) != 0 ? FrameFlags.RangeFault : 0)
        | ((faults & ReadingFaults.Unregistered) != 0 ? FrameFlags.Unregistered : 0);

    /// <summary>What they say is in the book when it returns.</summary>
    public ValueTask SayAsync(CancellationToken cancel) => _host?.CommitAsync(cancel) ?? default;

    /// <summary>Everything has been read: nothing of them is remembered.</summary>
    public void Forget() => _host = null;

    Task<GrainLoad> IGrainBook.LoadAsync(Lane of, CancellationToken cancel) => Task.FromResult(new GrainLoad(null, []));

    Task<IReadOnlyList<GrainSnapshot>> IGrainBook.ReadAsync(Lane of, IReadOnlyList<string> grains, CancellationToken cancel) => Task.FromResult<IReadOnlyList<GrainSnapshot>>([]);

    // No grain and no cursor of these is kept, and nothing of them is news.
    Task IGrainBook.CommitAsync(GrainCommit commit, CancellationToken cancel) =>
        commit.Late.Count == 0 ? Task.CompletedTask : lane.Book.CommitAsync(new GrainCommit(commit.Lane, null, [], []) { Late = commit.Late }, cancel);
}
