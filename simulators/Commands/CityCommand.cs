using System.CommandLine;
using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Commands;

/// <summary><c>city</c>: <c>generate</c> writes a city's registry, <c>run</c> lets it live.</summary>
internal static class CityCommand
{
    private static readonly Option<string> City = new("--city") { Description = "thanh-hoa or ha-long", DefaultValueFactory = _ => "thanh-hoa" };
    private static readonly Option<int> Seed = new("--seed") { Description = "the same seed gives the same city", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Devices = new("--devices") { Description = "devices in all (thanh-hoa)", DefaultValueFactory = _ => 1_000 };

    /// <summary>The command.</summary>
    public static Command Create() => new("city", "A simulated city: its registry, and its gateways and sensors at work.")
    {
        Generate(),
        EnrolCommand.Create(),
        RunCommand.Create([City, Seed, Devices], Options),
    };

    private static Command Generate()
    {
        var output = new Option<string?>("--out") { Description = "file for the registry as JSON; without it, standard output" };
        var command = new Command("generate", "Write a city's registry, ready for import.") { City, Seed, Devices, output };
        command.SetAction(args =>
        {
            try
            {
                var city = CityGenerator.Generate(Options(args));
                using var to = args.GetValue(output) is { } path ? File.Create(path) : Console.OpenStandardOutput();
                RegistryFile.Of(city).Write(to);
                return ExitCodes.Done;
            }
            catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine(e.Message);
                return ExitCodes.Usage;
            }
        });
        return command;
    }

    private static CityOptions Options(ParseResult args) => new()
    {
        City = args.GetRequiredValue(City),
        Seed = args.GetRequiredValue(Seed),
        Devices = args.GetRequiredValue(Devices),
    };
}
