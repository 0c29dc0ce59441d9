using System.Device.Gpio;
using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Iot;

/// <summary>One opened pin: our line once its mode is known, and who is told of its edges.</summary>
/// <param name="board">The board.</param>
/// <param name="chip">Name of the chip.</param>
/// <param name="number">Number of the line.</param>
internal sealed class IotPin(Board board, string chip, int number) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(PinEventTypes Types, PinChangeEventHandler Callback)> _callbacks = [];
    private GpioLine? _line;
    private bool _watched;

    /// <summary>Its mode; an input until it is set.</summary>
    public PinMode Mode { get; private set; } = PinMode.Input;

    /// <summary>The line; a pin whose mode was never set is an input.</summary>
    /// <exception cref="BusException">It cannot be had.</exception>
    public GpioLine Line
    {
        get
        {
            lock (_gate)
            {
                return _line ??= Open(PinMode.Input, initial: false);
            }
        }
    }

    /// <summary>Takes the line anew in a mode. An output that gets no level keeps the one that it drives, or is low.</summary>
    /// <exception cref="BusException">It cannot be had.</exception>
    public void SetMode(PinMode mode, bool? initial)
    {
        lock (_gate)
        {
            if (_line is not null && Mode == mode)
            {
                if (initial is { } again)
                {
                    _line.Write(again);
                }

                return;
            }

            var level = initial ?? (mode == PinMode.Output && _line?.Read() == true);
            _line?.Dispose();
            _line = null;
            _line = Open(mode, level);
            Mode = mode;
            _watched = false;
            Watch();
        }
    }

    /// <summary>Has edges told.</summary>
    /// <exception cref="BusException">The line gives none.</exception>
    public void Add(PinEventTypes types, PinChangeEventHandler callback)
    {
        lock (_gate)
        {
            _callbacks.Add((types, callback));
            _line ??= Open(PinMode.Input, initial: false);
            Watch();
        }
    }

    /// <summary>Ends the telling.</summary>
    public void Remove(PinChangeEventHandler callback)
    {
        lock (_gate)
        {
            _callbacks.RemoveAll(c => c.Callback == callback);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GpioLine? line;
        lock (_gate)
        {
            _callbacks.Clear();
            (line, _line) = (_line, null);
        }

        line?.Dispose();
    }

    private GpioLine Open(PinMode mode, bool initial) => board.OpenGpio(
        new GpioSettings(chip, number, mode == PinMode.Output ? GpioDirection.Output : GpioDirection.Input)
        {
            Initial = initial,
            Pull = mode switch { PinMode.InputPullUp => GpioPull.Up, PinMode.InputPullDown => GpioPull.Down, _ => GpioPull.AsIs },
        });

    private void Watch()
    {
        if (!_watched && _callbacks.Count > 0 && Mode != PinMode.Output)
        {
            _watched = true;
            _line!.Watch(Tell);
        }
    }

    private void Tell(GpioEdge edge)
    {
        var type = edge.Level ? PinEventTypes.Rising : PinEventTypes.Falling;
        List<PinChangeEventHandler> told;
        lock (_gate)
        {
            told = _callbacks.Where(c => (c.Types & type) != 0).Select(c => c.Callback).ToList();
        }

        foreach (var callback in told)
        {
            callback(this, new PinValueChangedEventArgs(type, number));
        }
    }
}
