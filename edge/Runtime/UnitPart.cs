using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Runtime;

/// <summary>What a part has just finished.</summary>
internal enum PartStep
{
    /// <summary>Nothing: it rests, or its call is under way.</summary>
    Nothing,

    /// <summary>It measured; <see cref="UnitPart.Result"/> has the values.</summary>
    Measured,

    /// <summary>It failed; <see cref="UnitPart.Fault"/> says how.</summary>
    Failed,
}

/// <summary>
/// One part of a device and where it stands: to be started, resting, called, or failed and waiting for its next try. Its unit calls
/// <see cref="Step"/> on its turn; only <see cref="Attend"/> comes from other threads. A call that takes longer than
/// <see cref="Patience"/> is cancelled and is a fault; until it really ends the part is not called again.
/// </summary>
internal sealed class UnitPart
{
    /// <summary>Longest call of a driver. Slow sensors answer within 5 s, shared serial lines within 10.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>First and last pause before a failed part is tried again; it doubles in between.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);

    /// <inheritdoc cref="FirstRetry"/>
    public static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(60);

    private const long None = long.MinValue;

    /// <summary>How often a part that warms up is asked, whatever its interval: its first value is not to come a minute late.</summary>
    private static readonly TimeSpan WarmUpLook = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly long _poll;
    private readonly Action _kick;
    private CancellationTokenSource _cancel = new();
    private Task? _pending;
    private Measurement? _measurement;
    private TimeSpan _backoff = FirstRetry;
    private long _attention = None;
    private ulong _metrics;
    private long _calledAt;
    private long _wantAt = Stamps.Never;
    private long _pollAt;
    private long _earliest;
    private long _retryAt;
    private bool _ready;
    private bool _starting;
    private bool _hung;
    private bool _testAgain;

    /// <summary>A part that is not started yet.</summary>
    /// <param name="driver">What is called.</param>
    /// <param name="names">Names that its metrics get (driver's → kind's); an empty one is not reported.</param>
    /// <param name="poll">How often it measures.</param>
    /// <param name="interval">How often its device reports.</param>
    /// <param name="time">Clock.</param>
    /// <param name="kick">Has the unit take its turn on this thread, because a call ended.</param>
    public UnitPart(Driver driver, IReadOnlyDictionary<string, string> names, TimeSpan poll, TimeSpan interval, TimeProvider time, Action kick)
    {
        Driver = driver;
        Names = names;
        _time = time;
        _poll = Stamps.Of(time, poll > driver.MinimumInterval ? poll : driver.MinimumInterval);
        _kick = kick;
        HasOwnRhythm = driver.MinimumInterval > interval;
    }

    /// <summary>Its driver.</summary>
    public Driver Driver { get; }

    /// <summary>Names that its metrics get.</summary>
    public IReadOnlyDictionary<string, string> Names { get; }

    /// <summary>What it has measured since its start, a bit for each metric of its device's kind; 0 = nothing yet. Any thread.</summary>
    public ulong Metrics => Volatile.Read(ref _metrics);

    /// <summary>It may not be measured as often as its device reports: each of its measurements is reported, and no report waits for it.</summary>
    public bool HasOwnRhythm { get; }

    /// <summary>What is wrong.</summary>
    public DeviceFault Fault { get; private set; }

    /// <summary>The same in words; null when nothing is.</summary>
    public string? Words { get; private set; }

    /// <summary>The report under way waits for it.</summary>
    public bool InRound { get; set; }

    /// <summary>The self-test under way waits for it.</summary>
    public bool InTest { get; private set; }

    /// <summary>What it measured, after <see cref="PartStep.Measured"/>; valid until the next step.</summary>
    public Measurement Result => _measurement ?? throw new InvalidOperationException("nothing was measured");

    /// <summary>When its last measurement was made, after <see cref="PartStep.Measured"/>.</summary>
    public long MeasuredAt { get; private set; }

    /// <summary>The last measurement was asked for by the part itself: it is an event.</summary>
    public bool WasUrgent { get; private set; }

    /// <summary>Whether a call is under way.</summary>
    public bool IsCalled => _pending is not null;

    /// <summary>When it has to be stepped next.</summary>
    public long Due
    {
        get
        {
            if (_pending is not null)
            {
                return _hung ? Stamps.Never : _calledAt + Stamps.Of(_time, Patience);
            }

            var due = Math.Max(Math.Min(_wantAt, _pollAt), _earliest);
            return _ready || Fault == DeviceFault.None ? due : Math.Max(due, _retryAt);
        }
    }

    /// <summary>Begins its rhythm.</summary>
    public void Begin(long now)
    {
        _pollAt = Stamps.Next(now, _poll, now);
        _wantAt = now;
    }

    /// <summary>The part has something that cannot wait. From any thread; the unit has to be posted as well.</summary>
    public void Attend(long stamp) => Interlocked.Exchange(ref _attention, stamp);

    /// <summary>Wants a measurement for a report; false when it will not give one soon.</summary>
    public bool Want(long now)
    {
        if (_hung || HasOwnRhythm || (!_ready && Fault != DeviceFault.None && _retryAt > now))
        {
            return false;
        }

        _wantAt = Math.Min(_wantAt, now);
        return true;
    }

