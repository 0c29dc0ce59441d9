using System.Globalization;
using System.Net;
using System.Text.Json;

namespace SmartCity.Simulators.Up;

/// <summary>An alert as the live view shows it.</summary>
internal sealed record OpenAlert(string Severity, string Kind, string Where, DateTimeOffset At, string State);

/// <summary>Reads what the server says of itself: <c>/metrics</c> and the open alerts.</summary>
internal sealed class ServerFigures(Uri server) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = TimeSpan.FromSeconds(5) };
    private Dictionary<string, double> _now = new(StringComparer.Ordinal);

    /// <summary>The newest open alerts, worst first.</summary>
    public IReadOnlyList<OpenAlert> Alerts { get; private set; } = [];

    /// <summary>False when the server did not answer last time.</summary>
    public bool IsUp { get; private set; }

    /// <summary>It answers, and cannot say which alerts are open: its book is away.</summary>
    public bool IsWithoutBook { get; private set; }

    /// <summary>A figure, summed over its labels.</summary>
    public double this[string name] => _now.Where(f => f.Key == name || f.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(f => f.Value);

    /// <summary>Asks again.</summary>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        try
        {
            var text = await _http.GetStringAsync("/metrics", cancel);
            var now = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var space = line.LastIndexOf(' ');
                if (line[0] != '#' && space > 0 && double.TryParse(line.AsSpan(space + 1), CultureInfo.InvariantCulture, out var value))
                {
                    now[line[..space]] = value;
                }
            }

            _now = now;
            using var said = await _http.GetAsync("/api/v1/alerts?state=open&limit=50", cancel);
            IsWithoutBook = said.StatusCode == HttpStatusCode.ServiceUnavailable;
            if (!IsWithoutBook)
            {
                using var answer = JsonDocument.Parse(await said.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancel));
                Alerts = [.. answer.RootElement.GetProperty("items").EnumerateArray().Select(Read).OrderBy(a => Rank(a.Severity)).ThenByDescending(a => a.At).Take(8)];
            }

            IsUp = true;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            IsUp = false;
        }
    }

    public void Dispose() => _http.Dispose();

    private static OpenAlert Read(JsonElement alert)
    {
        var zone = alert.GetProperty("zone").GetString();
        var device = alert.GetProperty("device").GetString();
        return new OpenAlert(
            alert.GetProperty("severity").GetString() ?? "",
            alert.GetProperty("kind").GetString() ?? "",
            string.Join(' ', new[] { zone, device }.Where(w => w is not null)),
            alert.GetProperty("measuredAt").GetDateTimeOffset(),
            alert.GetProperty("state").GetString() ?? "");
    }

    private static int Rank(string severity) => severity switch { "critical" => 0, "major" => 1, "minor" => 2, _ => 3 };
}
