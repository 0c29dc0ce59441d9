using System.Security.Cryptography;

namespace SmartCity.Edge.Enrolment;

/// <summary>A private key on disk: PKCS #8 as PEM, readable by its owner only.</summary>
internal static class KeyFile
{
    /// <summary>Writes a key beside its place and then moves it there: a power cut leaves the old key or the new one, never half of one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ECDsa key)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // What was left there by a power cut may have another mode.
        var beside = path + ".part";
        File.Delete(beside);
        using (var file = new FileStream(beside, options))
        using (var text = new StreamWriter(file, leaveOpen: true))
        {
            text.Write(key.ExportPkcs8PrivateKeyPem() + "\n");
            text.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    /// <summary>Reads one; null when there is none.</summary>
    /// <exception cref="EnrolException">It is no key.</exception>
    public static ECDsa? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new EnrolException($"{path} holds no key; delete it and begin again", e) { Fault = EnrolFault.Malformed };
        }
    }
}
