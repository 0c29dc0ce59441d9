namespace SmartCity.Edge.Doctor;

/// <summary>How a look ended.</summary>
internal enum Verdict
{
    /// <summary>It is well.</summary>
    Pass,

    /// <summary>It works, but somebody should know.</summary>
    Warn,

    /// <summary>It does not work.</summary>
    Fail,

    /// <summary>It could not be looked at, because something before it does not work; that one is the fault.</summary>
    Skip,
}

/// <summary>One thing that was seen.</summary>
/// <param name="Verdict">How it is.</param>
/// <param name="What">What was seen, in the person's language.</param>
/// <param name="Fix">What to do about it; always there on a fail.</param>
internal sealed record Finding(Verdict Verdict, string What, string? Fix = null);

/// <summary>Something that the doctor looks at.</summary>
/// <param name="Name">Its key: the words have <c>doctor.NAME</c>.</param>
/// <param name="Limit">Longest that it may take; then it is a fail of its own.</param>
/// <param name="Look">Looks; at least one finding.</param>
internal sealed record Check(string Name, TimeSpan Limit, Func<Patient, CancellationToken, Task<IReadOnlyList<Finding>>> Look)
{
    /// <summary>Looks, within the limit.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync(Patient patient, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(Limit, patient.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            return await Look(patient, both.Token).WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return [new Finding(Verdict.Fail, patient.Words.Say("doctor.too-long", Limit.TotalSeconds), patient.Words["doctor.too-long.fix"])];
        }
    }
}
