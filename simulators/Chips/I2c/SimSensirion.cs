using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Simulators.Chips.I2c;

/// <summary>What Sensirion's simulated chips share: commands of two bytes in, words with their CRC out, no acknowledgement for a read
/// while there is nothing to read.</summary>
/// <param name="time">Clock of their measurements.</param>
internal abstract class SimSensirion(TimeProvider time) : SimI2cChip
{
    private byte[] _answer = [];
    private long _ready;

    /// <summary>Clock.</summary>
    protected TimeProvider Time => time;

    /// <inheritdoc/>
    public override void BrownOut() => _answer = [];

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        _answer = [];
        if (bytes.Length < 2)
        {
            return;
        }

        ushort? word = null;
        if (bytes.Length >= 5)
        {
            if (Crc8.Of(bytes[2..4]) != bytes[4])
            {
                return; // a word with a wrong CRC is not taken
            }

            word = (ushort)((bytes[2] << 8) | bytes[3]);
        }

        Command((ushort)((bytes[0] << 8) | bytes[1]), word);
    }

    /// <inheritdoc/>
    public override void Read(Span<byte> into)
    {
        if (_answer.Length == 0 || time.GetTimestamp() < _ready)
        {
            throw NotAcknowledged();
        }

        into.Fill(0xFF); // nobody pulls the line low after the last byte
        _answer.AsSpan(0, Math.Min(into.Length, _answer.Length)).CopyTo(into);
        _answer = [];
    }

    /// <summary>Takes a command, with its word if one came and its CRC was right.</summary>
    protected abstract void Command(ushort command, ushort? word);

    /// <summary>Has words ready to be read.</summary>
    /// <param name="after">Milliseconds from now.</param>
    /// <param name="words">The words; each gets its CRC.</param>
    protected void Answer(double after, params ReadOnlySpan<ushort> words)
    {
        var answer = new byte[words.Length * 3];
        for (var i = 0; i < words.Length; i++)
        {
            (answer[i * 3], answer[(i * 3) + 1]) = ((byte)(words[i] >> 8), (byte)words[i]);
            var crc = Crc8.Of(answer.AsSpan(i * 3, 2));
            answer[(i * 3) + 2] = BadCrc ? (byte)~crc : crc;
        }

        _answer = answer;
        _ready = time.GetTimestamp() + (long)(after / 1_000 * time.TimestampFrequency);
    }

    /// <summary>A part of a range as sixteen bits.</summary>
    protected static ushort Word(double value, double least, double range) => (ushort)Math.Clamp(Math.Round((value - least) / range * 65_535), 0, 65_535);
}
