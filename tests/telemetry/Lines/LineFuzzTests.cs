using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>Random input: it never throws, hangs or allocates, and the slow parser agrees with every answer. SMARTCITY_FUZZ sets how many inputs.</summary>
public sealed class LineFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Words =
    [
        ",", ",", "=", "=", " ", " ", "\n", "\n", "\r\n", "\\", "\"", "\"", "\\\"", "\\\\", "\\,", "\\ ", "\\=", "#", "\t", "a", "device", "d1", "t", "f", "true", "FALSE",
        "1", "2.5", "-3", "4i", "5u", "6e7", "1e999", "9223372036854775808", "NaN", "-", ".", "1700000000000000000", "đ", "\u00ff", "\0",
        "weather,device=d1 t=1.5,h=20i,ok=true,s=\"x y\" 1700000000000000000\n", "lamp,device=a-1 power_w=17,on=true 1764000000000000000\n", ",device=d1 f=1 1764000000000000000", "a f=\"x\ny\" 1\n", "a f=\"x\n", "b f=1,f=2 3\n",
    ];

    private static int Count =>
        int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 300_000;

    [Fact]
    public void Random_input_is_read_as_the_slow_parser_reads_it()
    {
        const int Batch = 500;
        var watch = Stopwatch.StartNew();
        long bytes = 0, allocated = 0;
        LineCheck.Touch("a f=1.23456789012345678901234567890e-5,g=99999999999999999999i"u8);
        var inputs = new byte[Batch][];
        for (var done = 0; done < Count; done += Batch)
        {
            var random = new Random(done);
            for (var i = 0; i < Batch; i++)
            {
                inputs[i] = Input(random);
            }

            allocated += Allocates(inputs);
            foreach (var input in inputs)
            {
                bytes += input.Length;
                Check(input);
            }
        }

        output.WriteLine(FormattableString.Invariant($"{Count} inputs, {bytes} bytes, {watch.Elapsed.TotalSeconds:F1} s, {allocated} bytes allocated by the reader"));
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Input_cut_anywhere_keeps_its_whole_lines()
    {
        var text = Encoding.UTF8.GetBytes(
            "# c\nweather,device=d1 t=-1.5e3,h=20i,ok=true,s=\"x \\\" y\nz\" 1700000000000000000\r\na\\ b,k\\==\\,v f\\,1=7u -5\n\nlast f=\"\\\\\",g=.5 12");
        for (var cut = 0; cut <= text.Length; cut++)
        {
            LineCheck.Agrees(text.AsSpan(0, cut));
            LineCheck.Agrees(text.AsSpan(cut));
            LoggedCheck.Agrees(text.AsSpan(0, cut));
            LoggedCheck.Agrees(text.AsSpan(cut));
            LineCheck.Touch(text.AsSpan(0, cut));
            for (var other = 0; other < text.Length; other += 7)
            {
                var changed = text.ToArray();
                changed[other] ^= (byte)(1 + (cut % 255));
                Check(changed);
            }
        }
    }

    [Fact]
    public void A_quarter_megabyte_of_the_worst_is_read_in_linear_time()
    {
        const int Size = 256 * 1024;
        string[] worst = ["\"", "a f=\"\n", "a f=\"x\\\n", "a f=\"\n\"", "\\", "a,", "a,t=1", ",", "=", " ", "a f=1,", "\n", "#", "a f=\"\\\"\n", "a f=0", "1", "9e", "a f=\"\",g=\"\n"];
        var watch = Stopwatch.StartNew();
        foreach (var piece in worst.Concat(worst.Select(piece => "a f=" + piece)))
        {
            LineCheck.Touch(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, Size / piece.Length))));
        }

        var fields = string.Join(',', Enumerable.Range(0, LineReader.MaximumFields).Select(i => $"f{i}=1"));
        var tags = string.Concat(Enumerable.Range(0, LineReader.MaximumTags).Select(i => $",t{i}=1"));
        var line = $"a{tags} {fields}\n";
        LineCheck.Touch(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, Size / line.Length))));
        output.WriteLine(watch.Elapsed.ToString());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
    }

    /// <summary>Bytes that reading the inputs allocates. A collection in between can leave a rest of its own on the count, once; the reader would leave it every time.</summary>
    private static long Allocates(byte[][] inputs)
    {
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 3 && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var input in inputs)
            {
                LineCheck.Touch(input);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static void Check(byte[] input)
    {
        try
        {
            LineCheck.Agrees(input);
            LineCheck.RoundTrips(input);
            LoggedCheck.Agrees(input);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException("input (base64): " + Convert.ToBase64String(input), error);
        }
    }

    private static byte[] Input(Random random)
    {
        if (random.Next(10) == 0)
        {
            var noise = new byte[random.Next(60)];
            random.NextBytes(noise);
            return noise;
        }

        var text = new StringBuilder();
        for (var words = random.Next(1, 14); words > 0; words--)
        {
            text.Append(Words[random.Next(Words.Length)]);
        }

        if (random.Next(2) == 0)
        {
            text.Insert(0, "a,t=1 f=");
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (random.Next(4) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }
}
