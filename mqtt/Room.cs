namespace SmartCity.Mqtt;

internal static class Room;
