namespace SmartCity.SystemTests.Support;

/// <summary>Tests that load the machine or measure: one after the other, with nothing beside them. Who only waits belongs beside the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
