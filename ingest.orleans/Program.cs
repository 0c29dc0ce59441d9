using SmartCity.Ingest.Commands;
using SmartCity.Ingest.Orleans;
using SmartCity.Ingest.Readers;
using SmartCity.Ingest.Serve;

SettingKeys.OfFlavour.AddRange(OrleansSettings.All);
GrainHosting.Flavour = "orleans";
GrainHosting.OpenAsync = OrleansHosting.OpenAsync;
return await CommandLine.RunAsync(args);
