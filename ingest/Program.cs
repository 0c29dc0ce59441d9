using SmartCity.Ingest.Commands;

return await CommandLine.RunAsync(args);
