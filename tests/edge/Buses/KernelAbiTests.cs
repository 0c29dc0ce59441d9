using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SmartCity.Edge.Buses.Linux;

namespace SmartCity.Edge.Tests.Buses;

/// <summary>Layouts of the structures that the kernel reads and writes, against the numbers of its headers (sizeof and offsetof as a C
/// compiler prints them for x86_64, aarch64 and arm).</summary>
public sealed class KernelAbiTests
{
    public static TheoryData<Type, int, int> Sizes => new()
    {
        { typeof(GpioChipStatus), 68, 68 },
        { typeof(GpioAttribute), 16, 16 },
        { typeof(GpioConfigAttribute), 24, 24 },
        { typeof(GpioConfig), 272, 272 },
        { typeof(GpioRequest), 592, 592 },
        { typeof(GpioLineStatus), 256, 256 },
        { typeof(GpioLevels), 16, 16 },
        { typeof(GpioEvent), 48, 48 },
        { typeof(I2cMessage), 16, 12 },
        { typeof(I2cMessages), 16, 8 },
        { typeof(SmbusRequest), 16, 12 },
        { typeof(SmbusData), 34, 34 },
        { typeof(SpiTransfer), 32, 32 },
        { typeof(Termios), 44, 44 },
        { typeof(FileStatus), 256, 256 },
        { typeof(PollEntry), 8, 8 },
    };

    public static TheoryData<Type, string, int, int> Offsets => new()
    {
        { typeof(GpioChipStatus), nameof(GpioChipStatus.Lines), 64, 64 },
        { typeof(GpioConfig), nameof(GpioConfig.Attributes), 32, 32 },
        { typeof(GpioRequest), nameof(GpioRequest.Consumer), 256, 256 },
        { typeof(GpioRequest), nameof(GpioRequest.Config), 288, 288 },
        { typeof(GpioRequest), nameof(GpioRequest.Lines), 560, 560 },
        { typeof(GpioRequest), nameof(GpioRequest.EventBuffer), 564, 564 },
        { typeof(GpioRequest), nameof(GpioRequest.Descriptor), 588, 588 },
        { typeof(GpioLineStatus), nameof(GpioLineStatus.Consumer), 32, 32 },
        { typeof(GpioLineStatus), nameof(GpioLineStatus.Offset), 64, 64 },
        { typeof(GpioLineStatus), nameof(GpioLineStatus.Flags), 72, 72 },
        { typeof(GpioEvent), nameof(GpioEvent.LineSequence), 20, 20 },
        { typeof(I2cMessage), nameof(I2cMessage.Bytes), 8, 8 },
        { typeof(I2cMessages), nameof(I2cMessages.Count), 8, 4 },
        { typeof(SmbusRequest), nameof(SmbusRequest.Size), 4, 4 },
        { typeof(SmbusRequest), nameof(SmbusRequest.Data), 8, 8 },
        { typeof(SpiTransfer), nameof(SpiTransfer.SpeedHz), 20, 20 },
        { typeof(SpiTransfer), nameof(SpiTransfer.BitsPerWord), 26, 26 },
        { typeof(Termios), nameof(Termios.InputSpeed), 36, 36 },
        { typeof(FileStatus), nameof(FileStatus.Group), 24, 24 },
        { typeof(FileStatus), nameof(FileStatus.Mode), 28, 28 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Sizes_are_the_kernels(Type type, int with64, int with32)
    {
        Assert.Equal(IntPtr.Size == 8 ? with64 : with32, SizeHere(type));
        Assert.Equal(with64, Measure(type, 8).Size);
        Assert.Equal(with32, Measure(type, 4).Size);
    }

    [Theory]
    [MemberData(nameof(Offsets))]
    public void Offsets_are_the_kernels(Type type, string field, int with64, int with32)
    {
        Assert.Equal(with64, Offset(type, field, 8));
        Assert.Equal(with32, Offset(type, field, 4));
    }

    [Fact]
    public void Requests_carry_the_sizes_of_their_structures()
    {
        Assert.Equal(GpioAbi.ChipInfo, Code(2, 0xB4, 0x01, 68));
        Assert.Equal(GpioAbi.LineInfo, Code(3, 0xB4, 0x05, 256));
        Assert.Equal(GpioAbi.GetLine, Code(3, 0xB4, 0x07, 592));
        Assert.Equal(GpioAbi.SetConfig, Code(3, 0xB4, 0x0D, 272));
        Assert.Equal(GpioAbi.GetValues, Code(3, 0xB4, 0x0E, 16));
        Assert.Equal(GpioAbi.SetValues, Code(3, 0xB4, 0x0F, 16));
        Assert.Equal(SpiAbi.Message, Code(1, 'k', 0, 32));
        Assert.Equal(SpiAbi.WriteMode, Code(1, 'k', 1, 1));
        Assert.Equal(SpiAbi.WriteBitsPerWord, Code(1, 'k', 3, 1));
        Assert.Equal(SpiAbi.WriteSpeed, Code(1, 'k', 4, 4));
        Assert.Equal(TtyAbi.GetTermios, Code(2, 'T', 0x2A, 44));
        Assert.Equal(TtyAbi.SetTermios, Code(1, 'T', 0x2B, 44));
        Assert.Equal(TtyAbi.IsExclusive, Code(2, 'T', 0x40, 4));
    }

    /// <summary>_IOC of asm-generic/ioctl.h: direction (1 write, 2 read), size, type, number.</summary>
    private static uint Code(uint direction, uint type, uint number, uint size) => (direction << 30) | (size << 16) | (type << 8) | number;

    private static int SizeHere(Type type) => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static int Offset(Type type, string field, int pointer)
    {
        var at = 0;
        foreach (var f in Fields(type))
        {
            var (size, alignment) = Measure(f, pointer);
            at = f.GetCustomAttribute<FieldOffsetAttribute>()?.Value ?? Align(at, alignment);
            if (f.Name == field)
            {
                return at;
            }

            at += size;
        }

        throw new ArgumentException(field, nameof(field));
    }

    /// <summary>What a C compiler makes of a structure whose pointers have this size: every field at a multiple of its own alignment.</summary>
    private static (int Size, int Alignment) Measure(Type type, int pointer)
    {
        if (type.IsPointer)
        {
            return (pointer, pointer);
        }

        if (type.IsPrimitive)
        {
            var size = SizeHere(type);
            return (size, size);
        }

        if (type.StructLayoutAttribute is { Value: LayoutKind.Explicit, Size: > 0 } layout)
        {
            return (layout.Size, 1);
        }

        var (end, widest) = (0, 1);
        foreach (var field in Fields(type))
        {
            var (size, alignment) = Measure(field, pointer);
            end = Align(end, alignment) + size;
            widest = Math.Max(widest, alignment);
        }

        var times = type.GetCustomAttribute<InlineArrayAttribute>()?.Length ?? 1;
        return (Align(end, widest) * times, widest);
    }

    private static (int Size, int Alignment) Measure(FieldInfo field, int pointer)
    {
        if (field.GetCustomAttribute<FixedBufferAttribute>() is not { } buffer)
        {
            return Measure(field.FieldType, pointer);
        }

        var (size, alignment) = Measure(buffer.ElementType, pointer);
        return (size * buffer.Length, alignment);
    }

    private static FieldInfo[] Fields(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(f => f.MetadataToken).ToArray();

    private static int Align(int at, int alignment) => (at + alignment - 1) / alignment * alignment;
}
