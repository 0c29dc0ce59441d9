using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Readers;

namespace SmartCity.Ingest.Serve;

/// <summary>A device's last values, from whichever lane's grains have it.</summary>
internal static class LiveValues
{
    /// <summary>What of it the API tells.</summary>
    public static DeviceLive? Of(DeviceView? view)
    {
        if (view is null)
        {
            return null;
        }

        var values = view.Values.ToDictionary(
            v => v.Name, v => new LiveValue(v.Type == MetricType.Boolean ? v.Value != 0 : v.Value, Moment(v.MeasuredAt)), StringComparer.Ordinal);
        return new DeviceLive(view.LastMeasured == 0 ? null : Moment(view.LastMeasured), values);
    }

    /// <summary>All that its grain knows.</summary>
    public static DeviceView? Look(IReadOnlyList<GrainReader> readers, string device)
    {
        foreach (var reader in readers)
        {
            if (reader.Host.Look(device) is { } view)
            {
                return view;
            }
        }

        return null;
    }

    /// <summary>When it was heard last. Allocates nothing: the map asks it of every device each second.</summary>
    public static (long Measured, long Received)? Heard(IReadOnlyList<GrainReader> readers, string device)
    {
        for (var i = 0; i < readers.Count; i++)
        {
            if (readers[i].Host.Heard(device) is { } heard)
            {
                return heard;
            }
        }

        return null;
    }

    /// <summary>The newest value of one of its metrics. Allocates nothing: the board of lamps asks it of every lamp each second.</summary>
    public static (double Value, long MeasuredAt)? Newest(IReadOnlyList<GrainReader> readers, string device, string metric)
    {
        for (var i = 0; i < readers.Count; i++)
        {
            if (readers[i].Host.Newest(device, metric) is { } newest)
            {
                return newest;
            }
        }

        return null;
    }

    private static DateTimeOffset Moment(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
