using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Reports;

/// <summary>A report's names and figures in one language.</summary>
internal sealed class ReportText(ServerWords words, KindCatalog kinds)
{
    public string this[string key] => words[key];

    public string Language => words.Language;

    public string Say(string key, params ReadOnlySpan<object?> values) => words.Say(key, values);

    /// <summary>The word of a group (kind, cause, step …); the data itself where the city has a word of its own.</summary>
    public string Word(string group, string name) => words.Find($"{group}.{name}") ?? name;

    /// <summary>What a kind of device is called.</summary>
    public string DeviceKind(string kind) => kinds.Find(kind) is not { } known ? kind : words.Language == "vi" ? known.Title.Vi : known.Title.En;

    public string Number(double? value, int decimals = 0) => value is { } number ? words.Number(number, decimals) : "–";

    public string Percent(double? value) => value is { } number ? words.Number(number, 2) + " %" : "–";

    /// <summary>A date, as people here write it.</summary>
    public string Period(ReportPeriod period) => period.Kind switch
    {
        "daily" => period.From.ToString(words.Language == "vi" ? "dd/MM/yyyy" : "d MMMM yyyy", CultureInfo.InvariantCulture),
        "monthly" => period.From.ToString(words.Language == "vi" ? "MM/yyyy" : "MMMM yyyy", CultureInfo.InvariantCulture),
        _ => period.Name,
    };

    public string Moment(DateTimeOffset at) => at.ToString(words.Language == "vi" ? "HH:mm dd/MM/yyyy" : "HH:mm, d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>A span in at most two units: 45 s, 3 min 20 s, 2 h 05 min.</summary>
    public string Span(double? seconds)
    {
        if (seconds is not { } s)
        {
            return "–";
        }

        var (hour, minute, second) = words.Language == "vi" ? ("giờ", "phút", "giây") : ("h", "min", "s");
        var whole = (long)Math.Round(s);
        return whole < 60 ? $"{words.Number(s, s < 10 ? 1 : 0)} {second}"
            : whole < 3600 ? string.Create(CultureInfo.InvariantCulture, $"{whole / 60} {minute} {whole % 60:00} {second}")
            : string.Create(CultureInfo.InvariantCulture, $"{whole / 3600} {hour} {whole % 3600 / 60:00} {minute}");
    }
}
