using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Readers;

namespace SmartCity.Ingest.Serve;

/// <summary>A device's last values, from whichever lane's grains have it.</summary>
internal static class LiveValues
{
    public static DeviceLive? Of(IEnumerable<GrainReader> readers, string device)
    {
        foreach (var reader in readers)
        {
            if (reader.Host.Look(device) is not { } view)
            {
                continue;
            }

            var values = view.Values.ToDictionary(
                v => v.Name, v => new LiveValue(v.Type == MetricType.Boolean ? v.Value != 0 : v.Value, Moment(v.MeasuredAt)), StringComparer.Ordinal);
            return new DeviceLive(view.LastMeasured == 0 ? null : Moment(view.LastMeasured), values);
        }

        return null;
    }

    private static DateTimeOffset Moment(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
