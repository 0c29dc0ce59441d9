using System.Globalization;

namespace SmartCity.Hardware.Tests.Support;

/// <summary>What the chips of module/bench.c measure, for the length of a test.</summary>
internal sealed class Bench : IDisposable
{
    private readonly string _path;
    private readonly string _before;

    /// <summary>Sets one.</summary>
    public Bench(string parameter, params int[] values)
    {
        _path = $"/sys/module/bench/parameters/{parameter}";
        _before = File.ReadAllText(_path).Trim();
        File.WriteAllText(_path, string.Join(',', values.Select(v => v.ToString(CultureInfo.InvariantCulture))));
    }

    /// <inheritdoc/>
    public void Dispose() => File.WriteAllText(_path, _before);
}
