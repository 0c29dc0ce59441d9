using System.IO.Compression;
using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Views;

/// <summary>
/// JSON that many ask for: written once, compressed once for each encoding when first asked for. Only for what holds nothing secret,
/// because the length of a compressed answer tells of its content (BREACH).
/// </summary>
internal sealed class PackedJson
{
    /// <summary>Under this a compressed answer saves no packet.</summary>
    private const int WorthIt = 1_200;

    private readonly Lazy<byte[]> _brotli;
    private readonly Lazy<byte[]> _gzip;

    public PackedJson(byte[] plain)
    {
        Plain = plain;
        _brotli = new(() => Pack(to => new BrotliStream(to, new BrotliCompressionOptions { Quality = 4 }, leaveOpen: true)));
        _gzip = new(() => Pack(to => new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true)));
    }

    public byte[] Plain { get; }

    public byte[] Brotli => _brotli.Value;

    public byte[] Gzip => _gzip.Value;

    /// <summary>Answers with it, in the best encoding that the caller takes.</summary>
    public async Task ReplyAsync(Call call, string contentType = "application/json; charset=utf-8")
    {
        var response = call.Http.Response;
        response.ContentType = contentType;
        response.Headers.Vary = "Accept-Encoding";
        var encoding = Plain.Length < WorthIt ? null : Choose(call.Http.Request.Headers.AcceptEncoding.ToString());
        if (encoding is not null)
        {
            response.Headers.ContentEncoding = encoding;
        }

        var body = encoding switch { "br" => Brotli, "gzip" => Gzip, _ => Plain };
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, call.Cancel);
    }

    /// <summary>br before gzip; an encoding with <c>q=0</c> is not wanted. Null: none.</summary>
    internal static string? Choose(string accept)
    {
        var best = (string?)null;
        foreach (var part in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = part.Split(';', StringSplitOptions.TrimEntries);
            if (Array.Exists(pieces, p => p is "q=0" or "q=0.0" or "q=0.00" or "q=0.000"))
            {
                continue;
            }

            best = pieces[0].Equals("br", StringComparison.OrdinalIgnoreCase) ? "br"
                : best is null && pieces[0].Equals("gzip", StringComparison.OrdinalIgnoreCase) ? "gzip"
                : best;
        }

        return best;
    }

    private byte[] Pack(Func<Stream, Stream> packer)
    {
        using var to = new MemoryStream(Plain.Length / 4);
        using (var packing = packer(to))
        {
            packing.Write(Plain);
        }

        return to.ToArray();
    }
}
