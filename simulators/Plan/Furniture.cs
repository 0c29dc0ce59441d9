namespace SmartCity.Simulators.Plan;

/// <summary>What stands along streets beside the lamps and their cabinets.</summary>
internal static class Furniture
{
    /// <summary>Kind, prefix of the identifiers, Vietnamese name.</summary>
    public static readonly (string Kind, string Prefix, string Name)[] Kinds =
    [
        (KindNames.Environment, "env", "Trạm môi trường"),
        (KindNames.RainGauge, "rain", "Trạm đo mưa"),
        (KindNames.WasteBin, "bin", "Thùng rác"),
        (KindNames.TrafficCounter, "traffic", "Đếm xe"),
        (KindNames.WifiAccessPoint, "wifi", "Wi-Fi"),
        (KindNames.Camera, "camera", "Camera"),
        (KindNames.Manhole, "manhole", "Hố ga"),
    ];
}
