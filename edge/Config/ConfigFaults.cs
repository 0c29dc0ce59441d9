using System.Globalization;

namespace SmartCity.Edge.Config;

/// <summary>A gateway's configuration file is wrong; the message names file, line and key of every fault, and what to write instead.</summary>
internal sealed class ConfigException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What is wrong with one configuration file, gathered so that all of it is told at once.</summary>
/// <param name="file">Its name, as the person wrote it.</param>
internal sealed class ConfigFaults(string file)
{
    /// <summary>More than anybody reads at once; the rest is counted.</summary>
    private const int Told = 50;

    private readonly List<string> _faults = [];
    private readonly List<string> _warnings = [];

    /// <summary>Where faults go that know their place already.</summary>
    public ICollection<string> Raw => _faults;

    /// <summary>Remarks that keep nobody from starting.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The place of a line, as messages begin: <c>gateway.yaml:12: </c>; without a line where it is 0.</summary>
    public string At(long line) => line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: ") : $"{file}: ";

    /// <summary>Notes a fault.</summary>
    public void Add(long line, string key, string what) => _faults.Add($"{At(line)}{key}: {what}");

    /// <summary>Notes a remark.</summary>
    public void Warn(long line, string key, string what) => _warnings.Add($"{At(line)}{key}: {what}");

    /// <summary>Tells all of them.</summary>
    /// <exception cref="ConfigException">There are any.</exception>
    public void Throw()
    {
        if (_faults.Count == 0)
        {
            return;
        }

        var told = string.Join(Environment.NewLine, _faults.Take(Told));
        throw new ConfigException(_faults.Count > Told ? $"{told}{Environment.NewLine}{At(0)}and {_faults.Count - Told} more" : told);
    }
}
