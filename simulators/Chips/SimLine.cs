namespace SmartCity.Simulators.Chips;

/// <summary>A simulated GPIO line: a contact sets it, or the gateway drives it.</summary>
internal sealed class SimLine
{
    private readonly Lock _gate = new();
    private bool _level;

    /// <summary>Told after each change, whoever made it: the electrical level.</summary>
    public event Action<bool>? Changed;

    /// <summary>Electrical level.</summary>
    public bool Level
    {
        get
        {
            lock (_gate)
            {
                return _level;
            }
        }

        set
        {
            lock (_gate)
            {
                if (_level == value)
                {
                    return;
                }

                _level = value;
            }

            Changed?.Invoke(value);
        }
    }
}
