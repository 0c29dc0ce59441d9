namespace SmartCity.SystemTests.Support;

/// <summary>A folder that goes when the test goes.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("smartcity-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
