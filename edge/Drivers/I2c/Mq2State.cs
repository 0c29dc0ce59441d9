using System.Globalization;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>What a gas sensor must remember over a restart: how long its heater has burnt in, and its resistance in clean air.</summary>
/// <param name="Burned">Time with the heater on, up to the burn-in asked for.</param>
/// <param name="R0">Ohms; 0 = not calibrated.</param>
internal readonly record struct Mq2State(TimeSpan Burned, double R0)
{
    /// <summary>A file larger than this is not ours.</summary>
    private const int Largest = 1_024;

    /// <summary>Reads it; a new sensor when there is no file, or it is unreadable: better another burn-in than a false zero.</summary>
    public static Mq2State Load(string? path)
    {
        try
        {
            if (path is null || new FileInfo(path) is not { Exists: true, Length: <= Largest })
            {
                return default;
            }

            var parts = File.ReadAllText(path).Split(' ', '\n');
            return parts is [var burned, var r0, ..]
                && double.TryParse(burned, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e9
                && double.TryParse(r0, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ohms) && ohms < 1e9
                ? new Mq2State(TimeSpan.FromSeconds(seconds), ohms)
                : default;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    /// <summary>Writes it whole or not at all.</summary>
    /// <returns>False when the disk does not take it.</returns>
    public bool TrySave(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var fresh = path + ".new";
            File.WriteAllText(fresh, string.Create(CultureInfo.InvariantCulture, $"{Burned.TotalSeconds:0} {R0:0.###}\n"));
            File.Move(fresh, path, overwrite: true);
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
