using System.Runtime.CompilerServices;
using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>A chip that several drivers use (the channels of a converter, the lamps of a dimmer): one object for each board, bus and
/// address, so that what takes several transfers happens under <see cref="Turn"/> and is not mixed with another driver's.</summary>
/// <param name="board">Where it is opened.</param>
/// <param name="place">Where it sits.</param>
internal abstract class SharedChip(Board board, I2cPlace place)
{
    // The table forgets a board that nobody has any more.
    private static readonly ConditionalWeakTable<Board, Dictionary<I2cPlace, Held>> Boards = [];

    private I2cDevice? _device;

    /// <summary>Type of the chip, for people.</summary>
    public abstract string Name { get; }

    /// <summary>Where it sits.</summary>
    public I2cPlace Place => place;

    /// <summary>One driver at a time. Held for one conversion or one setting, never while waiting for anything else; waiters come on in order.</summary>
    protected SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The chip.</summary>
    protected I2cDevice Device => _device ??= board.OpenI2c(place.Bus, place.Address);

    /// <summary>The shared object of a place; the first who asks makes it.</summary>
    /// <exception cref="DriverException">Another type of chip is configured there.</exception>
    public static T Take<T>(Board board, I2cPlace place, Func<Board, I2cPlace, T> make)
        where T : SharedChip
    {
        var chips = Boards.GetValue(board, static _ => []);
        lock (chips)
        {
            if (!chips.TryGetValue(place, out var held))
            {
                chips.Add(place, held = new Held(make(board, place)));
            }

            if (held.Chip is not T chip)
            {
                throw new DriverException(
                    DeviceFault.Unavailable,
                    $"{place}: already used as {held.Chip.Name}; one address is one chip: correct 'address' of one of the two");
            }

            held.Holders++;
            return chip;
        }
    }

    /// <summary>Gives the object back; the last holder closes it.</summary>
    public void Give()
    {
        if (!Boards.TryGetValue(board, out var chips))
        {
            return;
        }

        lock (chips)
        {
            if (chips.TryGetValue(place, out var held) && held.Chip == this && --held.Holders == 0)
            {
                chips.Remove(place);
                Close();
            }
        }
    }

    /// <summary>Closes the file; the next transfer opens it again.</summary>
    protected void Close()
    {
        _device?.Dispose();
        _device = null;
    }

    private sealed class Held(SharedChip chip)
    {
        public SharedChip Chip { get; } = chip;

        public int Holders { get; set; }
    }
}
