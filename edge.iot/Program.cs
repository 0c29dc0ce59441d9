using SmartCity.Edge.Cli;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Iot;

DriverCatalog.Add(IotCatalog.Entries());
return await CommandLine.RunAsync(args, CliHost.Real());
