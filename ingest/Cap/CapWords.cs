using System.Globalization;
using System.Text.RegularExpressions;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Cap;

/// <summary>What a message says in one language.</summary>
internal sealed record CapInfo(string Language, string Event, string SenderName, string Headline, string Description, string Instruction, string Area);

/// <summary>The sentences of a message. Everything from devices and the registry is cleaned; the rest is from the language files.</summary>
internal static partial class CapWords
{
    /// <summary>The stage or band that a rule's detail names (<c>stage II</c>, <c>VN_AQI 165, Bad (Xấu)</c>), or null.</summary>
    public static string? ClassOf(string? detail) => detail is null ? null
        : StagePattern().Match(detail) is { Success: true } stage ? stage.Groups["class"].Value
        : BandPattern().Match(detail) is { Success: true } band ? band.Groups["class"].Value
        : null;

    /// <summary>The message's text.</summary>
    /// <param name="message">The message.</param>
    /// <param name="words">The language.</param>
    /// <param name="options">Who sends.</param>
    /// <param name="area">Where, as the registry names it; null when it says nothing.</param>
    public static CapInfo Info(CapMessage message, ServerWords words, CapOptions options, string? area)
    {
        var step = message.Step;
        var place = Place(step, words);
        var headline = words.Say($"cap.{step.Kind}.headline", place);
        var phase = message.Phase.ToString().ToLowerInvariant();
        headline = words.Find($"cap.{phase}.headline") is { } frame ? string.Format(CultureInfo.InvariantCulture, frame, headline) : headline;
        var occasion = message.Status switch { CapStatus.Exercise => "cap.exercise", CapStatus.Test => "cap.test", _ => null };
        return new CapInfo(
            words.Language == "vi" ? "vi-VN" : "en-US",
            words[$"cap.{step.Kind}.event"],
            CapText.Clean(options.SenderName) is { Length: > 0 } name ? name : words["cap.sender"],
            occasion is null ? headline : words[occasion] + headline,
            string.Join(' ', Sentences(message, words, phase, occasion)),
            words.Find($"cap.{phase}.instruction") ?? words[message.Phase == CapPhase.Grown ? "cap.fire.instruction" : $"cap.{step.Kind}.instruction"],
            CapText.Clean(area) is { Length: > 0 } known ? known : place);
    }

    private static IEnumerable<string> Sentences(CapMessage message, ServerWords words, string phase, string? occasion)
    {
        var step = message.Step;
        if (occasion is not null)
        {
            yield return words[occasion + ".note"];
        }

        if (words.Find($"cap.{phase}") is { } what)
        {
            yield return what;
        }

        if (message.Phase is CapPhase.False)
        {
            yield break;
        }

        if (message.Phase is not (CapPhase.Ended or CapPhase.Grown))
        {
            yield return words[$"cap.{step.Kind}.description"];
            foreach (var sentence in Measured(message, words))
            {
                yield return sentence;
            }
        }

        var began = TimeZoneInfo.ConvertTime(step.MeasuredAt, TimeZoneInfo.CreateCustomTimeZone("city", message.Sent.Offset, null, null));
        yield return words.Say("cap.onset", began.ToString(words.Language == "vi" ? "HH:mm dd/MM/yyyy" : "HH:mm, d MMMM yyyy", CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> Measured(CapMessage message, ServerWords words)
    {
        var step = message.Step;
        if (message.Kind.Decimals is { } decimals && step.Value is { } value && step.Threshold is { } threshold && double.IsFinite(value) && double.IsFinite(threshold))
        {
            yield return words.Say($"cap.value.{step.Kind}", words.Number(value, decimals), words.Number(threshold, decimals));
        }

        if (StagePattern().Match(step.Detail ?? "") is { Success: true } stage)
        {
            yield return words.Say("cap.stage", stage.Groups["class"].Value);
        }

        if (OutlookPattern().Match(step.Detail ?? "") is { Success: true } outlook && double.TryParse(outlook.Groups["hours"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var hours))
        {
            yield return words.Say("cap.outlook", outlook.Groups["class"].Value, words.Number(hours, 1));
        }
    }

    // As it was known when the alert was raised: a message does not change because a zone is renamed.
    private static string Place(CapStep step, ServerWords words)
    {
        var parts = new[] { step.Location?.Name, step.Location?.Street }.Select(CapText.Clean).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        return parts.Count > 0 ? string.Join(", ", parts)
            : CapText.Clean(step.Zone ?? step.Device) is { Length: > 0 } id ? id : words["cap.area.unknown"];
    }

    [GeneratedRegex(@"(?:^|; )stage (?<class>[A-Za-z0-9_-]{1,16})(?:;|$)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 100)]
    private static partial Regex StagePattern();

    [GeneratedRegex(@"(?:^|; )stage (?<class>[A-Za-z0-9_-]{1,16}) in about (?<hours>[0-9.]{1,12}) h", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 100)]
    private static partial Regex OutlookPattern();

    [GeneratedRegex(@"(?:^|; )VN_AQI [0-9]{1,3}, (?<class>[A-Za-z ]{1,30}) \(", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 100)]
    private static partial Regex BandPattern();
}
