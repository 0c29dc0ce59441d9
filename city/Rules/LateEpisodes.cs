namespace SmartCity.City;

/// <summary>
/// What a rule of the alarm lane remembers of the past, so that it can tell a late piece of news from something heard before: the
/// last eight ended episodes, and the run of late readings it is just being told about.
/// <para>
/// A late "on" outside all of them is news. Beyond eight episodes back it cannot tell, and says it again: better one historical
/// alert too many than a fire nobody heard of.
/// </para>
/// </summary>
internal readonly ref struct LateEpisodes(Span<long> memory)
{
    public const int Slots = 4 + (2 * Kept);

    private const int Kept = 8;
    private const int NextSlot = 0;
    private const int FromSlot = 1;
    private const int ToSlot = 2;
    private const int SaidSlot = 3;
    private const int FirstSlot = 4;

    private readonly Span<long> _memory = memory;

    /// <summary>An episode ended in the ordinary way.</summary>
    public void Remember(long from, long to)
    {
        var next = (int)((ulong)_memory[NextSlot] % Kept); // unsigned: a damaged snapshot must not become an exception
        _memory[FirstSlot + (2 * next)] = from;
        _memory[FirstSlot + (2 * next) + 1] = to;
        _memory[NextSlot] = (next + 1) % Kept;
    }

    /// <summary>A late "off": the run of late readings, if it is before this, ended.</summary>
    public void Close(long at)
    {
        if (_memory[FromSlot] != 0 && at > _memory[ToSlot])
        {
            EndRun();
        }
    }

    /// <summary>A late "on". True when it is news and has now lasted for the hold.</summary>
    /// <param name="at">Its measured time.</param>
    /// <param name="hold">How long it must have lasted, ns.</param>
    /// <param name="persist">With a hold: readings further apart than this, ns, say nothing about the time between them.</param>
    /// <param name="onset">When the run of late readings began.</param>
    public bool Extend(long at, long hold, long persist, out long onset)
    {
        onset = 0;
        if (IsKnown(at))
        {
            return false;
        }

        if (_memory[FromSlot] != 0 && (at < _memory[FromSlot] || (hold > 0 && at - _memory[ToSlot] > persist)))
        {
            EndRun(); // readings that come backwards are runs of their own
        }

        if (_memory[FromSlot] == 0)
        {
            _memory[FromSlot] = at;
            _memory[SaidSlot] = 0;
        }

        _memory[ToSlot] = Math.Max(_memory[ToSlot], at);
        onset = _memory[FromSlot];
        if (_memory[SaidSlot] != 0 || at - onset < hold)
        {
            return false;
        }

        _memory[SaidSlot] = 1;
        return true;
    }

    /// <summary>The run of late readings became an alert that stands: it is remembered when that ends.</summary>
    public void Take()
    {
        _memory[FromSlot] = 0;
        _memory[ToSlot] = 0;
        _memory[SaidSlot] = 0;
    }

    private bool IsKnown(long at)
    {
        for (var i = 0; i < Kept; i++)
        {
            var (from, to) = (_memory[FirstSlot + (2 * i)], _memory[FirstSlot + (2 * i) + 1]);
            if (to != 0 && at >= from && at <= to)
            {
                return true;
            }
        }

        return false;
    }

    private void EndRun()
    {
        if (_memory[SaidSlot] != 0)
        {
            Remember(_memory[FromSlot], _memory[ToSlot]);
        }

        Take();
    }
}
