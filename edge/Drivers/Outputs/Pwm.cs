using System.Globalization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Outputs;

/// <summary>
/// A dimming input behind a PWM channel of the kernel (0–10 V through a converter, IEC 60929 annex E; or PWM itself). 0 % is no pulse at
/// all; above it the duty goes in a straight line from <c>min</c> to <c>max</c>, for converters that do not begin at 0 or end at 10 V.
/// Opening the channel changes nothing: the lamp burns on as it did. Feedback is the duty read back from the kernel.
/// </summary>
internal sealed class Pwm : OutputDriver
{
    /// <summary>The kernel counts in whole nanoseconds; at 100 kHz one is 0.01 % of a period.</summary>
    private const double Tolerance = 0.5;

    private readonly DriverContext _context;
    private readonly int _chip;
    private readonly int _channel;
    private readonly int _frequency;
    private readonly double _min;
    private readonly double _max;
    private readonly bool _invert;
    private PwmChannel? _pwm;

    /// <summary>Reads the settings.</summary>
    public Pwm(PartSettings settings, DriverContext context)
    {
        _context = context;
        _chip = settings.Whole("pwm", 0, 63, 0);
        _channel = settings.Whole("channel", 0, 63, 0);
        _frequency = settings.Whole("frequency", 50, 100_000, 1000);
        _min = settings.Number("min", 0, 100, 0);
        _max = settings.Number("max", 0, 100, 100);
        _invert = settings.Flag("invert", otherwise: false);
        if (_min >= _max)
        {
            settings.Fault("max", string.Create(CultureInfo.InvariantCulture, $"{_max} is not above min, {_min}"));
            (_min, _max) = (0, 100);
        }
    }

    /// <inheritdoc/>
    public override string Where => $"PWM pwmchip{_chip} channel {_channel}";

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Close();
        _pwm = _context.Board.OpenPwm(_chip, _channel, _frequency);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask SetAsync(double percent, CancellationToken cancel)
    {
        Levels.Check(percent);
        var pwm = Open();
        var duty = percent == 0 ? 0 : _min + ((_max - _min) * percent / 100);
        pwm.DutyCycle = (_invert ? 100 - duty : duty) / 100;
        var back = Duty(pwm);
        return Math.Abs(back - duty) <= Tolerance
            ? ValueTask.CompletedTask
            : throw new DriverException(
                DeviceFault.Stuck,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Where} does not follow: asked for a duty of {duty:0.#} %, it reads back {back:0.#} %; does another program drive it?"));
    }

    /// <inheritdoc/>
    public override ValueTask<double> FeedbackAsync(CancellationToken cancel)
    {
        var duty = Duty(Open());
        if (duty <= Math.Min(Tolerance, _min / 2))
        {
            return new(0);
        }

        // A duty outside the line was not set by this driver: it cannot say what the lamp makes of it.
        return new(duty < _min - Tolerance || duty > _max + Tolerance
            ? double.NaN
            : Math.Round(Math.Clamp((duty - _min) / (_max - _min) * 100, 0, 100), 1));
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Close();
        return base.DisposeAsync();
    }

    private double Duty(PwmChannel pwm) => _invert ? 100 - (pwm.DutyCycle * 100) : pwm.DutyCycle * 100;

    private PwmChannel Open() => _pwm ?? throw new DriverException(DeviceFault.Unavailable, $"{Where} has not been started");

    private void Close()
    {
        _pwm?.Dispose();
        _pwm = null;
    }
}
