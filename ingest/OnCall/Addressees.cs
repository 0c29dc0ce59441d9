using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Delivery;

namespace SmartCity.Ingest.OnCall;

/// <summary>Whom an escalation is for: the rota of the alert's kind, as it stood at the moment of the step.</summary>
/// <param name="rotas">The rotas.</param>
/// <param name="rotaOf">Name of the rota for a kind and severity; null when nobody is named.</param>
internal sealed class Addressees(RotaBook rotas, Func<string, Severity, string?> rotaOf)
{
    /// <summary>The step that asks for somebody.</summary>
    public const string Escalated = "escalated";

    /// <summary>Who is to be told; null when the event is no escalation, or no rota is named for it or there.</summary>
    public async Task<IReadOnlyList<RotaMember>?> OfAsync(OutgoingEvent happened, CancellationToken cancel)
    {
        if (happened.What != Escalated)
        {
            return null;
        }

        var alert = JsonSerializer.Deserialize<AlertView>(happened.Json, BookJson.Options)!;
        return rotaOf(alert.Kind, alert.Severity) is { } name && await rotas.FindAsync(name, cancel) is { } rota
            ? rota.Addressees(alert.Transition?.When ?? Instant.ToMoment(happened.RecordedAt), alert.Escalation)
            : null;
    }
}
