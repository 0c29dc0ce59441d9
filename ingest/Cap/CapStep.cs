using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Cap;

/// <summary>One transition of an alert as the book has it: what a CAP message is made from, and nothing else is.</summary>
internal sealed record CapStep
{
    /// <summary>Steps that change nothing for the public or for responders.</summary>
    public static readonly IReadOnlyList<string> Silent = ["acknowledged", "assigned", "escalated", "handed-over", "note", "siren-silenced"];

    public string Id { get; init; } = "";

    public string Kind { get; init; } = "";

    public Severity Severity { get; init; }

    public AlertState State { get; init; }

    public string? Device { get; init; }

    public string? Zone { get; init; }

    public AlertLocation? Location { get; init; }

    public double? Value { get; init; }

    public double? Threshold { get; init; }

    public string? Detail { get; init; }

    /// <summary>Onset.</summary>
    public DateTimeOffset MeasuredAt { get; init; }

    public bool Historical { get; init; }

    public bool Test { get; init; }

    /// <summary>test, drill or works; null for what is real.</summary>
    public string? Occasion { get; init; }

    /// <summary>What it was, when a person has closed it.</summary>
    public string? Cause { get; init; }

    public string? Incident { get; init; }

    public DateTimeOffset? ClearedAt { get; init; }

    public long Revision { get; init; }

    public long Event { get; init; }

    public AlertStep? Transition { get; init; }

    /// <summary>When the book had it: what CAP calls sent.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public DateTimeOffset RecordedAt { get; init; }

    /// <summary>The transition's cause as the rules gave it: <c>raised</c>, <c>confirmed@…</c>, <c>act:3</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string StepCause { get; init; } = "";

    /// <summary>raised, updated, resolved …</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string What => Transition?.What ?? "updated";

    /// <summary>Reads a row of the table of transitions.</summary>
    public static CapStep Read(ReadOnlySpan<byte> json, string stepCause, long recordedAt) =>
        (JsonSerializer.Deserialize<CapStep>(json, BookJson.Options) ?? throw new JsonException("An event of the book is null.")) with
        {
            StepCause = stepCause,
            RecordedAt = Instant.ToMoment(recordedAt),
        };
}
