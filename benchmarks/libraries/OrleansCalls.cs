using System.Net;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SmartCity.Benchmarks.Libraries;

/// <summary>A reading's way to its grain. Ours reads the line, finds the grain and runs the rules of its kind. Orleans' grain is in the same
/// process, is handed four numbers and adds one of them up: what it would do with them comes on top.</summary>
public class OrleansCalls
{
    private const int Devices = 1_000;
    private const int Together = 50;
    private readonly RuleEvaluation _ours = new();
    private readonly ILampGrain[] _grains = new ILampGrain[Devices];
    private readonly Task[] _calls = new Task[Together];
    private IHost _silo = null!;
    private int _next;

    [GlobalSetup(Targets = [nameof(OursOne), nameof(OursFifty)])]
    public void SetupOurs() => _ours.Setup();

    [GlobalSetup(Targets = [nameof(OrleansOne), nameof(OrleansFifty)])]
    public void SetupOrleans()
    {
        _silo = Host.CreateDefaultBuilder()
            .ConfigureLogging(logging => logging.ClearProviders())
            .UseOrleans(silo => silo.UseLocalhostClustering(Free(), Free()))
            .Build();
        _silo.StartAsync().GetAwaiter().GetResult();
        var factory = _silo.Services.GetRequiredService<IGrainFactory>();
        for (var i = 0; i < Devices; i++)
        {
            _grains[i] = factory.GetGrain<ILampGrain>(Samples.Device(i));
            _grains[i].ApplyAsync(1, 2, 3, 4).GetAwaiter().GetResult();
        }
    }

    [GlobalCleanup(Targets = [nameof(OrleansOne), nameof(OrleansFifty)])]
    public void Cleanup()
    {
        _silo.StopAsync().GetAwaiter().GetResult();
        _silo.Dispose();
    }

    [Benchmark(Baseline = true), BenchmarkCategory(nameof(OrleansCalls) + " 1")]
    public long OursOne() => _ours.OneReading();

    /// <summary>One call, awaited.</summary>
    [Benchmark, BenchmarkCategory(nameof(OrleansCalls) + " 1")]
    public async Task OrleansOne() => await Next().ApplyAsync(31.2, 78.5, 22.4, 41);

    [Benchmark(Baseline = true, OperationsPerInvoke = Together), BenchmarkCategory(nameof(OrleansCalls) + " 50")]
    public long OursFifty() => _ours.FiftyReadings();

    /// <summary>Fifty calls to fifty grains, awaited together; per call.</summary>
    [Benchmark(OperationsPerInvoke = Together), BenchmarkCategory(nameof(OrleansCalls) + " 50")]
    public async Task OrleansFifty()
    {
        for (var i = 0; i < Together; i++)
        {
            _calls[i] = Next().ApplyAsync(31.2, 78.5, 22.4, 41);
        }

        await Task.WhenAll(_calls);
    }

    private ILampGrain Next() => _grains[_next = (_next + 1) % Devices];

    private static int Free()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A device as Orleans has it.</summary>
public interface ILampGrain : IGrainWithStringKey
{
    /// <summary>One reading of four metrics.</summary>
    /// <param name="first">The first.</param>
    /// <param name="second">The second.</param>
    /// <param name="third">The third.</param>
    /// <param name="fourth">The fourth.</param>
    /// <returns>When it has been applied.</returns>
    Task ApplyAsync(double first, double second, double third, double fourth);
}

/// <summary>Adds up.</summary>
public sealed class LampGrain : Grain, ILampGrain
{
    private double _sum;

    /// <inheritdoc/>
    public Task ApplyAsync(double first, double second, double third, double fourth)
    {
        _sum += first;
        return Task.CompletedTask;
    }
}
