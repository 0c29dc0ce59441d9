using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Drivers.Serial;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>Frames of streams: found after garbage, cut anywhere, and never taken with a wrong sum.</summary>
public sealed class FrameTests
{
    internal static readonly FrameFormat[] Formats = [Pms5003Frame.Format, Sds011Frame.Format, A02yyuwFrame.Format];

    public static TheoryData<int> All => [0, 1, 2];

    [Theory]
    [MemberData(nameof(All))]
    public void A_frame_is_found_after_any_garbage(int format) =>
        Prop.ForAll(Garbage(format).ToArbitrary(), Bytes(format).ToArbitrary(), (garbage, values) =>
        {
            // Twice: garbage may happen to make a right frame with the first bytes of the first one, and nobody can know better.
            var frame = Frames.Of(format, values);
            var found = Find(format, [.. garbage, .. frame, .. frame], 1);
            Assert.Contains(found, f => f.SequenceEqual(frame));
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Theory]
    [MemberData(nameof(All))]
    public void No_bytes_throw_and_none_are_taken_with_a_wrong_sum(int format) =>
        Prop.ForAll(Garbage(format).ToArbitrary(), garbage =>
            Assert.All(Find(format, garbage, 1), f => Assert.True(Frames.SumIsRight(format, f), Convert.ToHexString(f))))
            .Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Theory]
    [MemberData(nameof(All))]
    public void A_wrong_bit_anywhere_is_no_frame(int format) =>
        Prop.ForAll(Bytes(format).ToArbitrary(), Gen.Choose(0, (Formats[format].Length * 8) - 1).ToArbitrary(), (values, bit) =>
        {
            var frame = Frames.Of(format, values);
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Empty(Find(format, frame, 1));
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Theory]
    [MemberData(nameof(All))]
    public void A_stream_entered_anywhere_in_a_frame_gives_the_frames_after_it(int format)
    {
        for (var cut = 0; cut <= Formats[format].Length; cut++)
        {
            var first = Frames.Of(format, [1, 2, 3, 4]);
            var second = Frames.Of(format, [5, 6, 7, 8]);
            var third = Frames.Of(format, [9, 10, 11, 12]);
            byte[][] expected = cut == 0 ? [first, second, third] : [second, third];
            Assert.Equal(expected, Find(format, [.. first[cut..], .. second, .. third], 1));

            // The same with the end of the first one missing.
            byte[][] whole = cut == first.Length ? [first, second, third] : [second, third];
            Assert.Equal(whole, Find(format, [.. first[..cut], .. second, .. third], 1));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Sums_that_look_like_headers_do_not_hold_the_finder_off_for_ever(int format)
    {
        if (Formats[format] is not A02yyuwFrame)
        {
            return;
        }

        // FF 01 FF FF, entered one byte late: FF FF 01 FF inside has a right sum, and says 65,281 mm.
        byte[] frame = [0xff, 0x01, 0xff, 0xff];
        var found = Find(format, [.. frame[1..], .. frame, .. frame, .. frame], 1);
        Assert.All(found, f => Assert.Equal(511, A02yyuwFrame.Millimetres(f)));
        Assert.Equal(3, found.Count);
    }

    /// <summary>The finder knows nothing of reads: bytes are bytes.</summary>
    internal static List<byte[]> Find(int format, byte[] stream, int step)
    {
        var finder = new FrameFinder(Formats[format]);
        var found = new List<byte[]>();
        var frame = new byte[Formats[format].Length];
        for (var i = 0; i < stream.Length; i += step)
        {
            if (finder.Push(stream[i], frame))
            {
                found.Add((byte[])frame.Clone());
            }

            Assert.InRange(finder.Begun, 0, Formats[format].Length);
        }

        return found;
    }

    /// <summary>Random bytes, rich in the bytes that frames are made of.</summary>
    private static Gen<byte[]> Garbage(int format) =>
        Gen.OneOf(
            Gen.Choose(0, 255).Select(b => (byte)b),
            Gen.Elements<byte>(0x42, 0x4d, 0x00, 0x1c, 0xaa, 0xc0, 0xab, 0xff, 0x01)).ArrayOf()
        .SelectMany(noise => Bytes(format).Select(v => Frames.Of(format, v)).SelectMany(
            frame => Gen.Choose(0, frame.Length - 1).Select(cut => (byte[])[.. noise, .. frame[..cut]])));

    private static Gen<byte[]> Bytes(int format) => Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(format + 4);
}

/// <summary>Frames made by the plainest way there is.</summary>
internal static class Frames
{
    public static byte[] Pms5003(params ushort[] words)
    {
        var frame = new byte[32];
        frame[0] = 0x42;
        frame[1] = 0x4d;
        frame[3] = 28;
        for (var i = 0; i < words.Length; i++)
        {
            frame[4 + (2 * i)] = (byte)(words[i] >> 8);
            frame[5 + (2 * i)] = (byte)words[i];
        }

        var sum = frame.Take(30).Sum(b => b);
        frame[30] = (byte)(sum >> 8);
        frame[31] = (byte)sum;
        return frame;
    }

    public static byte[] Sds011(int fine, int coarse)
    {
        byte[] frame = [0xaa, 0xc0, (byte)fine, (byte)(fine >> 8), (byte)coarse, (byte)(coarse >> 8), 0xa1, 0x60, 0, 0xab];
        frame[8] = (byte)frame[2..8].Sum(b => b);
        return frame;
    }

    public static byte[] A02(int millimetres)
    {
        byte[] frame = [0xff, (byte)(millimetres >> 8), (byte)millimetres, 0];
        frame[3] = (byte)frame[..3].Sum(b => b);
        return frame;
    }

    public static byte[] Of(int format, byte[] values) => format switch
    {
        0 => Pms5003(values[0], values[1], values[2], values[0], values[1], (ushort)(values[2] << 8), 500, values[3]),
        1 => Sds011((values[0] << 8) | values[1], (values[2] << 8) | values[3]),
        _ => A02(30 + (((values[0] << 8) | values[1]) % 4471)),
    };

    public static bool SumIsRight(int format, byte[] frame) => format switch
    {
        0 => frame.Take(30).Sum(b => b) == (frame[30] << 8 | frame[31]),
        1 => (byte)frame[2..8].Sum(b => b) == frame[8] && frame[9] == 0xab,
        _ => (byte)frame[..3].Sum(b => b) == frame[3],
    };
}
