using System.Device.Gpio;
using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Iot;

/// <summary>The lines of one of our GPIO chips, as System.Device.Gpio has them. A pin's number is the line's. A line is taken from the
/// board when its mode is set, and given back when the pin is closed.</summary>
/// <param name="board">The board.</param>
/// <param name="chip">Name of the chip.</param>
internal sealed class IotGpioDriver(Board board, string chip) : GpioDriver
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, IotPin> _pins = [];

    /// <summary>Unknown here: the kernel refuses a line that is not there.</summary>
    protected override int PinCount => int.MaxValue;

    /// <inheritdoc/>
    protected override void OpenPin(int pinNumber)
    {
        lock (_gate)
        {
            _pins.TryAdd(pinNumber, new IotPin(board, chip, pinNumber));
        }
    }

    /// <inheritdoc/>
    protected override void ClosePin(int pinNumber)
    {
        IotPin? pin;
        lock (_gate)
        {
            _pins.Remove(pinNumber, out pin);
        }

        pin?.Dispose();
    }

    /// <inheritdoc/>
    protected override void SetPinMode(int pinNumber, PinMode mode) => Pin(pinNumber).SetMode(mode, initial: null);

    /// <inheritdoc/>
    protected override void SetPinMode(int pinNumber, PinMode mode, PinValue initialValue) =>
        Pin(pinNumber).SetMode(mode, initialValue == PinValue.High);

    /// <inheritdoc/>
    protected override PinMode GetPinMode(int pinNumber) => Pin(pinNumber).Mode;

    /// <inheritdoc/>
    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) =>
        mode is PinMode.Input or PinMode.InputPullUp or PinMode.InputPullDown or PinMode.Output;

    /// <inheritdoc/>
    protected override PinValue Read(int pinNumber) => Pin(pinNumber).Line.Read();

    /// <inheritdoc/>
    protected override void Write(int pinNumber, PinValue value) => Pin(pinNumber).Line.Write(value == PinValue.High);

    /// <inheritdoc/>
    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) =>
        WaitForEventAsync(pinNumber, eventTypes, cancellationToken).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    protected override async ValueTask<WaitForEventResult> WaitForEventAsync(
        int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken)
    {
        var pin = Pin(pinNumber);
        var happened = new TaskCompletionSource<PinEventTypes>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Tell(object sender, PinValueChangedEventArgs change) => happened.TrySetResult(change.ChangeType);
        pin.Add(eventTypes, Tell);
        try
        {
            return new WaitForEventResult { EventTypes = await happened.Task.WaitAsync(cancellationToken) };
        }
        catch (OperationCanceledException)
        {
            return new WaitForEventResult { TimedOut = true };
        }
        finally
        {
            pin.Remove(Tell);
        }
    }

    /// <inheritdoc/>
    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) =>
        Pin(pinNumber).Add(eventTypes, callback);

    /// <inheritdoc/>
    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) =>
        Pin(pinNumber).Remove(callback);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            List<IotPin> pins;
            lock (_gate)
            {
                pins = [.. _pins.Values];
                _pins.Clear();
            }

            foreach (var pin in pins)
            {
                pin.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private IotPin Pin(int number)
    {
        lock (_gate)
        {
            return _pins.TryGetValue(number, out var pin)
                ? pin
                : throw new InvalidOperationException($"{chip} line {number} is not open");
        }
    }
}
