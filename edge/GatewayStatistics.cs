namespace SmartCity.Edge;

/// <summary>What a gateway has done since it started. Counters only grow; reading them costs nothing.</summary>
internal sealed class GatewayStatistics
{
    private long _measured;
    private long _invalid;
    private long _noRoom;
    private long _acknowledged;
    private long _acknowledgedAlarms;
    private long _failovers;
    private long _refused;
    private long _connections;
    private long _unstamped;
    private long _dropped;
    private long _waited;

    /// <summary>Readings logged.</summary>
    public long Measured => Volatile.Read(ref _measured);

    /// <summary>Readings that made no line.</summary>
    public long Invalid => Volatile.Read(ref _invalid);

    /// <summary>Readings the full log did not take.</summary>
    public long NoRoom => Volatile.Read(ref _noRoom);

    /// <summary>Readings acknowledged on either lane.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Those on the alarm lane.</summary>
    public long AcknowledgedAlarms => Volatile.Read(ref _acknowledgedAlarms);

    /// <summary>Changes to another server.</summary>
    public long Failovers => Volatile.Read(ref _failovers);

    /// <summary>Publishes that a server answered with an error.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Connections made.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Readings that can never be stamped, set aside in a file: the machine was started again before its time became known.</summary>
    public long Unstamped => Volatile.Read(ref _unstamped);

    /// <summary>Readings given up, oldest first, because the disk was used up before a server took them. Those that
    /// were on their way at that moment are among them, and may arrive all the same.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Alarms that had to wait in memory for room in their log.</summary>
    public long Waited => Volatile.Read(ref _waited);

    internal void Count(MeasureResult result)
    {
        switch (result)
        {
            case MeasureResult.Logged:
                Interlocked.Increment(ref _measured);
                break;
            case MeasureResult.Waiting:
                Interlocked.Increment(ref _waited);
                break;
            case MeasureResult.Invalid:
                Interlocked.Increment(ref _invalid);
                break;
            default:
                Interlocked.Increment(ref _noRoom);
                break;
        }
    }

    internal void CountAcknowledged(int readings, bool alarm)
    {
        Interlocked.Add(ref _acknowledged, readings);
        if (alarm)
        {
            Interlocked.Add(ref _acknowledgedAlarms, readings);
        }
    }

    internal void CountFailover(bool toAnother) => Interlocked.Add(ref _failovers, toAnother ? 1 : 0);

    internal void CountRefused() => Interlocked.Increment(ref _refused);

    internal void CountLogged() => Interlocked.Increment(ref _measured);

    internal void CountDropped(long readings) => Interlocked.Add(ref _dropped, readings);

    internal void CountUnstamped(int readings) => Interlocked.Add(ref _unstamped, readings);

    internal void CountConnection() => Interlocked.Increment(ref _connections);
}
