using SmartCity.City;

namespace SmartCity.Grains;

/// <summary>One zone, or one device without a zone: committed state and working copy. Only the host's caller touches it.</summary>
internal sealed class ZoneGrain(string key, ZoneContext context, ZoneInfo? info)
{
    /// <summary>Its name in the book: <c>zone/ID</c>, or <c>alone/ID</c> for a device without a zone.</summary>
    public string Key { get; } = key;

    public ZoneContext Context { get; private set; } = context;

    public ZoneInfo? Info { get; private set; } = info;

    public ZoneState State { get; private set; } = new();

    public ZoneState? Working { get; private set; }

    /// <summary>Revision of its row that <see cref="State"/> is; 0 when it has none.</summary>
    public long Revision { get; private set; }

    /// <summary>What it is in now, the batch under way included.</summary>
    public ZoneState Current => Working ?? State;

    public void Rebind(ZoneInfo? info, ZoneContext context) => (Info, Context) = (info, context);

    /// <summary>Takes what the book has; a working copy is thrown away.</summary>
    public void Restore(ZoneState state, long revision) => (State, Working, Revision) = (state, null, revision);

    /// <summary>Throws the working copy away.</summary>
    public void Discard() => Working = null;

    /// <summary>The working copy; true when it was made just now.</summary>
    public bool Work(out ZoneState working)
    {
        if (Working is not null)
        {
            working = Working;
            return false;
        }

        Working = working = new ZoneState();
        working.CopyFrom(State);
        return true;
    }

    /// <summary>The book has the working copy, as the next revision where it counts them.</summary>
    public void Install(bool counted) => (State, Working, Revision) = (Working ?? State, null, counted ? Revision + 1 : Revision);
}
