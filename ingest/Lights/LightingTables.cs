using System.Data.Common;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Lights;

/// <summary>The lighting book's rows.</summary>
internal static class LightingTables
{
    private const string Items = "kind, id, name, body, revision, changed_by, changed_at";
    private const string Orders = "seq, target, level, priority, start_at, expires_at, reason, by, at, ended_at, ended_by";

    /// <summary>Everything that matters now.</summary>
    public static LightingSnapshot Load(SqlSession sql) => LightingSnapshot.Of(
        sql.Query($"SELECT {Items} FROM lighting", Item),
        sql.Query($"SELECT {Orders} FROM light_overrides WHERE ended_at IS NULL ORDER BY seq", Order),
        sql.Number("SELECT count(*) FROM light_overrides WHERE ended_at IS NOT NULL") ?? 0,
        sql.Number("SELECT max(seq) FROM light_overrides") ?? 0);

    /// <summary>Keeps a document.</summary>
    public static void Save(SqlSession sql, LightItem item) => sql.Execute(
        $"""
        INSERT INTO lighting({Items}) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT(kind, id) DO UPDATE SET name = $3, body = $4, revision = $5, changed_by = $6, changed_at = $7
        """,
        Word(item.Kind), item.Id, item.Name, item.Body, item.Revision, item.ChangedBy, Instant.From(item.ChangedAt));

    /// <summary>Keeps a new order, and gives it with its number.</summary>
    public static LightOrder Add(SqlSession sql, LightOrder order)
    {
        var number = sql.Number(
            "INSERT INTO light_overrides(target, level, priority, start_at, expires_at, reason, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING seq",
            order.Target.ToString(), order.Level, order.Priority, Instant.From(order.Start), order.Expires is { } end ? Instant.From(end) : null, order.Reason, order.By, Instant.From(order.At));
        return Find(sql, number!.Value)!;
    }

    /// <summary>Ends an order.</summary>
    public static void End(SqlSession sql, long order, DateTimeOffset at, string? who) =>
        sql.Execute("UPDATE light_overrides SET ended_at = $2, ended_by = $3 WHERE seq = $1 AND ended_at IS NULL", order, Instant.From(at), who);

    /// <summary>An order, ended or not.</summary>
    public static LightOrder? Find(SqlSession sql, long order) => sql.First($"SELECT {Orders} FROM light_overrides WHERE seq = $1", Order, order);

    /// <summary>Orders before a number, newest first.</summary>
    public static List<LightOrder> Before(SqlSession sql, long before, int limit) =>
        sql.Query($"SELECT {Orders} FROM light_overrides WHERE seq < $1 ORDER BY seq DESC LIMIT $2", Order, before, limit);

    /// <summary>A kind as the book, the audit and addresses call it.</summary>
    public static string Word(LightKind kind) => kind switch
    {
        LightKind.Programme => "programme",
        LightKind.Calendar => "calendar",
        LightKind.Holidays => "holidays",
        LightKind.Group => "group",
        _ => "setting",
    };

    private static LightItem Item(DbDataReader r) => new(
        Enum.Parse<LightKind>(r.GetString(0), ignoreCase: true), r.GetString(1), r.Text(2), r.Text(3), r.GetInt64(4), r.GetString(5), Instant.ToMoment(r.GetInt64(6)));

    private static LightOrder Order(DbDataReader r) => new(
        r.GetInt64(0), LightTarget.TryParse(r.GetString(1), out var target) ? target : default, r.GetDouble(2), r.GetInt32(3), Instant.ToMoment(r.GetInt64(4)),
        Instant.ToMoment(r.Long(5)), r.Text(6), r.GetString(7), Instant.ToMoment(r.GetInt64(8)), Instant.ToMoment(r.Long(9)), r.Text(10));
}
