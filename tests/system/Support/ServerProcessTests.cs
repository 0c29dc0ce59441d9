using System.Net;

namespace SmartCity.SystemTests.Support;

public sealed class ServerProcessTests
{
    [Fact]
    public async Task A_killed_server_comes_back_on_its_ports_and_its_data()
    {
        await using var server = await ServerProcess.StartAsync("--open");
        var (http, mqtt) = (server.Http, server.MqttPort);
        server.KillHard();
        await server.RestartAsync();
        Assert.Equal((http, mqtt), (server.Http, server.MqttPort));
        using var answer = await server.Client.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, await server.StopAsync());
    }
}
