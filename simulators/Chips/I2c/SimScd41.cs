namespace SmartCity.Simulators.Chips.I2c;

/// <summary>A simulated SCD41, command by command (SCD4x datasheet, section 3): idle after power-up, periodic measurement every 5 s whose
/// result is given once, settings taken while idle only.</summary>
/// <param name="ppm">CO₂, 0 … 40,000 ppm.</param>
/// <param name="celsius">Temperature.</param>
/// <param name="percent">Relative humidity.</param>
/// <param name="time">Clock of its measurements.</param>
internal sealed class SimScd41(Func<double> ppm, Func<double> celsius, Func<double> percent, TimeProvider time) : SimSensirion(time)
{
    private const double Period = 5;
    private long? _started;
    private long _given;
    private ushort _offset = 0x05DA; // 4 °C
    private ushort _altitude;
    private ushort[]? _last;

    /// <summary>Pressure that it compensates by, in hPa; 0 = by the altitude.</summary>
    public int Pressure { get; private set; }

    /// <summary>Altitude that it compensates by, in metres.</summary>
    public int Altitude => _altitude;

    private long Periods => _started is { } started ? (long)(Time.GetElapsedTime(started).TotalSeconds / Period) : 0;

    /// <inheritdoc/>
    public override void BrownOut()
    {
        base.BrownOut();
        (_started, _given, _offset, _altitude, Pressure) = (null, 0, 0x05DA, 0, 0);
    }

    /// <inheritdoc/>
    protected override void Command(ushort command, ushort? word)
    {
        switch (command)
        {
            case 0xE4B8:
                Answer(1, Periods > _given ? (ushort)0x8006 : (ushort)0x8000);
                return;
            case 0xEC05:
                GiveMeasurement();
                return;
            case 0xE000 when word is { } hectopascal:
                Pressure = hectopascal;
                return;
            case 0x3F86:
                _started = null;
                return;
        }

        if (_started is not null)
        {
            throw NotAcknowledged(); // takes no other command while it measures
        }

        Idle(command, word);
    }

    private void Idle(ushort command, ushort? word)
    {
        switch (command)
        {
            case 0x21B1:
                (_started, _given) = (Time.GetTimestamp(), 0);
                break;
            case 0x3682:
                Answer(1, 0xF896, 0x9F07, 0x3BBE); // the datasheet's own example
                break;
            case 0x241D when word is { } offset:
                _offset = offset;
                break;
            case 0x2318:
                Answer(1, _offset);
                break;
            case 0x2427 when word is { } metres:
                _altitude = metres;
                break;
            case 0x2322:
                Answer(1, _altitude);
                break;
        }
    }

    private void GiveMeasurement()
    {
        if (Periods <= _given)
        {
            return; // an empty buffer is not acknowledged when it is read
        }

        _given = Periods;
        if (!Stuck || _last is null)
        {
            _last = [(ushort)Math.Clamp(Math.Round(ppm()), 0, 40_000), Word(celsius(), -45, 175), Word(percent(), 0, 100)];
        }

        Answer(1, _last);
    }
}
