using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Reports;

/// <summary>Reports and exports that are being worked on. Two at once: they ask the stores that alarms and screens ask too.</summary>
internal sealed class ReportTurns
{
    private readonly SemaphoreSlim _turns = new(2, 2);

    /// <summary>A turn, to be given back by disposing of it.</summary>
    /// <exception cref="ProblemException">503: two run already.</exception>
    public Turn Take() => _turns.Wait(0)
        ? new Turn(_turns)
        : throw new ProblemException(503, "Not available", "Two reports or exports are being worked out already; try again in a moment.") { RetryAfter = TimeSpan.FromSeconds(5) };

    internal sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
            {
                turns.Release();
            }
        }
    }
}
