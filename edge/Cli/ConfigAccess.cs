using SmartCity.Edge.Config;

namespace SmartCity.Edge.Cli;

/// <summary>Why a configuration cannot be used, told apart: a file that this user may not read is not a missing one, and who is told to make
/// another writes over the first.</summary>
internal static class ConfigAccess
{
    /// <summary>Makes sure that the file is there and may be read.</summary>
    /// <exception cref="CliException">It is not, or may not.</exception>
    public static void Check(string path, Words words)
    {
        switch (Fault(path))
        {
            case UnauthorizedAccessException:
                throw new CliException(ExitCodes.Fault, words.Say("doctor.config.denied", path), words.Say("doctor.config.denied.fix", path));
            case IOException and not (FileNotFoundException or DirectoryNotFoundException) and { } other:
                throw new CliException(ExitCodes.Fault, $"{path}: {other.Message}", words["next.io"]);
            case not null:
                throw new CliException(ExitCodes.Usage, words.Say("doctor.config.missing", path), words.Say("doctor.config.missing.fix", path));
        }
    }

    /// <summary>The plain keys of a file, with its data directory at least.</summary>
    /// <exception cref="CliException">The file is not there, or may not be read.</exception>
    /// <exception cref="ConfigException">It is faulty; the message has the lines.</exception>
    public static (ConfigPeek Config, string Data) Require(string path, Words words)
    {
        Check(path, words);
        if (ConfigPeek.TryRead(path) is { Data: { } data } config)
        {
            return (config, data);
        }

        EdgeConfigFile.LoadWithoutKeys(path);
        throw new ConfigException($"{path}: data: missing");
    }

    /// <summary>What stands against opening a file; null when nothing does. A folder that may not be entered hides its files from
    /// <see cref="File.Exists(string)"/>, so it is tried.</summary>
    public static Exception? Fault(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return new FileNotFoundException();
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return e;
        }
    }
}
