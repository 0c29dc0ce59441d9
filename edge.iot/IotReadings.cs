using System.Device.Model;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SmartCity.Edge.Iot;

/// <summary>One value that a sensor gives.</summary>
/// <param name="Metric">Its metric.</param>
/// <param name="Get">Reads it, from the sensor or from the result of its one reading call; null = it could not be measured.</param>
internal sealed record IotReading(string Metric, Func<object, object?> Get);

/// <summary>
/// How a type of Iot.Device.Bindings is read. A call that reads everything at once (<c>Read()</c>, <c>ReadPeriodicMeasurement()</c>, with
/// a result of several quantities) is one measurement and comes first; otherwise its members marked as telemetry, its quantities
/// that are only read, and its <c>TryRead…(out quantity)</c> calls are made one after the other.
/// </summary>
internal sealed class IotReadings
{
    private const BindingFlags Members = BindingFlags.Public | BindingFlags.Instance;

    private readonly MethodInfo? _atOnce;
    private readonly object?[] _arguments = [];

    private IotReadings(IReadOnlyList<IotReading> values) => Values = values;

    private IotReadings(MethodInfo atOnce, IReadOnlyList<IotReading> values)
        : this(values)
    {
        _atOnce = atOnce;
        _arguments = atOnce.GetParameters().Select(p => p.HasDefaultValue ? p.DefaultValue : null).ToArray();
    }

    /// <summary>What it gives.</summary>
    public IReadOnlyList<IotReading> Values { get; }

    /// <summary>How a type is read; without values when it measures nothing that can be a metric.</summary>
    public static IotReadings Of(Type type)
    {
        var calls = type.GetMethods(Members)
            .Where(m => m.Name.StartsWith("Read", StringComparison.Ordinal) && !m.IsGenericMethod && m.GetParameters().All(p => p.IsOptional))
            .Select(m => (Call: m, Parts: Parts(m)))
            .Where(c => c.Parts.Count > 1)
            .OrderByDescending(c => c.Parts.Count)
            .ThenBy(c => c.Call.Name, StringComparer.Ordinal)
            .ToList();
        return calls.Count > 0 ? new IotReadings(calls[0].Call, Named(calls[0].Parts)) : new IotReadings(Named(OneByOne(type)));
    }

    /// <summary>Measures: what the values are read from.</summary>
    public object? Measure(object sensor) =>
        _atOnce is null ? sensor : _atOnce.Invoke(sensor, BindingFlags.DoNotWrapExceptions, null, _arguments, null);

    private static List<Part> Parts(MethodInfo call)
    {
        var result = call.ReturnType;
        if (result.IsGenericType && result.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal))
        {
            var names = call.ReturnParameter.GetCustomAttribute<TupleElementNamesAttribute>()?.TransformNames;
            return result.GetFields()
                .Select((f, i) => new Part(names?[i] ?? f.Name, f.FieldType, f.GetValue))
                .Where(p => IotUnits.IsQuantity(p.Type))
                .ToList();
        }

        return result.Namespace?.StartsWith("Iot.Device", StringComparison.Ordinal) == true
            ? result.GetProperties(Members)
                .Where(p => IotUnits.IsQuantity(p.PropertyType) && p.GetIndexParameters().Length == 0)
                .Select(p => new Part(p.Name, p.PropertyType, Getter(p)))
                .ToList()
            : [];
    }

    private static List<Part> OneByOne(Type type)
    {
        var parts = new List<Part>();
        foreach (var property in type.GetProperties(Members).Where(p => p.CanRead && p.GetIndexParameters().Length == 0))
        {
            // What can be set is a setting, even where it is marked as telemetry.
            var marked = property.GetCustomAttribute<TelemetryAttribute>() is not null;
            if (property.SetMethod?.IsPublic != true && (marked ? IotUnits.IsValue(property.PropertyType) : IotUnits.IsQuantity(property.PropertyType)))
            {
                parts.Add(new Part(property.Name, property.PropertyType, Getter(property)));
            }
        }

        foreach (var method in type.GetMethods(Members).Where(m => !m.IsSpecialName && !m.IsGenericMethod))
        {
            var parameters = method.GetParameters();
            var telemetry = method.GetCustomAttribute<TelemetryAttribute>();
            if (method.ReturnType == typeof(bool) && parameters is [{ IsOut: true }]
                && IotUnits.IsQuantity(parameters[0].ParameterType.GetElementType()!)
                && (telemetry is not null || method.Name.StartsWith("TryRead", StringComparison.Ordinal)))
            {
                parts.Add(new Part(method.Name, parameters[0].ParameterType.GetElementType()!, sensor => Try(method, sensor)));
            }
            else if (telemetry is not null && parameters.All(p => p.IsOptional) && IotUnits.IsValue(method.ReturnType))
            {
                var arguments = parameters.Select(p => p.DefaultValue).ToArray();
                parts.Add(new Part(
                    method.Name, method.ReturnType, s => method.Invoke(s, BindingFlags.DoNotWrapExceptions, null, arguments, null)));
            }
        }

        return parts;
    }

    private static object? Try(MethodInfo method, object sensor)
    {
        var arguments = new object?[1];
        return method.Invoke(sensor, BindingFlags.DoNotWrapExceptions, null, arguments, null) is true ? arguments[0] : null;
    }

    private static Func<object, object?> Getter(PropertyInfo property) =>
        o => property.GetValue(o, BindingFlags.DoNotWrapExceptions, null, null, null);

    /// <summary>Metrics of the parts; of two with one name the first stays (a property and the call that it makes).</summary>
    private static List<IotReading> Named(List<Part> parts) => parts
        .Select(p => new IotReading(
            IotUnits.Metric(p.Name, p.Type, parts.Count(o => IotUnits.Plain(o.Type) == IotUnits.Plain(p.Type)) == 1), p.Get))
        .DistinctBy(r => r.Metric, StringComparer.Ordinal)
        .OrderBy(r => r.Metric, StringComparer.Ordinal)
        .ToList();

    private sealed record Part(string Name, Type Type, Func<object, object?> Get);
}
