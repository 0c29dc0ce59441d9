using System.Globalization;

namespace SmartCity.Telemetry;

/// <summary>
/// Disk that is held by a file only to be given up: the alarm lane takes it when the disk is full, and it is taken again when
/// there is space. The file says its size, for the space it holds lies outside its length.
/// </summary>
internal sealed class AlarmReserve
{
    /// <summary>Left to others when the reserve is taken again, so that it does not cause the next shortage.</summary>
    private const long Margin = 1 << 20;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly long _bytes;
    private readonly LogDisk _disk;
    private readonly DriveInfo _drive;
    private bool _held;

    public AlarmReserve(string path, long bytes, LogDisk disk, DriveInfo drive)
    {
        _path = path;
        _bytes = bytes;
        _disk = disk;
        _drive = drive;
        if (File.Exists(path))
        {
            _held = bytes > 0 && string.Equals(File.ReadAllText(path), Text, StringComparison.Ordinal);
            if (!_held)
            {
                disk.Delete(path);
            }
        }
    }

    /// <summary>Bytes that ought to be held and are not.</summary>
    public long Missing => Volatile.Read(ref _held) ? 0 : _bytes;

    private string Text => _bytes.ToString(CultureInfo.InvariantCulture);

    /// <summary>Gives the reserve up; false when there is none to give.</summary>
    public bool Release()
    {
        lock (_gate)
        {
            if (!_held)
            {
                return false;
            }

            _disk.Delete(_path);
            Volatile.Write(ref _held, false);
            return true;
        }
    }

    /// <summary>Takes the reserve if it is missing and the disk has room for it; says whether it was taken now.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            if (Missing == 0 || _disk.FreeBytes(_drive) < _bytes + Margin)
            {
                return false;
            }

            // Under another name first: a file with this name holds what it says.
            var unborn = _path + ".new";
            _disk.Delete(unborn);
            try
            {
                using (var file = _disk.Create(unborn, _bytes))
                {
                    _disk.Write(file, System.Text.Encoding.ASCII.GetBytes(Text), 0);
                }

                File.Move(unborn, _path, overwrite: true);
            }
            catch (IOException)
            {
                // As good as too little free space: the caller sees what is missing and comes again.
                _disk.Delete(unborn);
                return false;
            }

            Volatile.Write(ref _held, true);
            return true;
        }
    }
}
