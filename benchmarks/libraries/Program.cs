using BenchmarkDotNet.Running;
using SmartCity.Benchmarks;
using SmartCity.Benchmarks.Libraries;

// dotnet run -c Release -p:WithPeers=true --project benchmarks/libraries -- --filter '*'
var quick = args is ["--quick", ..];
BenchmarkSwitcher.FromAssembly(typeof(MqttDecoding).Assembly).Run(quick ? ["--filter", "*", .. args[1..]] : args, quick ? HotPathConfig.Quick() : HotPathConfig.Full());
