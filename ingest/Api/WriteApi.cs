using SmartCity.Ingest.Identity;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Api;

/// <summary>InfluxDB's v2 write API (https://docs.influxdata.com/influxdb/v2/api/v2/#operation/PostWrite): organisation and bucket are accepted and mean nothing here.</summary>
internal static class WriteApi
{
    public static async Task WriteAsync(Call call)
    {
        var precision = call.Query("precision") switch
        {
            null or "ns" => Precision.Nanosecond,
            "us" => Precision.Microsecond,
            "ms" => Precision.Millisecond,
            "s" => Precision.Second,
            _ => throw ProblemException.Bad("\"precision\" is ns, us, ms or s."),
        };
        using var body = await WriteBody.ReadAsync(call);
        var outcome = await call.Services.Intake.SubmitAsync(PrincipalOf(call.Caller), body.Bytes, precision, call.Cancel);
        if (outcome.Paused is { } why)
        {
            throw new ProblemException(503, "Not available", $"Nothing is taken in at the moment: {why}.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        if (outcome.Rejected > 0)
        {
            var first = outcome.Faults is [var fault, ..]
                ? FormattableString.Invariant($"; line {fault.Line}, column {fault.Column}: {fault.Reason}: {fault.Message}")
                : "";
            throw new ProblemException(
                400,
                "Some lines were not taken",
                FormattableString.Invariant($"partial write: {outcome.Rejected} of {outcome.Accepted + outcome.Rejected} lines rejected{first}"))
                .With("accepted", outcome.Accepted)
                .With("rejected", outcome.Rejected)
                .With("errors", outcome.Faults);
        }

        await call.DoneAsync();
    }

    private static WritePrincipal PrincipalOf(Caller caller) => caller.Kind == CallerKind.Key
        ? new WritePrincipal(
            caller.Name,
            caller.Scopes.Contains(Scopes.WriteAll),
            [.. caller.Scopes.Where(s => Scopes.IsWrite(s) && s != Scopes.WriteAll).Select(s => s[Scopes.WritePrefix.Length..])])
        : new WritePrincipal(caller.Name, all: true, []);
}
