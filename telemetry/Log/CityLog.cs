namespace SmartCity.Telemetry;

/// <summary>
/// The durable log: two lanes of frames in one directory. A publish is acknowledged only after its frames are on disk;
/// everything else in the program reads them from here with a cursor of its own.
/// </summary>
public sealed class CityLog : IAsyncDisposable
{
    private const string IdHead = "smartcity-log 1 ";

    private readonly DirectoryLock _lock;
    private readonly LogLane[] _lanes;
    private readonly LogCommitter[] _ownCommitters;

    private CityLog(DirectoryLock directoryLock, Guid id, LogLane[] lanes, LogCommitter[] ownCommitters)
    {
        _lock = directoryLock;
        Id = id;
        _lanes = lanes;
        _ownCommitters = ownCommitters;
    }

    /// <summary>The log's identity, made with its directory; cursors carry it.</summary>
    public Guid Id { get; }

    /// <summary>One of the lanes.</summary>
    public LogLane this[Lane lane] => _lanes[(int)lane];

    /// <summary>Opens the log in a directory, making it when it is not there, and heals the tail that a crash may have torn.</summary>
    /// <exception cref="LogInUseException">Another process has it open.</exception>
    /// <exception cref="LogDamagedException">Frames that had been acknowledged are damaged or missing.</exception>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    public static CityLog Open(LogOptions options, TimeProvider time)
    {
        options.Validate();
        Directory.CreateDirectory(options.Directory);
        var directoryLock = new DirectoryLock(options.Directory);
        var committers = new List<LogCommitter>();
        try
        {
            var id = ReadOrMakeId(options);
            var reserve = new AlarmReserve(Path.Combine(options.Directory, "reserve"), options.ReserveBytes, options.Disk, new DriveInfo(options.Directory));
            var lanes = new LogLane[2];
            foreach (var lane in (ReadOnlySpan<Lane>)[Lane.Telemetry, Lane.Alarm])
            {
                var directory = DirectoryOf(options, lane);
                Directory.CreateDirectory(directory);
                lanes[(int)lane] = new LogLane(lane, id, directory, options, time, Committer(options, lane, committers), reserve);
            }

            options.Disk.FlushDirectory(options.Directory);
            foreach (var lane in lanes)
            {
                if (lane.TornBytes > 0)
                {
                    lane.NoteHealed();
                }

                // The first turn takes the alarm lane's disk and looks at how much is free.
                lane.Schedule();
            }

            return new CityLog(directoryLock, id, lanes, [.. committers]);
        }
        catch
        {
            committers.ForEach(committer => committer.Dispose());
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Refuses further appends, commits what was appended (waiting at most 10 s for the disk) and closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
        {
            await lane.CloseAsync(TimeSpan.FromSeconds(10));
        }

        foreach (var committer in _ownCommitters)
        {
            committer.Dispose();
        }

        _lock.Dispose();
    }

    private static string DirectoryOf(LogOptions options, Lane lane) =>
        Path.Combine(options.Directory, lane == Lane.Alarm ? "alarm" : "telemetry");

    private static LogCommitter Committer(LogOptions options, Lane lane, List<LogCommitter> own)
    {
        if (options.Committer is not null)
        {
            return options.Committer;
        }

        own.Add(new LogCommitter(1, lane == Lane.Alarm ? "log alarm" : "log telemetry"));
        return own[^1];
    }

    private static Guid ReadOrMakeId(LogOptions options)
    {
        var path = Path.Combine(options.Directory, "id");
        if (File.Exists(path))
        {
            var text = File.ReadAllText(path);
            return text.StartsWith(IdHead, StringComparison.Ordinal) && Guid.TryParseExact(text.AsSpan(IdHead.Length).Trim(), "D", out var known)
                ? known
                : throw new LogDamagedException(path, 0, "it does not name a log of this version");
        }

        foreach (var lane in (ReadOnlySpan<Lane>)[Lane.Telemetry, Lane.Alarm])
        {
            var directory = DirectoryOf(options, lane);
            if (Directory.Exists(directory) && Directory.EnumerateFiles(directory, "*" + Segment.Extension).Any())
            {
                throw new LogDamagedException(path, 0, "it is missing, though there are frames; without it no cursor can be trusted");
            }
        }

        var id = Guid.NewGuid();
        var unborn = path + ".new";
        options.Disk.Delete(unborn);
        using (var file = options.Disk.Create(unborn, 0))
        {
            options.Disk.Write(file, System.Text.Encoding.ASCII.GetBytes(IdHead + id.ToString("D") + "\n"), 0);
            options.Disk.Flush(file);
        }

        File.Move(unborn, path);
        options.Disk.FlushDirectory(options.Directory);
        return id;
    }
}
