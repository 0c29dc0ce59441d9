using System.CommandLine;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Commands;

/// <summary><c>import</c>: devices, gateways, zones and streets from a file, all or none.</summary>
internal static class RegistryCommands
{
    private static readonly Argument<FileInfo> File = new("file") { Description = "JSON as `GET /api/v1/export` gives it, or CSV (.csv) or GeoJSON (.geojson)" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Only say what is wrong with it" };

    public static Command MakeImport()
    {
        var command = new Command("import", "Import devices, gateways, zones and streets: all rows or none") { File, DryRun };
        command.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, (data, stop) => ImportAsync(parsed, data, stop), cancel, mayCreate: true));
        return command;
    }

    private static async Task<int> ImportAsync(ParseResult parsed, OpenData data, CancellationToken cancel)
    {
        var file = parsed.GetRequiredValue(File);
        if (!file.Exists)
        {
            throw new CommandFault($"{file.FullName}: no such file.");
        }

        await using var content = file.OpenRead();
        var format = file.Extension.ToLowerInvariant() switch
        {
            ".csv" => RegistryFormat.Csv,
            ".geojson" => RegistryFormat.GeoJson,
            _ => RegistryFormat.Json,
        };
        try
        {
            var result = await RegistryImport.RunAsync(data.Book.Registry, content, format, parsed.GetValue(DryRun), "command-line", new Line(), cancel, RegistryImport.MaximumRowsInParts);
            Console.WriteLine(FormattableString.Invariant(
                $"{(result.DryRun ? "would import" : "imported")} {result.Devices} devices, {result.Gateways} gateways, {result.Zones} zones, {result.Streets} streets"));
            return 0;
        }
        catch (RegistryException e)
        {
            foreach (var error in e.Errors)
            {
                await Console.Error.WriteLineAsync(FormattableString.Invariant($"row {error.Row} {error.Id} {error.Field}: {error.Message}"));
            }

            throw new CommandFault(FormattableString.Invariant($"{e.Errors.Count} error(s) in {file.Name}: nothing was imported."));
        }
    }

    private sealed class Line : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value)
        {
            if (!Console.IsErrorRedirected)
            {
                Console.Error.Write(FormattableString.Invariant($"\r{value.Done} of {value.Total} rows checked"));
            }
        }
    }
}
