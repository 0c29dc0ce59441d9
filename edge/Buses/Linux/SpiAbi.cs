using System.Runtime.InteropServices;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>Requests of linux/spi/spidev.h.</summary>
internal static class SpiAbi
{
    public const uint Message = 0x4020_6B00;
    public const uint WriteMode = 0x4001_6B01;
    public const uint WriteBitsPerWord = 0x4001_6B03;
    public const uint WriteSpeed = 0x4004_6B04;

    /// <summary>spidev's buffer, unless the module parameter bufsiz says more.</summary>
    public const int LongestTransfer = 4_096;
}

/// <summary>struct spi_ioc_transfer; pointers are 64 bits wide on every processor.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SpiTransfer
{
    public ulong Send;
    public ulong Receive;
    public uint Length;
    public uint SpeedHz;
    public ushort DelayMicroseconds;
    public byte BitsPerWord;
    public byte DeselectAfter;
    public byte SendWires;
    public byte ReceiveWires;
    public byte WordDelayMicroseconds;
    public byte Padding;
}
