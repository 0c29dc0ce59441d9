using SmartCity.Edge.Cli;

return await CommandLine.RunAsync(args, CliHost.Real());
