using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Sources;

/// <summary>A file of readings in place of a bus: CSV whose first line is <c>seconds,metric,metric…</c> and whose others are a
/// reading each, with the seconds since the file's begin and the values; an empty value was not measured. Stamps are those of
/// the moment of replaying.</summary>
internal sealed class ReplaySource
{
    private readonly string _path;
    private readonly ConfiguredDevice _device;
    private readonly string[] _metrics;

    private ReplaySource(ConfiguredDevice device, string path, string[] metrics)
    {
        _device = device;
        _path = path;
        _metrics = metrics;
    }

    /// <summary>Checks the head of a device's file.</summary>
    /// <exception cref="ConfigException">It cannot be read or has no such head.</exception>
    public static ReplaySource Open(ConfiguredDevice device)
    {
        var path = device.Replay ?? throw new ArgumentException("this device replays nothing", nameof(device));
        try
        {
            var head = File.ReadLines(path).FirstOrDefault()?.Split(',', StringSplitOptions.TrimEntries) ?? [];
            return head.Length >= 2 && head[0] == "seconds"
                ? new ReplaySource(device, path, head[1..])
                : throw new ConfigException($"{path}:1: the first line must be 'seconds,' and the names of metrics");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException(e.Message, e);
        }
    }

    /// <summary>Measures line by line at each one's time, until the file ends (or for ever) or cancelled. A line that does not fit
    /// is told and passed over; a log without room is tried again.</summary>
    public async Task RunAsync(Gateway gateway, TimeProvider time, Action<string> notice, CancellationToken stop)
    {
        var values = new MetricValue[_metrics.Length];
        do
        {
            var start = time.GetTimestamp();
            var number = 1;
            foreach (var line in File.ReadLines(_path).Skip(1))
            {
                number++;
                if (!TryParse(line, values, out var seconds))
                {
                    notice($"{_path}:{number}: not a reading: {line}");
                    continue;
                }

                await WaitAsync(TimeSpan.FromSeconds(seconds) - time.GetElapsedTime(start), time, stop);
                MeasureResult result;
                while ((result = gateway.Measure(_device.Kind, _device.Id, values, time.GetUtcNow())) == MeasureResult.NoRoom)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(100), time, stop);
                }

                if (result == MeasureResult.Invalid)
                {
                    notice($"{_path}:{number}: the kind {_device.Kind} does not have these metrics");
                }
            }
        }
        while (_device.Repeat);
    }

    private static async Task WaitAsync(TimeSpan wait, TimeProvider time, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, stop);
        }
    }

    private bool TryParse(string line, MetricValue[] values, out double seconds)
    {
        var parts = line.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length != values.Length + 1
            || !double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out seconds))
        {
            seconds = 0;
            return false;
        }

        for (var i = 0; i < values.Length; i++)
        {
            var number = double.NaN;
            if (parts[i + 1].Length > 0 && !double.TryParse(parts[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            {
                return false;
            }

            values[i] = new MetricValue(_metrics[i], number);
        }

        return true;
    }
}
