using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Drivers.Serial.Modbus;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>Messages of Modbus RTU: known vectors, and what no bytes may do.</summary>
public sealed class ModbusRtuTests
{
    private static readonly byte[] Example = ModbusBytes.Seal("01 04 14 08 98 03 E8 00 00 08 98 00 00 00 00 00 00 01 F4 00 64 00 00");

    [Theory]
    [InlineData("313233343536373839", 0x4b37)] // the check value of CRC-16/MODBUS
    [InlineData("01040000000A", 0x0d70)]
    [InlineData("F8040000000A", 0x6464)]
    [InlineData("01030000000A", 0xcdc5)]
    [InlineData("0207", 0x1241)] // serial line V1.02, appendix B
    [InlineData("", 0xffff)]
    public void The_crc_is_that_of_known_vectors(string hex, int crc) => Assert.Equal(crc, ModbusRtu.Crc(Convert.FromHexString(hex)));

    [Theory]
    [InlineData(9600, 4.01)]
    [InlineData(19_200, 2.0)]
    [InlineData(38_400, 1.75)]
    [InlineData(115_200, 1.75)]
    public void Messages_are_apart_by_three_and_a_half_characters(int baud, double milliseconds) =>
        Assert.Equal(milliseconds, ModbusRtu.Silence(baud).TotalMilliseconds, 0.01);

    [Fact]
    public void A_wrong_bit_anywhere_is_never_an_answer() =>
        Prop.ForAll(Gen.Choose(0, (Example.Length * 8) - 1).ToArbitrary(), bit =>
        {
            var answer = (byte[])Example.Clone();
            answer[bit / 8] ^= (byte)(1 << (bit % 8));
            var found = ModbusRtu.Read(answer, ModbusBytes.Request(1, 4, 0, 10), new ushort[10], out _);
            Assert.NotEqual(ModbusAnswer.Registers, found);
            Assert.NotEqual(ModbusAnswer.Exception, found);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Whatever_comes_is_read_without_an_exception_and_taken_only_with_its_crc() =>
        Prop.ForAll(
            Gen.OneOf(Gen.Choose(0, 255).Select(b => (byte)b), Gen.Elements<byte>(1, 4, 0x84, 2, 0)).ArrayOf().ToArbitrary(),
            Gen.Choose(1, 125).ToArbitrary(),
            (bytes, count) =>
            {
                var into = new ushort[count];
                var answer = ModbusRtu.Read(bytes, ModbusBytes.Request(1, 4, 0, count), into, out _);
                var whole = Enumerable.Range(0, bytes.Length).Any(i => Enumerable.Range(i + 1, bytes.Length - i).Any(
                    end => end - i >= 5 && end <= bytes.Length && ModbusRtu.Crc(bytes.AsSpan(i, end - i)) == 0));
                Assert.True(answer is not (ModbusAnswer.Registers or ModbusAnswer.Exception) || whole);
            }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(1_000));

    [Fact]
    public void Any_registers_come_back_as_they_were_after_noise() =>
        Prop.ForAll(Gen.Choose(0, 65_535).Select(v => (ushort)v).NonEmptyListOf().ToArbitrary(), Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(6).ToArbitrary(), (words, noise) =>
        {
            var values = words.Take(125).ToArray();
            var answer = ModbusBytes.Seal([1, 3, (byte)(values.Length * 2), .. values.SelectMany(v => new[] { (byte)(v >> 8), (byte)v })]);
            var into = new ushort[values.Length];
            Assert.Equal(ModbusAnswer.Registers, ModbusRtu.Read([.. noise, .. answer], ModbusBytes.Request(1, 3, 0, values.Length), into, out _));
            Assert.Equal(values, into);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(1_000));
}

/// <summary>Messages made by hand.</summary>
internal static class ModbusBytes
{
    public static byte[] Request(byte unit, byte function, int first, int count)
    {
        var request = new byte[ModbusRtu.RequestLength];
        ModbusRtu.WriteRequest(request, unit, function, first, count);
        return request;
    }

    public static byte[] Seal(string hex) => Seal(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    public static byte[] Seal(byte[] message)
    {
        var crc = ModbusRtu.Crc(message);
        return [.. message, (byte)crc, (byte)(crc >> 8)];
    }
}
