using System.Runtime.InteropServices;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>Requests and flags of linux/i2c.h and linux/i2c-dev.h.</summary>
internal static class I2cAbi
{
    public const uint Slave = 0x0703;
    public const uint Functions = 0x0705;
    public const uint ReadWrite = 0x0707;
    public const uint Smbus = 0x0720;

    public const ushort MessageRead = 0x0001;

    public const uint HasI2c = 0x0000_0001;
    public const uint HasQuick = 0x0001_0000;
    public const uint HasReadByte = 0x0002_0000;
    public const uint HasReadBlock = 0x0400_0000;
    public const uint HasWriteBlock = 0x0800_0000;

    public const byte SmbusWrite = 0;
    public const byte SmbusRead = 1;

    public const uint Quick = 0;
    public const uint Byte = 1;
    public const uint ByteData = 2;
    public const uint WordData = 3;
    public const uint BlockData = 8;

    /// <summary>Longest message that i2c-dev takes.</summary>
    public const int LongestMessage = 8_192;
}

/// <summary>struct i2c_msg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct I2cMessage
{
    public ushort Address;
    public ushort Flags;
    public ushort Length;
    public byte* Bytes;
}

/// <summary>struct i2c_rdwr_ioctl_data.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct I2cMessages
{
    public I2cMessage* First;
    public uint Count;
}

/// <summary>struct i2c_smbus_ioctl_data.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SmbusRequest
{
    public byte Direction;
    public byte Command;
    public uint Size;
    public SmbusData* Data;
}

/// <summary>union i2c_smbus_data: a byte, a word, or a block that begins with its length.</summary>
[StructLayout(LayoutKind.Explicit, Size = 34)]
internal unsafe struct SmbusData
{
    [FieldOffset(0)]
    public byte Byte;

    [FieldOffset(0)]
    public ushort Word;

    [FieldOffset(0)]
    public fixed byte Block[34];
}
