using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class Crc8Tests
{
    [Theory]
    [InlineData("BEEF", 0x92)] // SHT3x-DIS datasheet, table 20
    [InlineData("01F4", 0x33)] // SCD4x datasheet, read_measurement: 500 ppm
    [InlineData("6667", 0xA2)] // 25 °C
    [InlineData("5EB9", 0x3C)] // 37 %
    [InlineData("F896", 0x31)] // get_serial_number
    [InlineData("9F07", 0xC2)]
    [InlineData("3BBE", 0x89)]
    [InlineData("", 0xFF)]
    public void The_datasheets_examples(string bytes, int crc) => Assert.Equal(crc, Crc8.Of(Convert.FromHexString(bytes)));

    [Fact]
    public void Bytes_with_their_own_CRC_behind_them_leave_nothing() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => Crc8.Of([.. bytes, Crc8.Of(bytes)]) == 0).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_burst_of_up_to_eight_bits_is_seen() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<ushort>(), Gen.Choose(0, 16).ToArbitrary(), Gen.Choose(1, 255).ToArbitrary(),
            (word, at, burst) =>
            {
                var sent = (word << 8) | Crc8.Of([(byte)(word >> 8), (byte)word]);
                var got = sent ^ (burst << at);
                return Crc8.Of([(byte)(got >> 16), (byte)(got >> 8)]) != (byte)got;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_two_wrong_bits_of_a_word_and_its_CRC_are_seen()
    {
        for (var one = 0; one < 24; one++)
        {
            for (var two = one + 1; two < 24; two++)
            {
                var got = 0xBEEF92 ^ (1 << one) ^ (1 << two);
                Assert.NotEqual((byte)got, Crc8.Of([(byte)(got >> 16), (byte)(got >> 8)]));
            }
        }
    }
}
