using System.Runtime.InteropServices;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>Requests and flags of asm-generic/ioctls.h and termbits.h: the kernel's own termios, which is not the C library's.</summary>
internal static class TtyAbi
{
    public const uint GetTermios = 0x802C_542A;
    public const uint SetTermios = 0x402C_542B;
    public const uint Drain = 0x5409;
    public const uint Flush = 0x540B;
    public const uint Exclusive = 0x540C;
    public const uint NotExclusive = 0x540D;
    public const uint OutputQueue = 0x5411;
    public const uint IsExclusive = 0x8004_5440;

    public const uint FlushInput = 0;

    /// <summary>c_iflag: check parity; a byte that fails it reads as 0.</summary>
    public const uint CheckParity = 0x10;

    public const uint EightBits = 0x30;
    public const uint Receive = 0x80;
    public const uint Parity = 0x100;
    public const uint OddParity = 0x200;
    public const uint Local = 0x800;
    public const uint RateMask = 0x100F;

    /// <summary>Places of the control characters that say how a read waits.</summary>
    public const int Time = 5;

    /// <summary>See <see cref="Time"/>.</summary>
    public const int Minimum = 6;

    /// <summary>Codes of the standard rates (Bnnn).</summary>
    public static IReadOnlyDictionary<int, uint> Rates { get; } = new Dictionary<int, uint>
    {
        [1_200] = 0x9,
        [1_800] = 0xA,
        [2_400] = 0xB,
        [4_800] = 0xC,
        [9_600] = 0xD,
        [19_200] = 0xE,
        [38_400] = 0xF,
        [57_600] = 0x1001,
        [115_200] = 0x1002,
        [230_400] = 0x1003,
        [460_800] = 0x1004,
        [500_000] = 0x1005,
        [576_000] = 0x1006,
        [921_600] = 0x1007,
    };

    /// <summary>Raw, eight data bits, no flow control, no modem lines; a read gives what is there, and nothing at all only on a hang-up.</summary>
    public static unsafe Termios Raw(SerialSettings settings, uint rate)
    {
        var parity = settings.Parity switch
        {
            SerialParity.Even => Parity,
            SerialParity.Odd => Parity | OddParity,
            _ => 0u,
        };
        var raw = new Termios
        {
            Input = parity == 0 ? 0 : CheckParity,
            Control = EightBits | Receive | Local | parity | rate,
            InputSpeed = (uint)settings.Baud,
            OutputSpeed = (uint)settings.Baud,
        };
        raw.Characters[Minimum] = 1;
        raw.Characters[Time] = 0;
        return raw;
    }
}

/// <summary>struct termios2.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Termios
{
    public uint Input;
    public uint Output;
    public uint Control;
    public uint Local;
    public byte Line;
    public fixed byte Characters[19];
    public uint InputSpeed;
    public uint OutputSpeed;
}
