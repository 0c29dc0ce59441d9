namespace SmartCity.Telemetry;

/// <summary>The two ways a reading may travel. They share no connection, file, thread or quota, so a full one never delays the other.</summary>
public enum Lane : byte
{
    /// <summary>Ordinary readings: acknowledged once they are on disk.</summary>
    Telemetry = 0,

    /// <summary>Alarms: acknowledged once a reader says that they are evaluated.</summary>
    Alarm = 1,
}
