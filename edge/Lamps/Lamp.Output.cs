using SmartCity.Edge.Drivers;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Lamps;

/// <content>The calls of the output: one at a time, each with a limit.</content>
internal sealed partial class Lamp
{
    /// <summary>Looks whether the output still has what it was told; a brown-out sets a chip back without a word.</summary>
    public async Task CheckAsync()
    {
        lock (_gate)
        {
            if (!_ready || _busy)
            {
                return;
            }

            _busy = true;
        }

        try
        {
            await CallAsync(async cancel => Seen(await _output.FeedbackAsync(cancel), settles: false), CancellationToken.None);
        }
        catch (Exception e)
        {
            Failed(e);
        }
        finally
        {
            Free();
        }
    }

    /// <summary>Starts the output and finds out where it stands; called by the device.</summary>
    public async ValueTask StartAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            _ready = false;
        }

        try
        {
            await CallAsync(
                async limit =>
                {
                    await _output.StartAsync(limit);
                    var feedback = await _output.FeedbackAsync(limit);
                    lock (_gate)
                    {
                        // Where it stands is where it was left: a restart of the program moves no lamp.
                        _applied = _settled = _feedback = feedback;
                        _failure = null;
                        _ready = true;
                        _dueAt = Stamps.Never;
                    }
                },
                cancel);
            Changed?.Invoke();
        }
        catch (Exception e) when (Note(e))
        {
            throw;
        }
    }

    /// <summary>The feedback for a reading, as a level and as what the driver is given of its power; after a failed step the step is tried again first, and its
    /// failure is the device's.</summary>
    public async ValueTask<(double Level, double Given)> MeasureAsync(CancellationToken cancel)
    {
        var feedback = double.NaN;
        try
        {
            await CallAsync(
                async limit =>
                {
                    if (Volatile.Read(ref _failure) is not null)
                    {
                        await ApplyAsync(limit);
                    }

                    Seen(feedback = await _output.FeedbackAsync(limit), settles: false);
                },
                cancel);
            lock (_gate)
            {
                return (Level(feedback), feedback);
            }
        }
        catch (Exception e) when (Note(e))
        {
            throw;
        }
    }

    /// <summary>Gives the output back as it stands: a lamp does not go dark because a program ends. Its device may start it again (a reload).</summary>
    public async ValueTask CloseAsync()
    {
        lock (_gate)
        {
            _ready = false;
            _dueAt = Stamps.Never;
        }

        await CallAsync(async _ => await _output.DisposeAsync(), CancellationToken.None);
    }

    private async Task StepAsync()
    {
        try
        {
            await CallAsync(ApplyAsync, CancellationToken.None);
        }
        catch (Exception e)
        {
            Failed(e);
        }
        finally
        {
            Free();
        }
    }

    private async Task ApplyAsync(CancellationToken cancel)
    {
        double given;
        lock (_gate)
        {
            given = Given(_wanted.Percent);
        }

        await _output.SetAsync(given, cancel);
        lock (_gate)
        {
            _applied = given;
            _failure = null;
            _ready = true;
        }

        Seen(await _output.FeedbackAsync(cancel), settles: true);
    }

    private void Seen(double feedback, bool settles)
    {
        bool changed;
        lock (_gate)
        {
            changed = !feedback.Equals(_feedback);
            _feedback = feedback;
            if (settles)
            {
                _settled = feedback;
                _steppedAt = _unmeasuredAt = _time.GetTimestamp();
            }
            else if (Math.Abs(feedback - _settled) > Drift)
            {
                _applied = double.NaN;
            }
        }

        if (changed)
        {
            Changed?.Invoke();
        }
    }

    private async Task CallAsync(Func<CancellationToken, Task> call, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        await _turn.WaitAsync(both.Token);
        try
        {
            await call(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new DriverException(DeviceFault.NoAnswer, $"{_output.Where}: no answer within {Patience.TotalSeconds:0} s; look at its wires and supply");
        }
        finally
        {
            _turn.Release();
        }
    }

    // The device measures the part at once, tries the step again, and if it fails again reports the fault and starts the part anew in its rhythm.
    private void Failed(Exception exception)
    {
        Note(exception);
        Part.Attention?.Invoke(_time.GetTimestamp());
    }

    private bool Note(Exception exception)
    {
        lock (_gate)
        {
            _failure = exception;
            _applied = double.NaN;
            _feedback = double.NaN;
            _ready = false;
            _dueAt = Stamps.Never;
        }

        Changed?.Invoke();
        return true;
    }

    private void Free()
    {
        lock (_gate)
        {
            _busy = false;
        }
    }
}
