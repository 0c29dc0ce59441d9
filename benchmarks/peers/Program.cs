using System.Globalization;
using System.Text.Json;
using SmartCity.Benchmarks.Peers;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

// Its own children are this program again.
switch (args)
{
    case ["worker", var port, var write, var form]:
        return await TextbookWorker.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), write, form == "json", stop.Token);
    case ["load", var text]:
        var seen = await Generator.RunAsync(JsonSerializer.Deserialize(text, PeerJson.Default.LoadJob)!, stop.Token);
        Console.WriteLine(JsonSerializer.Serialize(seen, PeerJson.Default.LoadSeen));
        return 0;
    default:
        return await PeersCommand.Create().Parse(args).InvokeAsync();
}
