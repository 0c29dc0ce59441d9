using System.Globalization;

namespace SmartCity.Simulators.Up;

/// <summary>One server of <c>./run</c>. Where it is one of two it is started again after it has ended, as a supervisor does; ended on purpose it stays away long
/// enough to be looked at.</summary>
internal sealed class TownServer : IAsyncDisposable
{
    private readonly string _program;
    private readonly IReadOnlyList<string> _arguments;
    private readonly string _log;
    private ServerChild _child;

    private TownServer(string name, string program, IReadOnlyList<string> arguments, string log, ServerChild child)
    {
        (Name, _program, _arguments, _log, _child) = (name, program, arguments, log, child);
        Addresses = child.Addresses;
        Login = child.Login;
        Figures = new ServerFigures(Addresses["http"]);
        State = "";
    }

    /// <summary>Its name in the cluster; empty where it is alone.</summary>
    public string Name { get; }

    /// <summary>What it listens on, by name.</summary>
    public IReadOnlyDictionary<string, Uri> Addresses { get; }

    /// <summary>A link of its first start that signs an administrator in once.</summary>
    public string? Login { get; }

    /// <summary>The file that has its words.</summary>
    public string Log => _log;

    /// <summary>What it says of itself.</summary>
    public ServerFigures Figures { get; }

    /// <summary>What happened to it last, for the view; empty while nothing has.</summary>
    public string State { get; private set; }

    /// <summary>The process; null while there is none.</summary>
    public int? Id => _child.Ended.IsCompleted ? null : _child.Id;

    /// <summary>Completes when the process that runs now has ended.</summary>
    public Task Ended => _child.Ended;

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => _child.ExitCode;

    /// <summary>Starts it. Its ports are in <paramref name="arguments"/>, so that they are the same when it comes back.</summary>
    public static async Task<TownServer> StartAsync(string name, string program, IReadOnlyList<string> arguments, string log, CancellationToken cancel) =>
        new(name, program, arguments, log, await ServerChild.StartAsync(program, arguments, log, cancel));

    /// <summary>Starts it again whenever it has ended, <paramref name="pause"/> later, until cancelled.</summary>
    public async Task KeepAsync(TimeSpan pause, TimeProvider time, Action<string> say, CancellationToken cancel)
    {
        while (true)
        {
            await _child.Ended.WaitAsync(cancel);
            Told(string.Create(CultureInfo.InvariantCulture, $"ended with {_child.ExitCode} at {Clock()}; started again {pause.TotalSeconds:0} s later"));
            await Task.Delay(pause, time, cancel);
            try
            {
                var next = await ServerChild.StartAsync(_program, _arguments, _log, cancel, again: true);
                await _child.DisposeAsync();
                _child = next;
                Told(string.Create(CultureInfo.InvariantCulture, $"back at {Clock()}, process {_child.Id}"));
            }
            catch (InvalidOperationException e)
            {
                say($"Server {Name}: {e.Message}");
            }
        }

        void Told(string what) => say($"Server {Name} {State = what}");
        string Clock() => time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await _child.DisposeAsync();
        Figures.Dispose();
    }
}
