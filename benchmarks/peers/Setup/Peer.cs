namespace SmartCity.Benchmarks.Peers;

/// <summary>One pipeline: from a publisher to a store in which readings can be counted.</summary>
internal abstract class Peer : IAsyncDisposable
{
    private readonly List<Child> _children = [];

    /// <summary>How it is named on the command line and in results.</summary>
    public abstract string Name { get; }

    /// <summary>How it is named in the table.</summary>
    public abstract string Title { get; }

    /// <summary>What its acknowledgement means, and what it does not offer; for the table.</summary>
    public abstract string Means { get; }

    /// <summary>Where the load goes: <c>mqtt://…</c> or <c>http://…</c> with the path of writes.</summary>
    public string Target { get; protected set; } = "";

    /// <summary>Whether it is sent JSON instead of lines.</summary>
    public virtual bool Json => false;

    /// <summary>Everything its processes have used so far, in seconds of one core.</summary>
    public double CpuSeconds => _children.Sum(c => c.CpuSeconds);

    /// <summary>What its processes hold now.</summary>
    public long ResidentBytes => _children.Sum(c => c.ResidentBytes);

    /// <summary>Its folder, on a real disk.</summary>
    protected string Home { get; private set; } = "";

    /// <summary>Starts all of it and waits until it would lose nothing that is sent now.</summary>
    public Task StartAsync(string home, CancellationToken stop)
    {
        Home = home;
        Directory.CreateDirectory(home);
        return StartAsync(stop);
    }

    /// <summary>Ends all of it at once, as a power cut would, and starts it again on the same data.</summary>
    public async Task CutAsync(CancellationToken stop)
    {
        foreach (var child in _children)
        {
            child.Kill();
        }

        Stop();
        await StartAsync(stop);
    }

    /// <summary>Readings that the store says it has taken: cheap enough to be asked many times a second.</summary>
    public abstract Task<long> TakenAsync();

    /// <summary>Readings that are in the store, counted there.</summary>
    public abstract Task<long> CountAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Stop();
        return ValueTask.CompletedTask;
    }

    /// <summary>Starts the processes, the same way after a cut as at first.</summary>
    protected abstract Task StartAsync(CancellationToken stop);

    /// <summary>Starts one process of it.</summary>
    protected Child Run(string name, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var child = Child.Start(name, Log(name), program, arguments, environment);
        _children.Add(child);
        return child;
    }

    /// <summary>Where a process's output goes.</summary>
    protected string Log(string name) => Path.Combine(Home, name + ".log");

    /// <summary>Whether so many lines of a process's output hold some words.</summary>
    protected Task<bool> SaidAsync(string name, string words, int times = 1)
    {
        var log = Log(name);
        return Task.FromResult(File.Exists(log) && ("\n" + File.ReadAllText(log)).Split(words).Length > times);
    }

    // In the order of the data, so that what is on the way may still arrive.
    private void Stop()
    {
        foreach (var child in _children)
        {
            child.Dispose();
        }

        _children.Clear();
    }
}
