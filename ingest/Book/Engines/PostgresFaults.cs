using System.Data.Common;
using Npgsql;

namespace SmartCity.Ingest.Book.Engines;

/// <summary>What PostgreSQL's refusals mean (https://www.postgresql.org/docs/15/errcodes-appendix.html), in words that say what to do.</summary>
internal static class PostgresFaults
{
    /// <summary>What a refusal means.</summary>
    /// <param name="refusal">As the driver gives it.</param>
    /// <param name="place">Where the book is.</param>
    public static BookEngineException Meaning(DbException refusal, string place) => refusal switch
    {
        PostgresException { SqlState: "53100" } e => new(BookFault.Full, $"{place}: its disk is full", e),
        PostgresException { SqlState: "55P03" } e => new(BookFault.Busy, $"{place}: another process has been writing for too long; it is tried again", e),
        PostgresException { SqlState: "57P01" or "57P02" or "57P03" or "57P05" or "25P03" or "53300" or "53200" } e => new(BookFault.Away, $"{place} takes nobody just now: {e.MessageText}", e),
        PostgresException { SqlState: "28P01" or "28000" } e => new(BookFault.Away, $"{place} refuses the user or the password of book.postgres", e) { IsSettings = true },
        PostgresException { SqlState: "3D000" } e => new(BookFault.Away, $"{place}: there is no such database. Make it: CREATE DATABASE … OWNER …", e) { IsSettings = true },
        PostgresException { SqlState: "3F000" or "42501" } e => new(BookFault.Other, $"{place}: {e.MessageText}. The book's user must own its database, or its schema", e),
        PostgresException { SqlState: "25006" } e => new(BookFault.Away, $"{place} takes no writes: is it a standby?", e),
        PostgresException { SqlState: "42P07" } e => new(BookFault.Other, $"{place} holds tables of something else: {e.MessageText}. Give the book a database or schema (Search Path=…) of its own", e),
        PostgresException e when e.SqlState.StartsWith("08", StringComparison.Ordinal) => new(BookFault.Away, $"{place} is lost: {e.MessageText}", e),
        PostgresException e => new(BookFault.Other, $"{place}: {e.MessageText} ({e.SqlState})", e),
        _ => new(BookFault.Away, $"{place} does not answer: {(refusal.InnerException ?? refusal).Message}", refusal),
    };
}
