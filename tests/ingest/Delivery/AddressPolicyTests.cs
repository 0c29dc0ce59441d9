using System.Net;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.Ingest.Delivery;

namespace SmartCity.Ingest.Tests.Delivery;

/// <summary>Where a webhook may go.</summary>
public sealed class AddressPolicyTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("203.113.131.1", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.0", true)]
    [InlineData("2001:4860:4860::8888", true)]
    [InlineData("2405:4800::1", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::7f00:1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("64:ff9b:1::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fe80::1%2", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12:3456::1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2002:7f00:1::", false)]
    public void Only_public_addresses_are_public(string address, bool isPublic)
    {
        Assert.Equal(isPublic, AddressPolicy.IsPublic(IPAddress.Parse(address)));
        Assert.Equal(isPublic, AddressPolicy.PublicOnly.Allows(IPAddress.Parse(address), "somewhere.example"));
    }

    [Theory]
    [InlineData("10.1.0.0/16", "10.1.2.3", "x.example", true)]
    [InlineData("10.1.0.0/16", "::ffff:10.1.2.3", "x.example", true)]
    [InlineData("10.1.0.0/16", "10.2.0.1", "x.example", false)]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.2", "x.example", false)]
    [InlineData("::1, fd00::/8", "fd00::5", "x.example", true)]
    [InlineData("sms.internal", "192.168.7.7", "sms.internal", true)]
    [InlineData("sms.internal", "192.168.7.7", "SMS.Internal.", true)]
    [InlineData("sms.internal", "192.168.7.7", "evil.sms.internal", false)]
    [InlineData("", "192.168.7.7", "sms.internal", false)]
    public void The_setting_opens_what_it_names_and_nothing_else(string setting, string address, string host, bool allowed)
    {
        Assert.Null(AddressPolicy.Parse(setting, out var policy));
        Assert.Equal(allowed, policy.Allows(IPAddress.Parse(address), host));
    }

    [Theory]
    [InlineData("10.0.0.0/33", "10.0.0.0/33")]
    [InlineData("sms.internal, http://x", "http://x")]
    [InlineData("a b", "a b")]
    public void A_part_that_is_no_place_is_named(string setting, string part) => Assert.Equal(part, AddressPolicy.Parse(setting, out _));

    /// <summary>An obvious second judgement of IPv4: the first bytes, as a person reads them.</summary>
    [Fact]
    public void No_private_address_is_public_in_any_spelling() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(
        Gen.Choose(0, 255).ListOf(4).ToArbitrary(),
        bytes =>
        {
            var (a, b) = (bytes[0], bytes[1]);
            var closed = a is 0 or 10 or 127 or >= 224 || (a == 172 && b is >= 16 and < 32) || (a == 192 && b == 168) || (a == 169 && b == 254) || (a == 100 && b is >= 64 and < 128);
            var plain = new IPAddress([.. bytes.Select(x => (byte)x)]);
            return !closed || (!AddressPolicy.IsPublic(plain) && !AddressPolicy.IsPublic(plain.MapToIPv6())
                && !AddressPolicy.IsPublic(new IPAddress([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, .. plain.GetAddressBytes()])));
        }));

    [Fact]
    public void The_setting_is_read_without_an_exception_whatever_it_holds() => Check.One(
        Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            var part = AddressPolicy.Parse(text ?? "", out var policy);
            return policy is not null && (part is null || text!.Contains(part, StringComparison.Ordinal));
        }));
}
