using BenchmarkDotNet.Running;
using SmartCity.Benchmarks;

if (args is ["--check", ..])
{
    return AllocationCheck.Run();
}

if (args is ["--scale", ..])
{
    return await RuleScale.RunAsync(args[1..]);
}

if (args is ["--quick", ..])
{
    BenchmarkSwitcher.FromAssembly(typeof(AllocationCheck).Assembly).Run([.. args[1..], .. args.Length == 1 ? ["--filter", "*"] : Array.Empty<string>()], HotPathConfig.Quick());
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(AllocationCheck).Assembly).Run(args, HotPathConfig.Full());
return 0;
