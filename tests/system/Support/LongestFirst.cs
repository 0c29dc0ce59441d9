using SmartCity.SystemTests.Cluster;
using SmartCity.SystemTests.Delivery;
using SmartCity.SystemTests.Disk;
using SmartCity.SystemTests.Fire;
using SmartCity.SystemTests.Kill;
using SmartCity.SystemTests.Lighting;
using SmartCity.SystemTests.Limits;
using SmartCity.SystemTests.Stores;
using SmartCity.SystemTests.Support;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace SmartCity.SystemTests.Support;

/// <summary>The tests that wait a minute begin first, and the short ones fill the room beside them: begun last, one of them is all that is waited for.</summary>
internal sealed class LongestFirst : ITestCollectionOrderer
{
    // By what they take on two quiet cores: 82 s to 18 s. Each test class that names no collection is one, called after it.
    private static readonly string[] Long =
    [
        Crowds.Name, Class<CityLightTests>(), Class<SilenceTests>(), Class<OfficerTests>(), Class<DiskTests>(), Class<StoppedStoreTests>(),
        Class<PausedServerTests>(), Class<Identity.HttpAttackTests>(), Class<GuideTests>(),
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(c => Rank(c.TestCollectionDisplayName)).ThenBy(c => c.TestCollectionDisplayName, StringComparer.Ordinal)];

    private static int Rank(string name) =>
        Array.FindIndex(Long, l => name.Contains(l, StringComparison.Ordinal)) is >= 0 and var place ? place : Long.Length;

    private static string Class<T>() => typeof(T).FullName!;
}
