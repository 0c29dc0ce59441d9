namespace SmartCity.SystemTests.Support;

/// <summary>Where the built programs are, seen from the test's own folder.</summary>
internal static class Repository
{
    /// <summary>The folder that holds SmartCity.IoT.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The server's program, of the same configuration as the tests.</summary>
    public static string IngestDll => Built("ingest", "smartcity-ingest.dll");

    /// <summary>Whether the campaigns run at full length (SMARTCITY_LONG=1), not in the short form of every day.</summary>
    public static bool Long => Environment.GetEnvironmentVariable("SMARTCITY_LONG") == "1";

    private static string Built(string project, string file)
    {
        var own = AppContext.BaseDirectory.TrimEnd('/');                     // …/tests/system/bin/Release/net10.0
        var path = Path.Combine(Root, project, "bin", Path.GetFileName(Path.GetDirectoryName(own)!), Path.GetFileName(own), file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built; run: dotnet build -c Release", path);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.IoT.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests do not lie inside the repository.");
    }
}
