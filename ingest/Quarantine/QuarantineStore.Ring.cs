using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.Quarantine;

/// <content>What happens inside a transaction: adding, counting, pushing out the oldest.</content>
internal sealed partial class QuarantineStore
{
    private List<(string Reason, long Size)> Insert(IReadOnlyList<QuarantineEntry> entries, bool once)
    {
        var added = new List<(string, long)>(entries.Count);
        using var command = _connection.CreateCommand();
        command.CommandText = """
            INSERT INTO quarantine(received_at, lane, source, device, reason, column_at, line, message, size, hash)
            VALUES($at, $lane, $source, $device, $reason, $column, $line, $message, $size, $hash) ON CONFLICT(hash) DO NOTHING
            """;
        var (at, lane, source, device) = (Add(command, "$at"), Add(command, "$lane"), Add(command, "$source"), Add(command, "$device"));
        var (reason, column, line, message) = (Add(command, "$reason"), Add(command, "$column"), Add(command, "$line"), Add(command, "$message"));
        var (size, hash) = (Add(command, "$size"), Add(command, "$hash"));
        var now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        foreach (var entry in entries)
        {
            var text = Cut(entry.Line, _options.MaximumLineBytes);
            var words = Cut(entry.Message ?? "", _options.MaximumLineBytes);
            var name = ReasonName(entry.Reason);
            var bytes = RowOverhead + Encoding.UTF8.GetByteCount(text) + Encoding.UTF8.GetByteCount(words) + Encoding.UTF8.GetByteCount(entry.Source);
            at.Value = entry.ReceivedAt ?? now;
            lane.Value = (long)entry.Lane;
            source.Value = Cut(entry.Source, 128);
            device.Value = entry.Device is null ? DBNull.Value : Cut(entry.Device, 128);
            reason.Value = name;
            column.Value = entry.Column;
            line.Value = text;
            message.Value = entry.Message is null ? DBNull.Value : words;
            size.Value = (long)bytes;
            hash.Value = once ? SHA256.HashData(Encoding.UTF8.GetBytes(name + "\n" + entry.Line)) : DBNull.Value;
            if (command.ExecuteNonQuery() == 1)
            {
                added.Add((name, bytes));
            }
        }

        return added;
    }

    private static SqliteParameter Add(SqliteCommand command, string name) => command.Parameters.AddWithValue(name, DBNull.Value);

    private string ReasonName(string reason)
    {
        var name = Cut(reason, 64);
        var known = _figures.ByReason;
        return known.ContainsKey(name) || known.Count < MaximumReasons ? name : "other";
    }

    private void Count(List<(string Reason, long Size)> added)
    {
        foreach (var group in added.GroupBy(a => a.Reason, StringComparer.Ordinal))
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "INSERT INTO totals VALUES($reason, $lines) ON CONFLICT(reason) DO UPDATE SET lines = lines + excluded.lines";
            command.Parameters.AddWithValue("$reason", group.Key);
            command.Parameters.AddWithValue("$lines", group.LongCount());
            command.ExecuteNonQuery();
        }
    }

    private QuarantineFigures After(List<(string Reason, long Size)> added)
    {
        var reasons = new Dictionary<string, long>(_figures.ByReason, StringComparer.Ordinal);
        foreach (var (reason, _) in added)
        {
            reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        }

        return _figures with { Rows = _figures.Rows + added.Count, Bytes = _figures.Bytes + added.Sum(a => a.Size), ByReason = reasons };
    }

    /// <summary>Deletes the oldest until both bounds hold: walks only over what it deletes.</summary>
    private QuarantineFigures Evict(QuarantineFigures figures)
    {
        var (rows, bytes) = (figures.Rows, figures.Bytes);
        if (rows <= _options.MaximumRows && bytes <= _options.MaximumBytes)
        {
            return figures;
        }

        long last = 0;
        using (var oldest = _connection.CreateCommand())
        {
            oldest.CommandText = "SELECT id, size FROM quarantine ORDER BY id";
            using var row = oldest.ExecuteReader();
            while ((rows > _options.MaximumRows || bytes > _options.MaximumBytes) && row.Read())
            {
                last = row.GetInt64(0);
                bytes -= row.GetInt64(1);
                rows--;
            }
        }

        var evicted = figures.Rows - rows;
        using var delete = _connection.CreateCommand();
        delete.CommandText = "DELETE FROM quarantine WHERE id <= $last; UPDATE evictions SET lines = lines + $evicted";
        delete.Parameters.AddWithValue("$last", last);
        delete.Parameters.AddWithValue("$evicted", evicted);
        delete.ExecuteNonQuery();
        return figures with { Rows = rows, Bytes = bytes, Evicted = figures.Evicted + evicted };
    }

    /// <summary>Cuts to at most <paramref name="bytes"/> bytes of UTF-8, never within a character.</summary>
    private static string Cut(string text, int bytes)
    {
        if (text.Length <= bytes / 3 || Encoding.UTF8.GetByteCount(text) <= bytes)
        {
            return text;
        }

        var length = 0;
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > bytes)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
