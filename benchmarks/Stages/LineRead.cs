using BenchmarkDotNet.Attributes;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>Reading and checking one line of four fields.</summary>
public class LineRead
{
    private readonly byte[] _line = Samples.Line.ToArray();

    /// <summary>One pass over the line.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory(nameof(LineRead))]
    public long Limited() => Limit.Pass(_line);

    [Benchmark, BenchmarkCategory(nameof(LineRead))]
    public double FourFields()
    {
        var reader = new LineReader(_line);
        var sum = 0.0;
        while (reader.Read())
        {
            while (reader.NextTag(out _, out var value))
            {
                sum += value.Length;
            }

            while (reader.NextField(out var field))
            {
                sum += field.Float;
            }
        }

        return sum;
    }
}
