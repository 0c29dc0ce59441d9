using System.Text;
using SmartCity.City;

namespace SmartCity.Grains;

/// <summary>
/// One device: its committed state, and the working copy of the batch under way. Only the host's caller changes it; the lock is for
/// those who look on.
/// </summary>
internal sealed class DeviceGrain : ICircuitMember
{
    private readonly Lock _gate = new();

    public DeviceGrain(string id, DeviceLogic logic, DeviceContext context, DeviceInfo? info, DeviceState state)
    {
        Id = id;
        IdUtf8 = Encoding.UTF8.GetBytes(id);
        Logic = logic;
        Context = context;
        Info = info;
        State = state;
    }

    public string Id { get; }

    public byte[] IdUtf8 { get; }

    /// <summary>It has reported at least once; an expected device that never did has a grain for the sake of its silence.</summary>
    public bool IsHeard { get; set; } = true;

    public DeviceLogic Logic { get; private set; }

    public DeviceContext Context { get; private set; }

    /// <summary>The registry's word the context was made from: another object means another word.</summary>
    public DeviceInfo? Info { get; private set; }

    public DeviceState State { get; private set; }

    public DeviceState? Working { get; set; }

    /// <inheritdoc/>
    DeviceState ICircuitMember.Newest => Current;

    /// <summary>Its state, the batch under way included. For the host's caller.</summary>
    public DeviceState Current => Working ?? State;

    /// <summary>The circuit it hangs on; null when it is no lamp or cabinet, or has no gateway. Only the host's caller looks at it.</summary>
    public CircuitGrain? Circuit { get; set; }

    /// <summary>The working copy said something, or time changed it: it must be saved in the same transaction.</summary>
    public bool MustSave { get; set; }

    /// <summary>The committed state differs from the saved one.</summary>
    public bool Dirty { get; set; }

    /// <summary>Position and log of the snapshot it came from; what ends at or before it is in it already.</summary>
    public long Applied { get; set; }

    public Guid AppliedLog { get; set; }

    /// <summary>The registry's word changed.</summary>
    public void Rebind(DeviceInfo? info, DeviceContext context)
    {
        lock (_gate)
        {
            Info = info;
            Context = context;
        }
    }

    /// <summary>It came back as another kind: nothing known of the old one fits.</summary>
    public void Rebind(DeviceInfo? info, DeviceContext context, DeviceLogic logic, DeviceState state)
    {
        lock (_gate)
        {
            Info = info;
            Context = context;
            Logic = logic;
            State = state;
            Working = null;
            MustSave = false;
        }
    }

    /// <summary>The working copy becomes the state; returns the old one for the pool.</summary>
    public DeviceState Install(DeviceState working)
    {
        lock (_gate)
        {
            var old = State;
            State = working;
            Working = null;
            return old;
        }
    }

    /// <summary>When its newest reading was measured, and when one last came.</summary>
    public (long Measured, long Received) Heard()
    {
        lock (_gate)
        {
            return (State.LastMeasured, State.LastReceived);
        }
    }

    /// <summary>The newest value of a metric and when it was measured.</summary>
    public (double Value, long MeasuredAt)? Newest(string metric)
    {
        lock (_gate)
        {
            var metrics = Context.Kind.Metrics;
            for (var i = 0; i < metrics.Count; i++)
            {
                if (metrics[i].Name == metric)
                {
                    return State.MeasuredAt(i) is not 0 and var at ? (State.Value(i), at) : null;
                }
            }

            return null;
        }
    }

    public DeviceView Look()
    {
        lock (_gate)
        {
            var values = new List<MetricValue>();
            var metrics = Context.Kind.Metrics;
            for (var i = 0; i < metrics.Count; i++)
            {
                if (State.MeasuredAt(i) != 0)
                {
                    values.Add(new MetricValue(metrics[i].Name, metrics[i].Type, metrics[i].Unit, State.Value(i), State.MeasuredAt(i)));
                }
            }

            return new DeviceView(
                Id, Context.Kind.Name, Context.Zone, Context.Registered, State.LastMeasured, State.LastReceived, values, Logic.Describe(Context, State));
        }
    }
}
