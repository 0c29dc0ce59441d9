using System.Globalization;
using System.Reflection;
using System.Text;
using UnitsNet;

namespace SmartCity.Edge.Iot;

/// <summary>Quantities of UnitsNet as our metrics: a name with its unit, and a number in that unit.</summary>
internal static class IotUnits
{
    private static readonly Dictionary<Type, Row> Rows = new()
    {
        [typeof(Temperature)] = new("temperature", "celsius", q => ((Temperature)q).DegreesCelsius),
        [typeof(RelativeHumidity)] = new("relative_humidity", "percent", q => ((RelativeHumidity)q).Percent, "humidity"),
        [typeof(Pressure)] = new("pressure", "hpa", q => ((Pressure)q).Hectopascals),
        [typeof(Illuminance)] = new("illuminance", "lux", q => ((Illuminance)q).Lux),
        [typeof(VolumeConcentration)] = new("", "ppm", q => ((VolumeConcentration)q).PartsPerMillion, "co2", "carbon_dioxide"),
        [typeof(MassConcentration)] = new("", "ug_m3", q => ((MassConcentration)q).MicrogramsPerCubicMeter),
        [typeof(ElectricPotential)] = new("voltage", "v", q => ((ElectricPotential)q).Volts),
        [typeof(ElectricCurrent)] = new("current", "a", q => ((ElectricCurrent)q).Amperes),
        [typeof(Power)] = new("power", "w", q => (double)((Power)q).Watts),
        [typeof(Energy)] = new("energy", "kwh", q => ((Energy)q).KilowattHours),
        [typeof(Frequency)] = new("frequency", "hz", q => ((Frequency)q).Hertz),
        [typeof(Length)] = new("", "m", q => ((Length)q).Meters),
        [typeof(Speed)] = new("", "m_s", q => ((Speed)q).MetersPerSecond),
        [typeof(Ratio)] = new("", "percent", q => ((Ratio)q).Percent),
        [typeof(Angle)] = new("", "degree", q => ((Angle)q).Degrees),
    };

    /// <summary>Whether values of a type can be a metric: a quantity, a number, yes or no; or any of them or nothing.</summary>
    public static bool IsValue(Type type)
    {
        var plain = Plain(type);
        return IsQuantity(plain) || plain == typeof(bool) || IsNumber(plain);
    }

    /// <summary>Whether a type is a quantity with a unit.</summary>
    public static bool IsQuantity(Type type) => typeof(IQuantity).IsAssignableFrom(Plain(type)) && Plain(type).IsValueType;

    /// <summary>Whether a type is a number.</summary>
    public static bool IsNumber(Type type) =>
        !type.IsEnum && Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.Decimal;

    /// <summary>
    /// The metric of a member: <c>Temperature</c> → <c>temperature_celsius</c>. The only quantity of its sort that a sensor has gets the
    /// name of our kinds; of several, each keeps its own: <c>ObjectTemperature</c> → <c>object_temperature_celsius</c>. A quantity that
    /// our kinds do not know is in its SI unit: <c>GasResistance</c> → <c>gas_resistance_ohm</c>. Numbers without a unit have none.
    /// </summary>
    /// <param name="member">Name of the member, or of the telemetry.</param>
    /// <param name="type">Its type.</param>
    /// <param name="alone">The sensor has no other quantity of this type.</param>
    public static string Metric(string member, Type type, bool alone)
    {
        var noun = Noun(member);
        if (!IsQuantity(type))
        {
            return noun;
        }

        if (!Rows.TryGetValue(Plain(type), out var row))
        {
            return $"{noun}_{Snake(Info(type).BaseUnitInfo.Name)}";
        }

        if (row.Suffix == "ppm" && row.Others.Contains(noun, StringComparer.Ordinal))
        {
            return "co2_ppm";
        }

        var ours = row.Noun.Length > 0 && (alone || noun == row.Noun || row.Others.Contains(noun, StringComparer.Ordinal));
        return $"{(ours ? row.Noun : noun)}_{row.Suffix}";
    }

    /// <summary>A value in its metric's unit; null when there is none or it is not finite.</summary>
    public static double? Value(object? value)
    {
        var number = value switch
        {
            null => double.NaN,
            bool yes => yes ? 1 : 0,
            IQuantity quantity => Rows.TryGetValue(quantity.GetType(), out var row)
                ? row.Value(quantity)
                : quantity.As(quantity.QuantityInfo.BaseUnitInfo.Value),
            _ => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        };
        return double.IsFinite(number) ? number : null;
    }

    /// <summary>A quantity from a number in its SI unit, for constructors (a shunt's ohms).</summary>
    public static object Quantity(Type type, double value) => UnitsNet.Quantity.From(value, Info(type).BaseUnitInfo.Value);

    /// <summary>Name of a quantity's SI unit.</summary>
    public static string BaseUnit(Type type) => Info(type).BaseUnitInfo.Name;

    /// <summary>The type without its question mark.</summary>
    public static Type Plain(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    /// <summary>Asked of the type alone: UnitsNet's own list makes every quantity there is, which takes a Raspberry Pi seconds.</summary>
    private static QuantityInfo Info(Type type) =>
        (QuantityInfo)Plain(type).GetProperty("Info", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private static string Noun(string member)
    {
        foreach (var verb in new[] { "TryRead", "TryGet", "Read", "Get" })
        {
            if (member.Length > verb.Length && member.StartsWith(verb, StringComparison.Ordinal) && !char.IsLower(member[verb.Length]))
            {
                return Snake(member[verb.Length..]);
            }
        }

        return Snake(member);
    }

    private static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))))
            {
                text.Append('_');
            }

            text.Append(name[i] is ' ' or '-' ? '_' : char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    private sealed record Row(string Noun, string Suffix, Func<IQuantity, double> Value, params string[] Others);
}
