using System.Runtime.InteropServices;

namespace SmartCity.Grains;

/// <summary>Arrays for the snapshots of a checkpoint, of exactly their length (devices of a kind all have the same) and used again by the next chunk.</summary>
internal sealed class SnapshotBlobs
{
    // A chunk has so many at most by default; of a larger one the rest is left to the collector.
    private const int KeptOfALength = 500;

    private readonly Dictionary<int, Stack<byte[]>> _free = [];

    public byte[] Of(ReadOnlySpan<byte> bytes)
    {
        var blob = _free.TryGetValue(bytes.Length, out var stack) && stack.TryPop(out var used) ? used : new byte[bytes.Length];
        bytes.CopyTo(blob);
        return blob;
    }

    /// <summary>The book has them: only after a commit that succeeded, since one that failed may still be on its way.</summary>
    public void Return(IEnumerable<GrainSnapshot> saved)
    {
        foreach (var snapshot in saved)
        {
            if (!MemoryMarshal.TryGetArray(snapshot.State, out var array) || array is not { Array: { Length: > 0 } blob })
            {
                continue;
            }

            if (!_free.TryGetValue(blob.Length, out var stack))
            {
                _free[blob.Length] = stack = new Stack<byte[]>();
            }

            if (stack.Count < KeptOfALength)
            {
                stack.Push(blob);
            }
        }
    }
}
