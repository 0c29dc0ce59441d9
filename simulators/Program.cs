using System.CommandLine;
using SmartCity.Simulators.Commands;
using SmartCity.Simulators.Up;

var root = new RootCommand("A whole city on one machine: its registry, its gateways and sensors, its bad days, and a load generator.")
{
    CityCommand.Create(),
    LoadCommand.Create(),
    ContactCommand.Create(),
    SweepCommand.Create(),
    FlavoursCommand.Create(),
    LightingCommand.Create(),
    UpCommand.Create(),
};
var parsed = root.Parse(args);

// Stopping takes as long as the last acknowledgements are awaited, not the library's two seconds.
var exit = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
return parsed.Errors.Count > 0 ? ExitCodes.Usage : exit;
