using System.Globalization;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>The rain since reset, kept over restarts: a file of one number of millimetres, replaced as a whole.</summary>
/// <param name="path">The file; null = nothing is kept.</param>
internal sealed class RainTotal(string? path)
{
    /// <summary>Here it begins again at 0, as the metric's range has it.</summary>
    private const double Most = 100_000;

    /// <summary>Millimetres since reset.</summary>
    public double Millimetres { get; private set; }

    /// <summary>Reads the file.</summary>
    /// <returns>False when it is there and not readable: it is put aside as <c>.broken</c>, and counting begins at 0.</returns>
    public bool Load()
    {
        if (path is null || !File.Exists(path))
        {
            return true;
        }

        if (new FileInfo(path).Length < 100
            && double.TryParse(File.ReadAllText(path).Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var total)
            && total is >= 0 and <= Most)
        {
            Millimetres = total;
            return true;
        }

        File.Move(path, path + ".broken", overwrite: true);
        return false;
    }

    /// <summary>Adds rain.</summary>
    public void Add(double millimetres)
    {
        // Tips are decimal fractions; a sum of thousands of them must not drift.
        var total = Math.Round(Millimetres + millimetres, 4);
        Millimetres = total > Most ? total - Most : total;
    }

    /// <summary>Writes the file: the new one is on disk before it takes the old one's place.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Save(string path, double millimetres)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(millimetres.ToString("R", CultureInfo.InvariantCulture) + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
