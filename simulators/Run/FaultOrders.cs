namespace SmartCity.Simulators.Run;

/// <summary>Orders to a running city, a line each: <c>plant FAULT DEVICE</c> and <c>mend DEVICE</c>. Each is answered with one line.</summary>
internal static class FaultOrders
{
    /// <summary>Reads orders until the input ends or <paramref name="stop"/>.</summary>
    public static async Task FollowAsync(TextReader orders, CityRun city, Action<string> answer, CancellationToken stop)
    {
        try
        {
            // A console's reader does not hear of a cancellation.
            while (await orders.ReadLineAsync(stop).AsTask().WaitAsync(stop) is { } line)
            {
                if (line.Trim() is { Length: > 0 } order)
                {
                    answer(Obey(order, city));
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The city's day is over first.
        }
    }

    /// <summary>Does one; gives the answer.</summary>
    public static string Obey(string order, CityRun city)
    {
        try
        {
            switch (order.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                case ["plant", var fault, var device]:
                    city.Faults.Plant(fault, device);
                    return $"planted {fault} {device}";
                case ["mend", var device]:
                    city.Faults.Mend(device);
                    return $"mended {device}";
                default:
                    return $"'{order}' is no order: plant FAULT DEVICE, mend DEVICE";
            }
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }
}
