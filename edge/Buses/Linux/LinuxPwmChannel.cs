using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>
/// A PWM output through sysfs. The kernel wants an order: exported, then a period that is no shorter than the duty time, then the duty
/// time, then enabled. A channel that already runs at this frequency keeps its level: a lamp does not blink because a gateway starts.
/// </summary>
internal sealed class LinuxPwmChannel : PwmChannel
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int WaitMs = 10;
    private const int Waits = 200;

    private readonly string _folder;
    private readonly string _where;
    private readonly long _period;

    private LinuxPwmChannel(string folder, string where, int frequency)
    {
        _folder = folder;
        _where = where;
        Frequency = frequency;
        _period = NanosecondsPerSecond / frequency;
    }

    /// <inheritdoc/>
    public override int Frequency { get; }

    /// <inheritdoc/>
    public override double DutyCycle
    {
        get => Get("enable") == 0 ? 0 : (double)Get("duty_cycle") / Math.Max(1, Get("period"));
        set
        {
            if (!(value is >= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "0 … 1");
            }

            Set("duty_cycle", (long)Math.Round(value * _period));
            if (Get("enable") != 1)
            {
                Set("enable", 1);
            }
        }
    }

    /// <summary>Opens a channel, exporting it if nobody has. Waits up to 2 s until udev has given its files to the group.</summary>
    /// <exception cref="BusException">There is none, it is held by the kernel, denied, or the frequency cannot be had.</exception>
    public static LinuxPwmChannel Open(string sys, int chip, int channel, int frequency)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frequency);
        var where = string.Create(CultureInfo.InvariantCulture, $"pwmchip{chip} channel {channel}");
        var root = Path.Combine(sys, "class/pwm", string.Create(CultureInfo.InvariantCulture, $"pwmchip{chip}"));
        if (SysFile.TryRead(Path.Combine(root, "npwm"), out _) is not { } text)
        {
            throw new BusException(
                BusFault.Missing, $"{root} is not there; switch PWM on (dtoverlay=pwm-2chan in /boot/firmware/config.txt) and restart the board");
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || channel < 0 || channel >= count)
        {
            throw new BusException(BusFault.Missing, $"{where} is not there: the chip has channels 0 … {count - 1}");
        }

        var folder = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"pwm{channel}"));
        if (!Directory.Exists(folder))
        {
            var error = SysFile.TryWrite(Path.Combine(root, "export"), channel.ToString(CultureInfo.InvariantCulture));
            if (error == Errno.Busy && !Directory.Exists(folder))
            {
                throw new BusException(BusFault.Busy, $"{where} is held by a kernel driver (a fan, a backlight); choose another channel");
            }

            if (error != 0 && error != Errno.Busy)
            {
                throw Error(error, where, Path.Combine(root, "export"));
            }
        }

        AwaitAccess(folder, where);
        var pwm = new LinuxPwmChannel(folder, where, frequency);
        pwm.Prepare();
        return pwm;
    }

    private static void AwaitAccess(string folder, string where)
    {
        var path = Path.Combine(folder, "enable");
        for (var i = 0; ; i++)
        {
            using (var file = Kernel.Open(path, Kernel.ReadWrite))
            {
                if (!file.IsInvalid)
                {
                    return;
                }
            }

            var error = Kernel.Errno;
            if (error is not (Errno.Access or Errno.NoEntry) || i == Waits)
            {
                throw Error(error, where, path);
            }

            Thread.Sleep(WaitMs);
        }
    }

    private static BusException Error(int error, string where, string path) =>
        error == Errno.Access ? BusErrors.OfOpening(error, path, "") : BusErrors.Of(BusWork.Sysfs, error, where);

    private void Prepare()
    {
        var period = Get("period");
        if (period == _period)
        {
            return;
        }

        if (Get("duty_cycle") > _period)
        {
            Set("duty_cycle", 0);
        }

        Set("period", _period);
    }

    private long Get(string name)
    {
        var text = SysFile.TryRead(Path.Combine(_folder, name), out var error) ?? throw Error(error, _where, Path.Combine(_folder, name));
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
    }

    private void Set(string name, long value)
    {
        var error = SysFile.TryWrite(Path.Combine(_folder, name), value.ToString(CultureInfo.InvariantCulture));
        if (error != 0)
        {
            var (fault, why) = BusErrors.Judge(BusWork.Sysfs, error);
            throw error == Errno.Access
                ? Error(error, _where, Path.Combine(_folder, name))
                : new BusException(fault, string.Create(CultureInfo.InvariantCulture, $"{_where}: {name} {value} ns at {Frequency} Hz: {why} (errno {error})"));
        }
    }
}
