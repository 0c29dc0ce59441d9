using System.Buffers;
using System.IO.Compression;

namespace SmartCity.Ingest.Api;

/// <summary>Memory that all writes together may hold.</summary>
internal sealed class WriteBudget(long limit)
{
    private long _used;

    /// <summary>Bytes held now.</summary>
    public long Used => Volatile.Read(ref _used);

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    public void Return(int bytes) => Interlocked.Add(ref _used, -bytes);
}

/// <summary>The body of a write, decompressed, in a pooled buffer that grows with what really comes, never with what is announced.</summary>
internal sealed class WriteBody : IDisposable
{
    private const int First = 64 * 1024;
    private readonly WriteBudget _budget;
    private byte[] _buffer = [];
    private int _length;

    private WriteBody(WriteBudget budget) => _budget = budget;

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>Reads it whole.</summary>
    /// <exception cref="ProblemException">400 (not gzip), 413 (larger than allowed), 415 (another encoding), 503 (memory is in use by other writes).</exception>
    public static async Task<WriteBody> ReadAsync(Call call)
    {
        var body = new WriteBody(call.Services.Writes);
        try
        {
            switch (call.Http.Request.Headers.ContentEncoding.ToString().ToLowerInvariant())
            {
                case "" or "identity":
                    await body.FillAsync(call.Http.Request.Body, call.Services.Options.MaximumWriteExpanded, call.Cancel);
                    break;
                case "gzip":
                    await using (var unzipped = new GZipStream(call.Http.Request.Body, CompressionMode.Decompress, leaveOpen: true))
                    {
                        await body.FillAsync(unzipped, call.Services.Options.MaximumWriteExpanded, call.Cancel);
                    }

                    break;
                default:
                    throw new ProblemException(415, "Unsupported media type", "Content-Encoding is gzip or identity.");
            }

            return body;
        }
        catch (InvalidDataException)
        {
            body.Dispose();
            throw ProblemException.Bad("The body is not gzip, though its Content-Encoding says so.");
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _budget.Return(_buffer.Length);
            _buffer = [];
            _length = 0;
        }
    }

    private async Task FillAsync(Stream from, int most, CancellationToken cancel)
    {
        while (true)
        {
            if (_length == _buffer.Length)
            {
                Grow();
            }

            var read = await from.ReadAsync(_buffer.AsMemory(_length), cancel);
            if (read == 0)
            {
                return;
            }

            _length += read;
            if (_length > most)
            {
                throw new ProblemException(413, "Too large", FormattableString.Invariant($"More than {most} bytes when decompressed; send it in parts."));
            }
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(First, _buffer.Length * 2));
        if (!_budget.TryTake(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw new ProblemException(503, "Not available", "Too many writes at once; try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _budget.Return(_buffer.Length);
        }

        _buffer = larger;
    }
}
