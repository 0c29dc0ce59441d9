using System.CommandLine;
using SmartCity.Simulators.Commands;
using SmartCity.Simulators.Up;

var root = new RootCommand("A whole city on one machine: its registry, its gateways and sensors, its bad days, and a load generator.")
{
    CityCommand.Create(),
    LoadCommand.Create(),
    UpCommand.Create(),
};
var parsed = root.Parse(args);
var exit = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ExitCodes.Usage : exit;
