namespace SmartCity.City;

/// <summary>Reads one rule: what all rules have, then what its type has. A new type is one line here and one class.</summary>
internal static class RuleReader
{
    private static readonly Dictionary<string, Func<RuleHead, YamlMap, KindDraft, Rule?>> Types = new(StringComparer.Ordinal)
    {
        ["threshold"] = ThresholdRule.Read,
        ["rate"] = RateRule.Read,
        ["contact"] = ContactRule.Read,
        ["stage"] = StageRule.Read,
        ["vn-aqi"] = AqiRule.Read,
        ["lamp"] = LampRule.Read,
        ["lamp-supply"] = LampSupplyRule.Read,
        ["lamp-meter"] = LampMeterRule.Read,
        ["lamp-cycling"] = LampCyclingRule.Read,
        ["balance"] = CabinetBalanceRule.Read,
        ["silence"] = SilenceRule.Read,
    };

    public static Rule? Read(YamlMap map, KindDraft kind)
    {
        var before = map.Faults.Count;
        var name = map.Text("name", required: true) ?? "";
        if (!KindReader.IsIdentifier(name))
        {
            map.Fault("name", $"'{name}' is not an identifier; use 1-63 of a-z 0-9 - _");
        }

        var type = map.Text("type", required: true) ?? "";
        var head = new RuleHead(name, map.Text("alert") ?? name, map.Choice("severity", Severity.Minor), map.Text("detail"));
        if (!KindReader.IsIdentifier(head.Alert))
        {
            map.Fault("alert", $"'{head.Alert}' is not an identifier; use 1-63 of a-z 0-9 - _");
        }

        if (!Types.TryGetValue(type, out var read))
        {
            map.Fault("type", $"'{type}' is no type of rule; write one of {string.Join(", ", Types.Keys)}");
            return null;
        }

        var rule = read(head, map, kind);
        map.Close();
        return map.Faults.Count == before ? rule : null;
    }
}

/// <summary>What every rule has.</summary>
internal sealed record RuleHead(string Name, string Alert, Severity Severity, string? Detail);
