namespace SmartCity.Telemetry;

internal static class Room;
