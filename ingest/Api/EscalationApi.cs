using System.Globalization;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Api;

/// <summary>The rules of escalation.</summary>
internal static class EscalationApi
{
    private const int Shortest = 10;
    private const int Longest = 86_400;
    private const int LongestOfFire = 600;
    private const int Most = 100;
    private static readonly (string Kind, string Severity)[] Fires = [("fire", "*critical"), ("fire-prealarm", "*major")];
    private static readonly string[] Severities = ["*critical", "*major", "*minor", "*info"];

    /// <param name="Rules">By kind of alert or by *critical, *major, *minor, *info; null for a kind that never escalates.</param>
    /// <param name="Revision">The revision that was seen; without it whatever is in force is replaced.</param>
    internal sealed record RulesBody(Dictionary<string, EscalationRule?>? Rules, long? Revision = null);

    public static Task GetAsync(Call call) => ReplyAsync(call, call.Services.Book.Escalation.Rules);

    public static async Task PutAsync(Call call)
    {
        var body = await call.BodyAsync<RulesBody>();
        if (body.Rules is not { } rules || rules.Count > Most)
        {
            throw ProblemException.Bad(FormattableString.Invariant($"\"rules\" is an object of at most {Most} rules by kind of alert."));
        }

        foreach (var (kind, rule) in rules)
        {
            if (!Severities.Contains(kind, StringComparer.Ordinal) && !Identifier.IsValid(System.Text.Encoding.UTF8.GetBytes(kind)))
            {
                throw ProblemException.Bad($"\"{(kind.Length > 80 ? kind[..80] : kind)}\" is no kind of alert, nor one of {string.Join(", ", Severities)}.");
            }

            if (rule is { AfterSeconds: < Shortest or > Longest } or { EverySeconds: < Shortest or > Longest })
            {
                throw ProblemException.Bad(FormattableString.Invariant($"\"{kind}\": \"afterSeconds\" and \"everySeconds\" are from {Shortest} to {Longest}."));
            }
        }

        FiresRise(rules);
        switch (await call.Services.Book.Escalation.PutAsync(rules, body.Revision, call.Caller.Name, call.Cancel))
        {
            case EscalationResult.Done done:
                await ReplyAsync(call, done.Rules);
                return;
            case EscalationResult.NoRota none:
                throw ProblemException.Bad($"There is no rota \"{(none.Rota.Length > 80 ? none.Rota[..80] : none.Rota)}\": make it first.");
            case EscalationResult.Conflict c:
                throw new ProblemException(
                    409, "Somebody was first", string.Create(CultureInfo.InvariantCulture, $"{c.By} changed the rules at {c.At:yyyy-MM-ddTHH:mm:sszzz}; they are at revision {c.Rules.Revision}."))
                    .With("by", c.By)
                    .With("at", c.At)
                    .With("revision", c.Rules.Revision);
        }
    }

    /// <summary>A fire that nobody answers always rises, and soon: a rule that says otherwise is refused, and one that is left out stays as it was delivered.</summary>
    private static void FiresRise(Dictionary<string, EscalationRule?> rules)
    {
        foreach (var (kind, severity) in Fires)
        {
            if (rules.TryGetValue(kind, out var own))
            {
                if (!Soon(own))
                {
                    throw ProblemException.Bad(FormattableString.Invariant(
                        $"\"{kind}\" always escalates: \"afterSeconds\" and \"everySeconds\" are from {Shortest} to {LongestOfFire}."));
                }
            }
            else if (!Soon(rules.GetValueOrDefault(severity)))
            {
                rules[kind] = EscalationRules.Default.Rules[kind];
            }
        }

        static bool Soon(EscalationRule? rule) => rule is { AfterSeconds: <= LongestOfFire, EverySeconds: <= LongestOfFire };
    }

    private static Task ReplyAsync(Call call, EscalationRules rules)
    {
        call.Http.Response.Headers.ETag = FormattableString.Invariant($"\"{rules.Revision}\"");
        return call.ReplyAsync(rules);
    }
}
