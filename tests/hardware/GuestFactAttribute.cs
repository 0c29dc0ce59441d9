using System.Runtime.CompilerServices;

namespace SmartCity.Hardware.Tests;

/// <summary>A test that runs inside the guest, and is skipped, visibly, anywhere else.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFactAttribute : FactAttribute
{
    /// <summary>Skips outside the guest.</summary>
    public GuestFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        SkipType = typeof(Guest);
        SkipUnless = nameof(Guest.Here);
        Skip = Guest.Elsewhere;
        Timeout = 240_000;
    }
}
