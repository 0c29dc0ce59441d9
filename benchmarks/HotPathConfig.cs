using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace SmartCity.Benchmarks;

/// <summary>How the stages are measured. In this process: it has the very code and settings of a build, and needs no second one.</summary>
internal static class HotPathConfig
{
    /// <summary>For figures.</summary>
    public static IConfig Full() => Base()
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance))
        .AddExporter(MarkdownExporter.GitHub);

    /// <summary>For a look at everything in a minute or two: ratios hold, single figures are rough.</summary>
    public static IConfig Quick() => Base()
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(3).WithIterationTime(TimeInterval.FromMilliseconds(200)))
        .AddExporter(MarkdownExporter.GitHub);

    /// <summary>For the allocation check: enough rounds to be past every warm-up, too few to speak of time. What is allocated is counted exactly whether the heap is
    /// swept between rounds or not; with a million devices in it the sweeps alone took most of a minute, and the empty loop is subtracted from times only.</summary>
    public static IConfig Short() => Base()
        .AddFilter(new SimpleFilter(b => !b.Descriptor.Baseline)) // limits are there to be compared with, and are no part of the hot path
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(3).WithIterationTime(TimeInterval.FromMilliseconds(200))
            .WithGcForce(false).WithEvaluateOverhead(false));

    private static ManualConfig Base() => ManualConfig.CreateEmpty()
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory) // a category is a stage and its limit
        .AddLogger(ConsoleLogger.Default)
        .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile);
}
