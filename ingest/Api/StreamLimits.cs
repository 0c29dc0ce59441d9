namespace SmartCity.Ingest.Api;

/// <summary>How many streams run, in all and by caller.</summary>
internal sealed class StreamLimits
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _byCaller = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>Streams now.</summary>
    public int Count => Volatile.Read(ref _all);

    /// <summary>A place for one more; dispose it at the end of the stream. Null: there is none.</summary>
    public IDisposable? Enter(string caller, ApiOptions options)
    {
        lock (_gate)
        {
            var mine = _byCaller.GetValueOrDefault(caller);
            if (_all >= options.MaximumStreams || mine >= options.StreamsPerCaller)
            {
                return null;
            }

            _byCaller[caller] = mine + 1;
            _all++;
            return new Place(this, caller);
        }
    }

    private void Leave(string caller)
    {
        lock (_gate)
        {
            _all--;
            if (--_byCaller[caller] == 0)
            {
                _byCaller.Remove(caller);
            }
        }
    }

    private sealed class Place(StreamLimits owner, string caller) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                owner.Leave(caller);
            }
        }
    }
}
