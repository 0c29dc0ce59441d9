using System.Buffers.Binary;

namespace SmartCity.Edge.Drivers.Serial.Modbus;

/// <summary>What an answer is so far.</summary>
internal enum ModbusAnswer
{
    /// <summary>Nothing of this unit's yet.</summary>
    Nothing,

    /// <summary>Something of it; it is not whole.</summary>
    More,

    /// <summary>Whole, with a wrong CRC.</summary>
    BadChecksum,

    /// <summary>The registers.</summary>
    Registers,

    /// <summary>An exception.</summary>
    Exception,
}

/// <summary>Messages of Modbus RTU (MODBUS over serial line V1.02, section 2.5.1; application protocol V1.1b3, sections 6.3 and 6.4).</summary>
internal static class ModbusRtu
{
    /// <summary>Bytes of a request for registers.</summary>
    public const int RequestLength = 8;

    /// <summary>Most registers of one request.</summary>
    public const int MostRegisters = 125;

    /// <summary>Longest answer: unit, function, count, registers, CRC.</summary>
    public const int LongestAnswer = 5 + (2 * MostRegisters);

    /// <summary>Bytes of noise before an answer that are looked past: a line that changes its direction may make some.</summary>
    public const int MostNoise = 16;

    /// <summary>The address that a PZEM-004T v3 answers to whatever its own is (user manual, section 2.2); it may answer with either.</summary>
    public const byte General = 0xf8;

    /// <summary>CRC of a message: X¹⁶ + X¹⁵ + X² + 1, reflected, begun with 0xFFFF; low byte first on the line (serial line V1.02, 6.2.2).</summary>
    public static ushort Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xffff;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xa001;
            }
        }

        return (ushort)crc;
    }

    /// <summary>Silence between messages: 3.5 characters of 11 bits, and 1.75 ms above 19,200 baud (serial line V1.02, 2.5.1.1).</summary>
    public static TimeSpan Silence(int baud) =>
        baud > 19_200 ? TimeSpan.FromMilliseconds(1.75) : TimeSpan.FromSeconds(3.5 * 11 / baud);

    /// <summary>Writes a request for registers.</summary>
    /// <param name="into">Gets <see cref="RequestLength"/> bytes.</param>
    /// <param name="unit">1 … 247, or <see cref="General"/>.</param>
    /// <param name="function">3 holding, 4 input registers.</param>
    /// <param name="first">Address of the first register, from 0.</param>
    /// <param name="count">1 … 125.</param>
    public static void WriteRequest(Span<byte> into, byte unit, byte function, int first, int count)
    {
        into[0] = unit;
        into[1] = function;
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], (ushort)first);
        BinaryPrimitives.WriteUInt16BigEndian(into[4..], (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(into[6..], Crc(into[..6]));
    }

    /// <summary>Bytes at the begin of the input that are the request itself, heard by an adapter whose receiver stays on.</summary>
    public static int Echo(ReadOnlySpan<byte> input, ReadOnlySpan<byte> request) => input.StartsWith(request) ? request.Length : 0;

    /// <summary>Looks for the answer to a request in all that has come since.</summary>
    /// <param name="input">What has come.</param>
    /// <param name="request">The request.</param>
    /// <param name="registers">Gets the registers, as many as were asked for.</param>
    /// <param name="exception">Gets the exception's code.</param>
    public static ModbusAnswer Read(ReadOnlySpan<byte> input, ReadOnlySpan<byte> request, Span<ushort> registers, out byte exception)
    {
        exception = 0;
        var answer = ModbusAnswer.Nothing;
        var bytes = BinaryPrimitives.ReadUInt16BigEndian(request[4..]) * 2;
        var rest = input[Echo(input, request)..];
        for (var noise = 0; noise <= MostNoise && noise < rest.Length; noise++)
        {
            var candidate = rest[noise..];
            if (candidate[0] != request[0] && (request[0] != General || candidate[0] is 0 or > 247))
            {
                continue;
            }

            if (candidate.Length < 3)
            {
                answer = answer == ModbusAnswer.Nothing ? ModbusAnswer.More : answer;
                break;
            }

            var refused = candidate[1] == (request[1] | 0x80);
            var length = refused ? 5 : 5 + bytes;
            if (!refused && (candidate[1] != request[1] || candidate[2] != bytes))
            {
                continue;
            }

            if (candidate.Length < length)
            {
                answer = answer == ModbusAnswer.Nothing ? ModbusAnswer.More : answer;
                continue;
            }

            if (BinaryPrimitives.ReadUInt16LittleEndian(candidate[(length - 2)..]) != Crc(candidate[..(length - 2)]))
            {
                answer = ModbusAnswer.BadChecksum;
                continue;
            }

            if (refused)
            {
                exception = candidate[2];
                return ModbusAnswer.Exception;
            }

            for (var i = 0; i < bytes / 2; i++)
            {
                registers[i] = BinaryPrimitives.ReadUInt16BigEndian(candidate[(3 + (2 * i))..]);
            }

            return ModbusAnswer.Registers;
        }

        return answer;
    }
}
