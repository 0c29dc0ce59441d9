using System.CommandLine;
using SmartCity.Edge.Cli;

var root = new RootCommand("A gateway: reads the devices of a street and brings every reading to the city, whatever the link does.")
{
    RunCommand.Create(),
    EnrolCommand.Create(),
};
var parsed = root.Parse(args);
var exit = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ExitCodes.Usage : exit;
