using System.Text;

namespace SmartCity.Mqtt.Tests;

/// <summary>One packet on the wire and what must be said of it.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Version">The version it is read by.</param>
/// <param name="Bytes">The packet.</param>
/// <param name="Expected">Success, or the refusal.</param>
/// <param name="Canonical">True if our encoder writes the same bytes.</param>
public sealed record PacketCase(string Name, ProtocolVersion Version, byte[] Bytes, ReasonCode Expected, bool Canonical)
{
    public override string ToString() => $"{Version} {Name}";
}

/// <summary>
/// Reads the table: a line is <c>versions verdict name | bytes</c>. Bytes are hexadecimal, <c>'x'</c> raw text, <c>"x"</c> text with
/// its two-byte length, <c>[…]</c> a property list with its length, and a <c>:</c> after the first byte stands for the right
/// remaining length. The verdict <c>ok~</c> is for packets that are right but not as we write them.
/// </summary>
internal static class CaseTable
{
    public static IEnumerable<PacketCase> Read(string table)
    {
        foreach (var line in table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var bar = line.IndexOf('|', StringComparison.Ordinal);
            var head = line[..bar].Split(' ', 3, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var expected = head[1] switch
            {
                "ok" or "ok~" => ReasonCode.Success,
                "malformed" => ReasonCode.MalformedPacket,
                "protocol" => ReasonCode.ProtocolError,
                "unsupported" => ReasonCode.UnsupportedProtocolVersion,
                "alias" => ReasonCode.TopicAliasInvalid,
                "large" => ReasonCode.PacketTooLarge,
                _ => throw new FormatException(line),
            };
            foreach (var version in head[0])
            {
                yield return new PacketCase(
                    head[2], (ProtocolVersion)(version == '3' ? 4 : 5), Bytes(line[(bar + 1)..]), expected, head[1] == "ok");
            }
        }
    }

    public static byte[] Bytes(string text)
    {
        var at = 0;
        var all = Sequence(text, ref at);
        return [.. all];
    }

    private static List<byte> Sequence(string text, ref int at)
    {
        List<byte> bytes = [];
        var frame = false;
        while (at < text.Length)
        {
            var c = text[at];
            switch (c)
            {
                case ' ':
                    at++;
                    break;
                case ':':
                    frame = true;
                    at++;
                    break;
                case '\'' or '"':
                    var end = text.IndexOf(c, at + 1);
                    var raw = Encoding.UTF8.GetBytes(text[(at + 1)..end]);
                    if (c == '"')
                    {
                        bytes.Add((byte)(raw.Length >> 8));
                        bytes.Add((byte)raw.Length);
                    }

                    bytes.AddRange(raw);
                    at = end + 1;
                    break;
                case '[':
                    at++;
                    var inner = Sequence(text, ref at);
                    bytes.AddRange(Variable(inner.Count));
                    bytes.AddRange(inner);
                    break;
                case ']':
                    at++;
                    return bytes;
                default:
                    bytes.Add(Convert.ToByte(text.Substring(at, 2), 16));
                    at += 2;
                    break;
            }
        }

        if (frame)
        {
            bytes.InsertRange(1, Variable(bytes.Count - 1));
        }

        return bytes;
    }

    private static List<byte> Variable(int value)
    {
        List<byte> bytes = [];
        do
        {
            bytes.Add((byte)((value & 0x7F) | (value > 0x7F ? 0x80 : 0)));
            value >>= 7;
        }
        while (value > 0);
        return bytes;
    }
}
