using System.Text;
using SmartCity.City;

namespace SmartCity.Grains;

/// <summary>
/// One device and what its rules remember. Only the host's caller changes it, in place, between <see cref="Begin"/> and <see cref="End"/>; who looks on from
/// another thread takes a copy and looks again when it was changed meanwhile. So a reading costs no lock and no copy.
/// </summary>
internal sealed class DeviceGrain : ICircuitMember
{
    private int _version;

    public DeviceGrain(string id, KindWork work, DeviceContext context, DeviceInfo? info, DeviceState state)
    {
        Id = id;
        Work = work;
        Context = context;
        Info = info;
        State = state;
        Series = SeriesOf(id, context);
    }

    public string Id { get; }

    public ReadOnlySpan<byte> IdUtf8 => Series.AsSpan(Series.Length - Id.Length);

    /// <summary>How its lines begin: <c>kind,device=ID</c>.</summary>
    public byte[] Series { get; private set; }

    /// <summary>It has reported at least once; an expected device that never did has a grain for the sake of its silence.</summary>
    public bool IsHeard { get; set; } = true;

    public KindWork Work { get; private set; }

    public DeviceLogic Logic => Work.Logic;

    public DeviceContext Context { get; private set; }

    /// <summary>The registry's word the context was made from: another object means another word.</summary>
    public DeviceInfo? Info { get; private set; }

    /// <summary>Its state, the batch under way included. For the host's caller.</summary>
    public DeviceState State { get; private set; }

    /// <inheritdoc/>
    DeviceState ICircuitMember.Newest => State;

    /// <summary>The circuit it hangs on; null when it is no lamp or cabinet, or has no gateway. Only the host's caller looks at it.</summary>
    public CircuitGrain? Circuit { get; set; }

    /// <summary>Whose it is to judge, where several servers share a book; null for a server that is alone.</summary>
    public GatewayHold? Hold { get; set; }

    /// <summary>The gateway that its lines come through, while nobody has registered it and several servers share a book.</summary>
    public string HeardFrom { get; set; } = "";

    /// <summary>Another server's to judge.</summary>
    public bool IsForeign => Hold is { IsOurs: false };

    /// <summary>The device whose line came after this one's last time: most likely it does again, and need not be looked up.</summary>
    public DeviceGrain? Follower { get; set; }

    /// <summary>The batch that it last had a part in.</summary>
    public long Batch { get; set; }

    /// <summary>Which word of the registry it was last compared with.</summary>
    public int Checked { get; set; }

    /// <summary>Its place in the order of arrival.</summary>
    public long Ordinal { get; set; }

    /// <summary>When the host will ask whether something fell due by time alone, Unix ns; <see cref="long.MaxValue"/> = not before the next reading.</summary>
    public long AskAt { get; set; } = long.MaxValue;

    /// <summary>The host has forgotten it.</summary>
    public bool IsGone { get; set; }

    /// <summary>It said something, or time changed it: it must be saved in the same transaction.</summary>
    public bool MustSave { get; set; }

    /// <summary>Its state differs from the saved one.</summary>
    public bool Dirty { get; set; }

    /// <summary>It stands in the list of those that the next checkpoint, or the one under way, saves.</summary>
    public bool IsListed { get; set; }

    /// <summary>Position and log of the snapshot it came from; what ends at or before it is in it already.</summary>
    public long Applied { get; set; }

    public Guid AppliedLog { get; set; }

    /// <summary>Its state is about to be changed.</summary>
    public void Begin()
    {
        Volatile.Write(ref _version, _version + 1);
        Volatile.WriteBarrier();
    }

    /// <summary>Its state has been changed.</summary>
    public void End() => Volatile.Write(ref _version, _version + 1);

    /// <summary>The registry's word changed.</summary>
    public void Rebind(DeviceInfo? info, DeviceContext context)
    {
        Begin();
        Info = info;
        Context = context;
        HeardFrom = info is null ? HeardFrom : "";
        End();
    }

    /// <summary>It came back as another kind: nothing known of the old one fits.</summary>
    public void Rebind(DeviceInfo? info, DeviceContext context, KindWork work, DeviceState state)
    {
        Begin();
        Info = info;
        Context = context;
        Work = work;
        State = state;
        MustSave = false;
        Series = SeriesOf(Id, context);
        End();
    }

    /// <summary>When its newest reading was measured, and when one last came.</summary>
    public (long Measured, long Received) Heard() => Read((_, _, state) => (state.LastMeasured, state.LastReceived));

    /// <summary>The newest value of a metric and when it was measured.</summary>
    public (double Value, long MeasuredAt)? Newest(string metric)
    {
        while (true)
        {
            var version = Settled();
            var state = State;
            var metrics = state.Kind.Metrics;
            var newest = (Value: double.NaN, MeasuredAt: 0L);
            for (var i = 0; i < metrics.Count; i++)
            {
                if (metrics[i].Name == metric)
                {
                    newest = (state.Value(i), state.MeasuredAt(i));
                }
            }

            if (IsStill(version))
            {
                return newest.MeasuredAt == 0 ? null : newest;
            }
        }
    }

    public DeviceView Look()
    {
        var (context, logic, state) = Read((context, logic, state) =>
        {
            var copy = new DeviceState(state.Kind);
            copy.CopyFrom(state);
            return (context, logic, copy);
        });
        var values = new List<MetricValue>();
        var metrics = context.Kind.Metrics;
        for (var i = 0; i < metrics.Count; i++)
        {
            if (state.MeasuredAt(i) != 0)
            {
                values.Add(new MetricValue(metrics[i].Name, metrics[i].Type, metrics[i].Unit, state.Value(i), state.MeasuredAt(i)));
            }
        }

        return new DeviceView(Id, context.Kind.Name, context.Zone, context.Registered, state.LastMeasured, state.LastReceived, values, logic.Describe(context, state));
    }

    private T Read<T>(Func<DeviceContext, DeviceLogic, DeviceState, T> read)
    {
        while (true)
        {
            var version = Settled();
            var seen = read(Context, Logic, State);
            if (IsStill(version))
            {
                return seen;
            }
        }
    }

    private int Settled()
    {
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref _version);
            if ((version & 1) == 0)
            {
                return version;
            }

            spin.SpinOnce();
        }
    }

    private bool IsStill(int version)
    {
        Volatile.ReadBarrier();
        return _version == version;
    }

    private static byte[] SeriesOf(string id, DeviceContext context) => Encoding.UTF8.GetBytes(context.Kind.Name + ",device=" + id);
}
