using System.Diagnostics;
using System.Globalization;

namespace SmartCity.SystemTests.Cluster;

/// <summary>Which of a server's two cables.</summary>
internal enum Cable
{
    /// <summary>To gateways, consoles and the other server.</summary>
    Street,

    /// <summary>To PostgreSQL and InfluxDB.</summary>
    Data,
}

/// <summary>
/// A machine for every server: a network namespace with two cables, each to a switch (a bridge) that this machine hangs on too. Pulling a cable
/// loses packets, as a real one does: nobody is told, nothing is refused. Needs root and a kernel that allows it: <see cref="WhyNotAsync"/>.
/// </summary>
internal sealed class Cables : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _mark;
    private readonly int _net;
    private readonly int _machines;

    private Cables(string mark, int net, int machines) => (_mark, _net, _machines) = (mark, net, machines);

    /// <summary>This machine on the street's side.</summary>
    public string StreetHere => Address(Cable.Street, 1);

    /// <summary>This machine on the data's side: where PostgreSQL and InfluxDB are to listen.</summary>
    public string DataHere => Address(Cable.Data, 1);

    /// <summary>Why machines of this kind cannot be made here; null when they can. Tried, not guessed.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        try
        {
            await using var one = await LayAsync(1);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return e.Message;
        }
    }

    /// <summary>Makes so many machines and their cables.</summary>
    public static async Task<Cables> LayAsync(int machines)
    {
        // 198.18.0.0/15 is for such tests (RFC 2544); the mark keeps two campaigns on one computer apart.
        for (var attempt = 0; ; attempt++)
        {
            var net = Random.Shared.Next(1, 255);
            var cables = new Cables(string.Create(CultureInfo.InvariantCulture, $"sc{Environment.ProcessId % 100_000}x{net}"), net, machines);
            try
            {
                await cables.LayAsync();
                return cables;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                await cables.DisposeAsync();
            }
            catch
            {
                await cables.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>The server's address on the street's side.</summary>
    public string StreetOf(int machine) => Address(Cable.Street, 10 + machine);

    /// <summary>The server's address on the data side.</summary>
    public string DataOf(int machine) => Address(Cable.Data, 10 + machine);

    /// <summary>What to write before a command so that it runs on that machine (it becomes the command: the process id stays).</summary>
    public IReadOnlyList<string> Into(int machine) => ["ip", "netns", "exec", Machine(machine)];

    /// <summary>Pulls a cable out.</summary>
    public Task PullAsync(int machine, Cable cable) => IpAsync("link", "set", Plug(machine, cable), "down");

    /// <summary>Puts it in again.</summary>
    public Task PlugInAsync(int machine, Cable cable) => IpAsync("link", "set", Plug(machine, cable), "up");

    public async ValueTask DisposeAsync()
    {
        for (var machine = 0; machine < _machines; machine++)
        {
            await TryIpAsync("netns", "del", Machine(machine));
            await TryIpAsync("link", "del", Plug(machine, Cable.Street));
            await TryIpAsync("link", "del", Plug(machine, Cable.Data));
        }

        await TryIpAsync("link", "del", Switch(Cable.Street));
        await TryIpAsync("link", "del", Switch(Cable.Data));
    }

    private async Task LayAsync()
    {
        foreach (var cable in (Cable[])[Cable.Street, Cable.Data])
        {
            await IpAsync("link", "add", Switch(cable), "type", "bridge", "forward_delay", "0");
            await IpAsync("addr", "add", Address(cable, 1) + "/24", "dev", Switch(cable));
            await IpAsync("link", "set", Switch(cable), "up");
        }

        for (var machine = 0; machine < _machines; machine++)
        {
            await IpAsync("netns", "add", Machine(machine));
            await IpAsync("-n", Machine(machine), "link", "set", "lo", "up");
            foreach (var cable in (Cable[])[Cable.Street, Cable.Data])
            {
                var there = cable == Cable.Street ? "street" : "data";
                await IpAsync("link", "add", Plug(machine, cable), "type", "veth", "peer", "name", there, "netns", Machine(machine));
                await IpAsync("link", "set", Plug(machine, cable), "master", Switch(cable));
                await IpAsync("link", "set", Plug(machine, cable), "up");
                await IpAsync("-n", Machine(machine), "addr", "add", Address(cable, 10 + machine) + "/24", "dev", there);
                await IpAsync("-n", Machine(machine), "link", "set", there, "up");
            }
        }
    }

    private string Address(Cable cable, int host) => string.Create(CultureInfo.InvariantCulture, $"198.{(cable == Cable.Street ? 18 : 19)}.{_net}.{host}");

    private string Machine(int machine) => string.Create(CultureInfo.InvariantCulture, $"{_mark}m{machine}");

    private string Switch(Cable cable) => _mark + (cable == Cable.Street ? "s" : "d");

    private string Plug(int machine, Cable cable) => string.Create(CultureInfo.InvariantCulture, $"{Switch(cable)}{machine}");

    private static async Task TryIpAsync(params string[] words)
    {
        try
        {
            await IpAsync(words);
        }
        catch (InvalidOperationException)
        {
            // it was never made, or went with its machine
        }
    }

    private static async Task IpAsync(params string[] words)
    {
        var start = new ProcessStartInfo("ip") { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var word in words)
        {
            start.ArgumentList.Add(word);
        }

        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', words)}: {(await said).Trim()}");
        }
    }
}
