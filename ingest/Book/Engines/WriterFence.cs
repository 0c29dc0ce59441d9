namespace SmartCity.Ingest.Book.Engines;

/// <summary>
/// What one of several servers must still be in order to write: the incarnation that the book knows, and not fenced. Asked under the writer's lock in the round trip that takes
/// it, so that a server which was paused, and superseded meanwhile, writes nothing. The same answer says whether sessions of gateways have moved since this server looked.
/// </summary>
/// <param name="server">Its name: an identifier, for it stands in the question.</param>
/// <param name="incarnation">Its incarnation.</param>
/// <param name="log">Its log: a server that was forgotten and one that was set up anew in its name both begin with the first incarnation.</param>
internal sealed class WriterFence(string server, long incarnation, Guid log)
{
    /// <summary>The greatest epoch of sessions that is known here. On the writer's thread.</summary>
    public long Known { get; set; }

    /// <summary>Reads sessions beyond <see cref="Known"/> and sets it; in the turn, before its work.</summary>
    public required Action<SqlSession> Moved { get; init; }

    /// <summary>This incarnation is over, in words; once.</summary>
    public required Action<string> Superseded { get; init; }

    /// <summary>incarnation, fenced, greatest epoch.</summary>
    public string Question { get; } = $"SELECT incarnation, fenced, (SELECT max(epoch) FROM gateway_sessions) FROM servers WHERE name = '{server}' AND log = '{log:D}'";

    private bool _over;

    /// <summary>Judges the answer.</summary>
    /// <param name="found">The row, if there is one.</param>
    /// <param name="sql">The session whose turn it is.</param>
    /// <exception cref="BookSupersededException">This server may write no more.</exception>
    public void Judge((long Incarnation, bool Fenced, long Epoch)? found, SqlSession sql)
    {
        if (found is not { } row || row.Incarnation != incarnation || row.Fenced)
        {
            var refusal = new BookSupersededException(found is { } other && other.Incarnation > incarnation
                ? $"superseded: server {server} has started again elsewhere (incarnation {other.Incarnation}, this is {incarnation}); nothing more is written"
                : $"superseded: another server took over what {server} held while it was not heard; nothing more is written");
            if (!_over)
            {
                _over = true;
                Superseded(refusal.Message);
            }

            throw refusal;
        }

        if (row.Epoch > Known)
        {
            Moved(sql);
        }
    }
}
