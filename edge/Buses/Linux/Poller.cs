namespace SmartCity.Edge.Buses.Linux;

/// <summary>
/// The board's one thread that waits for the kernel: edges of GPIO lines, bytes of serial ports. It starts with the first file and watches
/// at most <see cref="Most"/>. Idle it costs nothing; what it calls must be quick.
/// </summary>
internal sealed class Poller : IDisposable
{
    /// <summary>Most files at once; more is an error, not a wait.</summary>
    public const int Most = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly List<Watched> _watched = [];
    private readonly List<Watched> _leaving = [];
    private readonly PollEntry[] _entries = new PollEntry[Most + 1];
    private readonly Watched[] _round = new Watched[Most];
    private DeviceHandle? _wake;
    private Thread? _thread;
    private ManualResetEventSlim? _roundOver;
    private bool _stopped;

    /// <summary>Has every moment told at which a file can be read, until <see cref="Remove"/>; what is called must read, and says whether
    /// to go on. A file that reports an error is told once and watched no longer.</summary>
    /// <exception cref="BusException">Too many files.</exception>
    public Watched Add(DeviceHandle file, Func<bool> readable) => Add(new Watched(file, Kernel.PollIn, readable));

    /// <summary>Ends the telling: when this returns nothing is being told any more (called by the telling itself, it returns at once).</summary>
    public void Remove(Watched watched)
    {
        ManualResetEventSlim over;
        lock (_gate)
        {
            if (!_watched.Remove(watched))
            {
                return;
            }

            _leaving.Add(watched);
            if (_thread is null || Thread.CurrentThread == _thread)
            {
                return;
            }

            over = _roundOver ??= new ManualResetEventSlim();
        }

        Wake();

        // Bounded: a callback that waits for a lock of the caller must not hold both for ever.
        over.Wait(Patience);
    }

    /// <summary>Waits until a file is ready for reading or writing (or has an error, which the call that follows will meet).</summary>
    /// <param name="file">The file.</param>
    /// <param name="events">What for.</param>
    /// <param name="patience">How long, by the clock; what is longer than the clock's timers can is for ever.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>False when nothing happened in time.</returns>
    public async ValueTask<bool> ReadyAsync(DeviceHandle file, short events, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watched = new Watched(file, events, () =>
        {
            ready.TrySetResult(true);
            return false;
        });
        using var limit = new CancellationTokenSource(patience, time);
        using var timeout = limit.Token.Register(static s => ((TaskCompletionSource<bool>)s!).TrySetResult(false), ready);
        using var cancelled = cancel.Register(
            static (s, token) => ((TaskCompletionSource<bool>)s!).TrySetCanceled(token), ready);
        Add(watched);
        try
        {
            return await ready.Task;
        }
        finally
        {
            Leave(watched);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            _stopped = true;
            thread = _thread;
            _leaving.AddRange(_watched);
            _watched.Clear();
        }

        Wake();
        if (thread is not null && thread != Thread.CurrentThread)
        {
            thread.Join(Patience);
        }

        lock (_gate)
        {
            Release();
        }

        _wake?.Dispose();
    }

    private Watched Add(Watched watched)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (_watched.Count == Most)
            {
                throw new BusException(BusFault.Unsupported, $"more than {Most} lines and ports are watched at once");
            }

            var first = _thread is null;
            if (first)
            {
                _wake = Kernel.EventFile(0, Kernel.NonBlocking | Kernel.CloseOnExec);
                if (_wake.IsInvalid)
                {
                    throw BusErrors.Of(BusWork.Open, Kernel.Errno, "waiting for lines and ports");
                }
            }

            watched.Acquire();
            _watched.Add(watched);
            if (first)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "buses" };
                _thread.Start();
                return watched;
            }
        }

        Wake();
        return watched;
    }

    private void Leave(Watched watched)
    {
        lock (_gate)
        {
            if (!_watched.Remove(watched))
            {
                return;
            }

            _leaving.Add(watched);
        }

        Wake();
    }

    private unsafe void Run()
    {
        Span<byte> counter = stackalloc byte[8];
        while (true)
        {
            int count;
            lock (_gate)
            {
                Release();
                if (_stopped)
                {
                    return;
                }

                count = _watched.Count;
                _entries[0] = new PollEntry { Descriptor = _wake!.Descriptor, Wanted = Kernel.PollIn };
                for (var i = 0; i < count; i++)
                {
                    _round[i] = _watched[i];
                    _entries[i + 1] = new PollEntry { Descriptor = _round[i].File.Descriptor, Wanted = _round[i].Events };
                }
            }

            fixed (PollEntry* entries = _entries)
            {
                if (Kernel.Poll(entries, (nuint)(count + 1), -1) < 0)
                {
                    // A signal, or a kernel without memory for the moment; that must not become a loop without rest.
                    if (Kernel.Errno != Errno.Interrupted)
                    {
                        Thread.Sleep(Rest);
                    }

                    continue;
                }
            }

            if (_entries[0].Happened != 0)
            {
                _ = Kernel.Read(_wake!, counter);
            }

            for (var i = 0; i < count; i++)
            {
                if (_entries[i + 1].Happened != 0)
                {
                    Tell(_round[i], _entries[i + 1].Happened);
                }
            }
        }
    }

    private void Tell(Watched watched, short happened)
    {
        lock (_gate)
        {
            if (!_watched.Contains(watched))
            {
                return;
            }
        }

        const short Bad = Kernel.PollError | Kernel.PollHangUp | Kernel.PollInvalid;
        if (!watched.Ready() || (happened & Bad) != 0)
        {
            Leave(watched);
        }
    }

    /// <summary>Lets go of files that are watched no longer, and says that the round in which they were is over.</summary>
    private void Release()
    {
        foreach (var watched in _leaving)
        {
            watched.Release();
        }

        _leaving.Clear();
        _roundOver?.Set();
        _roundOver = null;
    }

    private void Wake()
    {
        Span<byte> one = [0, 0, 0, 0, 0, 0, 0, 0];
        BitConverter.TryWriteBytes(one, 1UL);
        try
        {
            // A full counter wakes as well. Without a thread there is nobody to wake.
            _ = _wake is { } wake ? Kernel.Write(wake, one) : 0;
        }
        catch (ObjectDisposedException)
        {
            // The board is closed: nobody is left to wake.
        }
    }

    /// <summary>A file that is watched; kept open as long.</summary>
    internal sealed class Watched(DeviceHandle file, short events, Func<bool> ready)
    {
        private bool _held;

        /// <summary>The file.</summary>
        public DeviceHandle File => file;

        /// <summary>What for.</summary>
        public short Events => events;

        /// <summary>It is ready; false = enough.</summary>
        public bool Ready() => ready();

        /// <summary>Keeps the file open.</summary>
        public void Acquire() => file.DangerousAddRef(ref _held);

        /// <summary>Lets go of it.</summary>
        public void Release()
        {
            if (_held)
            {
                _held = false;
                file.DangerousRelease();
            }
        }
    }
}
