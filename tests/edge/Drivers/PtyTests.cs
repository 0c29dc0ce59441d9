using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.Serial;
using SmartCity.Edge.Drivers.Serial.Modbus;
using SmartCity.Edge.Tests.Buses;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>Drivers on the kernel's own serial code: real pseudo-terminals, the byte streams of the datasheets, broken frames among them.</summary>
public sealed class PtyTests : IDisposable
{
    private readonly Pty _pty = new();
    private readonly LinuxBoard _board = new();

    // Only what the driver measures by its clock (warm-up); the port waits by the real one.
    private readonly JumpTime _time = new();
    private Task<byte[]>? _request;

    public void Dispose()
    {
        _board.Dispose();
        _pty.Dispose();
    }

    [Fact]
    public async Task A_PMS5003_streams_with_noise_and_broken_frames_in_between()
    {
        var right = Frames.Pms5003(9, 13, 18, 10, 14, 19, 1750, 500);
        var wrong = (byte[])right.Clone();
        wrong[12] ^= 0xff;
        await using var sensor = Parts.Make<Pms5003>("pms5003", new DriverContext(_board, _time), ("port", _pty.Path));
        await sensor.StartAsync(default);
        await using var stream = new Stream(_pty, [wrong, right[..11], [0x42, 0x4d, 0xff], right[5..], right]);
        await sensor.FaultAsync(DeviceFault.WarmingUp);
        _time.Advance(TimeSpan.FromSeconds(30));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(new() { ["pm2_5_ug_m3"] = 14, ["pm10_ug_m3"] = 19 }, await sensor.MeasureAsync());
        }
    }

    [Fact]
    public async Task An_SDS011_streams_the_frame_of_its_protocol()
    {
        await using var sensor = Parts.Make<Sds011>("sds011", new DriverContext(_board, _time), ("port", _pty.Path));
        await sensor.StartAsync(default);
        await using var stream = new Stream(_pty, [Convert.FromHexString("AAC0D4043A0AA1601DAB"), [0xaa, 0xc0, 0xd4], [0xab]]);
        await sensor.FaultAsync(DeviceFault.WarmingUp);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(new() { ["pm2_5_ug_m3"] = 123.6, ["pm10_ug_m3"] = 261.8 }, await sensor.MeasureAsync());
    }

    [Fact]
    public async Task An_A02YYUW_streams_the_frame_of_its_datasheet_among_wrong_ones()
    {
        await using var sensor = Parts.Make<A02yyuw>("a02yyuw", new DriverContext(_board, _time), ("port", _pty.Path), ("mount", "4"));
        await sensor.StartAsync(default);
        await using var stream = new Stream(_pty, [[0xff, 0x07, 0xa1, 0xa7], [0xff, 0x07, 0xa1, 0xa6], [0xff, 0xff], [0xff, 0x07, 0xa1, 0xa7]]);
        Assert.Equal(2.047, (await sensor.MeasureAsync())["water_level_m"]);
    }

    [Fact]
    public async Task A_PZEM_answers_after_an_echo_and_in_pieces()
    {
        var answer = ModbusBytes.Seal("01 04 14 08 98 03 E8 00 00 08 98 00 00 00 00 00 00 01 F4 00 64 00 00");
        await using var meter = Parts.Make<Pzem004t>("pzem004t", new DriverContext(_board, TimeProvider.System), ("port", _pty.Path), ("unit", "1"), ("timeout", "5s"));
        await meter.StartAsync(default);
        for (var cut = 0; cut < answer.Length; cut += 4)
        {
            var values = await AskedAsync(meter.MeasureAsync(), request =>
            {
                Assert.Equal(ModbusBytes.Seal("01 04 00 00 00 0A"), request);
                _pty.Send(request);
                _pty.Send(answer.AsSpan(0, cut));
                _pty.Send(answer.AsSpan(cut));
            });
            Assert.Equal(220, values["voltage_v"]);
        }

        // The first answer is spoilt: the meter is asked again.
        var asked = 0;
        var second = await AskedAsync(meter.MeasureAsync(), _ => _pty.Send(asked++ == 0 ? [.. answer[..^1], (byte)~answer[^1]] : answer));
        Assert.Equal(220, second["voltage_v"]);
        Assert.True(asked >= 2);
    }

    [Fact]
    public async Task An_adapter_that_is_pulled_out_is_a_fault_of_the_bus_and_not_a_number()
    {
        var gone = new Pty();
        await using var sensor = Parts.Make<A02yyuw>("a02yyuw", new DriverContext(_board, _time), ("port", gone.Path), ("mount", "4"));
        await sensor.StartAsync(default);
        var measured = sensor.MeasureAsync();
        gone.Dispose();
        await Assert.ThrowsAsync<BusException>(() => Wait.ForAsync(measured, "the measurement ended"));
        await sensor.FaultAsync(DeviceFault.Unavailable);
    }

    /// <summary>Answers whatever is asked until it is measured; on a busy machine a piece may come too late, and is asked for again.</summary>
    private async Task<Dictionary<string, double>> AskedAsync(Task<Dictionary<string, double>> measured, Action<byte[]> answer)
    {
        while (true)
        {
            _request ??= _pty.ReceiveAsync(ModbusRtu.RequestLength);
            if (await Wait.ForAsync(Task.WhenAny(measured, _request), "the meter was asked, or measured") == measured)
            {
                return await measured;
            }

            var request = await _request;
            _request = null;
            if (request.Length == ModbusRtu.RequestLength)
            {
                answer(request);
            }
        }
    }

    /// <summary>A sensor that sends its pieces round and round.</summary>
    private sealed class Stream : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;

        public Stream(Pty pty, byte[][] pieces) => _task = Task.Run(async () =>
        {
            for (var i = 0; !_stop.IsCancellationRequested; i++)
            {
                pty.Send(pieces[i % pieces.Length]);
                await Wait.AMomentAsync(CancellationToken.None);
            }
        });

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Wait.ForAsync(_task, "the sensor stopped talking");
            _stop.Dispose();
        }
    }
}
