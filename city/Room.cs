namespace SmartCity.City;

internal static class Room;
