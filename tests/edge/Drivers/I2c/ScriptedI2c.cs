using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Tests.Drivers.I2c;

/// <summary>A chip by a table of bytes: what was written decides what is read. It can stop acknowledging after any byte.</summary>
internal abstract class ScriptedI2c(int address) : I2cDevice
{
    /// <summary>Bytes that went over the bus since it was last set to 0, register numbers among them.</summary>
    public int Bytes { get; set; }

    /// <summary>After so many bytes it stops acknowledging; null = never.</summary>
    public int? CutAfter { get; set; }

    /// <summary>Nothing acknowledges the address.</summary>
    public bool Absent { get; set; }

    public override int Bus => 1;

    public override int Address => address;

    public override void Read(Span<byte> into)
    {
        Count(into.Length);
        Give(into);
    }

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        Count(bytes.Length);
        Take(bytes);
    }

    public override void WriteRead(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        Count(bytes.Length);
        Take(bytes);
        Count(into.Length);
        Give(into);
    }

    protected abstract void Take(ReadOnlySpan<byte> bytes);

    protected abstract void Give(Span<byte> into);

    private void Count(int bytes)
    {
        if (Absent)
        {
            throw new BusException(BusFault.NoAnswer, "nothing answers");
        }

        Bytes += bytes;
        if (CutAfter is { } limit && Bytes > limit)
        {
            throw new BusException(BusFault.Broken, $"no acknowledgement after byte {limit}");
        }
    }
}

/// <summary>Registers of one byte that keep what is written, as i2c-stub does.</summary>
internal sealed class RegisterScript(int address) : ScriptedI2c(address)
{
    private byte _pointer;

    public byte[] Registers { get; } = new byte[256];

    /// <summary>Called after a register was written.</summary>
    public Action<byte, byte>? Written { get; set; }

    /// <summary>Called before registers are read, with the first.</summary>
    public Action<byte>? Reading { get; set; }

    public void Put(int register, params ReadOnlySpan<byte> bytes) => bytes.CopyTo(Registers.AsSpan(register));

    protected override void Take(ReadOnlySpan<byte> bytes)
    {
        _pointer = bytes[0];
        for (var i = 1; i < bytes.Length; i++)
        {
            Registers[_pointer] = bytes[i];
            Written?.Invoke(_pointer, bytes[i]);
            _pointer++;
        }
    }

    protected override void Give(Span<byte> into)
    {
        Reading?.Invoke(_pointer);
        Registers.AsSpan(_pointer, into.Length).CopyTo(into);
    }
}

/// <summary>Commands: a table from the bytes written, in hex, to the answers that the next reads give, one after the other; the last stays.</summary>
internal sealed class CommandScript(int address) : ScriptedI2c(address)
{
    private readonly Dictionary<string, Queue<string>> _answers = new(StringComparer.Ordinal);
    private string _command = "";

    public List<string> Commands { get; } = [];

    /// <summary>Answers to a command, in hex; "nack" = not acknowledged.</summary>
    public CommandScript On(string command, params string[] answers)
    {
        _answers[command] = new Queue<string>(answers);
        return this;
    }

    protected override void Take(ReadOnlySpan<byte> bytes)
    {
        _command = Convert.ToHexString(bytes);
        Commands.Add(_command);
    }

    protected override void Give(Span<byte> into)
    {
        if (!_answers.TryGetValue(_command, out var answers))
        {
            throw new BusException(BusFault.NoAnswer, $"nothing to read after {_command}");
        }

        var answer = answers.Count > 1 ? answers.Dequeue() : answers.Peek();
        if (answer == "nack")
        {
            throw new BusException(BusFault.NoAnswer, "not acknowledged");
        }

        Convert.FromHexString(answer).AsSpan(0, into.Length).CopyTo(into);
    }
}

/// <summary>An ADS1115 whose channels have given volts; conversions take no time.</summary>
internal sealed class ConverterScript(int address) : ScriptedI2c(address)
{
    private static readonly double[] Scales = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256];
    private byte _pointer;

    public Func<int, double> Volts { get; set; } = static _ => 0;

    public ushort Config { get; set; } = 0x8583;

    /// <summary>What the configuration reads as; null = as written, done.</summary>
    public Func<ushort, ushort>? ReadsAs { get; set; }

    public int Conversions { get; private set; }

    /// <summary>Channel of every conversion, in order.</summary>
    public List<int> Channels { get; } = [];

    public short Raw { get; private set; }

    protected override void Take(ReadOnlySpan<byte> bytes)
    {
        _pointer = bytes[0];
        if (bytes.Length == 3 && _pointer == 1)
        {
            Config = (ushort)((bytes[1] << 8) | bytes[2]);
            Conversions++;
            Channels.Add(((Config >> 12) & 7) - 4);
            var volts = Volts(Channels[^1]);
            Raw = (short)Math.Clamp(Math.Round(volts / Scales[(Config >> 9) & 7] * 32_768), short.MinValue, short.MaxValue);
        }
    }

    protected override void Give(Span<byte> into)
    {
        var value = _pointer == 0 ? (ushort)Raw : ReadsAs?.Invoke(Config) ?? Config;
        (into[0], into[1]) = ((byte)(value >> 8), (byte)value);
    }
}
