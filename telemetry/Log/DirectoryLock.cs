using System.Globalization;

namespace SmartCity.Telemetry;

/// <summary>Keeps a second process out of a log's directory. The kernel lets go of it when the process dies, however it dies.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _lock;

    public DirectoryLock(string directory)
    {
        // The lock file itself cannot be read by others while it is locked, so the owner's name stands beside it.
        var owner = Path.Combine(directory, "owner");
        try
        {
            _lock = new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException error)
        {
            var who = File.Exists(owner) ? File.ReadAllText(owner).Trim() : null;
            throw new LogInUseException(
                who is null
                    ? $"The log in {directory} cannot be locked: {error.Message}"
                    : $"The log in {directory} is in use by process {who}. Stop it first, or use another directory.");
        }

        try
        {
            File.WriteAllText(owner, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} ({Path.GetFileName(Environment.ProcessPath)}) on {Environment.MachineName}\n"));
        }
        catch (IOException)
        {
            // A full disk must not keep the server from starting: the name is a comfort, the lock is what counts.
            if (File.Exists(owner))
            {
                File.Delete(owner);
            }
        }
    }

    public void Dispose() => _lock.Dispose();
}
