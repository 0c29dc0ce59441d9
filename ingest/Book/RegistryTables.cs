using System.Text.Json;

namespace SmartCity.Ingest.Book;

/// <summary>The registry's rows in tables.</summary>
internal static class RegistryTables
{
    /// <summary>Rows as they stand.</summary>
    /// <param name="sql">Reads.</param>
    /// <param name="keys">Which, as <see cref="BookAreas.Registry"/> names them; null: all.</param>
    public static RegistryBatch Read(SqlSession sql, IReadOnlySet<string>? keys)
    {
        var all = new RegistryBatch();
        var some = keys is null ? "" : $" WHERE id IN {sql.Dialect.Texts("$1")}";
        object?[] Parameters(string what) => keys is null
            ? []
            : [JsonSerializer.Serialize(keys.Where(k => k.StartsWith(what, StringComparison.Ordinal)).Select(k => k[what.Length..]), BookJson.Options)];
        all.Zones.AddRange(sql.Query(
            $"SELECT id, name, kind, ward, lat, lon, settings, state, revision, changed_at, boundary, runbook, phones FROM zones{some} ORDER BY id",
            r => new ZoneRow(
                r.GetString(0), r.Text(1), r.Text(2), r.Text(3), r.Real(4), r.Real(5), Numbers(r.Text(6)), State(r.GetString(7)), r.GetInt64(8),
                Instant.ToMoment(r.GetInt64(9)))
            {
                Boundary = r.Text(10) is { } border ? ZoneBoundary.Parse(border) : null,
                Runbook = r.Text(11),
                Phones = r.Text(12) is { } phones ? JsonSerializer.Deserialize<List<ZonePhone>>(phones, BookJson.Options) ?? [] : [],
            },
            Parameters("zone/")));
        all.Streets.AddRange(sql.Query(
            $"SELECT id, name, ward, line, state, revision, changed_at FROM streets{some} ORDER BY id",
            r => new StreetRow(r.GetString(0), r.Text(1), r.Text(2), Line(r.Text(3)), State(r.GetString(4)), r.GetInt64(5), Instant.ToMoment(r.GetInt64(6))),
            Parameters("street/")));
        all.Gateways.AddRange(sql.Query(
            $"SELECT id, name, zone, street, lat, lon, state, revision, changed_at FROM gateways{some} ORDER BY id",
            r => new GatewayRow(r.GetString(0), r.Text(1), r.Text(2), r.Text(3), r.Real(4), r.Real(5), State(r.GetString(6)), r.GetInt64(7), Instant.ToMoment(r.GetInt64(8))),
            Parameters("gateway/")));
        all.Devices.AddRange(sql.Query(
            $"SELECT id, kind, gateway, zone, street, name, lat, lon, thresholds, registered, replaced_by, state, revision, changed_at FROM devices{some} ORDER BY id",
            r => new DeviceRow(
                r.GetString(0), r.GetString(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5), r.Real(6), r.Real(7), Numbers(r.Text(8)),
                r.Flag(9), r.Text(10), State(r.GetString(11)), r.GetInt64(12), Instant.ToMoment(r.GetInt64(13))),
            Parameters("device/")));
        return all;
    }

