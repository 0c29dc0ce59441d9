using SmartCity.TestSupport;

namespace SmartCity.Mqtt.Tests.Client;

/// <summary>The ports that tests give to the programs they start.</summary>
public sealed class PortsTests
{
    [Fact]
    public void Each_is_given_once_and_is_none_that_the_kernel_gives_to_others()
    {
        var ports = Enumerable.Range(0, 500).Select(_ => Ports.Free()).ToList();
        Assert.Equal(ports.Count, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port, 15_000, 31_999));
    }
}
