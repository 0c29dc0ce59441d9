using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Lamps;

/// <summary>A lamp's output as a part of its device: <c>dim_percent</c> is the feedback as a level, <c>driver_percent</c>, where constant light output makes it
/// another figure, what the driver is given of its power; and what is wrong with the output is the device's fault,
/// tried again in the device's own rhythm.</summary>
internal sealed class LampPart(Lamp lamp) : Driver
{
    /// <inheritdoc/>
    public override string Where => lamp.Where;

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel) => lamp.StartAsync(cancel);

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var (level, given) = await lamp.MeasureAsync(cancel);
        if (!double.IsFinite(given))
        {
            return;
        }

        into.Add("dim_percent", level);
        if (lamp.Clo is not null)
        {
            into.Add("driver_percent", given);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await lamp.CloseAsync();
        await base.DisposeAsync();
    }
}

/// <summary>The switch at a pole as a part of its lamp's device: it reports nothing of its own, but its faults are the device's. A switch that is
/// faulty is off: the programme goes on.</summary>
internal sealed class SwitchPart(Driver input, Lamp lamp, Action changed) : Driver
{
    /// <inheritdoc/>
    public override string Where => input.Where;

    /// <inheritdoc/>
    public override TimeSpan MinimumInterval => input.MinimumInterval;

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Set(on: false);
        input.Attention = Attention;
        return input.StartAsync(cancel);
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        try
        {
            await input.MeasureAsync(into, cancel);
            Set(into.Values.Length > 0 && into.Values[0].Number != 0);
        }
        catch
        {
            Set(on: false);
            throw;
        }
        finally
        {
            into.Clear();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await input.DisposeAsync();
        await base.DisposeAsync();
    }

    private void Set(bool on)
    {
        if (lamp.Hand != on)
        {
            lamp.Hand = on;
            changed();
        }
    }
}