    /// <summary>Wants a new start and a measurement, now.</summary>
    public void Test(long now)
    {
        InTest = !_hung;
        _testAgain = _pending is not null && !_hung;
        if (_pending is null)
        {
            Restart(now);
        }
    }

    /// <summary>Goes on by one step.</summary>
    public PartStep Step(long now)
    {
        if (_measurement is { } last && _pending is null)
        {
            MeasurementPool.Return(last);
            _measurement = null;
        }

        if (_pending is { } call)
        {
            return call.IsCompleted ? Finish(call, now) : Waited(now);
        }

        if (Volatile.Read(ref _attention) != None)
        {
            // What happens at the part is the best reason to try again.
            _retryAt = now;
            _wantAt = now;
        }

        if (now < Due)
        {
            return PartStep.Nothing;
        }

        _pollAt = Stamps.Next(_pollAt, _poll, now);
        Call(now);
        return _pending!.IsCompleted ? Finish(_pending, now) : PartStep.Nothing;
    }

    /// <summary>Ends what is under way; the driver is given back once its call has ended, or after a while all the same.</summary>
    public async ValueTask StopAsync(TimeSpan patience)
    {
        Driver.Attention = null;
        await _cancel.CancelAsync();
        if (_pending is { } call)
        {
            await call.WaitAsync(patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            await Driver.DisposeAsync();
        }
        catch (Exception)
        {
            // A line that cannot even be closed must not keep a reload from setting up the other devices.
        }

        _cancel.Dispose();
    }

    private void Call(long now)
    {
        _calledAt = now;
        _hung = false;
        _starting = !_ready;
        try
        {
            ValueTask call;
            if (!_starting)
            {
                _wantAt = Stamps.Never;
                _earliest = now + Stamps.Of(_time, Driver.MinimumInterval);
                _measurement = MeasurementPool.Rent();
                MeasuredAt = Interlocked.Exchange(ref _attention, None);
                WasUrgent = MeasuredAt != None;
                call = Driver.MeasureAsync(_measurement, _cancel.Token);
            }
            else
            {
                call = Driver.StartAsync(_cancel.Token);
            }

            if (call.IsCompletedSuccessfully)
            {
                call.GetAwaiter().GetResult();
                _pending = Task.CompletedTask;
                return;
            }

            _pending = call.AsTask();
        }
        catch (Exception e)
        {
            // Whatever a driver throws is its device's fault and must not end the unit.
            _pending = Task.FromException(e);
        }

        if (!_pending.IsCompleted)
        {
            _pending.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_kick);
        }
    }

    private PartStep Waited(long now)
    {
        if (_hung || now - _calledAt < Stamps.Of(_time, Patience))
        {
            return PartStep.Nothing;
        }

        _hung = true;
        _cancel.Cancel();
        return Fail(DeviceFault.NoAnswer, $"{Driver.Where}: no answer within {Patience.TotalSeconds:0} s; look at its wires and supply", now);
    }

    private PartStep Finish(Task call, long now)
    {
        _pending = null;
        if (_hung)
        {
            // Its result is not wanted any more: the fault stands, and it is started again when its pause is over.
            _hung = false;
            _measurement = null;
            _ = call.Exception;
            _cancel.Dispose();
            _cancel = new CancellationTokenSource();
            return PartStep.Nothing;
        }

        if (!call.IsCompletedSuccessfully)
        {
            var (fault, words) = Faults.Of(call.Exception?.InnerException ?? new OperationCanceledException());
            return Fail(fault, words, now);
        }

        if (_starting)
        {
            _ready = true;
            Call(now);
            return _pending!.IsCompleted ? Finish(_pending, now) : PartStep.Nothing;
        }

        MeasuredAt = Result.At != 0 ? Result.At : WasUrgent ? MeasuredAt : _time.GetTimestamp();
        Fault = DeviceFault.None;
        Words = null;
        _backoff = FirstRetry;
        Landed(now);
        return PartStep.Measured;
    }

    /// <summary>It has measured a metric of this index in its device's kind.</summary>
    public void Measures(int metric) => Volatile.Write(ref _metrics, _metrics | (1UL << metric));

    /// <summary>The unit refuses what was measured: a value that this kind of device cannot have.</summary>
    public void Refuse(string words)
    {
        Fault = DeviceFault.Range;
        Words = words;
    }

    private PartStep Fail(DeviceFault fault, string words, long now)
    {
        Fault = fault;
        Words = words;
        if (Faults.NeedsRestart(fault))
        {
            _ready = false;
            _retryAt = now + Stamps.Of(_time, _backoff);
            _wantAt = _retryAt;
            _backoff = _backoff * 2 < LastRetry ? _backoff * 2 : LastRetry;
        }
        else if (fault == DeviceFault.WarmingUp)
        {
            _wantAt = now + Stamps.Of(_time, WarmUpLook);
        }

        Landed(now);
        return PartStep.Failed;
    }

    private void Landed(long now)
    {
        InRound = false;
        InTest = _testAgain && !_hung;
        if (InTest)
        {
            _testAgain = false;
            Restart(now);
        }
    }

    private void Restart(long now)
    {
        _ready = false;
        _retryAt = now;
        _wantAt = now;
    }
}
