using System.CommandLine;
using SmartCity.Edge.Enrolment;

namespace SmartCity.Simulators.Commands;

/// <summary><c>city enrol</c>: certificates for many gateways at once, from the lines that <c>smartcity-ingest gateway code</c> prints.</summary>
internal static class EnrolCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var server = new Option<string>("--server") { Description = "the server's address, https://host:port (http on loopback)", Required = true };
        var directory = new Option<string>("--certs") { Description = "where ca.crt, {gateway}.crt and {gateway}.key go", Required = true };
        var ca = new Option<string?>("--ca") { Description = "the authority's certificate as a file; without it the server is asked for it" };
        var command = new Command("enrol", "Enrol gateways: reads 'gateway code fingerprint' lines from standard input.") { server, directory, ca };
        command.SetAction((args, stop) => RunAsync(args.GetRequiredValue(server), args.GetRequiredValue(directory), args.GetValue(ca), stop));
        return command;
    }

    private static async Task<int> RunAsync(string server, string directory, string? ca, CancellationToken stop)
    {
        if (!Uri.TryCreate(server, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"--server {server}: write https://host:port");
            return ExitCodes.Usage;
        }

        var enrolled = 0;
        while (await Console.In.ReadLineAsync(stop) is { } line)
        {
            var part = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (part.Length != 3)
            {
                await Console.Error.WriteLineAsync($"line {enrolled + 1}: write 'gateway code fingerprint'");
                return ExitCodes.Usage;
            }

            try
            {
                await Enroller.EnrolAsync(uri, part[0], part[1], part[2], ca, directory, stop);
                enrolled++;
            }
            catch (Exception e) when (e is EnrolException or IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"{part[0]}: {e.Message}");
                return ExitCodes.Fault;
            }
        }

        Console.WriteLine($"{enrolled} gateways enrolled, certificates in {directory}");
        return ExitCodes.Done;
    }
}