    /// <summary>Writes the rows and the record of who did it.</summary>
    /// <exception cref="RegistryMovedException">Another process has changed one of them since they were read here: nothing must be kept of this transaction.</exception>
    public static void Write(BookTransaction transaction, RegistryBatch batch, string who, long at)
    {
        var sql = transaction.Sql;
        foreach (var z in batch.Zones)
        {
            Changed(sql.Execute(
                """
                INSERT INTO zones(id, name, kind, ward, lat, lon, settings, state, revision, changed_at, boundary, runbook, phones)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                ON CONFLICT(id) DO UPDATE SET name = $2, kind = $3, ward = $4, lat = $5, lon = $6, settings = $7, state = $8, revision = $9,
                  changed_at = $10, boundary = $11, runbook = $12, phones = $13 WHERE zones.revision = $9 - 1
                """,
                z.Id, z.Name, z.Kind, z.Ward, z.Lat, z.Lon, Text(z.Settings), Text(z.State), z.Revision, Instant.From(z.ChangedAt),
                z.Boundary?.ToString(), z.Runbook, z.Phones.Count == 0 ? null : JsonSerializer.Serialize(z.Phones, BookJson.Options)));
        }

        foreach (var s in batch.Streets)
        {
            Changed(sql.Execute(
                """
                INSERT INTO streets(id, name, ward, line, state, revision, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT(id) DO UPDATE SET name = $2, ward = $3, line = $4, state = $5, revision = $6, changed_at = $7 WHERE streets.revision = $6 - 1
                """,
                s.Id, s.Name, s.Ward, s.Line is null ? null : JsonSerializer.Serialize(s.Line, BookJson.Options), Text(s.State), s.Revision, Instant.From(s.ChangedAt)));
        }

        foreach (var g in batch.Gateways)
        {
            Changed(sql.Execute(
                """
                INSERT INTO gateways(id, name, zone, street, lat, lon, state, revision, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT(id) DO UPDATE SET name = $2, zone = $3, street = $4, lat = $5, lon = $6, state = $7, revision = $8, changed_at = $9 WHERE gateways.revision = $8 - 1
                """,
                g.Id, g.Name, g.Zone, g.Street, g.Lat, g.Lon, Text(g.State), g.Revision, Instant.From(g.ChangedAt)));
        }

        foreach (var d in batch.Devices)
        {
            Changed(sql.Execute(
                """
                INSERT INTO devices(id, kind, gateway, zone, street, name, lat, lon, thresholds, registered,
                  replaced_by, state, revision, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                ON CONFLICT(id) DO UPDATE SET kind = $2, gateway = $3, zone = $4, street = $5, name = $6, lat = $7, lon = $8,
                  thresholds = $9, registered = $10, replaced_by = $11, state = $12, revision = $13, changed_at = $14 WHERE devices.revision = $13 - 1
                """,
                d.Id, d.Kind, d.Gateway, d.Zone, d.Street, d.Name, d.Lat, d.Lon, Text(d.Thresholds), d.Registered,
                d.ReplacedBy, Text(d.State), d.Revision, Instant.From(d.ChangedAt)));
        }

        // With more of them the others read all.
        var rows = batch.Rows().Select(r => r.Target).ToList();
        rows[..(rows.Count <= BookNews.MostKeys ? rows.Count : 0)].ForEach(row => transaction.Touches(BookAreas.Registry, row));

        // In one statement: an import of a city must not hold an alarm's commit up longer than it has to.
        sql.Execute(
            $"""
            INSERT INTO audit(at, who, act, target, detail)
            SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), value ->> 0, value ->> 1, value ->> 2 FROM {sql.Dialect.Rows("$3")}
            """,
            at, who, JsonSerializer.Serialize(batch.Audit.Select(a => new[] { a.Act, a.Target, a.Detail })));
    }

    private static void Changed(int rows)
    {
        if (rows != 1)
        {
            throw new RegistryMovedException();
        }
    }

    private static string Text(Service state) => state switch
    {
        Service.Active => "active",
        Service.Decommissioned => "decommissioned",
        _ => "replaced",
    };

    private static Service State(string text) => text switch
    {
        "active" => Service.Active,
        "decommissioned" => Service.Decommissioned,
        "replaced" => Service.Replaced,
        _ => throw new BookException($"The book holds a state of service it does not know: {text}."),
    };

    private static List<double[]>? Line(string? json) => json is null ? null : JsonSerializer.Deserialize<List<double[]>>(json, BookJson.Options);

    private static string? Text(IReadOnlyDictionary<string, double>? numbers) =>
        numbers is null ? null : JsonSerializer.Serialize(numbers, BookJson.Options);

    private static Dictionary<string, double>? Numbers(string? json) =>
        json is null ? null : JsonSerializer.Deserialize<Dictionary<string, double>>(json, BookJson.Options);
}

/// <summary>The registry in the book is not what was in memory.</summary>
internal sealed class RegistryMovedException() : Exception("Another process has changed the registry.");
