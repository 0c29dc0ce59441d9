namespace SmartCity.Mqtt.Tests;

/// <summary>What a packet costs that is only announced. The whole process is measured, so nothing runs beside.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class AnnouncedSizeTests
{
    [Fact]
    public async Task An_announced_256_MB_is_refused_from_its_header_and_costs_nothing()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var five = await endpoint.ConnectAsync("five");
        using var three = await endpoint.ConnectAsync("three", ProtocolVersion.V311);
        using var warm = await endpoint.ConnectAsync("warm");
        warm.Send([0x30, 0xFF, 0xFF, 0xFF, 0x7F]);
        Assert.Equal(ReasonCode.PacketTooLarge, await warm.ReadDisconnectAsync());
        var before = GC.GetTotalAllocatedBytes(precise: true);
        five.Send([0x30, 0xFF, 0xFF, 0xFF, 0x7F]);
        Assert.Equal(ReasonCode.PacketTooLarge, await five.ReadDisconnectAsync());
        three.Send([0x30, 0xFF, 0xFF, 0xFF, 0x7F]);
        await three.ReadEndAsync();
        using var stranger = await endpoint.OpenAsync();
        stranger.Send([0x10, 0xFF, 0xFF, 0xFF, 0x7F]);
        await stranger.ReadEndAsync();
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 2_000_000);
    }
}
