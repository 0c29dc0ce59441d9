using Microsoft.Win32.SafeHandles;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>A file that is written to and flushed, with nothing around it: what the disk alone takes. Where temporary folders are; it
/// begins again from the front after 64 MiB, so that neither disk nor file system has to find new room each time.</summary>
internal sealed class BareFile : IDisposable
{
    private const long Length = 64 << 20;
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"smartcity-bench-{Guid.NewGuid():n}.bin");
    private readonly SafeFileHandle _file;
    private long _at;

    public BareFile()
    {
        _file = LogDisk.Real.Create(_path, Length);
        LogDisk.Real.Write(_file, new byte[1 << 20], Length - (1 << 20));
    }

    /// <summary>One write and one fdatasync.</summary>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        _at = _at + bytes.Length > Length ? 0 : _at;
        LogDisk.Real.Write(_file, bytes, _at);
        LogDisk.Real.Flush(_file);
        return _at += bytes.Length;
    }

    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_path);
    }
}
