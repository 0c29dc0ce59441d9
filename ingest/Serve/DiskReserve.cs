namespace SmartCity.Ingest.Serve;

/// <summary>A file that holds disk for the book, so that an alert finds room on a disk that everything else has filled. Given up
/// when the book's alarm commit meets a full disk, and taken again when there is space.</summary>
internal sealed class DiskReserve(string path, long bytes)
{
    private const int ChunkBytes = 1024 * 1024;

    // Not taken again before there is this much besides, or the reserve itself would fill the disk.
    private const int Generosity = 4;

    private readonly Lock _gate = new();
    private bool _held;

    /// <summary>True while the disk is held.</summary>
    public bool Held
    {
        get
        {
            lock (_gate)
            {
                return _held;
            }
        }
    }

    /// <summary>Gives the disk up. True when there was something to give.</summary>
    public bool Release()
    {
        lock (_gate)
        {
            if (!_held)
            {
                return false;
            }

            File.Delete(path);
            _held = false;
            return true;
        }
    }

    /// <summary>Takes the disk, if there is plenty. Real blocks are written: a hole holds nothing.</summary>
    public void TryTake()
    {
        lock (_gate)
        {
            if (_held || bytes == 0)
            {
                return;
            }

            var file = new FileInfo(path);
            if (file.Exists && file.Length == bytes)
            {
                _held = true;
                return;
            }

            if (new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace < bytes * Generosity)
            {
                return;
            }

            try
            {
                using var handle = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
                var chunk = new byte[ChunkBytes];
                for (long at = 0; at < bytes; at += ChunkBytes)
                {
                    RandomAccess.Write(handle, chunk.AsSpan(0, (int)Math.Min(ChunkBytes, bytes - at)), at);
                }

                RandomAccess.FlushToDisk(handle);
                _held = true;
            }
            catch (IOException)
            {
                // Somebody else filled the disk meanwhile: better no reserve than half a one.
                File.Delete(path);
            }
        }
    }
}
