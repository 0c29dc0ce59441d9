namespace SmartCity.Grains;

internal static class Room;
