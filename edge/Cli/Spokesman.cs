using System.Threading.Channels;

namespace SmartCity.Edge.Cli;

/// <summary>
/// Writes what a running gateway has to say, on a thread of its own. Whoever has something to say never waits and never fails for it: a
/// journal that takes nothing, a pipe that nobody reads or a full disk under a log file must not hold up the thread that sounds a siren.
/// </summary>
internal sealed class Spokesman : IAsyncDisposable
{
    /// <summary>Sentences that wait; further ones are counted, and their number is said when there is room again.</summary>
    public const int Capacity = 1_000;

    /// <summary>How long the end waits for the last words.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly TextWriter _output;
    private readonly Channel<string> _words = Channel.CreateBounded<string>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Task _writing;
    private long _lost;

    /// <summary>Begins.</summary>
    public Spokesman(TextWriter output)
    {
        _output = output;
        _writing = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Says a sentence; from any thread, at once.</summary>
    public void Say(string text)
    {
        if (!_words.Writer.TryWrite(text))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>Waits a little for what is still to be written.</summary>
    public async ValueTask DisposeAsync()
    {
        _words.Writer.TryComplete();
        await _writing.WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Write()
    {
        while (_words.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_words.Reader.TryRead(out var text))
            {
                Put(text);
                if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
                {
                    Put(FormattableString.Invariant($"{lost} sentences were not written: nobody took them in time"));
                }
            }
        }
    }

    private void Put(string text)
    {
        try
        {
            _output.WriteLine(text);
        }
        catch (Exception)
        {
            // Nobody is there to be told that nobody can be told; the next sentence may fare better.
        }
    }
}
