namespace SmartCity.Simulators.Up;

/// <summary>What a second server must have of the first before it is started: the city's CA and the key of the webhooks' secrets.</summary>
internal static class TownKeys
{
    /// <summary>Copies them, once.</summary>
    public static void Copy(string from, string to)
    {
        var (source, target) = (Path.Combine(from, "ca"), Path.Combine(to, "ca"));
        if (Directory.Exists(target))
        {
            return;
        }

        Directory.CreateDirectory(to);
        var half = Directory.CreateDirectory(target + ".new").FullName;
        foreach (var file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(half, Path.GetFileName(file)), overwrite: true); // with its permissions
        }

        if (File.Exists(Path.Combine(from, "webhooks.key")))
        {
            File.Copy(Path.Combine(from, "webhooks.key"), Path.Combine(to, "webhooks.key"), overwrite: true);
        }

        Directory.Move(half, target);
    }
}
