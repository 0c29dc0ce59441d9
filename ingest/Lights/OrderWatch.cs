using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Lights;

/// <summary>How many lamps had confirmed an order so long after it began.</summary>
/// <param name="Seconds">Since the order began.</param>
/// <param name="Confirmed">Lamps.</param>
internal sealed record OrderPoint(double Seconds, int Confirmed);

/// <summary>
/// Looks at young orders twice a second and remembers how their confirmations came, whoever watches or nobody. In memory only: after a restart a curve begins with what is so
/// then, and its first point says when that was.
/// </summary>
internal sealed class OrderWatch(ApiServices services)
{
    /// <summary>An order is young for so long after it began.</summary>
    public static readonly TimeSpan Young = TimeSpan.FromMinutes(3);

    /// <summary>Orders whose curve is remembered: the newest.</summary>
    public const int MostOrders = 200;

    /// <summary>Orders that are looked at: those begun last.</summary>
    public const int MostYoung = 20;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, List<OrderPoint>> _curves = [];

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(Every, services.Time, cancel);
            var now = services.Time.GetUtcNow();
            if (!services.Book.Lighting.Current.Orders.Values.Any(o => IsYoung(o, now)))
            {
                continue;
            }

            try
            {
                Look(await services.Views.Lamps.GetAsync(cancel));
            }
            catch (Book.BookEngineException)
            {
                // The book cannot be read now (it says so elsewhere); the next look is half a second away.
            }
        }
    }

    /// <summary>Takes a board into account.</summary>
    public void Look(LampBoard board)
    {
        var young = board.Directory.Lighting.Orders.Values.Where(o => IsYoung(o, board.At)).OrderByDescending(Begun).Take(MostYoung);
        foreach (var order in young)
        {
            var confirmed = FollowCounts.Of(board.Of(order.Target), order.Id).Confirmed;
            var seconds = Math.Round((board.At - Begun(order)).TotalSeconds, 1);
            lock (_gate)
            {
                var curve = _curves.TryGetValue(order.Sequence, out var known) ? known : _curves[order.Sequence] = [];
                if (curve.Count == 0 || (curve[^1].Confirmed != confirmed && curve[^1].Seconds < seconds))
                {
                    curve.Add(new OrderPoint(seconds, confirmed));
                }

                while (_curves.Count > MostOrders)
                {
                    _curves.Remove(_curves.Keys.First());
                }
            }
        }
    }

    /// <summary>The curve of an order; empty when nobody remembers it.</summary>
    public IReadOnlyList<OrderPoint> CurveOf(long order)
    {
        lock (_gate)
        {
            return _curves.TryGetValue(order, out var curve) ? [.. curve] : [];
        }
    }

    /// <summary>When an order began to be asked for.</summary>
    public static DateTimeOffset Begun(LightOrder order) => order.Start > order.At ? order.Start : order.At;

    private static bool IsYoung(LightOrder order, DateTimeOffset now) => Begun(order) <= now && now - Begun(order) <= Young;
}
