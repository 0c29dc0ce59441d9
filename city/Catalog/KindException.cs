namespace SmartCity.City;

/// <summary>A kind's file is wrong. Every fault found is in it, each with file, line, key and what to do.</summary>
public sealed class KindException : Exception
{
    /// <summary>With every fault found.</summary>
    public KindException(IReadOnlyList<string> faults)
        : base(string.Join(Environment.NewLine, faults)) => Faults = faults;

    /// <summary>One line each: <c>file:line: key: what is wrong; what to do</c>.</summary>
    public IReadOnlyList<string> Faults { get; }
}
