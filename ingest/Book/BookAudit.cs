namespace SmartCity.Ingest.Book;

/// <summary>One entry of the record of who changed what.</summary>
internal sealed record AuditEntry(long Sequence, DateTimeOffset At, string Who, string Act, string Target, string? Detail);

/// <summary>The record of acts: kept for ever, written in the transaction of the act itself.</summary>
internal static class BookAudit
{
    /// <summary>Adds an entry. <paramref name="detail"/> never holds a secret.</summary>
    public static void Audit(this BookTransaction transaction, long at, string who, string act, string target, string? detail = null) =>
        transaction.Sql.Execute(
            "INSERT INTO audit(at, who, act, target, detail) VALUES ($1, $2, $3, $4, $5)", at, who, act, target, detail);

    /// <summary>Entries before a number, newest first, of everything or of one target.</summary>
    public static List<AuditEntry> Audit(this SqlSession sql, string? target, long before, int limit) => target is null
        ? sql.Query("SELECT seq, at, who, act, target, detail FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2", Read, before, limit)
        : sql.Query("SELECT seq, at, who, act, target, detail FROM audit WHERE seq < $1 AND target = $3 ORDER BY seq DESC LIMIT $2", Read, before, limit, target);

    /// <summary>The newest entries of a target (such as <c>device/lamp-1</c>), newest first.</summary>
    public static List<AuditEntry> AuditOf(this SqlSession sql, string target, int limit) => sql.Audit(target, long.MaxValue, limit);

    private static AuditEntry Read(System.Data.Common.DbDataReader row) =>
        new(row.GetInt64(0), Instant.ToMoment(row.GetInt64(1)), row.GetString(2), row.GetString(3), row.GetString(4), row.Text(5));
}
