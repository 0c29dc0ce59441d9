using System.Globalization;

namespace SmartCity.City;

/// <summary>Why a lamp has its level (lighting.md).</summary>
public enum LightReason
{
    /// <summary>Nothing says what it should be: there is no programme, or nobody knows the time.</summary>
    Default,

    /// <summary>Its programme.</summary>
    Programme,

    /// <summary>An override.</summary>
    Override,

    /// <summary>An input of the gateway: a photocell or a switch by hand.</summary>
    Sensor,

    /// <summary>Something is broken.</summary>
    Fault,
}

/// <summary>The level of a lamp at an instant.</summary>
/// <param name="Percent">0 … 100 %.</param>
/// <param name="Reason">Why.</param>
public readonly record struct LightLevel(double Percent, LightReason Reason)
{
    /// <summary>The programme of the night, also below an override; null when there is none.</summary>
    public LightProgramme? Programme { get; init; }

    /// <summary>The override in force; null when none is.</summary>
    public LightOverride? Override { get; init; }

    /// <summary>Programme or override asked for less than the street's minimum.</summary>
    public bool Raised { get; init; }

    /// <summary>Why, in one sentence.</summary>
    public string Sentence()
    {
        var why = this switch
        {
            { Override: { } o } => string.Create(
                CultureInfo.InvariantCulture,
                $"override {o.Id} (priority {o.Priority}){(o.By is null ? "" : " by " + o.By)}{(o.Reason is null ? "" : ": " + o.Reason)}{(o.Expires is { } e ? $", until {e:yyyy-MM-dd HH:mm:ssK}" : "")}"),
            { Programme: { } p } => "programme " + p.Id,
            _ => "no programme",
        };
        return Raised ? string.Create(CultureInfo.InvariantCulture, $"{why}, raised to the street's minimum of {Percent} %") : why;
    }
}
