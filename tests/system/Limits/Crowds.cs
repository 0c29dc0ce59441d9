namespace SmartCity.SystemTests.Limits;

/// <summary>Tests that open sockets by the thousand: one after the other, so that this process has enough of them, beside others that wait.</summary>
[CollectionDefinition(Name)]
public sealed class Crowds
{
    public const string Name = "crowds";
}
