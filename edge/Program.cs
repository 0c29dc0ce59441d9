using System.CommandLine;
using SmartCity.Edge.Cli;

var root = new RootCommand("A gateway: reads the devices of a street and brings every reading to the city, whatever the link does.")
{
    RunCommand.Create(),
    EnrolCommand.Create(),
};
var parsed = root.Parse(args);

// Stopping takes as long as the last acknowledgements are awaited, not the library's two seconds.
var exit = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
return parsed.Errors.Count > 0 ? ExitCodes.Usage : exit;
