namespace SmartCity.Telemetry;

/// <summary>What is wrong with a line. <see cref="LineErrors.Words"/> has the sentence for each.</summary>
public enum LineError : byte
{
    /// <summary>The line is well formed.</summary>
    None,

    /// <summary>The line begins with a comma.</summary>
    MissingMeasurement,

    /// <summary>Nothing stands between a comma and '='.</summary>
    MissingTagKey,

    /// <summary>A tag has no '=' or nothing behind it.</summary>
    MissingTagValue,

    /// <summary>A tag's value holds a '=' without a backslash.</summary>
    UnescapedEquals,

    /// <summary>A tag key stands twice.</summary>
    DuplicateTag,

    /// <summary>More than <see cref="LineReader.MaximumTags"/> tags.</summary>
    TooManyTags,

    /// <summary>The line ends before its first field.</summary>
    MissingFields,

    /// <summary>A field has no name.</summary>
    MissingFieldName,

    /// <summary>A field has no '=' or nothing behind it.</summary>
    MissingFieldValue,

    /// <summary>A value is neither a number, nor a boolean, nor a quoted string.</summary>
    BadValue,

    /// <summary>A value begins like a number and is none.</summary>
    BadNumber,

    /// <summary>NaN and infinities are not values.</summary>
    NotFinite,

    /// <summary>A number does not fit its type.</summary>
    NumberRange,

    /// <summary>A string has no closing quote.</summary>
    UnterminatedString,

    /// <summary>Something other than ',', ' ' or the line's end follows a closing quote.</summary>
    TextAfterString,

    /// <summary>A field name stands twice: which of the values is meant cannot be known.</summary>
    DuplicateField,

    /// <summary>More than <see cref="LineReader.MaximumFields"/> fields.</summary>
    TooManyFields,

    /// <summary>The timestamp is not a whole number.</summary>
    BadTimestamp,

    /// <summary>The timestamp does not fit 64 bits.</summary>
    TimestampRange,

    /// <summary>Something follows the timestamp.</summary>
    TrailingText,

    /// <summary>The line is not UTF-8.</summary>
    InvalidUtf8,
}

/// <summary>The words for a <see cref="LineError"/>.</summary>
public static class LineErrors
{
    private static readonly string[] Table =
    [
        "well formed",
        "the measurement is missing",
        "a tag key is missing",
        "a tag value is missing",
        "'=' in a tag value needs a backslash before it",
        "the same tag stands twice",
        "too many tags",
        "the line has no fields",
        "a field name is missing",
        "a field value is missing",
        "the value is neither a number, nor a boolean, nor a quoted string",
        "not a number",
        "NaN and infinity are not accepted",
        "the number is out of range of its type",
        "the string has no closing quote",
        "unexpected text after the closing quote",
        "the same field stands twice",
        "too many fields",
        "the timestamp is not a whole number",
        "the timestamp is out of range",
        "unexpected text after the timestamp",
        "the line is not valid UTF-8",
    ];

    /// <summary>A short sentence in English, without a full stop.</summary>
    public static string Words(this LineError error) => Table[(int)error];
}
