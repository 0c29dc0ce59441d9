using System.Buffers;

namespace SmartCity.Mqtt.Tests;

/// <summary>
/// Feeds mutated packets to the codec, as a hostile client would. Every input ends in a verdict without an exception; what
/// is accepted has to survive being written and read again; and no input makes more than a bounded amount of garbage.
/// </summary>
internal sealed class Fuzzer(int seed)
{
    private const int _allocationPerInput = 64 * 1024; // a kilobyte of input makes a few small objects; what a length field says makes none
    private readonly Random _random = new(seed);
    private readonly byte[] _buffer = new byte[2048];

    public long Accepted { get; private set; }

    public long Refused { get; private set; }

    public long Incomplete { get; private set; }

    public void Run(long inputs, CancellationToken stop)
    {
        // the valid ones twice more: what is nearly right goes deepest
        var valid = PacketCaseTests.Cases.Where(c => c.Expected == ReasonCode.Success).ToArray();
        var seeds = PacketCaseTests.Cases.Concat(valid).Concat(valid).Select(c => c.Bytes).ToArray();
        for (var i = 0L; i < inputs && !stop.IsCancellationRequested; i++)
        {
            var length = Mutate(seeds);
            var version = (_random.Next() & 1) == 0 ? ProtocolVersion.V311 : ProtocolVersion.V500;
            try
            {
                Try(length, version);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException(
                    $"seed {seed}, input {i}, {version}: {Convert.ToHexString(_buffer, 0, length)}", error);
            }
        }
    }

    private void Try(int length, ProtocolVersion version)
    {
        var whole = _buffer.AsMemory(0, length);
        // one in four in pieces: that is a way of its own through the readers, and a slow one
        var bytes = (_random.Next() & 3) == 0 ? Pieces.AtRandom(whole, _random) : new ReadOnlySequence<byte>(whole);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var status = AnyPacket.Read(bytes, version, out var reason, out var packet);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, _allocationPerInput);
        if (status == FrameStatus.NeedMore)
        {
            Incomplete++;
        }
        else if (reason != ReasonCode.Success)
        {
            Refused++;
        }
        else
        {
            Accepted++;
            PacketCaseTests.AssertRoundTrip(packet!, version);
        }
    }

    private int Mutate(byte[][] seeds)
    {
        var seedBytes = seeds[_random.Next(seeds.Length)];
        seedBytes.CopyTo(_buffer, 0);
        var length = seedBytes.Length;
        for (var rounds = _random.Next(1, 4); rounds > 0; rounds--)
        {
            var at = _random.Next(length);
            switch (_random.Next(8))
            {
                case 0:
                    _buffer[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    _buffer[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    _buffer[at] = (byte)(_random.Next(2) * 0xFF);
                    break;
                case 3:
                    length = Math.Max(1, at);
                    break;
                case 4 when length < 1024:
                    Array.Copy(_buffer, at, _buffer, at + 1, length - at);
                    _buffer[at] = (byte)_random.Next(256);
                    length++;
                    break;
                case 5 when length > 1:
                    Array.Copy(_buffer, at + 1, _buffer, at, length - at - 1);
                    length--;
                    break;
                case 6:
                    var other = seeds[_random.Next(seeds.Length)];
                    var count = Math.Min(_random.Next(other.Length + 1), 1024 - at);
                    Array.Copy(other, 0, _buffer, at, Math.Max(0, count));
                    length = Math.Max(length, at + Math.Max(0, count));
                    break;
                default:
                    var from = _random.Next(length);
                    var some = Math.Min(_random.Next(1, 32), Math.Min(length - from, 1024 - at));
                    Array.Copy(_buffer, from, _buffer, at, Math.Max(0, some));
                    length = Math.Max(length, at + Math.Max(0, some));
                    break;
            }
        }

        if (_random.Next(4) != 0 && length is > 2 and < 128)
        {
            _buffer[1] = (byte)(length - 2); // mostly with a length that agrees, or nothing behind it is ever looked at
        }

        return length;
    }
}

public sealed class FuzzTests
{
    [Fact]
    public void Nothing_a_client_sends_gets_through_or_out_of_hand()
    {
        var inputs = long.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_FUZZ"), out var asked) ? asked : 200_000;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_FUZZ_SEED"), out var given) ? given : 20_261_122;
        using var hang = new CancellationTokenSource(TimeSpan.FromSeconds(30 + (inputs / 10_000)));
        var fuzzer = new Fuzzer(seed);
        fuzzer.Run(inputs, hang.Token);
        Assert.False(hang.IsCancellationRequested, "too slow: an input may have come near to hanging");
        Assert.True(fuzzer.Accepted > inputs / 100, "hardly anything was accepted: the mutations miss the point");
        Assert.True(fuzzer.Refused > inputs / 100);
        TestContext.Current.SendDiagnosticMessage(
            "{0} inputs: {1} accepted, {2} refused, {3} incomplete", inputs, fuzzer.Accepted, fuzzer.Refused, fuzzer.Incomplete);
    }
}
