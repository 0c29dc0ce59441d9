using System.CommandLine;
using SmartCity.Edge.Enrolment;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Cli;

/// <summary><c>smartcity-edge enrol</c>.</summary>
internal static class EnrolCommand
{
    private const string CodeVariable = "SMARTCITY_ENROL_CODE";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var server = new Option<Uri>("--server")
        {
            Description = "the server's HTTPS address",
            Required = true,
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http")
                {
                    return uri;
                }

                result.AddError("--server: write https://host:port");
                return null;
            },
        };
        var gateway = new Option<string>("--gateway") { Description = "this gateway's name", Required = true };
        var fingerprint = new Option<string>("--ca-fingerprint") { Description = "SHA-256 of the city's authority, as shown with the code", Required = true };
        var ca = new Option<string?>("--ca") { Description = "the authority's certificate as a file; without it the server is asked for it" };
        var directory = new Option<string>("--out") { Description = "where key and certificates go", DefaultValueFactory = _ => "." };
        var command = new Command("enrol", $"Get this gateway's certificate with its one-time code (from {CodeVariable}, or standard input).")
        {
            server, gateway, fingerprint, ca, directory,
        };
        command.SetAction((args, stop) => RunAsync(
            args.GetRequiredValue(server), args.GetRequiredValue(gateway), args.GetRequiredValue(fingerprint), args.GetValue(ca),
            args.GetRequiredValue(directory), stop));
        return command;
    }

    private static async Task<int> RunAsync(Uri server, string gateway, string fingerprint, string? ca, string directory, CancellationToken stop)
    {
        if (!Identifier.IsValid(gateway))
        {
            await Console.Error.WriteLineAsync($"--gateway {gateway}: 1 to 63 of a-z 0-9 - _");
            return ExitCodes.Usage;
        }

        // A secret is never an argument: those are readable by every user of the machine.
        var code = Environment.GetEnvironmentVariable(CodeVariable) ?? await Console.In.ReadLineAsync(stop);
        if (string.IsNullOrWhiteSpace(code))
        {
            await Console.Error.WriteLineAsync($"no code: put it into {CodeVariable}, or on standard input");
            return ExitCodes.Usage;
        }

        try
        {
            var files = await Enroller.EnrolAsync(server, gateway, code.Trim(), fingerprint, ca, directory, stop);
            Console.WriteLine($"enrolled {gateway} until {files.NotAfter:yyyy-MM-dd}");
            Console.WriteLine($"certificate: {files.Certificate}");
            Console.WriteLine($"key: {files.Key}");
            Console.WriteLine($"ca: {files.Ca}");
            return ExitCodes.Done;
        }
        catch (Exception e) when (e is EnrolException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCodes.Fault;
        }
    }
}
