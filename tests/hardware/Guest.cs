namespace SmartCity.Hardware.Tests;

/// <summary>The QEMU guest that these tests are for.</summary>
public static class Guest
{
    /// <summary>Why a test is skipped elsewhere.</summary>
    public const string Elsewhere = "needs the devices of the hardware guest: tests/hardware/guest";

    /// <summary>Whether this process runs in it.</summary>
    public static bool Here => Environment.GetEnvironmentVariable("SMARTCITY_GUEST") == "1";
}
