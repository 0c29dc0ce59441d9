using System.Buffers.Text;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Intake;

/// <summary>Puts a field's value into the one type that its kind declares, where that loses nothing.</summary>
internal static class FieldValue
{
    /// <summary>The type in words.</summary>
    public static string Word(MetricType type) => type switch
    {
        MetricType.Float => "number",
        MetricType.Integer => "whole number",
        MetricType.Boolean => "boolean",
        _ => "string",
    };

    /// <summary>Writes the canonical value. <paramref name="number"/> is what range and rules judge; NaN for text.</summary>
    public static bool TryWrite(MetricType type, in LineField field, Span<byte> to, out int written, out double number)
    {
        written = 0;
        number = double.NaN;
        switch (type)
        {
            case MetricType.Float:
                return TryFloat(field, to, out written, out number);
            case MetricType.Integer:
                if (!TryWhole(field, out var whole))
                {
                    return false;
                }

                number = whole;
                Utf8Formatter.TryFormat(whole, to, out written);
                to[written++] = (byte)'i';
                return true;
            case MetricType.Boolean:
                if (!TryTruth(field, out var truth))
                {
                    return false;
                }

                number = truth ? 1 : 0;
                var word = truth ? "true"u8 : "false"u8;
                word.CopyTo(to);
                written = word.Length;
                return true;
            default:
                if (field.Type != LineFieldType.String)
                {
                    return false;
                }

                field.Raw.CopyTo(to);
                written = field.Raw.Length;
                return true;
        }
    }

    private static bool TryFloat(in LineField field, Span<byte> to, out int written, out double number)
    {
        written = 0;
        number = double.NaN;
        switch (field.Type)
        {
            case LineFieldType.Float:
                number = field.Float;
                field.Raw.CopyTo(to);
                written = field.Raw.Length;
                return true;
            case LineFieldType.Integer:
                number = field.Integer;
                return Utf8Formatter.TryFormat(field.Integer, to, out written);
            case LineFieldType.Unsigned:
                number = field.Unsigned;
                return Utf8Formatter.TryFormat(field.Unsigned, to, out written);
            default:
                return false;
        }
    }

    // A client that writes loop_state=1 sends a float by the letter of line protocol; a whole float becomes the integer it is.
    private static bool TryWhole(in LineField field, out long whole)
    {
        const double Limit = 9007199254740992; // 2^53: beyond it a double no longer names one integer
        whole = 0;
        switch (field.Type)
        {
            case LineFieldType.Integer:
                whole = field.Integer;
                return true;
            case LineFieldType.Unsigned when field.Unsigned <= long.MaxValue:
                whole = (long)field.Unsigned;
                return true;
            case LineFieldType.Float when Math.Abs(field.Float) <= Limit && Math.Floor(field.Float) == field.Float:
                whole = (long)field.Float;
                return true;
            default:
                return false;
        }
    }

    private static bool TryTruth(in LineField field, out bool truth)
    {
        truth = field.Boolean;
        if (field.Type == LineFieldType.Boolean)
        {
            return true;
        }

        if (!TryWhole(field, out var whole) || whole is not (0 or 1))
        {
            return false;
        }

        truth = whole == 1;
        return true;
    }
}
