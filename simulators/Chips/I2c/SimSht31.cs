namespace SmartCity.Simulators.Chips.I2c;

/// <summary>A simulated SHT31, command by command (SHT3x-DIS datasheet, section 4): single shots of high repeatability, status register,
/// soft reset, heater.</summary>
/// <param name="celsius">Temperature, −45 … 130 °C.</param>
/// <param name="percent">Relative humidity.</param>
/// <param name="time">Clock of its measurements.</param>
internal sealed class SimSht31(Func<double> celsius, Func<double> percent, TimeProvider time) : SimSensirion(time)
{
    private const ushort AfterReset = 0x8010; // alert pending and reset detected (table 18)
    private const double Typical = 12.5; // ms (table 4)
    private ushort _status = AfterReset;
    private (ushort Celsius, ushort Percent)? _last;

    /// <inheritdoc/>
    public override void BrownOut()
    {
        base.BrownOut();
        _status = AfterReset;
    }

    /// <inheritdoc/>
    protected override void Command(ushort command, ushort? word)
    {
        _status &= 0xFFFD;
        switch (command)
        {
            case 0x2400:
                if (!Stuck || _last is null)
                {
                    _last = (Word(celsius(), -45, 175), Word(percent(), 0, 100));
                }

                Answer(Typical, _last.Value.Celsius, _last.Value.Percent);
                break;
            case 0x30A2:
                _status = AfterReset;
                break;
            case 0xF32D:
                Answer(0, _status);
                break;
            case 0x3041:
                _status &= 0x23EF; // bits 15, 11, 10 and 4
                break;
            case 0x306D:
                _status |= 1 << 13;
                break;
            case 0x3066:
                _status &= 0xDFFF;
                break;
            default:
                _status |= 0x0002;
                break;
        }
    }
}
