using System.Globalization;

namespace SmartCity.City;

/// <summary>The words of alert changes.</summary>
internal static class Causes
{
    public static string Cleared(long at) => string.Create(CultureInfo.InvariantCulture, $"cleared@{at}");

    public static string Again(long at) => string.Create(CultureInfo.InvariantCulture, $"again@{at}");

    public static string Stage(int stage, long at) => string.Create(CultureInfo.InvariantCulture, $"stage:{stage}@{at}");

    public static double? Known(double value) => double.IsFinite(value) ? value : null;

    /// <summary>The faults of a reading, as they stand beside an alert; null when it has none.</summary>
    public static string? Words(ReadingFaults faults)
    {
        if (faults == ReadingFaults.None)
        {
            return null;
        }

        var words = new List<string>(4);
        Add(ReadingFaults.ArrivalTime, "time of arrival, the gateway did not know the time");
        Add(ReadingFaults.Clock, "clock fault, time of arrival used");
        Add(ReadingFaults.Range, "value outside its plausible range");
        Add(ReadingFaults.Unregistered, "device is not registered");
        return string.Join("; ", words);

        void Add(ReadingFaults fault, string word)
        {
            if ((faults & fault) != 0)
            {
                words.Add(word);
            }
        }
    }

    public static string? Detail(params ReadOnlySpan<string?> parts)
    {
        string? all = null;
        foreach (var part in parts)
        {
            if (!string.IsNullOrEmpty(part))
            {
                all = all is null ? part : $"{all}; {part}";
            }
        }

        return all;
    }
}
