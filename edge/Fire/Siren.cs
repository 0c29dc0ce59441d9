using SmartCity.Edge.Drivers;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Fire;

/// <summary>
/// One sounder: what it should do, and what its output says that it does. It is driven on the thread that wants it to sound, with
/// nothing in between; calls never overlap, and the last word wins. A failed one is tried again each second.
/// </summary>
internal sealed class Siren
{
    /// <summary>Longest call of its output.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly OutputDriver _output;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private bool _wanted;
    private bool _held;
    private int _tests;
    private bool _started;
    private bool _busy;
    private bool _again;
    private long _busySince;
    private bool? _sounds;
    private DeviceFault _fault;
    private string? _words;

    /// <summary>A siren that keeps still until it is wanted.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="output">What drives it.</param>
    /// <param name="atPreAlarm">It sounds from the pre-alarm on.</param>
    /// <param name="time">Clock.</param>
    public Siren(string id, OutputDriver output, bool atPreAlarm, TimeProvider time)
    {
        Id = id;
        AtPreAlarm = atPreAlarm;
        _output = output;
        _time = time;
    }

    /// <summary>Its name.</summary>
    public string Id { get; }

    /// <summary>It sounds from the pre-alarm on, not only at a fire.</summary>
    public bool AtPreAlarm { get; }

    /// <summary>Told, outside every lock, when what it does or what is wrong with it is another thing than before.</summary>
    public Action<Siren>? Changed { get; set; }

    /// <summary>Whether it sounds, as its output says; null when that cannot say, or was never asked.</summary>
    public bool? Sounds
    {
        get
        {
            lock (_gate)
            {
                return _sounds;
            }
        }
    }

    /// <summary>What is wrong with it, and in words.</summary>
    public (DeviceFault Fault, string? Words) Fault
    {
        get
        {
            lock (_gate)
            {
                return (_fault, _words);
            }
        }
    }

    /// <summary>Says what it should do; <see cref="Drive"/> does it. True when that is something else than before.</summary>
    /// <param name="on">It should sound.</param>
    /// <param name="held">While it need not sound it is left as it stands, because nobody knows yet whether it should.</param>
    public bool Want(bool on, bool held)
    {
        lock (_gate)
        {
            var changed = _wanted != on || _held != held;
            _wanted = on;
            _held = held;
            return changed;
        }
    }

    /// <summary>Drives the output as wanted and reads it back. Returns at once when a call is under way: that one goes on with the new word.</summary>
    public void Drive()
    {
        lock (_gate)
        {
            if (_busy)
            {
                _again = true;
                return;
            }

            if (_held && !_wanted && _tests == 0)
            {
                return;
            }

            _busy = true;
            _busySince = _time.GetTimestamp();
        }

        _ = DriveAsync();
    }

    /// <summary>Each second: what failed is tried again, what was driven is read back, a call that hangs is a fault.</summary>
    public void Tick()
    {
        var hangs = false;
        lock (_gate)
        {
            if (_busy)
            {
                hangs = _fault == DeviceFault.None && _time.GetElapsedTime(_busySince) > Patience;
                if (!hangs)
                {
                    return;
                }
            }
        }

        if (hangs)
        {
            Note(null, DeviceFault.NoAnswer, $"{Id}: {_output.Where} does not answer");
            return;
        }

        Drive();
    }

    /// <summary>Sounds for a moment, whatever else is wanted; gives what the output said meanwhile.</summary>
    public async Task<(bool? Sounded, string? Fault)> PulseAsync(TimeSpan length, CancellationToken cancel)
    {
        Test(1);
        try
        {
            Drive();
            await Task.Delay(length, _time, cancel);
            return (Sounds, Fault.Words);
        }
        finally
        {
            Test(-1);
            Drive();
        }
    }

    /// <summary>Gives the output back as it stands: a siren does not fall silent because a program ends.</summary>
    public ValueTask DisposeAsync() => _output.DisposeAsync();

    private void Test(int by)
    {
        lock (_gate)
        {
            _tests += by;
        }
    }

    private async Task DriveAsync()
    {
        while (true)
        {
            bool on;
            bool start;
            lock (_gate)
            {
                _again = false;
                on = _wanted || _tests > 0;
                start = !_started;
            }

            try
            {
                using var limit = new CancellationTokenSource(Patience, _time);
                if (start)
                {
                    await _output.StartAsync(limit.Token);
                }

                await _output.SetAsync(on ? 100 : 0, limit.Token);
                var percent = await _output.FeedbackAsync(limit.Token);
                bool? sounds = double.IsNaN(percent) ? null : percent > 0;
                lock (_gate)
                {
                    _started = true;
                }

                // Target and feedback are two things: an output that says the opposite has not followed.
                var follows = sounds is not { } said || said == on;
                Note(sounds, follows ? DeviceFault.None : DeviceFault.Stuck, follows ? null : $"{Id}: {_output.Where} was switched {(on ? "on" : "off")} and says {(on ? "off" : "on")}");
            }
            catch (Exception e)
            {
                var (fault, words) = Faults.Of(e);
                lock (_gate)
                {
                    _started = false;
                }

                Note(null, fault, $"{Id}: {words}");
            }

            lock (_gate)
            {
                if (!_again)
                {
                    _busy = false;
                    return;
                }
            }
        }
    }

    private void Note(bool? sounds, DeviceFault fault, string? words)
    {
        bool changed;
        lock (_gate)
        {
            changed = sounds != _sounds || fault != _fault;
            (_sounds, _fault, _words) = (sounds, fault, words);
        }

        try
        {
            if (changed)
            {
                Changed?.Invoke(this);
            }
        }
        catch (Exception)
        {
            // Whoever is told cannot be told; the siren must be driven on all the same.
        }
    }
}
