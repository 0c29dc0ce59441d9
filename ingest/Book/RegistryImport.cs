using System.Text;
using System.Text.Json;

namespace SmartCity.Ingest.Book;

/// <summary>How an import went.</summary>
internal sealed record ImportResult(int Zones, int Streets, int Gateways, int Devices, bool DryRun);

/// <summary>How far an import is.</summary>
internal readonly record struct ImportProgress(int Done, int Total);

/// <summary>Import and export of the registry: the same for HTTP and the command line. All rows or none.</summary>
internal static class RegistryImport
{
    /// <summary>
    /// Rows in one import. It is one transaction, and an alarm that comes meanwhile waits for it: 50,000 rows made one wait 0.7 s
    /// (1.7 s on a machine with ten times its load), so this many stay well within a second.
    /// </summary>
    public const int MaximumRows = 20_000;

    /// <summary>
    /// Rows in one import from the command line: a whole large city. All are judged before any is written, and then so many as <see cref="MaximumRows"/> are
    /// written at a time; a process that dies meanwhile leaves a part, and the same import again writes the rest.
    /// </summary>
    public const int MaximumRowsInParts = 2_000_000;

    /// <summary>Reads and puts. Errors name row, id, field and what would be right.</summary>
    /// <param name="registry">Into which.</param>
    /// <param name="content">The file.</param>
    /// <param name="format">Its form.</param>
    /// <param name="dryRun">Only judge.</param>
    /// <param name="who">For the record.</param>
    /// <param name="progress">Told every hundred rows; null for nobody.</param>
    /// <param name="cancel">Stops it before it is written.</param>
    /// <param name="maximumRows">More rows are refused.</param>
    /// <exception cref="RegistryException">Something is wrong; nothing was changed.</exception>
    public static async Task<ImportResult> RunAsync(
        Registry registry, Stream content, RegistryFormat format, bool dryRun, string who, IProgress<ImportProgress>? progress, CancellationToken cancel,
        int maximumRows = MaximumRows)
    {
        var read = await ReadAsync(content, format, cancel, maximumRows);
        var edits = read.Edits;
        if (edits.Count > maximumRows)
        {
            throw new RegistryException([new RowError(0, "", "file", FormattableString.Invariant($"more than {maximumRows} rows; import in parts"))]);
        }

        var watch = progress is null ? null : new Every(progress, edits.Count);
        Func<object, int>? rowOf = read.Rows is { } rows ? edit => rows[edit] : null;
        try
        {
            if (dryRun || read.Errors.Count > 0)
            {
                registry.Judge(edits, rowOf, watch);
            }
            else
            {
                await registry.PutAsync(edits, who, cancel, rowOf, watch);
            }
        }
        catch (RegistryException e) when (read.Errors.Count > 0)
        {
            throw new RegistryException(read.With(e.Errors));
        }

        return read.Errors.Count == 0
            ? new ImportResult(edits.Zones.Count, edits.Streets.Count, edits.Gateways.Count, edits.Devices.Count, dryRun)
            : throw new RegistryException(read.With([]));
    }

    /// <summary>Only reads.</summary>
    /// <exception cref="RegistryException">It is no such file at all.</exception>
    public static async Task<RegistryReadout> ReadAsync(Stream content, RegistryFormat format, CancellationToken cancel, int maximumRows = MaximumRows) => format switch
    {
        RegistryFormat.Csv => ReadCsv(content, maximumRows),
        RegistryFormat.GeoJson => await RegistryGeoJson.ReadAsync(content, maximumRows, cancel),
        _ => new RegistryReadout(await ReadJsonAsync(content, cancel), null, []),
    };

    /// <summary>Everything in service, in the form that an import takes.</summary>
    public static RegistryEdits Export(RegistrySnapshot from) => new()
    {
        Zones =
        [
            .. from.Zones.Values.Where(z => z.State == Service.Active).Select(z => new ZoneEdit
            {
                Id = z.Id, Name = z.Name, Kind = z.Kind, Ward = z.Ward, Lat = z.Lat, Lon = z.Lon, Settings = z.Settings,
                Boundary = z.Boundary, Runbook = z.Runbook, Phones = z.Phones,
            }),
        ],
        Streets =
        [
            .. from.Streets.Values.Where(s => s.State == Service.Active)
                .Select(s => new StreetEdit { Id = s.Id, Name = s.Name, Ward = s.Ward, Line = s.Line }),
        ],
        Gateways =
        [
            .. from.Gateways.Values.Where(g => g.State == Service.Active).Select(g => new GatewayEdit
            {
                Id = g.Id, Name = g.Name, Zone = g.Zone, Street = g.Street, Lat = g.Lat, Lon = g.Lon,
            }),
        ],
        Devices =
        [
            .. from.Ordered.Where(d => d.State == Service.Active).Select(d => new DeviceEdit
            {
                Id = d.Id, Kind = d.Kind, Gateway = d.Gateway, Zone = d.Zone, Street = d.Street, Name = d.Name, Lat = d.Lat, Lon = d.Lon,
                Thresholds = d.Thresholds,
            }),
        ],
    };

    private static RegistryReadout ReadCsv(Stream content, int maximumRows)
    {
        using var text = new StreamReader(content, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        try
        {
            return RegistryCsv.Read(text, maximumRows);
        }
        catch (DecoderFallbackException)
        {
            throw new RegistryException([new RowError(0, "", "file", "the file is not UTF-8; save it as \"CSV UTF-8\"")]);
        }
    }

    private static async Task<RegistryEdits> ReadJsonAsync(Stream content, CancellationToken cancel)
    {
        try
        {
            var edits = await JsonSerializer.DeserializeAsync<RegistryEdits>(content, BookJson.Strict, cancel) ?? new RegistryEdits();
            return edits.Zones.Contains(null!) || edits.Streets.Contains(null!) || edits.Gateways.Contains(null!) || edits.Devices.Contains(null!)
                ? throw new RegistryException([new RowError(0, "", "file", "a list holds null where a row should be")])
                : edits;
        }
        catch (JsonException e)
        {
            throw new RegistryException([new RowError((int)(e.LineNumber ?? 0) + 1, "", e.Path ?? "file", "not as expected here: " + Short(e.Message))]);
        }
    }

    private static string Short(string message) => message.Split(" Path:", 2)[0];

    private sealed class Every(IProgress<ImportProgress> to, int total) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value % 100 == 0 || value == total)
            {
                to.Report(new ImportProgress(value, total));
            }
        }
    }
}
