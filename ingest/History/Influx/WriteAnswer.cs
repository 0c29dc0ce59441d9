using System.Globalization;
using System.Text.RegularExpressions;

namespace SmartCity.Ingest.History.Influx;

/// <summary>What an answer to a write means for the lines in it.</summary>
internal enum WriteOutcome
{
    /// <summary>All lines are stored.</summary>
    Written,

    /// <summary>Some lines are refused for good; the others may or may not be stored.</summary>
    LinesRefused,

    /// <summary>The body is too large (413).</summary>
    TooLarge,
}

/// <summary>A store's answer to one write.</summary>
/// <param name="Outcome">What it means.</param>
/// <param name="Message">The store's own words, cut to 512 characters.</param>
/// <param name="Dropped">Points InfluxDB v1 says it dropped from a partial write; -1 when it does not say.</param>
/// <param name="AboutLines">The words are known to be about lines, not about the request or the configuration.</param>
internal readonly partial record struct WriteAnswer(WriteOutcome Outcome, string Message = "", int Dropped = -1, bool AboutLines = true)
{
    /// <summary>
    /// Reads a 400 or 422. InfluxDB 1.x: <c>unable to parse '…'</c> alone when no line was good, behind <c>partial write:</c>
    /// and with <c>dropped=0</c> when the good ones were stored; <c>partial write: field type conflict … dropped=N</c> and
    /// <c>points beyond retention policy dropped=N</c> when N points were dropped and the others stored.
    /// 2.x says the same as 422, and refuses a body whole for a line it cannot parse.
    /// </summary>
    public static WriteAnswer Refused(string message)
    {
        var dropped = DroppedCount().Match(message);
        return new WriteAnswer(
            WriteOutcome.LinesRefused,
            message,
            dropped.Success ? int.Parse(dropped.ValueSpan[8..], CultureInfo.InvariantCulture) : -1,
            LineFault().IsMatch(message));
    }

    /// <summary>
    /// A 400 that is about the request or the store's own limits: refusing the lines one by one would empty the log into the
    /// quarantine. Anchored at the start, because further on the message may quote a line, and a line may say anything.
    /// </summary>
    public static bool IsStoreLimit(string message) => StoreLimit().IsMatch(message);

    [GeneratedRegex(@"dropped=[0-9]{1,9}$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DroppedCount();

    [GeneratedRegex("unable to parse|partial write|type conflict|beyond retention|outside range|invalid field|line protocol", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex LineFault();

    [GeneratedRegex("^(partial write: )?(max-series-per-database|max-values-per-tag) limit exceeded|^database is required|^unexpected EOF|^gzip: ", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex StoreLimit();
}
