using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>Requests and flags of linux/gpio.h, second version of the character device (kernel 5.10 and later).</summary>
internal static class GpioAbi
{
    public const uint ChipInfo = 0x8044_B401;
    public const uint LineInfo = 0xC100_B405;
    public const uint GetLine = 0xC250_B407;
    public const uint SetConfig = 0xC110_B40D;
    public const uint GetValues = 0xC010_B40E;
    public const uint SetValues = 0xC010_B40F;

    public const ulong Used = 1 << 0;
    public const ulong ActiveLow = 1 << 1;
    public const ulong Input = 1 << 2;
    public const ulong Output = 1 << 3;
    public const ulong EdgeRising = 1 << 4;
    public const ulong EdgeFalling = 1 << 5;
    public const ulong PullUp = 1 << 8;
    public const ulong PullDown = 1 << 9;
    public const ulong PullNone = 1 << 10;

    public const uint AttributeOutputValues = 2;
    public const uint AttributeDebounce = 3;

    public const uint RisingEdge = 1;

    /// <summary>Length of names, the closing zero among it.</summary>
    public const int NameSize = 32;

    /// <summary>Text of a name.</summary>
    public static string Text(ReadOnlySpan<byte> name)
    {
        var end = name.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
    }
}

/// <summary>struct gpiochip_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GpioChipStatus
{
    public fixed byte Name[GpioAbi.NameSize];
    public fixed byte Label[GpioAbi.NameSize];
    public uint Lines;
}

/// <summary>struct gpio_v2_line_attribute; the value is flags, levels or microseconds.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioAttribute
{
    public uint Id;
    public uint Padding;
    public ulong Value;
}

/// <summary>struct gpio_v2_line_config_attribute.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioConfigAttribute
{
    public GpioAttribute Attribute;
    public ulong Mask;
}

/// <summary>Ten attributes of a request.</summary>
[InlineArray(10)]
internal struct GpioConfigAttributes
{
    public GpioConfigAttribute First;
}

/// <summary>Ten attributes of a line.</summary>
[InlineArray(10)]
internal struct GpioAttributes
{
    public GpioAttribute First;
}

/// <summary>struct gpio_v2_line_config.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GpioConfig
{
    public ulong Flags;
    public uint Count;
    public fixed uint Padding[5];
    public GpioConfigAttributes Attributes;
}

/// <summary>struct gpio_v2_line_request.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GpioRequest
{
    public fixed uint Offsets[64];
    public fixed byte Consumer[GpioAbi.NameSize];
    public GpioConfig Config;
    public uint Lines;
    public uint EventBuffer;
    public fixed uint Padding[5];
    public int Descriptor;
}

/// <summary>struct gpio_v2_line_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GpioLineStatus
{
    public fixed byte Name[GpioAbi.NameSize];
    public fixed byte Consumer[GpioAbi.NameSize];
    public uint Offset;
    public uint Count;
    public ulong Flags;
    public GpioAttributes Attributes;
    public fixed uint Padding[4];
}

/// <summary>struct gpio_v2_line_values.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpioLevels
{
    public ulong Bits;
    public ulong Mask;
}

/// <summary>struct gpio_v2_line_event.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GpioEvent
{
    public ulong Nanoseconds;
    public uint Id;
    public uint Offset;
    public uint Sequence;
    public uint LineSequence;
    public fixed uint Padding[6];
}
