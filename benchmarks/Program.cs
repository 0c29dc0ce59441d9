using BenchmarkDotNet.Running;
using SmartCity.Benchmarks;

if (args is ["--check", ..])
{
    return AllocationCheck.Run();
}

BenchmarkSwitcher.FromAssembly(typeof(AllocationCheck).Assembly).Run(args, HotPathConfig.Full());
return 0;
