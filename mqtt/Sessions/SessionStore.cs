namespace SmartCity.Mqtt;

/// <summary>What has to survive the process: kept sessions, their subscriptions and messages, retained messages.</summary>
public sealed class SessionStore
{
    internal bool HasRoom => true;

    internal void Submit(IReadOnlyList<StoreOperation> operations, Action? whenDurable) => whenDurable?.Invoke();
}
