namespace SmartCity.Ingest.Lights;

/// <summary>How the lamps of a place fare. Every lamp is in exactly one of off, dimmed, on, notFollowed, faults and silent.</summary>
internal record PlaceCounts
{
    /// <summary>Lamps in service.</summary>
    public int Lamps { get; init; }

    /// <summary>Dark, as they should be.</summary>
    public int Off { get; init; }

    /// <summary>Burn below 100 %, as they should.</summary>
    public int Dimmed { get; init; }

    /// <summary>Burn at 100 %, as they should.</summary>
    public int On { get; init; }

    /// <summary>Do not do what is wanted.</summary>
    public int NotFollowed { get; init; }

    /// <summary>With an open fault.</summary>
    public int Faults { get; init; }

    /// <summary>Of which nobody hears.</summary>
    public int Silent { get; init; }

    /// <summary>Lamps of which measured power says that they have the level.</summary>
    public int Confirmed { get; init; }

    /// <summary>Watts of all that were measured.</summary>
    public double Watts { get; init; }

    /// <summary>Least level that is wanted there now, 0 … 100 %; null without lamps.</summary>
    public double? Least { get; init; }

    /// <summary>Greatest level that is wanted there now.</summary>
    public double? Most { get; init; }
}

/// <summary>A street; its id is null for lamps that stand in none.</summary>
internal sealed record TreeStreet : PlaceCounts
{
    public TreeStreet(string? id, string? name, PlaceCounts counts)
        : base(counts) => (Id, Name) = (id, name);

    public string? Id { get; }

    public string? Name { get; }
}

/// <summary>A ward; null for streets of none.</summary>
internal sealed record TreeWard : PlaceCounts
{
    public TreeWard(string? ward, PlaceCounts counts, IReadOnlyList<TreeStreet> streets)
        : base(counts) => (Ward, Streets) = (ward, streets);

    public string? Ward { get; }

    public IReadOnlyList<TreeStreet> Streets { get; }
}

/// <summary>A group, and the groups that it holds.</summary>
internal sealed record TreeGroup : PlaceCounts
{
    public TreeGroup(string id, string? name, PlaceCounts counts, IReadOnlyList<string> inner)
        : base(counts) => (Id, Name, Inner) = (id, name, inner);

    public string Id { get; }

    public string? Name { get; }

    /// <summary>Groups among its members.</summary>
    public IReadOnlyList<string> Inner { get; }
}

/// <summary>City, wards, streets and groups with how their lamps fare.</summary>
internal sealed record LightTree(DateTimeOffset At, PlaceCounts City, IReadOnlyList<TreeWard> Wards, IReadOnlyList<TreeGroup> Groups)
{
    /// <summary>The tree of a board.</summary>
    public static LightTree Of(LampBoard board)
    {
        var lamps = board.Lamps.Select(l => (State: l, Look: LampLooks.Of(l))).ToList();
        var registry = board.Directory.Registry;
        var wards = lamps
            .GroupBy(l => l.State.Lamp.Ward)
            .Select(ward => new TreeWard(
                ward.Key,
                Count(ward),
                [
                    .. ward.GroupBy(l => l.State.Lamp.Street)
                        .Select(street => new TreeStreet(street.Key, street.Key is null ? null : registry.Streets.GetValueOrDefault(street.Key)?.Name ?? street.Key, Count(street)))
                        .OrderBy(s => s.Name is null).ThenBy(s => s.Name ?? "", NaturalOrder.Instance).ThenBy(s => s.Id, StringComparer.Ordinal),
                ]))
            .OrderBy(w => w.Ward is null).ThenBy(w => w.Ward ?? "", NaturalOrder.Instance)
            .ToList();
        var members = lamps.SelectMany(l => l.State.Lamp.Groups.Select(g => (Group: g, Lamp: l))).ToLookup(m => m.Group, m => m.Lamp, StringComparer.Ordinal);
        var groups = board.Directory.Lighting.Of(LightKind.Group)
            .Select(g => new TreeGroup(g.Id, g.Name, Count(members[g.Id]), [.. LightingRules.Inner(board.Directory.Lighting.Groups[g.Id])]))
            .OrderBy(g => g.Name ?? g.Id, NaturalOrder.Instance)
            .ToList();
        return new LightTree(board.At, Count(lamps), wards, groups);
    }

    private static PlaceCounts Count(IEnumerable<(LampState State, LampLook Look)> lamps)
    {
        Span<int> looks = stackalloc int[LampLooks.Words.Length];
        var (all, confirmed, watts, least, most) = (0, 0, 0.0, double.MaxValue, double.MinValue);
        foreach (var (state, look) in lamps)
        {
            all++;
            looks[(int)look]++;
            confirmed += state.Follow == LampFollow.Confirmed ? 1 : 0;
            watts += look == LampLook.Silent ? 0 : state.Actual ?? 0;
            least = Math.Min(least, state.Wanted.Percent);
            most = Math.Max(most, state.Wanted.Percent);
        }

        return new PlaceCounts
        {
            Lamps = all,
            Off = looks[(int)LampLook.Off],
            Dimmed = looks[(int)LampLook.Dimmed],
            On = looks[(int)LampLook.On],
            NotFollowed = looks[(int)LampLook.NotFollowed],
            Faults = looks[(int)LampLook.Fault],
            Silent = looks[(int)LampLook.Silent],
            Confirmed = confirmed,
            Watts = Math.Round(watts, 1),
            Least = all == 0 ? null : Math.Round(least, 1),
            Most = all == 0 ? null : Math.Round(most, 1),
        };
    }
}
