namespace SmartCity.Simulators.Plan;

/// <summary>The kinds of the catalogue (city/kinds) that a simulated city uses.</summary>
internal static class KindNames
{
    public const string Streetlight = "streetlight";
    public const string FireDetector = "fire_detector";
    public const string CallPoint = "manual_call_point";
    public const string Environment = "environment_station";
    public const string WaterLevel = "water_level";
    public const string RainGauge = "rain_gauge";
    public const string PowerCabinet = "power_cabinet";
    public const string WasteBin = "waste_bin";
    public const string TrafficCounter = "traffic_counter";
    public const string WifiAccessPoint = "wifi_access_point";
    public const string Camera = "camera";
    public const string Manhole = "manhole";

    /// <summary>The metric in which every kind says what is wrong with it.</summary>
    public const string FaultCode = "fault_code";
}
