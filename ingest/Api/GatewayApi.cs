using System.Text;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>Letting gateways in, and putting them out.</summary>
internal static class GatewayApi
{
    internal sealed record NewGateway(string Id, string? Name = null, string? Zone = null, string? Street = null, double? Lat = null, double? Lon = null);

    /// <param name="Gateway">Which gateway it says it is; optional, the code knows.</param>
    /// <param name="Code">The enrolment code.</param>
    /// <param name="Csr">PEM of its signing request.</param>
    internal sealed record EnrolBody(string Code, string Csr, string? Gateway = null);

    internal sealed record RevokeView(string Gateway, int Revoked);

    /// <summary>Registers a gateway if it is new, and gives a code for it.</summary>
    public static async Task CodeAsync(Call call)
    {
        var b = await call.BodyAsync<NewGateway>();
        var registry = call.Services.Book.Registry;
        if (!registry.Current.Gateways.TryGetValue(b.Id ?? "", out var row) || row.State != Service.Active)
        {
            await registry.PutAsync(
                new RegistryEdits { Gateways = [new() { Id = b.Id ?? "", Name = b.Name, Zone = b.Zone, Street = b.Street, Lat = b.Lat, Lon = b.Lon }] },
                call.Caller.Name,
                call.Cancel);
        }

        await call.ReplyAsync(await call.Services.Identity.Enrolment.NewCodeAsync(b.Id!, call.Caller.Name, call.Cancel), StatusCodes.Status201Created);
    }

    public static async Task EnrolAsync(Call call)
    {
        var b = await call.BodyAsync<EnrolBody>();
        await ReplyAsync(
            call,
            await call.Services.Identity.Enrolment.EnrolAsync(b.Gateway, b.Code ?? "", b.Csr ?? "", call.Remote, call.Cancel),
            "The code is not good: wrong, used, expired, or tried too often. Ask for a new one.");
    }

    public static async Task RenewAsync(Call call)
    {
        var b = await call.BodyAsync<RenewalRequest>();
        await ReplyAsync(
            call,
            await call.Services.Identity.Renewal.RenewAsync(
                new RenewalRequest(b.Gateway ?? "", b.Csr ?? "", b.Certificate ?? "", b.At ?? "", b.Signature ?? ""), call.Remote, call.Cancel),
            "The proof is not good: the certificate is not this city's, expired or revoked, its gateway is not in service, the clock is wrong by more than 5 minutes, or the signature is not its key's.");
    }

    /// <summary>The root's certificate; no secret, and believed by its fingerprint alone.</summary>
    public static async Task CaAsync(Call call)
    {
        call.Http.Response.ContentType = "application/x-pem-file";
        await call.Http.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(call.Services.Identity.Trust.Ca.Pem + "\n"), call.Cancel);
    }

    private static async Task ReplyAsync(Call call, EnrolResult result, string refusal)
    {
        switch (result)
        {
            case EnrolResult.Enrolled enrolled:
                await call.ReplyAsync(enrolled, StatusCodes.Status201Created);
                return;
            case EnrolResult.BadRequest bad:
                throw ProblemException.Bad(bad.Why);
            case EnrolResult.TooMany many:
                throw new ProblemException(429, "Too many requests", "Too many attempts from this address.") { RetryAfter = many.Wait };
            default:
                throw ProblemException.Forbidden(refusal);
        }
    }

    public static async Task RevokeAsync(Call call)
    {
        if (!call.Services.Book.Registry.Current.Gateways.ContainsKey(call.Id))
        {
            throw ProblemException.Missing("gateway of that id");
        }

        await call.ReplyAsync(new RevokeView(call.Id, await call.Services.Identity.Trust.RevokeAsync(call.Id, call.Caller.Name, call.Cancel)));
    }

    /// <summary>New hardware under the old name: the old certificates end, and a code for the new one is given.</summary>
    public static async Task ReplaceAsync(Call call)
    {
        if (!call.Services.Book.Registry.Current.Gateways.TryGetValue(call.Id, out var row) || row.State != Service.Active)
        {
            throw ProblemException.Missing("gateway of that id in service");
        }

        await call.Services.Identity.Trust.RevokeAsync(call.Id, call.Caller.Name, call.Cancel);
        await call.ReplyAsync(await call.Services.Identity.Enrolment.NewCodeAsync(call.Id, call.Caller.Name, call.Cancel), StatusCodes.Status201Created);
    }
}
