using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Fire;

/// <summary>What a fire device reports of its zone's sirens: <c>siren_on</c> as their outputs say themselves, and their faults as its own.</summary>
/// <param name="zone">Name of the zone, for people.</param>
/// <param name="sirens">The zone's sirens.</param>
internal sealed class SirenPart(string zone, IReadOnlyList<Siren> sirens) : Driver
{
    /// <inheritdoc/>
    public override string Where => $"siren of {zone}";

    /// <summary>Nothing to start: the fire desk drives the sirens.</summary>
    public override ValueTask StartAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public override ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var known = false;
        var on = false;
        foreach (var siren in sirens)
        {
            var (fault, words) = siren.Fault;
            if (fault != DeviceFault.None)
            {
                throw new DriverException(fault, words ?? siren.Id);
            }

            known |= siren.Sounds is not null;
            on |= siren.Sounds == true;
        }

        if (known)
        {
            into.Add("siren_on", on ? 1 : 0);
        }

        return ValueTask.CompletedTask;
    }
}
