using System.Text;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Intake;

/// <summary>The intake of <c>POST /api/v2/write</c>: the same checks and the same log as over MQTT, and an answer for every bad line.</summary>
internal sealed class HttpIntake(Intake intake, Registry registry, CityLog log, bool open) : ILineIntake
{
    // A request waits this long for the log before it is told to come again: HTTP clients retry, sockets do not pause.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async ValueTask<WriteOutcome> SubmitAsync(WritePrincipal who, ReadOnlyMemory<byte> lines, Precision precision, CancellationToken cancel)
    {
        var source = IntakeSource.OfHttp(SourceName(who), open, who.May);
        var mayRegister = true;
        while (true)
        {
            var waiter = new ManyFrames();
            var rejections = new List<Rejection>();
            var (outcome, accepted, unlisted) = intake.AcceptHttp(source, lines.Span, precision, waiter, mayRegister, rejections);
            switch (outcome)
            {
                case IntakeOutcome.UnknownDevices:
                    try
                    {
                        await registry.RegisterUnknownAsync(Intake.Unknown, cancel);
                    }
                    catch (BookEngineException)
                    {
                        return new WriteOutcome(0, 0, []) { Paused = "new devices cannot be registered: the disk of the book is full or refuses to write" };
                    }

                    mayRegister = false;
                    continue;
                case IntakeOutcome.NoAlarmRoom or IntakeOutcome.NoTelemetryRoom:
                    var lane = log[outcome == IntakeOutcome.NoAlarmRoom ? Lane.Alarm : Lane.Telemetry];
                    var reason = lane.Paused;
                    if (!await HasRoomAsync(lane, cancel))
                    {
                        return new WriteOutcome(0, 0, []) { Paused = Words(reason) };
                    }

                    continue;
                default:
                    waiter.Close();
                    await waiter.Done.WaitAsync(cancel);
                    return new WriteOutcome(
                        accepted, rejections.Count + unlisted, [.. rejections.Select(r => new LineFault(r.LineNumber, r.Column, r.Reason, r.Detail))]);
            }
        }
    }

    private static async Task<bool> HasRoomAsync(LogLane lane, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            await lane.RoomAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private static string Words(PauseReason reason) => reason switch
    {
        PauseReason.Readers => "more comes in than alerts and history can follow",
        PauseReason.Budget => "the log has reached its disk budget because a reader (history or alerts) is behind",
        PauseReason.DiskFree => "the disk is nearly full",
        PauseReason.DiskError => "the disk refuses to write",
        _ => "the log is busy",
    };

    // The log allows an identifier's length for a source.
    private static string SourceName(WritePrincipal who)
    {
        var name = "http:" + who.Name;
        return Encoding.UTF8.GetByteCount(name) <= Identifier.MaximumLength ? name : "http";
    }
}
